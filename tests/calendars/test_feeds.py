"""The private feeds, sentence by sentence of specs/invitations §7, and their addresses."""

from __future__ import annotations

import io
import logging
import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.bookings import services
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.calendars import feeds
from booking.calendars.models import CalendarFeed, CalendarObject, FeedKind, Side
from booking.catalogue.models import ActivityKind, ConfirmationMode, PublicationState
from booking.core.db import db, transaction
from booking.core.logs import TokenFilter, access_atoms
from booking.mail import outbox
from tests import make
from tests.calendars.feed_reader import address_of, events_of, statements_of
from tests.calendars.readers import logical_lines, read_with_ical_js
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

MORNING = datetime(2027, 1, 12, 9, 0)


def book(slot, school_class, **values):
    person = db.session.get(Person, school_class.owner_id)
    with transaction():
        return services.request_places(slot.id, school_class.id, person, **values)


def cancel(booking, actor=Actor.TEACHER):
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, actor, reason=CancelReason.TRANSPORT)


def deliver():
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)


def owner(school_class) -> Person:
    return db.session.get_one(Person, school_class.owner_id)


@pytest.fixture
def teacher(app) -> Person:
    return make.make_teacher()


# ---- Whose bookings


def test_a_teachers_feed_holds_their_bookings_with_the_uid_of_the_invitation(client, teacher):
    booking = book(make.make_slot(), make.make_class(teacher))
    make.make_booking()
    deliver()

    (event,) = events_of(client, address_of(teacher, "teacher"))

    invited = db.session.scalar(select(CalendarObject).filter_by(booking_id=booking.id, side=Side.CLASS))
    assert event["UID"] == invited.uid
    assert (event["SEQUENCE"], event["DTSTAMP"].dt) == (invited.sequence, invited.last_dtstamp)
    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "OPAQUE")
    assert "ATTENDEE" not in event
    assert not event.walk("VALARM")


def test_a_company_follows_its_classes_and_its_dates_that_nobody_has_taken(client, app):
    activity = make.make_activity(title="Turbines")
    booked, free = make.make_slot(activity), make.make_slot(activity, local_start=MORNING + timedelta(days=1))
    make.make_slot(make.make_activity(site=activity.site, state=PublicationState.DRAFT))
    book(booked, make.make_class())
    make.make_booking()

    events = events_of(client, address_of(activity.contact, "company"))

    assert [str(event["UID"]).partition("-")[0] for event in events] == ["reservation", "creneau"]
    assert str(events[0]["UID"]).partition(".")[2].startswith("entreprise@")
    assert events[1]["UID"] == f"creneau-{free.uuid}@etabli.example"
    assert str(events[1]["SUMMARY"]).startswith("Pas encore réservé")


def test_one_site_is_followed_apart_where_there_are_several(client, app):
    company = make.make_company()
    here, there = make.make_site(company), make.make_site(company, name="Dépôt")
    host = make.make_host(company)
    slots = [make.make_slot(make.make_activity(site=site, contact=host)) for site in (here, there)]
    for slot in slots:
        book(slot, make.make_class())

    (event,) = events_of(client, address_of(host, "site", there.id))

    assert "Dépôt" in event["LOCATION"]
    assert len(events_of(client, address_of(host, "company"))) == 2


def test_a_school_sees_whose_class_goes_where_without_options_and_telephones(client, app):
    school = make.make_school()
    teacher = make.make_teacher(school, first_name="Zoé", last_name="Quint")
    head = make.make_person()
    db.session.add(Membership(person_id=head.id, role=MemberRole.HEAD, school_id=school.id, created_at=make.NOW,
                              trusted_at=make.NOW))  # fmt: skip
    db.session.commit()
    book(make.make_slot(), make.make_class(teacher, name="4e Zinc"))
    book(make.make_slot(local_start=MORNING + timedelta(days=2)), make.make_class(teacher, name="3e Option"),
         as_option=True)  # fmt: skip
    book(make.make_slot(), make.make_class())

    (event,) = events_of(client, address_of(head, "school"))

    assert str(event["SUMMARY"]).startswith("4e Zinc")
    assert "Zoé Quint" in event["DESCRIPTION"]
    assert "01 60 00 00 00" not in event["DESCRIPTION"].replace("\u00a0", " ")
    assert f"/school/{school.uai}/" in event["DESCRIPTION"]


