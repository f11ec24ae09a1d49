"""Reads of the waiting list for its pages: where a class stands, what its host sees, which dates could be waited for."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.bookings.models import Booking
from booking.bookings.queries import explain_all, in_line, keeping_away, line_of, room_of
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.line_words import LineForHost, PlaceInLine, line_for_host, place_in_line
from booking.bookings.rules.states import State
from booking.catalogue.models import Activity, Slot, SlotState
from booking.core import clock
from booking.core.db import db
from booking.schools.models import SchoolClass


def place_of(booking: Booking) -> PlaceInLine:
    """Where a waiting class stands in its line."""
    slot = booking.slot
    line = [in_line(each) for each in line_of(slot.id)]
    return place_in_line(line, booking.id, room_of(slot), slot.activity.comes_to_class, keeping_away(booking))


def host_line(slot: Slot, waiting: list[Booking]) -> tuple[LineForHost, list[Booking]]:
    """The line as its host reads it, and its bookings in its order."""
    line = line_for_host([in_line(booking) for booking in waiting], room_of(slot).places)
    by_id = {booking.id: booking for booking in waiting}
    return line, [by_id[each.booking_id] for each in line.order]


def other_waits(booking: Booking) -> list[Booking]:
    """Where else the class waits in the same activity: accepting one date ends these."""
    query = (
        select(Booking)
        .join(Booking.slot)
        .where(
            Booking.class_id == booking.class_id,
            Booking.id != booking.id,
            Booking.state == State.WAITING,
            Slot.activity_id == booking.slot.activity_id,
        )
        .options(joinedload(Booking.slot))
        .order_by(Slot.starts_at, Booking.id)
    )
    return list(db.session.scalars(query))


def acceptable_slots(slot: Slot, school_class: SchoolClass) -> list[tuple[Slot, Explanation]]:
    """The dates of the activity that the class could wait for, this one among them, the earliest first."""
    query = (
        select(Slot)
        .where(
            Slot.activity_id == slot.activity_id,
            Slot.state == SlotState.OPEN,
            Slot.closes_at > clock.now(),
        )
        .options(joinedload(Slot.activity).joinedload(Activity.site))
        .order_by(Slot.starts_at, Slot.id)
    )
    slots = list(db.session.scalars(query))
    answers = explain_all(slots, school_class)
    return [(each, answers[each.id]) for each in slots if answers[each.id].may_ask_to_wait]
