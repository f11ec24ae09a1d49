"""An officer books for a teacher who asked: the booking is the teacher's, and everybody reads who entered it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.accounts.models import ScopeKind
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, State
from booking.core.checks import violations
from booking.core.db import db
from booking.mail.models import OutgoingMail
from tests import make
from tests.bookings.test_mails import deliver
from tests.sign_in import signed_in


@pytest.fixture
def asked(app, now):
    """A class of the territory, a slot, an officer, and the address of the form."""
    slot, school_class, officer = make.make_slot(), make.make_class(), make.make_officer()
    page = f"/territory/{officer.memberships[0].id}/slots/{slot.id}/booking"
    return slot, school_class, officer, page


@pytest.mark.usefixtures("both_databases")
def test_the_booking_is_the_teachers_and_says_who_entered_it(asked, client):
    slot, school_class, officer, page = asked
    here = f"{page}?school={school_class.school.uai}"
    sent = {"class_id": school_class.id, "pupils": "25", "adults": "", "key": "k1"}
    assert "4e B" in signed_in(client, officer).get(here).text
    # Sent twice, it books once.
    answers = [client.post(here, data=sent) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    (booking,) = db.session.scalars(select(Booking)).all()
    assert (booking.state, booking.pupils, booking.teacher_id) == (State.CONFIRMED, 25, school_class.owner_id)
    assert booking.booked_by_id == school_class.owner_id
    assert [(event.actor, event.person_id) for event in booking.events] == [(Actor.OFFICER, officer.id)]
    mails = db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "booking-confirmed")).all()
    assert {mail.person_id for mail in mails} == {school_class.owner_id, slot.activity.contact_id}
    assert violations() == []
    for person, address in (
        (booking.teacher, f"/teacher/bookings/{booking.id}"),
        (slot.activity.contact, f"/company/{slot.activity.company_id}/bookings/{booking.id}"),
    ):
        text = signed_in(client, person).get(address).text
        assert "Réservation saisie par les services académiques pour Claire Dupont." in text
        assert "Odile Martin (services académiques), pour Claire Dupont" in text


def test_every_message_of_it_says_so(asked, client):
    _slot, school_class, officer, page = asked
    signed_in(client, officer).post(f"{page}?school={school_class.school.uai}", data={"class_id": school_class.id})
    told = [letter for letter in deliver() if "confirmée" in letter.subject]
    assert len(told) == 2
    assert all("saisie par les services académiques pour Claire Dupont" in letter.flat for letter in told)


def test_what_stands_in_the_way_is_said_and_nothing_is_booked(asked, client):
    _slot, school_class, officer, page = asked
    here = f"{page}?school={school_class.school.uai}"
    text = signed_in(client, officer).post(here, data={"class_id": school_class.id, "pupils": "60"}).text
    assert "Il reste quelque chose à corriger" in text and 'value="60"' in text
    assert "Choisissez une classe" in client.post(here, data={"class_id": 999}).text
    assert db.session.scalar(select(Booking)) is None


def test_schools_and_slots_of_elsewhere_are_404(asked, client):
    slot, school_class, officer, page = asked
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    stranger = make.make_officer(ScopeKind.DEPARTEMENT, "33")
    there = f"/territory/{stranger.memberships[0].id}/slots/{slot.id}/booking?school={school_class.school.uai}"
    signed_in(client, stranger)
    assert client.get(there).status_code == client.post(there, data={"class_id": school_class.id}).status_code == 404
    assert client.get(page).status_code == 404
    hidden = make.make_slot(make.make_activity(make.make_site(make.make_company("Fermée", trusted=False))))
    here = page.replace(f"/slots/{slot.id}/", f"/slots/{hidden.id}/")
    assert signed_in(client, officer).get(here).status_code == 404
    # A class of another school than the one of the address is none of the form's.
    other = make.make_class()
    answer = client.post(f"{page}?school={school_class.school.uai}", data={"class_id": other.id})
    assert "Choisissez une classe" in answer.text
    assert db.session.scalar(select(Booking)) is None