def test_an_officer_sees_the_bookings_of_the_territorys_schools_and_those_that_come_to_it(client, app):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    own, other = make.make_school(), make.make_school(departement="94")
    near, far = make.make_site(), make.make_site(departement="94")
    activities = {site.id: make.make_activity(site=site) for site in (near, far)}
    days = iter(range(9))

    def go(school, site, name):
        slot = make.make_slot(activities[site.id], local_start=MORNING + timedelta(days=next(days)))
        book(slot, make.make_class(make.make_teacher(school), name=name))

    go(own, near, "intérieur")
    go(own, far, "sortant")
    go(other, near, "entrant")
    go(other, far, "étranger")
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")

    names = [str(e["SUMMARY"]).partition("\u00a0:")[0] for e in events_of(client, address_of(officer, "territory"))]

    assert names == ["intérieur", "sortant", "entrant"]
    assert len(events_of(client, address_of(make.make_officer(ScopeKind.NATIONAL, None), "territory"))) == 4


def test_a_booking_made_for_a_colleague_is_in_both_calendars_under_two_uids(client, app):
    school = make.make_school()
    teacher, colleague = make.make_teacher(school), make.make_teacher(school)
    school_class = make.make_class(teacher)
    with transaction():
        services.request_places(make.make_slot().id, school_class.id, colleague)

    one, two = (events_of(client, address_of(person, "teacher"))[0] for person in (teacher, colleague))

    assert one["UID"] != two["UID"]
    assert one["DTSTART"].dt == two["DTSTART"].dt


# ---- Options, cancellations, the line, the range


@pytest.mark.parametrize("state", [State.HELD, State.REQUESTED, State.OFFERED])
def test_an_option_a_request_and_an_offer_are_tentative_for_their_holder_and_the_company_alone(client, teacher, state):
    slot = make.make_slot()
    make.make_booking(slot, make.make_class(teacher), state=state, deadline_at=make.NOW + timedelta(days=3))
    officer = make.make_officer()

    (mine,) = events_of(client, address_of(teacher, "teacher"))
    (theirs,) = events_of(client, address_of(slot.activity.contact, "company"))

    assert [(event["STATUS"], event["TRANSP"]) for event in (mine, theirs)] == [("TENTATIVE", "OPAQUE")] * 2
    assert events_of(client, address_of(teacher, "school")) == []
    assert events_of(client, address_of(officer, "territory")) == []


@pytest.mark.parametrize("state", [State.EXPIRED, State.DECLINED, State.WAITING])
def test_what_lapsed_was_refused_or_waits_is_in_no_feed(client, teacher, state):
    slot = make.make_slot()
    make.make_booking(slot, make.make_class(teacher), state=state)

    for path in (address_of(teacher, "teacher"), address_of(teacher, "school")):
        assert events_of(client, path) == []
    (event,) = events_of(client, address_of(slot.activity.contact, "company"))
    assert str(event["UID"]).startswith("creneau-")


def test_somebody_who_leaves_the_line_was_never_in_a_calendar(client, teacher):
    slot = make.make_slot(waiting_classes=1)
    cancel(make.make_booking(slot, make.make_class(teacher), state=State.WAITING))

    assert events_of(client, address_of(teacher, "teacher")) == []


def test_a_cancelled_booking_stays_90_days_as_cancelled_then_leaves(client, teacher, set_now):
    booking = book(make.make_slot(local_start=datetime(2027, 6, 1, 9)), make.make_class(teacher))
    deliver()
    path = address_of(teacher, "teacher")
    cancel(booking)
    deliver()

    (event,) = events_of(client, path)
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)
    assert str(event["SUMMARY"]).startswith("Annulé")
    before = client.get(path)
    set_now(make.NOW + timedelta(days=90))
    after = client.get(path)
    assert b"BEGIN:VEVENT" not in after.data
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.last_modified == make.NOW + timedelta(days=90)


