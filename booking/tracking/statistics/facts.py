"""What is published of an edition: one fixed set of tables, for everybody the same, once the edition is over.

A live table would tell by its differences from one day to the next what each of its numbers hides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, cast, func, select

from booking.bookings.models import Booking
from booking.catalogue.models import Activity, ActivityKind, Edition, Slot
from booking.catalogue.rules.wording import KIND_WORDS
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.core.masking import SMALL, TOTAL, hidden_parts, hidden_places, is_small, with_totals
from booking.schools.models import School, SchoolKind
from booking.schools.rules import level_label
from booking.territory.models import Academie, Departement
from booking.tracking.figures import (
    EVERYTHING,
    Counts,
    public_activities,
    public_slots,
    pupils_of_booking,
    reached_by,
    taken_bookings,
)
from booking.tracking.scope import Scope
from booking.tracking.views import SCHOOL_KIND_WORDS

EVERYWHERE = Scope("", None)
MEASURES = ("schools", "classes", "pupils", "bookings")
MEASURE_WORDS = {
    "schools": _l("établissements"),
    "classes": _l("classes"),
    "pupils": _l("élèves"),
    "bookings": _l("réservations"),
}


@dataclass(frozen=True)
class Row:
    """A line of open data. values: None where a count is hidden. table: its code; key: of the line, for programs."""

    table: str
    key: str
    label: str
    values: dict[str, int | None]


@dataclass(frozen=True)
class Statistics:
    """offer: what was proposed, which hides nobody. rows: by table, in its order."""

    edition: Edition
    offer: dict[str, int]
    rows: list[Row]

    def of(self, table: str) -> list[Row]:
        return [row for row in self.rows if row.table == table]


TABLES = {
    "all": _l("En tout"),
    "academie": _l("Par académie"),
    "school_kind": _l("Par type d’établissement"),
    "academie_school_kind": _l("Par académie et type d’établissement"),
    "departement": _l("Par département"),
    "level": _l("Par niveau"),
    "activity_kind": _l("Par genre d’activité"),
}


def is_published(edition: Edition, today: date) -> bool:
    return not edition.is_permanent and edition.window_ends_on < today


def statistics_of(edition: Edition) -> Statistics:
    """All the tables, in a fixed number of statements."""
    activities, companies = db.session.execute(
        public_activities(EVERYWHERE, edition, EVERYTHING, func.count(), func.count(Activity.company_id.distinct()))
    ).one()
    slots = db.session.scalar(public_slots(EVERYWHERE, edition, EVERYTHING, func.count())) or 0
    offer = {"activities": activities, "companies": companies, "slots": slots}
    place_and_kind = School.departement_code.op("||")("/").op("||")(cast(School.kind, String))
    counts = {
        tuple(key.split("/")): each for key, each in reached_by(EVERYWHERE, edition, EVERYTHING, place_and_kind).items()
    }
    departements = {each.code: each for each in db.session.scalars(select(Departement))}
    academie_of = {code: each.academie_code or "" for code, each in departements.items()}
    rows, shown = _by_academie(counts, academie_of)
    rows += _by_departement(counts, departements, shown)
    rows += _by_level(edition, shown)
    rows += _by_activity_kind(edition, shown)
    return Statistics(edition, offer, rows)


Cells = Mapping[tuple[str, ...], Counts]
Shown = Mapping[tuple[Any, Any], Mapping[str, int | None]]


def _by_academie(counts: Cells, academie_of: Mapping[str, str]) -> tuple[list[Row], Shown]:
    """The table of académies and kinds of school with its totals; and what it shows, for the tables that refine it."""
    sums: dict[tuple[str, str], Counts] = {}
    for (departement, kind), each in counts.items():
        place = academie_of.get(departement, ""), kind
        sums[place] = sums.get(place, Counts()) + each
    tables = [with_totals({place: getattr(each, name) for place, each in sums.items()}) for name in MEASURES]
    hidden = hidden_places(tables)
    places = sorted(tables[0] or {(TOTAL, TOTAL): 0}, key=str)
    shown = {
        place: {
            name: None if place in hidden else table.get(place, 0) for name, table in zip(MEASURES, tables, strict=True)
        }
        for place in places
    }
    names = dict(db.session.execute(select(Academie.code, Academie.name)).tuples().all())
    rows = []
    for academie, kind in sorted(shown, key=lambda place: (names.get(place[0], ""), str(place[1]))):
        where = names.get(academie) or _("Sans académie")
        what = str(SCHOOL_KIND_WORDS[SchoolKind(kind)]) if kind != TOTAL else ""
        if academie == TOTAL:
            table, key, label = ("all", TOTAL, _("France entière")) if kind == TOTAL else ("school_kind", kind, what)
        elif kind == TOTAL:
            table, key, label = "academie", academie, where
        else:
            table, key, label = "academie_school_kind", f"{academie}/{kind}", f"{where}, {what.lower()}"
        rows.append(Row(table, key, label, dict(shown[academie, kind])))
    return rows, shown


def _by_departement(counts: Cells, departements: Mapping[str, Departement], shown: Shown) -> list[Row]:
    """Within each académie, whose own line is known or hides them all."""
    sums: dict[str, Counts] = {}
    for (code, _kind), each in counts.items():
        sums[code] = sums.get(code, Counts()) + each
    rows: list[Row] = []
    for academie in sorted({departements[code].academie_code or "" for code in sums}):
        own = {code: each for code, each in sums.items() if (departements[code].academie_code or "") == academie}
        lines = [{code: getattr(each, name) for code, each in own.items()} for name in MEASURES]
        rows += _lines(
            "departement", MEASURES, lines, lambda code: f"{departements[code].name} ({code})", shown[academie, TOTAL]
        )
    return sorted(rows, key=lambda row: row.key)


def _by_level(edition: Edition, shown: Shown) -> list[Row]:
    """Within each kind of school. A class that comes twice counts twice: bookings, not classes."""
    query = taken_bookings(
        EVERYWHERE, edition, EVERYTHING, School.kind, Booking.level_code, func.count(), func.sum(pupils_of_booking()), reads=(School,)
    )  # fmt: skip
    rows: list[Row] = []
    found = [
        (str(kind), level or "", int(n), int(pupils))
        for kind, level, n, pupils in db.session.execute(query.group_by(School.kind, Booking.level_code))
    ]
    for kind in sorted({each[0] for each in found}):
        lines = [{f"{k}/{level}": each[at] for k, level, *each in found if k == kind} for at in (0, 1)]
        rows += _lines("level", ("bookings", "participations"), lines, _level_words, shown.get((TOTAL, kind), HIDDEN))
    return rows


HIDDEN: Mapping[str, int | None] = {"bookings": None}


def _level_words(key: str) -> str:
    kind, _slash, level = key.partition("/")
    words = level_label(level) or _("groupes d’enseignants")
    return f"{words}, {str(SCHOOL_KIND_WORDS[SchoolKind(kind)]).lower()}"


def _by_activity_kind(edition: Edition, shown: Shown) -> list[Row]:
    query = taken_bookings(
        EVERYWHERE, edition, EVERYTHING, Activity.kind, func.count(), func.sum(pupils_of_booking()), reads=(Slot, Activity)
    ).group_by(Activity.kind)  # fmt: skip
    found = {str(kind): (int(n), int(pupils)) for kind, n, pupils in db.session.execute(query)}
    lines = [{kind: each[at] for kind, each in found.items()} for at in (0, 1)]
    whole = shown[TOTAL, TOTAL]
    return _lines(
        "activity_kind", ("bookings", "participations"), lines, lambda kind: str(KIND_WORDS[ActivityKind(kind)]), whole
    )


def _lines(
    table: str,
    names: Sequence[str],
    lines: Sequence[Mapping[str, int]],
    words: Callable[[str], str],
    whole: Mapping[str, int | None],
) -> list[Row]:
    """The parts of a whole: where it is hidden, so is all of them."""
    hidden = set(lines[0]) if whole.get("bookings") is None else hidden_parts(lines)
    return [
        Row(
            table,
            key,
            words(key),
            {name: None if key in hidden else line[key] for name, line in zip(names, lines, strict=True)},
        )
        for key in sorted(lines[0])
    ]


__all__ = [
    "MEASURES",
    "MEASURE_WORDS",
    "SMALL",
    "TABLES",
    "Row",
    "Statistics",
    "is_published",
    "is_small",
    "statistics_of",
]
