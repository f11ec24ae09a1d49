"""Places kept for priority education and never-served schools until a day; the next day they are everybody's."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from booking.bookings.queries import explain
from booking.bookings.rules.capacity import Kept, Places, PlacesKept, for_others
from booking.bookings.rules.states import State
from booking.bookings.services import join_line, promote_from_line, request_places, slots_to_promote
from booking.catalogue.rules.slots import Capacity, KeptTooMany, KeptUntilMissing, KeptUntilOutOfTime, check_kept
from booking.core.checks import violations
from booking.core.db import transaction
from tests import make

UNTIL = date(2026, 12, 15)
AFTER = datetime(2026, 12, 16, 9, 0, tzinfo=UTC)
DAY = date(2027, 1, 12)


def served_class(name="4e B"):
    """A class of a school that once had a visit."""
    teacher = make.make_teacher(make.make_school())
    make.make_booking(make.make_slot(local_start=datetime(2026, 11, 9, 9, 0), taken_classes=1, taken_pupils=27),
                      make.make_class(teacher, name="Avant"), teacher, State.ATTENDED)  # fmt: skip
    return make.make_class(teacher, name=name), teacher


def new_class(**school):
    teacher = make.make_teacher(make.make_school("Collège Rosa Parks", **school))
    return make.make_class(teacher), teacher


def test_others_find_neither_the_kept_classes_nor_their_share_of_pupils():
    assert for_others(Places(3, 90), Kept(1, UNTIL)) == Places(2, 60)
    assert for_others(Places(3, 90), None) == Places(3, 90)
    assert not for_others(Places(1, 32), Kept(1, UNTIL)).fit(10)


def test_kept_classes_are_no_more_than_there_are_and_open_before_the_day():
    check_kept(Capacity(2, 60, 1), DAY)
    for capacity, refusal in (
        (Capacity(2, 60, 1, kept_classes=3, kept_until=UNTIL), KeptTooMany),
        (Capacity(2, 60, 1, kept_classes=1), KeptUntilMissing),
        (Capacity(2, 60, 1, kept_classes=1, kept_until=DAY), KeptUntilOutOfTime),
    ):
        with pytest.raises(refusal):
            check_kept(capacity, DAY)


def test_the_kept_place_waits_for_a_priority_school_until_its_day(both_databases, app, now, set_now):
    slot = make.make_slot(max_classes=2, max_pupils=60, kept_classes=1, kept_until=UNTIL)
    first, teacher = served_class()
    second, other = served_class("4e D")
    with transaction():
        assert request_places(slot.id, first.id, teacher).state is State.CONFIRMED
    assert [stop.code for stop in explain(slot, second).stops] == ["places_kept"]
    assert "15 décembre" in explain(slot, second).stops[0].message
    with pytest.raises(PlacesKept), transaction():
        request_places(slot.id, second.id, other)
    with transaction():
        join_line([slot.id], second.id, other)
    # The next day it is the turn of whoever waits, without any job having opened anything.
    with transaction():
        assert promote_from_line(slot.id) is None
    set_now(AFTER)
    assert slots_to_promote() == [slot.id]
    with transaction():
        assert promote_from_line(slot.id).class_id == second.id
    assert not [found for found in violations() if found.code.startswith("slot")]


def test_a_never_served_or_priority_school_takes_the_kept_place_and_leaves_the_others(app, now):
    slot = make.make_slot(max_classes=2, max_pupils=60, kept_classes=1, kept_until=UNTIL)
    never, teacher = new_class()
    served, other = served_class()
    assert explain(slot, never).is_possible
    with transaction():
        assert request_places(slot.id, never.id, teacher).is_priority
    # The kept place is used: what is left is for everybody.
    assert explain(slot, served).is_possible
    with transaction():
        assert not request_places(slot.id, served.id, other).is_priority
    assert not [found for found in violations() if found.code.startswith("slot")]
