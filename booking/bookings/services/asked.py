"""A change that a teacher asks of the host once the limit has passed: asked, accepted, refused, withdrawn, unanswered.

Silence is no, and says so. A request dies with what it spoke of: the booking that ended, the date that moved.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.changes import (
    ANSWER_DAYS,
    AskedAlready,
    ChangeGone,
    ChangeKind,
    ChangeState,
    Counts,
    VisitBegun,
)
from booking.bookings.rules.deadlines import due_at
from booking.bookings.rules.states import Actor, Event
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.places import lock_booking
from booking.bookings.services.transitions import step
from booking.catalogue.models import Slot, SlotState
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.territory.queries import holiday_calendar


def ask(
    booking: Booking,
    person: Person,
    kind: ChangeKind,
    *,
    counts: Counts | None = None,
    slot: Slot | None = None,
    reason: str | None = None,
    note: str = "",
) -> BookingChange:
    """Ask the host for a change of a locked booking; it is told at once. Refuses: NotPossibleNow, AskedAlready."""
    if pending_change(booking.id) is not None:
        raise AskedAlready()
    now = clock.now()
    wanted = _wanted(counts, slot)
    change = BookingChange(
        booking_id=booking.id,
        kind=kind,
        state=ChangeState.PENDING,
        slot_id=slot.id if slot else None,
        wanted=wanted,
        seen=_seen(booking, kind),
        reason=reason,
        note=note,
        asked_by_id=person.id,
        asked_at=now,
        due_at=change_due(booking.slot, now),
    )
    db.session.add(change)
    db.session.flush()
    step(
        booking, Event.ASK_CHANGE, Actor.TEACHER, person, reason=reason, note=note, before=_told(change),
        details={"kind": kind, "was": _differing(change.seen, wanted), "now": _differing(wanted, change.seen)},
    )  # fmt: skip
    return change


def is_asked(booking: Booking, kind: ChangeKind, *, counts: Counts | None = None, slot: Slot | None = None) -> bool:
    """Whether this very change already waits for the host: the button was pressed twice."""
    change = pending_change(booking.id)
    return change is not None and (change.kind, change.wanted) == (kind, _wanted(counts, slot))


def ask_to_cancel(booking_id: int, person: Person, *, reason: str | None, note: str = "") -> BookingChange:
    """Tell the host at once that the class cannot come, once the limit has passed; the host then cancels, or not.

    Said twice, it is said once. Refuses: ReasonMissing, NotPossibleNow, AskedAlready, VisitBegun: nobody could answer
    in time, and what happened is recorded instead.
    """
    if not reason:
        raise ReasonMissing()
    booking = lock_booking(booking_id)
    change = pending_change(booking.id)
    if change is not None and change.kind is ChangeKind.CANCEL:
        return change
    if booking.slot.starts_at <= clock.now():
        raise VisitBegun()
    return ask(booking, person, ChangeKind.CANCEL, reason=reason, note=note)


def pending_change(booking_id: int) -> BookingChange | None:
    """The change of this booking that waits for the host, if any."""
    query = select(BookingChange).where(
        BookingChange.booking_id == booking_id, BookingChange.state == ChangeState.PENDING
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def latest_change(booking_id: int) -> BookingChange | None:
    """The last change of this booking that was asked of the host, whatever became of it."""
    query = select(BookingChange).where(BookingChange.booking_id == booking_id)
    return db.session.scalar(query.order_by(BookingChange.id.desc()).limit(1))


def refuse_change(change: BookingChange, person: Person, *, note: str = "") -> Booking:
    """The host's no to a change whose booking is held."""
    settle(change, ChangeState.REFUSED, person, note)
    return step(
        change.booking, Event.REFUSE_CHANGE, Actor.HOST, person, note=note, before=_told(change),
        details={"kind": change.kind},
    )  # fmt: skip


def withdraw_change(change_id: int, person: Person) -> BookingChange:
    """The teacher takes the request back; twice is once. Refuses: ChangeGone."""
    change = locked_change(change_id)
    if change.state is ChangeState.WITHDRAWN:
        return change
    settle(change, ChangeState.WITHDRAWN, person)
    step(
        change.booking, Event.WITHDRAW_CHANGE, Actor.TEACHER, person, before=_told(change),
        details={"kind": change.kind},
    )  # fmt: skip
    return change


