"""Reads of accounts that have a name."""

from __future__ import annotations

from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.accounts.rules import Scope, fold
from booking.companies.models import Company
from booking.core.db import db
from booking.core.i18n import _
from booking.territory.models import Academie, Departement


def person_by_email(email: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email.strip().lower()))


def confirmed_managers(company: Company) -> list[Person]:
    """Who may let a colleague into the company: its managers whose address is confirmed."""
    return list(
        db.session.scalars(
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.company_id == company.id,
                Membership.role == MemberRole.HOST_MANAGER,
                Membership.state == MemberState.ACTIVE,
                Person.confirmed_at.is_not(None),
                Person.active,
            )
            .order_by(Person.id)
        )
    )


def people_of_company(company: Company, state: MemberState) -> list[Membership]:
    """The company's members in this state; one who waits is shown only once the address is confirmed."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Person, Membership.person_id == Person.id)
            .where(Membership.company_id == company.id, Membership.state == state, Person.confirmed_at.is_not(None))
            .order_by(Membership.created_at, Membership.id)
        )
    )


def scope_code(scope: Scope) -> str | None:
    """The code under which this territory is known, by its code or its name; None when there is none, or no need of one."""
    if scope.kind is ScopeKind.NATIONAL or scope.code is None:
        return None
    # Compared here: SQLite lowers ASCII letters only, and there are a hundred names.
    names: dict[str, str] = {}
    if scope.kind is ScopeKind.REGION_ACADEMIQUE:
        names = {fold(name): name for name in db.session.scalars(select(Academie.region_academique))}
    elif scope.kind is ScopeKind.ACADEMIE:
        for academie in db.session.scalars(select(Academie)):
            names |= dict.fromkeys((fold(academie.name), fold(academie.code)), academie.code)
    else:
        for departement in db.session.scalars(select(Departement)):
            names |= dict.fromkeys((fold(departement.name), fold(departement.code)), departement.code)
    return names.get(fold(scope.code))


def place_words(membership: Membership) -> str:
    """The name of the school, the company or the territory that a membership is about."""
    if membership.school:
        return f"{membership.school.name}, {membership.school.commune_name}"
    if membership.company:
        return membership.company.name
    if membership.scope_kind is ScopeKind.ACADEMIE:
        academie = db.session.get(Academie, membership.scope_code)
        return _("académie de %(name)s", name=academie.name) if academie else ""
    if membership.scope_kind in {ScopeKind.DEPARTEMENT, ScopeKind.PREFECTURE}:
        departement = db.session.get(Departement, membership.scope_code)
        return f"{departement.name} ({departement.code})" if departement else ""
    if membership.scope_kind is ScopeKind.NATIONAL:
        return _("toute la France")
    return membership.scope_code or ""
