"""Everything shown on an officer's pages, as a table for a spreadsheet: the same queries, hence the same totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from booking.bookings.rules.states import STATE_WORDS
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.rules import sector_label
from booking.core.i18n import _l
from booking.schools.rules import level_label
from booking.tracking.figures import Chapter


@dataclass(frozen=True)
class Sheet:
    """The columns of one export: headings, and how a row gives its cells."""

    headings: Sequence[Any]
    cells: Callable[[Any], Sequence[Any]]


def _activity(row: Any) -> Sequence[Any]:
    (activity,) = row
    site = activity.site
    return (
        activity.id, activity.title, KIND_WORDS[activity.kind], sector_label(activity.sector), activity.company.name,
        site.commune_name, site.departement_code,
    )  # fmt: skip


def _slot(row: Any) -> Sequence[Any]:
    (slot,) = row
    activity = slot.activity
    return (
        slot.id, slot.local_start.strftime("%d/%m/%Y"), slot.local_start.strftime("%H:%M"),
        slot.local_end.strftime("%H:%M"), activity.title, KIND_WORDS[activity.kind], activity.company.name,
        slot.departement_code, slot.max_classes, slot.taken_classes, slot.max_pupils, slot.taken_pupils,
    )  # fmt: skip


def _booking(row: Any) -> Sequence[Any]:
    (booking,) = row
    slot, school = booking.slot, booking.school
    return (
        booking.id, slot.local_start.strftime("%d/%m/%Y"), school.uai, school.name, school.commune_name,
        booking.departement_code, booking.class_name, level_label(booking.level_code), slot.activity.title,
        KIND_WORDS[slot.activity.kind], booking.pupils if booking.level_code else 0, booking.adults,
        STATE_WORDS[booking.state],
    )  # fmt: skip


def _school(row: Any) -> Sequence[Any]:
    school, bookings, pupils = row
    return (
        school.uai, school.name, school.commune_name, school.departement_code, school.priority_education or "",
        bookings, int(pupils),
    )  # fmt: skip


_DAY, _TITLE, _KIND, _COMPANY = _l("Date"), _l("Activité"), _l("Genre"), _l("Entreprise")
_NAME, _COMMUNE, _PLACE, _UAI = _l("Établissement"), _l("Commune"), _l("Département"), _l("UAI")

SHEETS: dict[str, Sheet] = {
    "activities": Sheet((_l("Numéro"), _TITLE, _KIND, _l("Secteur"), _COMPANY, _COMMUNE, _PLACE), _activity),
    "slots": Sheet(
        (
            _l("Numéro"), _DAY, _l("Début"), _l("Fin"), _TITLE, _KIND, _COMPANY, _PLACE, _l("Classes offertes"),
            _l("Classes inscrites"), _l("Places offertes"), _l("Places prises"),
        ),
        _slot,
    ),
    "bookings": Sheet(
        (
            _l("Numéro"), _DAY, _UAI, _NAME, _COMMUNE, _PLACE, _l("Classe"), _l("Niveau"), _TITLE, _KIND, _l("Élèves"),
            _l("Accompagnateurs"), _l("État"),
        ),
        _booking,
    ),
    "schools": Sheet(
        (
            _UAI, _NAME, _COMMUNE, _PLACE, _l("Éducation prioritaire"), _l("Réservations"),
            _l("Participations d’élèves"),
        ),
        _school,
    ),
}  # fmt: skip


UNIT_WORDS: dict[str, Any] = {"": "", "percent": _l("pour cent"), "hours": _l("heures")}


def rows_of(what: str, rows: Iterable[Any]) -> list[list[Any]]:
    """The cells of these rows, words in the reader's language."""
    cells = SHEETS[what].cells
    return [[cell if isinstance(cell, int) else str(cell) for cell in cells(row)] for row in rows]


def figures_table(chapters: Iterable[Chapter]) -> list[list[Any]]:
    """The board as a table: chapter, figure, value, definition."""
    return [
        [str(chapter.title), str(figure.label), figure.value, str(UNIT_WORDS[figure.unit]), str(figure.definition)]
        for chapter in chapters
        for figure in chapter.figures
    ]
