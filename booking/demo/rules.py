"""When the demo takes place, and the numbers and addresses of its people. Pure: the same day gives the same demo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from stdnum import luhn

from booking.territory.rules import fold

# Weeks from today: the first slots, the edition's week, the end of its window after that week.
FIRST_SLOTS_DAYS = 21
WEEK_AHEAD_DAYS = 52
WEEKS_AFTER = 6
NEAR_WEEKS = 2
LUNCH = time(12, 30)

IsSchoolDay = Callable[[date], bool]


@dataclass(frozen=True)
class Season:
    """The current edition: its week (Monday to Sunday), its window, and the days of class slots may be on."""

    today: date
    week_starts_on: date
    week_ends_on: date
    window_starts_on: date
    window_ends_on: date
    days: tuple[date, ...]

    @property
    def week_days(self) -> list[date]:
        """The days of class of the edition's week."""
        return [day for day in self.days if self.week_starts_on <= day <= self.week_ends_on]

    @property
    def free_visit_on(self) -> date:
        """The day of the visit that stays free for whoever tries the demo: the week's second day of class."""
        return self.week_days[1]

    def weight(self, day: date) -> float:
        """How much a day draws slots: the week most, then the two weeks around it."""
        if self.week_starts_on <= day <= self.week_ends_on:
            return 3.0
        near = timedelta(weeks=NEAR_WEEKS)
        return 1.6 if self.week_starts_on - near <= day <= self.week_ends_on + near else 0.5


def season_of(today: date, is_school_day: IsSchoolDay) -> Season:
    """The season of a demo loaded that day: a week of class about eight weeks ahead, and its window around it."""
    monday = _monday_from(today + timedelta(days=WEEK_AHEAD_DAYS))
    while sum(is_school_day(monday + timedelta(days=day)) for day in range(5)) < 4:
        monday += timedelta(weeks=1)
    first = _monday_from(today + timedelta(days=FIRST_SLOTS_DAYS - 4))
    last = monday + timedelta(weeks=WEEKS_AFTER, days=6)
    from_day = today + timedelta(days=FIRST_SLOTS_DAYS)
    days = (from_day + timedelta(days=number) for number in range((last - from_day).days + 1))
    return Season(
        today, monday, monday + timedelta(days=6), first, last, tuple(day for day in days if is_school_day(day))
    )


def chance_of(today: date, part: str) -> Random:
    """The draws of one part of the demo: the same ones all day long."""
    return Random(f"{today}/{part}")  # noqa: S311  (nothing secret is drawn)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def last_november(today: date) -> date:
    """The third Monday of November of last year."""
    first = date(today.year - 1, 11, 1)
    return _monday_from(first) + timedelta(weeks=2)


def span(hours: str) -> tuple[time, time]:
    """« 09:00-11:30 » as two hours."""
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    return start, end


def draw_times(
    season: Season, days: Sequence[date], hours: Sequence[str], count: int, chance: Random
) -> list[tuple[datetime, datetime]]:
    """So many dates for an activity, no two on one day, most near the week; mornings only on a Wednesday."""
    spans = [span(each) for each in hours]
    mornings = [each for each in spans if each[1] <= LUNCH]
    usable = [day for day in days if day.weekday() != 2 or mornings]
    heaviest = sorted(usable, key=lambda day: chance.random() ** (1 / season.weight(day)), reverse=True)
    times = []
    for day in sorted(heaviest[:count]):
        start, end = chance.choice(mornings if day.weekday() == 2 else spans)
        times.append((datetime.combine(day, start), datetime.combine(day, end)))
    return times


def siren_of(number: int) -> str:
    """A SIREN with a right key that no company has: none was ever given that begins with three zeros."""
    body = f"00091{number:03d}"
    return body + luhn.calc_check_digit(body)


def national_siren(number: int) -> str:
    """The same for the firms of a whole country: up to 9,999 of them."""
    body = f"0002{number:04d}"
    return body + luhn.calc_check_digit(body)


def siret_of(siren: str) -> str:
    """The SIRET of the company's first site."""
    body = f"{siren}0001"
    return body + luhn.calc_check_digit(body)


def address_of(name: str) -> str:
    """« Karim Leroy » writes from karim.leroy@example.org."""
    return f"{'.'.join(fold(name).split())}@example.org"
