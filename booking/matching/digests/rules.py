"""When the weekly letter of needs leaves, and with what. Plain values, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.bookings.rules.reminders import HOURS


@dataclass(frozen=True)
class DigestRule:
    """first_weekday, last_weekday: the days it may leave, Monday being 0. most: needs in one letter."""

    decided_on: date
    first_weekday: int
    last_weekday: int
    most: int


# Ours: on Tuesday the week is planned; a worker that was stopped that day may still send it until Friday.
DIGEST = DigestRule(decided_on=date(2026, 11, 25), first_weekday=1, last_weekday=4, most=5)


def week_due(local: datetime) -> date | None:
    """The Monday of the week whose letter may leave at this hour of the reader's place; None when none may."""
    is_day = DIGEST.first_weekday <= local.weekday() <= DIGEST.last_weekday
    is_hour = HOURS[0] <= local.time() < HOURS[1]
    return monday_of(local.date()) if is_day and is_hour else None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_worth_a_letter(changed: Iterable[datetime], read_at: datetime | None) -> bool:
    """Whether one of the needs is new, or says something new, since the reader's last week. changed: when each did."""
    return any(read_at is None or moment > read_at for moment in changed)
