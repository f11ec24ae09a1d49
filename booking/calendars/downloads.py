"""The `.ics` of one booking, for those who may see it (specs/invitations §6). The view checks who may."""

from __future__ import annotations

from flask import Response

from booking.accounts.models import Person
from booking.bookings.mails import booking_page_url, facts_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.calendars import ics
from booking.calendars.invitations import event_facts
from booking.calendars.models import Side
from booking.calendars.rules import next_sequence, significant_digest
from booking.calendars.services import draft_object, last_object
from booking.core.i18n import current_language

_STATUS = {
    State.HELD: ics.Status.TENTATIVE,
    State.REQUESTED: ics.Status.TENTATIVE,
    State.OFFERED: ics.Status.TENTATIVE,
    State.WAITING: ics.Status.TENTATIVE,
    State.DECLINED: ics.Status.CANCELLED,
    State.EXPIRED: ics.Status.CANCELLED,
    State.CANCELLED: ics.Status.CANCELLED,
}


def download_response(booking: Booking, side: Side, person: Person) -> Response:
    """One event, METHOD:PUBLISH, with the UID, SEQUENCE and times of this person's invitation; nothing is written."""
    calendar = last_object(booking, side, person) or draft_object(booking, side, person)
    status = _STATUS.get(booking.state, ics.Status.CONFIRMED)
    is_over = status is ics.Status.CANCELLED
    facts, sent = facts_of(booking), calendar.sent_facts or {}
    if sent.get("cancelled"):
        sequence = calendar.sequence or 0
    else:
        sequence = next_sequence(calendar.sequence, calendar.digest, significant_digest(facts), cancels=is_over)
    event = event_facts(
        facts,
        calendar,
        sequence=sequence,
        # Not from the clock: two downloads of an unchanged booking are the same bytes.
        dtstamp=max(calendar.modified_at, calendar.last_dtstamp or calendar.modified_at),
        page_url=booking_page_url(booking.id, side, facts["company_id"], current_language()),
        cancelled=is_over,
    )
    answer = Response(ics.publish(event, status), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="etabli-{booking.id}.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
