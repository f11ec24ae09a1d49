"""What the report of a territory says: the board's figures, its parts, and the edition before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import func, select

from booking.catalogue.models import Edition
from booking.catalogue.rules.editions import PARIS
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.schools.models import School, SchoolGroup, SchoolGroupMember
from booking.territory.models import Academie, Departement
from booking.tracking.comparisons import Line, compared, curve_of
from booking.tracking.figures import Board, Counts, Figure, board, reached_by
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope
from booking.tracking.silence.queries import listed

# Two pages hold so many lines; what is beyond is added up in a last one, or said.
MOST_PLACES, MOST_GROUPS, MOST_COMMUNES = 12, 8, 8
COMPARED = (
    "activities", "companies", "offered", "fill", "bookings", "classes", "pupils", "schools", "classes_present",
    "pupils_present",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A line of a table of places. schools: how many there are, reached or not; None when it is not known."""

    label: str
    counts: Counts
    schools: int | None

    @property
    def percent(self) -> int | None:
        """The share of the schools that were reached."""
        return percent(self.counts.schools, self.schools)


@dataclass(frozen=True)
class Summary:
    """places: an exact division of the territory, whose lines add up. groups: a school may be in none, or in several.

    communes: a second division, where the first is coarse. left: groups that were reached and have no line.
    previous: the edition before, when there is one; lines are then of two figures. same_day: bookings of each edition,
    made until as many days before its week as today is.
    """

    territory: str
    edition: Edition
    filters: Filters
    made_at: datetime
    board: Board
    schools: int
    places_title: Any
    places: list[Part]
    communes: list[Part]
    groups: list[Part]
    left: int
    previous: Edition | None
    lines: list[Line]
    same_day: list[int]

    @property
    def is_over(self) -> bool:
        """Whether every day that the figures count has passed."""
        last_on = self.filters.last_on or self.edition.window_ends_on
        return not self.edition.is_permanent and last_on < self.made_on

    @property
    def made_on(self) -> date:
        return self.made_at.astimezone(PARIS).date()

    def figure(self, code: str) -> Figure:
        """A figure of the board by its code."""
        return next(each for chapter in self.board.chapters for each in chapter.figures if each.code == code)

    @property
    def percent_of_schools(self) -> int | None:
        return percent(self.board.reached.total.schools, self.schools)


def percent(part: int, whole: int | None) -> int | None:
    return round(100 * part / whole) if whole else None


def summary_of(scope: Scope, edition: Edition, filters: Filters, known: Sequence[Edition]) -> Summary:
    """All of it, in a fixed number of statements."""
    now_here = board(scope, edition, filters)
    previous = None if edition.is_permanent else next(iter(compared(edition, known)[1:]), None)
    boards, same_day = [now_here], []
    if previous:
        # The days of the filters are left out: no two years share them.
        whole = replace(filters, first_on=None, last_on=None)
        boards.append(board(scope, previous, whole))
        today = (edition.starts_on - clock.now().astimezone(PARIS).date()).days
        same_day = [curve_of(scope, each, whole, (), today, clock.now()).same_day for each in (edition, previous)]
    division = _division(list(db.session.scalars(scope.departement_rows(select(Departement)))), filters)
    title, places = _places(division, scope, edition, filters)
    groups = [] if scope.is_group else _groups(scope, edition, filters)
    communes = _places("commune", scope, edition, filters)[1] if division == "departement" and not groups else []
    counted = filters.of_schools(listed(scope, select(func.count()).select_from(School)))
    return Summary(
        territory=scope.name,
        edition=edition,
        filters=filters,
        made_at=clock.now(),
        board=now_here,
        schools=db.session.scalar(counted) or 0,
        places_title=title,
        places=shortened(places, MOST_PLACES),
        communes=shortened(communes, MOST_COMMUNES),
        groups=groups[:MOST_GROUPS],
        left=len(groups[MOST_GROUPS:]),
        previous=previous,
        lines=[_line(boards, code) for code in COMPARED],
        same_day=same_day,
    )


