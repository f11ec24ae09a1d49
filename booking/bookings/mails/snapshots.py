"""What a message will say, written down with the change that causes it: plain JSON, each text fit for its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Answer
from booking.calendars.ics import Method
from booking.calendars.models import CalendarObject, Side
from booking.mail.rules import many_lines, one_line

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


def snapshot(
    booking: Booking,
    side: Side,
    change: Change,
    *,
    calendar: CalendarObject | None = None,
    method: Method | None = None,
) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "side": side,
        "event": change.event,
        "actor": change.actor,
        "reason": change.reason,
        "note": change.note,
        "before": change.before,
        "state": booking.state,
        "facts": facts_of(booking),
        "clocks": _clocks_of(booking),
        "object": str(calendar.id) if calendar else None,
        "method": method,
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
        "teacher": booking.teacher.name,
        "company": activity.company.name,
        "contact": activity.contact.name,
        "contact_phone": activity.contact.phone,
    }
    texts = {name: getattr(activity, name) for name in ("access", "parking", "equipment", "clothing", "to_bring")}
    return {
        **{name: one_line(text) for name, text in words.items()},
        **{name: many_lines(text) for name, text in texts.items()},
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


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}
