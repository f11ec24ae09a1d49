"""What one client of a race around the waiting list does, in a process of its own (see tests/processes.py)."""

from __future__ import annotations

from datetime import datetime

from booking.accounts.models import Person
from booking.bookings import jobs, services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason
from booking.bookings.services import places
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from tests.make import NOW
from tests.races.clients import _take_away, book


def act(verb: str, **values) -> str:
    """One of the verbs below: what became of it, or the code of the refusal. Any other error fails the test."""
    clock.now = lambda: NOW
    try:
        return _VERBS[verb](**values)
    except Refusal as refusal:
        return refusal.code


def act_without_looking_at_the_line(verb: str, **values) -> str:
    """The same where a direct booking takes what is free, whoever waits for it."""
    _take_away(places, "_refuse_overtaking", lambda *_args: None)
    return act(verb, **values)


def _book(**values) -> str:
    return book(**values)


def _cancel(booking_id: int) -> str:
    """As a page does: cancel, then serve the line at once."""
    with transaction():
        booking = db.session.get(Booking, booking_id)
        services.cancel_booking(booking_id, booking.teacher, Actor.TEACHER, reason=CancelReason.TRANSPORT)
    for slot_id in places.take_freed():
        jobs.serve_line(slot_id)
    return "cancelled"


def _promote() -> str:
    jobs.promote_lines()
    return "promoted"


def _accept(booking_id: int, person_id: int) -> str:
    with transaction():
        services.accept_offer(booking_id, db.session.get(Person, person_id))
    return "accepted"


def _leave(booking_id: int, person_id: int) -> str:
    with transaction():
        services.leave_line(booking_id, db.session.get(Person, person_id))
    return "left"


def _lapse(booking_id: int, at: str) -> str:
    """As the worker of a machine whose clock is ahead: the deadline has come there."""
    clock.now = lambda: datetime.fromisoformat(at)
    with transaction():
        return "lapsed" if services.expire_due(booking_id) else "nothing"


def _join(slot_ids: list[int], class_id: int, person_id: int) -> str:
    with transaction():
        services.join_line(slot_ids, class_id, db.session.get(Person, person_id))
    return "joined"


_VERBS = {
    "book": _book,
    "cancel": _cancel,
    "promote": _promote,
    "accept": _accept,
    "leave": _leave,
    "lapse": _lapse,
    "join": _join,
}
