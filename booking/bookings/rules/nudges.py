"""Who is told again that an answer is awaited, and when (product, section 3, rule 5).

    what is awaited                    who is told     when
    a request's answer                 the host        half-way, then the last open day before it expires
    an option's confirmation           the teacher     the last open day before it lapses
    an offered place                   the teacher     the last open day before it goes to another class
    a yes or no to a moved date        the teacher     the last open day before silence decides
    who came to a visit that is over   the host        half-way through the week after it, then its last open day

Only in working hours of an open day of the place, never soon after the question itself, never twice within an hour.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.bookings.rules.deadlines import DayOff
from booking.bookings.rules.reminders import HOURS
from booking.bookings.rules.states import Audience
from booking.territory.rules import add_open_days


class Ask(enum.StrEnum):
    """What somebody has to answer."""

    REQUEST = "request"
    OPTION = "option"
    OFFER = "offer"
    MOVE = "move"
    RECORD = "record"


class Moment(enum.StrEnum):
    HALF_WAY = "half_way"
    LAST_DAY = "last_day"


NUDGES: dict[Ask, tuple[Audience, tuple[Moment, ...]]] = {
    Ask.REQUEST: (Audience.COMPANY, (Moment.HALF_WAY, Moment.LAST_DAY)),
    Ask.OPTION: (Audience.TEACHER, (Moment.LAST_DAY,)),
    Ask.OFFER: (Audience.TEACHER, (Moment.LAST_DAY,)),
    Ask.MOVE: (Audience.TEACHER, (Moment.LAST_DAY,)),
    Ask.RECORD: (Audience.COMPANY, (Moment.HALF_WAY, Moment.LAST_DAY)),
}

# Ours: whoever was asked this morning is not chased at noon, and nobody gets two of these letters within an hour.
REST = timedelta(hours=4)
GAP = timedelta(hours=1)
# Ours too: for a week somebody remembers how many came. It can still be written down later, and is then marked so.
RECORD_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Asked:
    """An answer that is awaited. since: when it was asked for. is_off: the days off of whoever must answer."""

    booking_id: int
    ask: Ask
    since: datetime
    due: datetime
    timezone: str
    is_off: DayOff

    @property
    def audience(self) -> Audience:
        return NUDGES[self.ask][0]


@dataclass(frozen=True)
class Nudge:
    asked: Asked
    moment: Moment

    @property
    def key(self) -> str:
        """Each is said once; a clock that was set again is another one."""
        asked = self.asked
        return f"{asked.booking_id}/{asked.ask}/{self.moment}/{asked.due:%Y%m%d%H%M}"


def nudges_due(
    awaited: Iterable[Asked], now: datetime, *, said: Collection[str] = (), last_told_at: datetime | None = None
) -> list[Nudge]:
    """What one person is to be told again now, the most pressing first. said: keys of what they were told already.

    last_told_at: when they last had such a letter.
    """
    if last_told_at is not None and now - last_told_at < GAP:
        return []
    found = [Nudge(asked, moment) for asked in awaited if (moment := moment_of(asked, now))]
    return sorted((nudge for nudge in found if nudge.key not in said), key=lambda nudge: nudge.asked.due)


def moment_of(asked: Asked, now: datetime) -> Moment | None:
    """Which of its moments an awaited answer has reached; None before the first, after the end and out of hours."""
    local = now.astimezone(ZoneInfo(asked.timezone))
    is_working = HOURS[0] <= local.time() < HOURS[1] and not asked.is_off(local.date())
    if not is_working or now >= asked.due or now - asked.since < REST:
        return None
    _audience, moments = NUDGES[asked.ask]
    last_day = _last_open_day(asked)
    if now >= last_day:
        return Moment.LAST_DAY
    return Moment.HALF_WAY if Moment.HALF_WAY in moments and local.date() >= _half_way(asked) else None


def _half_way(asked: Asked) -> date:
    """The day by which half of the open days given have gone: over a week-end nobody is late."""
    zone = ZoneInfo(asked.timezone)
    asked_on, due_on = (moment.astimezone(zone).date() for moment in (asked.since, asked.due))
    days = (asked_on + timedelta(days=1 + number) for number in range((due_on - asked_on).days))
    given = sum(not asked.is_off(day) for day in days)
    return add_open_days(asked_on, max(given // 2, 1), asked.is_off)


def _last_open_day(asked: Asked) -> datetime:
    """When the last open day begins before the day on which the clock runs out; later, the same letter still holds."""
    zone = ZoneInfo(asked.timezone)
    day = asked.due.astimezone(zone).date() - timedelta(days=1)
    while asked.is_off(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time(), zone)


def silent_streak(was_answered: Iterable[bool]) -> int:
    """How many requests in a row were left to expire, the latest first."""
    count = 0
    for answered in was_answered:
        if answered:
            break
        count += 1
    return count


@dataclass(frozen=True)
class SilenceRule:
    """told: requests in a row left to expire from which everybody in the company hears of it. paused: from which it takes
    no new one. days: on how many different days these expired at least, for one bad day is no habit."""

    decided_on: date
    told: int
    paused: int
    days: int


# Asked for by product.md (sections 1 and 4: a host's rate of answer, and its pause); the numbers are ours. Others wait for
# fifty requests in five months, more than a firm gets here in a year; five classes without an answer are enough.
SILENCE = SilenceRule(decided_on=date(2026, 11, 25), told=3, paused=5, days=2)


def is_told(streak: int, rule: SilenceRule = SILENCE) -> bool:
    return streak >= rule.told


def is_silent(streak: int, days: int, rule: SilenceRule = SILENCE) -> bool:
    """Whether a company answers nobody any more. streak: requests in a row that expired, on so many different days."""
    return streak >= rule.paused and days >= rule.days
