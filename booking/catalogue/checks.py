"""What must always hold of the catalogue (`flask check`)."""

from __future__ import annotations

from collections.abc import Iterator

from booking.catalogue.search import out_of_date
from booking.core.checks import invariant


@invariant("search-terms")
def activities_out_of_the_index() -> Iterator[tuple[str, str]]:
    """An activity is found by the words it says now; `flask search reindex` mends what is not."""
    for activity_id in out_of_date():
        yield f"activity {activity_id}", "its search terms are not those of its texts"
