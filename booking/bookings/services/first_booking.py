"""The school hears of a person's first booking in its name: an académie's address proves an employer, not a school."""

from __future__ import annotations

from sqlalchemy import or_, select

from booking.accounts import services as accounts
from booking.accounts.models import MemberRole, Membership, MemberState
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.rules.states import Event, Origin
from booking.core.dates import format_span
from booking.core.db import db
from booking.core.i18n import speaking


def tell_school_of_first_booking(booking: Booking) -> None:
    """Write to the school's official mailbox when its teacher books for it for the first time. Call it after the flush."""
    # A place in line is no booking: the school hears of it when an offer is accepted.
    placed = select(BookingEvent.booking_id).where(BookingEvent.event.in_((Event.ACCEPT_OFFER, Event.CONFIRM)))
    earlier = select(Booking.id).where(
        Booking.booked_by_id == booking.booked_by_id,
        Booking.school_id == booking.school_id,
        Booking.id != booking.id,
        or_(Booking.origin != Origin.WAITING, Booking.id.in_(placed)),
    )
    if db.session.scalar(earlier.limit(1)) is not None:
        return
    membership = db.session.scalar(
        select(Membership).where(
            Membership.person_id == booking.booked_by_id,
            Membership.school_id == booking.school_id,
            Membership.role == MemberRole.TEACHER,
            Membership.state == MemberState.ACTIVE,
        )
    )
    if membership is None:
        return
    slot = booking.slot
    with speaking("fr"):
        when = format_span(slot.local_start, slot.local_end, slot.timezone)
    accounts.tell_school(
        membership,
        {
            "title": slot.activity.title,
            "company": slot.activity.company.name,
            "class_name": booking.class_name,
            "pupils": booking.pupils,
            "when": when,
        },
    )
