"""What the worker does for changes: say no where a host stayed silent, ask about minimums on the day of decision."""

from __future__ import annotations

from booking.bookings import services
from booking.core.db import transaction
from booking.core.jobs import job


@job(every=60)
def lapse_changes() -> int:
    """Say no to each change that was asked for and that its host did not answer in time. Returns how many."""
    lapsed = 0
    for change_id in services.due_changes():
        with transaction():
            lapsed += services.lapse_change(change_id) is not None
    return lapsed


@job(every=300)
def ask_minimums() -> int:
    """Ask the hosts of slots below their minimum, on the day of decision. Returns how many."""
    asked = 0
    for slot_id in services.due_minimums():
        with transaction():
            asked += services.ask_minimum(slot_id)
    return asked
