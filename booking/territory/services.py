"""Bring the reference data about places into the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from booking.core.db import db
from booking.territory import reference
from booking.territory.models import Academie, Commune, Departement, SchoolHoliday
from booking.territory.reference_files import Line, OnProgress, Reader, Report, read_lines, silent, upsert
from booking.territory.rules import fold, zone_of_departement

ACADEMIE_COLUMNS = ("code", "nom", "slug", "region_academique", "zone_vacances", "domaine_mail")
DEPARTEMENT_COLUMNS = ("code", "nom", "type", "zone_geo", "region_nom", "academie_code", "zone_vacances")
HOLIDAY_COLUMNS = ("zone", "nom", "premier_jour", "dernier_jour")
COMMUNE_COLUMNS = (
    "code_insee", "nom", "type", "commune_parente", "codes_postaux", "departement", "population", "latitude",
    "longitude",
)  # fmt: skip
COMMUNE_KINDS = frozenset({"commune", "arrondissement_municipal"})


def import_territory() -> Report:
    """Académies, départements and school holidays, as shipped: made or brought up to date, none removed."""
    return _import_academies() + _import_departements() + _import_school_holidays()


def import_communes(lines: Sequence[Line] | None = None, on_progress: OnProgress = silent) -> Report:
    """The communes of a file's lines (by default those shipped), all or none; no commune is removed.

    Refuses: WrongRows.
    """
    ensure_territory()
    departements = departement_codes()
    rows = Reader().rows(
        shipped_communes() if lines is None else lines, "code_insee", lambda line: _commune_row(line, departements)
    )
    return upsert(Commune, rows, "insee", on_progress)


def ensure_territory() -> None:
    """Départements are there: whatever refers to them can be imported into an empty database."""
    if db.session.scalar(select(Departement.code).limit(1)) is None:
        import_territory()


def departement_codes() -> frozenset[str]:
    return frozenset(db.session.scalars(select(Departement.code)))


def shipped_communes() -> list[Line]:
    return read_lines(reference.COMMUNES, COMMUNE_COLUMNS)


def _import_academies() -> Report:
    rows = [
        {
            "code": values["code"],
            "name": values["nom"],
            "slug": values["slug"],
            "region_academique": values["region_academique"],
            "holiday_zone": values["zone_vacances"],
            "mail_domain": values["domaine_mail"] or None,
        }
        for values in (line.values for line in read_lines(reference.ACADEMIES, ACADEMIE_COLUMNS))
    ]
    return upsert(Academie, rows, "code")


def _import_departements() -> Report:
    rows = [
        {
            "code": values["code"],
            "name": values["nom"],
            "kind": values["type"],
            "geo_zone": values["zone_geo"],
            "region_name": values["region_nom"] or None,
            "academie_code": values["academie_code"] or None,
            "holiday_zone": values["zone_vacances"] or None,
            "timezone": zone_of_departement(values["code"]),
        }
        for values in (line.values for line in read_lines(reference.DEPARTEMENTS, DEPARTEMENT_COLUMNS))
    ]
    return upsert(Departement, rows, "code")


def _import_school_holidays() -> Report:
    """A holiday is known by its zone, name and year: the ministry may move its days."""
    known = {(row.zone, row.name, row.first_on.year): row for row in db.session.scalars(select(SchoolHoliday))}
    created = updated = unchanged = 0
    for line in read_lines(reference.SCHOOL_HOLIDAYS, HOLIDAY_COLUMNS):
        values = line.values
        first_on, last_on = date.fromisoformat(values["premier_jour"]), date.fromisoformat(values["dernier_jour"])
        row = known.get((values["zone"], values["nom"], first_on.year))
        if row is None:
            db.session.add(SchoolHoliday(zone=values["zone"], name=values["nom"], first_on=first_on, last_on=last_on))
            created += 1
        elif (row.first_on, row.last_on) != (first_on, last_on):
            row.first_on, row.last_on = first_on, last_on
            updated += 1
        else:
            unchanged += 1
    db.session.flush()
    return Report(created, updated, unchanged)


def _commune_row(line: Reader, departements: frozenset[str]) -> dict[str, Any]:
    name = line.text("nom", 80, required=True)
    return {
        "insee": line.text("code_insee", 5, required=True),
        "name": name,
        "search_name": fold(name)[:80],
        "kind": line.choice("type", COMMUNE_KINDS),
        "parent_insee": line.text("commune_parente", 5) or None,
        "postcodes": line.text("codes_postaux", 400),
        "departement_code": line.choice("departement", departements),
        "population": line.whole("population"),
        "latitude": line.degrees("latitude", 90),
        "longitude": line.degrees("longitude", 180),
    }
