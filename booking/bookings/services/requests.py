"""Booking a class onto a slot: the verb that everything else is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from booking.accounts.models import Membership, MemberState, Person
from booking.bookings import mails
from booking.bookings.models import Booking
from booking.bookings.queries import bookable_facts, class_facts, is_trusted_at, slot_facts, world_of
from booking.bookings.rules.deadlines import cancellable_until, due_at
from booking.bookings.rules.explain import first_stop, obstacles
from booking.bookings.rules.states import ALIVE, Actor, Answer, Event, Origin, State, is_firm, transition_for
from booking.bookings.services.places import NotFound, fresh_slot, lock_class, lock_school, take_places
from booking.bookings.services.transitions import record
from booking.catalogue.models import ConfirmationMode, Slot
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import SchoolClass
from booking.territory.queries import holiday_calendar


class KeyReused(Refusal):
    """The same idempotency key came with another class or slot."""

    code = "idempotency_key_reused"

    def sentence(self) -> Any:
        return _l("Cette demande a déjà servi pour une autre réservation : rechargez la page et recommencez.")


def request_places(
    slot_id: int,
    class_id: int,
    person: Person,
    *,
    adults: int | None = None,
    pupils: int | None = None,
    key: str | None = None,
    message: str = "",
) -> Booking:
    """Book the class onto the slot: confirmed at once when the activity allows it, else a request to the host.

    A repeated call (same key, or same class and slot still alive) returns the first booking and changes nothing.
    Refuses: the first obstacle of `explain`; NotFound for a class that is not of the person's schools; KeyReused.
    """
    if first := _booking_of_key(person, key):
        if (first.slot_id, first.class_id) != (slot_id, class_id):
            raise KeyReused()
        return first
    school_class = _class_of(person, class_id)
    edition_id = fresh_slot(slot_id).activity.edition_id
    lock_school(school_class.school_id, edition_id)
    lock_class(class_id)
    if first := _alive_booking(class_id, slot_id) or _booking_of_key(person, key):
        return first
    db.session.refresh(school_class)
    count = school_class.pupils if pupils is None else pupils
    slot = take_places(slot_id, school_class.school_id, edition_id, count)
    _refuse_obstacles(slot, school_class, adults=adults, pupils=count)
    if slot.activity.comes_to_class:
        slot.school_id = school_class.school_id
    booking = _new_booking(slot, school_class, person, count, adults, key, message)
    _insert(booking)
    event = Event.CONFIRM if booking.state is State.CONFIRMED else Event.REQUEST
    transition = transition_for(None, event, Actor.TEACHER)
    record(booking, event, None, Actor.TEACHER, person)
    db.session.flush()
    mails.tell(booking, transition, event=event, actor=Actor.TEACHER)
    return booking


def _insert(booking: Booking) -> None:
    db.session.add(booking)
    try:
        db.session.flush()
    except IntegrityError as error:
        # Another class of the same person came with the same key a moment ago: no lock is shared between the two.
        raise KeyReused() from error


def _booking_of_key(person: Person, key: str | None) -> Booking | None:
    if not key:
        return None
    return db.session.scalar(select(Booking).filter_by(booked_by_id=person.id, idempotency_key=key))


def _alive_booking(class_id: int, slot_id: int) -> Booking | None:
    query = select(Booking).where(Booking.class_id == class_id, Booking.slot_id == slot_id, Booking.state.in_(ALIVE))
    return db.session.scalar(query)


def _class_of(person: Person, class_id: int) -> SchoolClass:
    """A class of one of the person's schools: one's own, or a colleague's."""
    query = (
        select(SchoolClass)
        .join(Membership, Membership.school_id == SchoolClass.school_id)
        .where(
            SchoolClass.id == class_id,
            SchoolClass.archived_at.is_(None),
            Membership.person_id == person.id,
            Membership.state == MemberState.ACTIVE,
        )
    )
    school_class = db.session.scalars(query).first()
    if school_class is None:
        raise NotFound()
    return school_class


def _refuse_obstacles(slot: Slot, school_class: SchoolClass, *, adults: int | None, pupils: int) -> None:
    """Raise the first obstacle that stands, places apart: those are already held."""
    group = class_facts(school_class, adults=adults, pupils=pupils)
    world = world_of(slot, school_class, place_is_held=True)
    stop = first_stop(obstacles(bookable_facts(slot_facts(slot, school_class)), group, world))
    if stop is not None:
        raise stop


def _new_booking(
    slot: Slot,
    school_class: SchoolClass,
    person: Person,
    pupils: int,
    adults: int | None,
    key: str | None,
    message: str,
) -> Booking:
    now = clock.now()
    activity, school = slot.activity, school_class.school
    asks_host = activity.confirmation is ConfirmationMode.APPROVAL or not is_trusted_at(person.id, school.id)
    host_answer = Answer.PENDING if asks_host else None
    head_answer = Answer.PENDING if school.head_authorises_first and not activity.comes_to_class else None
    firm = is_firm((host_answer, head_answer))
    host_due = answer_due(slot, now) if host_answer else None
    head_due = answer_due(slot, now) if head_answer else None
    at_school = activity.comes_to_class
    return Booking(
        slot_id=slot.id,
        edition_id=activity.edition_id,
        class_id=school_class.id,
        school_id=school.id,
        teacher_id=school_class.owner_id,
        booked_by_id=person.id,
        state=State.CONFIRMED if firm else State.REQUESTED,
        origin=Origin.DIRECT,
        idempotency_key=key,
        class_name=school_class.name,
        level_code=school_class.level_code,
        pupils=pupils,
        adults=school_class.adults if adults is None else adults,
        assistants=school_class.assistants,
        has_special_needs=bool(school_class.wheelchairs or school_class.other_needs),
        girls=school_class.girls,
        place=school_place(school_class) if at_school else activity.site.one_line,
        place_latitude=school.latitude if at_school else activity.site.latitude,
        place_longitude=school.longitude if at_school else activity.site.longitude,
        departement_code=school.departement_code,
        academie_code=school.academie_code,
        commune_insee=school.commune_insee,
        message=message,
        host_answer=host_answer,
        host_answer_due_at=host_due,
        head_answer=head_answer,
        head_answer_due_at=head_due,
        deadline_at=min((due for due in (host_due, head_due) if due), default=None),
        cancellable_until=cancellable_until(slot.starts_at, activity.cancellation_days, now),
        created_at=now,
        updated_at=now,
        confirmed_at=now if firm else None,
    )


def school_place(school_class: SchoolClass) -> str:
    """The school on one line: where a classroom workshop takes place."""
    school = school_class.school
    parts = [school.name, school.address, f"{school.postcode} {school.commune_name}".strip()]
    return ", ".join(part for part in parts if part)


def answer_due(slot: Slot, now: datetime) -> datetime:
    """Until when the host, or the head, answers: the activity's number of open days, never past the closing."""
    calendar = holiday_calendar(slot.departement_code)
    return due_at(
        now, slot.activity.answer_days, slot.timezone, calendar.is_day_off_for_work, never_after=slot.closes_at
    )