def test_a_feed_looks_90_days_back_and_18_months_ahead(client, teacher):
    days = (-91, -89, 540, 560)
    for day in days:
        make.make_booking(make.make_slot(local_start=datetime(2026, 11, 24, 8) + timedelta(days=day)),
                          make.make_class(teacher))  # fmt: skip

    starts = [event["DTSTART"].dt.date() for event in events_of(client, address_of(teacher, "teacher"))]

    assert starts == [(datetime(2026, 11, 24) + timedelta(days=day)).date() for day in (-89, 540)]


# ---- The document


def test_the_calendar_says_its_name_its_zone_and_when_to_come_back(client, teacher):
    book(make.make_slot(), make.make_class(teacher))

    lines = logical_lines(client.get(address_of(teacher, "teacher")).data)

    assert lines[:11] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Etabli//Etabli 1.0//FR", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "NAME:Établi\u00a0: Mes réservations", "X-WR-CALNAME:Établi\u00a0: Mes réservations",
        "X-WR-TIMEZONE:Europe/Paris", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "BEGIN:VTIMEZONE",
    ]  # fmt: skip
    event = lines[lines.index("BEGIN:VEVENT") :]
    names = [re.split("[;:]", line)[0] for line in event]
    for name in (
        "UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "LOCATION",
        "ORGANIZER", "STATUS", "TRANSP", "DESCRIPTION", "GEO",
    ):  # fmt: skip
        assert names.count(name) == 1, name
    assert not {"ATTENDEE", "RRULE", "DURATION", "ATTACH", "SOURCE"} & set(names)
    assert [line for line in event if line.startswith("ORGANIZER")] == [
        'ORGANIZER;CN="Établi":mailto:rendez-vous@etabli.example'
    ]


def test_the_address_is_nowhere_in_what_it_gives(client, teacher):
    book(make.make_slot(), make.make_class(teacher))
    path = address_of(teacher, "teacher")

    answer = client.get(path)

    assert path.split("/")[2].removesuffix(".ics") not in answer.text.replace("\r\n ", "") + str(answer.headers)
    assert "SOURCE" not in answer.text
    assert not [line for line in logical_lines(answer.data)[:11] if line.startswith("URL")]


def test_an_empty_feed_is_a_valid_calendar_with_one_zone(client, teacher):
    body = client.get(address_of(teacher, "teacher")).data

    assert body.count(b"BEGIN:VTIMEZONE") == 1
    assert b"BEGIN:VEVENT" not in body
    assert read_with_ical_js(body)["components"] == ["VTIMEZONE"]


def test_overseas_and_mainland_dates_stand_together_each_in_its_zone(client, teacher):
    make.make_departement("974", "La Réunion", "28", "La Réunion", timezone="Indian/Reunion")
    far = make.make_slot(make.make_activity(site=make.make_site(departement="974")))
    near = make.make_slot(local_start=MORNING + timedelta(days=3))
    for slot in (far, near):
        make.make_booking(slot, make.make_class(teacher))

    found = read_with_ical_js(client.get(address_of(teacher, "teacher")).data)

    assert found["zones"] == ["Europe/Paris", "Indian/Reunion"]
    assert [event["start"] for event in found["events"]] == [far.starts_at, near.starts_at]
    assert [event["tzid"] for event in found["events"]] == ["Indian/Reunion", "Europe/Paris"]


def test_events_stand_by_start_then_uid_each_uid_once(client, app):
    activity = make.make_activity()
    for _ in range(4):
        make.make_booking(make.make_slot(activity, max_classes=4), make.make_class())
    for day in (2, 1):
        make.make_booking(make.make_slot(activity, local_start=MORNING + timedelta(days=day)), make.make_class())

    events = events_of(client, address_of(activity.contact, "company"))

    keys = [(event["DTSTART"].dt, str(event["UID"])) for event in events]
    assert keys == sorted(keys)
    assert len({uid for _start, uid in keys}) == len(keys) == 6


