"""The verbs of accounts: sign up, confirm, trust, let a colleague in, name an officer. They flush, never commit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from booking.accounts import mails, queries
from booking.accounts.models import (
    COMPANY_ROLES,
    MemberRole,
    Membership,
    MemberState,
    Person,
)
from booking.accounts.rules import Scope, WrongScope, is_trusted_address, trust_deadline
from booking.companies.models import Company, Site, Trust
from booking.companies.rules import check_siret
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _, current_language
from booking.schools.models import School, SchoolKind
from booking.schools.services import add_school
from booking.territory.models import Academie, Commune
from booking.territory.rules import timezone_of


class AlreadyAnswered(Refusal):
    code = "already_answered"

    def sentence(self) -> Any:
        return _("Cette demande a déjà reçu une réponse.")


@dataclass(frozen=True)
class Newcomer:
    """What somebody who signs up says of themselves."""

    first_name: str
    last_name: str
    email: str
    password: str
    phone: str = ""
    language: str = "fr"


@dataclass(frozen=True)
class Firm:
    """The site that a company member comes from."""

    siret: str
    name: str
    sector: str
    address: str
    postcode: str
    commune: Commune


@dataclass(frozen=True)
class UnlistedSchool:
    """A school that the reference data does not know."""

    uai: str
    name: str
    kind: SchoolKind
    postcode: str
    commune: Commune


def sign_up_teacher(newcomer: Newcomer, school: School | UnlistedSchool, next_path: str = "") -> Person | None:
    """An account and a teacher's membership, trusted or not once the address is confirmed; the link leaves by mail.

    A school that is not listed is added with it.

    None when the address has an account already: its owner is told by mail, and nobody else learns it.
    """
    person = _new_person(newcomer, next_path)
    if person:
        _join(person, MemberRole.TEACHER, school=school if isinstance(school, School) else _added(school))
        db.session.flush()
        mails.ask_to_confirm(person, next_path)
    return person


def sign_up_company(newcomer: Newcomer, firm: Firm, next_path: str = "") -> Person | None:
    """An account and a place in the company of this SIREN; the link that confirms the address leaves by mail.

    The first of a SIREN makes the company, which waits to be trusted, with its site, and manages it. So does whoever
    comes while no manager has confirmed an address: a wrong address must not lock a company. The next ones wait for
    a manager's yes.
    None when the address has an account already: its owner is told by mail, and nobody else learns it.
    Refuses: a SIRET that is none; a commune whose hour the calendars cannot carry.
    """
    siret = check_siret(firm.siret)
    person = _new_person(newcomer, next_path)
    if person is None:
        return None
    company = _company_of(siret, firm)
    managers = queries.confirmed_managers(company)
    if managers:
        _join(person, MemberRole.HOST, company=company, state=MemberState.PENDING)
    else:
        _join(person, MemberRole.HOST_MANAGER, company=company)
    db.session.flush()
    mails.ask_to_confirm(person, next_path)
    return person


def confirm_address(person: Person) -> None:
    """The person has shown that the address is theirs; a repeated call changes nothing.

    Grants the trust that the address earns, and tells the managers of a company that a colleague waits: not before,
    or anybody could have a firm's managers written to in another's name.
    """
    if person.confirmed_at is None:
        person.confirmed_at = clock.now()
        _trust_by_address(person)
        _tell_managers(person)
        db.session.flush()


def accept_colleague(company: Company, membership_id: int) -> Membership:
    """The colleague who waited becomes a host of the company, and is told. Refuses: AlreadyAnswered."""
    membership = _waiting_membership(company, membership_id)
    membership.state = MemberState.ACTIVE
    membership.trusted_at, membership.trust_due_at = clock.now(), None
    mails.say_accepted(membership.person, company.id, company.name)
    db.session.flush()
    return membership


def refuse_colleague(company: Company, membership_id: int) -> Membership:
    """The request ends. Nobody is written to: it may come from somebody the company doesn't know. Refuses: AlreadyAnswered."""
    membership = _waiting_membership(company, membership_id)
    membership.state = MemberState.ENDED
    membership.ended_at = clock.now()
    db.session.flush()
    return membership


def ask_sign_in_link(email: str, next_path: str = "") -> None:
    """A link by mail, if the address has an account; nothing tells the difference."""
    person = queries.person_by_email(email)
    if person and person.active:
        mails.send_sign_in_link(person, next_path)
    else:
        write_in_vain(lambda stranger: mails.send_sign_in_link(stranger, next_path), email)


