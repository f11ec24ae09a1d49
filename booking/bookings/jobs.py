"""What the worker does for bookings: end what nobody answered in time."""

from __future__ import annotations

from booking.bookings import services
from booking.core.db import transaction
from booking.core.jobs import job


@job(every=60)
def expire_bookings() -> int:
    """Expire every booking whose deadline has passed, one transaction each. Returns how many."""
    expired = 0
    for booking_id in services.due_bookings():
        with transaction():
            expired += services.expire_due(booking_id) is not None
    return expired


@job(every=60)
def settle_moves() -> int:
    """Draw the line under each moved booking whose class has not answered in time. Returns how many."""
    settled = 0
    for booking_id in services.due_reconfirmations():
        with transaction():
            settled += services.settle_move(booking_id) is not None
    return settled
