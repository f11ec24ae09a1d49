"""Declaring a visit arranged elsewhere, completing it, withdrawing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.declared.queries import company_named, edition_spans, known_visits
from booking.bookings.declared.rules import Visit, VisitKnown, alike, check_presence, edition_of
from booking.bookings.rules.states import Actor, State
from booking.bookings.services.places import NotFound, lock_school
from booking.catalogue.models import ActivityKind
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.schools.models import School


@dataclass(frozen=True)
class Told:
    """What somebody says of a visit. company: the firm itself when it is the one who tells.

    is_apart: it is none of the visits that look the same. key: of the form that sent it.
    """

    school_id: int
    level_code: str
    pupils: int
    firm: str
    visited_on: date
    kind: ActivityKind
    class_name: str = ""
    place: str = ""
    present_pupils: int | None = None
    present_adults: int | None = None
    company: Company | None = None
    is_apart: bool = False
    key: str | None = None


def save_visit(told: Told, person: Person, actor: Actor, visit_id: int | None = None) -> DeclaredVisit:
    """Declare a visit, or correct the one that has this id. Refuses as declare_visit."""
    return declare_visit(told, person, actor) if visit_id is None else rewrite_visit(visit_id, told, person)


def declare_visit(told: Told, person: Person, actor: Actor) -> DeclaredVisit:
    """Write down a visit arranged elsewhere; the same key gives the first again.

    Refuses: VisitKnown, NoEditionThatDay, NotYetCome, ComeWithoutPupils, NotFound for the school.
    """
    sent = select(DeclaredVisit).filter_by(declared_by_id=person.id, key=told.key)
    if told.key and (first := db.session.scalar(sent)):
        return first
    school = db.session.get(School, told.school_id)
    if school is None:
        raise NotFound()
    visit = DeclaredVisit(
        actor=actor,
        declared_by_id=person.id,
        key=told.key or None,
        created_at=clock.now(),
        departement_code=school.departement_code,
    )
    _write(visit, told, person, school)
    db.session.add(visit)
    db.session.flush()
    return visit


def rewrite_visit(visit_id: int, told: Told, person: Person) -> DeclaredVisit:
    """Correct a declaration, or complete it with who came. Refuses as declare_visit."""
    visit = db.session.get(DeclaredVisit, visit_id, populate_existing=True)
    school = db.session.get(School, told.school_id)
    if visit is None or visit.is_withdrawn or school is None:
        raise NotFound()
    visit.departement_code = school.departement_code
    _write(visit, told, person, school)
    db.session.flush()
    return visit


def withdraw_visit(visit_id: int, person: Person) -> DeclaredVisit:
    """It did not take place, or was declared by mistake: it is counted no more; the row stays."""
    visit = db.session.get(DeclaredVisit, visit_id, populate_existing=True)
    if visit is None:
        raise NotFound()
    if not visit.is_withdrawn:
        visit.state, visit.updated_by_id, visit.updated_at = State.CANCELLED, person.id, clock.now()
        db.session.flush()
    return visit


def _write(visit: DeclaredVisit, told: Told, person: Person, school: School) -> None:
    today = clock.now().astimezone(ZoneInfo(school.departement.timezone)).date()
    check_presence(told.visited_on, today, told.present_pupils, told.present_adults)
    edition_id = edition_of(told.visited_on, edition_spans())
    # Two people who tell the same visit at the same moment: the second one reads the first.
    lock_school(school.id, edition_id)
    company = told.company or company_named(told.firm)
    firm = company.name if company else told.firm
    found = alike(
        Visit(
            school.id, told.level_code, told.class_name, company.id if company else None, firm, told.visited_on,
            declared_id=visit.id,
        ),
        known_visits(Visit(school.id, None, "", None, "", told.visited_on)),
    )  # fmt: skip
    if found and not told.is_apart:
        raise VisitKnown(alike=found)
    visit.edition_id, visit.school_id, visit.company_id, visit.company_name = (
        edition_id,
        school.id,
        company.id if company else None,
        firm,
    )
    visit.class_name, visit.level_code, visit.pupils = told.class_name, told.level_code, told.pupils
    visit.place, visit.kind, visit.visited_on = told.place, told.kind, told.visited_on
    visit.present_pupils, visit.present_adults = told.present_pupils, told.present_adults
    visit.state = State.CONFIRMED if told.present_pupils is None else State.ATTENDED
    visit.is_apart = bool(found)
    visit.updated_by_id, visit.updated_at = person.id, clock.now()