def test_the_number_of_reads_does_not_depend_on_the_number_of_events(client, app):
    activity = make.make_activity()
    teacher = make.make_teacher()
    officer = make.make_officer()
    paths = [address_of(activity.contact, "company"), address_of(teacher, "teacher"), address_of(teacher, "school"),
             address_of(officer, "territory")]  # fmt: skip

    def fill(first: int, last: int) -> None:
        for day in range(first, last):
            book(make.make_slot(activity, local_start=MORNING + timedelta(days=day)),
                 make.make_class(teacher, name=f"{day}e"))  # fmt: skip
            make.make_slot(activity, local_start=MORNING + timedelta(days=day, hours=5))
        deliver()

    fill(0, 1)
    few = [statements_of(lambda path=path: client.get(path)) for path in paths]
    fill(1, 8)

    assert [statements_of(lambda path=path: client.get(path)) for path in paths] == few
    assert max(few) <= 12


def test_too_many_events_narrow_the_range_and_the_calendar_says_so(client, teacher, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_EVENTS", 3)
    for day in (1, 2, 40, 100, 200, 300):
        make.make_booking(make.make_slot(local_start=datetime(2026, 11, 24, 8) + timedelta(days=day)),
                          make.make_class(teacher))  # fmt: skip

    answer = client.get(address_of(teacher, "teacher"))

    assert answer.status_code == 200
    assert answer.data.count(b"BEGIN:VEVENT") == 3
    assert "60 jours en avant" in answer.text.replace("\r\n ", "")


def test_a_feed_is_never_heavier_than_a_megabyte(client, teacher, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_BYTES", 3_000)
    for hour in range(6):
        make.make_booking(make.make_slot(local_start=datetime(2026, 11, 25, 8) + timedelta(hours=hour)),
                          make.make_class(teacher))  # fmt: skip

    answer = client.get(address_of(teacher, "teacher"))

    assert answer.status_code == 200
    assert 0 < answer.data.count(b"BEGIN:VEVENT") < 6
    assert read_with_ical_js(answer.data)


# ---- What programs are told


def test_the_headers_of_a_private_feed(client, teacher):
    path = address_of(teacher, "teacher")
    for accept in (None, "text/html", "application/json"):
        answer = client.get(path, headers={"Accept": accept} if accept else {})
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="etabli.ics"'
    assert answer.headers["Cache-Control"] == "private, max-age=300, must-revalidate"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])
    head = client.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_is_allowed(client, teacher, method):
    assert client.open(address_of(teacher, "teacher"), method=method).status_code == 405


def test_unchanged_data_is_the_same_bytes_and_not_sent_twice(client, teacher, set_now):
    book(make.make_slot(), make.make_class(teacher))
    deliver()
    path = address_of(teacher, "teacher")
    first = client.get(path)
    set_now(make.NOW + timedelta(hours=5))
    second = client.get(path)

    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])
    etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    assert changed.endswith("GMT")
    for asked in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-None-Match": "*"},
                  {"If-Modified-Since": changed}, {"If-None-Match": etag, "If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}):  # fmt: skip
        again = client.get(path, headers=asked)
        assert (again.status_code, again.data) == (304, b""), asked
        assert again.headers["ETag"] == etag
        assert again.headers["Cache-Control"] == "private, max-age=300, must-revalidate"
    for asked in ({"If-None-Match": '"x"'}, {"If-None-Match": '"x"', "If-Modified-Since": changed}):
        assert client.get(path, headers=asked).status_code == 200


def test_each_change_gives_another_etag_and_a_later_last_modified(client, set_now):
    school = make.make_school()
    teacher, heir = make.make_teacher(school), make.make_teacher(school)
    slot = make.make_slot(max_classes=2, max_pupils=90)
    host = slot.activity.contact
    path = address_of(teacher, "teacher")
    seen = []

    def look(hours: int) -> None:
        answer = client.get(path)
        seen.append((answer.headers["ETag"], answer.last_modified))
        set_now(make.NOW + timedelta(hours=hours))

    look(1)
    booking = book(slot, make.make_class(teacher))
    second = book(slot, make.make_class(teacher, name="3e"))
    option = book(make.make_slot(local_start=MORNING + timedelta(days=5)), make.make_class(teacher, name="5e"),
                  as_option=True)  # fmt: skip
    look(2)
    with transaction():
        services.move_slot(slot.id, host, MORNING + timedelta(days=1), MORNING + timedelta(days=1, hours=2))
    look(3)
    cancel(booking)
    look(4)
    with transaction():
        services.hand_over(second.id, heir.id, teacher)
    look(5)
    with transaction():
        services.hand_over(option.id, heir.id, teacher)
    look(6)

    assert len({etag for etag, _moment in seen}) == 6
    moments = [moment for _etag, moment in seen]
    assert moments == [make.NOW + timedelta(hours=hours) for hours in range(6)]


def test_dtstamp_is_of_the_last_change_and_never_of_the_reading(client, teacher, set_now):
    option = book(make.make_slot(), make.make_class(teacher), as_option=True)
    path = address_of(teacher, "teacher")
    set_now(make.NOW + timedelta(hours=3))

    (event,) = events_of(client, path)

    assert event["CREATED"].dt <= event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == make.NOW
    with transaction():
        services.confirm_option(option.id, option.teacher)
    deliver()
    (event,) = events_of(client, path)
    assert event["DTSTAMP"].dt == make.NOW + timedelta(hours=3)


# ---- Addresses


def test_an_unknown_a_revoked_and_a_malformed_address_are_the_same_404(client, teacher):
    path = address_of(teacher, "teacher")
    signed_in(client, teacher)
    client.post(f"/account/calendars/teacher/{teacher.id}/revocation")
    client.delete_cookie("etabli")

    answers = [client.get(each) for each in (
        path, "/calendars/unknown.ics", "/calendars/a/b/../c.ics", f"/calendars/{'x' * 4000}.ics",
        "/calendars/%00%ff%C3%A9.ics", "/calendars/..ics",
    )]  # fmt: skip

    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.data, tuple(sorted(answer.headers.items()))) for answer in answers}) == 1
    assert "Set-Cookie" not in answers[0].headers
    counts = {statements_of(lambda each=each: client.get(each)) for each in (path, "/calendars/unknown.ics")}
    assert len(counts) == 1


