"""iCalendar objects from plain values: REQUEST and CANCEL for mails, PUBLISH for downloads and feeds.

Pure: no database, no clock, no configuration. Every rule is in specs/invitations §2.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import (
    Alarm,
    Calendar,
    Component,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vText,
)
from icalendar.parser import Parameters
from icalendar.prop import vInline, vUTCOffset

from booking.calendars.zones import ZONES, Observance
from booking.mail.rules import many_lines, one_line

PRODID = "-//Etabli//Etabli 1.0//FR"
# What subscribers are asked; some come back once a day whatever they are told.
FEED_REFRESH = "PT1H"


class Method(enum.StrEnum):
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


class Status(enum.StrEnum):
    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class EventFacts:
    """One event for one addressee. local_*: wall clock of the place, naive; dtstamp, created, modified: instants.

    organizer_sent_by: the From address when it is not the organiser's. url: the booking's page, https.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    created: datetime
    modified: datetime
    local_start: datetime
    local_end: datetime
    timezone: str
    summary: str
    location: str
    description: str
    organizer_name: str
    organizer_address: str
    organizer_sent_by: str | None = None
    attendee_name: str = ""
    attendee_address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    url: str | None = None
    alarm_text: str = ""


def request(facts: EventFacts) -> bytes:
    """An invitation, or its update: METHOD:REQUEST, with one alarm the day before."""
    event = _event(facts, Status.CONFIRMED)
    event.add("CLASS", "PRIVATE")
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY")
    # Outlook then offers no "propose a new time", which nobody would read.
    event.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
    event.add_component(_alarm(facts.alarm_text or facts.summary))
    return _calendar(Method.REQUEST, [event], [facts.timezone])


def cancel(facts: EventFacts) -> bytes:
    """The end of an invitation: METHOD:CANCEL. The facts carry the times and place last sent."""
    return _calendar(Method.CANCEL, [_event(facts, Status.CANCELLED, rsvp=False)], [facts.timezone])


def publish(facts: EventFacts, status: Status = Status.CONFIRMED) -> bytes:
    """A download: METHOD:PUBLISH, no attendee, no alarm."""
    return _calendar(Method.PUBLISH, [published_event(facts, status)], [facts.timezone])


def published_event(facts: EventFacts, status: Status = Status.CONFIRMED, *, busy: bool = True) -> Event:
    """One event of a download or a feed. busy: false in the public programme, where nobody has booked yet."""
    return _event(facts, status, attendee=False, busy=busy)


def feed(name: str, timezone: str, events: Iterable[Event], zones: Iterable[str] = (), description: str = "") -> bytes:
    """A subscription: what calendars call it, when to come back, then its events in the order given (specs §7).

    timezone: the zone of the whole, defined even when there is no event: an iCalendar object needs a component.
    """
    calendar = new_calendar(Method.PUBLISH)
    for label in ("NAME", "X-WR-CALNAME"):
        _put(calendar, label, vText(one_line(name)))
    if description:
        _put(calendar, "X-WR-CALDESC", vText(many_lines(description)))
    _put(calendar, "X-WR-TIMEZONE", vInline(timezone))
    refresh = vInline(FEED_REFRESH)
    refresh.params = Parameters({"VALUE": "DURATION"})
    _put(calendar, "REFRESH-INTERVAL", refresh)
    _put(calendar, "X-PUBLISHED-TTL", vInline(FEED_REFRESH))
    for tzid in dict.fromkeys([timezone, *sorted(zones)]):
        calendar.add_component(timezone_component(tzid))
    for event in events:
        calendar.add_component(event)
    return to_bytes(calendar)


def to_bytes(calendar: Calendar) -> bytes:
    """The calendar as it travels: CRLF, folded at 75 octets, properties in the order they were added."""
    return calendar.to_ical(sorted=False)


def new_calendar(method: Method) -> Calendar:
    calendar = Calendar()
    for name, value in (("VERSION", "2.0"), ("PRODID", PRODID), ("CALSCALE", "GREGORIAN"), ("METHOD", method)):
        _put(calendar, name, vInline(str(value)))
    return calendar


