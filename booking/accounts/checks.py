"""What must always hold of people and their memberships (`flask check`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from booking.accounts import queries
from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.accounts.rules import Scope
from booking.companies.models import Company
from booking.core.checks import invariant
from booking.core.db import db


@invariant("person-address")
def addresses_in_capitals() -> Iterator[tuple[str, str]]:
    """An address is found by its lower-case form only: one in capitals could never sign in."""
    for person_id in db.session.scalars(select(Person.id).where(Person.email != func.lower(Person.email))):
        yield f"person {person_id}", "its address is not in lower case"


@invariant("officer-territory")
def unknown_territories() -> Iterator[tuple[str, str]]:
    """An officer whose territory does not exist would see nothing, or everything."""
    officers = select(Membership).where(Membership.role == MemberRole.OFFICER)
    for membership in db.session.scalars(officers):
        kind, code = membership.scope_kind, membership.scope_code
        if kind and kind is not ScopeKind.NATIONAL and (code is None or queries.scope_code(Scope(kind, code)) != code):
            yield f"membership {membership.id}", f"no {kind} has the code {code}"


@invariant("company-manager")
def companies_without_manager() -> Iterator[tuple[str, str]]:
    """A company with members must have a manager, or nobody could let a colleague in."""
    of_company = select(Membership.id).where(
        Membership.company_id == Company.id, Membership.state == MemberState.ACTIVE
    )
    lost = select(Company.id).where(
        of_company.exists(), ~of_company.where(Membership.role == MemberRole.HOST_MANAGER).exists()
    )
    for company_id in db.session.scalars(lost):
        yield f"company {company_id}", "it has members and no manager"
