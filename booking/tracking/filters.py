"""What an officer narrows a board to, read from the address; the same conditions on figures, rows and exports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.models import Booking
from booking.catalogue.models import Activity, ActivityKind, ActivityLevel, Slot
from booking.companies.models import Company, Site
from booking.core.i18n import _
from booking.matching.rounds.rules import USUAL_WEIGHTS
from booking.schools.models import School, SchoolClass, SchoolKind
from booking.territory.models import Commune

PRIORITY = ("REP", "REP+")
NO_PRIORITY = "none"
STATUSES = ("public", "private")
GROUNDS = ("rural", "urban")
# A commune is rural below so many inhabitants, here as in the rounds.
RURAL_BELOW = USUAL_WEIGHTS.rural_below


@dataclass(frozen=True)
class Filters:
    """Empty values narrow nothing. departement: of the place for supply, of the school for bookings."""

    departement: str = ""
    kind: str = ""
    sector: str = ""
    level: str = ""
    school_kind: str = ""
    status: str = ""
    priority: str = ""
    ground: str = ""
    first_on: date | None = None
    last_on: date | None = None

    @property
    def in_use(self) -> int:
        return sum(1 for field in fields(self) if getattr(self, field.name))

    def query(self) -> dict[str, str]:
        """The values of an address that asks for the same."""
        names = {"first_on": "from", "last_on": "to"}
        return {names.get(f.name, f.name): str(value) for f in fields(self) if (value := getattr(self, f.name))}

    def of_activities(self, query: Select[Any]) -> Select[Any]:
        """A query over activities joined to their site."""
        query = query.where(*self._about_activity())
        if self.departement:
            there = select(Slot.activity_id).where(Slot.departement_code == self.departement)
            query = query.where(or_(Site.departement_code == self.departement, Activity.id.in_(there)))
        if self.first_on or self.last_on:
            query = query.where(Activity.id.in_(select(Slot.activity_id).where(*self._about_dates())))
        return query

    def of_slots(self, query: Select[Any]) -> Select[Any]:
        """A query over slots joined to their activity."""
        query = query.where(*self._about_activity(), *self._about_dates())
        return query.where(Slot.departement_code == self.departement) if self.departement else query

    def of_bookings(self, query: Select[Any]) -> Select[Any]:
        """A query over bookings joined to their slot, activity and school. level: that of the class."""
        conditions = [*self._about_kind_and_sector(), *self._about_dates()]
        if self.departement:
            conditions.append(Booking.departement_code == self.departement)
        if self.level:
            conditions.append(Booking.level_code == self.level)
        return query.where(*conditions, *self._about_school())

    def of_declared(self, query: Select[Any]) -> Select[Any]:
        """A query over visits declared, joined to their school. sector: that of a firm known here."""
        conditions = self._about_school()
        for value, column in (
            (self.departement, DeclaredVisit.departement_code), (self.level, DeclaredVisit.level_code),
            (self.kind, DeclaredVisit.kind),
        ):  # fmt: skip
            if value:
                conditions.append(column == value)
        if self.sector:
            firms = select(Company.id).where(Company.sector == self.sector)
            conditions.append(DeclaredVisit.company_id.in_(firms))
        if self.first_on:
            conditions.append(DeclaredVisit.visited_on >= self.first_on)
        if self.last_on:
            conditions.append(DeclaredVisit.visited_on <= self.last_on)
        return query.where(*conditions)

    def of_needs(self, query: Select[Any]) -> Select[Any]:
        """A query over needs joined to their class and school: what an activity or a date would narrow does not apply."""
        conditions = self._about_school()
        if self.departement:
            conditions.append(School.departement_code == self.departement)
        if self.level:
            conditions.append(SchoolClass.level_code == self.level)
        return query.where(*conditions)

    def of_schools(self, query: Select[Any]) -> Select[Any]:
        """A query over schools: what an activity, a class or a date would narrow does not apply."""
        here = [School.departement_code == self.departement] if self.departement else []
        return query.where(*here, *self._about_school())

    @property
    def reads(self) -> set[type]:
        """The tables beside the booking's own that `of_bookings` asks."""
        tables: set[type] = set()
        if self.kind or self.sector:
            tables |= {Slot, Activity}
        if self.first_on or self.last_on:
            tables.add(Slot)
        if self.school_kind or self.status or self.priority or self.ground:
            tables.add(School)
        return tables

    def _about_school(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.school_kind:
            conditions.append(School.kind == SchoolKind(self.school_kind))
        if self.status:
            conditions.append(School.is_public.is_(self.status == "public"))
        if self.priority == NO_PRIORITY:
            conditions.append(School.priority_education.is_(None))
        elif self.priority:
            conditions.append(School.priority_education == self.priority)
        if self.ground:
            rural = select(Commune.insee).where(Commune.population < RURAL_BELOW)
            known = select(Commune.insee).where(Commune.population >= RURAL_BELOW)
            conditions.append(School.commune_insee.in_(rural if self.ground == "rural" else known))
        return conditions

    def _about_activity(self) -> list[ColumnElement[bool]]:
        conditions = self._about_kind_and_sector()
        if self.level:
            levels = select(ActivityLevel.activity_id)
            suits = Activity.id.in_(levels.where(ActivityLevel.level_code == self.level))
            conditions.append(or_(suits, Activity.id.not_in(levels)))
        return conditions

    def _about_kind_and_sector(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.kind:
            conditions.append(Activity.kind == ActivityKind(self.kind))
        if self.sector:
            conditions.append(Activity.sector == self.sector)
        return conditions

    def _about_dates(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.first_on:
            conditions.append(Slot.local_start >= datetime.combine(self.first_on, time.min))
        if self.last_on:
            conditions.append(Slot.local_start <= datetime.combine(self.last_on, time.max))
        return conditions


@dataclass(frozen=True)
class Known:
    """The values that exist: any other is ignored, with a sentence."""

    departements: Collection[str]
    sectors: Collection[str]
    levels: Collection[str]


def read_filters(args: Mapping[str, str], known: Known) -> tuple[Filters, list[str]]:
    """The filters of an address, and a sentence for each value that was ignored."""
    choices = {
        "departement": known.departements,
        "kind": set(ActivityKind),
        "sector": known.sectors,
        "level": known.levels,
        "school_kind": set(SchoolKind),
        "status": STATUSES,
        "priority": (*PRIORITY, NO_PRIORITY),
        "ground": GROUNDS,
    }
    values: dict[str, Any] = {}
    ignored = []
    for name, allowed in choices.items():
        # The plus sign of REP+ reads as a space in an address typed by hand.
        value = args.get(name, "").replace("REP ", "REP+").strip()
        if value in allowed:
            values[name] = value
        elif value:
            ignored.append(_("Le filtre «\u00a0%(value)s\u00a0» n’existe pas\u00a0: il est ignoré.", value=value[:40]))
    for name, field in (("from", "first_on"), ("to", "last_on")):
        text = args.get(name, "").strip()
        try:
            values[field] = date.fromisoformat(text) if text else None
        except ValueError:
            ignored.append(
                _("La date «\u00a0%(text)s\u00a0» n’est pas lisible\u00a0: elle est ignorée.", text=text[:20])
            )
    return Filters(**values), ignored
