"""The `.ics` of one booking, for those who may see it (specs/invitations §6). The view checks who may."""

from __future__ import annotations

from flask import Response

from booking.accounts.models import Person
from booking.bookings.mails import booking_page_url
from booking.bookings.models import Booking
from booking.calendars import ics
from booking.calendars.models import Side
from booking.calendars.published import published_facts, status_of
from booking.calendars.services import draft_object, last_object
from booking.core.i18n import current_language


def download_response(booking: Booking, side: Side, person: Person) -> Response:
    """One event, METHOD:PUBLISH, with the UID, SEQUENCE and times of this person's invitation; nothing is written."""
    calendar = last_object(booking, side, person) or draft_object(booking, side, person)
    page_url = booking_page_url(booking.id, side, booking.slot.activity.company_id, current_language())
    body = ics.publish(published_facts(booking, calendar, page_url), status_of(booking))
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="etabli-{booking.id}.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
