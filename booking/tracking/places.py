"""Where a territory's schools go on visits: by département, or by commune where there are few of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from booking.bookings.models import Booking
from booking.catalogue.models import Edition
from booking.core.db import db
from booking.schools.models import School
from booking.territory.models import Departement
from booking.tracking.figures import taken_bookings
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

# Bounds of the classes of a map, in percent: steps that read well.
STEPS = tuple(base * power for power in (0.1, 1, 10, 100) for base in (1, 2, 5))
MOST_CLASSES = 4


@dataclass(frozen=True)
class Place:
    """A département or a commune. reached: its schools that have booked; visits: their bookings that hold a place."""

    code: str
    name: str
    schools: int
    reached: int
    visits: int
    latitude: float | None = None
    longitude: float | None = None

    @property
    def share(self) -> float:
        """Schools reached, in percent."""
        return 100 * self.reached / self.schools if self.schools else 0.0

    @property
    def per_hundred(self) -> float:
        """Visits for a hundred schools."""
        return 100 * self.visits / self.schools if self.schools else 0.0


def places_of(scope: Scope, edition: Edition, filters: Filters, *, by_commune: bool) -> list[Place]:
    """Every place that has a school, in one statement, by name.

    The schools are those one can call, and those that have booked: visits and schools reached add up to the board's, unless
    a school has moved to another territory since.
    """
    booked = (
        taken_bookings(scope, edition, filters, Booking.school_id, func.count().label("visits"), reads=())
        .group_by(Booking.school_id)
        .subquery()
    )
    code, name = (
        (func.coalesce(School.commune_insee, ""), School.commune_name)
        if by_commune
        else (School.departement_code, Departement.name)
    )
    is_open = School.is_listed & School.merged_into_id.is_(None)
    query = (
        select(
            code, func.max(name), func.count(), func.count(booked.c.school_id),
            func.coalesce(func.sum(booked.c.visits), 0), func.avg(School.latitude), func.avg(School.longitude),
        )
        .select_from(School)
        .join(School.departement)
        .outerjoin(booked, booked.c.school_id == School.id)
        .where(or_(is_open, booked.c.school_id.is_not(None)))
        .group_by(code)
        .order_by(func.max(name), code)
    )  # fmt: skip
    rows: Iterable[Any] = db.session.execute(filters.of_schools(scope.school_rows(query)))
    return [
        Place(code, name or "", schools, reached, int(visits), *where)
        for code, name, schools, reached, visits, *where in rows
    ]


def bounds_of(values: Sequence[float]) -> list[float]:
    """The upper bounds of the classes of a map above zero: at most four, at a step that reads well."""
    most = max(values, default=0)
    if most <= 0:
        return []
    step = next((step for step in STEPS if step * MOST_CLASSES >= most), most / MOST_CLASSES)
    return [round(step * number, 1) for number in range(1, MOST_CLASSES + 1) if step * (number - 1) < most]


def class_of(value: float, bounds: Sequence[float]) -> int:
    """Zero for none, else the number of the first class that holds it."""
    if value <= 0:
        return 0
    return next((number for number, bound in enumerate(bounds, start=1) if value <= bound), len(bounds))
