"""The pages of going: hand over, leave, close, take a colleague out."""

from __future__ import annotations

from html import unescape

import pytest

from booking.accounts.models import MemberRole, Membership, MemberState
from booking.bookings import services
from booking.core.db import db, transaction
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def claire(app):
    return make.make_teacher(first_name="Claire", last_name="Dupont")


@pytest.fixture
def paul(claire):
    return make.make_teacher(claire.memberships[0].school, first_name="Paul", last_name="Renaud")


@pytest.fixture
def booking(claire, now):
    slot, school_class = make.make_slot(), make.make_class(claire)
    with transaction():
        return services.request_places(slot.id, school_class.id, claire)


def text_of(response) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).replace("\u00a0", " ").split())


def test_a_teacher_hands_a_booking_over_from_its_page(client, claire, paul, booking):
    signed_in(client, claire)
    assert f"/teacher/bookings/{booking.id}/hand-over" in text_of(client.get(f"/teacher/bookings/{booking.id}"))
    path = f"/teacher/bookings/{booking.id}/hand-over"
    assert "Paul Renaud" in text_of(client.get(path))
    assert booking.teacher_id == claire.id
    assert "Choisissez un collègue vérifié" in text_of(client.post(path, data={"heir": ""}))
    assert client.post(path, data={"heir": "99999"}).status_code == 200
    assert booking.teacher_id == claire.id
    page = text_of(client.post(path, data={"heir": str(paul.id)}, follow_redirects=True))
    assert "confiée à votre collègue" in page
    assert booking.teacher_id == paul.id


def test_the_head_hands_a_teacher_s_booking_over(client, claire, paul, booking):
    head = make.make_person(first_name="Hélène", last_name="Marchand")
    with transaction():
        db.session.add(
            Membership(person_id=head.id, role=MemberRole.HEAD, school_id=booking.school_id, created_at=make.NOW,
                       trusted_at=make.NOW)
        )  # fmt: skip
    signed_in(client, head)
    client.post(f"/teacher/bookings/{booking.id}/hand-over", data={"heir": str(paul.id)})
    assert booking.teacher_id == paul.id


@pytest.mark.parametrize("who", [make.make_teacher, make.make_host, make.make_officer])
def test_another_s_booking_is_a_404(client, booking, who):
    signed_in(client, who())
    assert client.get(f"/teacher/bookings/{booking.id}/hand-over").status_code == 404
    assert client.post(f"/teacher/bookings/{booking.id}/hand-over", data={"heir": "1"}).status_code == 404


def test_a_colleague_does_not_take_a_booking_without_being_asked(client, paul, booking):
    signed_in(client, paul)
    path = f"/teacher/bookings/{booking.id}/hand-over"
    assert client.post(path, data={"heir": str(paul.id)}).status_code == 404


def test_leaving_says_what_is_left_and_who_could_take_it(client, claire, paul, booking):
    signed_in(client, claire)
    path = f"/account/memberships/{claire.memberships[0].id}/leave"
    page = text_of(client.get(path))
    assert "1 réservation en cours" in page and "1 classe enregistrée" in page and "Paul Renaud" in page
    assert "Il reste 1 réservation en cours" in text_of(client.post(path))
    assert claire.memberships[0].is_active
    page = text_of(client.post(path, data={"heir": str(paul.id)}, follow_redirects=True))
    assert "vous n’en faites plus partie" in page
    assert (booking.teacher_id, claire.memberships[0].state) == (paul.id, MemberState.ENDED)
    assert client.get(path).status_code == 404


def test_another_s_membership_is_a_404(client, claire, paul):
    signed_in(client, paul)
    path = f"/account/memberships/{claire.memberships[0].id}/leave"
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert claire.memberships[0].is_active


def test_closing_the_account_is_asked_twice_and_signs_out(client, claire):
    signed_in(client, claire)
    assert "Cochez la case" in text_of(client.post("/account/close"))
    assert claire.closed_at is None
    answer = client.post("/account/close", data={"sure": "y"}, follow_redirects=True)
    assert "Votre compte est fermé" in text_of(answer)
    assert claire.closed_at is not None
    assert client.get("/account/").status_code == 302


def test_an_account_with_a_booking_in_progress_stays_open(client, claire, booking):
    signed_in(client, claire)
    assert "Il reste 1 réservation en cours" in text_of(client.post("/account/close", data={"sure": "y"}))
    assert claire.closed_at is None


def test_a_manager_takes_a_colleague_out_and_nobody_else_does(client):
    company = make.make_company()
    manager, host = make.make_host(company), make.make_host(company, MemberRole.HOST, first_name="Léa")
    path = f"/company/{company.id}/people/{host.memberships[0].id}/removal"
    signed_in(client, host)
    assert client.post(path).status_code == 403
    signed_in(client, make.make_host())
    assert client.post(path).status_code == 404
    signed_in(client, manager)
    assert client.post(f"/company/{company.id}/people/{manager.memberships[0].id}/removal").status_code == 404
    assert "ne fait plus partie" in text_of(client.post(path, follow_redirects=True))
    assert host.memberships[0].state is MemberState.ENDED
