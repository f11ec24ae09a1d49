"""Groups of schools: an académie makes them, whoever follows one sees its schools' bookings and nothing else."""

from __future__ import annotations

import pytest

from booking.accounts.models import MemberState, ScopeKind
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.schools import groups
from booking.schools.models import SchoolGroup, SchoolGroupMember
from booking.tracking import figures
from booking.tracking.scope import scope_of
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def evry(app, now):
    """A group of the académie of Versailles that holds one of its two schools, and a booking of each."""
    inside, outside = make.make_school(), make.make_school("Collège Ailleurs", commune_insee="91999")
    slot = make.make_slot(max_classes=2, max_pupils=60)
    make.make_booking(slot, make.make_class(school=inside, pupils=27))
    make.make_booking(slot, make.make_class(school=outside, pupils=20))
    with transaction():
        group = groups.create_group("25", "Bassin de l’Yerres")
        groups.add_schools(group.id, [inside.uai])
    return group


def counted(officer, edition):
    scope = scope_of(officer.memberships[0])
    return {
        figure.code: figure.value for chapter in figures.board(scope, edition).chapters for figure in chapter.figures
    }


@pytest.mark.usefixtures("both_databases")
def test_a_group_sees_the_bookings_of_its_schools_and_the_offers_of_their_communes(evry):
    edition = make.make_edition()
    officer = make.make_officer(ScopeKind.GROUP, str(evry.id))
    seen = counted(officer, edition)
    assert (seen["bookings"], seen["pupils"], seen["schools"]) == (1, 27, 1)
    assert (seen["activities"], seen["slots"]) == (0, 0)
    make.make_commune("91114", "Brunoy")
    make.make_slot(make.make_activity(make.make_site(commune_insee="91114")), max_pupils=12)
    seen = counted(officer, edition)
    assert (seen["activities"], seen["slots"], seen["offered"]) == (1, 1, 12)


def test_a_group_that_does_not_exist_sees_nothing(evry):
    assert set(counted(make.make_officer(ScopeKind.GROUP, "999"), make.make_edition()).values()) <= {0, None}


def test_a_group_s_officer_vouches_for_nobody_and_suspends_nothing(evry, client):
    waiting = make.make_teacher(trusted=False)
    with transaction():
        groups.add_schools(evry.id, [waiting.memberships[0].school.uai])
    officer = make.make_officer(ScopeKind.GROUP, str(evry.id))
    here = f"/territory/{officer.memberships[0].id}"
    member = waiting.memberships[0].id
    assert signed_in(client, officer).get(f"{here}/").status_code == 200
    assert waiting.email not in client.get(f"{here}/people").text
    assert client.post(f"{here}/people/members/{member}/acceptance").status_code == 404
    assert client.get(f"{here}/groups").status_code == 403
    suspension = {
        "departement": "91",
        "first_on": "24/11/2026",
        "last_on": "31/12/2026",
        "reason": "weather",
        "step": "preview",
    }
    assert client.get(f"{here}/suspensions").status_code == 404
    assert client.post(f"{here}/suspensions", data=suspension).status_code == 404
    assert client.post(f"{here}/suspensions/1/lifting").status_code == 404


def test_an_officer_makes_fills_renames_entrusts_and_empties_a_group(app, now, client):
    school, follower = make.make_school(), make.make_person("clee@example.org")
    officer = make.make_officer()
    here = f"/territory/{officer.memberships[0].id}/groups"
    signed_in(client, officer)
    page = client.post(here, data={"academie": "25", "name": " CLEE  Seine "}, follow_redirects=True)
    assert "Le groupe est vide" in page.text
    group = db.session.scalars(db.select(SchoolGroup)).one()
    assert group.name == "CLEE Seine"
    one = f"{here}/{group.id}"
    assert school.uai in client.get(f"{one}?q={school.uai}").text
    assert (
        "1 établissement ajouté"
        in client.post(f"{one}/schools", data={"uais": [school.uai]}, follow_redirects=True).text
    )
    assert (
        "CLEE Essonne"
        in client.post(f"{one}/name", data={"academie": "25", "name": "CLEE Essonne"}, follow_redirects=True).text
    )
    assert (
        "Claire Dupont"
        in client.post(f"{one}/followers", data={"email": "CLEE@example.org "}, follow_redirects=True).text
    )
    membership = follower.memberships[0]
    assert scope_of(membership).name == "CLEE Essonne"
    client.post(f"{one}/followers/{membership.id}/end")
    db.session.refresh(membership)
    assert membership.state is MemberState.ENDED
    client.post(f"{one}/removals", data={"which": "all"})
    assert db.session.scalars(db.select(SchoolGroupMember)).all() == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "au moins un code"),
        ("0910620Z", "0910620Z"),
        ("bonjour", "bonjour"),
        ("{elsewhere}", "Aucun établissement"),
    ],
)
def test_what_is_no_school_of_the_academie_is_said_beside_the_field_and_adds_nothing(evry, client, typed, words):
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    elsewhere, here = make.make_school(departement="77"), make.make_school()
    officer = make.make_officer()
    uais = typed.format(elsewhere=f"{here.uai} {elsewhere.uai}")
    address = f"/territory/{officer.memberships[0].id}/groups/{evry.id}/schools"
    page = signed_in(client, officer).post(address, data={"uais": uais}).text
    assert words in page.split('id="uais-error"')[1]
    assert len(groups.schools_of_group(evry.id)) == 1


def test_a_name_serves_once_in_an_academie(evry, client):
    officer = make.make_officer()
    page = signed_in(client, officer).post(
        f"/territory/{officer.memberships[0].id}/groups", data={"academie": "25", "name": "BASSIN de l’YERRES"}
    )
    assert "s’appelle déjà" in page.text


def test_a_group_of_another_academie_is_a_404(evry, client):
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    officer = make.make_officer(scope_code="24")
    one = f"/territory/{officer.memberships[0].id}/groups/{evry.id}"
    assert signed_in(client, officer).get(one).status_code == 404
    for deed in ("name", "schools", "removals", "followers", "followers/1/end"):
        assert client.post(f"{one}/{deed}").status_code == 404
    assert evry.name not in client.get(f"/territory/{officer.memberships[0].id}/groups").text


def test_nobody_without_an_account_is_given_a_group(evry, client):
    officer = make.make_officer()
    make.make_person("absent@example.org", confirmed=False)
    page = signed_in(client, officer).post(
        f"/territory/{officer.memberships[0].id}/groups/{evry.id}/followers", data={"email": "absent@example.org"}
    )
    assert "Aucun compte" in page.text


def test_a_school_of_another_academie_in_a_group_is_seen_by_check(evry):
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    school = make.make_school(departement="77")
    db.session.add(SchoolGroupMember(group_id=evry.id, school_id=school.id))
    db.session.commit()
    assert [found.code for found in violations() if found.code == "group-academie"]
