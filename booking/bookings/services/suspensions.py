"""Suspending the outings of a département and lifting it: the bookings stay, both sides are told, once each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.day import Outcome
from booking.bookings.rules.states import Actor, CancelReason, Event, State
from booking.bookings.rules.suspensions import AlreadyLifted, AlreadySuspended, check_period, overlap, period_words
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.day import record_visit
from booking.bookings.services.places import NotFound, lock_all
from booking.bookings.services.transitions import step
from booking.bookings.suspension_models import OutingSuspension
from booking.bookings.suspension_queries import CONCERNED, running_suspensions, suspension_of, touched_by
from booking.core import clock
from booking.core.db import db
from booking.territory.models import Departement


def suspend_outings(
    departement_code: str, first_on: date, last_on: date | None, person: Person, *, reason: str | None, note: str = ""
) -> OutingSuspension:
    """Suspend the département's outings; teachers and hosts of the bookings concerned are told that they are kept.

    Refuses: ReasonMissing, PeriodReversed, PeriodOver, AlreadySuspended when the days meet those of another one.
    """
    if not reason:
        raise ReasonMissing()
    check_period(first_on, last_on, clock.now().date())
    _lock_departement(departement_code)
    for other in running_suspensions([departement_code]):
        if overlap(first_on, last_on, other.first_on, other.last_on):
            raise AlreadySuspended(period=period_words(other.first_on, other.last_on))
    suspension = OutingSuspension(
        departement_code=departement_code,
        first_on=first_on,
        last_on=last_on,
        reason=CancelReason(reason),
        note=note,
        created_by_id=person.id,
        created_at=clock.now(),
    )
    db.session.add(suspension)
    db.session.flush()
    for booking in _lock(touched_by(departement_code, first_on, last_on)):
        step(booking, Event.SUSPEND, Actor.OFFICER, person, reason=suspension.reason, note=note,
             details=_told(suspension))  # fmt: skip
    return suspension


def lift_suspension(suspension_id: int, person: Person) -> OutingSuspension:
    """Outings are possible again; the bookings that nothing else holds back are told so. Refuses: NotFound, AlreadyLifted."""
    found = db.session.get(OutingSuspension, suspension_id)
    if found is None:
        raise NotFound()
    _lock_departement(found.departement_code)
    suspension = db.session.get_one(OutingSuspension, suspension_id, populate_existing=True)
    if suspension.id not in {each.id for each in running_suspensions([suspension.departement_code])}:
        raise AlreadyLifted()
    suspension.lifted_at, suspension.lifted_by_id = clock.now(), person.id
    db.session.flush()
    touched = touched_by(suspension.departement_code, suspension.first_on, suspension.last_on)
    for booking in _lock(touched):
        if suspension_of(booking) is None:
            step(booking, Event.RESUME, Actor.OFFICER, person, details=_told(suspension))
    return suspension


def tell_if_suspended(booking: Booking, was: OutingSuspension | None) -> None:
    """After a move onto days on which outings are suspended, both sides hear of it, in the name of whoever decided so.

    was: what kept the outing from taking place before the move; of that one they have heard.
    """
    found = suspension_of(booking)
    if found is not None and (was is None or was.id != found.id):
        officer = db.session.get_one(Person, found.created_by_id)
        step(booking, Event.SUSPEND, Actor.OFFICER, officer, reason=found.reason, note=found.note,
             details=_told(found))  # fmt: skip


def excuse_suspended(booking_id: int, suspension_id: int) -> Booking | None:
    """The day went by under suspension: the class is excused, in the name of the officer who decided it.

    Nothing when somebody has recorded the day in the meantime: safe to run twice at once.
    """
    suspension = db.session.get_one(OutingSuspension, suspension_id)
    officer = db.session.get_one(Person, suspension.created_by_id)
    _lock([db.session.get_one(Booking, booking_id)])
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    if booking.state is not State.CONFIRMED:
        return None
    outcome = Outcome(State.EXCUSED, None, suspension.reason, suspension.note)
    record_visit(booking_id, Actor.OFFICER, officer, outcome, key=f"suspension/{suspension_id}")
    return booking


def _told(suspension: OutingSuspension) -> dict[str, Any]:
    return {
        "suspension": suspension.id,
        "departement": suspension.departement.name,
        "first_on": suspension.first_on.isoformat(),
        "last_on": suspension.last_on.isoformat() if suspension.last_on else None,
    }


def _lock_departement(code: str) -> None:
    """Two officers at once: the second one waits, then sees what the first one did. Before any school, class or slot."""
    db.session.execute(update(Departement).where(Departement.code == code).values(name=Departement.name))


def _lock(bookings: Sequence[Booking]) -> list[Booking]:
    """Hold all that the bookings touch, in the one order, and read those that still hold places afresh."""
    lock_all(bookings)
    query = select(Booking).where(Booking.id.in_([booking.id for booking in bookings]), Booking.state.in_(CONCERNED))
    return list(db.session.scalars(query.order_by(Booking.id).execution_options(populate_existing=True)))
