"""Locks and counters. Whoever changes a booking locks, in this one order: school in the edition, class, slot.

A lock is an UPDATE: `SELECT … FOR UPDATE` is silently dropped by SQLite, an UPDATE holds the row on PostgreSQL and
the file on SQLite until the transaction ends. The counters of a slot and of a school move here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.queries import is_priority_school, kept_places, room_of, turn_of
from booking.bookings.rules.capacity import Places, PlacesKept, check_places, for_others
from booking.bookings.rules.changes import NoRoomForMore
from booking.bookings.rules.explain import SchoolCapReached, SlotCancelled, SlotNotBookable, in_round
from booking.bookings.rules.states import ALIVE, Origin, State
from booking.bookings.rules.waiting import PlacesAwaited
from booking.catalogue.models import Edition, Slot, SlotState
from booking.core import clock
from booking.core.dates import format_day
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import School, SchoolClass

_CONFLICT_FREE_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class NotFound(Refusal):
    """The object does not exist, or not for this person: the page is a 404."""

    code = "not_found"

    def sentence(self) -> Any:
        return _l("Cet élément n’existe pas ou plus.")


def lock_school(school_id: int, edition_id: int) -> None:
    """Hold the school's row in the edition, made at its first booking."""
    new = _CONFLICT_FREE_INSERT[db.session.get_bind().dialect.name](SchoolInEdition)
    row = {"school_id": school_id, "edition_id": edition_id, "taken_bookings": 0}
    db.session.execute(new.values(row).on_conflict_do_nothing())
    db.session.execute(
        update(SchoolInEdition)
        .where(SchoolInEdition.school_id == school_id, SchoolInEdition.edition_id == edition_id)
        .values(taken_bookings=SchoolInEdition.taken_bookings)
    )


def lock_class(class_id: int) -> None:
    """Hold the class: its clashes are compared one booking at a time, across all slots."""
    db.session.execute(
        update(SchoolClass).where(SchoolClass.id == class_id).values(lock_version=SchoolClass.lock_version + 1)
    )


def lock_slot(slot_id: int) -> Slot:
    """Hold the slot and read it afresh. Refuses: NotFound."""
    db.session.execute(update(Slot).where(Slot.id == slot_id).values(taken_classes=Slot.taken_classes))
    return fresh_slot(slot_id)


def fresh_slot(slot_id: int) -> Slot:
    slot = db.session.get(Slot, slot_id, populate_existing=True)
    if slot is None:
        raise NotFound()
    return slot


def lock_booking(booking_id: int, *, with_waits: bool = False) -> Booking:
    """Hold everything a change of this booking may touch, its linked ones included, then read it afresh.

    with_waits: also where its class waits for other dates of the activity. Refuses: NotFound.
    """
    return _lock_booking_and(booking_id, [], with_waits=with_waits)


def lock_booking_with_slot(booking_id: int, slot_id: int) -> Booking:
    """As lock_booking, with a slot that the booking, and those tied to it, may move to. Refuses: NotFound."""
    return _lock_booking_and(booking_id, [slot_id])


def lock_offered(booking_id: int) -> Booking:
    """As lock_booking with its waits, and with what other firms offered to its class for a need. Refuses: NotFound."""
    return _lock_booking_and(booking_id, [], with_waits=True, with_offers=True)


def _lock_booking_and(
    booking_id: int, slot_ids: Sequence[int], *, with_waits: bool = False, with_offers: bool = False
) -> Booking:
    columns = (Booking.school_id, Booking.edition_id, Booking.class_id, Booking.slot_id, Booking.group_id)
    here = db.session.execute(select(*columns).where(Booking.id == booking_id)).first()
    if here is None:
        raise NotFound()
    concerned = Booking.id == booking_id
    if here.group_id is not None:
        concerned = or_(concerned, and_(Booking.group_id == here.group_id, Booking.state.in_(ALIVE)))
    if with_offers:
        concerned = or_(concerned, _offered_for_needs(here.class_id))
    rows = db.session.execute(select(*columns).where(concerned)).all()
    lock_all(rows, with_waits=with_waits, and_slots=slot_ids)
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    if booking.slot_id not in {here.slot_id, *slot_ids}:
        # It moved between the look and the lock of its class: now it cannot any more.
        lock_slot(booking.slot_id)
    return booking