def test_the_feed_needs_no_session_and_gives_no_cookie_to_who_has_one(client, teacher):
    book(make.make_slot(), make.make_class(teacher))
    path = address_of(teacher, "teacher")
    anonymous = client.get(path)
    signed_in(client, make.make_teacher())

    mine = client.get(path)

    assert mine.data == anonymous.data
    assert "Set-Cookie" not in mine.headers
    assert "Set-Cookie" not in client.get("/calendars/unknown.ics").headers


def test_only_the_hash_of_a_long_token_is_stored(client, teacher):
    token = address_of(teacher, "teacher").split("/")[2].removesuffix(".ics")

    feed = db.session.scalar(select(CalendarFeed))

    assert len(token) >= 128 / 6
    assert token not in str(vars(feed))
    assert re.fullmatch("[0-9a-f]{64}", feed.token_hash)


def test_a_renewed_address_kills_the_one_before_and_leaves_other_feeds_alone(client, teacher):
    school_feed = address_of(teacher, "school")
    old = address_of(teacher, "teacher")
    new = address_of(teacher, "teacher")

    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert client.get(school_feed).status_code == 200


def test_who_leaves_a_school_or_closes_the_account_no_longer_reads_it(client, teacher):
    path = address_of(teacher, "school")
    assert client.get(path).status_code == 200

    membership = teacher.memberships[0]
    membership.trusted_at = None
    db.session.commit()
    assert client.get(path).status_code == 404
    membership.trusted_at, membership.state = make.NOW, MemberState.ENDED
    db.session.commit()
    assert client.get(path).status_code == 404
    membership.state, teacher.active = MemberState.ACTIVE, False
    db.session.commit()
    assert client.get(path).status_code == 404


def test_the_english_address_speaks_english(client, teacher):
    book(make.make_slot(), make.make_class(teacher))

    assert "My bookings" in client.get(f"/en{address_of(teacher, 'teacher')}").text


def test_no_token_reaches_a_log(client, teacher, monkeypatch):
    path = address_of(teacher, "teacher")
    token = path.split("/")[2].removesuffix(".ics")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    client.application.logger.addHandler(handler)
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("booking.calendars.views.private_feed", lambda *_: 1 / 0)
    try:
        assert client.get(path).status_code == 500
    finally:
        client.application.logger.removeHandler(handler)

    assert "ZeroDivisionError" in written.getvalue()
    assert token not in written.getvalue()
    assert any(isinstance(each, TokenFilter) for each in client.application.logger.filters)


