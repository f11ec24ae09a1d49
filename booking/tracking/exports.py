"""Everything shown on an officer's pages, to take away: csv, xlsx with real types, json.

The queries are those of the figures, so the totals are those of the screen. Rows are read as they are written, a
thousand at a time: the memory does not grow with the table.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import IO, Any

import xlsxwriter
from sqlalchemy import ColumnElement, case, func

from booking.bookings.models import Booking
from booking.bookings.rules.states import STATE_WORDS, TAKEN, State
from booking.catalogue.models import Activity, Edition, Slot
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.models import Company, Site
from booking.companies.rules import sector_label
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.core.spreadsheets import csv_bytes, csv_lines
from booking.schools.models import School
from booking.schools.rules import KIND_WORDS as SCHOOL_KIND_WORDS
from booking.schools.rules import level_label
from booking.tracking import figures
from booking.tracking.figures import Chapter
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

AT_ONCE = 1000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Column:
    """key: its name in json. value: what is read. typed: what it becomes, a date, an hour, a number or a code; words: that
    in the reader's language, for a table."""

    key: str
    heading: Any
    value: Any
    typed: Callable[[Any], Any] = _as_it_is
    words: Callable[[Any], Any] = _as_it_is


@dataclass(frozen=True)
class Sheet:
    """The columns of one export, and the query that reads them."""

    columns: Sequence[Column]
    query: Callable[..., Any]


def _word_of(words: Mapping[Any, Any]) -> Callable[[Any], str]:
    return lambda value: "" if value is None else str(words[value])


def _yes(value: Any) -> str:
    return _("public") if value else _("privé")


