"""An officer writes down who came for a firm or a school: in their territory alone, and both sides read it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import ScopeKind
from booking.bookings.models import Booking, VisitRecord
from booking.bookings.rules.states import Actor, State
from booking.core.checks import violations
from booking.core.db import db
from tests import make
from tests.bookings.test_teacher_views import booked, field_with_error, words_of
from tests.sign_in import signed_in

CAME = {"told_by": "host", "outcome": "attended", "pupils": "25", "adults": "3", "girls": "12", "key": "k1"}


@pytest.fixture
def host(app, now):
    return make.make_host()


@pytest.fixture
def booking(host):
    slot = make.make_slot(make.make_activity(make.make_site(host.memberships[0].company), host))
    return booked(slot, make.make_class(make.make_teacher()))


@pytest.fixture
def ten_days_later(booking, set_now):
    set_now(booking.slot.ends_at + timedelta(days=10))


@pytest.fixture
def officer(booking):
    return make.make_officer()


@pytest.fixture
def path(officer, booking):
    return f"/territory/{officer.memberships[0].id}/bookings/{booking.id}"


@pytest.mark.usefixtures("both_databases", "ten_days_later")
def test_an_officer_records_late_for_the_firm_and_both_sides_read_who_did_and_from_whom(
    client, officer, path, booking, host
):
    teacher = booking.teacher
    page = signed_in(client, officer)
    listed = page.get(path.rpartition("/")[0]).text
    assert f'href="{path}"' in listed and "Noter qui est venu" in listed
    assert page.post(path, data=CAME).location == path
    text = words_of(page.get(path).text)
    assert "25 élèves venus, 3 accompagnateurs (dont 12 filles) noté le vendredi 22 janvier 2027" in text
    assert "Noté par les services académiques, d’après l’entreprise" in text
    assert "Noter qui est venu" not in page.get(path.rpartition("/")[0]).text

    (record,) = db.session.scalars(select(VisitRecord))
    assert (record.actor, record.told_by, record.person_id, record.is_late) == (
        Actor.OFFICER, Actor.HOST, officer.id, True,
    )  # fmt: skip
    found = db.session.get_one(Booking, booking.id, populate_existing=True)
    assert (found.state, found.present_pupils, found.present_girls) == (State.ATTENDED, 25, 12)
    assert violations() == []

    company = host.memberships[0].company_id
    for person, page_of in ((teacher, "/teacher"), (host, f"/company/{company}")):
        text = words_of(signed_in(client, person).get(f"{page_of}/bookings/{booking.id}").text)
        assert "Odile Martin (services académiques), d’après l’entreprise" in text


@pytest.mark.usefixtures("both_databases", "ten_days_later")
def test_a_class_that_did_not_come_is_written_down_for_its_school_and_corrected(client, officer, path, booking):
    page = signed_in(client, officer)
    page.post(path, data={"told_by": "teacher", "outcome": "excused", "reason": "transport", "key": "k1"})
    text = page.get(path).text
    assert "d’après l’établissement" in text and "Corriger ce qui est noté" in text
    seen = re.search(r'name="seen"[^>]*value="(\d+)"', text)
    assert seen
    page.post(path, data={**CAME, "key": "k2", "seen": seen[1]})
    found = db.session.get_one(Booking, booking.id, populate_existing=True)
    assert (found.state, found.present_pupils) == (State.ATTENDED, 25)
    assert [record.stands for record in found.visit_records] == [True, True]
    assert violations() == []


@pytest.mark.usefixtures("both_databases", "ten_days_later")
def test_a_booking_that_does_not_touch_the_territory_is_404(client, path, booking):
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    for kind, code, status in (
        (ScopeKind.DEPARTEMENT, "33", 404), (ScopeKind.ACADEMIE, "04", 404), (ScopeKind.GROUP, "7", 404),
        (ScopeKind.DEPARTEMENT, "91", 200), (ScopeKind.NATIONAL, None, 200),
    ):  # fmt: skip
        page = signed_in(client, stranger := make.make_officer(kind, code))
        here = f"/territory/{stranger.memberships[0].id}/bookings/{booking.id}"
        assert page.get(here).status_code == status, (kind, code)
        if status == 404:
            assert page.post(here, data=CAME).status_code == 404
        # Another officer's membership opens nothing either.
        assert page.get(path).status_code == 404
    assert db.session.get_one(Booking, booking.id, populate_existing=True).state is State.CONFIRMED
    assert signed_in(client, booking.teacher).get(path).status_code == 404


@pytest.mark.usefixtures("ten_days_later")
def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(client, officer, path, booking):
    page = signed_in(client, officer)
    text = page.post(path, data={**CAME, "told_by": "", "pupils": "", "note": "Par téléphone"}).text
    assert re.search(
        r'<fieldset class="field invalid"[^>]*>(?:(?!</fieldset>).)*Dites de qui vous le tenez', text, re.S
    )
    assert "Indiquez un nombre." in field_with_error(text, "pupils")
    assert "Par téléphone" in text and 'value="12"' in text
    assert "plus de filles" in page.post(path, data={**CAME, "girls": "26"}).text
    assert db.session.scalar(select(VisitRecord)) is None


def test_nothing_is_written_down_before_the_day_nor_of_what_was_not_firm(client, officer, path, booking, set_now):
    page = signed_in(client, officer)
    assert "à partir du jour de la visite" in page.get(path).text
    assert "La venue est prévue le" in page.post(path, data=CAME).text
    set_now(booking.slot.ends_at + timedelta(days=10))
    booking.state = State.EXPIRED
    db.session.commit()
    text = page.get(path).text
    assert "Seules les réservations confirmées" in text and 'name="pupils"' not in text
    assert page.post(path, data=CAME).status_code == 200
    assert db.session.scalar(select(VisitRecord)) is None
