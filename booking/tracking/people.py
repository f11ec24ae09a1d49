"""Who waits to be trusted in a territory: companies by their sites, people of schools by their school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, selectinload

from booking.accounts.models import COMPANY_ROLES, SCHOOL_ROLES, MemberRole, Membership, MemberState, Person
from booking.companies.models import Company, Site, Trust
from booking.core.db import db
from booking.core.i18n import _
from booking.schools.models import School
from booking.tracking.scope import Scope, scope_of


@dataclass(frozen=True)
class WaitingCompany:
    """people: its members whose address is confirmed."""

    company: Company
    people: Sequence[Person]


def queue_scope(membership: Membership) -> Scope:
    """Whose accounts this officer, or administrator, looks at: nobody's for a group of schools, which is only followed."""
    if membership.role is MemberRole.ADMIN:
        return Scope(_("Tout le service"), None)
    scope = scope_of(membership)
    return replace(scope, group_id=None) if scope.is_group else scope


def waiting_companies(scope: Scope) -> list[WaitingCompany]:
    """Companies that wait, with a site in the territory and somebody who confirmed an address; the oldest first."""
    query = _companies(scope, Trust.PENDING).order_by(Company.trust_due_at, Company.id)
    companies = list(db.session.scalars(query.options(selectinload(Company.sites))))
    people = _people_of([company.id for company in companies])
    return [WaitingCompany(company, people[company.id]) for company in companies if people.get(company.id)]


def refused_companies(scope: Scope) -> list[Company]:
    """Companies that were refused: an officer may come back on it."""
    return list(db.session.scalars(_companies(scope, Trust.REFUSED).order_by(Company.name, Company.id)))


def waiting_members(scope: Scope) -> list[Membership]:
    """People of the territory's schools who wait, or whom their school doesn't know; the latter first."""
    query = (
        _members(scope, select(Membership))
        .options(contains_eager(Membership.person), contains_eager(Membership.school))
        .order_by(Membership.state.desc(), Membership.trust_due_at, Membership.id)
    )
    return list(db.session.scalars(query))


def count_waiting(scope: Scope) -> int:
    """How many answers are awaited in the territory."""
    confirmed = select(Membership.company_id).join(Person).where(
        Membership.role.in_(COMPANY_ROLES), Membership.state == MemberState.ACTIVE, Person.confirmed_at.is_not(None)
    )  # fmt: skip
    companies = _companies(scope, Trust.PENDING).where(Company.id.in_(confirmed)).subquery()
    members = _members(scope, select(Membership.id)).subquery()
    return sum(db.session.scalar(select(func.count()).select_from(part)) or 0 for part in (companies, members))


def company_in(scope: Scope, company_id: int) -> Company | None:
    """The company, if it has a site in the territory."""
    return db.session.scalar(_companies(scope).where(Company.id == company_id))


def member_in(scope: Scope, membership_id: int) -> Membership | None:
    """The membership, if it is of one of the territory's schools."""
    query = select(Membership).join(School, Membership.school_id == School.id).where(Membership.id == membership_id)
    return db.session.scalar(scope.school_rows(query))


def _companies(scope: Scope, *trust: Trust) -> Select[Any]:
    query = select(Company)
    if scope.departements is not None:
        here = select(Site.company_id).where(Site.departement_code.in_(sorted(scope.departements)))
        query = query.where(Company.id.in_(here))
    return query.where(Company.trust.in_(trust)) if trust else query


def _members(scope: Scope, query: Select[Any]) -> Select[Any]:
    return scope.school_rows(
        query.join(School, Membership.school_id == School.id)
        .join(Person, Membership.person_id == Person.id)
        .where(
            Membership.role.in_(SCHOOL_ROLES),
            Membership.state.in_((MemberState.ACTIVE, MemberState.SUSPENDED)),
            Membership.trusted_at.is_(None),
            Person.confirmed_at.is_not(None),
        )
    )


def _people_of(company_ids: Sequence[int]) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = {}
    query = (
        select(Membership)
        .join(Person, Membership.person_id == Person.id)
        .where(
            Membership.company_id.in_(company_ids),
            Membership.state == MemberState.ACTIVE,
            Person.confirmed_at.is_not(None),
        )
        .order_by(Membership.id)
        .options(contains_eager(Membership.person))
    )
    for membership in db.session.scalars(query):
        assert membership.company_id is not None
        found.setdefault(membership.company_id, []).append(membership.person)
    return found
