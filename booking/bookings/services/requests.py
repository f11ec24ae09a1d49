"""Booking classes onto slots: the verb that everything else is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from booking.accounts.models import Membership, MemberState, Person
from booking.bookings import mails
from booking.bookings.models import Booking, BookingGroup
from booking.bookings.queries import (
    asks_head_first,
    bookable_facts,
    class_facts,
    is_priority_school,
    is_trusted_at,
    slot_facts,
    world_of,
)
from booking.bookings.rules.deadlines import cancellable_until, due_at
from booking.bookings.rules.explain import first_stop, not_open_yet, obstacles
from booking.bookings.rules.obstacles import Obstacle
from booking.bookings.rules.states import (
    ALIVE,
    Actor,
    Answer,
    CancelReason,
    Event,
    LinkRule,
    Origin,
    State,
    is_firm,
    transition_for,
)
from booking.bookings.rules.waiting import WaitsAlready
from booking.bookings.services.authorisations import follow
from booking.bookings.services.first_booking import tell_school_of_first_booking
from booking.bookings.services.places import (
    NotFound,
    fresh_slot,
    lock_class,
    lock_school,
    lock_slot,
    take_places,
    waits_beside,
)
from booking.bookings.services.transitions import record, step
from booking.catalogue.models import ConfirmationMode, Slot, SlotState
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
        return _l("Cette demande a déjà servi pour une autre réservation : rechargez la page et recommencez.")


@dataclass(frozen=True)
class Wish:
    """One class on one slot, with the counts of this visit when they differ from the saved ones."""

    slot_id: int
    class_id: int
    adults: int | None = None
    pupils: int | None = None


def request_places(
    slot_id: int,
    class_id: int,
    person: Person,
    *,
    adults: int | None = None,
    pupils: int | None = None,
    key: str | None = None,
    message: str = "",
    as_option: bool = False,
) -> Booking:
    """Book the class onto the slot: confirmed at once when the activity allows it, else a request to the host.

    as_option: only keep the places for some days, while the school asks its head, its money and its coach.
    A repeated call (same key, or same class and slot still alive) returns the first booking and changes nothing.
    Refuses: the first obstacle of `explain`; NotFound for a class that is not of the person's schools; KeyReused.
    """
    wish = Wish(slot_id, class_id, adults, pupils)
    return request_together([wish], person, key=key, message=message, as_option=as_option)[0]


def request_on_behalf(
    slot_id: int,
    class_id: int,
    officer: Person,
    *,
    adults: int | None = None,
    pupils: int | None = None,
    key: str | None = None,
) -> Booking:
    """Book a class for the teacher whose class it is, who asked an officer to (docs/decisions/044).

    The booking is the teacher's; only its history names the officer. Refuses as request_places.
    """
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None:
        raise NotFound()
    owner = db.session.get_one(Person, school_class.owner_id)
    return request_together([Wish(slot_id, class_id, adults, pupils)], owner, key=key, officer=officer)[0]


def request_together(
    wishes: Sequence[Wish],
    person: Person,
    *,
    rule: LinkRule = LinkRule.BOTH_OR_NEITHER,
    key: str | None = None,
    message: str = "",
    as_option: bool = False,
    officer: Person | None = None,
) -> list[Booking]:
    """Book several classes at once, all or none; two or more are linked by the rule. Refuses as request_places.

    officer: who does it in the person's stead.
    """
    keys = [key if len(wishes) == 1 or not key else f"{key}/{number}" for number in range(len(wishes))]
    if first := [booking for key, wish in zip(keys, wishes, strict=True) if (booking := _replayed(person, key, wish))]:
        return first
    classes = {wish.class_id: class_for(person, wish.class_id) for wish in wishes}
    _refuse_early(wishes)
    lock_for(wishes, classes)
    group = None
    bookings = []
    # Slots are taken in the order of their ids: two groups cannot wait for each other.
    for key, wish in sorted(zip(keys, wishes, strict=True), key=lambda pair: (pair[1].slot_id, pair[1].class_id)):
        if alive := alive_booking(wish.class_id, wish.slot_id) or _replayed(person, key, wish):
            if alive.state is State.WAITING and len(wishes) > 1:
                # A place in line is no booking: the others would come without it.
                raise WaitsAlready()
            bookings.append(alive)
            continue
        if len(wishes) > 1 and group is None:
            group = BookingGroup(rule=rule, created_at=clock.now())
            db.session.add(group)
        bookings.append(_book(wish, classes[wish.class_id], person, group, key, message, as_option, officer))
    return bookings


def firm_up(booking: Booking, person: Person) -> Booking:
    """Turn a locked option into a request, or into a firm booking when nobody else has to answer.

    Refuses: NotPossibleNow when it is no longer an option.
    """
    now = clock.now()
    if booking.head_answer is Answer.PENDING:
        # The head was asked when the option was placed: the request leaves it as much time as the host.
        booking.head_answer_due_at = answer_due(booking.slot, now)
    if asks_host(booking.slot, person, booking.school_id):
        ask_host(booking)
    firm = is_firm((booking.host_answer, booking.head_answer))
    booking.deadline_at = None if firm else next_due(booking)
    booking.confirmed_at = now if firm else None
    return step(booking, Event.CONFIRM if firm else Event.REQUEST, Actor.TEACHER, person)


def _replayed(person: Person, key: str | None, wish: Wish) -> Booking | None:
    """The booking that this key already made. Refuses: KeyReused when it was for something else."""
    if not key:
        return None
    first = db.session.scalar(select(Booking).filter_by(booked_by_id=person.id, idempotency_key=key))
    if first and (first.slot_id, first.class_id) != (wish.slot_id, wish.class_id):
        raise KeyReused()
    return first


def _refuse_early(wishes: Sequence[Wish]) -> None:
    """Refuse before anything is held: those who come too early do not keep waiting those who come on time.

    Asked once more, with every other obstacle, under the locks. Refuses: EditionNotOpen, NotYetOpen.
    """
    for wish in wishes:
        slot = fresh_slot(wish.slot_id)
        if slot.state is SlotState.OPEN and (early := not_open_yet(slot_facts(slot), clock.now())):
            raise early


def lock_for(wishes: Sequence[Wish], classes: dict[int, SchoolClass]) -> None:
    editions = {wish.slot_id: fresh_slot(wish.slot_id).activity.edition_id for wish in wishes}
    for school_id, edition_id in sorted({(classes[w.class_id].school_id, editions[w.slot_id]) for w in wishes}):
        lock_school(school_id, edition_id)
    for class_id in sorted(classes):
        lock_class(class_id)
        db.session.refresh(classes[class_id])
    # A class that books ends its waits for other dates of the activity: all slots at once, in the order of their ids.
    if waits := waits_beside(classes, editions):
        for slot_id in sorted(waits | set(editions)):
            lock_slot(slot_id)


def alive_booking(class_id: int, slot_id: int) -> Booking | None:
    query = select(Booking).where(Booking.class_id == class_id, Booking.slot_id == slot_id, Booking.state.in_(ALIVE))
    return db.session.scalar(query)


def class_for(person: Person, class_id: int) -> SchoolClass:
    """A class of one of the person's schools: one's own, or a colleague's where the person is trusted."""
    query = (
        select(SchoolClass)
        .join(Membership, Membership.school_id == SchoolClass.school_id)
        .where(
            SchoolClass.id == class_id,
            SchoolClass.archived_at.is_(None),
            Membership.person_id == person.id,
            Membership.state == MemberState.ACTIVE,
            or_(SchoolClass.owner_id == person.id, Membership.trusted_at.is_not(None)),
        )
    )
    school_class = db.session.scalars(query).first()
    if school_class is None:
        raise NotFound()
    return school_class


