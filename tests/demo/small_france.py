"""The part of the shipped reference data that the demo stands on: enough to load it in a test."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Column, Uuid

from booking.core.db import db, transaction
from booking.demo import reference
from booking.schools.services import import_schools, shipped_schools
from booking.territory.reference_files import Line
from booking.territory.services import import_communes, import_territory, shipped_communes

NEIGHBOURS = frozenset({"91", "77", "78", "92", "94", "45"})


@cache
def _lines() -> tuple[list[Line], list[Line]]:
    """Communes of the demo's companies and of its schools, and those schools, read once for all tests."""
    uais = {school.uai for school in reference.schools()}
    schools = [line for line in shipped_schools() if line.values["uai"] in uais]
    insee = {company.commune for company in reference.companies()} | {line.values["code_insee"] for line in schools}
    communes = [line for line in shipped_communes() if line.values["code_insee"] in insee]
    return communes, schools


def import_small_france() -> None:
    communes, schools = _lines()
    with transaction():
        import_territory()
        import_communes(communes)
        import_schools(schools)


def contents() -> dict[str, list[str]]:
    """All that the database holds, table by table, but for the identifiers that are drawn at random."""
    return {
        table.name: sorted(
            repr(tuple(row)) for row in db.session.execute(db.select(*(c for c in table.columns if not _is_random(c))))
        )
        for table in db.metadata.sorted_tables
    }


def _is_random(column: Column[object]) -> bool:
    names = {"fs_uniquifier", "token_hash", "uid", "message_id", "dedupe_key", "object_key", "payload"}
    return isinstance(column.type, Uuid) or column.name in names
