"""Two people change at once: the last places go to one of them, dates are swapped without waiting for ever."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from booking.accounts.models import Person
from booking.bookings import services
from booking.core.checks import violations
from booking.core.db import db, transaction
from tests import make
from tests.processes import call_at_once
from tests.races import change_clients as clients


@pytest.fixture
def race(app, both_shared_databases, now):
    def let_loose(client, calls: list[dict]) -> Counter:
        db.session.rollback()
        return Counter(call_at_once(app, client, calls, processes=2))

    return let_loose


def booked(slot, **values):
    school_class = make.make_class(school=make.make_school(), **values)
    with transaction():
        return services.request_places(slot.id, school_class.id, db.session.get(Person, school_class.owner_id))


def test_complaint_10_eight_classes_want_the_last_five_places_and_one_gets_them(race):
    slot = make.make_slot(max_classes=8, max_pupils=85)
    bookings = [booked(slot, pupils=10) for _ in range(8)]
    calls = [{"booking_id": each.id, "pupils": 15} for each in bookings]
    assert race(clients.change_count, calls) == {"done": 1, "too_few_places": 7}
    db.session.refresh(slot)
    assert (slot.taken_pupils, violations()) == (85, [])


@pytest.mark.deep
@pytest.mark.deep
def test_without_the_guarded_statement_the_same_race_oversells(race):
    slot = make.make_slot(max_classes=8, max_pupils=85)
    bookings = [booked(slot, pupils=10) for _ in range(8)]
    calls = [{"booking_id": each.id, "pupils": 15, "taken": 80} for each in bookings]
    race(clients.change_count_trusting_what_was_read, calls)
    assert "slot-counters" in {violation.code for violation in violations()}


@pytest.mark.deep
def test_classes_that_cross_from_date_to_date_never_wait_for_each_other_for_ever(race):
    activity = make.make_activity()
    here = make.make_slot(activity, max_classes=8, max_pupils=200)
    there = make.make_slot(activity, local_start=datetime(2027, 1, 14, 9), max_classes=8, max_pupils=200)
    calls = [{"booking_id": booked(here, pupils=10).id, "slot_id": there.id} for _ in range(4)]
    calls += [{"booking_id": booked(there, pupils=10).id, "slot_id": here.id} for _ in range(4)]
    assert race(clients.move, calls) == {"done": 8}
    db.session.refresh(here)
    assert (here.taken_classes, here.taken_pupils, violations()) == (4, 40, [])


def test_complaint_12_a_change_accepted_twice_at_once_is_done_once(race, set_now):
    slot = make.make_slot(max_classes=2, max_pupils=60)
    booking = booked(slot, pupils=20)
    set_now(clients.LATE)
    teacher = booking.teacher
    with transaction():
        change = services.ask_to_cancel(booking.id, teacher, reason="transport")
    answers = race(clients.accept, [{"change_id": change.id}] * 6)
    assert answers == {"done": 6}
    db.session.refresh(slot)
    db.session.refresh(booking)
    assert (slot.taken_classes, slot.taken_pupils) == (0, 0)
    assert [event.event for event in booking.events].count("cancel") == 1
    assert violations() == []
