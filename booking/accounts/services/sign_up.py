"""Signing up and confirming an address, without telling anybody which addresses are known."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from booking.accounts import mails, queries
from booking.accounts.models import MemberRole, Person
from booking.accounts.services.memberships import UnlistedSchool, company_of, enter_company, join, school_of
from booking.accounts.services.sites import Firm, open_proposed_site, propose_site
from booking.accounts.services.trust import tell_who_may_vouch, trust_by_address
from booking.companies.rules import check_siret
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import current_language
from booking.schools.models import School


@dataclass(frozen=True)
class Newcomer:
    """What somebody who signs up says of themselves."""

    first_name: str
    last_name: str
    email: str
    password: str
    phone: str = ""
    language: str = "fr"


def sign_up_teacher(newcomer: Newcomer, school: School | UnlistedSchool, next_path: str = "") -> Person | None:
    """An account and a teacher's membership, trusted or not once the address is confirmed; the link leaves by mail.

    A school that is not listed is added with it.

    None when the address has an account already: its owner is told by mail, and nobody else learns it.
    """
    person = _new_person(newcomer, next_path)
    if person:
        join(person, MemberRole.TEACHER, school=school_of(school))
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
    company = company_of(siret, firm)
    propose_site(enter_company(person, company), siret, firm)
    db.session.flush()
    mails.ask_to_confirm(person, next_path)
    return person


def confirm_address(person: Person) -> None:
    """The person has shown that the address is theirs; a repeated call changes nothing.

    Grants the trust that the address earns, and tells those who may vouch that a colleague waits: not before, or
    anybody could have a firm's managers written to in another's name.
    """
    if person.confirmed_at is None:
        person.confirmed_at = clock.now()
        for membership in person.memberships:
            trust_by_address(membership)
            if membership.is_active and membership.company:
                open_proposed_site(membership, membership.company)
            tell_who_may_vouch(membership)
        db.session.flush()


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
