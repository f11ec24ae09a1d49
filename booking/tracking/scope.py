"""A territory, and the one place that narrows every query of the tracking room to it.

Supply counts where the place is, bookings and pupils where the school is, both frozen when they were made (product,
section 11): a booking that crosses a border is seen by both, and counted once, by its school.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true

from booking.accounts.models import Membership, ScopeKind
from booking.accounts.queries import departements_of, group_of
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.models import Booking
from booking.catalogue.models import Activity, Slot
from booking.companies.models import Site
from booking.core.db import db
from booking.core.i18n import _
from booking.schools.models import School, SchoolGroup, SchoolGroupMember
from booking.territory.models import Academie, Departement


@dataclass(frozen=True)
class Scope:
    """What an officer may see. departements: None for the whole country, else the codes.

    group_id: a group of schools instead of a land (its départements are none). Its bookings are those of its schools;
    a group has no ground of its own, so its supply is that of the sites of the communes where it has a school.
    """

    name: str
    departements: frozenset[str] | None
    group_id: int | None = None

    @property
    def is_group(self) -> bool:
        return self.group_id is not None

    def schools(self, query: Select[Any]) -> Select[Any]:
        """A query over bookings, kept to those of the territory's schools."""
        return query.where(self._of_schools(Booking.departement_code, Booking.school_id))

    def declared(self, query: Select[Any]) -> Select[Any]:
        """A query over visits declared, kept to those of the territory's schools."""
        return query.where(self._of_schools(DeclaredVisit.departement_code, DeclaredVisit.school_id))

    def places(self, query: Select[Any]) -> Select[Any]:
        """A query over slots, kept to those that take place in the territory."""
        if not self.is_group:
            return query.where(self._within(Slot.departement_code))
        there = select(Activity.id).join(Site, Site.id == Activity.site_id).where(self._in_communes())
        return query.where(Slot.activity_id.in_(there))

    def offers(self, query: Select[Any]) -> Select[Any]:
        """A query over activities joined to their site: those with a slot in the territory, or based there."""
        if self.is_group:
            return query.where(self._in_communes())
        slots = select(Slot.activity_id).where(self._within(Slot.departement_code))
        return query.where(or_(self._within(Site.departement_code), Activity.id.in_(slots)))

    def seen(self, query: Select[Any]) -> Select[Any]:
        """A query over bookings joined to their slot: those of the territory's schools, and those that come to it."""
        if self.is_group:
            return self.schools(query)
        return query.where(or_(self._within(Booking.departement_code), self._within(Slot.departement_code)))

    def school_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over schools, kept to those of the territory."""
        return query.where(self._of_schools(School.departement_code, School.id))

    def site_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over sites of companies, kept to those that stand in the territory, or in a commune of a group's schools."""
        return query.where(self._in_communes() if self.is_group else self._within(Site.departement_code))

    def departement_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over départements, kept to those of the territory, or where a group has schools."""
        if not self.is_group:
            return query.where(self._within(Departement.code))
        return query.where(Departement.code.in_(select(School.departement_code).where(School.id.in_(self._members()))))

    def group_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over groups of schools, kept to those of the territory's académies."""
        here = select(Departement.academie_code).where(self._within(Departement.code))
        return query.where(SchoolGroup.academie_code.in_(here))

    def _within(self, column: Any) -> ColumnElement[bool]:
        return true() if self.departements is None else column.in_(sorted(self.departements))

    def _of_schools(self, departement: Any, school_id: Any) -> ColumnElement[bool]:
        return school_id.in_(self._members()) if self.is_group else self._within(departement)

    def _in_communes(self) -> ColumnElement[bool]:
        return Site.commune_insee.in_(select(School.commune_insee).where(School.id.in_(self._members())))

    def _members(self) -> Any:
        return select(SchoolGroupMember.school_id).where(SchoolGroupMember.group_id == self.group_id)


def scope_of(membership: Membership) -> Scope:
    """The territory of an officer's membership; a group that does not exist is an empty territory."""
    group = group_of(membership)
    return Scope(_name_of(membership), departements_of(membership), group.id if group else None)


def _name_of(membership: Membership) -> str:
    kind, code = membership.scope_kind, membership.scope_code or ""
    if kind is ScopeKind.NATIONAL:
        return _("France entière")
    if kind is ScopeKind.REGION_ACADEMIQUE:
        return _("Région académique %(name)s", name=code)
    if kind is ScopeKind.ACADEMIE:
        academie = db.session.get(Academie, code)
        return _("Académie de %(name)s", name=academie.name if academie else code)
    if kind in (ScopeKind.DEPARTEMENT, ScopeKind.PREFECTURE):
        departement = db.session.get(Departement, code)
        name = departement.name if departement else code
        words = _("Préfecture – %(name)s", name=name) if kind is ScopeKind.PREFECTURE else name
        return f"{words} ({code})"
    group = group_of(membership)
    return group.name if group else _("Groupe d’établissements")