def write_in_vain(write: Callable[[Person], Any], email: str) -> None:
    """Write a mail to an address that is to get none, and undo it.

    An address without account must not be answered sooner than one that has: the difference would tell.
    """
    stranger = Person(
        email=email, first_name="", last_name="", language=current_language(), fs_uniquifier=uuid.uuid4().hex
    )
    in_vain = db.session.begin_nested()
    write(stranger)
    in_vain.rollback()


def update_profile(person: Person, **values: Any) -> None:
    """Keep what the person says of themselves: names, telephones, language, what they want to be told."""
    for name, value in values.items():
        setattr(person, name, value)
    db.session.flush()


def create_officer(email: str, scope: Scope, first_name: str = "", last_name: str = "") -> Person:
    """The person, made if need be, as officer of this territory. Refuses: WrongScope when it doesn't exist.

    Whoever runs the command vouches for the address.
    """
    code = queries.scope_code(scope)
    if code is None and scope.code is not None:
        raise WrongScope(scope=f"{scope.kind}:{scope.code}")
    person = _vouched_person(email, first_name, last_name)
    mine = [m for m in person.memberships if m.scope_kind is scope.kind and m.scope_code == code]
    if mine:
        mine[0].state, mine[0].ended_at = MemberState.ACTIVE, None
    else:
        _join(person, MemberRole.OFFICER, scope_kind=scope.kind, scope_code=code, trusted_at=clock.now())
    db.session.flush()
    return person


def create_admin(email: str, first_name: str = "", last_name: str = "") -> Person:
    """The person, made if need be, as administrator of the service."""
    person = _vouched_person(email, first_name, last_name)
    mine = [m for m in person.memberships if m.role is MemberRole.ADMIN]
    if mine:
        mine[0].state, mine[0].ended_at = MemberState.ACTIVE, None
    else:
        _join(person, MemberRole.ADMIN, trusted_at=clock.now())
    db.session.flush()
    return person


def set_password(person: Person, password: str) -> None:
    """A password given on the command line."""
    person.password = hash_password(password)
    db.session.flush()


def _new_person(newcomer: Newcomer, next_path: str) -> Person | None:
    """The account; None when there is one with this address, whose owner is then written to."""
    # Before looking: a known address must not be answered faster than an unknown one.
    password = hash_password(newcomer.password)
    person = Person(
        email=newcomer.email.lower(),
        first_name=newcomer.first_name,
        last_name=newcomer.last_name,
        phone=newcomer.phone,
        language=newcomer.language,
        password=password,
        created_at=clock.now(),
    )
    owner = queries.person_by_email(newcomer.email) or _add_unless_taken(person)
    if owner is person:
        return person
    mails.say_already_known(owner, next_path)
    return None


def _add_unless_taken(person: Person) -> Person:
    """The person, added; or the one whom a request at the same moment added with the same address."""
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError:
        return db.session.scalars(select(Person).where(Person.email == person.email)).one()
    return person


def _vouched_person(email: str, first_name: str, last_name: str) -> Person:
    person = queries.person_by_email(email)
    if person is None:
        person = Person(email=email.strip().lower(), created_at=clock.now())
        db.session.add(person)
    person.first_name = first_name or person.first_name or ""
    person.last_name = last_name or person.last_name or ""
    person.confirmed_at = person.confirmed_at or clock.now()
    db.session.flush()
    return person


def _join(person: Person, role: MemberRole, **values: Any) -> Membership:
    values.setdefault("trusted_at", None)
    membership = Membership(
        role=role,
        created_at=clock.now(),
        trust_due_at=None if values["trusted_at"] else trust_deadline(clock.now()),
        **values,
    )
    person.memberships.append(membership)
    return membership


def _added(school: UnlistedSchool) -> School:
    return add_school(school.uai, school.name, school.kind, postcode=school.postcode, commune=school.commune)


def _company_of(siret: str, firm: Firm) -> Company:
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


def _trust_by_address(person: Person) -> None:
    for membership in person.memberships:
        school = membership.school
        if membership.role is not MemberRole.TEACHER or membership.trusted_at or school is None:
            continue
        academie = db.session.get(Academie, school.academie_code) if school.academie_code else None
        if is_trusted_address(person.email, academie.mail_domain if academie else None):
            membership.trusted_at, membership.trust_due_at = clock.now(), None


def _tell_managers(person: Person) -> None:
    for membership in person.memberships:
        if membership.role in COMPANY_ROLES and membership.state is MemberState.PENDING and membership.company:
            for manager in queries.confirmed_managers(membership.company):
                mails.ask_to_accept(manager, person, membership.company.id, membership.company.name)


def _waiting_membership(company: Company, membership_id: int) -> Membership:
    membership = db.session.get(Membership, membership_id, populate_existing=True)
    if membership is None or membership.company_id != company.id or membership.state is not MemberState.PENDING:
        raise AlreadyAnswered
    return membership
