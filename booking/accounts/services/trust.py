"""Who vouches for whom: officers for companies and teachers, colleagues for colleagues, a school's mailbox for its own.

An answer is a guarded update: of two people who answer at once, the second is told that it is done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from booking.accounts import mails, queries
from booking.accounts.action_links import new_link, use_link
from booking.accounts.models import COMPANY_ROLES, SCHOOL_ROLES, MemberRole, Membership, MemberState, Person
from booking.accounts.rules import is_trusted_address, trust_deadline
from booking.accounts.services.sites import open_proposed_site
from booking.companies.models import Company, Trust
from booking.companies.services import lock_company
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School
from booking.schools.queries import official_mailbox
from booking.territory.models import Academie

NOTICE_VALID = timedelta(days=60)


class AlreadyAnswered(Refusal):
    code = "already_answered"

    def sentence(self) -> Any:
        return _("Cette demande a déjà reçu une réponse.")


class TrustReasonMissing(Refusal):
    code = "trust_reason_missing"
    field = "reason"

    def sentence(self) -> Any:
        return _("Écrivez la raison\u00a0: elle est transmise à la personne, qui pourra y répondre.")


# ---- A company's people


def accept_colleague(company: Company, membership_id: int) -> Membership:
    """The colleague who waited becomes a host of the company, with the site they come from, and is told.

    Refuses: AlreadyAnswered.
    """
    lock_company(company.id)
    changes = {"state": MemberState.ACTIVE, "trusted_at": clock.now(), "trust_due_at": None}
    membership = _answer(membership_id, Membership.company_id == company.id, _is_pending(), **changes)
    open_proposed_site(membership, company)
    mails.say_accepted(membership.person, company.id, company.name)
    return membership


def refuse_colleague(company: Company, membership_id: int) -> Membership:
    """The request ends. Nobody is written to: it may come from somebody the company doesn't know. Refuses: AlreadyAnswered."""
    changes = {"state": MemberState.ENDED, "ended_at": clock.now(), "proposed_site": None}
    return _answer(membership_id, Membership.company_id == company.id, _is_pending(), **changes)


def _is_pending() -> Any:
    return Membership.state == MemberState.PENDING


# ---- A company


def trust_company(company_id: int, officer: Person, note: str = "") -> Company:
    """The company is trusted, and public with what it has published; its members are told. Refuses: AlreadyAnswered."""
    company = _decide(company_id, Trust.TRUSTED, officer, note, (Trust.PENDING, Trust.REFUSED))
    db.session.execute(
        update(Membership)
        .where(
            Membership.company_id == company_id,
            Membership.state == MemberState.ACTIVE,
            Membership.trusted_at.is_(None),
        )
        .values(trusted_at=clock.now(), trust_due_at=None)
    )
    for person in queries.members_of_company(company):
        mails.say_company_trusted(person, company)
    return company


def refuse_company(company_id: int, officer: Person, reason: str) -> Company:
    """The company stays out of the programme; its members are told why. Refuses: TrustReasonMissing, AlreadyAnswered."""
    if not reason.strip():
        raise TrustReasonMissing
    company = _decide(company_id, Trust.REFUSED, officer, reason.strip(), (Trust.PENDING,))
    for person in queries.members_of_company(company):
        mails.say_company_refused(person, company, reason.strip())
    return company


