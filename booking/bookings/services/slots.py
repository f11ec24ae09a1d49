"""What a host does to a whole slot: move it, cancel it, reword its activity. Every booked class is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from booking.accounts.models import Person
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.queries import clash_of
from booking.bookings.rules.deadlines import cancellable_until, due_at
from booking.bookings.rules.states import ALIVE, Actor, CancelReason, Event, State
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.places import fresh_slot, lock_all, lock_booking, lock_slot
from booking.bookings.services.suspensions import tell_if_suspended
from booking.bookings.services.transitions import step
from booking.bookings.suspension_queries import suspension_of
from booking.catalogue.models import Slot, SlotState
from booking.catalogue.rules.slots import AlreadyOffered, check_slot_times, moved_window, slot_instants
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.territory.queries import holiday_calendar

RECONFIRM_DAYS = 3


class SlotBusy(Refusal):
    code = "slot_busy"

    def sentence(self) -> Any:
        return _l("Une réservation vient d’arriver sur ce créneau. Relisez la liste des classes et recommencez.")


class SameTimes(Refusal):
    code = "same_times"
    field = "day"

    def sentence(self) -> Any:
        return _l("Ce créneau a déjà cette date et ces heures\u00a0: rien n’a changé, personne n’est prévenu.")


class SlotOver(Refusal):
    code = "slot_over"

    def sentence(self) -> Any:
        return _l("Ce créneau est passé ou déjà annulé : il ne peut plus changer.")


def lock_slot_with_bookings(slot_id: int) -> tuple[Slot, list[Booking]]:
    """Hold a slot and all that its alive bookings touch, in the one order of locks; read them afresh.

    Refuses: SlotBusy when a class booked between the look and the lock: its school and class are not held.
    """
    bookings = lock_slots_with_bookings([slot_id])
    return fresh_slot(slot_id), bookings


def lock_slots_with_bookings(slot_ids: Sequence[int]) -> list[Booking]:
    """Hold several slots and all that their alive bookings touch; gives these bookings back, read afresh.

    All at once: slot by slot, a school would be waited for while a slot is held, against the one order of locks.
    Refuses: SlotBusy, as lock_slot_with_bookings.
    """
    expected = _rows_of(slot_ids)
    lock_all(expected)
    for slot_id in sorted(slot_ids):
        lock_slot(slot_id)
    bookings = list(
        db.session.scalars(
            select(Booking)
            .where(Booking.slot_id.in_(slot_ids), Booking.state.in_(ALIVE))
            .order_by(Booking.id)
            .execution_options(populate_existing=True)
        )
    )
    if {booking.id for booking in bookings} - {row.id for row in expected}:
        raise SlotBusy()
    return bookings


def _rows_of(slot_ids: Sequence[int]) -> Sequence[Any]:
    """What the slots' alive bookings touch, and those linked to them on other slots."""
    columns = (Booking.id, Booking.school_id, Booking.edition_id, Booking.class_id, Booking.slot_id)
    groups = select(Booking.group_id).where(Booking.slot_id.in_(slot_ids), Booking.group_id.is_not(None))
    concerned = or_(Booking.slot_id.in_(slot_ids), Booking.group_id.in_(groups))
    return db.session.execute(select(*columns).where(concerned, Booking.state.in_(ALIVE))).all()


def facts_of(booking: Booking) -> dict[str, Any]:
    """What the two sides were told of a booking, before it changes."""
    slot = booking.slot
    return {
        "local_start": slot.local_start,
        "local_end": slot.local_end,
        "timezone": slot.timezone,
        "place": booking.place,
        "title": slot.activity.title,
    }


def cancel_slot(slot_id: int, person: Person, *, reason: str | None, note: str = "", actor: Actor = Actor.HOST) -> Slot:
    """Cancel a slot and every booking on it; every class is told. Refuses: ReasonMissing, SlotOver, SlotBusy."""
    if not reason:
        raise ReasonMissing()
    slot, bookings = lock_slot_with_bookings(slot_id)
    _check_is_to_come(slot)
    slot.state = SlotState.CANCELLED
    slot.cancelled_reason = reason
    slot.updated_at = clock.now()
    for booking in bookings:
        step(booking, Event.SLOT_CANCELLED, actor, person, reason=reason, note=note)
    return slot


