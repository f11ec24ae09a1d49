"""The day of the visit: from when one may write down what happens, how many may have come, whose word stands.

Nothing here forbids writing down late: a record of last month is only marked as such (field, complaint 51).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.bookings.rules.states import CancelReason, State
from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _, _l

MOST_PUPILS = 200
MOST_ADULTS = 40
# « Le car a du retard »: one tap each. The last one means that or more.
DELAYS_MIN = (10, 20, 30)
# From the day before to the day after: the teacher's mobile on the host's sheet (product, rule 11).
MOBILE_DAYS = timedelta(days=1)
# The sheet's own link, for whoever receives: from the day before to two days after.
SHEET_BEFORE, SHEET_AFTER = timedelta(days=1), timedelta(days=2)
DAY_REASONS = (
    CancelReason.TRANSPORT, CancelReason.ILLNESS, CancelReason.WEATHER, CancelReason.SUPERVISION,
    CancelReason.TIMETABLE, CancelReason.OTHER,
)  # fmt: skip


@dataclass(frozen=True)
class DayOf:
    """The days a visit lasts, in its own zone: most often one."""

    starts_on: date
    ends_on: date
    timezone: str

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def has_come(self, now: datetime) -> bool:
        return self.today(now) >= self.starts_on

    def is_over(self, now: datetime) -> bool:
        """The day is over: what is written down now is marked as late."""
        return self.today(now) > self.ends_on

    def is_on(self, now: datetime) -> bool:
        return self.has_come(now) and not self.is_over(now)

    def gives_mobile(self, now: datetime) -> bool:
        return self._is_within(now, MOBILE_DAYS, MOBILE_DAYS)

    def opens_sheet(self, now: datetime) -> bool:
        return self._is_within(now, SHEET_BEFORE, SHEET_AFTER)

    @property
    def sheet_until(self) -> datetime:
        """The instant at which the sheet's link ends: the last minute of the second day after."""
        last = self.ends_on + SHEET_AFTER + timedelta(days=1)
        return datetime.combine(last, time(0), ZoneInfo(self.timezone))

    def _is_within(self, now: datetime, before: timedelta, after: timedelta) -> bool:
        return self.starts_on - before <= self.today(now) <= self.ends_on + after


class TooEarly(Refusal):
    """Presence is not written down before the day."""

    code = "too_early"
    day: date

    def sentence(self) -> Any:
        return _(
            "La venue est prévue le %(day)s : notez ce qui se passe à partir de ce jour-là.", day=format_day(self.day)
        )


class DayOver(Refusal):
    """Whoever is late says so on the day; the next day it is only a record."""

    code = "day_over"

    def sentence(self) -> Any:
        return _l("La visite est passée : notez plutôt ce qui s’est passé.")


class AlreadyArrived(Refusal):
    code = "already_arrived"

    def sentence(self) -> Any:
        return _l("La classe est déjà notée comme arrivée.")


class MoreGirlsThanPupils(Refusal):
    code = "more_girls_than_pupils"
    field = "girls"
    pupils: int

    def sentence(self) -> Any:
        return _("Il ne peut pas y avoir plus de filles que d’élèves venus (%(pupils)d).", pupils=self.pupils)


class CountsImplausible(Refusal):
    code = "counts_implausible"
    field = "pupils"

    def sentence(self) -> Any:
        return _(
            "Notez entre 1 et %(pupils)d élèves, et %(adults)d accompagnateurs au plus. Personne n’est venu ? Choisissez « n’est pas venue ».",
            pupils=MOST_PUPILS, adults=MOST_ADULTS,
        )  # fmt: skip


class NotADelay(Refusal):
    code = "not_a_delay"
    field = "minutes"

    def sentence(self) -> Any:
        return _l("Choisissez un retard de la liste.")


@dataclass(frozen=True)
class Counts:
    """Who really came. girls: when somebody counted them."""

    pupils: int
    adults: int
    girls: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What one side says of the day. counts: of a class that came, and of no other."""

    state: State
    counts: Counts | None = None
    reason: str | None = None
    note: str = ""


def check_day_has_come(day: DayOf, now: datetime) -> None:
    """Refuses: TooEarly."""
    if not day.has_come(now):
        raise TooEarly(day=day.starts_on)


def check_delay(minutes: int, day: DayOf, now: datetime, *, has_arrived: bool) -> None:
    """Refuses: NotADelay, TooEarly before the day, DayOver after it, AlreadyArrived."""
    if minutes not in DELAYS_MIN:
        raise NotADelay()
    check_day_has_come(day, now)
    if day.is_over(now):
        raise DayOver()
    if has_arrived:
        raise AlreadyArrived()


def check_counts(counts: Counts) -> None:
    """Refuses: CountsImplausible, MoreGirlsThanPupils."""
    if not (1 <= counts.pupils <= MOST_PUPILS and 0 <= counts.adults <= MOST_ADULTS):
        raise CountsImplausible()
    if counts.girls is not None and not 0 <= counts.girls <= counts.pupils:
        raise MoreGirlsThanPupils(pupils=counts.pupils)


def stands(standing_id: int | None, seen_id: int | None) -> bool:
    """Whether a new record becomes the booking's: it is the first, or whoever typed it had read the one it corrects.

    standing_id: the record that stands now. seen_id: the one that the form showed.
    """
    return standing_id is None or standing_id == seen_id


def arrival_moment(pressed_at: datetime | None, day: DayOf, now: datetime) -> datetime:
    """When the class arrived: when the button was pressed, if the telephone was offline and its clock is plausible."""
    if pressed_at is None or pressed_at > now or day.today(pressed_at) != day.today(now):
        return now
    return pressed_at
