"""From the school's door to the school's door: when a class leaves for a visit, and when it is back (rule 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.core.dates import format_hour
from booking.core.i18n import _
from booking.territory.rules import COACH, TravelAssumptions, travel_minutes

# Latitude and longitude, WGS 84; None where they are not known.
Position = tuple[float | None, float | None]


@dataclass(frozen=True)
class DoorAssumptions:
    """What is added to the way itself (see TravelAssumptions, which counts the boarding).

    early_min: a class is at the site's door so long before the hour, to be counted and to put on what is lent.
    step_min: hours are said by steps of so many minutes, earlier for leaving and later for coming back: the estimate
    is no better than that.
    """

    decided_on: date
    early_min: int
    step_min: int


# Ours, to be checked against real outings. Nothing is added after the end: "back before noon" counts the way alone.
DOOR = DoorAssumptions(decided_on=date(2026, 11, 24), early_min=10, step_min=5)


@dataclass(frozen=True)
class Journey:
    """An outing from door to door. leaves_at, back_at: wall clock of the place. travel_min: one way, boarding included.

    early_min: how long before the start the class is to be there.
    """

    leaves_at: datetime
    back_at: datetime
    travel_min: int
    early_min: int

    @property
    def span(self) -> timedelta:
        """How long the class is away from its school."""
        return self.back_at - self.leaves_at

    @property
    def fits_in_a_day(self) -> bool:
        return self.leaves_at.date() == self.back_at.date()

    @property
    def words(self) -> str:
        """« départ 8 h 25, retour 12 h 05 »."""
        if not self.fits_in_a_day:
            return _("trop loin pour un aller-retour dans la journée")
        return _("départ %(leaves)s, retour %(back)s", leaves=_hour(self.leaves_at), back=_hour(self.back_at))

    @property
    def sentence(self) -> str:
        """The same with what was assumed: an estimate says that it is one."""
        if not self.fits_in_a_day:
            return _("Trop loin pour un aller-retour en car dans la journée.")
        return _(
            "De porte à porte\u00a0: départ de l’établissement à %(leaves)s, retour à %(back)s. Trajet en car estimé à %(travel)d\u00a0min, arrivée %(early)d\u00a0min avant l’heure.",
            leaves=_hour(self.leaves_at),
            back=_hour(self.back_at),
            travel=self.travel_min,
            early=self.early_min,
        )


def door_to_door(
    start: datetime,
    end: datetime,
    school: Position,
    place: Position,
    door: DoorAssumptions = DOOR,
    coach: TravelAssumptions = COACH,
) -> Journey | None:
    """The journey of a class from its school to a visit and back; None when either position is not known.

    start, end: the visit's, as the clock of the place says. A workshop in class has no journey: do not ask for it.
    """
    if None in school or None in place:
        return None
    travel = travel_minutes(*school, *place, coach)  # type: ignore[arg-type]
    return Journey(
        leaves_at=_earlier(start - timedelta(minutes=door.early_min + travel), door.step_min),
        back_at=_later(end + timedelta(minutes=travel), door.step_min),
        travel_min=travel,
        early_min=door.early_min,
    )


def _earlier(moment: datetime, step_min: int) -> datetime:
    return moment - timedelta(minutes=moment.minute % step_min, seconds=moment.second, microseconds=moment.microsecond)


def _later(moment: datetime, step_min: int) -> datetime:
    floor = _earlier(moment, step_min)
    return floor if floor == moment else floor + timedelta(minutes=step_min)


def _hour(moment: datetime) -> str:
    return format_hour(moment, short=True)
