"""Calendar objects: made with a booking, locked while a message is composed, moved on when it has left."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.calendars.ics import Method
from booking.calendars.models import CalendarObject, CalendarState, Side
from booking.calendars.rules import next_dtstamp, next_sequence, object_id, significant_digest, uid_of
from booking.core import clock
from booking.core.db import db
from booking.mail.identity import organizer_address


@dataclass(frozen=True)
class Revision:
    """One message's place in the life of its calendar object. facts: what it says; of a CANCEL, what was last said."""

    object: CalendarObject
    sequence: int
    dtstamp: datetime
    facts: dict[str, Any]
    is_first: bool


def draft_object(booking: Booking, side: Side, person: Person) -> CalendarObject:
    """The object this addressee would get now, not stored: its UID is already the one it will have."""
    earlier = db.session.scalar(
        select(func.count())
        .select_from(CalendarObject)
        .where(*_of(booking, side, person), CalendarObject.state == CalendarState.CANCELLED)
    )
    return _new_object(booking, side, person, earlier or 0)


def _new_object(booking: Booking, side: Side, person: Person, earlier: int) -> CalendarObject:
    domain = current_app.config["CALENDAR_DOMAIN"]
    object_uuid = object_id(domain, booking.id, booking.created_at, side, person.id, earlier)
    return CalendarObject(
        id=object_uuid,
        booking_id=booking.id,
        side=side,
        person_id=person.id,
        uid=uid_of(object_uuid, side, domain),
        organizer_address=organizer_address(),
        attendee_address=person.email,
        state=CalendarState.NEW,
        created_at=booking.created_at,
        modified_at=max(booking.updated_at, booking.slot.activity.updated_at),
    )


def object_for(booking: Booking, side: Side, person: Person) -> CalendarObject:
    """The addressee's calendar object, made now if there is none, and marked as changed now."""
    now = clock.now()
    found = db.session.scalar(
        select(CalendarObject).where(*_of(booking, side, person), CalendarObject.state != CalendarState.CANCELLED)
    )
    if found is None:
        found = draft_object(booking, side, person)
        db.session.add(found)
    found.modified_at = now
    db.session.flush()
    return found


def live_objects(booking: Booking, side: Side) -> list[CalendarObject]:
    """The objects of one side that are not cancelled: who was, or is about to be, invited."""
    query = (
        select(CalendarObject)
        .where(
            CalendarObject.booking_id == booking.id,
            CalendarObject.side == side,
            CalendarObject.state != CalendarState.CANCELLED,
        )
        .order_by(CalendarObject.person_id)
    )
    return list(db.session.scalars(query))


def close(calendar: CalendarObject) -> None:
    """The end of an object, when its CANCEL is queued: its UID is never used again."""
    calendar.state, calendar.modified_at = CalendarState.CANCELLED, clock.now()
    db.session.flush()


def last_object(booking: Booking, side: Side, person: Person) -> CalendarObject | None:
    """The addressee's latest object, cancelled or not."""
    is_cancelled = CalendarObject.state == CalendarState.CANCELLED
    query = (
        select(CalendarObject)
        .where(*_of(booking, side, person))
        .order_by(is_cancelled, CalendarObject.modified_at.desc())
    )
    return db.session.scalars(query).first()


def shown_objects(bookings: Sequence[Booking], side: Side, person: Person) -> dict[int, CalendarObject]:
    """For each booking, by its id, what `last_object`, else `draft_object`, gives of it: all in one read."""
    query = (
        select(CalendarObject)
        .where(
            CalendarObject.booking_id.in_([booking.id for booking in bookings]),
            CalendarObject.side == side,
            CalendarObject.person_id == person.id,
        )
        .order_by(CalendarObject.state != CalendarState.CANCELLED, CalendarObject.modified_at)
    )
    # The last one written of each booking stands: one that is not cancelled, else the latest.
    known = {calendar.booking_id: calendar for calendar in db.session.scalars(query)}
    return {booking.id: known.get(booking.id) or _new_object(booking, side, person, earlier=0) for booking in bookings}


def begin_revision(object_uuid: uuid.UUID, method: Method, facts: dict[str, Any]) -> Revision | None:
    """Lock the object and take the next SEQUENCE and DTSTAMP for a message that is being composed.

    None for a CANCEL when no invitation ever left: there is nothing in that calendar to take away.
    """
    # A write first: it holds the row on PostgreSQL and the file on SQLite, before anything is read.
    db.session.execute(
        update(CalendarObject)
        .where(CalendarObject.id == object_uuid)
        .values(sequence=CalendarObject.sequence)
        .execution_options(synchronize_session=False)
    )
    calendar = db.session.get_one(CalendarObject, object_uuid, populate_existing=True)
    cancels = method is Method.CANCEL
    if cancels:
        if calendar.sequence is None or calendar.sent_facts is None:
            return None
        facts = calendar.sent_facts
    calendar.last_dtstamp = next_dtstamp(clock.now(), calendar.last_dtstamp, calendar.modified_at)
    return Revision(
        object=calendar,
        sequence=next_sequence(calendar.sequence, calendar.digest, significant_digest(facts), cancels=cancels),
        dtstamp=calendar.last_dtstamp,
        facts=facts,
        is_first=calendar.sequence is None,
    )


def note_left(object_uuid: uuid.UUID, method: Method, sequence: int, message_id: str, facts: Mapping[str, Any]) -> None:
    """A message of the object was sent, or may have been: from now on it counts."""
    calendar = db.session.get_one(CalendarObject, object_uuid, populate_existing=True)
    calendar.sequence = max(sequence, calendar.sequence or 0)
    calendar.first_message_id = calendar.first_message_id or message_id
    calendar.last_message_id = message_id
    if method is Method.CANCEL:
        calendar.sent_facts = {**(calendar.sent_facts or {}), "cancelled": True}
        return
    calendar.sent_facts, calendar.digest = dict(facts), significant_digest(facts)
    if calendar.state is CalendarState.NEW:
        calendar.state = CalendarState.LIVE


def _of(booking: Booking, side: Side, person: Person) -> tuple[Any, ...]:
    return (
        CalendarObject.booking_id == booking.id,
        CalendarObject.side == side,
        CalendarObject.person_id == person.id,
    )