def _activities(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    return figures.public_activities(scope, edition, filters, *columns).order_by(Activity.title, Activity.id)


def _slots(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    return figures.public_slots(scope, edition, filters, *columns).order_by(Slot.starts_at, Slot.id)


def _bookings(
    scope: Scope,
    edition: Edition,
    filters: Filters,
    *columns: Any,
    states: Iterable[State] = TAKEN,
    only: Iterable[ColumnElement[bool]] = (),
) -> Any:
    query = figures.bookings_in(scope, edition, filters, states, *columns)
    return query.where(*only).order_by(Slot.starts_at, Booking.id)


def _schools(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    query = figures.taken_bookings(scope, edition, filters, *columns)
    return query.group_by(School.id).order_by(School.commune_name, School.name, School.id)


_ID, _DAY, _TITLE, _COMPANY = _l("Numéro"), _l("Date"), _l("Activité"), _l("Entreprise")
_COMMUNE, _PLACE, _PUPILS = _l("Commune"), _l("Département"), _l("Élèves")
_KIND = Column("kind", _l("Genre"), Activity.kind, words=_word_of(KIND_WORDS))
_ON = Column("date", _DAY, Slot.local_start, typed=lambda moment: moment.date())


def _of_class(column: Any) -> Any:
    """A number of a booking as the board counts it: nothing for a group of teachers, nor where nobody said."""
    return case((Booking.level_code.is_not(None), column))


_OF_SCHOOL = (
    Column("uai", _l("UAI"), School.uai),
    Column("school", _l("Établissement"), School.name),
    Column("commune", _COMMUNE, School.commune_name),
)
_ABOUT_SCHOOL = (
    Column("school_kind", _l("Type"), School.kind, words=_word_of(SCHOOL_KIND_WORDS)),
    Column("is_public", _l("Public ou privé"), School.is_public, words=_yes),
    Column("priority_education", _l("Éducation prioritaire"), School.priority_education),
)

SHEETS: dict[str, Sheet] = {
    "activities": Sheet(
        (
            Column("id", _ID, Activity.id),
            Column("title", _TITLE, Activity.title),
            _KIND,
            Column("sector", _l("Secteur"), Activity.sector, words=sector_label),
            Column("company", _COMPANY, Company.name),
            Column("commune", _COMMUNE, Site.commune_name),
            Column("departement", _PLACE, Site.departement_code),
        ),
        _activities,
    ),
    "slots": Sheet(
        (
            Column("id", _ID, Slot.id),
            _ON,
            Column("starts", _l("Début"), Slot.local_start, typed=lambda moment: moment.time()),
            Column("ends", _l("Fin"), Slot.local_end, typed=lambda moment: moment.time()),
            Column("activity", _TITLE, Activity.title),
            _KIND,
            Column("company", _COMPANY, Company.name),
            Column("departement", _PLACE, Slot.departement_code),
            Column("classes_offered", _l("Classes offertes"), Slot.max_classes),
            Column("classes_taken", _l("Classes inscrites"), Slot.taken_classes),
            Column("offered", _l("Places offertes"), Slot.max_pupils),
            Column("taken", _l("Places prises"), Slot.taken_pupils),
        ),
        _slots,
    ),
    "bookings": Sheet(
        (
            Column("id", _ID, Booking.id),
            _ON,
            *_OF_SCHOOL,
            Column("departement", _PLACE, Booking.departement_code),
            Column("class", _l("Classe"), Booking.class_name),
            Column("level", _l("Niveau"), Booking.level_code, words=level_label),
            Column("activity", _TITLE, Activity.title),
            _KIND,
            Column("pupils", _PUPILS, figures.pupils_of_booking()),
            Column("adults", _l("Accompagnateurs"), _of_class(Booking.adults)),
            Column("state", _l("État"), Booking.state, words=_word_of(STATE_WORDS)),
            Column("pupils_present", _l("Élèves venus"), _of_class(Booking.present_pupils)),
            Column("adults_present", _l("Accompagnateurs venus"), _of_class(Booking.present_adults)),
            *_ABOUT_SCHOOL,
        ),
        _bookings,
    ),
    "schools": Sheet(
        (
            *_OF_SCHOOL,
            Column("departement", _PLACE, School.departement_code),
            *_ABOUT_SCHOOL,
            Column("bookings", _l("Réservations"), func.count()),
            Column("participations", _l("Participations d’élèves"), func.sum(figures.pupils_of_booking()), typed=int),
        ),
        _schools,
    ),
}


@dataclass(frozen=True)
class Export:
    """One list of a territory in an edition, ready to be read once."""

    what: str
    scope: Scope
    edition: Edition
    filters: Filters
    narrowed: Mapping[str, Any]

    @property
    def columns(self) -> Sequence[Column]:
        return SHEETS[self.what].columns

    @property
    def headings(self) -> list[str]:
        return [str(column.heading) for column in self.columns]

    def rows(self) -> Iterator[list[Any]]:
        """What was read, typed; the codes as they are."""
        values = (column.value.label(column.key) for column in self.columns)
        query = SHEETS[self.what].query(self.scope, self.edition, self.filters, *values, **self.narrowed)
        readers = [column.typed for column in self.columns]
        for row in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
            yield [None if value is None else read(value) for read, value in zip(readers, row, strict=True)]

    def table(self) -> Iterator[list[Any]]:
        """The same for people: codes in words."""
        # The same few codes come back in each row, and finding their words is dear.
        readers = [column.words if column.words is _as_it_is else cache(column.words) for column in self.columns]
        for row in self.rows():
            yield [words(value) for words, value in zip(readers, row, strict=True)]


def file_of(export: Export, form: str, definitions: Iterable[tuple[str, str]], made_at: datetime) -> IO[bytes]:
    """The export as a file of the disk, whole before the first byte leaves: a slow reader holds no transaction open."""
    if form == "xlsx":
        return _workbook(export.headings, export.table(), definitions, made_at)
    lines = _json_lines(export) if form == "json" else _csv_lines(export)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (whoever sends it closes it)
    file.writelines(lines)
    file.seek(0)
    return file


def _csv_lines(export: Export) -> Iterator[bytes]:
    return csv_lines(export.headings, ([_for_csv(cell) for cell in row] for row in export.table()))


def _for_csv(cell: Any) -> Any:
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    return cell.strftime("%H:%M") if isinstance(cell, time) else cell


def _json_lines(export: Export) -> Iterator[bytes]:
    """An object per row, with codes, dates as ISO writes them."""
    keys = [column.key for column in export.columns]
    before = "[\n"
    for row in export.rows():
        line = json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False, default=_for_json)
        yield f"{before}{line}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _for_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def figures_xlsx(chapters: Iterable[Chapter], about: Iterable[tuple[str, str]], made_at: datetime) -> IO[bytes]:
    """The board as a workbook: its figures, then where, when and with which filters."""
    return _workbook(figures_headings(), figures_table(chapters), about, made_at)


def _workbook(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], definitions: Iterable[tuple[str, str]], made_at: datetime
) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (whoever sends it closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": made_at.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        shapes = {date: book.add_format({"num_format": "dd/mm/yyyy"}), time: book.add_format({"num_format": "hh:mm"})}
        sheet = book.add_worksheet(_("Lignes"))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 18)
        for number, heading in enumerate(headings):
            sheet.write_string(0, number, heading, bold)
        for line, row in enumerate(rows, start=1):
            for number, cell in enumerate(row):
                _write(sheet, line, number, cell, shapes)
        about = book.add_worksheet(_("Définitions"))
        about.set_column(0, 0, 36)
        about.set_column(1, 1, 110)
        for line, (name, words) in enumerate(definitions):
            about.write_string(line, 0, name, bold)
            about.write_string(line, 1, words)
    file.seek(0)
    return file


def _write(sheet: Any, line: int, number: int, cell: Any, shapes: Mapping[type, Any]) -> None:
    if isinstance(cell, (int, float)):
        sheet.write_number(line, number, cell)
    elif type(cell) in shapes:
        sheet.write_datetime(line, number, cell, shapes[type(cell)])
    elif cell:
        # Written as text, never worked out: a formula stays a sentence.
        sheet.write_string(line, number, str(cell))


UNIT_WORDS: dict[str, Any] = {"": "", "percent": _l("pour cent"), "hours": _l("heures")}


def figures_headings() -> list[str]:
    return [_("Chapitre"), _("Chiffre"), _("Valeur"), _("Unité"), _("Définition")]


def figures_table(chapters: Iterable[Chapter]) -> list[list[Any]]:
    """The board as a table: chapter, figure, value, unit, definition."""
    return [
        [str(chapter.title), str(figure.label), figure.value, str(UNIT_WORDS[figure.unit]), str(figure.definition)]
        for chapter in chapters
        for figure in chapter.figures
    ]


def figures_csv(chapters: Iterable[Chapter]) -> bytes:
    return csv_bytes(figures_headings(), figures_table(chapters))


def figures_json(chapters: Iterable[Chapter]) -> dict[str, Any]:
    """The figures by their codes."""
    return {
        figure.code: {"value": figure.value, "unit": figure.unit or None, "definition": str(figure.definition)}
        for chapter in chapters
        for figure in chapter.figures
    }


def figure_definitions() -> list[tuple[str, str]]:
    """Every figure and what it means."""
    return [(str(label), str(definition)) for label, definition, *_rest in figures.DEFINITIONS.values()]
