"""An edition beside earlier ones: the figures of the board for each, and bookings so many days before each week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import case, func

from booking.bookings.models import Booking
from booking.catalogue.models import Edition
from booking.catalogue.rules.editions import PARIS
from booking.core.db import db
from booking.tracking.figures import Figure, board, taken_bookings
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

MOST_EARLIER = 3
WEEKS_BEFORE = 20
STEP_DAYS = 7


@dataclass(frozen=True)
class Line:
    """A figure of the board in each edition, the newest first."""

    figures: list[Figure]

    @property
    def values(self) -> list[int | None]:
        return [figure.value for figure in self.figures]

    @property
    def change(self) -> int | None:
        """From the edition before to the newest, in percent; of what counts something, not of a rate or a delay."""
        if len(self.figures) < 2 or self.figures[0].unit:
            return None
        now, before = self.values[:2]
        return round(100 * (now - before) / before) if now is not None and before else None


@dataclass(frozen=True)
class Curve:
    """Bookings made until so many days before the week, point by point. None: that day has not come."""

    edition: Edition
    points: list[int | None]
    same_day: int


@dataclass(frozen=True)
class Comparison:
    """days: before the first day of the week, at each point; negative after it. today: where the newest stands."""

    editions: list[Edition]
    lines: list[Line]
    days: list[int]
    curves: list[Curve]
    today: int


def compared(edition: Edition, known: Sequence[Edition]) -> list[Edition]:
    """The edition and the dated ones before it, the newest first: the last ones and the very first."""
    earlier = sorted(
        (each for each in known if not each.is_permanent and each.starts_on < edition.starts_on),
        key=lambda each: (each.starts_on, each.id),
        reverse=True,
    )
    return [edition, *earlier[: MOST_EARLIER - 1], *earlier[MOST_EARLIER - 1 :][-1:]]


def comparison(scope: Scope, editions: Sequence[Edition], filters: Filters, now: datetime) -> Comparison:
    """Figures and curves of these editions, a fixed number of statements each. The days of the filters are left out: no two years share them."""
    filters = replace(filters, first_on=None, last_on=None)
    boards = [
        [figure for chapter in board(scope, each, filters).chapters for figure in chapter.figures] for each in editions
    ]
    lines = [Line(list(figures)) for figures in zip(*boards, strict=True)]
    days = [STEP_DAYS * number for number in range(WEEKS_BEFORE, -2, -1)]
    today = (editions[0].starts_on - now.astimezone(PARIS).date()).days
    curves = [curve_of(scope, each, filters, days, today, now) for each in editions]
    return Comparison(list(editions), lines, days, curves, today)


def curve_of(scope: Scope, edition: Edition, filters: Filters, days: Sequence[int], today: int, now: datetime) -> Curve:
    """Bookings that hold a place, by the day they were made, added up."""
    ends = [_end_of(edition.starts_on, before) for before in (*days, today)]
    sums = [func.coalesce(func.sum(case((Booking.created_at < end, 1), else_=0)), 0) for end in ends]
    *points, same_day = db.session.execute(taken_bookings(scope, edition, filters, *sums)).one()
    # Of a day that is not over the count goes up to now; of one that has not begun there is none.
    begun = [_end_of(edition.starts_on, before + 1) <= now for before in days]
    return Curve(
        edition,
        [int(count) if has_begun else None for count, has_begun in zip(points, begun, strict=True)],
        int(same_day),
    )


def _end_of(first_day: date, days_before: int) -> datetime:
    """The end of that day, at Paris."""
    day = first_day - timedelta(days=days_before - 1)
    return datetime.combine(day, time(), PARIS).astimezone(UTC)
