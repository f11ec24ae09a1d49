"""Two readers of calendars that share no code with what writes them: ical.js in V8, and a reader of physical lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

_ICAL_JS = Path(__file__).parent.parent / "vendor" / "ical.js" / "ical.js"

_READ = """
function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  const zones = {};
  for (const part of calendar.getAllSubcomponents("vtimezone")) {
    const zone = new ICAL.Timezone(part);
    zones[zone.tzid] = zone;
    ICAL.TimezoneService.register(zone);
  }
  const address = property => property && {value: property.getFirstValue(), ...property.toJSON()[1]};
  const events = calendar.getAllSubcomponents("vevent").map(part => {
    const event = new ICAL.Event(part);
    return {
      uid: event.uid, sequence: event.sequence, summary: event.summary, location: event.location,
      description: event.description, status: part.getFirstPropertyValue("status"),
      start: event.startDate.toUnixTime(), end: event.endDate.toUnixTime(),
      tzid: part.getFirstProperty("dtstart").getParameter("tzid"),
      dtstamp: part.getFirstPropertyValue("dtstamp").toUnixTime(),
      organizer: address(part.getFirstProperty("organizer")),
      attendees: part.getAllProperties("attendee").map(address),
      alarms: part.getAllSubcomponents("valarm").map(a => String(a.getFirstPropertyValue("trigger"))),
      properties: part.getAllProperties().map(p => p.name.toUpperCase()),
    };
  });
  return JSON.stringify({
    method: calendar.getFirstPropertyValue("method"), zones: Object.keys(zones), events,
    properties: calendar.getAllProperties().map(p => p.name.toUpperCase()),
    components: calendar.getAllSubcomponents().map(c => c.name.toUpperCase()),
  });
}
"""


@cache
def _script() -> str:
    # The file is an ES module; an engine that evaluates scripts wants its one export as a plain name.
    source, export, _rest = _ICAL_JS.read_text().rpartition("export { ")
    assert export, "ical.js no longer ends in its export"
    return f"{source}\nvar ICAL = ICALmodule;\n{_READ}"


def read_with_ical_js(calendar: bytes) -> dict[str, Any]:
    """The calendar as ical.js understands it; start and end are aware instants worked out from its VTIMEZONE."""
    # Closed each time: an engine left open keeps the whole test process from ending.
    with MiniRacer() as engine:
        engine.eval(_script())
        found = json.loads(engine.call("read", calendar.decode()))
    for event in found["events"]:
        for name in ("start", "end", "dtstamp"):
            event[name] = datetime.fromtimestamp(event[name], UTC)
    return found


def logical_lines(calendar: bytes) -> list[str]:
    """The unfolded lines; fails on anything that RFC 5545 or specs/invitations §2.6 forbids of the physical ones."""
    assert calendar.endswith(b"\r\n")
    assert b"\n" not in calendar.replace(b"\r\n", b"")
    assert b"\r" not in calendar.replace(b"\r\n", b"")
    assert not calendar.startswith(b"\xef\xbb\xbf")
    for physical in calendar[:-2].split(b"\r\n"):
        assert 0 < len(physical) <= 75, physical
        physical.decode()
    return calendar.decode().replace("\r\n ", "").rstrip("\r\n").split("\r\n")
