"""The fair allocation, on plain values: no database, no clock. `allocate(instance)` is the door."""

from booking.matching.allocation.baselines import first_come, random_draw
from booking.matching.allocation.figures import Figures, figures_of
from booking.matching.allocation.highs import NotSolved
from booking.matching.allocation.instance import (
    Inconsistent,
    Instance,
    Placement,
    RoundClass,
    RoundSlot,
    Wish,
    as_json,
    digest,
    from_json,
    placements_digest,
)
from booking.matching.allocation.solver import Allocation, Level, allocate

__all__ = [
    "Allocation", "Figures", "Inconsistent", "Instance", "Level", "NotSolved", "Placement", "RoundClass", "RoundSlot", "Wish",
    "allocate", "as_json", "digest", "figures_of", "first_come", "from_json", "placements_digest", "random_draw",
]  # fmt: skip
