"""The waiting list of a slot: who comes first, who is skipped, how long an offer stands (product, section 3, rule 4).

Whole classes, all or none. The first in line that fits is offered the places; whoever is before it and does not fit was
skipped, and rises; whoever fits but cannot come at that time is passed over, and keeps its place. Plain values: the
answer never depends on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking.bookings.rules.capacity import Kept, Places, for_others
from booking.bookings.rules.obstacles import Obstacle
from booking.core.errors import Refusal
from booking.core.i18n import _l

# How long a place is kept for the class it is offered to, in school days; near the closing the next class in line
# must still have a chance.
OFFER_DAYS = 3
OFFER_DAYS_NEAR = 1
NEAR_CLOSING = timedelta(days=7)


@dataclass(frozen=True)
class InLine:
    """A class in line. priority: put out of a cancelled slot. since: when it joined."""

    booking_id: int
    pupils: int
    since: datetime
    priority: int = 0
    skip_count: int = 0
    school_id: int = 0
    # Whether its school may take places that the slot keeps.
    may_use_kept: bool = True


@dataclass(frozen=True)
class Room:
    """What a slot has left. school_id: the school that a classroom workshop goes to, as soon as it has a class."""

    places: Places
    school_id: int | None = None
    kept: Kept | None = None

    def fits(self, each: InLine) -> bool:
        """Whether the class may come, whole."""
        places = self.places if each.may_use_kept else for_others(self.places, self.kept)
        return places.fit(each.pupils) and self.school_id in (None, each.school_id)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is. offered: who gets the places, if anybody. skipped: those before it that do not fit."""

    offered: InLine | None
    skipped: tuple[InLine, ...] = ()


def in_order(line: Iterable[InLine]) -> list[InLine]:
    """Those put out of a cancelled slot, then those skipped most often, then those who joined first."""
    return sorted(line, key=lambda each: (-each.priority, -each.skip_count, each.since, each.booking_id))


def next_turn(line: Iterable[InLine], room: Room, may_come: Callable[[InLine], bool]) -> Turn:
    """Who is offered the places now. may_come: whether nothing but the places stands in a class's way; asked late."""
    skipped = []
    for each in in_order(line):
        if not room.fits(each):
            skipped.append(each)
        elif may_come(each):
            return Turn(each, tuple(skipped))
    return Turn(None)


def offer_days(now: datetime, closes_at: datetime) -> int:
    """School days that an offer stands: three, one in the week before the slot closes (and never past the closing)."""
    return OFFER_DAYS_NEAR if closes_at - now <= NEAR_CLOSING else OFFER_DAYS


class PlacesAwaited(Obstacle):
    """Places are free, but a class in line fits them: nobody passes in front of it."""

    code = "places_awaited"

    def what(self) -> Any:
        return _l("Des classes attendent ces places.")

    def remedy_words(self) -> Any:
        return _l("Rejoignez la liste d’attente : une place vous est proposée à votre tour.")

    def tag_words(self) -> Any:
        return _l("liste d’attente")


class WaitsAlready(Obstacle):
    """The class is in line for this very slot."""

    code = "waits_already"

    def what(self) -> Any:
        return _l("La classe est en liste d’attente sur ce créneau.")

    def remedy_words(self) -> Any:
        return _l("Vous n’avez rien à faire : nous vous écrivons dès que c’est son tour.")

    def tag_words(self) -> Any:
        return _l("en liste d’attente")


class OfferedElsewhere(Obstacle):
    """The class has not answered yet to the places of another date of the same activity. when: that date."""

    code = "offered_elsewhere"
    when: str

    def what(self) -> Any:
        return _l("Une place vous est déjà proposée à une autre date de cette activité : %(when)s.", when=self.when)

    def remedy_words(self) -> Any:
        return _l("Acceptez-la ou refusez-la : jusque-là, d’autres classes passent devant.")

    def tag_words(self) -> Any:
        return _l("place proposée ailleurs")


class PlacesFree(Refusal):
    """Places have come free for the whole class, and nobody before it can take them: it books instead of waiting.

    when: the slot."""

    code = "places_free"
    when: str

    def sentence(self) -> Any:
        return _l("Il y a maintenant place pour toute la classe, %(when)s : réservez directement.", when=self.when)


class CannotWait(Refusal):
    """Something else than the places stands in the way. when: the slot. why: what, in a sentence."""

    code = "cannot_wait"
    when: str
    why: str

    def sentence(self) -> Any:
        return _l("Pas de liste d’attente %(when)s. %(why)s", when=self.when, why=self.why)
