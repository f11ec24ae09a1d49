"""Classes, pupils and schools that were reached, by kind of school, in one statement.

A class belongs to one school, and a school is of one kind: what is counted apart for each combination of kind, status,
priority education and ground adds up to the whole, distinct classes and schools included.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import Edition
from booking.core.db import db
from booking.schools.models import School
from booking.territory.models import Commune
from booking.tracking.figures.counted import pupils_of_booking, taken_bookings, total, when_class
from booking.tracking.filters import RURAL_BELOW, Filters
from booking.tracking.scope import Scope


@dataclass(frozen=True)
class Counts:
    """What some schools have booked: distinct schools, classes and pupils, then bookings and participations."""

    schools: int = 0
    classes: int = 0
    pupils: int = 0
    bookings: int = 0
    participations: int = 0
    classes_present: int = 0
    pupils_present: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Cell:
    """The schools that are alike. is_rural: None when the inhabitants of the commune are not known."""

    kind: Any
    is_public: bool
    priority: str | None
    is_rural: bool | None
    counts: Counts


@dataclass(frozen=True)
class Reached:
    cells: list[Cell]

    @property
    def total(self) -> Counts:
        return sum((cell.counts for cell in self.cells), Counts())

    def by(self, of: Callable[[Cell], Hashable]) -> dict[Any, Counts]:
        """The counts added up by what the cells have in common."""
        found: dict[Any, Counts] = {}
        for cell in self.cells:
            found[of(cell)] = found.get(of(cell), Counts()) + cell.counts
        return found


def reached(scope: Scope, edition: Edition, filters: Filters, *only: ColumnElement[bool]) -> Reached:
    """The bookings that hold a place, class by class, then school by school, then by kind of school. only: fewer of them."""
    schools = _school_by_school(scope, edition, filters, *only)
    is_rural = case((Commune.population < RURAL_BELOW, 1), (Commune.population >= RURAL_BELOW, 0))
    alike = (School.kind, School.is_public, School.priority_education, is_rural)
    query = (
        select(*alike, func.count(), *(total(schools.c[name]) for name in NAMES))
        .select_from(schools)
        .join(School, School.id == schools.c.school_id)
        .outerjoin(Commune, Commune.insee == School.commune_insee)
        .group_by(*alike)
    )
    return Reached(
        [
            Cell(kind, is_public, priority, None if rural is None else bool(rural), Counts(*map(int, numbers)))
            for kind, is_public, priority, rural, *numbers in db.session.execute(query)
        ]
    )


def reached_by(
    scope: Scope, edition: Edition, filters: Filters, part: Any, join: Callable[[Any], Any] = lambda query: query
) -> dict[Any, Counts]:
    """The same counts by a part of the territory. part: a column of the school, or of what `join` adds to it."""
    schools = _school_by_school(scope, edition, filters)
    query = select(part, func.count(), *(total(schools.c[name]) for name in NAMES)).select_from(schools)
    query = join(query.join(School, School.id == schools.c.school_id)).group_by(part)
    return {key: Counts(*map(int, numbers)) for key, *numbers in db.session.execute(query)}


NAMES = ("classes", "pupils", "bookings", "participations", "classes_present", "pupils_present")


def _school_by_school(scope: Scope, edition: Edition, filters: Filters, *only: ColumnElement[bool]) -> Any:
    """A row for each school that has booked, with its sums."""
    is_class = Booking.level_code.is_not(None)
    came = Booking.state == State.ATTENDED
    classes = (
        taken_bookings(
            scope, edition, filters, Booking.class_id, Booking.school_id,
            # A group of teachers brings no pupil, a class at least one.
            case((func.max(pupils_of_booking()) > 0, 1), else_=0).label("classes"),
            func.max(pupils_of_booking()).label("pupils"),
            func.count().label("bookings"),
            func.sum(pupils_of_booking()).label("participations"),
            func.max(case((and_(is_class, came), 1), else_=0)).label("classes_present"),
            func.sum(when_class(Booking.present_pupils)).label("pupils_present"),
            reads=(),
        )
        .where(*only)
        .group_by(Booking.class_id, Booking.school_id)
        .subquery()
    )  # fmt: skip
    return (
        select(classes.c.school_id, *(func.sum(classes.c[name]).label(name) for name in NAMES))
        .group_by(classes.c.school_id)
        .subquery()
    )