def move_slot(slot_id: int, person: Person, local_start: datetime, local_end: datetime, *, note: str = "") -> Slot:
    """Give the slot another date or hour. Bookings stay; confirmed classes are asked again, silence keeps them.

    Refuses: SlotOver, SlotBusy, and what the catalogue refuses for the times of any slot.
    """
    slot, bookings = lock_slot_with_bookings(slot_id)
    _check_is_to_come(slot)
    check_slot_times(local_start, local_end, slot.timezone, now=clock.now(), edition=slot.activity.edition)
    _check_really_moves(slot, local_start, local_end)
    before = {booking.id: facts_of(booking) for booking in bookings}
    suspended = {booking.id: suspension_of(booking) for booking in bookings}
    slot.opens_at, slot.closes_at = moved_window(
        slot.local_start, local_start, slot.timezone, opens_at=slot.opens_at, closes_at=slot.closes_at
    )
    slot.sequence += 1
    slot.local_start, slot.local_end = local_start, local_end
    slot.starts_at, slot.ends_at = slot_instants(local_start, local_end, slot.timezone)
    slot.updated_at = clock.now()
    db.session.flush()
    for booking in bookings:
        clash = clash_of(booking)
        _ask_again(booking, slot, clashes=clash is not None)
        told = before[booking.id]
        if clash:
            told["clash"] = {"title": clash.title, "when": clash.when}
        step(booking, Event.SLOT_MOVED, Actor.HOST, person, note=note, before=told,
             details={"from": told["local_start"].isoformat(), "to": local_start.isoformat()})  # fmt: skip
        tell_if_suspended(booking, suspended[booking.id])
    return slot


def _check_is_to_come(slot: Slot) -> None:
    """A slot that is over, or on which a class has arrived, can no longer change. Refuses: SlotOver."""
    arrived = select(BookingEvent.id).join(BookingEvent.booking).where(
        Booking.slot_id == slot.id, BookingEvent.event.in_((Event.ARRIVE, Event.ATTEND, Event.MISS, Event.EXCUSE))
    )  # fmt: skip
    is_over = slot.state is SlotState.CANCELLED or slot.ends_at <= clock.now()
    if is_over or db.session.scalar(arrived.limit(1)) is not None:
        raise SlotOver()


def _check_really_moves(slot: Slot, local_start: datetime, local_end: datetime) -> None:
    if (slot.local_start, slot.local_end) == (local_start, local_end):
        raise SameTimes()
    twin = select(Slot.id).where(
        Slot.activity_id == slot.activity_id,
        Slot.id != slot.id,
        Slot.local_start == local_start,
        Slot.local_end == local_end,
        Slot.state != SlotState.CANCELLED,
    )
    if db.session.scalar(twin.limit(1)) is not None:
        raise AlreadyOffered()


def due_reconfirmations(limit: int = 500) -> list[int]:
    """Ids of the moved bookings whose class has not said anything in time."""
    query = select(Booking.id).where(Booking.state.in_(ALIVE), Booking.reconfirm_by <= clock.now())
    return list(db.session.scalars(query.order_by(Booking.reconfirm_by, Booking.id).limit(limit)))


def settle_move(booking_id: int) -> Booking | None:
    """What silence means after a move: the booking stays, unless the new hours clash; then it is cancelled.

    Safe to run twice at once. Source: product, section 11.
    """
    booking = lock_booking(booking_id)
    if booking.state not in ALIVE or booking.reconfirm_by is None or booking.reconfirm_by > clock.now():
        return None
    clash = clash_of(booking)
    booking.reconfirm_by = None
    if clash is None:
        return booking
    return step(
        booking, Event.CANCEL, Actor.SERVICE, reason=CancelReason.CLASH, note=f"{clash.title}, {clash.when}"[:500]
    )


def _ask_again(booking: Booking, slot: Slot, *, clashes: bool) -> None:
    now = clock.now()
    limit = cancellable_until(slot.starts_at, slot.activity.cancellation_days, now)
    booking.reconfirm_by = None
    if booking.state is State.CONFIRMED or clashes:
        calendar = holiday_calendar(booking.departement_code)
        booking.reconfirm_by = due_at(
            now, RECONFIRM_DAYS, slot.timezone, calendar.is_day_off_for_school,
            never_after=max(now, slot.starts_at - timedelta(days=1)),
        )  # fmt: skip
        # Whoever did not choose the new date may leave until they were to answer, whatever the usual limit says.
        limit = max(limit, booking.reconfirm_by)
    if booking.deadline_at and slot.closes_at > now:
        booking.deadline_at = min(booking.deadline_at, slot.closes_at)
    booking.cancellable_until = limit


def reword_activity(activity_id: int, person: Person, before: dict[str, Any]) -> int:
    """Tell the confirmed classes of an activity whose wording changed; the calendars get the new text.

    before: what has changed, as it was. Returns how many bookings were told. Refuses: SlotBusy.
    """
    slot_ids = db.session.scalars(
        select(Booking.slot_id)
        .join(Booking.slot)
        .where(Slot.activity_id == activity_id, Booking.state == State.CONFIRMED, Slot.ends_at > clock.now())
        .distinct()
    ).all()
    told = [booking for booking in lock_slots_with_bookings(slot_ids) if booking.state is State.CONFIRMED]
    for booking in told:
        step(booking, Event.SLOT_REWORDED, Actor.HOST, person, before={**facts_of(booking), **before})
    return len(told)
