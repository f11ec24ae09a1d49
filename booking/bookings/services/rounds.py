"""What a round gives, through the doors of any booking: a place offered to a class, or its rank in a waiting list.

The caller holds the schools, classes and slots of the whole round before the first of these (see `places.lock_all`).
"""

from __future__ import annotations

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.models import Booking
from booking.bookings.queries import explain
from booking.bookings.rules.deadlines import due_at
from booking.bookings.rules.explain import LACK_OF_PLACES, BookedAlready, InRound
from booking.bookings.rules.states import Actor, Event, Origin, State, transition_for
from booking.bookings.rules.waiting import OFFER_DAYS
from booking.bookings.services.first_booking import tell_school_of_first_booking
from booking.bookings.services.places import NotFound, enter_line, fresh_slot, take_places
from booking.bookings.services.requests import alive_booking, insert, snapshot, standing_obstacles
from booking.bookings.services.transitions import record
from booking.core import clock
from booking.core.db import db
from booking.schools.models import SchoolClass
from booking.territory.queries import holiday_calendar


def place_by_round(slot_id: int, class_id: int, teacher: Person, officer: Person) -> Booking:
    """Offer the class the place that the round gives it; its teacher accepts it, and it is then firm for the host.

    teacher: who made the wishes. Adults that are missing do not stop it: they can be found.
    Refuses: NotFound for a class that is no more, BookedAlready, what take_places refuses, and the first obstacle of
    `explain` that is left.
    """
    school_class = _class(class_id)
    if alive_booking(class_id, slot_id):
        raise BookedAlready()
    edition_id = fresh_slot(slot_id).activity.edition_id
    slot = take_places(slot_id, school_class.school_id, edition_id, school_class.pupils, by_round=True)
    for obstacle in standing_obstacles(slot, school_class, adults=None, pupils=school_class.pupils):
        if obstacle.severity == "stop" and obstacle.field != "adults":
            raise obstacle
    if slot.activity.comes_to_class:
        slot.school_id = school_class.school_id
    booking = snapshot(slot, school_class, teacher, school_class.pupils, None)
    booking.teacher_id, booking.origin, booking.state = teacher.id, Origin.ROUND, State.OFFERED
    calendar = holiday_calendar(school_class.school.departement_code)
    booking.deadline_at = due_at(
        clock.now(), OFFER_DAYS, slot.timezone, calendar.is_day_off_for_school, never_after=slot.closes_at
    )
    insert(booking)
    record(booking, Event.OFFER, None, Actor.SERVICE, officer)
    db.session.flush()
    mails.tell(booking, transition_for(None, Event.OFFER, Actor.SERVICE), event=Event.OFFER, actor=Actor.SERVICE)
    tell_school_of_first_booking(booking)
    return booking


def wait_by_round(slot_id: int, class_id: int, teacher: Person, officer: Person) -> Booking | None:
    """Put the class in line for a slot that the round filled, behind those put there before; the result tells it so.

    None when something else than places is in the way, or when it has a booking there.
    """
    school_class = _class(class_id)
    slot = fresh_slot(slot_id)
    if alive_booking(class_id, slot_id):
        return None
    stops = [
        stop for stop in explain(slot, school_class).stops if stop.field != "adults" and not isinstance(stop, InRound)
    ]
    if not stops or not all(isinstance(stop, LACK_OF_PLACES) for stop in stops):
        return None
    booking = snapshot(slot, school_class, teacher, school_class.pupils, None)
    booking.teacher_id, booking.origin, booking.state = teacher.id, Origin.WAITING, State.WAITING
    insert(booking)
    enter_line(slot.id)
    record(booking, Event.WAIT, None, Actor.SERVICE, officer)
    db.session.flush()
    return booking


def _class(class_id: int) -> SchoolClass:
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None or school_class.archived_at is not None:
        raise NotFound()
    return school_class
