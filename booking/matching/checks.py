"""What must always be true of needs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import Origin
from booking.catalogue.models import Slot
from booking.core.checks import invariant
from booking.core.db import db
from booking.matching.models import Need, NeedState

Found = Iterator[tuple[str, str]]


@invariant("need-answer")
def need_answer() -> Found:
    """An answered need has a booking of its class, on a slot of its activity, that came about by the need."""
    query = (
        select(Need.id, Booking.id)
        .join(Booking, Booking.id == Need.booking_id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(
            or_(
                Booking.class_id != Need.class_id,
                Booking.school_id != Need.school_id,
                Booking.origin != Origin.NEED,
                Slot.activity_id != Need.activity_id,
            )
        )
    )
    for need_id, booking_id in db.session.execute(query):
        yield f"need {need_id}", f"is answered by booking {booking_id}, which is about something else"


@invariant("need-booking")
def need_booking() -> Found:
    """A booking that came about by a need is the answer to one."""
    answers = select(Need.booking_id).where(Need.booking_id.is_not(None))
    query = select(Booking.id).where(Booking.origin == Origin.NEED, Booking.id.not_in(answers))
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "came about by a need that does not exist"


@invariant("need-wishes")
def need_wishes() -> Found:
    """An open need holds at least one wish."""
    query = select(Need.id, Need.wishes).where(Need.state == NeedState.OPEN)
    for need_id, wishes in db.session.execute(query):
        if not wishes:
            yield f"need {need_id}", "is open and wishes for nothing"
