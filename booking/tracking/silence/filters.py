"""What the map of silence is narrowed to, read from the address."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from booking.catalogue.models import Edition
from booking.core.i18n import _
from booking.schools.models import School, SchoolKind
from booking.territory.models import Commune
from booking.territory.rules import fold
from booking.tracking.filters import NO_PRIORITY, PRIORITY
from booking.tracking.models import SchoolContact


class Since(enum.StrEnum):
    """Since when a school is silent."""

    EDITION = "edition"
    EVER = "ever"


class Contacted(enum.StrEnum):
    TO_CALL = "to_call"
    DONE = "done"


class Sort(enum.StrEnum):
    COMMUNE = "commune"
    PUPILS = "pupils"
    NEAR = "near"


@dataclass(frozen=True)
class SilenceFilters:
    """Empty values narrow nothing. commune: a name or a postcode, as typed."""

    departement: str = ""
    commune: str = ""
    school_kind: str = ""
    status: str = ""
    priority: str = ""
    since: str = ""
    contact: str = ""
    sort: str = ""

    @property
    def in_use(self) -> int:
        return sum(1 for field in fields(self) if field.name != "sort" and getattr(self, field.name))

    def query(self) -> dict[str, str]:
        """The values of an address that asks for the same."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def of_schools(self, query: Select[Any]) -> Select[Any]:
        """A query over schools, kept to the kinds and places that are asked for."""
        conditions: list[ColumnElement[bool]] = []
        if self.departement:
            conditions.append(School.departement_code == self.departement)
        if self.commune:
            conditions.append(_in_commune(self.commune))
        if self.school_kind:
            conditions.append(School.kind == SchoolKind(self.school_kind))
        if self.status:
            conditions.append(School.is_public.is_(self.status == "public"))
        if self.priority:
            wanted = None if self.priority == NO_PRIORITY else self.priority
            conditions.append(
                School.priority_education.is_(None) if wanted is None else School.priority_education == wanted
            )
        return query.where(*conditions)

    def of_contacts(self, query: Select[Any], edition: Edition) -> Select[Any]:
        """A query over schools, kept to those that were, or were not, called or written to."""
        if not self.contact:
            return query
        known = select(SchoolContact.school_id).where(
            SchoolContact.edition_id == edition.id, SchoolContact.undone_at.is_(None)
        )
        return query.where(School.id.in_(known) if self.contact == Contacted.DONE else School.id.not_in(known))


def _in_commune(text: str) -> ColumnElement[bool]:
    if re.fullmatch(r"\d{5}", text):
        return School.postcode == text
    # The arrondissements of Paris, Lyon and Marseille answer to their town.
    towns = select(Commune.insee).where(Commune.search_name == fold(text))
    parts = select(Commune.insee).where(Commune.parent_insee.in_(towns))
    return or_(School.commune_insee.in_(towns), School.commune_insee.in_(parts))


def read_silence_filters(args: Mapping[str, str], departements: Collection[str]) -> tuple[SilenceFilters, list[str]]:
    """The filters of an address, and a sentence for each value that was ignored."""
    choices: dict[str, Collection[str]] = {
        "departement": departements,
        "school_kind": set(SchoolKind),
        "status": ("public", "private"),
        "priority": (*PRIORITY, NO_PRIORITY),
        "since": set(Since),
        "contact": set(Contacted),
        "sort": set(Sort),
    }
    values, ignored = {}, []
    for name, allowed in choices.items():
        # The plus sign of REP+ reads as a space in an address typed by hand.
        value = args.get(name, "").replace("REP ", "REP+").strip()
        if value in allowed:
            values[name] = value
        elif value:
            ignored.append(_("Le filtre «\u00a0%(value)s\u00a0» n’existe pas\u00a0: il est ignoré.", value=value[:40]))
    commune = " ".join("".join(sign for sign in args.get("commune", "") if sign.isprintable()).split())[:80]
    return SilenceFilters(commune=commune, **values), ignored
