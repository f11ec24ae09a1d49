"""The day's rules: from when, how many, whose word stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.bookings.rules import day as rules
from booking.bookings.rules.day import Counts, DayOf

PARIS = DayOf(date(2027, 1, 12), date(2027, 1, 12), "Europe/Paris")
NOON = datetime(2027, 1, 12, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "has_come", "is_over"),
    [
        (datetime(2027, 1, 11, 22, 59, tzinfo=UTC), False, False),
        (datetime(2027, 1, 11, 23, 0, tzinfo=UTC), True, False),
        (datetime(2027, 1, 12, 22, 59, tzinfo=UTC), True, False),
        (datetime(2027, 1, 12, 23, 0, tzinfo=UTC), True, True),
        (datetime(2027, 7, 1, tzinfo=UTC), True, True),
    ],
)
def test_the_day_begins_and_ends_at_midnight_of_the_place(moment, has_come, is_over):
    assert (PARIS.has_come(moment), PARIS.is_over(moment)) == (has_come, is_over)


def test_the_day_of_an_overseas_place_is_its_own():
    noumea = DayOf(date(2027, 1, 12), date(2027, 1, 12), "Pacific/Noumea")
    assert noumea.has_come(datetime(2027, 1, 11, 13, 0, tzinfo=UTC))
    assert not noumea.has_come(datetime(2027, 1, 11, 12, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("days", "mobile", "sheet"),
    [(-2, False, False), (-1, True, True), (0, True, True), (1, True, True), (2, False, True), (3, False, False)],
)
def test_the_mobile_is_given_three_days_and_the_sheet_s_link_four(days, mobile, sheet):
    moment = NOON + timedelta(days=days)
    assert (PARIS.gives_mobile(moment), PARIS.opens_sheet(moment)) == (mobile, sheet)
    assert (moment < PARIS.sheet_until) is (days <= 2)


def test_a_delay_is_one_of_the_list_on_the_day_before_the_arrival():
    rules.check_delay(20, PARIS, NOON, has_arrived=False)
    for minutes, moment, arrived, refusal in (
        (15, NOON, False, rules.NotADelay),
        (20, NOON - timedelta(days=1), False, rules.TooEarly),
        (20, NOON + timedelta(days=1), False, rules.DayOver),
        (20, NOON, True, rules.AlreadyArrived),
    ):
        with pytest.raises(refusal):
            rules.check_delay(minutes, PARIS, moment, has_arrived=arrived)


@pytest.mark.parametrize("counts", [Counts(1, 0), Counts(200, 40), Counts(27, 3, 0), Counts(27, 3, 27)])
def test_plausible_counts_are_taken(counts):
    rules.check_counts(counts)


@pytest.mark.parametrize("counts", [Counts(0, 1), Counts(201, 1), Counts(27, 41), Counts(27, -1)])
def test_counts_that_cannot_be_are_refused(counts):
    with pytest.raises(rules.CountsImplausible):
        rules.check_counts(counts)


@pytest.mark.parametrize("girls", [-1, 28])
def test_there_are_no_more_girls_than_pupils(girls):
    with pytest.raises(rules.MoreGirlsThanPupils):
        rules.check_counts(Counts(27, 3, girls))


def test_the_first_record_stands_and_a_correction_names_what_it_corrects():
    assert rules.stands(None, None)
    assert rules.stands(None, 7)
    assert rules.stands(7, 7)
    assert not rules.stands(7, None)
    assert not rules.stands(8, 7)


def test_an_arrival_is_when_the_button_was_pressed_unless_the_telephone_s_clock_is_wrong():
    pressed = NOON - timedelta(minutes=40)
    assert rules.arrival_moment(pressed, PARIS, NOON) == pressed
    for wrong in (None, NOON + timedelta(minutes=5), NOON - timedelta(days=1)):
        assert rules.arrival_moment(wrong, PARIS, NOON) == NOON