def _decide(company_id: int, trust: Trust, officer: Person, note: str, before: tuple[Trust, ...]) -> Company:
    decided = (
        update(Company)
        .where(Company.id == company_id, Company.trust.in_(before))
        .values(
            trust=trust,
            trust_note=note,
            trust_due_at=None,
            trusted_at=clock.now() if trust is Trust.TRUSTED else None,
            trusted_by_id=officer.id,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_changed(decided) != 1:
        raise AlreadyAnswered
    return db.session.get_one(Company, company_id, populate_existing=True)


# ---- A school's people


def trust_by_address(membership: Membership) -> None:
    """Trust a teacher whose confirmed address is of the mail domain of the school's own académie."""
    person, school = membership.person, membership.school
    if membership.role is not MemberRole.TEACHER or not membership.is_active or membership.trusted_at or school is None:
        return
    academie = db.session.get(Academie, school.academie_code) if school.academie_code else None
    if person.confirmed_at and is_trusted_address(person.email, academie.mail_domain if academie else None):
        membership.trusted_at, membership.trust_due_at = clock.now(), None


def trust_member(membership_id: int, by: Person | None, *, also_suspended: bool = False) -> Membership:
    """Vouch for somebody of a school, who is told. by: None when the school's mailbox does.

    also_suspended: an officer, or the school itself, may take back what the school said. Refuses: AlreadyAnswered.
    """
    states = (MemberState.ACTIVE, MemberState.SUSPENDED) if also_suspended else (MemberState.ACTIVE,)
    membership = _answer(
        membership_id,
        Membership.role.in_(SCHOOL_ROLES),
        Membership.state.in_(states),
        Membership.trusted_at.is_(None),
        state=MemberState.ACTIVE,
        trusted_at=clock.now(),
        trust_due_at=None,
        trusted_by_id=by.id if by else None,
        trust_note="",
    )
    mails.say_trusted(membership.person, _school_of(membership))
    return membership


def suspend_member(membership_id: int, by: Person | None) -> Membership:
    """The school says that this person doesn't teach there: nothing more in its name until an officer has decided.

    The person and the territory's officers are told. Refuses: AlreadyAnswered when it is said already.
    """
    membership = _answer(
        membership_id,
        Membership.role.in_(SCHOOL_ROLES),
        Membership.state == MemberState.ACTIVE,
        state=MemberState.SUSPENDED,
        trusted_at=None,
        trust_due_at=trust_deadline(clock.now()),
        trusted_by_id=by.id if by else None,
    )
    school = _school_of(membership)
    mails.say_suspended(membership.person, school)
    for officer in queries.officers_of(school.departement):
        mails.alert_officer(officer, membership.person, school)
    return membership


def refuse_member(membership_id: int, officer: Person, reason: str) -> Membership:
    """An officer says no: the person has no place in the school, and is told why. Their bookings are ended elsewhere.

    Refuses: TrustReasonMissing; AlreadyAnswered when the person is trusted, or no longer there.
    """
    if not reason.strip():
        raise TrustReasonMissing
    membership = _answer(
        membership_id,
        Membership.role.in_(SCHOOL_ROLES),
        Membership.state.in_((MemberState.ACTIVE, MemberState.SUSPENDED)),
        Membership.trusted_at.is_(None),
        state=MemberState.REFUSED,
        trust_due_at=None,
        trusted_by_id=officer.id,
        trust_note=reason.strip()[:300],
        ended_at=clock.now(),
    )
    mails.say_refused(membership.person, _school_of(membership), reason.strip())
    return membership


def answer_for_school(link_id: int, *, teaches_here: bool) -> Membership:
    """What the school's mailbox answers about the person of a link: vouched for, or suspended.

    Refuses: LinkUsed, AlreadyAnswered when the person has left meanwhile.
    """
    membership_id = int(use_link(link_id).object_key.partition("/")[2])
    if not teaches_here:
        return suspend_member(membership_id, None)
    membership = db.session.get_one(Membership, membership_id, populate_existing=True)
    return membership if membership.is_trusted else trust_member(membership_id, None, also_suspended=True)


def tell_school(membership: Membership, booked: dict[str, Any] | None = None) -> bool:
    """Write to the school's official mailbox that this person acts in its name, with the link that answers.

    booked: what the message says of the booking. Once per person and address. False when the school has no address.
    """
    school = _school_of(membership)
    mailbox = official_mailbox(school)
    if mailbox is None:
        return False
    token = new_link("school-notice", f"membership/{membership.id}", valid_for=NOTICE_VALID)
    mails.queue_school_notice(mailbox.address, membership, school, token, booked)
    return True


def _school_of(membership: Membership) -> School:
    assert membership.school is not None
    return membership.school


def _answer(membership_id: int, *conditions: Any, **values: Any) -> Membership:
    """Change a membership whose person has confirmed their address, if these hold. Refuses: AlreadyAnswered."""
    confirmed = select(Person.id).where(Person.confirmed_at.is_not(None))
    answered = (
        update(Membership)
        .where(Membership.id == membership_id, Membership.person_id.in_(confirmed), *conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(answered) != 1:
        raise AlreadyAnswered
    return db.session.get_one(Membership, membership_id, populate_existing=True)


# ---- Whoever waits is made known


def tell_who_may_vouch(membership: Membership) -> None:
    """Write to those who can let this person in: a company's managers; the head and the delegates of a school.

    The first of a company that nobody has vouched for: the officers of its territory.
    """
    person = membership.person
    if membership.role in COMPANY_ROLES and membership.is_active and membership.company:
        _tell_officers(membership.company, person)
    if membership.role in COMPANY_ROLES and membership.state is MemberState.PENDING and membership.company:
        for manager in queries.confirmed_managers(membership.company):
            mails.ask_to_accept(
                manager, person, membership.company.id, membership.company.name, membership.trust_due_at
            )
    if membership.school and membership.is_active and not membership.trusted_at:
        for head in queries.heads_of(membership.school):
            mails.ask_to_vouch(head, person, membership.school)


def _tell_officers(company: Company, person: Person) -> None:
    """A company waits, and this is the first of its people to have confirmed an address: officers hear of it once."""
    if company.trust is not Trust.PENDING or any(p.id != person.id for p in queries.members_of_company(company)):
        return
    officers = {o.id: o for site in company.sites for o in queries.officers_of(site.departement)}
    for officer in officers.values():
        mails.ask_to_check_company(officer, person, company)
