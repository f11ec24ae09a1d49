"""Mails about a booking: `tell` queues them with the change itself, the composer writes them when they leave."""

from __future__ import annotations

from booking.bookings.mails import letters  # noqa: F401  (it declares the composer)
from booking.bookings.mails.sentences import booking_page_url
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.mails.telling import tell

__all__ = ["booking_page_url", "facts_of", "tell"]
