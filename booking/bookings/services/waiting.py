"""The waiting list: joining it, leaving it, and offering freed places to whoever's turn it is (product, rule 4).

A promotion needs the locks of another school than the one that freed the places, and school comes before slot: so it is
a transaction of its own, tried right after the one that freed them and again by the worker. It may run twice at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.queries import explain, is_priority_school, line_of, room_of, turn_of
from booking.bookings.rules.deadlines import due_at
from booking.bookings.rules.explain import LACK_OF_PLACES
from booking.bookings.rules.states import (
    OFFERED_BY_HOST,
    TAKEN,
    Actor,
    Event,
    NotPossibleNow,
    Origin,
    State,
    transition_for,
)
from booking.bookings.rules.waiting import CannotWait, PlacesFree, offer_days
from booking.bookings.services.places import NotFound, enter_line, fresh_slot, lock_booking, lock_slot, take_places
from booking.bookings.services.requests import Wish, alive_booking, class_for, insert, lock_for, snapshot
from booking.bookings.services.transitions import record, step
from booking.catalogue.models import Slot, SlotState
from booking.core import clock
from booking.core.dates import format_span
from booking.core.db import db
from booking.schools.models import SchoolClass
from booking.territory.queries import holiday_calendar


def join_line(
    slot_ids: Sequence[int],
    class_id: int,
    person: Person,
    *,
    adults: int | None = None,
    pupils: int | None = None,
    message: str = "",
) -> list[Booking]:
    """Put the class on the waiting list of these slots of one activity, whole; any of them would suit it.

    Where it already has a booking, or waits, that one is given back. Refuses: NotFound, PlacesFree, and what else than
    places stands in the way: as it is for one slot, as CannotWait for several.
    """
    school_class = class_for(person, class_id)
    slot_ids = sorted(set(slot_ids))
    if not slot_ids or len({fresh_slot(slot_id).activity_id for slot_id in slot_ids}) > 1:
        raise NotFound()
    lock_for([Wish(slot_id, class_id) for slot_id in slot_ids], {class_id: school_class})
    slots = [lock_slot(slot_id) for slot_id in slot_ids]
    joined = []
    for slot in slots:
        booking = alive_booking(class_id, slot.id)
        if booking is None:
            _check_only_places_lack(slot, school_class, adults=adults, pupils=pupils, is_alone=len(slots) == 1)
            booking = _wait(slot, school_class, person, adults=adults, pupils=pupils, message=message)
        joined.append(booking)
    return joined


def leave_line(booking_id: int, person: Person) -> Booking:
    """The class waits no longer, or declines the place it was offered from the line: in one press, with no reason.

    Refuses: NotPossibleNow.
    """
    booking = lock_booking(booking_id)
    is_offer_in_line = booking.state is State.OFFERED and booking.origin not in OFFERED_BY_HOST
    if booking.state is not State.WAITING and not is_offer_in_line:
        raise NotPossibleNow(state=booking.state, event=Event.CANCEL, actor=Actor.TEACHER)
    return step(booking, Event.CANCEL, Actor.TEACHER, person)


def promote_from_line(slot_id: int) -> Booking | None:
    """Offer the slot's free places to the class whose turn it is; nothing when it is nobody's, or not any more.

    In a transaction of its own. One class at a time, and safe to run twice at once: who it is, is decided again once its school, its class and the
    slot are held. A class skipped because it does not fit rises by one.
    """
    expected = _next_on(fresh_slot(slot_id))
    if expected is None:
        return None
    booking = lock_booking(expected)
    # What was read to find out whose turn it seemed to be may have changed since.
    db.session.expire_all()
    slot = fresh_slot(slot_id)
    turn = turn_of(slot, room_of(slot))
    if turn.offered is None or turn.offered.booking_id != booking.id:
        return None
    line = {each.id: each for each in line_of(slot_id)}
    take_places(slot_id, booking.school_id, booking.edition_id, booking.pupils, is_its_turn=True)
    booking.is_priority = bool(slot.kept_classes) and is_priority_school(booking.school)
    for skipped in turn.skipped:
        line[skipped.booking_id].skip_count += 1
    if slot.activity.comes_to_class:
        slot.school_id = booking.school_id
    booking.deadline_at = _offer_due(slot, booking)
    details = {"skipped": [skipped.booking_id for skipped in turn.skipped]}
    return step(booking, Event.OFFER, Actor.SERVICE, details=details)


def slots_to_promote(limit: int = 500) -> list[int]:
    """Ids of the slots where somebody in line could be offered places now, the next to close first."""
    might_fit = (
        select(Booking.id)
        .where(
            Booking.slot_id == Slot.id,
            Booking.state == State.WAITING,
            Booking.pupils <= Slot.max_pupils - Slot.taken_pupils,
            or_(Slot.school_id.is_(None), Slot.school_id == Booking.school_id),
        )
        .exists()
    )
    query = (
        select(Slot)
        .where(
            Slot.waiting_classes > 0,
            Slot.state == SlotState.OPEN,
            Slot.closes_at > clock.now(),
            Slot.taken_classes < Slot.max_classes,
            might_fit,
        )
        .order_by(Slot.closes_at, Slot.id)
        .limit(limit)
    )
    return [slot.id for slot in db.session.scalars(query).all() if _next_on(slot) is not None]


def _check_only_places_lack(
    slot: Slot, school_class: SchoolClass, *, adults: int | None, pupils: int | None, is_alone: bool
) -> None:
    answer = explain(slot, school_class, adults=adults, pupils=pupils)
    if answer.is_possible:
        raise PlacesFree(when=_when(slot))
    other = next((stop for stop in answer.stops if not isinstance(stop, LACK_OF_PLACES)), None)
    if other is not None:
        raise other if is_alone else CannotWait(when=_when(slot), why=other.message)


def _when(slot: Slot) -> str:
    return format_span(slot.local_start, slot.local_end, slot.timezone)


def _wait(slot: Slot, school_class: SchoolClass, person: Person, **asked: Any) -> Booking:
    pupils = school_class.pupils if asked["pupils"] is None else asked["pupils"]
    booking = snapshot(slot, school_class, person, pupils, asked["adults"])
    booking.state, booking.origin, booking.message = State.WAITING, Origin.WAITING, asked["message"]
    booking.priority = int(_was_put_out(school_class.id, booking.edition_id))
    insert(booking)
    enter_line(slot.id)
    record(booking, Event.WAIT, None, Actor.TEACHER, person)
    db.session.flush()
    mails.tell(booking, transition_for(None, Event.WAIT, Actor.TEACHER), event=Event.WAIT, actor=Actor.TEACHER)
    return booking


def _was_put_out(class_id: int, edition_id: int) -> bool:
    """Whether the class lost its places when a slot of the edition was cancelled, and has been given none since."""
    of_class = and_(Booking.class_id == class_id, Booking.edition_id == edition_id)
    events = (
        select(BookingEvent.id).join(BookingEvent.booking).where(of_class).order_by(BookingEvent.id.desc()).limit(1)
    )
    lost = db.session.scalar(
        events.where(BookingEvent.event == Event.SLOT_CANCELLED, BookingEvent.from_state.in_(TAKEN))
    )
    placed = db.session.scalar(events.where(BookingEvent.to_state.in_(TAKEN), BookingEvent.event.in_(_GIVES_PLACES)))
    return lost is not None and lost > (placed or 0)


# What gives a class places; an offer that it declines does not.
_GIVES_PLACES = (Event.HOLD, Event.REQUEST, Event.CONFIRM, Event.ACCEPT_OFFER)


def _next_on(slot: Slot) -> int | None:
    offered = turn_of(slot, room_of(slot)).offered
    return offered.booking_id if offered else None


def _offer_due(slot: Slot, booking: Booking) -> Any:
    now = clock.now()
    calendar = holiday_calendar(booking.departement_code)
    return due_at(
        now,
        offer_days(now, slot.closes_at),
        slot.timezone,
        calendar.is_day_off_for_school,
        never_after=slot.closes_at,
    )
