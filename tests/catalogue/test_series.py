"""Several dates at once: what a host may ask for, without a database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.catalogue.rules.series import (
    MOST_DATES,
    NoDates,
    SeriesBackwards,
    SeriesIncomplete,
    SeriesTooLong,
    TooManyDates,
    UnreadableDate,
    decision_day,
    series_of,
    typed_days,
    weekly_days,
)
from booking.catalogue.rules.slots import DecisionMissing, DecisionWithoutMinimum

MONDAY, TUESDAY, THURSDAY = date(2027, 1, 11), date(2027, 1, 12), date(2027, 1, 14)


def test_a_series_is_every_chosen_weekday_both_ends_included():
    assert weekly_days(TUESDAY, date(2027, 1, 21), {1, 3}) == [
        TUESDAY, THURSDAY, date(2027, 1, 19), date(2027, 1, 21),
    ]  # fmt: skip


def test_typed_dates_add_to_the_series_and_none_comes_twice():
    days = series_of(MONDAY, date(2027, 1, 18), {0}, "14/01/2027, 2027-01-11\n14/01/2027")
    assert days == [MONDAY, THURSDAY, date(2027, 1, 18)]


@pytest.mark.parametrize("text", ["demain", "30/02/2027", "12/01/27", "12/01/0027", "12-01-2027", "1" * 500])
def test_what_is_no_date_is_named(text):
    with pytest.raises(UnreadableDate) as caught:
        typed_days(f"12/01/2027 {text}")
    assert text[:40] in caught.value.message


@pytest.mark.parametrize(
    ("first", "last", "weekdays", "refusal", "field"),
    [
        (None, None, set(), NoDates, "dates"),
        (None, MONDAY, {0}, SeriesIncomplete, "first_on"),
        (MONDAY, None, {0}, SeriesIncomplete, "last_on"),
        (None, None, {0}, SeriesIncomplete, "first_on"),
        (MONDAY, THURSDAY, set(), SeriesIncomplete, "weekdays"),
        (THURSDAY, MONDAY, {0}, SeriesBackwards, "last_on"),
        (MONDAY, date(2030, 1, 1), {0}, SeriesTooLong, "last_on"),
        (MONDAY, date(2027, 12, 31), {0, 1}, TooManyDates, "last_on"),
        (TUESDAY, TUESDAY, {0}, NoDates, "dates"),
    ],
)
def test_a_series_that_makes_no_sense_gets_its_sentence_beside_its_field(first, last, weekdays, refusal, field):
    with pytest.raises(refusal) as caught:
        series_of(first, last, weekdays, "")
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


def test_each_date_of_a_series_has_its_own_decision_day_when_it_asks_a_minimum():
    assert decision_day(TUESDAY, 20, 7) == date(2027, 1, 5)
    assert decision_day(TUESDAY, None, None) is None


def test_a_minimum_and_its_decision_go_together():
    with pytest.raises(DecisionMissing) as missing:
        decision_day(TUESDAY, 20, None)
    assert missing.value.field == "decision_days"
    with pytest.raises(DecisionWithoutMinimum):
        decision_day(TUESDAY, None, 7)


@given(
    first=st.dates(date(2026, 9, 1), date(2028, 1, 1)),
    length=st.integers(0, 800),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
def test_a_series_never_leaves_its_span_nor_its_weekdays_nor_its_number(first, length, weekdays):
    last = date.fromordinal(first.toordinal() + length)
    try:
        days = series_of(first, last, weekdays, "")
    except (TooManyDates, NoDates):
        return
    assert days == sorted(set(days))
    assert len(days) <= MOST_DATES
    assert all(first <= day <= last and day.weekday() in weekdays for day in days)
