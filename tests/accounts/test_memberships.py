"""Places taken and given up, addresses that change, the end of an account; on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.accounts import services
from booking.accounts.action_links import LinkUsed, link_of
from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.accounts.services import AddressTaken, AlreadyMember, Firm, LastManager, NotPossibleHere, SameAddress
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make

pytestmark = pytest.mark.usefixtures("both_databases", "app", "now")


def do(service, *args, **values):
    with transaction():
        return service(*args, **values)


def firm(siret) -> Firm:
    return Firm(
        siret, "Turbines du Hurepoix", "metallurgie-mecanique", "12 rue des Ateliers", "91000", make.make_commune()
    )


def mails_to(address) -> list[OutgoingMail]:
    query = select(OutgoingMail).where(OutgoingMail.recipient == address).order_by(OutgoingMail.created_at)
    return list(db.session.scalars(query))


def link_in(mail: OutgoingMail):
    token = mail.payload["text"].partition("/a/")[2].split()[0]
    return link_of(token)


def subject_of(mail: OutgoingMail) -> str:
    return mail.payload["subject"]


# ---- One more place


def test_a_second_school_of_the_same_academie_trusts_the_address_and_another_waits():
    person = make.make_teacher(email="claire@ac-versailles.fr")
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    near = do(services.join_school, person.id, make.make_school())
    far = do(services.join_school, person.id, make.make_school(departement="77"))
    assert near.is_trusted
    assert not far.is_trusted
    assert far.trust_due_at is not None


def test_the_same_school_is_not_joined_twice():
    person = make.make_teacher()
    with pytest.raises(AlreadyMember):
        do(services.join_school, person.id, person.memberships[0].school)


def test_an_address_proves_no_office_the_school_s_mailbox_is_asked_about_a_head():
    school = make.make_school()
    person = make.make_person("claire@ac-versailles.fr")
    membership = do(services.join_school, person.id, school, MemberRole.HEAD)
    assert not membership.is_trusted
    assert [mail.kind for mail in mails_to(f"ce.{school.uai.lower()}@ac-versailles.fr")] == ["school-notice"]


def test_a_suspended_person_does_not_come_back_by_the_same_door():
    person = make.make_teacher(email="claire@ac-versailles.fr")
    membership = person.memberships[0]
    do(services.suspend_member, membership.id, None)
    with pytest.raises(NotPossibleHere):
        do(services.join_school, person.id, membership.school)


def test_whoever_was_refused_waits_again_whatever_the_address():
    person = make.make_teacher(email="claire@ac-versailles.fr", trusted=False)
    membership = person.memberships[0]
    do(services.refuse_member, membership.id, make.make_officer(), "Inconnue.")
    again = do(services.join_school, person.id, membership.school)
    assert again.id == membership.id
    assert again.is_active
    assert not again.is_trusted


def test_a_left_school_is_joined_again_with_the_same_row():
    person = make.make_teacher()
    membership = person.memberships[0]
    do(services.end_membership, membership.id)
    assert do(services.join_school, person.id, membership.school).id == membership.id


def test_a_teacher_may_also_be_the_first_of_a_company():
    person = make.make_teacher()
    membership = do(services.join_company, person.id, firm(make.siret(make.siren())))
    assert (membership.role, membership.state) == (MemberRole.HOST_MANAGER, MemberState.ACTIVE)
    with pytest.raises(AlreadyMember):
        do(services.join_company, person.id, firm(membership.company.sites[0].siret))


def test_joining_a_company_that_has_a_manager_waits_for_the_manager_who_is_told():
    company = make.make_company()
    manager, person = make.make_host(company), make.make_person()
    membership = do(services.join_company, person.id, firm(make.siret(company.siren, 2)))
    assert (membership.role, membership.state) == (MemberRole.HOST, MemberState.PENDING)
    assert len(mails_to(manager.email)) == 1


# ---- Who manages


def test_the_last_manager_names_another_before_leaving():
    company = make.make_company()
    manager = make.make_host(company)
    colleague = make.make_host(company, MemberRole.HOST)
    with pytest.raises(LastManager):
        do(services.end_membership, manager.memberships[0].id)
    do(services.name_manager, company, colleague.memberships[0].id)
    assert len(mails_to(colleague.email)) == 1
    do(services.end_membership, manager.memberships[0].id)
    assert violations() == []


def test_the_only_member_of_a_company_may_leave():
    host = make.make_host()
    do(services.end_membership, host.memberships[0].id)
    assert host.memberships[0].state is MemberState.ENDED
    assert violations() == []


def test_a_host_of_another_company_is_not_named_manager():
    from booking.accounts.services import AlreadyAnswered

    stranger = make.make_host(role=MemberRole.HOST)
    with pytest.raises(AlreadyAnswered):
        do(services.name_manager, make.make_company(), stranger.memberships[0].id)


# ---- An address that changes


def test_a_new_address_takes_the_old_one_s_place_once_its_link_is_opened():
    person = make.make_teacher(trusted=False, email="claire@example.org")
    do(services.ask_new_address, person.id, "Claire@AC-Versailles.fr")
    assert person.email == "claire@example.org"
    [asked] = mails_to("claire@ac-versailles.fr")
    [told] = mails_to("claire@example.org")
    assert subject_of(told) == "Votre adresse va changer"
    link = link_in(asked)
    do(services.take_new_address, link.id)
    assert person.email == "claire@ac-versailles.fr"
    assert person.memberships[0].is_trusted, "the new address is of the school's own académie"
    assert subject_of(mails_to("claire@example.org")[-1]) == "Votre adresse a changé"
    with pytest.raises(LinkUsed):
        do(services.take_new_address, link.id)


def test_an_address_that_has_an_account_is_answered_alike_and_its_owner_is_told():
    person, owner = make.make_person(), make.make_person("paul@example.org")
    do(services.ask_new_address, person.id, owner.email)
    [mail] = mails_to(owner.email)
    assert subject_of(mail) == "Vous avez déjà un compte"
    assert len(mails_to(person.email)) == 1


def test_an_address_taken_meanwhile_is_refused():
    person = make.make_person()
    do(services.ask_new_address, person.id, "paul@example.org")
    link = link_in(mails_to("paul@example.org")[0])
    make.make_person("paul@example.org")
    with pytest.raises(AddressTaken):
        do(services.take_new_address, link.id)


def test_the_same_address_is_no_change():
    person = make.make_person("claire@example.org")
    with pytest.raises(SameAddress):
        do(services.ask_new_address, person.id, " CLAIRE@example.org ")


def test_the_owner_of_the_old_address_undoes_the_change_and_signs_everybody_out():
    person = make.make_person("claire@example.org")
    do(services.ask_new_address, person.id, "voleur@example.org")
    back = link_in(mails_to("claire@example.org")[0])
    do(services.take_new_address, link_in(mails_to("voleur@example.org")[0]).id)
    session_key = person.fs_uniquifier
    do(services.take_back_address, back.id)
    assert person.email == "claire@example.org"
    assert person.fs_uniquifier != session_key


def test_a_second_request_ends_the_first_link():
    person = make.make_person()
    do(services.ask_new_address, person.id, "un@example.org")
    first = mails_to("un@example.org")[0]
    do(services.ask_new_address, person.id, "deux@example.org")
    assert link_in(first) is None


# ---- The end of an account


def test_a_closed_account_keeps_nothing_personal_and_its_address_is_free_again():
    person = make.make_teacher(email="claire@example.org", phone="01", mobile="06")
    do(services.close_account, person.id)
    assert (person.first_name, person.last_name, person.phone, person.mobile, person.password) == ("", "", "", "", None)
    assert person.email.endswith(".invalid")
    assert person.name == "Compte fermé"
    assert not person.active
    assert [m.state for m in person.memberships] == [MemberState.ENDED]
    assert subject_of(mails_to("claire@example.org")[0]) == "Votre compte est fermé"
    make.make_person("claire@example.org")
    assert violations() == []
    assert db.session.scalar(select(Person).where(Person.email == "claire@example.org")).id != person.id
    assert db.session.scalar(select(Membership).where(Membership.person_id == person.id)) is not None
