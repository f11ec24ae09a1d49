"""What is nearest to a school, and how much of a territory was reached: plain values in, answers out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, cos, floor, radians
from typing import Any

import numpy as np

from booking.catalogue.rules.wording import slug_of
from booking.core.i18n import _
from booking.schools.models import SchoolKind
from booking.territory.rules import EARTH_RADIUS_KM, travel_minutes

# Beyond it a day out is a day on the road: such a school is told that there is nothing near.
FARTHEST_KM = 100
NEAREST = 3
_KM_PER_DEGREE = 111.2
# The poles apart, where there is no school, a box of longitudes this wide always holds the radius.
_LEAST_COS = 0.1


@dataclass(frozen=True)
class FreeOffer:
    """An activity with dates that some class can still book. reach_km: how far its speaker goes, for a workshop.

    kinds: of schools it suits. first: the wall clock of its next free date.
    """

    id: int
    title: str
    company: str
    commune: str
    latitude: float
    longitude: float
    comes: bool
    reach_km: int | None
    kinds: frozenset[SchoolKind]
    first: datetime
    slots: int

    @property
    def ref(self) -> str:
        """The end of its page's address."""
        return f"{slug_of(self.title)}-{self.id}"


@dataclass(frozen=True)
class Position:
    """Where a school is, and of which kind."""

    id: int
    kind: SchoolKind
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Near:
    """An offer and how far it is from a school; minutes by coach, none when the speaker comes."""

    offer: FreeOffer
    km: float
    minutes: int | None

    @property
    def how_far(self) -> str:
        """« 24 min de trajet (12 km) », or that somebody comes."""
        if self.minutes is None:
            return _("vient dans l’établissement")
        return _("%(minutes)d min de trajet (%(km)d km)", minutes=self.minutes, km=max(1, round(self.km)))


def nearest(
    positions: Iterable[Position], offers: Sequence[FreeOffer], most: int = NEAREST, within_km: float = FARTHEST_KM
) -> dict[int, list[Near]]:
    """By school, the nearest offers that suit its kind, the nearest first; a school with none is left out.

    Schools are taken cell by cell, of one degree: each cell is compared only with the offers of a box around it, so
    that a whole country is a matter of seconds.
    """
    found: dict[int, list[Near]] = {}
    cells: dict[tuple[SchoolKind, int, int], list[Position]] = defaultdict(list)
    for position in positions:
        cells[position.kind, floor(position.latitude), floor(position.longitude)].append(position)
    suited = {kind: [offer for offer in offers if kind in offer.kinds] for kind in SchoolKind}
    places = {kind: np.array([(o.latitude, o.longitude) for o in suited[kind]]).reshape(-1, 2) for kind in SchoolKind}
    for (kind, south, west), here in cells.items():
        box = _within_box(places[kind], south, west, within_km)
        around = [suited[kind][number] for number in np.flatnonzero(box)]
        if around:
            found |= _nearest_in(here, around, most, within_km)
    return found


def _within_box(places: Any, south: int, west: int, within_km: float) -> Any:
    """Which places are in the cell whose corner this is, or near enough to it to matter."""
    north_margin = within_km / _KM_PER_DEGREE
    farthest = max(abs(south), abs(south + 1)) + ceil(north_margin)
    east_margin = within_km / (_KM_PER_DEGREE * max(_LEAST_COS, cos(radians(min(farthest, 89)))))
    latitude, longitude = places[:, 0], places[:, 1]
    return (
        (latitude >= south - north_margin)
        & (latitude <= south + 1 + north_margin)
        & (longitude >= west - east_margin)
        & (longitude <= west + 1 + east_margin)
    )


def _nearest_in(
    here: Sequence[Position], offers: Sequence[FreeOffer], most: int, within_km: float
) -> dict[int, list[Near]]:
    schools = np.array([(position.latitude, position.longitude) for position in here])
    km = distances_km(schools, np.array([(offer.latitude, offer.longitude) for offer in offers]))
    reach = np.array([min(within_km, o.reach_km if o.comes and o.reach_km else within_km) for o in offers])
    km[km > reach] = np.inf
    # Equal distances, of two activities of one site, keep the order of the offers: the same page twice.
    order = np.argsort(km, axis=1, kind="stable")[:, :most]
    found = {}
    for position, row, columns in zip(here, km, order, strict=True):
        near = [_near(position, offers[column], float(row[column])) for column in columns if row[column] < np.inf]
        if near:
            found[position.id] = near
    return found


def _near(position: Position, offer: FreeOffer, km: float) -> Near:
    if offer.comes:
        return Near(offer, km, None)
    minutes = travel_minutes(position.latitude, position.longitude, offer.latitude, offer.longitude)
    return Near(offer, km, minutes)


def distances_km(here: Any, there: Any) -> Any:
    """Every distance from one list of (latitude, longitude) to another, as territory.rules.distance_km says it."""
    here, there = np.radians(here), np.radians(there)
    north = here[:, None, 0] - there[None, :, 0]
    east = here[:, None, 1] - there[None, :, 1]
    half = np.sin(north / 2) ** 2 + np.cos(here[:, None, 0]) * np.cos(there[None, :, 0]) * np.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, np.sqrt(half)))


# ---- Shares


@dataclass(frozen=True)
class Share:
    """How many schools, and how many of their pupils, were reached.

    enrolled: pupils of the schools whose number is known; coming: pupils of the classes those same schools booked.
    """

    key: str
    label: Any
    schools: int = 0
    reached: int = 0
    enrolled: int = 0
    coming: int = 0

    @property
    def silent(self) -> int:
        return self.schools - self.reached

    @property
    def of_schools(self) -> float | None:
        return self.reached / self.schools if self.schools else None

    @property
    def of_pupils(self) -> float | None:
        """None when the number of pupils of none of these schools is known. A class that comes twice counts once."""
        return min(1.0, self.coming / self.enrolled) if self.enrolled else None

    def plus(self, other: Counted) -> Share:
        return Share(
            self.key, self.label, self.schools + other.schools, self.reached + other.reached,
            self.enrolled + other.enrolled, self.coming + other.coming,
        )  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """The counts of the schools that share a kind, a status, a priority and a place."""

    kind: SchoolKind
    is_public: bool
    priority: str
    place: str
    place_name: str
    schools: int
    reached: int
    enrolled: int
    coming: int
    latitude: float | None
    longitude: float | None


def fold_by(counted: Iterable[Counted], key: Any, labels: dict[str, Any] | None = None) -> list[Share]:
    """The shares by one of what the counts know, in the order of the labels, else of first sight."""
    found: dict[str, Share] = {code: Share(code, label) for code, label in (labels or {}).items()}
    for part in counted:
        code = str(key(part))
        share = found.get(code) or Share(code, code)
        found[code] = share.plus(part)
    return [share for share in found.values() if share.schools]


def whole(counted: Iterable[Counted]) -> Share:
    """All of them together."""
    share = Share("", "")
    for part in counted:
        share = share.plus(part)
    return share
