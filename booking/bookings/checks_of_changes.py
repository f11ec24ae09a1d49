"""What must always be true of the changes that classes ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import or_, select

from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.changes import ChangeState
from booking.bookings.rules.states import State
from booking.core import clock
from booking.core.checks import invariant
from booking.core.db import db


@invariant("change-pending")
def pending_changes() -> Iterator[tuple[str, str]]:
    """A change waits only for a firm booking, and no more than a day after silence has said no."""
    query = (
        select(BookingChange.id, Booking.state, BookingChange.due_at)
        .join(BookingChange.booking)
        .where(
            BookingChange.state == ChangeState.PENDING,
            or_(Booking.state != State.CONFIRMED, BookingChange.due_at < clock.now() - timedelta(days=1)),
        )
    )
    for change_id, state, due_at in db.session.execute(query):
        yield f"change {change_id}", f"still waits, its booking is {state}, it was due {due_at:%Y-%m-%d}"
