"""Reads about visits arranged elsewhere, and what looks the same among the bookings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.declared.rules import Span, Visit, firm_key
from booking.bookings.models import Booking
from booking.bookings.rules.states import ENDED, State
from booking.catalogue.models import Activity, Edition, Slot
from booking.companies.models import Company
from booking.core.db import db


def visit_of(declared: DeclaredVisit) -> Visit:
    return Visit(
        declared.school_id,
        declared.level_code,
        declared.class_name,
        declared.company_id,
        declared.company_name,
        declared.visited_on,
        declared_id=declared.id,
    )


def known_visits(visit: Visit) -> list[Visit]:
    """What the school has that day: bookings that did not come to nothing, and declarations that stand."""
    declared = db.session.scalars(
        select(DeclaredVisit).where(
            DeclaredVisit.school_id == visit.school_id,
            DeclaredVisit.visited_on == visit.day,
            DeclaredVisit.state != State.CANCELLED,
        )
    )
    return [
        *(each for each in booked_visits([visit.school_id]) if each.day == visit.day),
        *map(visit_of, declared),
    ]


def booked_visits(school_ids: Iterable[int], edition_id: int | None = None) -> list[Visit]:
    """The bookings of these schools that did not come to nothing, as visits."""
    query = (
        select(
            Booking.school_id, Booking.level_code, Booking.class_name, Activity.company_id, Company.name, Slot.local_start,
            Booking.id,
        )
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(Company, Company.id == Activity.company_id)
        .where(Booking.school_id.in_(list(school_ids)), Booking.state.not_in(sorted(ENDED | {State.WAITING})))
    )  # fmt: skip
    if edition_id is not None:
        query = query.where(Booking.edition_id == edition_id)
    return [
        Visit(school, level, name, company, firm, start.date(), booking_id=id_)
        for school, level, name, company, firm, start, id_ in db.session.execute(query.order_by(Booking.id))
    ]


def edition_spans() -> list[Span]:
    query = select(Edition.id, Edition.window_starts_on, Edition.window_ends_on, Edition.is_permanent)
    return [Span(*row) for row in db.session.execute(query)]


def company_named(text: str) -> Company | None:
    """The firm of this SIREN or SIRET, or the only one of this name; none when there are several, or none."""
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit() and len(digits) in (9, 14):
        return db.session.scalar(select(Company).where(Company.siren == digits[:9]))
    wanted = firm_key(text)
    if not wanted:
        return None
    # Compared in Python: the two databases fold accents in their own ways, and firms are some thousands.
    names = db.session.execute(select(Company.id, Company.name))
    found = [id_ for id_, name in names if firm_key(name) == wanted]
    return db.session.get(Company, found[0]) if len(found) == 1 else None


def declared_by_side(*conditions: Any) -> Sequence[DeclaredVisit]:
    """Some declarations, the latest day first, for the pages of those who made them."""
    return db.session.scalars(listed(select(DeclaredVisit).where(*conditions)).limit(200)).all()


def listed(query: Select[Any]) -> Select[Any]:
    """A query over declarations with what a list shows of them, in its order."""
    return query.options(
        joinedload(DeclaredVisit.school), joinedload(DeclaredVisit.declared_by), joinedload(DeclaredVisit.updated_by)
    ).order_by(DeclaredVisit.visited_on.desc(), DeclaredVisit.id.desc())
