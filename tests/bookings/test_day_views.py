"""The day's pages: the host's sheet, the same by its own link, the teacher's page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import ActionLink
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Event, State
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_teacher_views import booked, field_with_error, words_of
from tests.sign_in import signed_in

DAY = "2027-01-12"


@pytest.fixture
def company(app, now):
    return make.make_company()


@pytest.fixture
def host(company):
    return make.make_host(company)


@pytest.fixture
def slot(company, host):
    site = make.make_site(company, access="Entrée par le portail B", parking="")
    return make.make_slot(
        make.make_activity(site, host, equipment="Casque et lunettes prêtés"), max_classes=2, max_pupils=60
    )


@pytest.fixture
def teacher(company):
    return make.make_teacher(mobile="06 11 22 33 44")


@pytest.fixture
def booking(slot, teacher):
    return booked(slot, make.make_class(teacher), message="Nous venons en car.")


@pytest.fixture
def on_the_day(booking, set_now):
    set_now(booking.slot.starts_at + timedelta(minutes=5))


@pytest.fixture
def page(client, host):
    return signed_in(client, host)


@pytest.fixture
def path(company):
    return f"/company/{company.id}/days/{DAY}"


@pytest.fixture
def link(booking):
    with transaction():
        return f"/a/{services.open_day_sheet(booking.slot_id)}"


def came(booking, **values):
    return {"booking_id": booking.id, "what": "record", "key": "k1", "outcome": "attended",
            "pupils": "26", "adults": "3", **values}  # fmt: skip


def fresh(booking) -> Booking:
    return db.session.get_one(Booking, booking.id, populate_existing=True)


# ---- The host's sheet


@pytest.mark.usefixtures("on_the_day")
def test_the_sheet_says_who_comes_what_to_hand_out_and_whom_to_call(page, path, booking):
    words = words_of(page.get(path).text)
    for fact in (
        "Feuille du mardi 12 janvier", "9 h – 11 h 30", "4e B", "Collège Louis Pasteur, Brunoy",
        "27 élèves, 3 accompagnateurs", "Casque et lunettes prêtés", "Nous venons en car.", "Claire Dupont",
        "06 11 22 33 44", "La classe est arrivée", "Tout le monde est là : 27 élèves, 3 accompagnateurs",
    ):  # fmt: skip
        assert fact in words, fact


def test_the_mobile_and_the_buttons_come_with_the_day(page, path, booking, set_now):
    for days, mobile, buttons in ((-3, False, False), (-1, True, False), (1, True, True), (2, False, True)):
        set_now(booking.slot.starts_at + timedelta(days=days))
        text = page.get(path).text
        assert ("06 11 22 33 44" in text, "Tout le monde est là" in text) == (mobile, buttons), days


def test_another_company_s_day_and_a_day_that_is_none_are_404(client, path, page):
    assert page.get("/company/1/days/2027-13-45").status_code == 404
    stranger = signed_in(client, make.make_host())
    assert stranger.get(path).status_code == 404


def test_an_empty_day_says_so(page, company):
    assert "Aucun créneau ce jour-là" in page.get(f"/company/{company.id}/days/2027-01-13").text


@pytest.mark.usefixtures("on_the_day")
def test_arrival_then_presence_in_two_taps(page, path, booking):
    answer = page.post(path, data={"booking_id": booking.id, "what": "arrive", "key": "a1"})
    assert answer.status_code == 302 and answer.location.endswith(f"#class-{booking.id}")
    assert "Arrivée à 9 h 05" in words_of(page.get(path).text)
    page.post(path, data=came(booking, pupils="27"))
    text = page.get(path).text
    assert "27 élèves venus, 3 accompagnateurs" in words_of(text)
    assert "Corriger ce qui est noté" in text and "Tout le monde est là" not in text
    assert re.search(r'data-keys="[^"]*k1', text)
    assert fresh(booking).present_pupils == 27


@pytest.mark.usefixtures("on_the_day")
def test_a_slip_is_said_beside_its_field_and_nothing_typed_is_lost(page, path, booking):
    text = page.post(path, data=came(booking, pupils="", adults="4", note="Un casque oublié", key="kept")).text
    assert "Indiquez un nombre." in field_with_error(text, "pupils")
    assert "Un casque oublié" in text and 'value="4"' in text and 'value="kept"' in text
    text = page.post(path, data=came(booking, girls="30")).text
    assert "plus de filles que d’élèves" in field_with_error(text, "girls")
    text = page.post(path, data=came(booking, outcome="excused")).text
    assert "Choisissez une raison" in field_with_error(text, "reason")
    assert fresh(booking).state is State.CONFIRMED


@pytest.mark.usefixtures("on_the_day")
def test_somebody_elses_class_is_a_404_and_an_unknown_deed_a_400(page, path, booking):
    other = make.make_booking()
    assert page.post(path, data=came(other)).status_code == 404
    assert page.post(path, data={"booking_id": booking.id, "what": "late", "minutes": "10"}).status_code == 400
    assert page.post(path, data={"booking_id": booking.id, "what": "burn"}).status_code == 400
    assert page.get(path, query_string=came(booking)).status_code == 200
    assert fresh(booking).state is State.CONFIRMED and fresh(other).state is State.CONFIRMED


def test_a_presence_recorded_later_shows_when_it_was(page, path, booking, set_now):
    set_now(booking.slot.ends_at + timedelta(days=6))
    page.post(path, data=came(booking))
    assert "noté le lundi 18 janvier 2027" in words_of(page.get(path).text)


@pytest.mark.usefixtures("on_the_day")
def test_the_english_sheet_speaks_english(page, path, booking):
    assert "The class has arrived" in page.get(f"/en{path}").text


# ---- By the sheet's own link


@pytest.mark.usefixtures("on_the_day")
def test_the_receptionist_opens_the_sheet_without_an_account_and_sees_no_address(client, link, booking, host):
    page = client.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    text = page.text
    assert "06 11 22 33 44" in text and "4e B" in text
    assert "@" not in re.sub(r"data-keys=.*?>|<script.*?</script>", "", text.split("<main", 1)[1])
    answer = client.post(link, data=came(booking))
    assert answer.status_code == 302
    assert fresh(booking).present_pupils == 26
    assert booking.visit_records[0].person_id is None
    assert "Noté par l’entreprise" in words_of(client.get(link).text)


@pytest.mark.usefixtures("on_the_day")
def test_a_link_scanner_that_opens_the_sheet_changes_nothing(client, link, booking):
    client.get(link, query_string=came(booking))
    client.head(link)
    assert fresh(booking).visit_records == [] and fresh(booking).state is State.CONFIRMED


@pytest.mark.usefixtures("on_the_day")
def test_the_sheet_of_one_slot_records_no_other(client, link):
    other = make.make_booking()
    assert client.post(link, data=came(other)).status_code == 404


def test_the_link_opens_the_day_before_and_ends_two_days_after(client, link, booking, set_now):
    for days, status, is_open in ((-2, 200, False), (-1, 200, True), (2, 200, True), (3, 404, False)):
        set_now(booking.slot.starts_at + timedelta(days=days))
        answer = client.get(link)
        assert (answer.status_code, "06 11 22 33 44" in answer.text or "4e B" in answer.text) == (status, is_open), days
        if days == -2:
            assert "s’ouvre la veille" in answer.text
            assert client.post(link, data=came(booking)).status_code == 200
            assert fresh(booking).visit_records == []


def test_the_host_makes_the_link_and_takes_it_back(page, path, booking, app, set_now):
    set_now(booking.slot.starts_at - timedelta(hours=3))
    assert page.get(path).status_code == 200
    assert db.session.scalar(select(ActionLink).where(ActionLink.purpose == "day-sheet")) is None
    page.post(path, data={"what": "open-link", "slot_id": booking.slot_id})
    address = re.search(r'href="(/a/[^"]+)"', page.get(path).text).group(1)
    anybody = app.test_client()
    assert anybody.get(address).status_code == 200
    page.post(path, data={"what": "close-link", "slot_id": booking.slot_id})
    assert anybody.get(address).status_code == 404


# ---- The teacher's page


@pytest.mark.usefixtures("on_the_day")
def test_the_teacher_s_page_says_when_to_leave_where_to_go_and_whom_to_call(client, teacher, booking):
    words = words_of(signed_in(client, teacher).get(f"/teacher/bookings/{booking.id}/day").text)
    for fact in ("départ de l’établissement à", "12 rue des Ateliers", "Entrée par le portail B", "01 60 00 00 00",
                 "Le car a du retard", "+ 10 min", "+ 30 min ou plus", "Nous sommes arrivés"):  # fmt: skip
        assert fact in words, fact


@pytest.mark.usefixtures("on_the_day")
def test_one_tap_tells_the_host_that_the_coach_is_late(client, teacher, booking, host, path):
    page = signed_in(client, teacher)
    page.post(
        f"/teacher/bookings/{booking.id}/day",
        data={"booking_id": booking.id, "what": "late", "minutes": "20", "key": "l"},
    )
    assert fresh(booking).delay.details["minutes"] == 20
    words = words_of(signed_in(client, host).get(path).text)
    assert "Retard annoncé : 20 min. Dit à 9 h 05 ; la classe est attendue vers 9 h 20." in words
    wrong = signed_in(client, teacher).post(
        f"/teacher/bookings/{booking.id}/day", data={"booking_id": booking.id, "what": "late", "minutes": "11"}
    )
    assert "Choisissez un retard de la liste." in wrong.text


@pytest.mark.usefixtures("on_the_day")
def test_what_the_host_wrote_first_is_seen_by_the_teacher_who_may_correct_it(client, teacher, booking, host, path):
    signed_in(client, host).post(path, data=came(booking, key="host"))
    page = signed_in(client, teacher)
    here = f"/teacher/bookings/{booking.id}/day"
    page.post(here, data=came(booking, key="blind", pupils="25", adults="3"))
    text = page.get(here).text
    words = words_of(text)
    assert "votre relevé est gardé à côté" in words
    assert "De son côté, l’établissement a noté : 25 élèves venus, 3 accompagnateurs." in words
    seen = re.search(r'name="seen" value="(\d+)"', text).group(1)
    page.post(here, data=came(booking, key="seen", pupils="25", adults="3", seen=seen))
    assert fresh(booking).present_pupils == 25
    assert "De son côté" not in words_of(page.get(here).text)


def test_another_teacher_s_day_is_a_404(client, booking):
    assert signed_in(client, make.make_teacher()).get(f"/teacher/bookings/{booking.id}/day").status_code == 404


@pytest.mark.usefixtures("on_the_day")
def test_the_history_says_what_was_noted_on_the_day(client, teacher, booking):
    page = signed_in(client, teacher)
    page.post(f"/teacher/bookings/{booking.id}/day", data={"booking_id": booking.id, "what": "arrive", "key": "x"})
    assert fresh(booking).events[-1].event is Event.ARRIVE
    words = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    assert "Classe arrivée" in words
