"""Who is told of a transition: one message per person, queued in the transaction that makes it (specs/invitations §1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from booking.accounts.models import Person
from booking.bookings.mails.snapshots import REPLACED, Change, plain, snapshot
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Audience, Calendar, Event, Transition
from booking.calendars import services
from booking.calendars.ics import Method
from booking.calendars.models import CalendarObject, Side
from booking.core import clock
from booking.core.db import db
from booking.mail import outbox
from booking.mail.rules import many_lines

SIDES = {Audience.TEACHER: Side.CLASS, Audience.COMPANY: Side.COMPANY}
# Read within the hour or not at all: before everything else that waits.
URGENT = {"coach-late": 1}
_ENDING = frozenset({Event.CANCEL, Event.SLOT_CANCELLED, Event.HEAD_REFUSE})


def tell(
    booking: Booking,
    transition: Transition,
    *,
    event: Event,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    reason: str | None = None,
    note: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Queue the messages of a transition, in the transaction that makes it; call it after the flush.

    before: the old facts of what changed (local_start, local_end, timezone, place, title, pupils, adults).
    reason: a CancelReason. note: what the person who acted wrote. details: what else the history says of it. Nothing is said of an event that is over, except
    that it was cancelled after the fact.
    """
    change = Change(event, actor, plain(before or {}), reason, many_lines(note or "")[:500], dict(details or {}))
    audiences = {mail.to: mail.kind for mail in transition.mails if mail.is_for(booking.origin)}
    if booking.slot.ends_at <= clock.now():
        if event in _ENDING:
            for audience in audiences:
                for person in people_of(booking, audience):
                    _queue_plain(booking, "organizer-notice", SIDES[audience], person, change)
        return
    for audience, kind in audiences.items():
        people = people_of(booking, audience)
        if transition.calendar is Calendar.REQUEST:
            _invite(booking, SIDES[audience], people, change)
        elif transition.calendar is Calendar.CANCEL:
            _uninvite(booking, SIDES[audience], people, change)
        else:
            for person in people:
                _queue_plain(booking, kind, SIDES[audience], person, change)


def people_of(booking: Booking, audience: Audience) -> list[Person]:
    """One person or two: a booking made for a colleague is told to both."""
    if audience is Audience.COMPANY:
        return [booking.slot.activity.contact]
    people = {person.id: person for person in (booking.teacher, booking.booked_by)}
    return list(people.values())


def _invite(booking: Booking, side: Side, people: Iterable[Person], change: Change) -> None:
    invited = {person.id: person for person in people}
    known: set[int] = set()
    for calendar in services.live_objects(booking, side):
        person = invited.get(calendar.person_id)
        # Another contact, or the same one at another address: a new object there, the old one is taken back.
        if person is None or person.email.lower() != calendar.attendee_address.lower():
            replaced = Change(REPLACED, change.actor)
            _queue_calendar(booking, "booking-cancelled", calendar, Method.CANCEL, replaced)
            services.close(calendar)
        else:
            known.add(calendar.person_id)
    for person in invited.values():
        calendar = services.object_for(booking, side, person)
        # Whoever had no invitation gets a first one; whoever had one hears what changed.
        told = "booking-updated" if person.id in known else "booking-confirmed"
        _queue_calendar(booking, told, calendar, Method.REQUEST, change)


def _uninvite(booking: Booking, side: Side, people: Iterable[Person], change: Change) -> None:
    calendars = services.live_objects(booking, side)
    for calendar in calendars:
        _queue_calendar(booking, "booking-cancelled", calendar, Method.CANCEL, change)
        services.close(calendar)
    for person in people:
        if person.id not in {calendar.person_id for calendar in calendars}:
            # Never a CANCEL to somebody who got no REQUEST: the news alone.
            _queue_plain(booking, "organizer-notice", side, person, change)


def _queue_calendar(booking: Booking, kind: str, calendar: CalendarObject, method: Method, change: Change) -> None:
    person = db.session.get_one(Person, calendar.person_id)
    slot = booking.slot
    outbox.queue(
        kind,
        calendar.attendee_address,
        name=person.name,
        language=person.language,
        payload=snapshot(booking, calendar.side, change, calendar=calendar, method=method),
        dedupe_key=f"{kind}/{calendar.id}/{booking.revision}",
        object_key=str(calendar.id),
        supersedes=True,
        booking_id=booking.id,
        person_id=person.id,
        expires_at=slot.starts_at if method is Method.REQUEST else slot.ends_at,
    )


def _queue_plain(booking: Booking, kind: str, side: Side, person: Person, change: Change) -> None:
    thread = f"booking/{booking.id}/{side}/{person.id}"
    is_after = booking.slot.ends_at <= clock.now()
    outbox.queue(
        kind,
        person.email,
        name=person.name,
        language=person.language,
        payload=snapshot(booking, side, change),
        dedupe_key=f"{kind}/{thread}/{booking.revision}",
        object_key=thread,
        booking_id=booking.id,
        person_id=person.id,
        priority=URGENT.get(kind, 5),
        expires_at=None if is_after else _pointless_after(booking, kind),
    )


def _pointless_after(booking: Booking, kind: str) -> datetime:
    asks = kind in ("booking-requested", "hold-placed", "waitlist-offered", "place-offered")
    return booking.deadline_at if asks and booking.deadline_at else booking.slot.ends_at
