"""A place held for one class until it answers: offered by the host that answers a need, or from the waiting list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.models import Booking
from booking.bookings.rules.clashes import Clash
from booking.bookings.rules.deadlines import cancellable_until, due_at
from booking.bookings.rules.explain import ClassAway
from booking.bookings.rules.states import (
    OFFERED_BY_HOST,
    Actor,
    Event,
    Origin,
    State,
    is_firm,
    transition_for,
)
from booking.bookings.rules.waiting import OFFER_DAYS
from booking.bookings.services.first_booking import tell_school_of_first_booking
from booking.bookings.services.places import NotFound, fresh_slot, lock_offered, take_places
from booking.bookings.services.requests import (
    Wish,
    alive_booking,
    ask_head,
    ask_host,
    asks_host,
    end_other_waits,
    insert,
    lock_for,
    next_due,
    snapshot,
    standing_obstacles,
)
from booking.bookings.services.transitions import record, step
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import SchoolClass
from booking.territory.queries import holiday_calendar


class ClassNotFree(Refusal):
    """What keeps the class elsewhere is its school's business: the host hears that it is not free, not why."""

    code = "class_not_free"
    field = "start"

    def sentence(self) -> Any:
        return _l("La classe n’est pas libre à cette date : proposez-en une autre.")


class OfferLapsed(Refusal):
    """The clock decides, even before the worker has passed by."""

    code = "offer_lapsed"

    def sentence(self) -> Any:
        return _l("L’offre a expiré : ses places ne sont plus gardées.")


AfterAcceptance = Callable[[Booking, Person], None]
_AFTER: list[AfterAcceptance] = []


def after_acceptance(verb: AfterAcceptance) -> AfterAcceptance:
    """Declare what a room further right does when an offered place is taken, in the same transaction and under its locks."""
    _AFTER.append(verb)
    return verb


def offer_places(
    slot_id: int, class_id: int, teacher: Person, host: Person, *, origin: Origin = Origin.NEED, message: str = ""
) -> Booking:
    """Hold places of the slot for this class until its teacher answers: three school days, never past the closing.

    teacher: who follows the booking for the class. Adults that are missing do not stop an offer: the teacher can find
    them. Again for the same class and slot: the booking that is there. Refuses: NotFound, ClassNotFree, what
    take_places refuses, and the first obstacle of `explain` that is left.
    """
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None or school_class.archived_at is not None:
        raise NotFound()
    lock_for([Wish(slot_id, class_id)], {class_id: school_class})
    if alive := alive_booking(class_id, slot_id):
        return alive
    edition_id = fresh_slot(slot_id).activity.edition_id
    slot = take_places(slot_id, school_class.school_id, edition_id, school_class.pupils)
    _refuse_what_stops_an_offer(slot, school_class)
    if slot.activity.comes_to_class:
        slot.school_id = school_class.school_id
    booking = snapshot(slot, school_class, teacher, school_class.pupils, None)
    booking.teacher_id, booking.origin, booking.message = teacher.id, origin, message
    booking.state = State.OFFERED
    calendar = holiday_calendar(school_class.school.departement_code)
    booking.deadline_at = due_at(
        clock.now(), OFFER_DAYS, slot.timezone, calendar.is_day_off_for_school, never_after=slot.closes_at
    )
    insert(booking)
    record(booking, Event.OFFER, None, Actor.HOST, host)
    db.session.flush()
    mails.tell(booking, transition_for(None, Event.OFFER, Actor.HOST), event=Event.OFFER, actor=Actor.HOST)
    tell_school_of_first_booking(booking)
    return booking


def _refuse_what_stops_an_offer(slot: Any, school_class: SchoolClass) -> None:
    found = standing_obstacles(slot, school_class, adults=None, pupils=school_class.pupils, is_invited=True)
    for obstacle in found:
        if isinstance(obstacle, Clash | ClassAway):
            raise ClassNotFree()
        if obstacle.severity == "stop" and obstacle.field != "adults":
            raise obstacle


def accept_offer(booking_id: int, person: Person) -> Booking:
    """Take the offered place: firm when the host itself offered it and no head has to say yes; else as the activity says.

    The class waits no longer for the other dates of the activity.
    Refuses: NotPossibleNow when it is no longer offered, OfferLapsed when its time is over.
    """
    booking = lock_offered(booking_id)
    now = clock.now()
    if booking.state is State.OFFERED and booking.deadline_at and booking.deadline_at <= now:
        raise OfferLapsed()
    slot = booking.slot
    ask_head(booking)
    if booking.origin not in OFFERED_BY_HOST and asks_host(slot, person, booking.school_id):
        ask_host(booking)
    firm = is_firm((booking.host_answer, booking.head_answer))
    booking.deadline_at = None if firm else next_due(booking)
    booking.confirmed_at = now if firm else None
    # Nobody is bound by a limit that passed before there was a place.
    booking.cancellable_until = cancellable_until(slot.starts_at, slot.activity.cancellation_days, now)
    step(booking, Event.CONFIRM if firm else Event.ACCEPT_OFFER, Actor.TEACHER, person)
    if booking.origin is Origin.WAITING:
        tell_school_of_first_booking(booking)
    end_other_waits(booking)
    for verb in _AFTER:
        verb(booking, person)
    return booking
