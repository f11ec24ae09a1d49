"""Naming officers and administrators, by command: whoever runs it vouches for the address."""

from __future__ import annotations

from flask_security import hash_password

from booking.accounts import queries
from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.accounts.rules import Scope, WrongScope
from booking.accounts.services.memberships import join
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _


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
        join(person, MemberRole.OFFICER, scope_kind=scope.kind, scope_code=code, trusted_at=clock.now())
    db.session.flush()
    return person


def create_admin(email: str, first_name: str = "", last_name: str = "") -> Person:
    """The person, made if need be, as administrator of the service."""
    person = _vouched_person(email, first_name, last_name)
    mine = [m for m in person.memberships if m.role is MemberRole.ADMIN]
    if mine:
        mine[0].state, mine[0].ended_at = MemberState.ACTIVE, None
    else:
        join(person, MemberRole.ADMIN, trusted_at=clock.now())
    db.session.flush()
    return person


class NoSuchAccount(Refusal):
    code = "no_such_account"
    field = "email"

    def sentence(self) -> object:
        return _(
            "Aucun compte n’a cette adresse, ou elle n’est pas encore confirmée : la personne crée d’abord son compte."
        )


def entrust_group(group_id: int, email: str, officer: Person) -> Membership:
    """Somebody with an account follows this group of schools; the officer vouches. Again changes nothing.

    Refuses: NoSuchAccount.
    """
    person = queries.person_by_email(email)
    if person is None or person.confirmed_at is None or not person.active:
        raise NoSuchAccount
    mine = [m for m in person.memberships if m.scope_kind is ScopeKind.GROUP and m.scope_code == str(group_id)]
    if mine:
        membership = mine[0]
        membership.state, membership.ended_at = MemberState.ACTIVE, None
    else:
        membership = join(person, MemberRole.OFFICER, scope_kind=ScopeKind.GROUP, scope_code=str(group_id))
    membership.trusted_at, membership.trusted_by_id = clock.now(), officer.id
    db.session.flush()
    return membership


def withdraw_group(group_id: int, membership_id: int) -> None:
    """That follower of the group follows it no more; somebody else's membership is left alone."""
    for membership in queries.followers_of_group(group_id):
        if membership.id == membership_id:
            membership.state, membership.ended_at = MemberState.ENDED, clock.now()
    db.session.flush()


def set_password(person: Person, password: str) -> None:
    """A password given on the command line."""
    person.password = hash_password(password)
    db.session.flush()


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
