"""One step in a booking's life, as the table of states says: state, places, history, mails, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.models import Booking, BookingChange, BookingEvent
from booking.bookings.rules.changes import ChangeState
from booking.bookings.rules.states import (
    ALIVE,
    ANSWERS,
    ENDED,
    TAKEN,
    Actor,
    CancelReason,
    Event,
    LinkRule,
    State,
    transition_for,
)
from booking.bookings.services.authorisations import follow
from booking.bookings.services.places import give_back_places, quit_line
from booking.catalogue.models import SlotState
from booking.core import clock
from booking.core.db import db

# What makes a change that was asked for before it pointless: it spoke of another date, or of other numbers.
_OVERTAKING = frozenset({Event.SLOT_MOVED, Event.MOVE, Event.CHANGE_COUNT})


def step(
    booking: Booking,
    event: Event,
    actor: Actor,
    person: Person | None = None,
    *,
    reason: str | None = None,
    note: str = "",
    before: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
) -> Booking:
    """Apply an event to a locked booking. Refuses: NotPossibleNow when the table has no such move for this side."""
    transition = transition_for(booking.state, event, actor)
    old, new = booking.state, transition.to or booking.state
    now = clock.now()
    if old in TAKEN and new not in TAKEN:
        give_back_places(booking)
    if old is State.WAITING and new is not State.WAITING:
        quit_line(booking.slot_id)
    booking.state = new
    booking.revision += 1
    booking.updated_at = now
    if new not in ALIVE:
        booking.deadline_at = None
        booking.ended_by, booking.end_reason, booking.end_note = actor, reason, note
    if new not in ALIVE or event in _OVERTAKING:
        details = {**(details or {}), **_drop_change(booking)}
    record(booking, event, old, actor, person, reason=reason, note=note, details=details)
    db.session.flush()
    mails.tell(booking, transition, event=event, before=before, reason=reason, note=note, actor=actor, details=details)
    follow(booking)
    if old in ALIVE and new in ENDED:
        _end_linked(booking)
    return booking


def _drop_change(booking: Booking) -> dict[str, Any]:
    """End the change of this booking that waits for an answer, if any; what the history adds about it."""
    pending = select(BookingChange).where(
        BookingChange.booking_id == booking.id, BookingChange.state == ChangeState.PENDING
    )
    change = db.session.scalar(pending.execution_options(populate_existing=True))
    if change is None:
        return {}
    db.session.execute(
        update(BookingChange)
        .where(BookingChange.id == change.id, BookingChange.state == ChangeState.PENDING)
        .values(state=ChangeState.STALE, answered_at=clock.now())
    )
    return {"dropped": change.kind}


def _end_linked(booking: Booking) -> None:
    """Both or neither: the bookings linked to one that ended end with it. Whoever locks a booking locks these too.

    One whose own slot is being cancelled hears that instead: whoever cancels the slot says so.
    """
    for other in tied_to(booking):
        if other.state in ALIVE and other.slot.state is not SlotState.CANCELLED:
            step(other, Event.CANCEL, Actor.SERVICE, reason=CancelReason.LINKED)


def tied_to(booking: Booking) -> list[Booking]:
    """The other bookings that stand or fall with this one, read afresh: whoever locked it holds them too."""
    if booking.group is None or booking.group.rule is not LinkRule.BOTH_OR_NEITHER:
        return []
    linked = select(Booking).where(
        Booking.group_id == booking.group_id, Booking.id != booking.id, Booking.state.in_(ALIVE)
    )
    return list(db.session.scalars(linked.order_by(Booking.id).execution_options(populate_existing=True)))


def record(
    booking: Booking,
    event: Event,
    from_state: Any,
    actor: Actor,
    person: Person | None,
    *,
    reason: str | None = None,
    note: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Add a line to the booking's history."""
    _note_host_clock(booking, event, from_state)
    db.session.add(
        BookingEvent(
            booking=booking,
            event=event,
            from_state=from_state,
            to_state=booking.state,
            actor=actor,
            person_id=person.id if person else None,
            reason=reason,
            note=note,
            details=details or {},
            happened_at=clock.now(),
        )
    )


def _note_host_clock(booking: Booking, event: Event, from_state: Any) -> None:
    """A host is asked by a request, once the head has said yes where it waits for that, and again about another date."""
    is_asked = booking.state is State.REQUESTED and (
        from_state is not State.REQUESTED or event in (Event.ASK_HOST, Event.MOVE)
    )
    if is_asked:
        booking.host_asked_at = clock.now()
    elif event in ANSWERS:
        booking.host_answered_at = clock.now()
