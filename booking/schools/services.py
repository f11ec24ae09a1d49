"""Bring schools into the database: from a file, or one that somebody misses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools import reference
from booking.schools.models import School, SchoolKind
from booking.schools.rules import WrongCommune, check_uai, departements_of_uai, readable_name, search_text
from booking.territory.models import Commune, Departement
from booking.territory.reference_files import Line, OnProgress, Reader, Report, read_lines, silent, upsert
from booking.territory.services import ensure_territory

COLUMNS = (
    "uai", "nom", "type", "nature", "secteur", "voie_generale", "voie_techno", "voie_pro", "segpa", "ulis", "adresse",
    "code_postal", "code_insee", "commune", "departement", "latitude", "longitude", "geo_precision",
    "education_prioritaire", "nb_eleves", "source",
)  # fmt: skip
KINDS = frozenset(kind.value for kind in SchoolKind)
# A village's only school often has no name but its commune's.
NAMELESS = {"ecole": "École", "college": "Collège", "lycee": "Lycée"}
SECTORS = frozenset({"public", "prive"})
PRIORITY = frozenset({"", "REP", "REP+"})
ADDED_BY_HAND = "ajout"
COMMUNE_CENTRE = "centroide commune"


class SchoolExists(Refusal):
    """school: the one that has this UAI."""

    code = "school_exists"
    field = "uai"
    school: School

    def sentence(self) -> Any:
        return _l(
            "Cet établissement est déjà dans la liste\u00a0: %(name)s, %(commune)s.",
            name=self.school.name,
            commune=self.school.commune_name,
        )


class NameMissing(Refusal):
    code = "name_missing"
    field = "name"

    def sentence(self) -> Any:
        return _l("Écrivez le nom de l’établissement, en 160 caractères au plus.")


def import_schools(lines: Sequence[Line] | None = None, on_progress: OnProgress = silent) -> Report:
    """The schools of a file's lines (by default those shipped), all or none; no school is removed.

    What was typed in here (official mailbox, the head's wish) stays. Sections of another school are not listed.
    Refuses: WrongRows.
    """
    ensure_territory()
    departements = select(Departement.code, Departement.academie_code)
    academies = {row.code: row.academie_code for row in db.session.execute(departements)}
    communes = _commune_names()
    rows = Reader().rows(
        shipped_schools() if lines is None else lines, "uai", lambda line: _school_row(line, academies, communes)
    )
    return upsert(School, rows, "uai", on_progress)


def shipped_schools() -> list[Line]:
    """The schools of the whole country, as shipped."""
    return read_lines(reference.SCHOOLS, COLUMNS)


def add_school(
    uai: str, name: str, kind: SchoolKind, *, commune: Commune, postcode: str = "", is_public: bool = True
) -> School:
    """A school that the shipped list misses, placed at the centre of its commune until a file says better.

    Refuses: WrongUai, WrongUaiLetter, UnknownUaiPlace, WrongCommune, NameMissing; SchoolExists with the one there is.
    """
    uai, name = check_uai(uai), " ".join(name.split())
    if not 0 < len(name) <= 160:
        raise NameMissing
    if commune.departement_code not in departements_of_uai(uai):
        raise WrongCommune
    if not re.fullmatch(r"\d{5}", postcode):
        postcode = commune.postcodes if len(commune.postcodes) == 5 else ""
    row = {
        "uai": uai,
        "name": name,
        "kind": kind,
        "is_public": is_public,
        "postcode": postcode,
        "commune_insee": commune.insee,
        "commune_name": commune.name,
        "departement_code": commune.departement_code,
        "academie_code": commune.departement.academie_code,
        "latitude": commune.latitude,
        "longitude": commune.longitude,
        "geo_precision": COMMUNE_CENTRE if commune.latitude is not None else "",
        "search_text": search_text(uai, name, kind, "", commune.name, postcode),
        "source": ADDED_BY_HAND,
    }
    return _insert_once(row)


def _insert_once(row: dict[str, Any]) -> School:
    # Two colleagues may add the same school at once: whoever comes second is told that it is there.
    by_uai = select(School).where(School.uai == row["uai"])
    if found := db.session.scalar(by_uai):
        raise SchoolExists(school=found)
    report = upsert(School, [row], "uai")
    school = db.session.scalars(by_uai).one()
    if not report.created:
        raise SchoolExists(school=school)
    return school


def _commune_names() -> dict[str, str]:
    communes = select(Commune.insee, Commune.name).where(Commune.kind == "commune")
    return {row.insee: row.name for row in db.session.execute(communes)}


def _school_row(line: Reader, academies: Mapping[str, str | None], communes: Mapping[str, str]) -> dict[str, Any]:
    uai = check_uai(line.text("uai", 20, required=True))
    kind = line.choice("type", KINDS)
    name = readable_name(line.text("nom", 160)) or NAMELESS.get(kind, "")
    nature = line.text("nature", 80)
    insee = line.text("code_insee", 5)
    commune = communes.get(insee) or readable_name(line.text("commune", 80))
    postcode = line.text("code_postal", 5)
    departement = line.choice("departement", academies)
    return {
        "uai": uai,
        "name": name,
        "kind": kind,
        "nature": nature,
        "is_public": line.choice("secteur", SECTORS) == "public",
        "is_listed": not nature.startswith("SECTION"),
        "has_segpa": line.yes_no("segpa"),
        "has_ulis": line.yes_no("ulis"),
        "has_general": line.yes_no("voie_generale"),
        "has_technological": line.yes_no("voie_techno"),
        "has_vocational": line.yes_no("voie_pro"),
        "address": line.text("adresse", 200),
        "postcode": postcode,
        "commune_insee": insee or None,
        "commune_name": commune,
        "departement_code": departement,
        "academie_code": academies.get(departement),
        "latitude": line.degrees("latitude", 90),
        "longitude": line.degrees("longitude", 180),
        "geo_precision": line.text("geo_precision", 60),
        "priority_education": line.choice("education_prioritaire", PRIORITY) or None,
        "pupils_count": line.whole("nb_eleves", 20_000),
        "search_text": search_text(uai, name, SchoolKind(kind), nature, commune, postcode) if kind in KINDS else "",
        "source": line.text("source", 40),
    }