def _book(
    wish: Wish,
    school_class: SchoolClass,
    person: Person,
    group: BookingGroup | None,
    key: str | None,
    message: str,
    as_option: bool,
    officer: Person | None,
) -> Booking:
    actor = Actor.OFFICER if officer else Actor.TEACHER
    pupils = school_class.pupils if wish.pupils is None else wish.pupils
    edition_id = fresh_slot(wish.slot_id).activity.edition_id
    slot = take_places(wish.slot_id, school_class.school_id, edition_id, pupils)
    refuse_obstacles(slot, school_class, adults=wish.adults, pupils=pupils)
    if slot.activity.comes_to_class:
        slot.school_id = school_class.school_id
    booking = snapshot(slot, school_class, person, pupils, wish.adults)
    booking.group, booking.idempotency_key, booking.message = group, key, message
    event = _start_clocks(booking, slot, school_class, person, as_option)
    insert(booking)
    record(booking, event, None, actor, officer or person)
    db.session.flush()
    mails.tell(booking, transition_for(None, event, actor), event=event, actor=actor)
    follow(booking)
    tell_school_of_first_booking(booking)
    end_other_waits(booking)
    return booking


def end_other_waits(booking: Booking) -> None:
    """A class that has a place waits no longer for the other dates of the activity; nobody is written to about it.

    Whoever locked the booking with its waits holds those slots too.
    """
    others = (
        select(Booking)
        .join(Booking.slot)
        .where(
            Booking.class_id == booking.class_id,
            Booking.state == State.WAITING,
            Booking.id != booking.id,
            Slot.activity_id == booking.slot.activity_id,
        )
        .order_by(Booking.id)
    )
    for other in db.session.scalars(others.execution_options(populate_existing=True)).all():
        step(other, Event.CANCEL, Actor.SERVICE, reason=CancelReason.PLACED)