def test_an_access_log_holds_no_token_of_a_feed_nor_of_a_link():
    atoms = {"r": "GET /calendars/s3cret.ics HTTP/1.1", "U": "/en/calendars/s3cret.ics", "s": "200", "B": 12,
             "f": "https://etabli.example/a/s3cret?x=1", "{raw_uri}e": "/calendars/s3cret.ics"}  # fmt: skip

    kept = access_atoms(atoms)

    assert "s3cret" not in str(kept)
    assert kept["r"] == "GET /calendars/… HTTP/1.1"
    assert (kept["s"], kept["B"]) == ("200", 12)


# ---- The page


def test_a_person_makes_copies_renews_and_revokes_an_address(client, teacher):
    signed_in(client, teacher)
    page = client.get("/account/calendars").text
    assert "Créer l’adresse de «\u00a0Mes réservations\u00a0»" in page
    assert "8 à 24 heures" in page

    made = client.post(f"/account/calendars/teacher/{teacher.id}/address")

    (token,) = set(re.findall(r"/calendars/([\w-]{32})\.ics", made.text))
    assert f"http://127.0.0.1:5000/calendars/{token}.ics" in made.text
    assert f"webcal://127.0.0.1:5000/calendars/{token}.ics" in made.text
    assert made.headers["Cache-Control"] == "no-store"
    assert made.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(f"/calendars/{token}.ics").status_code == 200
    later = client.get("/account/calendars").text
    assert token not in later
    assert "Renouveler l’adresse" in later
    client.post(f"/account/calendars/teacher/{teacher.id}/revocation")
    assert client.get(f"/calendars/{token}.ics").status_code == 404


def test_reading_the_page_makes_no_address(client, teacher):
    signed_in(client, teacher).get("/account/calendars")

    assert db.session.scalar(select(CalendarFeed)) is None


def test_somebody_elses_calendar_is_a_404(client, teacher):
    other, officer = make.make_teacher(), make.make_officer()
    company = make.make_company()
    signed_in(client, teacher)

    for kind, number in (("teacher", other.id), ("school", other.memberships[0].school_id), ("company", company.id),
                         ("territory", officer.memberships[0].id)):  # fmt: skip
        for what in ("address", "revocation"):
            assert client.post(f"/account/calendars/{kind}/{number}/{what}").status_code == 404
    assert db.session.scalar(select(CalendarFeed)) is None


def test_somebody_not_yet_trusted_follows_their_own_bookings_alone(client, app):
    newcomer = make.make_teacher(trusted=False)
    signed_in(client, newcomer)

    assert client.post(f"/account/calendars/school/{newcomer.memberships[0].school_id}/address").status_code == 404
    assert client.post(f"/account/calendars/teacher/{newcomer.id}/address").status_code == 200


def test_each_role_is_offered_its_calendars(client, app):
    company = make.make_company()
    make.make_site(company)
    make.make_site(company, name="Dépôt")
    host = make.make_host(company)
    for person, kinds in (
        (make.make_teacher(), {"teacher", "school"}),
        (host, {"company", "site"}),
        (make.make_officer(), {"territory"}),
        (make.make_person(), set()),
    ):
        page = signed_in(client, person).get("/account/calendars").text
        assert set(re.findall(r"/account/calendars/(\w+)/\d+/address", page)) == kinds


def test_feeds_are_read_on_both_databases(app, both_databases):
    teacher = make.make_teacher()
    activity = make.make_activity(confirmation=ConfirmationMode.APPROVAL, kind=ActivityKind.CLASSROOM_WORKSHOP)
    book(make.make_slot(activity), make.make_class(teacher))
    client = app.test_client()

    for person, kind in ((teacher, "teacher"), (teacher, "school"), (activity.contact, "company"),
                         (make.make_officer(), "territory")):  # fmt: skip
        answer = client.get(address_of(person, kind))
        assert Calendar.from_ical(answer.data)
        assert answer.last_modified == make.NOW
    assert db.session.scalar(select(CalendarFeed).filter_by(kind=FeedKind.SCHOOL)).person_id == teacher.id
