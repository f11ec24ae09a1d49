"""What was booked, what was declared, and both together: a visit told twice is counted once, and so is a class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.declared.queries import booked_visits, visit_of
from booking.bookings.declared.rules import Visit, class_key, is_same
from booking.bookings.models import Booking
from booking.bookings.rules.states import Origin, State
from booking.catalogue.models import Edition
from booking.core.db import db
from booking.schools.models import School
from booking.tracking.figures.counted import pupils_of_booking, taken_bookings
from booking.tracking.figures.schools import Counts, reached
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope


@dataclass(frozen=True)
class Together:
    """Counts of the same territory: through Établi, told afterwards, and of both at once."""

    booked: Counts
    declared: Counts
    together: Counts

    @property
    def has_declared(self) -> bool:
        return bool(self.declared.bookings)


@dataclass(frozen=True)
class Seen:
    """A visit as it is counted. key: of its class, None when nobody knows which one it is."""

    school_id: int
    key: tuple[Any, ...] | None
    pupils: int
    present_pupils: int | None


def together(scope: Scope, edition: Edition, filters: Filters, every: Counts) -> Together:
    """every: what the bookings count, those that were declared into Établi included (an edition of before it)."""
    told = declared_visits(scope, edition, filters)
    old = _has_declared_bookings(edition)
    booked = reached(scope, edition, filters, Booking.origin != Origin.DECLARED).total if old else every
    if not told:
        older = reached(scope, edition, filters, Booking.origin == Origin.DECLARED).total if old else Counts()
        return Together(booked, older, every)
    schools = {visit.school_id for visit in told}
    known = _seen_bookings(scope, edition, filters, schools)
    everywhere = _seen_bookings(scope, edition, filters, None, Booking.origin == Origin.DECLARED) if old else []
    declared = counts_of([*everywhere, *map(_seen, told)])
    before, after = counts_of(known), counts_of([*known, *map(_seen, told)])
    return Together(booked, declared, every + _difference(after, before))


def declared_visits(scope: Scope, edition: Edition, filters: Filters) -> list[DeclaredVisit]:
    """The declarations that count: neither withdrawn nor already among the bookings."""
    visits = list(db.session.scalars(declared_in(scope, edition, filters)))
    if not visits:
        return []
    booked = booked_visits({visit.school_id for visit in visits}, edition.id)
    return [visit for visit in visits if visit.is_apart or not is_among(visit_of(visit), booked)]


def declared_in(scope: Scope, edition: Edition, filters: Filters) -> Any:
    """The declarations of the territory's schools that stand, whether they repeat a booking or not."""
    query = (
        select(DeclaredVisit)
        .join(School, School.id == DeclaredVisit.school_id)
        .where(DeclaredVisit.edition_id == edition.id, DeclaredVisit.state != State.CANCELLED)
        .order_by(DeclaredVisit.visited_on, DeclaredVisit.id)
    )
    return filters.of_declared(scope.declared(query))


def is_among(visit: Visit, booked: Iterable[Visit]) -> bool:
    return any(is_same(visit, other) for other in booked)


def counts_of(seen: Sequence[Seen]) -> Counts:
    """Schools, classes and pupils once each; a class that nobody named is one of its own."""
    largest: dict[Any, int] = {}
    came = set()
    for number, visit in enumerate(seen):
        key = (visit.school_id, visit.key) if visit.key else number
        largest[key] = max(largest.get(key, 0), visit.pupils)
        if visit.present_pupils:
            came.add(key)
    return Counts(
        schools=len({visit.school_id for visit in seen}),
        classes=sum(1 for pupils in largest.values() if pupils),
        pupils=sum(largest.values()),
        bookings=len(seen),
        participations=sum(visit.pupils for visit in seen),
        classes_present=len(came),
        pupils_present=sum(visit.present_pupils or 0 for visit in seen),
    )


def _seen(visit: DeclaredVisit) -> Seen:
    key = (visit.level_code, class_key(visit.class_name)) if visit.class_name else None
    return Seen(visit.school_id, key, visit.pupils, visit.present_pupils)


def _seen_bookings(
    scope: Scope, edition: Edition, filters: Filters, schools: set[int] | None, *only: Any
) -> list[Seen]:
    query = taken_bookings(
        scope, edition, filters, Booking.school_id, Booking.level_code, Booking.class_name, pupils_of_booking(),
        Booking.present_pupils, reads=(),
    ).where(*only)  # fmt: skip
    if schools is not None:
        query = query.where(Booking.school_id.in_(sorted(schools)))
    rows = db.session.execute(query)
    return [
        Seen(school, (level, class_key(name)), pupils, present if level else None)
        for school, level, name, pupils, present in rows
    ]


def _difference(after: Counts, before: Counts) -> Counts:
    names = ("schools", "classes", "pupils", "bookings", "participations", "classes_present", "pupils_present")
    return Counts(**{name: getattr(after, name) - getattr(before, name) for name in names})


def _has_declared_bookings(edition: Edition) -> bool:
    query = select(Booking.id).where(Booking.edition_id == edition.id, Booking.origin == Origin.DECLARED)
    return db.session.scalar(query.limit(1)) is not None