def refuse_obstacles(slot: Slot, school_class: SchoolClass, *, adults: int | None, pupils: int) -> None:
    """Raise the first obstacle that stands, places apart: those are already held."""
    stop = first_stop(standing_obstacles(slot, school_class, adults=adults, pupils=pupils))
    if stop is not None:
        raise stop


def standing_obstacles(
    slot: Slot,
    school_class: SchoolClass,
    *,
    adults: int | None,
    pupils: int,
    is_invited: bool = False,
    moving: Booking | None = None,
) -> list[Obstacle]:
    """What stands in the way of a booking whose places are already held. is_invited: the host wants this very class.

    moving: the booking that leaves another slot for this one.
    """
    group = class_facts(school_class, adults=adults, pupils=pupils)
    world = world_of(slot, school_class, place_is_held=True, moving=moving)
    if is_invited:
        world = replace(world, may_use_reserved=True)
    facts = bookable_facts(slot_facts(slot, school_class))
    return obstacles(replace(facts, is_paused=facts.is_paused and not is_invited), group, world)


def snapshot(slot: Slot, school_class: SchoolClass, person: Person, pupils: int, adults: int | None) -> Booking:
    """The booking with what it keeps of the class, the school and the place, whatever becomes of them."""
    now = clock.now()
    activity, school = slot.activity, school_class.school
    at_school = activity.comes_to_class
    return Booking(
        slot_id=slot.id,
        slot=slot,
        edition_id=activity.edition_id,
        class_id=school_class.id,
        school_id=school.id,
        school=school,
        teacher_id=school_class.owner_id,
        booked_by_id=person.id,
        origin=Origin.DIRECT,
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
        cancellable_until=cancellable_until(slot.starts_at, activity.cancellation_days, now),
        is_priority=bool(slot.kept_classes) and is_priority_school(school),
        revision=0,
        created_at=now,
        updated_at=now,
    )


def _start_clocks(booking: Booking, slot: Slot, school_class: SchoolClass, person: Person, as_option: bool) -> Event:
    """Set the first state, who must answer and until when; returns the event of the table that this is."""
    now = clock.now()
    ask_head(booking)
    if as_option:
        booking.state, booking.deadline_at = State.HELD, option_due(slot, school_class, now)
        return Event.HOLD
    if asks_host(slot, person, school_class.school_id):
        ask_host(booking)
    if is_firm((booking.host_answer, booking.head_answer)):
        booking.state, booking.confirmed_at = State.CONFIRMED, now
        return Event.CONFIRM
    booking.state, booking.deadline_at = State.REQUESTED, next_due(booking)
    return Event.REQUEST


def asks_host(slot: Slot, person: Person, school_id: int) -> bool:
    """An untrusted teacher may only request (product, section 11)."""
    return slot.activity.confirmation is ConfirmationMode.APPROVAL or not is_trusted_at(person.id, school_id)


def ask_head(booking: Booking) -> None:
    """Start the head's clock, where the booking is not firm without this answer."""
    if asks_head_first(booking.school, booking.slot.activity):
        booking.head_answer, booking.head_answer_due_at = Answer.PENDING, answer_due(booking.slot, clock.now())


def ask_host(booking: Booking) -> None:
    """The host has to answer; its clock starts now, or with the head's yes where it wants to be last."""
    is_later = booking.slot.activity.waits_for_head and booking.head_answer is Answer.PENDING
    booking.host_answer = Answer.PENDING
    booking.host_answer_due_at = None if is_later else answer_due(booking.slot, clock.now())


def next_due(booking: Booking) -> datetime | None:
    dues = ((booking.host_answer, booking.host_answer_due_at), (booking.head_answer, booking.head_answer_due_at))
    return min((due for answer, due in dues if answer is Answer.PENDING and due), default=None)


def insert(booking: Booking) -> None:
    db.session.add(booking)
    try:
        db.session.flush()
    except IntegrityError as error:
        # Another class of the same person came with the same key a moment ago: no lock is shared between the two.
        raise KeyReused() from error


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


def option_due(slot: Slot, school_class: SchoolClass, now: datetime) -> datetime:
    """Until when an option keeps its places: the host's number of school days, never past the closing."""
    calendar = holiday_calendar(school_class.school.departement_code)
    return due_at(
        now, slot.activity.option_days, slot.timezone, calendar.is_day_off_for_school, never_after=slot.closes_at
    )
