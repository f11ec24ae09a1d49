"""What one client of a race about changes does, in a process of its own (see tests/processes.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from booking.bookings import services
from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.changes import Counts
from booking.bookings.services import changes
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from tests.make import NOW

LATE = datetime(2027, 1, 7, 9, 0, tzinfo=UTC)


def change_count(booking_id: int, pupils: int) -> str:
    clock.now = lambda: NOW
    return _outcome(lambda: services.change_counts(booking_id, _teacher(booking_id), Counts(pupils, 3)))


def change_count_trusting_what_was_read(booking_id: int, pupils: int, taken: int) -> str:
    """The same without the guarded statement: the number of a moment ago, plus what this class brings."""

    def change_taken_pupils(booking: Booking, pupils: int) -> Any:
        more = pupils - booking.pupils
        db.session.execute(update(Slot).where(Slot.id == booking.slot_id).values(taken_pupils=taken + more))
        return db.session.get(Slot, booking.slot_id, populate_existing=True)

    assert hasattr(changes, "change_taken_pupils")
    changes.change_taken_pupils = change_taken_pupils
    return change_count(booking_id, pupils)


def move(booking_id: int, slot_id: int) -> str:
    clock.now = lambda: NOW
    return _outcome(lambda: services.move_booking(booking_id, slot_id, _teacher(booking_id)))


def accept(change_id: int) -> str:
    clock.now = lambda: LATE

    def answer() -> None:
        host = db.session.get(BookingChange, change_id).booking.slot.activity.contact
        services.answer_change(change_id, host, accept=True)

    return _outcome(answer)


def _teacher(booking_id: int) -> Any:
    return db.session.get(Booking, booking_id).teacher


def _outcome(act: Any) -> str:
    try:
        with transaction():
            act()
    except Refusal as refusal:
        return refusal.code
    return "done"
