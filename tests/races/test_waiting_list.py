"""Many processes free, promote, book, accept and leave at once: nobody is overtaken, nobody is offered twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Person
from booking.bookings import jobs, services
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.rules.states import Actor, CancelReason, Event, State
from booking.core.checks import violations
from booking.core.db import db, transaction
from tests import make
from tests.processes import call_at_once
from tests.races import line_clients

PROCESSES, PLACES = 4, 5


@pytest.fixture
def race(app, both_shared_databases, now):
    """Let all the clients loose at once; gives how often each outcome was met."""

    def let_loose(client, calls: list[dict]) -> Counter:
        db.session.rollback()  # this process must not go on reading the database of before the race
        outcomes = Counter(call_at_once(app, client, calls, processes=PROCESSES))
        db.session.expire_all()
        return outcomes

    return let_loose


def a_class(pupils: int = 27):
    return make.make_class(school=make.make_school(), pupils=pupils)


def owner(school_class) -> Person:
    return db.session.get(Person, school_class.owner_id)


def a_full_slot_with_a_line(waiting: int) -> tuple:
    """A slot, the bookings that fill it, and those in line in their order."""
    slot = make.make_slot(max_classes=PLACES, max_pupils=PLACES * 27)
    booked, line = [], []
    for _ in range(PLACES):
        with transaction():
            booked.append(services.request_places(slot.id, (each := a_class()).id, owner(each)))
    for _ in range(waiting):
        with transaction():
            line += services.join_line([slot.id], (each := a_class()).id, owner(each))
    return slot, booked, line


def newcomers(slot, count: int) -> list[dict]:
    classes = [a_class(12) for _ in range(count)]
    return [{"verb": "book", "class_id": c.id, "person_id": c.owner_id, "slot_id": slot.id} for c in classes]


def states(bookings) -> list[State]:
    return [booking.state for booking in bookings]


def most_offers_of_one_booking() -> int:
    offers = select(func.count()).where(BookingEvent.event == Event.OFFER).group_by(BookingEvent.booking_id)
    return max(db.session.scalars(offers), default=0)


@pytest.mark.deep_on_sqlite
def test_freed_places_go_to_the_first_in_line_while_newcomers_storm_the_slot(race):
    slot, booked, line = a_full_slot_with_a_line(8)
    calls = [{"verb": "cancel", "booking_id": booking.id} for booking in booked]
    outcomes = race(line_clients.act, [*calls, *newcomers(slot, 12), *([{"verb": "promote"}] * 6)])
    jobs.promote_lines()
    assert outcomes["booked"] == 0
    assert set(outcomes) <= {"cancelled", "promoted", "slot_full", "too_few_places", "places_awaited"}
    assert states(line) == [State.OFFERED] * PLACES + [State.WAITING] * 3
    assert most_offers_of_one_booking() == 1
    assert (slot.taken_classes, slot.waiting_classes) == (PLACES, 3)
    assert violations() == []


def freed(slot, booked) -> None:
    """All the places come free, and nobody has served the line yet."""
    for booking in booked:
        with transaction():
            services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=CancelReason.OTHER)
    assert slot.taken_classes == 0


@pytest.mark.deep
def test_newcomers_take_nothing_of_what_the_line_waits_for(race):
    slot, booked, line = a_full_slot_with_a_line(PLACES)
    freed(slot, booked)
    assert race(line_clients.act, newcomers(slot, 12)) == {"places_awaited": 12}
    jobs.promote_lines()
    assert set(states(line)) == {State.OFFERED}
    assert violations() == []


@pytest.mark.deep
def test_without_the_look_at_the_line_newcomers_pass_in_front(race):
    slot, booked, line = a_full_slot_with_a_line(PLACES)
    freed(slot, booked)
    outcomes = race(line_clients.act_without_looking_at_the_line, newcomers(slot, 12))
    assert outcomes["booked"] == PLACES
    jobs.promote_lines()
    assert State.OFFERED not in states(line)


@pytest.mark.deep_on_sqlite
def test_an_offer_accepted_declined_and_lapsed_at_once_ends_in_one_way_and_serves_the_next_once(race):
    slot, booked, line = a_full_slot_with_a_line(PLACES + 2)
    freed(slot, booked)
    jobs.promote_lines()
    first = line[0]
    mine = {"booking_id": first.id, "person_id": first.teacher_id}
    at = {"booking_id": first.id, "at": first.deadline_at.isoformat()}
    calls = [{"verb": "accept", **mine}, {"verb": "leave", **mine}, {"verb": "lapse", **at}] * 2
    outcomes = race(line_clients.act, [*calls, *([{"verb": "promote"}] * 4)])
    jobs.promote_lines()
    assert sum(outcomes[how] for how in ("accepted", "left", "lapsed")) == 1
    following = State.WAITING if first.state is State.CONFIRMED else State.OFFERED
    assert states(line)[PLACES:] == [following, State.WAITING]
    assert most_offers_of_one_booking() == 1
    assert violations() == []


@pytest.mark.deep
def test_a_class_that_joins_and_books_dates_of_one_activity_at_once_never_blocks_itself_or_others(race):
    """Booking ends the waits for other dates: slots are held in one order whichever way they are reached."""
    first, booked, _line = a_full_slot_with_a_line(1)
    second = make.make_slot(first.activity, datetime(2027, 1, 14, 9, 0), max_classes=9, max_pupils=300)
    classes = [a_class() for _ in range(6)]
    calls = [{"class_id": each.id, "person_id": each.owner_id} for each in classes]
    outcomes = race(
        line_clients.act,
        [
            *({"verb": "join", "slot_ids": [first.id], **call} for call in calls),
            *({"verb": "book", "slot_id": second.id, **call} for call in calls),
            *({"verb": "cancel", "booking_id": booking.id} for booking in booked),
            *([{"verb": "promote"}] * 2),
        ],
    )
    jobs.promote_lines()
    assert (outcomes["booked"], outcomes["cancelled"]) == (6, PLACES)
    assert violations() == []


@pytest.mark.deep
def test_of_many_presses_on_the_same_button_one_joins(race):
    slot, _booked, line = a_full_slot_with_a_line(1)
    school_class = a_class()
    call = {"verb": "join", "slot_ids": [slot.id], "class_id": school_class.id, "person_id": school_class.owner_id}
    assert race(line_clients.act, [call] * 12) == {"joined": 12}
    assert slot.waiting_classes == 2
    assert db.session.scalar(select(func.count()).where(Booking.class_id == school_class.id)) == 1
    assert states(line) == [State.WAITING]
    assert violations() == []
