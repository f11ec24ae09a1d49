"""The rows behind the figures of a territory: the same queries, a page at a time or whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import contains_eager

from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import Activity, Edition, Slot
from booking.core.db import db
from booking.schools.models import School
from booking.tracking import figures
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """Some rows of a list, as tuples. total: of the whole list."""

    rows: list[Any]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))


def activities(scope: Scope, edition: Edition, filters: Filters) -> Any:
    query = figures.public_activities(scope, edition, filters, Activity).options(
        contains_eager(Activity.site), contains_eager(Activity.company)
    )
    return query.order_by(Activity.title, Activity.id)


def slots(scope: Scope, edition: Edition, filters: Filters) -> Any:
    query = figures.public_slots(scope, edition, filters, Slot).options(
        contains_eager(Slot.activity).contains_eager(Activity.company)
    )
    return query.order_by(Slot.starts_at, Slot.id)


def bookings(
    scope: Scope,
    edition: Edition,
    filters: Filters,
    states: Iterable[State] = TAKEN,
    only: Iterable[ColumnElement[bool]] = (),
) -> Any:
    query = figures.bookings_in(scope, edition, filters, states, Booking).options(
        contains_eager(Booking.slot).contains_eager(Slot.activity), contains_eager(Booking.school)
    )
    return query.where(*only).order_by(Slot.starts_at, Booking.id)


def schools(scope: Scope, edition: Edition, filters: Filters) -> Any:
    """Schools with at least one taken booking: (school, bookings, pupils)."""
    counts = (
        figures.taken_bookings(
            scope,
            edition,
            filters,
            Booking.school_id,
            func.count().label("bookings"),
            func.sum(figures.pupils_of_booking()).label("pupils"),
        )
        .group_by(Booking.school_id)
        .subquery()
    )
    query = select(School, counts.c.bookings, counts.c.pupils).join(counts, counts.c.school_id == School.id)
    return query.order_by(School.commune_name, School.name, School.id)


def page_of(query: Any, number: int) -> Page:
    """One page of a list of rows; a number out of range gives the nearest page."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, ceil(total / PAGE_SIZE)))
    found = db.session.execute(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).unique()
    return Page(list(found), total, number)


def all_of(query: Any) -> list[Any]:
    """Every row of a list, for an export."""
    return list(db.session.execute(query).unique())
