"""The officer's queue: who waits in the territory, who answers, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from booking.accounts.models import MemberState, ScopeKind
from booking.companies.models import Trust
from booking.core.db import db, transaction
from booking.tracking import people
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def creteil(app):
    return make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")


def waiting_company(departement="91", name="Turbines du Hurepoix", **values):
    company = make.make_company(name, trusted=False, trust_due_at=make.NOW + timedelta(days=7), **values)
    make.make_site(company, departement)
    make.make_host(company)
    return company


def waiting_teacher(departement="91", **values):
    teacher = make.make_teacher(make.make_school(departement=departement), trusted=False, **values)
    with transaction():
        db.session.merge(teacher.memberships[0]).trust_due_at = make.NOW + timedelta(days=7)
    return teacher.memberships[0]


def scope_for(officer):
    return people.queue_scope(officer.memberships[0])


def text_of(response) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).replace("\u00a0", " ").split())


@pytest.mark.usefixtures("both_databases")
def test_the_queue_holds_the_territory_s_companies_and_people_and_no_others(app, now, creteil):
    here, there = waiting_company(), waiting_company("77")
    member, beyond = waiting_teacher(), waiting_teacher("77")
    make.make_company(trusted=False)  # nobody of it has confirmed an address, and it has no site
    make.make_teacher(trusted=False, confirmed=False)
    make.make_teacher()
    versailles = scope_for(make.make_officer())
    assert [waiting.company for waiting in people.waiting_companies(versailles)] == [here]
    assert people.waiting_members(versailles) == [member]
    assert people.count_waiting(versailles) == 2
    for everybody in (scope_for(make.make_officer(ScopeKind.NATIONAL, None)), scope_for(make.make_admin())):
        assert {waiting.company for waiting in people.waiting_companies(everybody)} == {here, there}
        assert set(people.waiting_members(everybody)) == {member, beyond}
        assert people.count_waiting(everybody) == 4


@pytest.mark.usefixtures("both_databases")
def test_people_whom_their_school_does_not_know_come_first(app, now):
    waiting_teacher()
    denied = waiting_teacher()
    denied.state = MemberState.SUSPENDED
    db.session.commit()
    assert people.waiting_members(scope_for(make.make_officer()))[0] == denied


def queue_of(person) -> str:
    return f"/territory/{person.memberships[0].id}/people"


def test_an_officer_accepts_a_company_from_the_queue(client, now):
    company, officer = waiting_company(), make.make_officer()
    signed_in(client, officer)
    page = text_of(client.get(queue_of(officer)))
    assert "Turbines du Hurepoix" in page
    assert "mardi 1er décembre 2026" in page
    page = text_of(client.post(f"{queue_of(officer)}/companies/{company.id}/acceptance", follow_redirects=True))
    assert "Turbines du Hurepoix est vérifiée" in page
    assert "Personne n’attend" in page
    assert company.trust is Trust.TRUSTED


def test_a_refusal_without_a_reason_gets_its_sentence_beside_the_field(client, now):
    company, officer = waiting_company(), make.make_officer()
    signed_in(client, officer)
    page = text_of(client.post(f"{queue_of(officer)}/companies/{company.id}/refusal", data={"reason": " "}))
    assert "Écrivez la raison" in page
    assert f'<details id="company-{company.id}" open>' in page
    page = text_of(client.post(f"{queue_of(officer)}/companies/{company.id}/refusal", data={"reason": "x" * 301}))
    assert "300 caractères au plus" in page and "x" * 301 in page
    assert company.trust is Trust.PENDING
    client.post(f"{queue_of(officer)}/companies/{company.id}/refusal", data={"reason": "SIRET d’une autre."})
    assert (company.trust, company.trust_note) == (Trust.REFUSED, "SIRET d’une autre.")
    assert "Revenir sur le refus" in text_of(client.get(queue_of(officer)))


def test_an_officer_accepts_and_refuses_people_of_schools(client, now):
    first, second, officer = waiting_teacher(), waiting_teacher(), make.make_officer()
    signed_in(client, officer)
    client.post(f"{queue_of(officer)}/members/{first.id}/acceptance")
    client.post(f"{queue_of(officer)}/members/{second.id}/refusal", data={"reason": "Inconnue du collège."})
    assert first.is_trusted
    assert (second.state, second.trust_note) == (MemberState.REFUSED, "Inconnue du collège.")
    again = client.post(f"{queue_of(officer)}/members/{second.id}/acceptance", follow_redirects=True)
    assert "a déjà reçu une réponse" in text_of(again)


def test_what_is_beyond_the_territory_is_a_404(client, now, creteil):
    company, member, officer = waiting_company("77"), waiting_teacher("77"), make.make_officer()
    signed_in(client, officer)
    for path in (f"companies/{company.id}", f"members/{member.id}"):
        for verb in ("acceptance", "refusal"):
            assert client.post(f"{queue_of(officer)}/{path}/{verb}", data={"reason": "Non."}).status_code == 404
    assert company.trust is Trust.PENDING
    assert member.is_active


@pytest.mark.parametrize("who", [make.make_teacher, make.make_host, lambda: make.make_officer(scope_code="24")])
def test_another_officer_s_queue_is_a_404(client, now, who):
    officer, company = make.make_officer(), waiting_company()
    signed_in(client, who())
    assert client.get(queue_of(officer)).status_code == 404
    assert client.post(f"{queue_of(officer)}/companies/{company.id}/acceptance").status_code == 404
    assert company.trust is Trust.PENDING


def test_the_board_leads_to_the_queue_and_an_administrator_lands_there(client, now):
    waiting_company()
    make.make_edition()
    officer, admin = make.make_officer(), make.make_admin()
    signed_in(client, officer)
    page = text_of(client.get(f"/territory/{officer.memberships[0].id}/"))
    assert queue_of(officer) in page
    assert "1 attend" in page
    signed_in(client, admin)
    assert client.get("/me").location == "/territory/people"
    assert client.get("/territory/people").location == queue_of(admin)
    signed_in(client, make.make_teacher())
    assert client.get("/territory/people").status_code == 404
