"""Reads of the map of silence: a few statements whatever the size of the territory.

A school is reached when one of its bookings holds a place, or when a visit of it was declared and not withdrawn: nobody
calls a school that comes by another way.
Sections attached to another school, and schools that were merged into another, are not called: they are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select, union_all
from sqlalchemy.orm import joinedload

from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import BOOKED_BY, Activity, ActivityKind, ActivityLevel, BookedBy, Edition, Slot
from booking.catalogue.queries import free_slots
from booking.companies.models import Company, Site
from booking.core.db import db
from booking.schools.models import School, SchoolKind
from booking.schools.reference import levels_for
from booking.territory.models import Departement
from booking.tracking.models import SchoolContact
from booking.tracking.queries import PAGE_SIZE, Page, page_of
from booking.tracking.scope import Scope
from booking.tracking.silence.filters import SilenceFilters, Since, Sort
from booking.tracking.silence.rules import Counted, FreeOffer, Near, Position, nearest

# More places than that make neither a table nor a map: they are then shown by département.
MOST_DEPARTEMENTS_BY_COMMUNE = 12


@dataclass(frozen=True)
class Silent:
    """A school without a visit, what is free near it, and who called it last."""

    school: School
    near: Sequence[Near]
    contact: SchoolContact | None


def counted(scope: Scope, edition: Edition, filters: SilenceFilters, *, by_commune: bool) -> list[Counted]:
    """The schools of the territory, reached or not, as counts: one statement."""
    reach = _reach(edition)
    place, name = (
        (func.coalesce(School.commune_insee, ""), School.commune_name)
        if by_commune
        else (School.departement_code, Departement.name)
    )
    of_known = case((School.pupils_count.is_not(None), func.coalesce(reach.c.pupils, 0)), else_=0)
    query = (
        select(
            School.kind, School.is_public, func.coalesce(School.priority_education, ""), place, func.max(name),
            func.count(), func.count(reach.c.school_id), func.coalesce(func.sum(School.pupils_count), 0),
            func.coalesce(func.sum(of_known), 0), func.avg(School.latitude), func.avg(School.longitude),
        )
        .outerjoin(reach, reach.c.school_id == School.id)
        .join(School.departement)
        .group_by(School.kind, School.is_public, School.priority_education, place)
    )  # fmt: skip
    rows = db.session.execute(filters.of_schools(listed(scope, query)).order_by(func.max(name), place))
    return [Counted(*row) for row in rows]


def silent_schools(scope: Scope, edition: Edition, filters: SilenceFilters, *columns: Any) -> Select[Any]:
    """The schools of the territory with neither booking nor declared visit, as the filters narrow them."""
    booked = select(Booking.school_id).where(Booking.state.in_(TAKEN))
    told = select(DeclaredVisit.school_id).where(DeclaredVisit.state != State.CANCELLED)
    if filters.since != Since.EVER:
        booked = booked.where(Booking.edition_id == edition.id)
        told = told.where(DeclaredVisit.edition_id == edition.id)
    query = listed(scope, select(*(columns or (School,)))).where(School.id.not_in(booked), School.id.not_in(told))
    return filters.of_contacts(filters.of_schools(query), edition)


def page_of_silence(scope: Scope, edition: Edition, filters: SilenceFilters, number: int) -> Page:
    """One page of the list to call: rows of Silent."""
    offers = free_offers(edition)
    if filters.sort == Sort.NEAR:
        return _page_by_distance(scope, edition, filters, offers, number)
    query = silent_schools(scope, edition, filters).options(
        joinedload(School.departement).joinedload(Departement.academie)
    )
    page = page_of(query.order_by(*_order(filters)), number)
    return Page(_described([school for (school,) in page.rows], edition, offers), page.total, page.number)


def every_silent(scope: Scope, edition: Edition, filters: SilenceFilters) -> list[Silent]:
    """The whole list to call, in the same order, for an export."""
    query = silent_schools(scope, edition, filters).options(
        joinedload(School.departement).joinedload(Departement.academie)
    )
    schools = list(db.session.scalars(query.order_by(*_order(filters))).unique())
    described = _described(schools, edition, free_offers(edition))
    return sorted(described, key=_distance) if filters.sort == Sort.NEAR else described


def silent_school(scope: Scope, school_id: int) -> School | None:
    """A school of the territory that may be called; one that has booked meanwhile still has its page."""
    return db.session.scalar(listed(scope, select(School)).where(School.id == school_id))


def near_school(school: School, edition: Edition, most: int) -> list[Near]:
    return nearest(_positions([school]), free_offers(edition), most).get(school.id, [])


def contacts_of(school_id: int, edition: Edition) -> Sequence[SchoolContact]:
    """Who called or wrote, the latest first; what was undone is left out."""
    query = _contacts(edition).where(SchoolContact.school_id == school_id)
    return db.session.scalars(query.order_by(SchoolContact.contacted_on.desc(), SchoolContact.id.desc())).all()


def is_reached(school_id: int, edition: Edition) -> bool:
    reach = _reach(edition)
    return db.session.scalar(select(reach.c.school_id).where(reach.c.school_id == school_id)) is not None


def listed(scope: Scope, query: Select[Any]) -> Select[Any]:
    """A query over schools, kept to those of the territory that one can call."""
    return scope.school_rows(query.where(School.is_listed, School.merged_into_id.is_(None)))


def free_offers(edition: Edition) -> list[FreeOffer]:
    """Every activity of the edition that some class can still book, wherever it is: one statement."""
    dated = (
        free_slots(edition, Slot.activity_id, func.min(Slot.local_start).label("first"), func.count().label("slots"))
        .group_by(Slot.activity_id)
        .subquery("dated")
    )
    fits = _levels_by_kind()
    query = (
        select(
            Activity.id, Activity.title, Activity.kind, Activity.area_km, Company.name, Site.commune_name, Site.latitude,
            Site.longitude, dated.c.first, dated.c.slots, fits.c.activity_id, *(fits.c[kind.value] for kind in SchoolKind),
        )
        .join(dated, dated.c.activity_id == Activity.id)
        .join(Activity.company)
        .join(Activity.site)
        .outerjoin(fits, fits.c.activity_id == Activity.id)
        .where(
            Site.latitude.is_not(None),
            Site.longitude.is_not(None),
            Activity.kind.in_([kind for kind, who in BOOKED_BY.items() if who is BookedBy.CLASS]),
        )
        .order_by(dated.c.first, Activity.id)
    )  # fmt: skip
    return [_offer(row) for row in db.session.execute(query)]


def _offer(row: Any) -> FreeOffer:
    (id_, title, kind, area_km, company, commune, latitude, longitude, first, slots, has_levels, *fit) = row
    kinds = SchoolKind if has_levels is None else [kind for kind, yes in zip(SchoolKind, fit, strict=True) if yes]
    comes = kind is ActivityKind.CLASSROOM_WORKSHOP
    return FreeOffer(id_, title, company, commune, latitude, longitude, comes, area_km, frozenset(kinds), first, slots)


def _levels_by_kind() -> Any:
    """By activity that names its levels, which kinds of school have one of them."""
    suits = [
        func.max(case((ActivityLevel.level_code.in_([level.code for level in levels_for(kind)]), 1), else_=0)).label(
            kind.value
        )
        for kind in SchoolKind
    ]
    return select(ActivityLevel.activity_id, *suits).group_by(ActivityLevel.activity_id).subquery("fits")


def _reach(edition: Edition) -> Any:
    """By school that is reached: the pupils of the classes it booked for, each class once.

    Those of declared visits count where nothing is booked: nobody knows which of the classes told are the booked ones.
    """
    per_class = (
        select(
            Booking.school_id,
            Booking.class_id,
            func.max(case((Booking.level_code.is_not(None), Booking.pupils), else_=0)).label("pupils"),
        )
        .where(Booking.edition_id == edition.id, Booking.state.in_(TAKEN))
        .group_by(Booking.school_id, Booking.class_id)
        .subquery()
    )
    booked = _added_up(per_class)
    told_per_class = (
        select(DeclaredVisit.school_id, func.max(DeclaredVisit.pupils).label("pupils"))
        .where(
            DeclaredVisit.edition_id == edition.id,
            DeclaredVisit.state != State.CANCELLED,
            DeclaredVisit.school_id.not_in(select(per_class.c.school_id)),
        )
        .group_by(DeclaredVisit.school_id, DeclaredVisit.level_code, func.lower(DeclaredVisit.class_name))
        .subquery()
    )
    return union_all(booked, _added_up(told_per_class)).subquery("reach")


def _added_up(per_class: Any) -> Select[Any]:
    pupils = func.sum(per_class.c.pupils).label("pupils")
    return select(per_class.c.school_id, pupils).group_by(per_class.c.school_id)


def _order(filters: SilenceFilters) -> tuple[Any, ...]:
    by_name = (School.commune_name, School.name, School.id)
    if filters.sort == Sort.PUPILS:
        return (func.coalesce(School.pupils_count, 0).desc(), *by_name)
    return by_name


def _page_by_distance(
    scope: Scope, edition: Edition, filters: SilenceFilters, offers: Sequence[FreeOffer], number: int
) -> Page:
    columns = (School.id, School.kind, School.latitude, School.longitude)
    rows = db.session.execute(silent_schools(scope, edition, filters, *columns).order_by(*_order(filters))).all()
    positions = [Position(*row) for row in rows if row.latitude is not None and row.longitude is not None]
    found = nearest(positions, offers, most=1)
    far = float("inf")
    ids = sorted((row.id for row in rows), key=lambda id_: found[id_][0].km if id_ in found else far)
    number = min(max(1, number), max(1, -(-len(ids) // PAGE_SIZE)))
    shown = ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    schools = {
        school.id: school
        for school in db.session.scalars(
            select(School)
            .where(School.id.in_(shown))
            .options(joinedload(School.departement).joinedload(Departement.academie))
        )
    }
    return Page(_described([schools[id_] for id_ in shown], edition, offers), len(ids), number)


def _described(schools: Sequence[School], edition: Edition, offers: Sequence[FreeOffer]) -> list[Silent]:
    near = nearest(_positions(schools), offers)
    last = _last_contacts(edition, [school.id for school in schools])
    return [Silent(school, near.get(school.id, []), last.get(school.id)) for school in schools]


def _positions(schools: Iterable[School]) -> list[Position]:
    return [
        Position(school.id, school.kind, school.latitude, school.longitude)
        for school in schools
        if school.latitude is not None and school.longitude is not None
    ]


def _last_contacts(edition: Edition, school_ids: Sequence[int]) -> dict[int, SchoolContact]:
    query = _contacts(edition).order_by(SchoolContact.contacted_on, SchoolContact.id)
    if len(school_ids) <= PAGE_SIZE:
        query = query.where(SchoolContact.school_id.in_(school_ids))
    return {contact.school_id: contact for contact in db.session.scalars(query)}


def _contacts(edition: Edition) -> Select[Any]:
    return (
        select(SchoolContact)
        .where(SchoolContact.edition_id == edition.id, SchoolContact.undone_at.is_(None))
        .options(joinedload(SchoolContact.person))
    )


def _distance(silent: Silent) -> float:
    return silent.near[0].km if silent.near else float("inf")
