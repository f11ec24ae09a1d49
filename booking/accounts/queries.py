"""Reads of accounts that have a name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from booking.accounts.models import (
    OVERSIGHT_ROLES,
    ActionLink,
    MemberRole,
    Membership,
    MemberState,
    Person,
    ScopeKind,
)
from booking.accounts.rules import Scope, fold
from booking.companies.models import Company
from booking.core.db import db
from booking.core.i18n import _
from booking.schools.models import School, SchoolGroup
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


def members_of_company(company: Company) -> list[Person]:
    """Who is in the company, with a confirmed address: who is written to about it."""
    return [membership.person for membership in people_of_company(company, MemberState.ACTIVE)]


def people_of_school(school: School, *states: MemberState) -> list[Membership]:
    """The school's members in these states whose address is confirmed, by name."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Person, Membership.person_id == Person.id)
            .where(Membership.school_id == school.id, Membership.state.in_(states), Person.confirmed_at.is_not(None))
            .order_by(Person.last_name, Person.first_name, Membership.id)
            .options(contains_eager(Membership.person))
        )
    )


def heads_of(school: School) -> list[Person]:
    """The head and the delegates, trusted: who answers for the school."""
    people = people_of_school(school, MemberState.ACTIVE)
    return [m.person for m in people if m.is_trusted and m.role in (MemberRole.HEAD, MemberRole.DELEGATE)]


def was_told_of(membership: Membership) -> bool:
    """Whether the school's mailbox was already written to about this person."""
    query = select(ActionLink.id).where(
        ActionLink.object_key == f"membership/{membership.id}", ActionLink.purpose == "school-notice"
    )
    return db.session.scalar(query.limit(1)) is not None


def covers(membership: Membership, departement: Departement) -> bool:
    """Whether this officer's territory holds the département; an administrator's holds them all."""
    kind, code = membership.scope_kind, membership.scope_code
    if membership.role is MemberRole.ADMIN:
        return True
    if membership.role is not MemberRole.OFFICER or kind is None:
        return False
    academie = departement.academie
    here = {
        ScopeKind.NATIONAL: None,
        ScopeKind.REGION_ACADEMIQUE: academie.region_academique if academie else "",
        ScopeKind.ACADEMIE: academie.code if academie else "",
        ScopeKind.DEPARTEMENT: departement.code,
        ScopeKind.PREFECTURE: departement.code,
    }
    return kind in here and here[kind] == code


def departements_of(membership: Membership) -> frozenset[str] | None:
    """The départements of an officer's territory, by code; None for the whole country."""
    kind, code = membership.scope_kind, membership.scope_code or ""
    if kind is ScopeKind.NATIONAL:
        return None
    if kind in (ScopeKind.DEPARTEMENT, ScopeKind.PREFECTURE):
        return frozenset({code})
    here = {ScopeKind.REGION_ACADEMIQUE: Academie.region_academique, ScopeKind.ACADEMIE: Academie.code}
    if kind not in here:
        # A group of schools is no land: whoever narrows by département shows it nothing rather than too much.
        return frozenset()
    query = select(Departement.code).join(Academie, Academie.code == Departement.academie_code)
    return frozenset(db.session.scalars(query.where(here[kind] == code)))


def group_of(membership: Membership) -> SchoolGroup | None:
    """The group of schools that an officer follows, if that is what they follow and it exists."""
    code = membership.scope_code or ""
    if membership.scope_kind is not ScopeKind.GROUP or not code.isdecimal():
        return None
    return db.session.get(SchoolGroup, int(code))


def followers_of_group(group_id: int) -> list[Membership]:
    """Who follows this group of schools, by name."""
    query = (
        select(Membership)
        .join(Person, Membership.person_id == Person.id)
        .where(
            Membership.scope_kind == ScopeKind.GROUP,
            Membership.scope_code == str(group_id),
            Membership.state == MemberState.ACTIVE,
        )
        .order_by(Person.last_name, Person.first_name, Membership.id)
        .options(contains_eager(Membership.person))
    )
    return list(db.session.scalars(query))


# Whose business a school's people are, the nearest first; the next ones only where there is nobody nearer.
_NEAREST = (
    (ScopeKind.DEPARTEMENT, ScopeKind.ACADEMIE),
    (ScopeKind.REGION_ACADEMIQUE,),
    (ScopeKind.NATIONAL,),
    (None,),
)


def officers_of(departement: Departement) -> list[Person]:
    """Who is alerted about a person there: the département's and the académie's officers, or whoever stands behind."""
    query = (
        select(Membership)
        .join(Person, Membership.person_id == Person.id)
        .where(
            Membership.role.in_(OVERSIGHT_ROLES),
            Membership.state == MemberState.ACTIVE,
            Person.active,
            Person.confirmed_at.is_not(None),
        )
        .order_by(Membership.id)
    )
    there = [membership for membership in db.session.scalars(query) if covers(membership, departement)]
    for kinds in _NEAREST:
        if found := {m.person_id: m.person for m in there if m.scope_kind in kinds}:
            return list(found.values())
    return []


def scope_code(scope: Scope) -> str | None:
    """The code under which this territory is known, by its code or its name; None when there is none, or no need of one."""
    if scope.kind is ScopeKind.NATIONAL or scope.code is None:
        return None
    # Compared here: SQLite lowers ASCII letters only, and there are a hundred names.
    names: dict[str, str] = {}
    if scope.kind is ScopeKind.REGION_ACADEMIQUE:
        names = {fold(name): name for name in db.session.scalars(select(Academie.region_academique))}
    elif scope.kind is ScopeKind.GROUP:
        names = {str(id_): str(id_) for id_ in db.session.scalars(select(SchoolGroup.id))}
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
    if membership.scope_kind is ScopeKind.GROUP:
        group = group_of(membership)
        return group.name if group else ""
    return membership.scope_code or ""
