"""Many clients in several processes want the last places: never one too many, on both databases."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from booking.bookings.models import Booking
from booking.catalogue.models import Slot
from booking.core.checks import violations
from booking.core.db import db
from tests import make
from tests.processes import call_at_once
from tests.races import clients

PROCESSES, CLIENTS = 4, 64


@pytest.fixture
def race(app, both_shared_databases, now):
    """Let all the clients loose at once; gives how often each outcome was met."""

    def let_loose(client, calls: list[dict]) -> Counter:
        db.session.rollback()  # this process must not go on reading the database of before the race
        return Counter(call_at_once(app, client, calls, processes=PROCESSES))

    return let_loose


def call_of(school_class, slot) -> dict:
    return {"class_id": school_class.id, "person_id": school_class.owner_id, "slot_id": slot.id}


def sixty_four_classes_on(slot) -> list[dict]:
    return [call_of(make.make_class(school=make.make_school(), pupils=10), slot) for _ in range(CLIENTS)]


def bookings_on(slot: Slot) -> int:
    return db.session.scalar(select(func.count()).select_from(Booking).where(Booking.slot_id == slot.id))


def test_sixty_four_clients_in_four_processes_book_exactly_the_last_twenty_places(race):
    slot = make.make_slot(max_classes=20, max_pupils=200)
    assert race(clients.book, sixty_four_classes_on(slot)) == {"booked": 20, "slot_full": 44}
    assert (bookings_on(slot), slot.taken_classes, slot.taken_pupils) == (20, 20, 200)
    assert violations() == []


@pytest.mark.deep_on_sqlite
def test_sixty_four_browsers_book_exactly_the_last_twenty_places_and_none_sees_an_error(race):
    slot = make.make_slot(max_classes=20, max_pupils=200)
    outcomes = race(clients.book_by_the_page, sixty_four_classes_on(slot))
    assert outcomes[302] == 20
    assert set(outcomes) <= {302, 200, 409, 422}
    assert (bookings_on(slot), slot.taken_classes) == (20, 20)
    assert violations() == []


@pytest.mark.deep
def test_without_the_guarded_statement_the_same_race_overbooks(race):
    slot = make.make_slot(max_classes=20, max_pupils=200)
    seen = clients.counters(slot.id)
    race(clients.book_trusting_what_was_read, [{**call, "seen": seen} for call in sixty_four_classes_on(slot)])
    assert bookings_on(slot) > 20
    assert "slot-counters" in {violation.code for violation in violations()}


def test_the_same_class_sent_sixteen_times_books_once(race):
    slot = make.make_slot(max_classes=20, max_pupils=600)
    assert race(clients.book, [call_of(make.make_class(), slot)] * 16) == {"booked": 16}
    assert (bookings_on(slot), slot.taken_classes) == (1, 1)
    assert violations() == []


@pytest.mark.deep
def test_the_same_class_sent_twice_without_the_look_under_the_lock_is_stopped_by_the_database_alone(race):
    slot = make.make_slot(max_classes=20, max_pupils=600)
    outcomes = race(clients.book_without_asking_again, [call_of(make.make_class(), slot)] * 16)
    assert outcomes == {"booked": 1, "idempotency_key_reused": 15}  # nobody is booked twice, but 15 are told no
    assert violations() == []


def eight_classes_wanting_two_overlapping_slots() -> list[dict]:
    first, second = make.make_slot(max_classes=9, max_pupils=300), make.make_slot(max_classes=9, max_pupils=300)
    teacher = make.make_teacher(make.make_school())
    classes = [make.make_class(teacher, name=f"{number}") for number in range(8)]
    return [call_of(school_class, slot) for school_class in classes for slot in (first, second)]


def test_one_class_never_gets_two_overlapping_slots(race):
    assert race(clients.book, eight_classes_wanting_two_overlapping_slots()) == {"booked": 8, "clash": 8}
    assert violations() == []


@pytest.mark.deep
def test_without_asking_again_under_the_lock_of_the_class_it_gets_both(race):
    calls = eight_classes_wanting_two_overlapping_slots()
    assert race(clients.book_without_asking_again, calls) == {"booked": 16}
    assert {violation.code for violation in violations()} == {"class-clash"}


def twelve_classes_of_a_school_that_may_book_three_times() -> list[dict]:
    edition = make.make_edition(bookings_per_school=3)
    site = make.make_site()
    slots = [make.make_slot(make.make_activity(site, edition=edition), max_classes=9, max_pupils=300) for _ in range(2)]
    teacher = make.make_teacher(make.make_school())
    return [call_of(make.make_class(teacher, name=f"{number}"), slots[number % 2]) for number in range(12)]


def test_a_school_never_passes_the_editions_cap_across_slots(race):
    outcomes = race(clients.book, twelve_classes_of_a_school_that_may_book_three_times())
    assert outcomes == {"booked": 3, "school_cap": 9}
    assert violations() == []


@pytest.mark.deep
def test_without_the_guard_on_the_schools_row_the_cap_is_passed(race):
    outcomes = race(clients.book_without_asking_again, twelve_classes_of_a_school_that_may_book_three_times())
    assert outcomes == {"booked": 12}
    assert "school-cap" in {violation.code for violation in violations()}
