"""When the letters of officers leave, and what is worth an alert. Plain values, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.accounts.models import ScopeKind
from booking.bookings.rules.reminders import HOURS
from booking.matching.digests.rules import monday_of

FRIDAY = 4


@dataclass(frozen=True)
class LetterRule:
    """last_weekday: until when the letter of a Monday may leave, if the worker was stopped. near: a label's answer is due that soon."""

    decided_on: date
    last_weekday: int
    near: timedelta


@dataclass(frozen=True)
class AlertRule:
    """many_classes: of one cancelled slot. recent: what happened earlier is old news, to who was named since. Labels wait in working days
    (labelling.rules.ALERT_DAYS)."""

    decided_on: date
    many_classes: int
    recent: timedelta


# Ours: a letter that leaves on Thursday would say little of the week.
LETTER = LetterRule(decided_on=date(2026, 11, 26), last_weekday=2, near=timedelta(days=2))
ALERT = AlertRule(decided_on=date(2026, 11, 26), many_classes=3, recent=timedelta(days=3))


def week_due(local: datetime) -> date | None:
    """The Monday whose letter may leave at this hour of the territory; None when none may."""
    return monday_of(local.date()) if local.weekday() <= LETTER.last_weekday and _is_worked(local) else None


def may_alert(local: datetime) -> bool:
    """Alerts are read at work: not at night, not on Saturday."""
    return local.weekday() <= FRIDAY and _is_worked(local)


def _is_worked(local: datetime) -> bool:
    return HOURS[0] <= local.time() < HOURS[1]


def is_alerted(kind: ScopeKind | None) -> bool:
    """Who follows the whole country is not alerted of each event in it: those of the place are."""
    return kind is not None and kind is not ScopeKind.NATIONAL


def is_worth_a_letter(numbers: Iterable[int]) -> bool:
    """Whether anything happened in the week, or waits."""
    return any(numbers)
