"""Pure decisions about a calendar object's revisions (specs/invitations §2.1)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# SEQUENCE rises when one of these changes against what was last sent, and for nothing else but a cancellation.
SIGNIFICANT = ("starts_at", "ends_at", "timezone", "place")


def significant_digest(facts: Mapping[str, Any]) -> str:
    """A digest of what moves the event in a calendar: start, end, zone, place."""
    text = json.dumps([str(facts[name]) for name in SIGNIFICANT], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def next_sequence(sent: int | None, sent_digest: str | None, digest: str, *, cancels: bool = False) -> int:
    """The SEQUENCE of the next message. sent: that of the last one that left or may have; None when none did."""
    if sent is None:
        return 0
    return sent + 1 if cancels or digest != sent_digest else sent


def next_dtstamp(now: datetime, last: datetime | None, modified: datetime) -> datetime:
    """The moment of a revision, in whole seconds: strictly after the last one, never before the change it tells."""
    moments = [now, modified] + ([last + timedelta(seconds=1)] if last else [])
    return max(moment.astimezone(UTC).replace(microsecond=0) for moment in moments)


def object_id(domain: str, booking_id: int, booked_at: datetime, side: str, person_id: int, earlier: int) -> uuid.UUID:
    """The id of an addressee's calendar object, the same before it is stored as after.

    A download or a feed then carries the UID that the invitation will have. earlier: how many objects of this addressee
    were cancelled before. booked_at keeps a database that is filled anew from repeating its UIDs.
    """
    namespace = uuid.uuid5(uuid.NAMESPACE_DNS, domain)
    return uuid.uuid5(namespace, f"{booking_id}/{booked_at.astimezone(UTC).isoformat()}/{side}/{person_id}/{earlier}")


def uid_of(object_uuid: uuid.UUID, side: str, domain: str) -> str:
    return f"reservation-{object_uuid}.{side}@{domain}"
