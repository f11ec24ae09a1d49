"""Places in a school or a company: taken, given up, and who manages a company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from booking.accounts import mails, queries
from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.accounts.rules import trust_deadline
from booking.accounts.services.sites import Firm, open_proposed_site, propose_site
from booking.accounts.services.trust import AlreadyAnswered, tell_school, tell_who_may_vouch, trust_by_address
from booking.companies.models import Company, Site, Trust
from booking.companies.rules import check_siret
from booking.companies.services import lock_company
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School, SchoolKind
from booking.schools.services import add_school
from booking.territory.models import Commune
from booking.territory.rules import timezone_of


class AlreadyMember(Refusal):
    code = "already_member"

    def sentence(self) -> Any:
        return _("Vous en faites déjà partie\u00a0: voyez la liste sur la page de votre compte.")


class NotPossibleHere(Refusal):
    """The school said that the person doesn't teach there: adding it again must not undo that."""

    code = "suspended_here"
    field = "school"

    def sentence(self) -> Any:
        return _(
            "Cet établissement a signalé que vous n’y enseignez pas. Les services académiques vont trancher\u00a0: écrivez-leur."
        )


class LastManager(Refusal):
    code = "last_manager"

    def sentence(self) -> Any:
        return _("Nommez d’abord un autre responsable\u00a0: sans lui, personne ne pourrait accepter un collègue.")


@dataclass(frozen=True)
class UnlistedSchool:
    """A school that the reference data does not know."""

    uai: str
    name: str
    kind: SchoolKind
    postcode: str
    commune: Commune


def join_school(person_id: int, school: School | UnlistedSchool, role: MemberRole = MemberRole.TEACHER) -> Membership:
    """One more school for somebody with an account: trusted by the address as at sign-up, else waiting.

    Whoever says to be the head, or the head's delegate, is asked about at the school's official mailbox: an address
    proves an employer, not an office. Refuses: AlreadyMember, NotPossibleHere.
    """
    person = lock_person(person_id)
    place = school_of(school)
    db.session.flush()
    here = [m for m in person.memberships if m.school_id == place.id and m.role is role]
    if any(m.state is MemberState.SUSPENDED for m in person.memberships if m.school_id == place.id):
        raise NotPossibleHere
    if any(m.is_active for m in here):
        raise AlreadyMember
    was_refused = any(
        m.state is MemberState.REFUSED or m.trust_note for m in person.memberships if m.school_id == place.id
    )
    membership = _back(here[0]) if here else join(person, role, school=place)
    db.session.flush()
    if not was_refused:
        trust_by_address(membership)
    tell_who_may_vouch(membership)
    if role is not MemberRole.TEACHER:
        tell_school(membership)
    db.session.flush()
    return membership


def join_company(person_id: int, firm: Firm) -> Membership:
    """One more company for somebody with an account, as at sign-up. Refuses: AlreadyMember, what the SIRET refuses."""
    person = lock_person(person_id)
    siret = check_siret(firm.siret)
    company = company_of(siret, firm)
    db.session.flush()
    membership = enter_company(person, company)
    propose_site(membership, siret, firm)
    db.session.flush()
    if membership.is_active:
        open_proposed_site(membership, company)
    tell_who_may_vouch(membership)
    return membership


def enter_company(person: Person, company: Company) -> Membership:
    """A place in the company: its manager when it has none whose address is confirmed, else waiting for a yes.

    Refuses: AlreadyMember.
    """
    here = [m for m in person.memberships if company.id and m.company_id == company.id]
    if any(m.state in (MemberState.ACTIVE, MemberState.PENDING) for m in here):
        raise AlreadyMember
    waits = bool(queries.confirmed_managers(company))
    role = MemberRole.HOST if waits else MemberRole.HOST_MANAGER
    state = MemberState.PENDING if waits else MemberState.ACTIVE
    if here:
        membership = _back(here[0])
        membership.role, membership.state = role, state
        return membership
    return join(person, role, company=company, state=state)