def timezone_component(tzid: str) -> Timezone:
    """The VTIMEZONE of one of our zones."""
    zone = ZONES[tzid]
    component = Timezone()
    _put(component, "TZID", vInline(tzid))
    if zone.daylight:
        component.add_component(_observance(TimezoneDaylight(), zone.daylight))
    component.add_component(_observance(TimezoneStandard(), zone.standard))
    return component


def _calendar(method: Method, events: Iterable[Event], zones: Iterable[str]) -> bytes:
    calendar = new_calendar(method)
    for tzid in dict.fromkeys(zones):
        calendar.add_component(timezone_component(tzid))
    for event in events:
        calendar.add_component(event)
    return to_bytes(calendar)


def _event(facts: EventFacts, status: Status, *, attendee: bool = True, rsvp: bool = True, busy: bool = True) -> Event:
    event = Event()
    zone = ZoneInfo(facts.timezone)
    _put(event, "UID", vInline(facts.uid))
    event.add("DTSTAMP", _utc(facts.dtstamp))
    event.add("SEQUENCE", facts.sequence)
    event.add("CREATED", _utc(facts.created))
    event.add("LAST-MODIFIED", _utc(facts.modified))
    event.add("DTSTART", facts.local_start.replace(tzinfo=zone, microsecond=0))
    event.add("DTEND", facts.local_end.replace(tzinfo=zone, microsecond=0))
    _put(event, "SUMMARY", vText(one_line(facts.summary)))
    _put(event, "LOCATION", vText(one_line(facts.location)))
    _put(event, "ORGANIZER", _organizer(facts))
    if attendee:
        _put(event, "ATTENDEE", _attendee(facts, rsvp))
    _put(event, "STATUS", vInline(str(status)))
    _put(event, "TRANSP", vInline("OPAQUE" if busy and status is not Status.CANCELLED else "TRANSPARENT"))
    if facts.description:
        _put(event, "DESCRIPTION", vText(many_lines(facts.description)))
    if facts.latitude is not None and facts.longitude is not None:
        _put(event, "GEO", vInline(f"{_degrees(facts.latitude)};{_degrees(facts.longitude)}"))
    if facts.url:
        _put(event, "URL", vInline(facts.url))
    return event


def _organizer(facts: EventFacts) -> vCalAddress:
    person = vCalAddress(f"mailto:{facts.organizer_address}")
    person.params = _Quoted({"CN": _common_name(facts.organizer_name, facts.organizer_address)})
    if facts.organizer_sent_by:
        person.params["SENT-BY"] = f"mailto:{facts.organizer_sent_by}"
    return person


def _attendee(facts: EventFacts, rsvp: bool) -> vCalAddress:
    person = vCalAddress(f"mailto:{facts.attendee_address}")
    person.params = _Quoted(
        {
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": "NEEDS-ACTION",
            "RSVP": "TRUE" if rsvp else "FALSE",
            "CN": _common_name(facts.attendee_name, facts.attendee_address),
        }
    )
    return person


def _common_name(name: str, address: str) -> str:
    """A name fit for CN: the caret is dropped because the library would write it doubled, which older clients show."""
    text = one_line(name).replace('"', "'").replace("^", " ")
    return re.sub(r" {2,}", " ", text).strip() or address


class _Quoted(Parameters):
    """Parameters in the order given, CN always in double quotes: an unquoted comma in a name breaks some readers."""

    always_quoted = (*Parameters.always_quoted, "CN")  # type: ignore[assignment]

    def to_ical(self, sorted: bool = True) -> bytes:
        return super().to_ical(sorted=False)


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    _put(alarm, "ACTION", vInline("DISPLAY"))
    _put(alarm, "DESCRIPTION", vText(one_line(text)))
    alarm.add("TRIGGER", timedelta(days=-1))
    return alarm


def _observance(component: Component, observance: Observance) -> Any:
    component.add("DTSTART", observance.start)
    _put(component, "TZOFFSETFROM", vUTCOffset(observance.offset_from))
    _put(component, "TZOFFSETTO", vUTCOffset(observance.offset_to))
    _put(component, "TZNAME", vInline(observance.name))
    if observance.rule:
        _put(component, "RRULE", vInline(observance.rule))
    return component


def _put(component: Component, name: str, value: Any) -> None:
    component.add(name, value, encode=False)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
