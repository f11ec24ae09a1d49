"""What the worker does for the weekly letter of needs."""

from __future__ import annotations

from booking.core.db import transaction
from booking.core.jobs import job, stop_asked
from booking.matching.digests import services


@job(every=900)
def send_needs_digests() -> int:
    """Write to each person of a firm once a week, one transaction each. Returns how many letters were queued."""
    queued = 0
    for person_id in services.due_digests():
        if stop_asked():
            break
        with transaction():
            queued += services.send_digest(person_id)
    return queued
