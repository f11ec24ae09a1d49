"""Scores that can be read: the number, its reasons, and how a company usually answers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.bookings.rules.scores import WEIGHTS, Answering, Fit, Travel, score
from booking.core.i18n import speaking
from booking.territory.rules import HolidayCalendar, open_days_between

pytestmark = pytest.mark.usefixtures("app")

minutes = st.one_of(st.none(), st.integers(0, 600))
maybe = st.sampled_from([None, True, False])
answerings = st.builds(Answering, st.lists(st.integers(0, 20), max_size=8).map(tuple), st.integers(0, 8))
fits = st.builds(
    Fit,
    travel=st.one_of(st.none(), st.builds(Travel, minutes, st.booleans())),
    on_wished_day=maybe, days_apart=st.one_of(st.none(), st.integers(0, 90)), level=maybe, subject=maybe, sector=maybe,
    access=maybe, answering=st.one_of(st.none(), answerings), never_served=maybe, same_activity=maybe, same_kind=maybe,
)  # fmt: skip


def words(fit: Fit) -> list[str]:
    return [str(reason.words) for reason in score(fit).reasons]


@given(fits)
def test_a_score_is_always_of_a_hundred(fit):
    assert 0 <= score(fit).points <= 100


def test_a_visit_at_the_door_for_this_level_and_subject_has_all_the_points_and_says_why():
    fit = Fit(travel=Travel(12), level=True, subject=True)
    assert score(fit).points == 100
    with speaking("fr"):
        assert words(fit) == ["environ 12 min de car", "prévu pour ce niveau", "dans la matière de la classe"]


def test_nearer_is_never_worse():
    points = [score(Fit(travel=Travel(each), level=True)).points for each in range(0, 120, 5)]
    assert points == sorted(points, reverse=True)
    assert points[0] > points[-1]


def test_an_unknown_way_counts_for_half_and_says_so():
    fit = Fit(travel=Travel(None))
    assert score(fit).points == 50
    assert words(fit) == ["trajet inconnu"]


def test_what_is_not_asked_about_counts_for_nothing():
    assert score(Fit(travel=Travel(40))).points == score(Fit(travel=Travel(40), sector=None)).points
    assert score(Fit()).points == 0


def test_who_answers_comes_before_who_does_not():
    """Field, section 3, 31: firms that do not answer."""
    good, bad = Answering((1,) * 9, 1), Answering((1,), 9)
    assert score(Fit(travel=Travel(30), answering=good)).points > score(Fit(travel=Travel(30), answering=bad)).points
    assert words(Fit(answering=bad)) == ["laisse souvent les demandes sans réponse"]


def test_a_newcomer_is_not_held_to_have_been_silent():
    new = Answering((), 4)
    assert (new.is_known, new.words) == (False, "")
    assert score(Fit(travel=Travel(30), answering=new)).points == score(Fit(travel=Travel(30))).points


@pytest.mark.parametrize(
    ("days", "sentence"),
    [((0, 0, 0, 1, 0), "répond à 100\u00a0% des demandes, en général sous 1 jour ouvré"), ((2, 3, 4, 3, 9), "répond à 100\u00a0% des demandes, en général sous 3 jours ouvrés")],
)  # fmt: skip
def test_the_usual_delay_is_the_median_in_working_days(days, sentence):
    assert Answering(days).words == sentence


def test_a_never_served_school_comes_first_for_a_firm():
    assert (
        score(Fit(travel=Travel(30), never_served=True)).points
        > score(Fit(travel=Travel(30), never_served=False)).points
    )


def test_the_weights_say_when_they_were_decided():
    assert WEIGHTS.decided_on <= date(2026, 11, 25)


def test_working_days_between_two_days_skip_the_week_end_and_the_public_holiday():
    calendar = HolidayCalendar("91")
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert open_days_between(friday, friday, calendar.is_day_off_for_work) == 0
    assert open_days_between(friday, monday, calendar.is_day_off_for_work) == 1
    assert open_days_between(date(2026, 12, 24), date(2026, 12, 28), calendar.is_day_off_for_work) == 1
