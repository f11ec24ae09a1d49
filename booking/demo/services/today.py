"""The visit of the day: today when there is school, else the next day of class, so that the pages of the day open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.rules.states import Actor, Event, State, transition_for
from booking.bookings.services.places import lock_school, take_places
from booking.bookings.services.requests import snapshot
from booking.bookings.services.transitions import record
from booking.catalogue.models import Slot
from booking.core.db import db
from booking.demo.rules import Season, chance_of
from booking.demo.services.bookings import nearest_classes
from booking.demo.services.offers import Offered
from booking.demo.services.past import slot_of
from booking.demo.services.people import Cast
from booking.schools.models import SchoolClass

ACTIVITY, OWN_CLASS = "coulisses", "4e B"
MESSAGE = "Nous venons en car, arrivée prévue dix minutes avant l’heure."


def make_today(season: Season, is_school_day: Callable[[date], bool], cast: Cast, offered: Offered) -> None:
    """A slot of the demo's host where the demo's teacher comes with a class, and another school with one."""
    day = season.today
    while not is_school_day(day) or day.weekday() > 4:
        day += timedelta(days=1)
    demo, activity = next(pair for pair in offered.hosted if pair[0].key == ACTIVITY)
    own = cast.own[OWN_CLASS]
    other = next(each for each in nearest_classes(activity, cast.classes) if each.school_id != own.school_id)
    roomy = replace(demo, classes=2, pupils=own.pupils + other.pupils)
    slot = slot_of(chance_of(season.today, "today"), roomy, activity, day)
    for school_class, message in ((own, MESSAGE), (other, "")):
        _book(slot, school_class, message)


def _book(slot: Slot, school_class: SchoolClass, message: str) -> None:
    """Firm, as if it had been booked before the slot closed; both sides have their invitation."""
    edition_id, owner = slot.activity.edition_id, db.session.get_one(Person, school_class.owner_id)
    lock_school(school_class.school_id, edition_id)
    take_places(slot.id, school_class.school_id, edition_id, school_class.pupils)
    booking = snapshot(slot, school_class, owner, school_class.pupils, None)
    booking.state, booking.confirmed_at, booking.message = State.CONFIRMED, booking.created_at, message
    db.session.add(booking)
    db.session.flush()
    record(booking, Event.CONFIRM, None, Actor.TEACHER, owner)
    db.session.flush()
    transition = transition_for(None, Event.CONFIRM, Actor.TEACHER)
    mails.tell(booking, transition, event=Event.CONFIRM, actor=Actor.TEACHER)
