"""Calendars as bytes, read back by readers that share no code with what wrote them (specs/invitations §2 and §10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.calendars import ics
from booking.calendars.ics import EventFacts, Status
from tests.calendars.readers import logical_lines, read_with_ical_js

MOMENT = datetime(2026, 11, 24, 9, 0, 0, 123, tzinfo=UTC)
FACTS = EventFacts(
    uid="reservation-6f9c2f0e-3d2b-5d6a-9a52-8f2a1f1d3b77.classe@etabli.example",
    sequence=2,
    dtstamp=MOMENT,
    created=MOMENT,
    modified=MOMENT,
    local_start=datetime(2027, 3, 29, 9, 0),
    local_end=datetime(2027, 3, 29, 11, 0),
    timezone="Europe/Paris",
    summary="Dans les coulisses d’un atelier",
    location="Turbines du Hurepoix, 12 rue des Ateliers, 91000 Évry",
    description="Première ligne\nSeconde ligne",
    organizer_name="Établi",
    organizer_address="rendez-vous@etabli.example",
    attendee_name="Claire Dupont",
    attendee_address="claire.dupont@ac-versailles.fr",
    latitude=48.63,
    longitude=2.44,
    url="https://etabli.example/teacher/bookings/1",
)
AWKWARD_NAME = 'Dupont, Marie : "prof" ; CE2/CM1'
ALWAYS = [
    "UID",
    "DTSTAMP",
    "SEQUENCE",
    "CREATED",
    "LAST-MODIFIED",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "LOCATION",
    "ORGANIZER",
]


@pytest.mark.parametrize(
    ("local", "timezone", "instant"),
    [
        (datetime(2027, 3, 29, 9), "Europe/Paris", datetime(2027, 3, 29, 7, tzinfo=UTC)),
        (datetime(2027, 3, 26, 9), "Europe/Paris", datetime(2027, 3, 26, 8, tzinfo=UTC)),
        (datetime(2026, 10, 26, 9), "Europe/Paris", datetime(2026, 10, 26, 8, tzinfo=UTC)),
        (datetime(2026, 10, 23, 9), "Europe/Paris", datetime(2026, 10, 23, 7, tzinfo=UTC)),
        (datetime(2027, 3, 29, 9), "Indian/Reunion", datetime(2027, 3, 29, 5, tzinfo=UTC)),
        (datetime(2027, 3, 29, 9), "Pacific/Noumea", datetime(2027, 3, 28, 22, tzinfo=UTC)),
        (datetime(2027, 3, 12, 9), "America/Miquelon", datetime(2027, 3, 12, 12, tzinfo=UTC)),
        (datetime(2027, 3, 15, 9), "America/Miquelon", datetime(2027, 3, 15, 11, tzinfo=UTC)),
    ],
)
def test_an_hour_of_the_place_reads_as_its_instant_in_another_parser(local, timezone, instant):
    facts = replace(FACTS, local_start=local, local_end=local.replace(hour=11), timezone=timezone)
    for calendar in (ics.request(facts), ics.cancel(facts), ics.publish(facts)):
        found = read_with_ical_js(calendar)
        assert found["zones"] == [timezone]
        assert found["events"][0]["tzid"] == timezone
        assert found["events"][0]["start"] == instant


def test_a_request_has_its_properties_once_and_in_order():
    found = read_with_ical_js(ics.request(FACTS))
    assert found["method"] == "REQUEST"
    assert found["properties"] == ["VERSION", "PRODID", "CALSCALE", "METHOD"]
    assert found["components"] == ["VTIMEZONE", "VEVENT"]
    event = found["events"][0]
    assert event["properties"] == [
        *ALWAYS, "ATTENDEE", "STATUS", "TRANSP", "DESCRIPTION", "GEO", "URL", "CLASS", "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-DISALLOW-COUNTER",
    ]  # fmt: skip
    assert event["alarms"] == ["-P1D"]
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 2)


def test_a_request_names_its_organizer_and_its_one_attendee_as_clients_want_them():
    lines = logical_lines(ics.request(FACTS))
    assert 'ORGANIZER;CN="Établi":mailto:rendez-vous@etabli.example' in lines
    assert (
        'ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Claire Dupont"'
        ":mailto:claire.dupont@ac-versailles.fr" in lines
    )


def test_a_cancellation_says_cancelled_asks_for_no_answer_and_rings_no_alarm():
    event = read_with_ical_js(ics.cancel(FACTS))["events"][0]
    assert event["status"] == "CANCELLED"
    assert event["attendees"][0]["rsvp"] == "FALSE"
    assert event["alarms"] == []
    assert "TRANSP:TRANSPARENT" in logical_lines(ics.cancel(FACTS))


def test_a_download_has_no_attendee_and_no_alarm():
    found = read_with_ical_js(ics.publish(FACTS))
    assert found["method"] == "PUBLISH"
    assert found["events"][0]["attendees"] == []
    assert found["events"][0]["alarms"] == []
    assert "TRANSP:OPAQUE" in logical_lines(ics.publish(FACTS))
    assert "TRANSP:TRANSPARENT" in logical_lines(ics.publish(FACTS, Status.CANCELLED))


def test_paris_changes_hour_by_the_rules_the_specification_gives():
    text = "\n".join(logical_lines(ics.request(FACTS)))
    assert (
        "DTSTART:19700329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"
        in text
    )
    assert (
        "DTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
        in text
    )


def test_awkward_names_and_titles_arrive_unharmed():
    facts = replace(FACTS, attendee_name=AWKWARD_NAME, summary="é, ; \\ et\r\nà la ligne", description="a, b; c\\d\ne")
    event = read_with_ical_js(ics.request(facts))["events"][0]
    assert event["attendees"][0]["cn"] == "Dupont, Marie : 'prof' ; CE2/CM1"
    assert event["summary"] == "é, ; \\ et à la ligne"
    assert event["description"] == "a, b; c\\d\ne"


def test_a_caret_in_a_name_is_not_written_as_an_escape_that_older_clients_show():
    calendar = ics.request(replace(FACTS, attendee_name="Marie ^n Dup^ont"))
    assert b"^" not in calendar


def test_a_person_without_a_name_is_called_by_the_address():
    event = read_with_ical_js(ics.request(replace(FACTS, attendee_name=" \r\n ")))["events"][0]
    assert event["attendees"][0]["cn"] == "claire.dupont@ac-versailles.fr"


def test_an_organizer_that_nobody_reads_is_replaced_and_named_as_the_sender():
    facts = replace(FACTS, organizer_address="contact@etabli.example", organizer_sent_by="no-reply@etabli.example")
    line = next(line for line in logical_lines(ics.request(facts)) if line.startswith("ORGANIZER"))
    assert line == 'ORGANIZER;CN="Établi";SENT-BY="mailto:no-reply@etabli.example":mailto:contact@etabli.example'


@given(name=st.text(max_size=60), title=st.text(max_size=150), place=st.text(max_size=200), words=st.text(max_size=400))
def test_whatever_is_typed_the_calendar_keeps_one_event_and_its_lines_whole(name, title, place, words):
    facts = replace(FACTS, attendee_name=name, summary=title, location=place, description=words)
    for calendar in (ics.request(facts), ics.cancel(facts), ics.publish(facts)):
        lines = logical_lines(calendar)
        assert sum(line.startswith("BEGIN:VEVENT") for line in lines) == 1
        assert sum(line.startswith("ATTENDEE") for line in lines) == (0 if "METHOD:PUBLISH" in lines else 1)
        assert not any(line.upper().startswith(("ATTACH", "BCC", "RRULE:FREQ=DAILY")) for line in lines)
