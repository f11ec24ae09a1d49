"""The board's charts, each with its definition and the table that says the same in numbers.

The lines of a table add up to the figures of the board, and each leads to the bookings it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date

from booking.bookings.rules.states import STATE_WORDS
from booking.catalogue.rules.wording import KINDS_WORDS
from booking.companies.rules import sector_label
from booking.core.dates import format_day
from booking.core.i18n import _, _l, current_language
from booking.schools.reference import levels_by_code
from booking.schools.rules import level_label
from booking.tracking.charts import Bars, Series
from booking.tracking.figures import Board, Line
from booking.tracking.filters import NO_PRIORITY, PRIORITY, Filters

# More bars than that are not told apart at a glance; the table has them all.
MOST_BARS = 12
# Under the bars of a narrow chart.
MOST_LABELS = 6

COLUMNS: dict[str, Any] = {
    "slots": _l("Créneaux"),
    "offered": _l("Places offertes"),
    "taken": _l("Places prises"),
    "bookings": _l("Réservations"),
    "participations": _l("Participations d’élèves"),
    "pupils_present": _l("Élèves venus"),
}
WHOLE = tuple(COLUMNS)
BOOKED = ("bookings", "participations", "pupils_present")


@dataclass(frozen=True)
class Row:
    """query: what asks for these bookings alone, if anything does."""

    label: Any
    query: Mapping[str, str]
    numbers: Sequence[int]


@dataclass(frozen=True)
class Panel:
    """columns: the headings of the numbers. total: under each of them, none where the lines do not add up."""

    code: str
    title: Any
    definition: Any
    heading: Any
    columns: Sequence[Any]
    rows: Sequence[Row]
    drawing: Bars

    @property
    def total(self) -> list[int]:
        return [sum(numbers) for numbers in zip(*(row.numbers for row in self.rows), strict=True)]

    @property
    def legend(self) -> list[Any]:
        """The names of the colours, when there are several."""
        names = [series.name for series in self.drawing.series]
        return names if len(names) > 1 else []


def panels_of(board: Board, filters: Filters) -> list[Panel]:
    """Time, states, what is visited, who comes; those that have something to show."""
    panels = [
        _weeks(board, filters),
        _states(board),
        _days(board),
        _kinds(board),
        _sectors(board),
        _levels(board),
        *_schools(board),
    ]
    return [panel for panel in panels if panel.rows]


def _weeks(board: Board, filters: Filters) -> Panel:
    rows = [_row(_("semaine du %(day)s", day=format_day(line.key, weekday=False)),
                 _between(line.key, line.key + timedelta(days=6), filters), line, WHOLE) for line in board.weeks]  # fmt: skip
    return _of_places(
        "weeks", _("Places par semaine"), _("Semaine"), rows,
        _("Élèves que les créneaux de la semaine peuvent accueillir dans le territoire, et combien de places sont déjà prises."),
        _spaced([_short(line.key) for line in board.weeks], apart=1 + len(rows) // MOST_LABELS),
    )  # fmt: skip


def _days(board: Board) -> Panel:
    lines = board.days
    rows = [_row(format_day(line.key), _between(line.key, line.key), line, WHOLE) for line in lines]
    starts = [number for number, line in enumerate(lines) if number == 0 or _week(line) != _week(lines[number - 1])]
    labels = _spaced([_short(line.key) if number in starts else "" for number, line in enumerate(lines)], apart=3)
    return _of_places(
        "days", _("Places par jour"), _("Jour"), rows,
        _("Élèves que les créneaux du jour peuvent accueillir dans le territoire, et combien de places sont déjà prises. Un jour sans créneau ni réservation n’y est pas."),
        labels, wide=True,
    )  # fmt: skip


def _of_places(
    code: str,
    title: str,
    heading: str,
    rows: Sequence[Row],
    definition: str,
    labels: Sequence[str],
    *,
    wide: bool = False,
) -> Panel:
    """Bars of what is taken, and above it of what is not."""
    taken = [row.numbers[WHOLE.index("taken")] for row in rows]
    left = [row.numbers[WHOLE.index("offered")] - each for row, each in zip(rows, taken, strict=True)]
    series = [Series(_("places prises"), taken), Series(_("places qui ne sont pas prises"), left)]
    drawing = Bars(title, labels, series, lying=False, wide=wide)
    return Panel(code, title, definition, heading, list(COLUMNS.values()), rows, drawing)


def _states(board: Board) -> Panel:
    rows = [
        Row(STATE_WORDS[line.state], {"state": line.state}, [line.bookings, line.pupils]) for line in board.by_state
    ]
    return _of_numbers(
        "states", _("Réservations par état"), _("État"), rows, [COLUMNS["bookings"], _("Élèves")],
        _("Toutes les réservations des établissements du territoire, y compris refusées, expirées et annulées."),
    )  # fmt: skip


def _kinds(board: Board) -> Panel:
    rows = [_row(KINDS_WORDS[line.key], {"kind": line.key}, line, WHOLE) for line in _largest_first(board.kinds)]
    return _of_numbers(
        "kinds", _("Réservations par genre d’activité"), _("Genre d’activité"), rows, list(COLUMNS.values()),
        _("Réservations des établissements du territoire qui tiennent une place, selon ce que la classe va voir."),
        drawn=WHOLE.index("bookings"),
    )  # fmt: skip


def _sectors(board: Board) -> Panel:
    rows = [_row(sector_label(line.key), {"sector": line.key}, line, WHOLE) for line in _largest_first(board.sectors)]
    return _of_numbers(
        "sectors", _("Réservations par secteur"), _("Secteur"), rows, list(COLUMNS.values()),
        _("Réservations des établissements du territoire qui tiennent une place, selon le secteur de l’activité."),
        drawn=WHOLE.index("bookings"),
    )  # fmt: skip


def _levels(board: Board) -> Panel:
    ranks = {code: level.rank for code, level in levels_by_code().items()}
    lines = sorted(board.levels, key=lambda line: (ranks.get(line.key, len(ranks)), line.key or ""))
    rows = [
        _row(level_label(line.key), {"level": line.key}, line, BOOKED)
        if line.key
        else _row(_("Groupes d’enseignants"), {}, line, BOOKED)
        for line in lines
    ]
    return _of_numbers(
        "levels", _("Réservations par niveau"), _("Niveau"), rows, [COLUMNS[name] for name in BOOKED],
        _("Réservations des établissements du territoire qui tiennent une place, selon le niveau de la classe."),
    )  # fmt: skip


def _schools(board: Board) -> list[Panel]:
    """Schools reached, told apart in two ways."""
    kinds: dict[Any, Any] = {"ecole": _("Écoles"), "college": _("Collèges"), "lycee": _("Lycées")}
    priorities: dict[Any, Any] = {**{each: each for each in PRIORITY}, NO_PRIORITY: _("Hors éducation prioritaire")}
    asked: list[tuple[str, str, str, dict[Any, Any], Callable[[Any], Any]]] = [
        ("school_kind", _("Établissements touchés par type"), _("Type d’établissement"), kinds, lambda cell: cell.kind),
        ("priority", _("Établissements touchés par éducation prioritaire"), _("Éducation prioritaire"), priorities,
         lambda cell: cell.priority or NO_PRIORITY),
    ]  # fmt: skip
    columns = [_("Touchés"), _("Classes différentes"), _("Élèves différents"), COLUMNS["bookings"],
               COLUMNS["participations"], COLUMNS["pupils_present"]]  # fmt: skip
    panels = []
    for name, title, heading, words, of in asked:
        counts = board.reached.by(of)
        rows = [
            Row(label, {name: value}, [c.schools, c.classes, c.pupils, c.bookings, c.participations, c.pupils_present])
            for value, label in words.items()
            if (c := counts.get(value))
        ]
        definition = _("Établissements du territoire qui ont au moins une réservation qui tient une place.")
        panels.append(_of_numbers(name, title, heading, rows, columns, definition))
    return panels


def _of_numbers(
    code: str, title: str, heading: str, rows: Sequence[Row], columns: Sequence[Any], definition: str, drawn: int = 0
) -> Panel:
    """Bars of one number of each row. drawn: its column."""
    shown = [row for row in rows if row.numbers[drawn]]
    if len(shown) > MOST_BARS:
        kept = sorted(range(len(shown)), key=lambda number: -shown[number].numbers[drawn])[:MOST_BARS]
        shown = [shown[number] for number in sorted(kept)]
        definition = _("%(definition)s Seuls les plus nombreux sont dessinés\u00a0; tous sont dans le tableau.", definition=definition)  # fmt: skip
    numbers = [row.numbers[drawn] for row in shown]
    return Panel(
        code, title, definition, heading, columns, rows,
        Bars(title, [row.label for row in shown], [Series(columns[drawn], numbers)]),
    )  # fmt: skip


def _row(label: Any, query: Mapping[str, str], line: Line, names: Iterable[str]) -> Row:
    return Row(label, query, [getattr(line, name) for name in names])


def _largest_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.bookings, -line.offered, line.key))


def _between(first: date, last: date, filters: Filters | None = None) -> dict[str, str]:
    """These days, and of them those that the board is narrowed to."""
    if filters:
        first = max(first, filters.first_on or first)
        last = min(last, filters.last_on or last)
    return {"from": first.isoformat(), "to": last.isoformat()}


def _week(line: Line) -> tuple[int, int]:
    return line.key.isocalendar()[:2]


def _spaced(labels: Sequence[str], apart: int) -> list[str]:
    """The same labels, without those that would be written over the one before."""
    kept, last = list(labels), -apart
    for number, label in enumerate(labels):
        if label and number - last < apart:
            kept[number] = ""
        elif label:
            last = number
    return kept


def _short(day: date) -> str:
    return format_date(day, "d MMM", current_language())
