"""A calendar as the standards want it, and nothing kinder: what it holds depends on UID, SEQUENCE and DTSTAMP alone.

It belongs to one address. A message is applied only when its revision is newer than the one known (RFC 5546 §2.1.5:
SEQUENCE first, then DTSTAMP); a cancelled UID is remembered, so that an older REQUEST that arrives late does not bring
the event back. Anything malformed fails at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from icalendar import Calendar


@dataclass(frozen=True)
class Entry:
    """What the owner of the calendar sees of one event."""

    start: datetime
    end: datetime
    tzid: str
    summary: str
    location: str
    description: str


@dataclass
class StrictClient:
    """address: whose calendar. revisions: the newest revision known of each UID, cancelled ones too."""

    address: str
    revisions: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def receive(self, method: str, body: bytes) -> None:
        """method: of the mail's part; it must be the calendar's own."""
        calendar = Calendar.from_ical(body)
        (event,) = calendar.walk("VEVENT")
        assert method == calendar["METHOD"]
        assert method in ("REQUEST", "CANCEL")
        attendee = event["ATTENDEE"]
        assert not isinstance(attendee, list)
        assert str(attendee).lower() == f"mailto:{self.address.lower()}"
        assert str(event["ORGANIZER"]).lower() != str(attendee).lower()
        assert (event["STATUS"] == "CANCELLED") is (method == "CANCEL")
        uid, revision = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        if uid in self.revisions and revision <= self.revisions[uid]:
            return
        self.revisions[uid] = revision
        if method == "CANCEL":
            self.entries.pop(uid, None)
        else:
            self.entries[uid] = entry_of(event)


def entry_of(event: Any) -> Entry:
    return Entry(
        start=event["DTSTART"].dt,
        end=event["DTEND"].dt,
        tzid=str(event["DTSTART"].params["TZID"]),
        summary=str(event["SUMMARY"]),
        location=str(event["LOCATION"]),
        description=str(event["DESCRIPTION"]),
    )