def end_membership(membership_id: int) -> Membership:
    """The person leaves, or is taken out. What they leave behind is settled before, in the rooms that know it.

    Refuses: LastManager, AlreadyAnswered when it is over already.
    """
    membership = db.session.get_one(Membership, membership_id)
    if membership.company_id:
        lock_company(membership.company_id)
        _refuse_last_manager(membership)
    ended = (
        update(Membership)
        .where(
            Membership.id == membership_id,
            Membership.state.in_((MemberState.ACTIVE, MemberState.PENDING, MemberState.SUSPENDED)),
        )
        .values(state=MemberState.ENDED, ended_at=clock.now(), trusted_at=None, trust_due_at=None)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(ended).rowcount != 1:  # type: ignore[attr-defined]
        raise AlreadyAnswered
    return db.session.get_one(Membership, membership_id, populate_existing=True)


def name_manager(company: Company, membership_id: int) -> Membership:
    """A host of the company manages it too from now on, and is told. Refuses: AlreadyAnswered."""
    lock_company(company.id)
    membership = db.session.get(Membership, membership_id, populate_existing=True)
    if (
        membership is None
        or membership.company_id != company.id
        or not membership.is_active
        or membership.role is not MemberRole.HOST
    ):
        raise AlreadyAnswered
    membership.role = MemberRole.HOST_MANAGER
    db.session.flush()
    mails.say_manager(membership.person, company.id, company.name)
    return membership


def lock_person(person_id: int) -> Person:
    """Hold the person's row: two pages that add the same school at once add it once."""
    db.session.execute(update(Person).where(Person.id == person_id).values(login_count=Person.login_count))
    return db.session.get_one(Person, person_id, populate_existing=True)


def _refuse_last_manager(membership: Membership) -> None:
    others = select(func.count()).where(
        Membership.company_id == membership.company_id,
        Membership.state == MemberState.ACTIVE,
        Membership.id != membership.id,
    )
    managers = others.where(Membership.role == MemberRole.HOST_MANAGER)
    is_manager = membership.is_active and membership.role is MemberRole.HOST_MANAGER
    if is_manager and db.session.scalar(others) and not db.session.scalar(managers):
        raise LastManager


def _back(membership: Membership) -> Membership:
    """A place that was given up, taken again: it waits like a new one."""
    membership.state, membership.ended_at = MemberState.ACTIVE, None
    membership.created_at, membership.trusted_at = clock.now(), None
    membership.trust_due_at = trust_deadline(clock.now())
    membership.proposed_site = None
    return membership


def join(person: Person, role: MemberRole, **values: Any) -> Membership:
    """A new place for the person; it waits to be trusted unless `trusted_at` is given."""
    values.setdefault("trusted_at", None)
    membership = Membership(
        role=role,
        created_at=clock.now(),
        trust_due_at=None if values["trusted_at"] else trust_deadline(clock.now()),
        **values,
    )
    person.memberships.append(membership)
    return membership


def school_of(school: School | UnlistedSchool) -> School:
    """The school itself; one that is not listed is added."""
    if isinstance(school, School):
        return school
    return add_school(school.uai, school.name, school.kind, postcode=school.postcode, commune=school.commune)


def company_of(siret: str, firm: Firm) -> Company:
    """The company of this SIREN; made, with its site, unless a colleague did so before or at this very moment."""
    of_siren = select(Company).where(Company.siren == siret[:9])
    if company := db.session.scalar(of_siren):
        return company
    company = _new_company(siret, firm)
    try:
        with db.session.begin_nested():
            db.session.add(company)
    except IntegrityError:
        return db.session.scalars(of_siren).one()
    return company


def _new_company(siret: str, firm: Firm) -> Company:
    company = Company(
        siren=siret[:9],
        name=firm.name,
        sector=firm.sector,
        trust=Trust.PENDING,
        trust_due_at=trust_deadline(clock.now()),
        created_at=clock.now(),
    )
    commune = firm.commune
    company.sites.append(
        Site(
            siret=siret,
            name=firm.name,
            address=firm.address,
            postcode=firm.postcode,
            commune_insee=commune.insee,
            commune_name=commune.name,
            departement_code=commune.departement_code,
            latitude=commune.latitude,
            longitude=commune.longitude,
            timezone=timezone_of(commune.departement_code, commune.insee),
            created_at=clock.now(),
        )
    )
    return company
