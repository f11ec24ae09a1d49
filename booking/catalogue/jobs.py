"""What the worker does for the catalogue."""

from __future__ import annotations

from booking.catalogue.search import index_forgotten
from booking.core.db import transaction
from booking.core.jobs import job


@job(every=300)
def index_activities() -> int:
    """Index the activities that no search can find, as after an upgrade or an import that went past the services."""
    with transaction():
        return index_forgotten()
