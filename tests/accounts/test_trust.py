"""Who vouches for whom, on both databases: officers, colleagues, and the school's own mailbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.accounts import queries, services
from booking.accounts.action_links import LinkUsed, link_of, new_link, revoke_links, use_link
from booking.accounts.models import ActionLink, MemberRole, Membership, MemberState, ScopeKind
from booking.accounts.services import AlreadyAnswered, TrustReasonMissing
from booking.companies.models import Trust
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make

pytestmark = pytest.mark.usefixtures("both_databases", "app", "now")


def do(service, *args, **values):
    with transaction():
        return service(*args, **values)


def waiting(school=None, **values) -> Membership:
    teacher = make.make_teacher(school or make.make_school(), trusted=False, **values)
    return teacher.memberships[0]


def mails_to(address) -> list[OutgoingMail]:
    query = select(OutgoingMail).where(OutgoingMail.recipient == address).order_by(OutgoingMail.created_at)
    return list(db.session.scalars(query))


def subjects_to(address) -> list[str]:
    return [mail.payload.get("subject", mail.kind) for mail in mails_to(address)]


# ---- People of schools


def test_a_waiting_teacher_who_is_vouched_for_is_trusted_and_told():
    membership = waiting()
    colleague = make.make_teacher(membership.school)
    do(services.trust_member, membership.id, colleague)
    assert membership.is_trusted
    assert membership.trusted_by_id == colleague.id
    assert subjects_to(membership.person.email) == ["Votre compte est vérifié"]


def test_the_second_of_two_answers_is_refused():
    membership = waiting()
    do(services.trust_member, membership.id, None)
    with pytest.raises(AlreadyAnswered):
        do(services.trust_member, membership.id, None)
    with pytest.raises(AlreadyAnswered):
        do(services.refuse_member, membership.id, make.make_officer(), "Inconnu.")
    assert membership.is_trusted


def test_somebody_who_never_confirmed_the_address_is_not_vouched_for():
    membership = waiting(confirmed=False)
    with pytest.raises(AlreadyAnswered):
        do(services.trust_member, membership.id, None)


def test_a_refusal_wants_a_reason_and_gives_it_to_the_person():
    membership, officer = waiting(), make.make_officer()
    with pytest.raises(TrustReasonMissing):
        do(services.refuse_member, membership.id, officer, "  ")
    do(services.refuse_member, membership.id, officer, "Le collège ne vous connaît pas.")
    assert (membership.state, membership.trust_note) == (MemberState.REFUSED, "Le collège ne vous connaît pas.")
    assert "Le collège ne vous connaît pas." in mails_to(membership.person.email)[0].payload["text"]


def test_a_suspended_person_loses_trust_and_the_officers_of_the_territory_are_alerted():
    school = make.make_school()
    teacher = make.make_teacher(school)
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    here, there = make.make_officer(), make.make_officer(scope_code="24")
    far = make.make_officer(ScopeKind.NATIONAL, None)
    do(services.suspend_member, teacher.memberships[0].id, None)
    assert teacher.memberships[0].state is MemberState.SUSPENDED
    assert not teacher.memberships[0].is_trusted
    assert len(mails_to(here.email)) == 1
    assert (mails_to(there.email), mails_to(far.email)) == ([], [])


def test_where_nobody_is_nearer_the_country_s_officers_then_the_administrators_are_alerted():
    place = make.make_departement()
    admin = make.make_admin()
    assert queries.officers_of(place) == [admin]
    national = make.make_officer(ScopeKind.NATIONAL, None)
    assert queries.officers_of(place) == [national]
    region = make.make_officer(ScopeKind.REGION_ACADEMIQUE, "Île-de-France")
    assert queries.officers_of(place) == [region]
    essonne = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    assert queries.officers_of(place) == [essonne]


@pytest.mark.parametrize(
    ("kind", "code", "covers"),
    [
        (ScopeKind.NATIONAL, None, True),
        (ScopeKind.REGION_ACADEMIQUE, "Île-de-France", True),
        (ScopeKind.ACADEMIE, "25", True),
        (ScopeKind.ACADEMIE, "24", False),
        (ScopeKind.DEPARTEMENT, "91", True),
        (ScopeKind.DEPARTEMENT, "78", False),
        (ScopeKind.PREFECTURE, "91", True),
        (ScopeKind.GROUP, "clee-nord", False),
    ],
)
def test_an_officer_covers_the_departements_of_the_territory_only(kind, code, covers):
    assert queries.covers(make.make_officer(kind, code).memberships[0], make.make_departement()) is covers


def test_an_officer_takes_back_what_a_colleague_may_not():
    membership = waiting()
    do(services.suspend_member, membership.id, None)
    with pytest.raises(AlreadyAnswered):
        do(services.trust_member, membership.id, make.make_teacher(membership.school))
    do(services.trust_member, membership.id, make.make_officer(), also_suspended=True)
    assert membership.is_trusted


# ---- Companies


def test_a_trusted_company_is_public_and_its_members_are_told():
    company, officer = make.make_company(trusted=False), make.make_officer()
    host = make.make_host(company)
    do(services.trust_company, company.id, officer)
    assert (company.trust, company.trusted_by_id) == (Trust.TRUSTED, officer.id)
    assert subjects_to(host.email) == ["Turbines du Hurepoix est vérifiée"]
    with pytest.raises(AlreadyAnswered):
        do(services.trust_company, company.id, officer)


def test_a_refused_company_knows_why_and_an_officer_may_come_back_on_it():
    company, officer = make.make_company(trusted=False), make.make_officer()
    host = make.make_host(company)
    with pytest.raises(TrustReasonMissing):
        do(services.refuse_company, company.id, officer, "")
    do(services.refuse_company, company.id, officer, "Le SIRET est celui d’une autre entreprise.")
    assert company.trust is Trust.REFUSED
    assert "Le SIRET est celui d’une autre entreprise." in mails_to(host.email)[0].payload["text"]
    do(services.trust_company, company.id, officer)
    assert (company.trust, company.trust_note) == (Trust.TRUSTED, "")


def test_a_trusted_company_is_not_refused_behind_somebody_s_back():
    company = make.make_company()
    with pytest.raises(AlreadyAnswered):
        do(services.refuse_company, company.id, make.make_officer(), "Doublon.")
    assert company.trust is Trust.TRUSTED


# ---- The school's mailbox


def notice(membership) -> tuple[OutgoingMail, ActionLink]:
    """The message to the school's mailbox and the link it holds."""
    assert do(services.tell_school, membership)
    [mail] = mails_to(f"ce.{membership.school.uai.lower()}@ac-versailles.fr")
    link = link_of(mail.payload["link"].rpartition("/")[2])
    assert link is not None
    return mail, link


