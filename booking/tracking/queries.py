"""The rows behind the figures of a territory, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from booking.bookings.models import Booking
from booking.catalogue.models import Activity, Edition, Slot
from booking.core.db import db
from booking.schools.models import School
from booking.tracking import figures
from booking.tracking.scope import Scope

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """Some rows of a list. total: of the whole list."""

    rows: list[Any]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))


def activities(scope: Scope, edition: Edition, page: int) -> Page:
    query = figures.public_activities(scope, edition, Activity).options(
        contains_eager(Activity.site), contains_eager(Activity.company)
    )
    return _page(query.order_by(Activity.title, Activity.id), page)


def slots(scope: Scope, edition: Edition, page: int) -> Page:
    query = figures.public_slots(scope, edition, Slot).options(
        contains_eager(Slot.activity).contains_eager(Activity.company)
    )
    return _page(query.order_by(Slot.starts_at, Slot.id), page)


def bookings(scope: Scope, edition: Edition, page: int) -> Page:
    query = (
        figures.taken_bookings(scope, edition, Booking)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(School, School.id == Booking.school_id)
        .options(contains_eager(Booking.slot).contains_eager(Slot.activity), contains_eager(Booking.school))
    )
    return _page(query.order_by(Slot.starts_at, Booking.id), page)


def schools(scope: Scope, edition: Edition, page: int) -> Page:
    """Schools with at least one taken booking: (school, bookings, pupils)."""
    counts = (
        figures.taken_bookings(
            scope, edition, Booking.school_id, func.count().label("bookings"), func.sum(Booking.pupils).label("pupils")
        )
        .group_by(Booking.school_id)
        .subquery()
    )
    query = select(School, counts.c.bookings, counts.c.pupils).join(counts, counts.c.school_id == School.id)
    return _page(query.order_by(School.commune_name, School.name, School.id), page, several=True)


def _page(query: Any, number: int, *, several: bool = False) -> Page:
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, ceil(total / PAGE_SIZE)))
    found = db.session.execute(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).unique()
    return Page([tuple(row) for row in found] if several else list(found.scalars()), total, number)
