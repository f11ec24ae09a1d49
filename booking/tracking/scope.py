"""A territory, and the one place that narrows every query of the tracking room to it.

Supply counts where the place is, bookings and pupils where the school is, both frozen when they were made (product,
section 11): a booking that crosses a border is seen by both, and counted once, by its school.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true

from booking.accounts.models import Membership, ScopeKind
from booking.accounts.queries import departements_of
from booking.bookings.models import Booking
from booking.catalogue.models import Activity, Slot
from booking.companies.models import Site
from booking.core.db import db
from booking.core.i18n import _
from booking.schools.models import School
from booking.territory.models import Academie, Departement


@dataclass(frozen=True)
class Scope:
    """What an officer may see. departements: None for the whole country, else the codes."""

    name: str
    departements: frozenset[str] | None

    def schools(self, query: Select[Any]) -> Select[Any]:
        """A query over bookings, kept to those of the territory's schools."""
        return query.where(self._within(Booking.departement_code))

    def places(self, query: Select[Any]) -> Select[Any]:
        """A query over slots, kept to those that take place in the territory."""
        return query.where(self._within(Slot.departement_code))

    def offers(self, query: Select[Any]) -> Select[Any]:
        """A query over activities joined to their site: those with a slot in the territory, or based there."""
        slots = select(Slot.activity_id).where(self._within(Slot.departement_code))
        return query.where(or_(self._within(Site.departement_code), Activity.id.in_(slots)))

    def seen(self, query: Select[Any]) -> Select[Any]:
        """A query over bookings joined to their slot: those of the territory's schools, and those that come to it."""
        return query.where(or_(self._within(Booking.departement_code), self._within(Slot.departement_code)))

    def school_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over schools, kept to those of the territory."""
        return query.where(self._within(School.departement_code))

    def departement_rows(self, query: Select[Any]) -> Select[Any]:
        """A query over départements, kept to those of the territory."""
        return query.where(self._within(Departement.code))

    def _within(self, column: Any) -> ColumnElement[bool]:
        return true() if self.departements is None else column.in_(sorted(self.departements))


def scope_of(membership: Membership) -> Scope:
    """The territory of an officer's membership."""
    return Scope(_name_of(membership), departements_of(membership))


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
    return _("Groupe d’établissements")