def test_the_school_s_mailbox_confirms_a_waiting_teacher():
    membership = waiting()
    _mail, link = notice(membership)
    do(services.answer_for_school, link.id, teaches_here=True)
    assert membership.is_trusted
    assert membership.trusted_by_id is None
    with pytest.raises(LinkUsed):
        do(services.answer_for_school, link.id, teaches_here=False)
    assert membership.is_trusted


def test_the_school_s_mailbox_denies_even_a_trusted_teacher():
    officer = make.make_officer()
    teacher = make.make_teacher()
    _mail, link = notice(teacher.memberships[0])
    do(services.answer_for_school, link.id, teaches_here=False)
    assert teacher.memberships[0].state is MemberState.SUSPENDED
    assert len(mails_to(officer.email)) == 1


def test_the_notice_says_who_and_the_link_is_forgotten_once_it_is_composed():
    membership = waiting(first_name="Léa", last_name="Moreau", email="lea@example.org")
    mail, _link = notice(membership)
    parcel = outbox.claim()
    while parcel.kind != "school-notice":
        parcel = outbox.claim()
    db.session.refresh(mail)
    assert "link" not in mail.payload
    assert mail.subject == "Léa Moreau se présente comme membre de votre établissement"
    assert b"/a/" in parcel.body


def test_the_school_is_written_to_once_about_one_person():
    membership = waiting()
    for _time in range(2):
        do(services.tell_school, membership)
    assert len(mails_to(f"ce.{membership.school.uai.lower()}@ac-versailles.fr")) == 1


def test_a_school_without_a_known_address_is_not_written_to():
    membership = waiting(make.make_school(is_public=False))
    assert do(services.tell_school, membership) is False
    assert db.session.scalars(select(OutgoingMail)).all() == []


def test_a_corrected_mailbox_hears_of_those_who_still_wait():
    membership = waiting()
    notice(membership)
    do(services.correct_mailbox, membership.school_id, "Secretariat@college.example.org")
    assert membership.school.official_email == "secretariat@college.example.org"
    assert [mail.kind for mail in mails_to("secretariat@college.example.org")] == ["school-notice"]


def test_the_head_is_told_of_a_newcomer_who_waits():
    school = make.make_school()
    head = make.make_person()
    with transaction():
        db.session.add(
            Membership(
                person_id=head.id, role=MemberRole.HEAD, school_id=school.id, created_at=make.NOW, trusted_at=make.NOW
            )
        )
    newcomer = make.make_teacher(school, trusted=False, confirmed=False)
    do(services.confirm_address, newcomer)
    assert len(mails_to(head.email)) == 1


# ---- Links


def test_a_link_is_good_once_and_until_its_end(set_now):
    with transaction():
        token = new_link("school-notice", "membership/1", valid_for=timedelta(days=1))
    link = link_of(token)
    assert link.token_hash not in token
    do(use_link, link.id)
    with pytest.raises(LinkUsed):
        do(use_link, link.id)
    set_now(make.NOW + timedelta(days=1))
    assert link_of(token) is None


def test_a_revoked_or_unknown_link_leads_nowhere():
    with transaction():
        token = new_link("school-notice", "membership/1", valid_for=timedelta(days=1))
    assert do(revoke_links, "school-notice", "membership/1") == 1
    assert link_of(token) is None
    assert link_of("") is None
    assert link_of("é\x00" * 500) is None
