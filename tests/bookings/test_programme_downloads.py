"""The programme taken away: the feed, the table, the document, the page to print. The same query, and nobody's name."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import event

from booking.bookings.services import cancel_slot
from booking.bookings.services.places import lock_school, take_places
from booking.bookings.views import programme as views
from booking.calendars import programme as feeds
from booking.catalogue import exports, services
from booking.catalogue.models import ActivityKind, PublicationState, SlotAudience, SlotState
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.core.spreadsheets import safe_cell
from tests import make
from tests.calendars.readers import logical_lines, read_with_ical_js
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

MORNING = datetime(2027, 1, 12, 9, 0)
ADDRESSES = ("/programme.ics", "/programme.csv", "/programme.json")


def events_of(client, query: str = "") -> list:
    return Calendar.from_ical(client.get(f"/programme.ics{query}").data).walk("VEVENT")


def rows_of(client, query: str = "") -> list[dict[str, str]]:
    text = client.get(f"/programme.csv{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def titles_of(client, query: str) -> list[list[str]]:
    """The titles of a query in the feed, the table and the document."""
    return [
        [str(each["SUMMARY"]).rpartition(" (")[0] for each in events_of(client, query)],
        [row["Activité"] for row in rows_of(client, query)],
        [slot["activity"]["title"] for slot in client.get(f"/programme.json{query}").json["slots"]],
    ]


def statements_of(client, path: str) -> int:
    seen: list[str] = []

    def hear(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return len(seen)


# ---- The same query


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Fraiseuses", "Verre", "Fraiseuses", "Puces"]),
        ("?q=fraiseuse", ["Fraiseuses", "Fraiseuses"]),
        ("?q=fraizeuse", ["Fraiseuses", "Fraiseuses"]),
        ("?kind=classroom_workshop", ["Puces"]),
        ("?comes=1&page=7", ["Puces"]),
        ("?weekday=wed", ["Verre", "Fraiseuses"]),
        ("?from=2027-01-14", ["Puces"]),
        ("?free=1", ["Fraiseuses", "Fraiseuses", "Puces"]),
        ("?departement=94", []),
        ("?departement=zz&weekday=zz&from=zz", ["Fraiseuses", "Verre", "Fraiseuses", "Puces"]),
    ],
)
def test_feed_table_and_document_hold_every_slot_of_the_query_soonest_first(client, query, found):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    milling = make.make_activity(title="Fraiseuses")
    make.make_slot(milling, local_start=MORNING + timedelta(days=1, hours=3))
    make.make_slot(milling)
    make.make_slot(make.make_activity(title="Verre"), local_start=MORNING + timedelta(days=1), taken_classes=1)
    make.make_slot(
        make.make_activity(title="Puces", kind=ActivityKind.CLASSROOM_WORKSHOP),
        local_start=MORNING + timedelta(days=2),
    )

    assert titles_of(client, query) == [found, found, found]


def test_what_the_programme_does_not_show_is_in_no_download(client):
    make.make_slot(make.make_activity(title="Brouillon", state=PublicationState.DRAFT))
    make.make_slot(make.make_activity(title="En attente", site=make.make_site(make.make_company(trusted=False))))
    make.make_slot(make.make_activity(title="Annulée"), state=SlotState.CANCELLED)
    make.make_slot(make.make_activity(title="Réservée"), audience=SlotAudience.RESERVED)
    make.make_slot(make.make_activity(title="Passée"), local_start=datetime(2026, 11, 2, 9))
    make.make_activity(title="Sans date", dates_to_agree=True)

    assert titles_of(client, "") == [[], [], []]


def test_more_than_a_page_of_slots_is_given(client):
    activity = make.make_activity()
    for n in range(35):
        make.make_slot(activity, local_start=MORNING + timedelta(hours=n))

    assert [len(titles) for titles in titles_of(client, "")] == [35, 35, 35]


def test_too_many_slots_are_cut_with_a_sentence(client, monkeypatch):
    monkeypatch.setattr(views, "MOST_ROWS", 2)
    monkeypatch.setattr(views, "MOST_EVENTS", 2)
    monkeypatch.setattr(views, "MOST_PRINTED", 2)
    activity = make.make_activity()
    for n in range(3):
        make.make_slot(activity, local_start=MORNING + timedelta(days=n))

    document = client.get("/programme.json").json
    assert (document["total"], document["truncated"], len(document["slots"])) == (3, True, 2)
    assert "2 premiers créneaux" in document["note"]
    assert rows_of(client)[2]["Date"].startswith("Seuls les 2 premiers créneaux sont donnés, sur 3")
    assert "X-WR-CALDESC:Les 2 premiers créneaux sur 3" in client.get("/programme.ics").text
    assert "les 2 premiers sont donnés ici" in client.get("/programme/print").text


def test_a_feed_too_heavy_is_cut_before_its_last_slots(client, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_BYTES", 2_000)
    activity = make.make_activity(summary="x" * 300)
    for n in range(3):
        make.make_slot(activity, local_start=MORNING + timedelta(days=n))

    body = client.get("/programme.ics").data

    assert 1 <= body.count(b"BEGIN:VEVENT") < 3
    assert "premiers créneaux sur 3" in body.decode()


@pytest.mark.parametrize("path", [*ADDRESSES, "/programme/print"])
def test_a_download_reads_the_database_a_constant_number_of_times(client, path):
    make.make_slot()
    few = statements_of(client, path)
    for n in range(10):
        make.make_slot(make.make_activity(title=f"Visite {n}"), local_start=MORNING + timedelta(days=n))

    assert statements_of(client, path) == few <= 7


# ---- Nobody's name


@pytest.mark.parametrize("path", [*ADDRESSES, "/programme/print"])
def test_no_person_address_or_telephone_is_in_any_of_them(client, path):
    site = make.make_site()
    host = make.make_host(site.company, first_name="Zoltan", last_name="Quetzal", email="zoltan@firme.example")
    activity = make.make_activity(
        site=site,
        contact=host,
        title="Turbines (01 60 11 22 33)",
        summary="Écrivez à zoltan@firme.example ou au +33 6 12 34 56 78, 06.12.34.56.78, 0612345678.",
        description="Demandez Zoltan.",
    )
    slot = make.make_slot(activity, max_classes=2)
    school_class = make.make_class(name="4e Cobalt")
    make.make_booking(slot, school_class)

    text = client.get(path).text

    assert "Turbines" in text
    for secret in ("Zoltan", "Quetzal", "zoltan", "firme.example", "60 11 22 33", "12 34 56 78", "12.34.56.78",
                   "0612345678", "01 60 00 00 00", "Cobalt", school_class.school.name):  # fmt: skip
        assert secret not in text.replace("\r\n ", ""), secret


def test_postcodes_and_years_are_not_taken_for_telephones():
    text = "En 2027, 12 000 pièces, ISO 9001, 91000 Évry, réf. 20270112090000"

    assert exports.without_contacts(text) == text


# ---- The feed


def test_the_feed_is_a_calendar_as_the_specification_wants_it(client):
    slot = make.make_slot(make.make_activity(title="Turbines"), taken_pupils=14, max_classes=2, taken_classes=1)

    lines = logical_lines(client.get("/programme.ics?departement=91").data)

    assert lines[:11] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Etabli//Etabli 1.0//FR", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "NAME:Établi\u00a0: Programme en Essonne", "X-WR-CALNAME:Établi\u00a0: Programme en Essonne",
        "X-WR-TIMEZONE:Europe/Paris", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "BEGIN:VTIMEZONE",
    ]  # fmt: skip
    assert lines.count("BEGIN:VTIMEZONE") == 1
    domain = client.application.config["CALENDAR_DOMAIN"]
    for line in (
        f"UID:creneau-{slot.uuid}@{domain}", "SEQUENCE:0", "STATUS:CONFIRMED", "TRANSP:TRANSPARENT", "CLASS:PUBLIC",
        "DTSTART;TZID=Europe/Paris:20270112T090000", "DTEND;TZID=Europe/Paris:20270112T113000",
        "SUMMARY:Turbines (Turbines du Hurepoix)", "GEO:48.63;2.44", "DTSTAMP:20261124T090000Z",
        "LAST-MODIFIED:20261124T090000Z", "CREATED:20261124T090000Z",
    ):  # fmt: skip
        assert line in lines
    assert "18 places libres sur 32" in client.get("/programme.ics").text.replace("\r\n ", "")
    assert not [line for line in lines if line.startswith(("ATTENDEE", "BEGIN:VALARM", "URL:", "SOURCE"))]


def test_the_page_of_a_slot_is_given_as_its_url_when_it_is_https(client):
    client.application.config["BASE_URL"] = "https://etabli.example"
    slot = make.make_slot()

    (found,) = events_of(client)

    assert found["URL"] == f"https://etabli.example/programme/{ref_of(slot.activity)}?slot={slot.id}"
    assert client.get(found["URL"].removeprefix("https://etabli.example")).status_code == 200


def test_a_workshop_in_class_has_no_place_on_the_map(client):
    make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP), max_classes=2)

    (found,) = events_of(client)

    assert found["LOCATION"] == "Dans votre établissement"
    assert "GEO" not in found
    assert "2 classes libres sur 2" in found["DESCRIPTION"].replace("\u00a0", " ")


def test_an_empty_feed_is_a_valid_calendar_with_a_zone(client):
    make.make_edition()

    body = client.get("/programme.ics").data

    assert body.count(b"BEGIN:VTIMEZONE") == 1
    assert b"BEGIN:VEVENT" not in body
    assert read_with_ical_js(body)


def test_a_feed_stands_before_there_is_any_edition(client):
    for path in (*ADDRESSES, "/programme/print"):
        assert client.get(path).status_code == 200


def test_every_zone_that_is_used_is_defined_and_no_other(client):
    make.make_departement("974", "La Réunion", "28", "La Réunion", timezone="Indian/Reunion")
    make.make_slot(make.make_activity(site=make.make_site(departement="974")))
    assert logical_lines(client.get("/programme.ics").data).count("TZID:Indian/Reunion") == 1
    assert "Europe/Paris" not in client.get("/programme.ics").text
    make.make_slot()

    lines = logical_lines(client.get("/programme.ics").data)

    assert [line for line in lines if line.startswith("TZID:")] == ["TZID:Europe/Paris", "TZID:Indian/Reunion"]
    assert "DTSTART;TZID=Indian/Reunion:20270112T090000" in lines


def test_another_parser_reads_the_feed(client):
    make.make_slot(make.make_activity(title="Verre ; « four », \\ et\nflacon", summary="é" * 200))

    assert "flacon" in str(read_with_ical_js(client.get("/programme.ics").data))
    assert max(len(line) for line in client.get("/programme.ics").data.split(b"\r\n")) <= 75


def test_a_slot_that_moves_keeps_its_uid_and_raises_its_sequence(client, set_now):
    slot = make.make_slot()
    (before,) = events_of(client)
    set_now(make.NOW + timedelta(hours=1))
    draft = services.slot_draft_of(slot)
    later = timedelta(days=1)
    with transaction():
        services.edit_slot(slot.id, services.SlotDraft(
            draft.local_start + later, draft.local_end + later, draft.capacity, draft.opens_days, draft.closes_days))  # fmt: skip

    (after,) = events_of(client)

    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


# ---- What caches are told


@pytest.mark.parametrize("path", ADDRESSES)
def test_unchanged_data_is_the_same_bytes_and_not_sent_twice(client, path, set_now):
    make.make_slot()
    first = client.get(path)
    set_now(make.NOW + timedelta(minutes=20))
    second = client.get(path)

    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["ETag"])
    assert first.headers["Cache-Control"] == "public, max-age=900"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in first.headers
    etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    for asked in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-None-Match": "*"},
                  {"If-Modified-Since": changed}, {"If-None-Match": etag, "If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}):  # fmt: skip
        again = client.get(path, headers=asked)
        assert (again.status_code, again.data) == (304, b""), asked
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "public, max-age=900"
    for asked in ({"If-None-Match": '"x"'}, {"If-None-Match": '"x"', "If-Modified-Since": changed}):
        assert client.get(path, headers=asked).status_code == 200


def test_places_taken_a_cancelled_slot_and_a_closing_hour_are_changes(client, set_now):
    closing = make.make_slot(closes_days_before=45)
    taken = make.make_slot(local_start=MORNING + timedelta(days=1))
    gone = make.make_slot(local_start=MORNING + timedelta(days=2))
    taken_id, edition_id, school_id = taken.id, make.make_edition().id, make.make_school().id
    gone_id, host, closes_at = gone.id, gone.activity.contact, closing.closes_at

    def seen():
        answer = client.get("/programme.ics")
        return answer.headers["ETag"], answer.last_modified

    states = [seen()]
    set_now(make.NOW + timedelta(hours=1))
    with transaction():
        lock_school(school_id, edition_id)
        take_places(taken_id, school_id, edition_id, 10)
    states.append(seen())
    set_now(make.NOW + timedelta(hours=2))
    with transaction():
        cancel_slot(gone_id, host, reason="other")
    states.append(seen())
    set_now(closes_at + timedelta(minutes=1))
    states.append(seen())

    etags, moments = zip(*states, strict=True)
    assert len(set(etags)) == 4
    assert list(moments) == sorted(set(moments))
    assert moments[-1] == closes_at


@pytest.mark.parametrize(
    ("path", "content_type", "disposition"),
    [
        ("/programme.ics", "text/calendar; charset=utf-8", 'inline; filename="programme.ics"'),
        ("/programme.csv", "text/csv; charset=utf-8", 'attachment; filename="programme.csv"'),
        ("/programme.json", "application/json", 'inline; filename="programme.json"'),
    ],
)
def test_each_is_what_it_says_whatever_is_accepted(client, path, content_type, disposition):
    make.make_slot()
    for headers in ({}, {"Accept": "text/html"}, {"Accept": "image/png"}):
        answer = client.get(path, headers=headers)
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Disposition"] == disposition
    head = client.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_is_allowed(client, path, method):
    assert client.open(path, method=method).status_code == 405


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_is_signed_in_gets_the_same_bytes_and_no_cookie(client, path):
    make.make_slot()
    anonymous = client.get(path)
    signed_in(client, make.make_teacher())

    mine = client.get(path)

    assert mine.data == anonymous.data
    assert "Set-Cookie" not in mine.headers


# ---- The table


def test_the_table_opens_in_a_french_spreadsheet_with_its_numbers_and_dates(client):
    make.make_slot(make.make_activity(title="Turbines"), taken_pupils=14, max_classes=2, taken_classes=1)

    body = client.get("/programme.csv").data
    (row,) = rows_of(client)

    assert body.startswith(b"\xef\xbb\xbfDate;D\xc3\xa9but;Fin;")
    assert body.endswith(b"\r\n")
    assert {name: row[name] for name in ("Date", "Début", "Fin", "Places libres", "Places en tout", "Commune", "État",
                                         "Département", "Vient dans la classe", "Niveaux")} == {
        "Date": "12/01/2027", "Début": "09:00", "Fin": "11:30", "Places libres": "18", "Places en tout": "32",
        "Commune": "Évry-Courcouronnes", "État": "18 places libres sur 32", "Département": "91",
        "Vient dans la classe": "non", "Niveaux": "4ᵉ, 3ᵉ",
    }  # fmt: skip


@pytest.mark.parametrize("title", ["=1+1", "+33", "-2+3", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0"])
def test_a_title_is_never_worked_out_as_a_formula(client, title):
    make.make_slot(make.make_activity(title=title))

    (row,) = rows_of(client)

    assert row["Activité"] == f"'{title}"


def test_numbers_stay_numbers_in_a_table():
    assert [safe_cell(value) for value in (-3, 2.5, None, "a=b", "3-2")] == [-3, 2.5, None, "a=b", "3-2"]


# ---- The document


def test_the_document_gives_instants_in_utc_and_says_what_was_asked(client):
    slot = make.make_slot(make.make_activity(title="Turbines"))

    found = client.get("/programme.json?departement=91&page=3&weekday=tue").json

    assert found["query"] == {"departement": "91", "weekday": "tue"}
    assert found["edition"] == {"slug": "2027", "name": "Semaine de l’industrie 2027"}
    assert (found["total"], found["truncated"], found["note"]) == (1, False, None)
    (only,) = found["slots"]
    assert (only["starts_at"], only["ends_at"]) == ("2027-01-12T08:00:00Z", "2027-01-12T10:30:00Z")
    assert (only["local_start"], only["timezone"]) == ("2027-01-12T09:00", "Europe/Paris")
    assert only["uid"].startswith(f"creneau-{slot.uuid}@")
    assert only["places"] == {"state": "open", "pupils_left": 32, "pupils": 32, "classes_left": 1, "classes": 1,
                              "adults_per_class": 1}  # fmt: skip
    assert only["activity"]["levels"] == ["3E", "4E"]
    assert only["place"]["commune"] == "Évry-Courcouronnes"


def test_the_state_of_places_is_one_of_four(client):
    make.make_slot(make.make_activity(title="a"))
    make.make_slot(make.make_activity(title="b"), taken_classes=1, taken_pupils=32)
    make.make_slot(make.make_activity(title="c"), closes_days_before=60)

    states = {s["activity"]["title"]: s["places"]["state"] for s in client.get("/programme.json").json["slots"]}

    assert states == {"a": "open", "b": "full", "c": "closed"}


# ---- On the page


def test_the_page_leads_to_each_with_its_own_query(client):
    client.application.config["BASE_URL"] = "https://etabli.example"
    make.make_slot()

    text = client.get("/programme?departement=91&q=turbine&page=1").text

    query = "q=turbine&amp;departement=91"
    assert f'href="webcal://etabli.example/programme.ics?{query}"' in text
    assert f'href="https://etabli.example/programme.ics?{query}"' in text
    for path in ("/programme.csv", "/programme.json", "/programme/print"):
        assert f'href="{path}?{query}"' in text


def test_in_english_the_feed_of_the_page_is_in_english(client):
    client.application.config["BASE_URL"] = "https://etabli.example"
    make.make_slot()

    assert 'href="https://etabli.example/en/programme.ics"' in client.get("/en/programme").text
    assert "https://etabli.example/en/programme/" in client.get("/en/programme.ics").text.replace("\r\n ", "")


def test_the_page_to_print_gives_every_slot_by_day(client):
    activity = make.make_activity(title="Turbines")
    make.make_slot(activity)
    make.make_slot(activity, local_start=MORNING + timedelta(days=1))

    text = client.get("/programme/print?departement=91").text

    assert text.index("mardi 12 janvier 2027") < text.index("mercredi 13 janvier 2027")
    assert "2 créneaux" in text
    assert text.count("Turbines</a>") == 2
    assert "Aucune date" in client.get("/programme/print?q=chocolat").text
