"""Editions side by side: hand-counted figures, and bookings on the same number of days before each week."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from booking.accounts.models import ScopeKind
from booking.bookings.rules.states import State
from booking.catalogue.rules.editions import PARIS
from booking.tracking.comparison_views import drawing_of
from booking.tracking.comparisons import compared, comparison
from booking.tracking.figures import EVERYTHING
from booking.tracking.scope import Scope
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

HERE = Scope("Essonne", frozenset({"91"}))
WHOLE = Scope("France entière", None)


def make_past(slug: str, first: date):
    return make.make_edition(
        slug, name=f"Semaine {slug}", starts_on=first, ends_on=first + timedelta(days=6),
        window_starts_on=first - timedelta(days=60), window_ends_on=first + timedelta(days=60),
    )  # fmt: skip


def book(edition, *days_before: int, state=State.CONFIRMED, departement="91") -> None:
    """Bookings made at noon so many days before the edition's week."""
    activity = make.make_activity(edition=edition)
    for days in days_before:
        noon = datetime(edition.starts_on.year, edition.starts_on.month, edition.starts_on.day, 12, tzinfo=PARIS)
        slot = make.make_slot(activity, datetime.combine(edition.starts_on, noon.time()))
        school = make.make_school(departement=departement)
        make.make_booking(slot, make.make_class(school=school), state=state, created_at=noon - timedelta(days=days))


@pytest.fixture
def two_editions(app, both_databases, now):
    new, last = make.make_edition(), make_past("2026", date(2026, 1, 12))
    book(new, 60, 50, 48)
    book(last, 100, 49, 48, 47, 3, -1)
    book(last, 90, state=State.CANCELLED)
    return new, last


def test_each_edition_is_counted_by_hand_on_the_same_day_before_its_week(two_editions):
    # Today is the 24th of November, 48 days before the 11th of January.
    found = comparison(HERE, two_editions, EVERYTHING, NOW)
    assert found.today == 48
    assert [curve.same_day for curve in found.curves] == [3, 3]
    new, last = ([*zip(found.days, curve.points, strict=True)] for curve in found.curves)
    assert dict(last)[105] == 0
    assert dict(last)[98] == 1
    assert dict(last)[49] == 2
    assert dict(last)[42] == 4
    assert dict(last)[0] == 5
    assert dict(last)[-7] == 6
    assert dict(new)[49] == 2
    assert dict(new)[42] is None


def test_the_figures_are_those_of_the_board_and_their_change_is_in_percent(two_editions):
    found = comparison(HERE, two_editions, EVERYTHING, NOW)
    lines = {line.figures[0].code: line for line in found.lines}
    assert (lines["bookings"].values, lines["bookings"].change) == ([3, 6], -50)
    assert lines["fill"].change is None
    assert {line.change for line in found.lines if not line.values[1]} <= {None}


def test_another_territory_is_not_counted(two_editions):
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    book(two_editions[1], 80, departement="33")
    assert comparison(HERE, two_editions, EVERYTHING, NOW).curves[1].points[-1] == 6
    assert comparison(WHOLE, two_editions, EVERYTHING, NOW).curves[1].points[-1] == 7


def test_an_edition_stands_beside_the_last_ones_and_the_very_first(app):
    past = [make_past(str(year), date(year, 4, 4)) for year in (2011, 2023, 2024, 2025)]
    permanent = make.make_edition(
        "toujours", is_permanent=True, starts_on=date(2022, 9, 1), window_starts_on=date(2022, 9, 1)
    )
    new = make.make_edition()
    assert [each.slug for each in compared(new, [*past, permanent, new])] == ["2027", "2025", "2024", "2011"]
    assert compared(past[0], [*past, new]) == [past[0]]


def test_the_page_and_its_csv_say_the_same_and_the_drawing_stays_in_its_frame(two_editions, client):
    found = comparison(HERE, two_editions, EVERYTHING, NOW)
    drawing = drawing_of(found)
    # Of each edition the points that have come, and the newest stands where today is.
    assert [line.values[-1] for line in drawing.series] == [(-48, 3), (7, 6)]
    assert drawing.today == -48
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    signed_in(client, officer)
    address = f"/territory/{officer.memberships[0].id}/comparison"
    text = client.get(address).get_data(as_text=True)
    assert "À 48 jours de la semaine" in text
    assert [f"color-{number}" in text.split('role="img"')[1].split("</svg>")[0] for number in range(3)] == [
        True,
        True,
        False,
    ]
    assert 'class="today"' in text
    sheet = client.get(f"{address}.csv").get_data(as_text=True)
    assert "Réservations 42 jours avant la semaine;;4;" in sheet
    assert client.get(f"{address}?edition=2026&from=2026-01-01").status_code == 200
