"""What a class may wish for, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.i18n import speaking
from booking.matching.rules import (
    Cap,
    CapReached,
    Half,
    LevelNotMet,
    PeriodTooLong,
    Wish,
    WishBackwards,
    WishesMissing,
    WishInPast,
    WishOutsideEdition,
    WishTooFar,
    check_cap,
    check_level,
    check_wishes,
)

TODAY = date(2026, 11, 24)


@dataclass
class Window:
    window_starts_on: date = date(2026, 9, 1)
    window_ends_on: date = date(2027, 7, 2)
    is_permanent: bool = False


def on(day: date, last: date | None = None) -> Wish:
    return Wish(day, last or day)


GOOD = on(date(2027, 1, 12))


@pytest.mark.parametrize(
    ("wishes", "refusal", "field"),
    [
        ([], WishesMissing, "first_on_1"),
        ([on(TODAY)], WishInPast, "first_on_1"),
        ([GOOD, on(date(2026, 1, 1))], WishInPast, "first_on_2"),
        ([GOOD, GOOD, on(date(2027, 1, 12), date(2027, 1, 11))], WishBackwards, "last_on_3"),
        ([on(date(2027, 1, 12), date(2027, 6, 12))], PeriodTooLong, "last_on_1"),
        ([on(date(2029, 1, 12))], WishTooFar, "last_on_1"),
        ([on(date(2027, 7, 3))], WishOutsideEdition, "first_on_1"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_beside_its_own_row(app, wishes, refusal, field):
    with pytest.raises(refusal) as caught:
        check_wishes(wishes, today=TODAY, edition=Window())
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


def test_a_period_that_only_touches_the_edition_is_welcome():
    check_wishes([on(date(2027, 6, 25), date(2027, 7, 20))], today=TODAY, edition=Window())


def test_a_permanent_edition_limits_no_wish():
    check_wishes([on(date(2027, 8, 30))], today=TODAY, edition=Window(is_permanent=True))


@given(
    first=st.dates(date(2026, 11, 25), date(2028, 1, 1)),
    length=st.integers(0, 90),
    half=st.sampled_from(Half),
)
def test_a_wish_comes_back_from_what_is_stored(first, length, half):
    wish = Wish(first, date.fromordinal(first.toordinal() + length), half)
    assert Wish.from_json(wish.as_json()) == wish
    assert wish.holds(wish.last_on)


def test_a_wish_reads_as_people_say_it(app):
    with speaking("fr"):
        assert Wish(date(2027, 1, 12), date(2027, 1, 12), Half.MORNING).words == "mardi 12 janvier 2027, le matin"
        assert on(date(2027, 2, 1), date(2027, 2, 5)).words == "du 1er février 2027 au 5 février 2027, toute la journée"


def test_a_cap_says_what_is_left_and_refuses_when_nothing_is(app):
    assert Cap(None, 12).left is None
    assert Cap(3, 1).left == 2
    assert Cap(3, 4).left == 0
    check_cap(Cap(None, 12))
    check_cap(Cap(3, 2))
    with pytest.raises(CapReached):
        check_cap(Cap(3, 3))


def test_a_mixed_group_and_an_activity_for_all_are_never_refused_for_their_level(app):
    check_level(["4E"], "AUTRE")
    check_level([], "TG")
    check_level(["4E"], "4E")
    with pytest.raises(LevelNotMet):
        check_level(["4E"], "TG")
