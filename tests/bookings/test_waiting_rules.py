"""Who comes first in line, who is skipped, and that no class is starved: plain values, no database."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.bookings.rules.capacity import Places
from booking.bookings.rules.waiting import InLine, Room, in_order, next_turn, offer_days
from tests.conftest import NOW

ALWAYS = lambda each: True  # noqa: E731


def waiting(number: int, pupils: int = 27, **values) -> InLine:
    return InLine(number, pupils, NOW + timedelta(minutes=number), **values)


def room(pupils: int, classes: int = 1, **values) -> Room:
    return Room(Places(classes, pupils), **values)


def ids(line) -> list[int]:
    return [each.booking_id for each in line]


lines = st.lists(
    st.builds(
        InLine,
        booking_id=st.integers(1, 1000),
        pupils=st.integers(1, 60),
        since=st.sampled_from([NOW, NOW + timedelta(seconds=1), NOW + timedelta(days=1)]),
        priority=st.integers(0, 1),
        skip_count=st.integers(0, 3),
        school_id=st.integers(1, 3),
    ),
    max_size=8,
    unique_by=lambda each: each.booking_id,
)


def test_the_first_who_joined_is_offered_the_places():
    assert next_turn([waiting(2), waiting(1)], room(30), ALWAYS).offered == waiting(1)


def test_a_class_that_does_not_fit_is_skipped_and_the_next_that_fits_is_offered_the_places():
    turn = next_turn([waiting(1, 31), waiting(2, 24)], room(24), ALWAYS)
    assert (turn.offered, ids(turn.skipped)) == (waiting(2, 24), [1])


def test_nobody_is_skipped_when_the_places_go_to_nobody():
    assert next_turn([waiting(1, 31)], room(24), ALWAYS).skipped == ()


def test_a_class_that_cannot_come_at_that_time_is_passed_over_and_was_not_skipped():
    turn = next_turn([waiting(1), waiting(2)], room(30), lambda each: each.booking_id != 1)
    assert (turn.offered, turn.skipped) == (waiting(2), ())


def test_those_behind_the_class_that_is_served_are_not_skipped():
    assert next_turn([waiting(1), waiting(2, 60)], room(30), ALWAYS).skipped == ()


def test_a_class_put_out_of_a_cancelled_slot_comes_before_all_others_then_the_most_skipped_then_the_oldest():
    line = [waiting(1), waiting(2, skip_count=2), waiting(3, skip_count=1), waiting(4, priority=1), waiting(5)]
    assert ids(in_order(line)) == [4, 2, 3, 1, 5]


def test_places_without_a_class_left_fit_nobody():
    assert next_turn([waiting(1, 5)], room(60, classes=0), ALWAYS).offered is None


def test_a_workshop_that_goes_to_another_school_fits_the_classes_of_that_school_only():
    line = [waiting(1, school_id=7), waiting(2, school_id=8)]
    turn = next_turn(line, room(30, school_id=8), ALWAYS)
    assert (turn.offered.booking_id, ids(turn.skipped)) == (2, [1])


def test_an_offer_stands_three_school_days_and_one_in_the_week_before_the_closing():
    assert offer_days(NOW, NOW + timedelta(days=7, seconds=1)) == 3
    assert offer_days(NOW, NOW + timedelta(days=7)) == 1


@given(lines, st.integers(0, 80), st.sets(st.integers(1, 1000), max_size=4), st.integers(0, 999))
def test_whose_turn_it_is_never_depends_on_the_order_of_the_rows(line, pupils, busy, seed):
    shuffled = random.Random(seed).sample(line, len(line))
    may_come = lambda each: each.booking_id not in busy  # noqa: E731
    assert next_turn(line, room(pupils), may_come) == next_turn(shuffled, room(pupils), may_come)


@given(lines, st.integers(0, 80))
def test_places_that_fit_somebody_are_always_offered_and_to_nobody_else(line, pupils):
    turn = next_turn(line, room(pupils), ALWAYS)
    assert (turn.offered is not None) == any(room(pupils).fits(each) for each in line)
    assert turn.offered is None or room(pupils).fits(turn.offered)


@given(lines, st.integers(0, 80))
def test_whoever_leaves_the_line_changes_nothing_for_those_before(line, pupils):
    """Leaving promotes nobody by mistake: the turn moves on only when the one who had it leaves."""
    turn = next_turn(line, room(pupils), ALWAYS)
    for gone in line:
        if gone != turn.offered:
            assert next_turn([each for each in line if each != gone], room(pupils), ALWAYS).offered == turn.offered


@dataclass
class Life:
    """A line that is served while others join: what the services do, in plain values."""

    line: list[InLine] = field(default_factory=list)
    joined: int = 0

    def join(self, pupils: int, priority: int = 0) -> None:
        self.joined += 1
        self.line.append(waiting(self.joined, pupils, priority=priority))

    def free(self, pupils: int) -> tuple[InLine | None, list[InLine]]:
        """The places come free: who is offered them, and who stood in line."""
        before, turn = list(self.line), next_turn(self.line, room(pupils), ALWAYS)
        skipped = set(ids(turn.skipped))
        self.line = [
            replace(each, skip_count=each.skip_count + (each.booking_id in skipped))
            for each in self.line
            if each != turn.offered
        ]
        return turn.offered, before


steps = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(1, 40)),
        st.tuples(st.just("put_out"), st.integers(1, 40)),
        st.tuples(st.just("free"), st.integers(1, 40)),
    ),
    max_size=60,
)


@given(steps)
def test_no_class_is_starved_while_places_that_would_fit_it_keep_coming(steps):
    """Each time places come that would have fitted a class and it is not served, somebody before it was: those who
    stood before it when it joined, and those put out since. There is no end of them only if there is no end of these."""
    life, missed, allowed = Life(), {}, {}
    for verb, pupils in steps:
        if verb == "free":
            offered, stood = life.free(pupils)
            for each in stood:
                if room(pupils).fits(each) and each != offered and each.booking_id != getattr(offered, "booking_id", 0):
                    missed[each.booking_id] = missed.get(each.booking_id, 0) + 1
        else:
            if verb == "put_out":
                allowed = {number: most + 1 for number, most in allowed.items()}
            life.join(pupils, priority=int(verb == "put_out"))
            allowed[life.joined] = len(life.line) - 1
        for number, times in missed.items():
            assert times <= allowed[number]


@given(steps)
def test_a_class_never_falls_behind_one_that_joined_later_without_priority(steps):
    life = Life()
    for verb, pupils in steps:
        if verb == "free":
            life.free(pupils)
        else:
            life.join(pupils)
    assert ids(in_order(life.line)) == sorted(ids(life.line))
