"""Until when somebody may act: counted in days that people work, said with an hour (product, section 3, rule 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.territory.rules import add_open_days

DayOff = Callable[[date], bool]
END_OF_DAY = time(18, 0)
MORNING = time(8, 0)


def due_at(now: datetime, days: int, timezone: str, is_off: DayOff, *, never_after: datetime) -> datetime:
    """The instant an answer is due: 18:00 local, `days` open days from now, never after `never_after`.

    Nights, week-ends and holidays are skipped by `is_off`, so that nobody loses a place while nobody could answer.
    """
    zone = ZoneInfo(timezone)
    day = add_open_days(now.astimezone(zone).date(), days, is_off)
    due = datetime.combine(day, END_OF_DAY, zone).astimezone(UTC)
    return min(due, never_after)


def cancellable_until(starts_at: datetime, cancellation_days: int, booked_at: datetime) -> datetime:
    """Until when a teacher cancels freely: some days before the visit, never before the booking itself."""
    return max(starts_at - timedelta(days=cancellation_days), booked_at)
