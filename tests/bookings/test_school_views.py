"""The school's page: everybody's bookings, for those who belong to it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booking.accounts.models import MemberRole, Membership
from booking.bookings import services
from booking.bookings.rules.states import Actor, CancelReason
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_teacher_views import booked, on_approval, words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def school(app):
    return make.make_school()


def member(school, role):
    person = make.make_person(first_name="Hélène", last_name="Roux")
    db.session.add(
        Membership(person_id=person.id, role=role, school_id=school.id, created_at=make.NOW, trusted_at=make.NOW)
    )
    db.session.commit()
    return person


@pytest.mark.parametrize("role", [MemberRole.HEAD, MemberRole.DELEGATE, MemberRole.TEACHER])
def test_head_delegate_and_teachers_see_all_bookings_of_their_school(client, school, role):
    booked(make.make_slot(), make.make_class(make.make_teacher(school, last_name="Un"), name="4e A"))
    booked(on_approval(), make.make_class(make.make_teacher(school, last_name="Deux"), name="4e C"))
    words = words_of(signed_in(client, member(school, role)).get(f"/school/{school.uai}/").text)
    for fact in ("4e A", "Claire Un", "confirmée", "4e C", "Claire Deux", "demande envoyée", "27 élèves"):
        assert fact in words


def test_states_are_counted_and_the_bookings_to_come_stand_first(client, school):
    teacher = make.make_teacher(school)
    booked(make.make_slot(), make.make_class(teacher, name="4e A"))
    ended = booked(make.make_slot(local_start=datetime(2027, 1, 14, 9)), make.make_class(teacher, name="4e C"))
    with transaction():
        services.cancel_booking(ended.id, teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    text = signed_in(client, teacher).get(f"/school/{school.uai}/").text
    assert "<dt>confirmée</dt><dd>1</dd>" in text
    assert "<dt>annulée</dt><dd>1</dd>" in text
    words = words_of(text)
    assert words.index("À venir") < words.index("4e A") < words.index("Passées ou sans suite") < words.index("4e C")


def test_several_are_counted_in_the_plural_and_another_school_year_says_its_own(client, school, set_now):
    teacher = make.make_teacher(school)
    for number, name in enumerate(("4e A", "4e C")):
        booked(make.make_slot(local_start=datetime(2027, 1, 14 + number, 9)), make.make_class(teacher, name=name))
    page = signed_in(client, teacher)
    text = page.get(f"/school/{school.uai}/").text
    assert "<dt>confirmées</dt><dd>2</dd>" in text
    assert "jeudi 14 janvier 2027" not in words_of(text)
    set_now(datetime(2027, 10, 1, 9, tzinfo=UTC))
    assert "jeudi 14 janvier 2027" in words_of(page.get(f"/school/{school.uai}/").text)


def test_another_schools_bookings_are_not_there_and_its_page_is_a_404(client, school):
    foreign = make.make_class(name="Classe lointaine")
    booked(make.make_slot(), foreign)
    page = signed_in(client, make.make_teacher(school))
    assert "Classe lointaine" not in page.get(f"/school/{school.uai}/").text
    assert page.get(f"/school/{foreign.school.uai}/").status_code == 404
    assert page.get("/school/0000000X/").status_code == 404
    assert page.get("/school/%00/").status_code == 404


def test_a_host_has_no_business_on_a_schools_page(client, school):
    assert signed_in(client, make.make_host()).get(f"/school/{school.uai}/").status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, school):
    assert "/login" in client.get(f"/school/{school.uai}/").location


def test_the_code_of_the_school_may_be_typed_in_small_letters(client, school):
    page = signed_in(client, make.make_teacher(school))
    assert page.get(f"/school/{school.uai.lower()}/").status_code == 200


def test_whoever_only_says_to_teach_there_sees_their_own_bookings(client, school):
    booked(make.make_slot(), make.make_class(make.make_teacher(school), name="4e des autres"))
    newcomer = make.make_teacher(school, trusted=False)
    booked(make.make_slot(local_start=datetime(2027, 1, 19, 9)), make.make_class(newcomer, name="4e à moi"))
    words = words_of(signed_in(client, newcomer).get(f"/school/{school.uai}/").text)
    assert "4e à moi" in words
    assert "4e des autres" not in words
    assert "en cours de vérification" in words


def test_nothing_booked_leads_to_the_programme_of_the_departement(client, school):
    text = signed_in(client, make.make_teacher(school)).get(f"/school/{school.uai}/").text
    assert "Aucune sortie à venir" in text
    assert "departement=91" in text
