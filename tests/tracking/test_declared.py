"""Visits arranged elsewhere: entered by three kinds of people, counted apart and together, never twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.accounts.models import ScopeKind
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.rules.states import Origin, State
from booking.core.db import db
from booking.tracking import figures
from booking.tracking.scope import scope_of
from tests import make
from tests.sign_in import signed_in

TOLD = {
    "school": "Pasteur Brunoy", "level_code": "4E", "class_name": "4e B", "pupils": "27", "firm": "turbines du hurepoix",
    "kind": "site_visit", "visited_on": "12/01/2027", "place": "Évry", "present_pupils": "", "present_adults": "",
}  # fmt: skip


@pytest.fixture
def essonne(app, now):
    """A school, a firm of the service, an edition and an officer."""
    school = make.make_school()
    school.search_text = "/ college louis pasteur / brunoy 91800"
    slot = make.make_slot(max_classes=3, max_pupils=90)
    db.session.commit()
    return make.make_officer(), school, slot


def declared_at(officer) -> str:
    return f"/territory/{officer.memberships[0].id}/declared"


def counted(officer, edition):
    both = figures.board(scope_of(officer.memberships[0]), edition).together
    return both.booked, both.declared, both.together


def all_declared():
    return db.session.scalars(select(DeclaredVisit).order_by(DeclaredVisit.id)).all()


@pytest.mark.usefixtures("both_databases")
def test_an_officer_enters_a_visit_and_it_counts_apart_and_together(essonne, client):
    officer, school, slot = essonne
    make.make_booking(slot, make.make_class(school=school, name="4ème B", pupils=25))
    page = signed_in(client, officer)
    # Another day: the same class counts once in the whole, with its largest number.
    answer = page.post(f"{declared_at(officer)}/new", data={**TOLD, "visited_on": "14/01/2027"})
    assert answer.status_code == 302
    (visit,) = all_declared()
    assert (visit.company_id, visit.company_name) == (slot.activity.company_id, "Turbines du Hurepoix")
    assert (visit.school_id, visit.departement_code, visit.state) == (school.id, "91", State.CONFIRMED)
    booked, declared, together = counted(officer, visit.edition)
    assert (booked.bookings, booked.classes, booked.pupils, booked.participations) == (1, 1, 25, 25)
    assert (declared.bookings, declared.classes, declared.pupils) == (1, 1, 27)
    assert (together.bookings, together.classes, together.pupils, together.participations) == (2, 1, 27, 52)
    assert together.schools == 1
    text = page.get(f"/territory/{officer.memberships[0].id}/").text
    assert "Réservé ici, déclaré, et l’ensemble" in text


@pytest.mark.usefixtures("both_databases")
def test_the_same_visit_is_shown_before_saving_and_never_counted_twice(essonne, client):
    officer, school, slot = essonne
    booking = make.make_booking(slot, make.make_class(school=school))
    page, new = signed_in(client, officer), f"{declared_at(officer)}/new"
    text = page.post(new, data=TOLD).text
    assert "Déjà compté ce jour-là" in text
    assert f"/bookings/{booking.id}" in text
    assert 'value="turbines du hurepoix"' in text and all_declared() == []
    # It is another one: said, then counted.
    assert page.post(new, data={**TOLD, "is_apart": "y"}).status_code == 302
    booked, declared, together = counted(officer, slot.activity.edition)
    assert (booked.bookings, declared.bookings, together.bookings, together.classes) == (1, 1, 2, 1)


@pytest.mark.usefixtures("both_databases")
def test_a_visit_booked_after_it_was_declared_counts_as_the_booking(essonne, client):
    officer, school, slot = essonne
    page, new = signed_in(client, officer), f"{declared_at(officer)}/new"
    page.post(new, data=TOLD)
    # Sent twice, or told by somebody else, it is recognised among the declarations too.
    assert "déclaration" in page.post(new, data={**TOLD, "class_name": ""}).text
    edition = slot.activity.edition
    assert counted(officer, edition)[1].bookings == 1
    make.make_booking(slot, make.make_class(school=school, name="4B"))
    booked, declared, together = counted(officer, edition)
    assert (booked.bookings, declared.bookings, together.bookings) == (1, 0, 1)
    assert "comptée une fois" in page.get(declared_at(officer)).text
    assert "4e B" not in page.get(f"{declared_at(officer)}.csv").text


@pytest.mark.usefixtures("both_databases")
def test_bookings_that_an_old_edition_only_declared_are_declared(essonne):
    officer, school, slot = essonne
    make.make_booking(slot, make.make_class(school=school), origin=Origin.DECLARED)
    booked, declared, together = counted(officer, slot.activity.edition)
    assert (booked.bookings, declared.bookings, together.bookings) == (0, 1, 1)
    assert together.pupils == declared.pupils == 27


def test_who_came_is_added_after_the_day_and_a_withdrawn_one_counts_no_more(essonne, client, set_now):
    officer, _school, slot = essonne
    page, here = signed_in(client, officer), declared_at(officer)
    assert "pas encore eu lieu" in page.post(f"{here}/new", data={**TOLD, "present_pupils": "26"}).text
    page.post(f"{here}/new", data=TOLD)
    (visit,) = all_declared()
    set_now(slot.ends_at)
    came = {**TOLD, "school": visit.school.uai, "present_pupils": "26", "present_adults": "3"}
    assert page.post(f"{here}/{visit.id}", data=came).status_code == 302
    db.session.refresh(visit)
    assert (visit.state, visit.present_pupils) == (State.ATTENDED, 26)
    assert counted(officer, visit.edition)[2].pupils_present == 26
    page.post(f"{here}/{visit.id}/withdrawal")
    assert counted(officer, visit.edition)[2].bookings == 0
    assert page.get(f"{here}/{visit.id}").status_code == 404


def test_a_teacher_and_a_firm_declare_from_their_own_pages_and_read_no_other(essonne, client):
    _officer, school, slot = essonne
    teacher, colleague = make.make_teacher(school), make.make_teacher(school)
    company = slot.activity.company
    host, rival = make.make_host(company), make.make_host(make.make_company("Fonderie de l’Orge"))
    assert signed_in(client, teacher).post("/teacher/declared/new", data=TOLD).status_code == 302
    told = {**TOLD, "class_name": "4e C", "school": school.uai}
    of_firm = f"/company/{company.id}/declared"
    assert signed_in(client, host).post(f"{of_firm}/new", data=told).status_code == 302
    first, second = all_declared()
    assert (first.actor, second.actor, second.company_id) == ("teacher", "host", company.id)
    assert "4e C" in client.get(of_firm).text
    assert client.get(f"{of_firm}/{first.id}").status_code == 404
    assert signed_in(client, rival).get(f"{of_firm}/{second.id}").status_code == 404
    other = rival.memberships[0].company_id
    assert client.post(f"/company/{other}/declared/{second.id}/withdrawal").status_code == 404
    assert signed_in(client, colleague).get(f"/teacher/declared/{first.id}").status_code == 404
    assert "4e B" in signed_in(client, teacher).get("/teacher/declared").text
    assert {visit.state for visit in all_declared()} == {State.CONFIRMED}


def test_who_is_not_trusted_yet_declares_nothing(essonne, client):
    _officer, school, _slot = essonne
    newcomer = make.make_teacher(school, trusted=False)
    assert signed_in(client, newcomer).post("/teacher/declared/new", data=TOLD).status_code == 404
    host = make.make_host(make.make_company("Nouvelle", trusted=False))
    new = f"/company/{host.memberships[0].company_id}/declared/new"
    assert signed_in(client, host).post(new, data=TOLD).status_code == 404


def test_an_officer_of_elsewhere_neither_finds_the_school_nor_opens_the_declaration(essonne, client):
    officer, school, _slot = essonne
    signed_in(client, officer).post(f"{declared_at(officer)}/new", data=TOLD)
    (visit,) = all_declared()
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    stranger = make.make_officer(ScopeKind.DEPARTEMENT, "33")
    page, here = signed_in(client, stranger), declared_at(stranger)
    assert page.get(f"{here}/{visit.id}").status_code == page.post(f"{here}/{visit.id}", data=TOLD).status_code == 404
    assert page.post(f"{here}/{visit.id}/withdrawal").status_code == 404
    assert "Aucun établissement" in page.post(f"{here}/new", data={**TOLD, "school": school.uai}).text
    assert page.get(declared_at(officer)).status_code == 404
    assert len(all_declared()) == 1


def test_each_slip_has_its_sentence_and_nothing_typed_is_lost(essonne, client):
    officer, _school, _slot = essonne
    page = signed_in(client, officer)
    text = page.post(f"{declared_at(officer)}/new", data={"place": "Évry", "visited_on": "31/02/2027"}).text
    for sentence in (
        "Dites quel établissement",
        "Choisissez le niveau",
        "Écrivez le nom",
        "n’existe pas",
        "Indiquez un nombre",
    ):
        assert sentence in text, sentence
    assert 'value="Évry"' in text and 'value="31/02/2027"' in text
    assert "Aucune édition" in page.post(f"{declared_at(officer)}/new", data={**TOLD, "visited_on": "12/01/2031"}).text