def shortened(parts: Sequence[Part], most: int) -> list[Part]:
    """The parts with most pupils, and what the others add up to."""
    if len(parts) <= most:
        return list(parts)
    kept, others = list(parts[: most - 1]), parts[most - 1 :]
    counts = reduce(add, (part.counts for part in others))
    known = [part.schools for part in others if part.schools is not None]
    words = _("%(number)d autres", number=len(others))
    return [*kept, Part(words, counts, sum(known) if len(known) == len(others) else None)]


def _line(boards: Sequence[Board], code: str) -> Line:
    return Line([next(f for chapter in each.chapters for f in chapter.figures if f.code == code) for each in boards])


def _division(departements: Collection[Departement], filters: Filters) -> str:
    """By académie, by département or by commune: the coarsest that divides the territory."""
    if len(departements) <= 1 or filters.departement:
        return "commune"
    return "academie" if len({each.academie_code for each in departements}) > 1 else "departement"


def _places(division: str, scope: Scope, edition: Edition, filters: Filters) -> tuple[Any, list[Part]]:
    """The title and the parts, those with most pupils first."""
    columns: dict[str, tuple[Any, Any, Callable[[], Callable[[Any], str]]]] = {
        "academie": (_l("Par académie"), School.academie_code, _names_of_academies),
        "departement": (_l("Par département"), School.departement_code, _names_of_departements),
        "commune": (_l("Par commune"), School.commune_insee, _names_of_communes),
    }
    title, column, words = columns[division]
    counts = reached_by(scope, edition, filters, column)
    return title, _in_order(words(), counts, _schools_by(scope, filters, column))


def _names_of_academies() -> Callable[[Any], str]:
    names = dict(db.session.execute(select(Academie.code, Academie.name)).tuples().all())
    return lambda code: names.get(code) or _("Sans académie")


def _names_of_departements() -> Callable[[Any], str]:
    names = dict(db.session.execute(select(Departement.code, Departement.name)).tuples().all())
    return lambda code: f"{names.get(code, '')} ({code})".strip()


def _names_of_communes() -> Callable[[Any], str]:
    names = dict(
        db.session.execute(select(School.commune_insee, func.max(School.commune_name)).group_by(School.commune_insee))
        .tuples()
        .all()
    )
    return lambda insee: names[insee] if insee else _("Commune inconnue")


def _groups(scope: Scope, edition: Edition, filters: Filters) -> list[Part]:
    """The groups of the territory's académie that were reached; over several académies there would be too many."""
    if scope.departements is None:
        return []
    groups = scope.group_rows(select(SchoolGroup.id, SchoolGroup.name, SchoolGroup.academie_code))
    found = list(db.session.execute(groups))
    if not found or len({academie for _id, _name, academie in found}) > 1:
        return []
    names = {id_: name for id_, name, _academie in found}

    def join(query: Any) -> Any:
        return query.join(SchoolGroupMember, SchoolGroupMember.school_id == School.id)

    column = SchoolGroupMember.group_id
    counts = reached_by(scope, edition, filters, column, join)
    return _in_order(
        names.__getitem__,
        {id_: each for id_, each in counts.items() if id_ in names},
        _schools_by(scope, filters, column, join),
    )


def _schools_by(
    scope: Scope, filters: Filters, part: Any, join: Callable[[Any], Any] = lambda query: query
) -> dict[Any, int]:
    query = join(select(part, func.count()).select_from(School)).group_by(part)
    return dict(db.session.execute(filters.of_schools(listed(scope, query))).tuples().all())


def _in_order(words: Callable[[Any], str], counts: Mapping[Any, Counts], schools: Mapping[Any, int]) -> list[Part]:
    parts = [Part(words(key), each, schools.get(key)) for key, each in counts.items()]
    return sorted(parts, key=lambda part: (-part.counts.pupils, part.label))
