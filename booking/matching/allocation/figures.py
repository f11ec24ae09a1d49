"""A result in figures: who was served, with which wish, how far. The same for the round, first come and a draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from booking.matching.allocation.instance import Instance, Placement


@dataclass(frozen=True)
class Figures:
    """classes: that took part. served: that got at least one wish. ranks: granted wishes by rank.

    distance_km: of all granted wishes together, one way. missed: classes without anything, by the wishes they had made.
    """

    classes: int
    served: int
    weight: int
    weight_served: int
    pupils_served: int
    ranks: Mapping[int, int]
    distance_km: float
    missed: Mapping[int, int] = field(default_factory=dict)

    @property
    def first_wishes(self) -> int:
        return self.ranks.get(1, 0)

    @property
    def share_served(self) -> float:
        return self.served / self.classes if self.classes else 0.0


def figures_of(instance: Instance, placements: Iterable[Placement]) -> Figures:
    """Count a result."""
    rows = list(placements)
    by_key = {each.key: each for each in instance.classes}
    distance = {(each.key, wish.slot): wish.distance_m for each in instance.classes for wish in each.wishes}
    served = {row.school_class for row in rows}
    return Figures(
        classes=len(by_key),
        served=len(served),
        weight=sum(each.weight for each in by_key.values()),
        weight_served=sum(by_key[key].weight for key in served),
        pupils_served=sum(by_key[key].pupils for key in served),
        ranks=dict(sorted(Counter(row.rank for row in rows).items())),
        distance_km=round(sum(distance[row.school_class, row.slot] for row in rows) / 1000, 1),
        missed=dict(sorted(Counter(len(each.wishes) for key, each in by_key.items() if key not in served).items())),
    )
