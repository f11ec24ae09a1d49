"""The table of states: complete, and the only place that decides."""

import pytest

from booking.bookings.rules.states import (
    ALIVE,
    ENDED,
    RECORDED,
    STATE_WORDS,
    TAKEN,
    TRANSITIONS,
    Actor,
    Answer,
    Calendar,
    Event,
    NotPossibleNow,
    State,
    events_for,
    is_allowed,
    is_firm,
    transition_for,
)


def test_every_state_is_reached_and_has_its_words():
    reached = {row.to for row in TRANSITIONS.values() if row.to} | {State.REQUESTED}
    assert reached == set(State)
    assert set(STATE_WORDS) == set(State)


def test_taken_and_alive_are_those_that_the_product_names():
    assert {s.value for s in TAKEN} == set("held requested confirmed offered attended missed excused".split())
    assert {s.value for s in ALIVE} == set("held requested confirmed waiting offered".split())


def test_an_ended_booking_never_comes_back():
    for (state, _), _row in TRANSITIONS.items():
        assert state not in ENDED


def test_every_alive_state_can_be_cancelled_by_the_teacher():
    for state in ALIVE:
        assert is_allowed(state, Event.CANCEL, Actor.TEACHER), state


def test_every_alive_state_survives_or_ends_when_its_slot_is_cancelled():
    for state in ALIVE:
        assert transition_for(state, Event.SLOT_CANCELLED, Actor.HOST).to is State.CANCELLED


def test_calendars_hear_only_of_firm_bookings():
    for (state, event), row in TRANSITIONS.items():
        if row.calendar is Calendar.REQUEST:
            assert (row.to or state) is State.CONFIRMED, (state, event)
        if row.calendar is Calendar.CANCEL:
            assert state is State.CONFIRMED
            assert row.to is State.CANCELLED


def test_whoever_leaves_a_firm_booking_takes_it_out_of_the_calendars():
    for (state, event), row in TRANSITIONS.items():
        if state is State.CONFIRMED and row.to in ENDED:
            assert row.calendar is Calendar.CANCEL, event


def test_a_move_that_the_table_does_not_have_is_refused():
    with pytest.raises(NotPossibleNow):
        transition_for(State.CANCELLED, Event.HOST_ACCEPT, Actor.HOST)


def test_a_teacher_cannot_answer_for_the_host():
    with pytest.raises(NotPossibleNow):
        transition_for(State.REQUESTED, Event.HOST_ACCEPT, Actor.TEACHER)


def test_nobody_answers_twice():
    assert Event.HOST_ACCEPT not in events_for(State.CONFIRMED, Actor.HOST)


def test_a_recorded_presence_can_be_corrected():
    for state in RECORDED:
        assert is_allowed(state, Event.EXCUSE, Actor.HOST)


@pytest.mark.parametrize(
    ("answers", "firm"),
    [
        ((None, None), True),
        ((Answer.YES, None), True),
        ((Answer.PENDING, None), False),
        ((Answer.YES, Answer.PENDING), False),
        ((Answer.NO, Answer.YES), False),
    ],
)
def test_a_booking_is_firm_when_all_needed_answers_are_yes(answers, firm):
    assert is_firm(answers) is firm
