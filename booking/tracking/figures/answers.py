"""How long hosts take to answer, without reading a booking: how many answers took how many hours, then the middle one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func

from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import Edition
from booking.core.db import db
from booking.tracking.figures.counted import bookings_in
from booking.tracking.figures.definitions import is_answered
from booking.tracking.figures.moments import hours_between
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope


def median_hours_to_answer(scope: Scope, edition: Edition, filters: Filters) -> tuple[int | None, int]:
    """The median, in whole hours, of the answers that the territory's schools got from hosts; and how many answers."""
    hours = hours_between(Booking.host_asked_at, Booking.host_answered_at)
    query = bookings_in(scope, edition, filters, State, hours, func.count(), reads=())
    query = query.where(is_answered()).group_by(hours).order_by(hours)
    counts = [(int(each), number) for each, number in db.session.execute(query)]
    return median_of(counts), sum(number for _hours, number in counts)


def median_of(counts: Iterable[tuple[int, int]]) -> int | None:
    """The middle one of values told as (value, how many times), in rising order; the lower of two middles."""
    known = list(counts)
    left = (sum(times for _value, times in known) + 1) // 2
    for value, times in known:
        left -= times
        if left <= 0:
            return value
    return None
