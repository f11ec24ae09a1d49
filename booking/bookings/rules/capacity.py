"""How many classes and pupils a slot still takes. Plain arithmetic; `bookings.services` applies it under the lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from typing import Any

from booking.bookings.rules.obstacles import Obstacle
from booking.core.i18n import _l, _ln


@dataclass(frozen=True)
class Places:
    """The capacity of a slot in classes and pupils, and what is taken of it."""

    max_classes: int
    max_pupils: int
    taken_classes: int = 0
    taken_pupils: int = 0

    @property
    def left_classes(self) -> int:
        return self.max_classes - self.taken_classes

    @property
    def left_pupils(self) -> int:
        """Pupils that can still come: none once every class place is taken."""
        return self.max_pupils - self.taken_pupils if self.left_classes > 0 else 0

    def fit(self, pupils: int) -> bool:
        """Whether one more class of this many pupils may come, whole."""
        return self.left_classes >= 1 and self.left_pupils >= pupils


@dataclass(frozen=True)
class Kept:
    """Places kept for priority education and never-served schools. classes: not taken by them yet. until: the last day."""

    classes: int
    until: date


def for_others(places: Places, kept: Kept | None) -> Places:
    """What the other schools find: without the classes that are kept, nor these classes' share of the pupils."""
    if kept is None:
        return places
    share = places.max_pupils * kept.classes // places.max_classes
    return replace(places, max_classes=places.max_classes - kept.classes, max_pupils=places.max_pupils - share)


class PlacesKept(Obstacle):
    """until: the last day on which the places are kept, in words."""

    code = "places_kept"
    until: str

    def what(self) -> Any:
        return _l(
            "Les places qui restent sont gardées jusqu’au %(until)s pour l’éducation prioritaire et les établissements jamais servis.",
            until=self.until,
        )

    def remedy_words(self) -> Any:
        return _l("Rejoignez la liste d’attente : celles qui restent s’ouvrent à tous le lendemain.")

    def tag_words(self) -> Any:
        return _l("places gardées")


class SlotFull(Obstacle):
    code = "slot_full"

    def what(self) -> Any:
        return _l("Ce créneau est complet.")

    def remedy_words(self) -> Any:
        return _l("Rejoignez la liste d’attente, ou choisissez une autre date ou une visite proche.")

    def tag_words(self) -> Any:
        return _l("complet")


class TooFewPlaces(Obstacle):
    """left: pupils that can still come. pupils: pupils of the class."""

    code = "too_few_places"
    field = "pupils"
    left: int
    pupils: int

    def what(self) -> Any:
        return _ln(
            "Il reste %(num)d place pour %(pupils)d élèves.",
            "Il reste %(num)d places pour %(pupils)d élèves.",
            self.left,
            pupils=self.pupils,
        )

    def remedy_words(self) -> Any:
        return _l("Rejoignez la liste d’attente, venez avec un groupe plus petit, ou choisissez une autre date.")

    def tag_words(self) -> Any:
        return _ln(
            "%(num)d place pour %(pupils)d élèves",
            "%(num)d places pour %(pupils)d élèves",
            self.left,
            pupils=self.pupils,
        )


class GroupTooLarge(Obstacle):
    """most: pupils the slot takes when it is empty."""

    code = "group_too_large"
    field = "pupils"
    most: int

    def what(self) -> Any:
        return _l("Ce créneau accueille %(most)d élèves au plus.", most=self.most)

    def remedy_words(self) -> Any:
        return _l("Venez avec un groupe plus petit (demi-classe) ou choisissez une autre visite.")

    def tag_words(self) -> Any:
        return _l("%(most)d élèves au plus", most=self.most)


def check_places(places: Places, pupils: int) -> None:
    """Refuses: GroupTooLarge, SlotFull, TooFewPlaces, in that order, when the class does not fit whole."""
    if pupils > places.max_pupils:
        raise GroupTooLarge(most=places.max_pupils)
    if places.left_pupils <= 0:
        raise SlotFull()
    if not places.fit(pupils):
        raise TooFewPlaces(left=places.left_pupils, pupils=pupils)


def groups_of(pupils: int, group_size_max: int | None) -> int:
    """How many groups the host leads for a class."""
    return ceil(pupils / group_size_max) if group_size_max else 1


def adults_needed(pupils: int, adults_per_class: int, group_size_max: int | None, adults_per_group: int) -> int:
    """Accompanying adults the host asks for: a minimum for the class, and so many in each group it is split into."""
    if not group_size_max:
        return adults_per_class
    return max(adults_per_class, groups_of(pupils, group_size_max) * adults_per_group)
