"""Whatever is changed, moved, asked, answered and cancelled, in any order: the counters and the history stay true."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.bookings import services
from booking.bookings.rules.changes import Counts
from booking.bookings.rules.states import Actor
from booking.bookings.services.asked import latest_change
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

LATE = datetime(2027, 1, 7, 9, 0, tzinfo=make.NOW.tzinfo)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["count", "host count", "move", "cancel", "cannot come", "accept", "refuse", "withdraw", "late"]
        ),
        st.integers(0, 2),
        st.integers(1, 34),
    ),
    min_size=4,
    max_size=9,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_changes_on_two_slots_leave_everything_true(set_now, steps):
    set_now(make.NOW)
    activity = make.make_activity(make.make_site(make.make_company()))
    slots = [
        make.make_slot(activity, local_start=datetime(2027, 1, day, 9), max_classes=2, max_pupils=60)
        for day in (12, 14)
    ]
    teacher = make.make_teacher()
    bookings = []
    for number, slot in enumerate((slots[0], slots[0], slots[1])):
        school_class = make.make_class(teacher, name=f"4e {number}", pupils=20 + number)
        with transaction():
            bookings.append(services.request_places(slot.id, school_class.id, teacher).id)
    host = activity.contact
    for what, which, number in steps:
        if what == "late":
            set_now(LATE)
            continue
        try:
            with transaction():
                _do(what, bookings[which], number, teacher, host, [slot.id for slot in slots])
        except Refusal:
            pass
    assert violations() == []
    assert sum(slot.taken_classes for slot in slots) <= 3


def _do(what, booking_id, number, teacher, host, slot_ids):
    counts = Counts(number, 3)
    change = latest_change(booking_id)
    if what == "count":
        services.change_counts(booking_id, teacher, counts)
    elif what == "host count":
        services.change_counts(booking_id, host, counts, actor=Actor.HOST)
    elif what == "move":
        services.move_booking(booking_id, slot_ids[number % 2], teacher)
    elif what == "cancel":
        services.cancel_booking(booking_id, teacher, Actor.TEACHER, reason="transport")
    elif what == "cannot come":
        services.ask_to_cancel(booking_id, teacher, reason="illness")
    elif change is not None and what == "withdraw":
        services.withdraw_change(change.id, teacher)
    elif change is not None:
        services.answer_change(change.id, host, accept=what == "accept")
    db.session.flush()
