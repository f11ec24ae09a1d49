"""A booking as downloads and feeds publish it: the event of one addressee's invitation, read and never written."""

from __future__ import annotations

from booking.bookings.mails import facts_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.calendars import ics
from booking.calendars.invitations import event_facts
from booking.calendars.models import CalendarObject
from booking.calendars.rules import next_sequence, significant_digest

_STATUS = {
    State.HELD: ics.Status.TENTATIVE,
    State.REQUESTED: ics.Status.TENTATIVE,
    State.OFFERED: ics.Status.TENTATIVE,
    State.WAITING: ics.Status.TENTATIVE,
    State.DECLINED: ics.Status.CANCELLED,
    State.EXPIRED: ics.Status.CANCELLED,
    State.CANCELLED: ics.Status.CANCELLED,
}


def status_of(booking: Booking) -> ics.Status:
    return _STATUS.get(booking.state, ics.Status.CONFIRMED)


def published_facts(booking: Booking, calendar: CalendarObject, page_url: str) -> ics.EventFacts:
    """The event with the UID, SEQUENCE and times of the addressee's invitation, as it stands now."""
    is_over = status_of(booking) is ics.Status.CANCELLED
    facts, sent = facts_of(booking), calendar.sent_facts or {}
    if sent.get("cancelled"):
        sequence = calendar.sequence or 0
    else:
        sequence = next_sequence(calendar.sequence, calendar.digest, significant_digest(facts), cancels=is_over)
    return event_facts(
        facts,
        calendar,
        sequence=sequence,
        # Not from the clock: two readings of an unchanged booking are the same bytes.
        dtstamp=max(calendar.modified_at, calendar.last_dtstamp or calendar.modified_at),
        page_url=page_url,
        cancelled=is_over,
    )
