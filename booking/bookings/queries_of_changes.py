"""Reads about changes: what waits for a host, what classes said of a moved date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.bookings.models import Booking, BookingChange, BookingEvent
from booking.bookings.rules.changes import ChangeState
from booking.bookings.rules.states import Event
from booking.catalogue.models import Activity, Slot, SlotState
from booking.core import clock
from booking.core.db import db


def changes_awaiting(company_id: int) -> list[BookingChange]:
    """The changes that wait for this company, the first to lapse first."""
    query = (
        select(BookingChange)
        .join(BookingChange.booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(
            Activity.company_id == company_id,
            BookingChange.state == ChangeState.PENDING,
            BookingChange.due_at > clock.now(),
        )
        .options(joinedload(BookingChange.booking).joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(BookingChange.due_at, BookingChange.id)
    )
    return list(db.session.scalars(query))


def slots_to_decide(company_id: int) -> list[Slot]:
    """The company's slots below their minimum whose day of decision is about now; the rule says which are asked about."""
    now = clock.now()
    today = now.date()
    query = (
        select(Slot)
        .join(Slot.activity)
        .where(
            Activity.company_id == company_id,
            Slot.state != SlotState.CANCELLED,
            Slot.starts_at > now,
            Slot.taken_pupils < Slot.min_pupils,
            Slot.decision_on.between(today - timedelta(days=1), today + timedelta(days=1)),
        )
        .order_by(Slot.starts_at, Slot.id)
    )
    return list(db.session.scalars(query))


def said_yes_to_move(booking_ids: Iterable[int]) -> tuple[set[int], dict[int, datetime]]:
    """Of these bookings: those whose slot was moved under them, and when each said that the last new date suits."""
    events = select(BookingEvent).where(
        BookingEvent.booking_id.in_(list(booking_ids)),
        BookingEvent.event.in_((Event.SLOT_MOVED, Event.RECONFIRM, Event.MOVE)),
    )
    moved: set[int] = set()
    yes: dict[int, datetime] = {}
    for event in db.session.scalars(events.order_by(BookingEvent.id)):
        yes.pop(event.booking_id, None)
        if event.event is Event.RECONFIRM:
            yes[event.booking_id] = event.happened_at
        elif event.event is Event.SLOT_MOVED:
            moved.add(event.booking_id)
        else:
            # The class chose this date itself.
            moved.discard(event.booking_id)
    return moved, yes