def lock_offers(class_id: int) -> list[Booking]:
    """Hold the class and every place that firms offered it for a need; gives these bookings, read afresh."""
    columns = (Booking.school_id, Booking.edition_id, Booking.class_id, Booking.slot_id)
    lock_all(db.session.execute(select(*columns).where(_offered_for_needs(class_id))).all())
    lock_class(class_id)
    query = select(Booking).where(_offered_for_needs(class_id)).order_by(Booking.slot_id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _offered_for_needs(class_id: int) -> ColumnElement[bool]:
    return and_(Booking.class_id == class_id, Booking.state == State.OFFERED, Booking.origin == Origin.NEED)


def lock_all(rows: Iterable[Any], *, with_waits: bool = False, and_slots: Iterable[int] = ()) -> None:
    """Hold the schools, classes and slots of these rows (school_id, edition_id, class_id, slot_id), in that order.

    with_waits: also the other slots of their activities that their classes wait for. and_slots: these too.
    """
    rows = list(rows)
    for school_id, edition_id in sorted({(row.school_id, row.edition_id) for row in rows}):
        lock_school(school_id, edition_id)
    class_ids, slot_ids = {row.class_id for row in rows}, {row.slot_id for row in rows}
    for class_id in sorted(class_ids):
        lock_class(class_id)
    waits = waits_beside(class_ids, slot_ids) if with_waits else set()
    for slot_id in sorted(slot_ids | waits | set(and_slots)):
        lock_slot(slot_id)


def waits_beside(class_ids: Iterable[int], slot_ids: Iterable[int]) -> set[int]:
    """The other slots of these slots' activities where these classes wait. A class that is held joins no other line."""
    activities = select(Slot.activity_id).where(Slot.id.in_(list(slot_ids)))
    query = (
        select(Booking.slot_id)
        .join(Booking.slot)
        .where(
            Booking.class_id.in_(list(class_ids)),
            Booking.state == State.WAITING,
            Slot.activity_id.in_(activities),
        )
    )
    return set(db.session.scalars(query))


def take_places(
    slot_id: int, school_id: int, edition_id: int, pupils: int, *, is_its_turn: bool = False, by_round: bool = False
) -> Slot:
    """Take one class and its pupils off the slot, and one booking off the school's share: all or nothing.

    The guarded statement is lock, check and change at once: one row changed, the places are ours until the
    transaction ends. is_its_turn: the class comes from the line; any other passes in front of nobody who fits.
    by_round: the round that shares the slot out gives the place; without it, nobody books there meanwhile.
    Refuses: SchoolCapReached, SlotCancelled, InRound, SlotNotBookable, GroupTooLarge, SlotFull, TooFewPlaces,
    PlacesAwaited, PlacesKept.
    """
    _count_for_school(school_id, edition_id)
    slot = _take_on_slot(slot_id, pupils, is_its_turn=is_its_turn, by_round=by_round)
    if not (is_its_turn or by_round):
        _refuse_kept(slot, pupils, lambda: is_priority_school(db.session.get_one(School, school_id)))
    return slot


def _take_on_slot(slot_id: int, pupils: int, *, is_its_turn: bool = False, by_round: bool = False) -> Slot:
    guarded = (
        update(Slot)
        .where(
            Slot.id == slot_id,
            Slot.state == SlotState.OPEN,
            Slot.taken_classes + 1 <= Slot.max_classes,
            Slot.taken_pupils + pupils <= Slot.max_pupils,
            or_(Slot.round_until.is_(None), literal(is_its_turn or by_round)),
        )
        .values(
            taken_classes=Slot.taken_classes + 1,
            taken_pupils=Slot.taken_pupils + pupils,
            # The public calendar says how many places are left: whoever asks what changed must hear of it.
            updated_at=clock.now(),
        )
    )
    changed = rows_changed(guarded)
    slot = fresh_slot(slot_id)
    if changed == 1:
        if not is_its_turn:
            _refuse_overtaking(slot, pupils)
        return slot
    if slot.state is SlotState.CANCELLED:
        raise SlotCancelled()
    if slot.round_until is not None and not (is_its_turn or by_round):
        raise in_round(slot.round_until, slot.timezone, clock.now())
    check_places(Places(slot.max_classes, slot.max_pupils, slot.taken_classes, slot.taken_pupils), pupils)
    raise SlotNotBookable()


def _refuse_kept(slot: Slot, pupils: int, is_priority: Callable[[], bool]) -> None:
    """The places are held already: what others find is asked as if they had not been taken. Refuses: PlacesKept."""
    kept = kept_places([slot]).get(slot.id)
    if kept is None or is_priority():
        return
    before = Places(slot.max_classes, slot.max_pupils, slot.taken_classes - 1, slot.taken_pupils - pupils)
    if not for_others(before, kept).fit(pupils):
        raise PlacesKept(until=format_day(kept.until))


def _refuse_overtaking(slot: Slot, pupils: int, *, classes: int = 1) -> None:
    """The places are held already: whose turn it was is asked as if they had not been taken."""
    if slot.waiting_classes and turn_of(slot, room_of(slot, without_pupils=pupils, without_classes=classes)).offered:
        raise PlacesAwaited()


def _count_for_school(school_id: int, edition_id: int) -> None:
    cap = select(Edition.bookings_per_school).where(Edition.id == edition_id).scalar_subquery()
    guarded = (
        update(SchoolInEdition)
        .where(
            SchoolInEdition.school_id == school_id,
            SchoolInEdition.edition_id == edition_id,
            or_(cap.is_(None), SchoolInEdition.taken_bookings < cap),
        )
        .values(taken_bookings=SchoolInEdition.taken_bookings + 1)
    )
    if rows_changed(guarded) != 1:
        edition = db.session.get(Edition, edition_id)
        raise SchoolCapReached(cap=edition.bookings_per_school if edition else 0)


def move_places(bookings: Sequence[Booking], slot_id: int) -> Slot:
    """Take the places of these taken bookings on another slot of their activity, then give back those they had.

    In this order: whoever finds no room there has lost nothing here. The school's share stays. Both slots are held.
    Refuses: SlotCancelled, SlotNotBookable, GroupTooLarge, SlotFull, TooFewPlaces, PlacesAwaited.
    """
    for booking in bookings:
        _refuse_kept(_take_on_slot(slot_id, booking.pupils), booking.pupils, partial(_is_priority, booking))
    for booking in bookings:
        _give_back_on_slot(booking)
        note_freed(booking.slot_id)
        fresh_slot(booking.slot_id)
    return fresh_slot(slot_id)


def _is_priority(booking: Booking) -> bool:
    """As it was when it booked: a school is no longer never served once it has."""
    return booking.is_priority or is_priority_school(booking.school)


def change_taken_pupils(booking: Booking, pupils: int) -> Slot:
    """Hold so many pupils' places for a taken booking instead of those it has. Refuses: NoRoomForMore, PlacesAwaited."""
    more = pupils - booking.pupils
    guarded = (
        update(Slot)
        .where(Slot.id == booking.slot_id, Slot.taken_pupils + more <= Slot.max_pupils, Slot.taken_pupils + more >= 0)
        .values(taken_pupils=Slot.taken_pupils + more, updated_at=clock.now())
    )
    changed = rows_changed(guarded)
    slot = fresh_slot(booking.slot_id)
    if changed != 1:
        raise NoRoomForMore(most=booking.pupils + slot.max_pupils - slot.taken_pupils)
    if more > 0:
        _refuse_overtaking(slot, more, classes=0)
    else:
        note_freed(slot.id)
    return slot


def give_back_places(booking: Booking) -> None:
    """Return what a taken booking held. A workshop's slot belongs to nobody again once its last class has left."""
    _give_back_on_slot(booking)
    db.session.execute(
        update(SchoolInEdition)
        .where(SchoolInEdition.school_id == booking.school_id, SchoolInEdition.edition_id == booking.edition_id)
        .values(taken_bookings=SchoolInEdition.taken_bookings - 1)
    )
    note_freed(booking.slot_id)
    fresh_slot(booking.slot_id)


def _give_back_on_slot(booking: Booking) -> None:
    db.session.execute(
        update(Slot)
        .where(Slot.id == booking.slot_id)
        .values(
            taken_classes=Slot.taken_classes - 1,
            taken_pupils=Slot.taken_pupils - booking.pupils,
            updated_at=clock.now(),
        )
    )
    db.session.execute(update(Slot).where(Slot.id == booking.slot_id, Slot.taken_classes == 0).values(school_id=None))


def enter_line(slot_id: int) -> None:
    """Count one more class in line for a slot that is held."""
    db.session.execute(update(Slot).where(Slot.id == slot_id).values(waiting_classes=Slot.waiting_classes + 1))
    fresh_slot(slot_id)


def quit_line(slot_id: int) -> None:
    """Count one class less in line for a slot that is held."""
    db.session.execute(update(Slot).where(Slot.id == slot_id).values(waiting_classes=Slot.waiting_classes - 1))
    fresh_slot(slot_id)


_FREED = "booking.freed_slots"


def note_freed(slot_id: int) -> None:
    """Remember, beside the transaction, that this slot has more room: its line is served once that is committed.

    Only to be quick: the worker finds by itself every slot whose line can be served.
    """
    db.session().info.setdefault(_FREED, set()).add(slot_id)


def take_freed() -> list[int]:
    """The slots noted since the last time, once each. After a transaction that was rolled back they do no harm."""
    return sorted(db.session().info.pop(_FREED, set()))
