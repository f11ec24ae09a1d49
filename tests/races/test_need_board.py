"""Several firms and the teacher act on one need at once: never too many offers, one visit, nothing half done."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.matching.board import services
from booking.matching.board.rules import LIMITS, NeedDraft
from booking.matching.models import Need, NeedState
from booking.matching.rules import Wish
from tests import make
from tests.processes import call_at_once
from tests.races import clients

DRAFT = NeedDraft(wishes=(Wish(date(2027, 1, 11), date(2027, 1, 29)),))


@pytest.fixture
def need(app, both_shared_databases, now):
    school_class = make.make_class()
    with transaction():
        return services.post_to_board(school_class.id, db.session.get(Person, school_class.owner_id), DRAFT)


@pytest.fixture
def race(app):
    def let_loose(client, calls: list[dict]) -> Counter:
        db.session.rollback()
        return Counter(call_at_once(app, client, calls, processes=4))

    return let_loose


def slot_on(day: int):
    return make.make_slot(make.make_activity(), local_start=datetime(2027, 1, day, 9))


def states() -> Counter:
    db.session.rollback()
    return Counter(db.session.scalars(select(Booking.state)))


@pytest.mark.deep_on_sqlite
def test_eight_firms_that_offer_at_once_hold_three_dates(race, need):
    calls = [{"need_id": need.id, "slot_id": slot_on(11 + number).id} for number in range(8)]
    assert race(clients.offer_for_need, calls) == {"offered": LIMITS.offers_per_need, "enough_offers": 5}
    assert states() == {State.OFFERED: 3}
    assert violations() == []


@pytest.mark.deep
def test_three_accepted_at_once_give_one_visit(race, need):
    bookings = []
    for day in (12, 13, 14):
        slot = slot_on(day)
        with transaction():
            bookings.append(services.offer_slot(need.id, slot.activity.company_id, slot.id, slot.activity.contact))
    calls = [{"booking_id": booking.id, "need_id": None} for booking in bookings] * 2
    assert race(clients.accept_or_withdraw, calls) == {"done": 1, "not_possible_now": 5}
    assert states() == {State.CONFIRMED: 1, State.CANCELLED: 2}
    assert violations() == []


@pytest.mark.deep_on_sqlite
def test_a_need_taken_back_while_it_is_accepted_ends_one_way_or_the_other(race, need):
    slot = slot_on(12)
    with transaction():
        booking = services.offer_slot(need.id, slot.activity.company_id, slot.id, slot.activity.contact)
    calls = [{"booking_id": booking.id, "need_id": need.id if number % 2 else None} for number in range(8)]
    outcomes = race(clients.accept_or_withdraw, calls)
    assert outcomes["done"] == 1
    ended = db.session.get(Need, need.id, populate_existing=True)
    expected = {NeedState.ANSWERED: State.CONFIRMED, NeedState.WITHDRAWN: State.CANCELLED}
    assert states() == {expected[ended.state]: 1}
    assert violations() == []
