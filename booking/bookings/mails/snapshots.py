"""What a message will say, written down with the change that causes it: plain JSON, each text fit for its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from booking.bookings.line import place_of
from booking.bookings.models import Booking
from booking.bookings.queries import alternatives
from booking.bookings.rules.states import ENDED, Actor, Answer, State
from booking.calendars.ics import Method
from booking.calendars.invitations import ACCESS_FACTS
from booking.calendars.models import CalendarObject, Side
from booking.catalogue.models import Slot
from booking.catalogue.rules.wording import ref_of
from booking.core import clock
from booking.mail.rules import many_lines, one_line
from booking.schools.models import Audience

# What each side may know of the other (specs/invitations §3.4), and is told of again when it changes.
_BOTH_SEE = ("title", "local_start", "local_end", "timezone", "place", "class_name", "pupils", "adults")
VISIBLE = {
    Side.CLASS: (
        *_BOTH_SEE,
        "company",
        "contact",
        "contact_phone",
        "access",
        "parking",
        "equipment",
        "clothing",
        "to_bring",
        "minimum_age",
        "photo_rule",
        *ACCESS_FACTS,
    ),
    Side.COMPANY: (*_BOTH_SEE, "school", "teacher", "special_needs"),
}

# Somebody else follows the booking from now on: their calendar gets it, this one loses it.
REPLACED = "replaced"


@dataclass(frozen=True)
class Change:
    """What happened, as the message will tell it. event: one of the table's, or REPLACED."""

    event: str
    actor: Actor
    before: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def snapshot(
    booking: Booking,
    side: Side,
    change: Change,
    *,
    calendar: CalendarObject | None = None,
    method: Method | None = None,
) -> dict[str, Any]:
    facts = facts_of(booking)
    if side is Side.COMPANY:
        facts["message"] = many_lines(booking.message)
    return {
        "booking_id": booking.id,
        "side": side,
        "event": change.event,
        "actor": change.actor,
        "reason": change.reason,
        "note": change.note,
        "details": change.details,
        "before": change.before,
        "state": booking.state,
        "origin": booking.origin,
        "facts": facts,
        "clocks": _clocks_of(booking),
        "line": _line_of(booking),
        "host_is_last": booking.host_answer is Answer.PENDING and booking.host_answer_due_at is None,
        "other_visits": _other_visits(booking) if side is Side.CLASS and change.event != REPLACED else [],
        # Which date of which slot this message speaks of: a link of it says nothing about another one.
        "date": {"slot_id": booking.slot_id, "sequence": booking.slot.sequence},
        "object": str(calendar.id) if calendar else None,
        "method": method,
    }


def _other_visits(booking: Booking) -> list[dict[str, str]]:
    """Where the class could go instead, once its booking is over, as its page shows it; nothing after the day."""
    if booking.state not in ENDED or booking.slot.starts_at <= clock.now():
        return []
    return [_other_visit(slot) for slot in alternatives(booking.slot, booking.school_class)]


def _other_visit(slot: Slot) -> dict[str, str]:
    activity = slot.activity
    where = "" if activity.comes_to_class else activity.site.commune_name
    return {
        "path": f"/programme/{ref_of(activity)}?slot={slot.id}",
        "title": one_line(activity.title),
        "company": one_line(", ".join(part for part in (activity.company.name, where) if part)),
        "local_start": slot.local_start.isoformat(),
        "local_end": slot.local_end.isoformat(),
        "timezone": slot.timezone,
    }


def facts_of(booking: Booking) -> dict[str, Any]:
    """Everything a message or a calendar may say of a booking now, as plain JSON, each text fit for its place."""
    slot, school = booking.slot, booking.school
    activity = slot.activity
    words = {
        "title": activity.title,
        "place": booking.place,
        "class_name": booking.class_name,
        "school": ", ".join(part for part in (school.name, school.commune_name) if part),
        "teacher": booking.teacher.known_as,
        "company": activity.company.name,
        "contact": activity.contact.name,
        "contact_phone": activity.contact.phone,
    }
    texts = ("equipment", "clothing", "to_bring", "photo_rule", "access_note")
    plain_facts = (name for name in (*ACCESS_FACTS, "minimum_age", "comes_to_class") if name not in texts)
    return {
        **{name: one_line(text) for name, text in words.items()},
        **{name: many_lines(getattr(activity, name)) for name in texts},
        "access": many_lines(activity.way_in),
        "parking": many_lines(activity.where_to_park),
        **{name: getattr(activity, name) for name in plain_facts},
        "local_start": slot.local_start.isoformat(),
        "local_end": slot.local_end.isoformat(),
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "timezone": slot.timezone,
        "latitude": booking.place_latitude,
        "longitude": booking.place_longitude,
        "pupils": booking.pupils,
        "adults": booking.adults,
        "special_needs": booking.has_special_needs,
        "company_id": activity.company_id,
        "is_staff": booking.school_class.audience is Audience.STAFF,
        "level_code": booking.level_code,
        "departement_code": slot.departement_code,
    }


def _clocks_of(booking: Booking) -> dict[str, str]:
    dues = {
        "deadline": booking.deadline_at,
        "host": booking.host_answer_due_at if booking.host_answer is Answer.PENDING else None,
        "head": booking.head_answer_due_at if booking.head_answer is Answer.PENDING else None,
        "reconfirm": booking.reconfirm_by,
        "cancel": booking.cancellable_until,
    }
    return {name: moment.isoformat() for name, moment in dues.items() if moment}


def _line_of(booking: Booking) -> dict[str, Any]:
    """Where a waiting class stands, and until when the list is open."""
    if booking.state is not State.WAITING:
        return {}
    place = place_of(booking)
    return {"rank": place.rank, "ahead": place.ahead_pupils, "closes": booking.slot.closes_at.isoformat()}


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}
