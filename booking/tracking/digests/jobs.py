"""What the worker does for officers: the letter of Monday, and alerts."""

from __future__ import annotations

from booking.core.db import transaction
from booking.core.jobs import job, stop_asked
from booking.tracking.digests import services


@job(every=900)
def send_officers_digests() -> int:
    """Write to each officer once a week, one transaction each. Returns how many letters were queued."""
    queued = 0
    for person_id in services.due_digests():
        if stop_asked():
            break
        with transaction():
            queued += services.send_digest(person_id)
    return queued


@job(every=900)
def send_officers_alerts() -> int:
    """Tell officers what does not wait for Monday, each thing once. Returns how many messages were queued."""
    queued = 0
    for person_id in services.due_alerts():
        if stop_asked():
            break
        if services.has_news(person_id):
            with transaction():
                queued += services.send_alert(person_id)
    return queued
