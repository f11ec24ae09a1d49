"""The second at which bookings open: some clocks stand a microsecond before it, some on it, all at once in several
processes. Nobody before, exactly the capacity after, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.bookings.models import Booking
from booking.core.checks import violations
from booking.core.db import db
from tests import make
from tests.conftest import NOW
from tests.processes import call_at_once
from tests.races import clients

OPENS = NOW + timedelta(days=1)
EARLY, ON_TIME = (OPENS - timedelta(microseconds=1)).isoformat(), OPENS.isoformat()
CLIENTS, PLACES = 64, 20


@pytest.fixture
def rush(app, both_shared_databases, now):
    """Every client of the slot, half of them too early; gives how often each of them met what."""
    edition = make.make_edition(bookings_open_at=OPENS)
    slot = make.make_slot(make.make_activity(edition=edition), max_classes=PLACES, max_pupils=PLACES * 10)
    calls = []
    for number in range(CLIENTS):
        school_class = make.make_class(school=make.make_school(), pupils=10)
        moment = EARLY if number % 8 < 4 else ON_TIME
        calls.append(
            {"at": moment, "class_id": school_class.id, "person_id": school_class.owner_id, "slot_id": slot.id}
        )

    def let_loose(client) -> Counter:
        db.session.rollback()
        return Counter(tuple(met) for met in call_at_once(app, client, calls, processes=4))

    return let_loose


def booked_at() -> list:
    return list(db.session.execute(select(Booking.created_at, func.count()).group_by(Booking.created_at)).tuples())


@pytest.mark.deep_on_sqlite
def test_the_opening_rush_books_exactly_the_capacity_and_nobody_before(rush):
    assert rush(clients.book_at) == {
        (EARLY, "edition_not_open"): 32, (ON_TIME, "booked"): PLACES, (ON_TIME, "slot_full"): 32 - PLACES,
    }  # fmt: skip
    assert booked_at() == [(OPENS, PLACES)]
    assert violations() == []


@pytest.mark.deep_on_sqlite
def test_the_opening_rush_by_the_page_shows_no_error(rush):
    outcomes = rush(clients.book_by_the_page_at)
    assert outcomes[ON_TIME, "302"] == PLACES
    assert {status for _at, status in outcomes} <= {"302", "200", "409", "422"}
    assert (EARLY, "302") not in outcomes
    assert booked_at() == [(OPENS, PLACES)]


@pytest.mark.deep
def test_without_asking_again_when_the_form_comes_some_book_before_the_opening(rush):
    outcomes = rush(clients.book_at_without_asking_again)
    assert outcomes[EARLY, "booked"] > 0
    assert outcomes[EARLY, "edition_not_open"] == 0
