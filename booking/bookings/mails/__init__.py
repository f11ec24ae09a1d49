"""Mails about a booking: `tell` queues them with the change itself, the composer writes them when they leave."""

from __future__ import annotations

from booking.bookings.mails import letters  # noqa: F401  (it declares the composer)
from booking.bookings.mails.authorisations import ask_for_authorisation
from booking.bookings.mails.nudges import tell_nudges, tell_pause, tell_silence
from booking.bookings.mails.reminders import tell_reminder
from booking.bookings.mails.sentences import booking_page_url
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.mails.telling import people_of, tell

__all__ = [
    "ask_for_authorisation",
    "booking_page_url",
    "facts_of",
    "people_of",
    "tell",
    "tell_nudges",
    "tell_pause",
    "tell_reminder",
    "tell_silence",
]
