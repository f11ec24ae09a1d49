"""A class cannot be in two places: overlapping times, and travel between the places, make a clash (rule 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking.bookings.rules.obstacles import Obstacle
from booking.core.i18n import _l
from booking.territory.rules import travel_minutes


@dataclass(frozen=True)
class Outing:
    """When and where a class is busy. Coordinates may be unknown: then only the hours are compared."""

    starts_at: datetime
    ends_at: datetime
    latitude: float | None = None
    longitude: float | None = None
    title: str = ""
    when: str = ""


class Clash(Obstacle):
    """title, when: the other outing."""

    code = "clash"
    title: str
    when: str

    def what(self) -> Any:
        return _l("La classe est déjà prise par « %(title)s », %(when)s.", title=self.title, when=self.when)

    def remedy_words(self) -> Any:
        return _l("Choisissez un créneau qui laisse le temps du trajet, ou annulez l’autre sortie.")

    def tag_words(self) -> Any:
        return _l("classe déjà prise")


def travel_between(first: Outing, second: Outing) -> timedelta:
    """Time to get from one place to the other; nothing at the same place, or when a position is unknown."""
    if first.latitude is None or first.longitude is None or second.latitude is None or second.longitude is None:
        return timedelta(0)
    here, there = (first.latitude, first.longitude), (second.latitude, second.longitude)
    return timedelta(0) if here == there else timedelta(minutes=travel_minutes(*here, *there))


def clash_with(wanted: Outing, others: Iterable[Outing]) -> Outing | None:
    """The first of the other outings that the class could not combine with the wanted one, if any."""
    for other in others:
        travel = travel_between(wanted, other)
        if wanted.starts_at < other.ends_at + travel and other.starts_at < wanted.ends_at + travel:
            return other
    return None