def due_changes(limit: int = 500) -> list[int]:
    """Ids of the changes that nobody answered in time, and of those whose wanted date has moved or gone."""
    pending = select(BookingChange).where(BookingChange.state == ChangeState.PENDING)
    due = pending.where(BookingChange.due_at <= clock.now()).order_by(BookingChange.due_at, BookingChange.id)
    moves = pending.where(BookingChange.kind == ChangeKind.MOVE).order_by(BookingChange.id)
    gone = [change for change in db.session.scalars(moves) if not is_still_there(change)]
    return list(dict.fromkeys(change.id for change in [*db.session.scalars(due.limit(limit)), *gone]))


def lapse_change(change_id: int) -> BookingChange | None:
    """What silence means for a change: no. So it is when the wanted date is gone. Safe to run twice at once."""
    change = locked_change(change_id)
    is_gone = not is_still_there(change)
    if not change.is_pending or (change.due_at > clock.now() and not is_gone):
        return None
    settle(change, ChangeState.STALE if is_gone else ChangeState.LAPSED)
    step(
        change.booking, Event.LAPSE_CHANGE, Actor.SERVICE, before=_told(change),
        details={"kind": change.kind, "gone": is_gone},
    )  # fmt: skip
    return change


def is_still_there(change: BookingChange) -> bool:
    """Whether the date that was asked for is still what it was; a change of numbers asks for no date."""
    slot = change.slot
    return slot is None or (slot.state is not SlotState.CANCELLED and times_of(slot) == change.wanted)


def locked_change(change_id: int) -> BookingChange:
    """The change with its booking, and all that booking touches, held and read afresh."""
    booking_id = db.session.get_one(BookingChange, change_id).booking_id
    lock_booking(booking_id)
    return db.session.get_one(BookingChange, change_id, populate_existing=True)


def settle(change: BookingChange, state: ChangeState, person: Person | None = None, note: str = "") -> None:
    """Give a pending change its end: of two who do so at once the second is refused. Refuses: ChangeGone."""
    ended = (
        update(BookingChange)
        .where(BookingChange.id == change.id, BookingChange.state == ChangeState.PENDING)
        .values(state=state, answered_by_id=person.id if person else None, answered_at=clock.now(), answer_note=note)
    )
    if rows_changed(ended) != 1:
        raise ChangeGone()
    db.session.refresh(change)


def change_due(slot: Slot, now: datetime) -> datetime:
    """Until when the host answers: some days that people work, never past the beginning of the visit."""
    calendar = holiday_calendar(slot.departement_code)
    return due_at(now, ANSWER_DAYS, slot.timezone, calendar.is_day_off_for_work, never_after=slot.starts_at)


def wanted_counts(change: BookingChange) -> Counts:
    return Counts(**change.wanted)


def times_of(slot: Slot) -> dict[str, str]:
    """When a slot is, as a history and a request keep it."""
    return {
        "local_start": slot.local_start.isoformat(),
        "local_end": slot.local_end.isoformat(),
        "timezone": slot.timezone,
    }


def _wanted(counts: Counts | None, slot: Slot | None) -> dict[str, Any]:
    if counts is not None:
        return asdict(counts)
    return times_of(slot) if slot is not None else {}


def _seen(booking: Booking, kind: ChangeKind) -> dict[str, Any]:
    if kind is ChangeKind.COUNT:
        return asdict(Counts(booking.pupils, booking.adults, booking.assistants, booking.girls))
    return times_of(booking.slot) if kind is ChangeKind.MOVE else {}


def _differing(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Of a new date its whole span; of numbers, those that change."""
    if "timezone" in values:
        return values
    return {name: value for name, value in values.items() if value != others.get(name)}


def _told(change: BookingChange) -> dict[str, Any]:
    """What the mails say of a change beside the facts of its booking, which has not changed."""
    visible = {name: value for name, value in change.wanted.items() if name not in ("girls", "assistants")}
    return {
        "change": {
            "kind": change.kind,
            "wanted": visible,
            "due": change.due_at.isoformat(),
            "is_gone": change.state is ChangeState.STALE,
        }
    }
