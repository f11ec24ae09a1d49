"""Charts: what is drawn is what was counted, and nothing of it is refused by the page's policy."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from booking.schools.models import SchoolKind
from booking.tracking.charts import Bars, Curves, Series, scale_to
from booking.tracking.figures import Board, Counts, Line, Reached, Together
from booking.tracking.filters import Filters
from booking.tracking.panels import MOST_BARS, panels_of
from tests import make
from tests.sign_in import signed_in

NOTHING = Together(Counts(), Counts(), Counts())


@pytest.fixture(autouse=True)
def page(app):
    with app.test_request_context("/"):
        yield


def drawn(chart) -> ElementTree.Element:
    return ElementTree.fromstring(str(chart.svg))


def lengths(root: ElementTree.Element, color: int, side: str) -> list[float]:
    group = next(each for each in root.iter() if f"color-{color}" in each.get("class", ""))
    return [float(each.get(side, 0)) for each in group.iter() if "rect" in each.get("class", "").split()]


def test_a_scale_reads_well_and_has_six_numbers_at_most():
    assert [scale_to(most)[1] for most in (0, 5, 6, 24, 26, 180, 120_000)] == [1, 1, 2, 5, 10, 50, 50_000]
    assert scale_to(12) == [0, 5, 10, 15]


def test_bars_are_as_long_as_what_they_count_in_the_order_they_are_read():
    upright = drawn(
        Bars("Places", ["lundi", "mardi"], [Series("prises", [30, 10]), Series("autres", [30, 20])], lying=False)
    )
    taken, left = lengths(upright, 0, "height"), lengths(upright, 1, "height")
    assert taken[0] == pytest.approx(3 * taken[1], rel=0.02)
    assert left[0] == pytest.approx(taken[0], abs=0.2)
    lying = drawn(Bars("Genres", ["un", "deux"], [Series("réservations", [4, 12])]))
    bars = [
        (float(each.get("y")), float(each.get("width")))
        for each in lying.iter()
        if "rect" in each.get("class", "").split()
    ]
    (_first_y, first), (_second_y, second) = sorted(bars)
    assert second == pytest.approx(3 * first, rel=0.02)


def test_a_drawing_has_a_name_and_nothing_inline():
    bars = Bars("Un <titre>", ["<b>", "Santé : pharmacie, biotechnologies et dispositifs"], [Series("n", [1, 2])])
    curves = Curves("Courbe", [Series("a", [(-7, 1), (0, 2)])], [(-7, "J−7"), (0, "semaine")], today=-3)
    for chart, name in ((bars, "Un <titre>"), (curves, "Courbe")):
        root = drawn(chart)
        assert (root.get("role"), root.get("aria-label")) == ("img", name)
        tags = {each.tag.rpartition("}")[2] for each in root.iter()}
        assert tags <= {"svg", "g", "rect", "path", "text"}
        assert not {name for each in root.iter() for name in each.attrib if name == "style" or name.startswith("on")}
    words = [each.text for each in drawn(bars).iter() if each.tag.endswith("text")]
    assert "<b>" in words
    assert "Santé : pharmacie…" in words
    assert any(each.get("class") == "today" for each in drawn(curves).iter())


def test_a_table_has_the_lines_that_are_too_many_to_draw():
    levels = [
        Line(code, bookings=1 + place)
        for place, code in enumerate(
            ("CP", "6E", "5E", "4E", "3E", "2GT", "1G", "TG", "CAP1", "CAP2", "BTS1", "BTS2", "1PRO", "TPRO")
        )
    ]
    (panel,) = panels_of(Board([], [], [], [], levels, [], [], Reached([]), NOTHING), Filters())
    assert (len(panel.rows), len(panel.drawing.labels)) == (14, MOST_BARS)
    assert "tous sont dans le tableau" in panel.definition
    assert panel.total[0] == sum(range(1, 15))
    assert [row.label for row in panel.rows[:3]] == ["CP", "6ᵉ", "5ᵉ"]


def test_days_are_named_once_a_week_and_a_week_keeps_to_the_days_asked_for():
    days = [Line(date(2027, 1, 4) + timedelta(days=day), 1, 30, 10) for day in range(19)]
    board = Board([], days, [], [], [], [], [], Reached([]), NOTHING)
    weeks, by_day = panels_of(board, Filters(first_on=date(2027, 1, 6), last_on=date(2027, 1, 20)))
    assert [label for label in by_day.drawing.labels if label] == ["4 janv.", "11 janv.", "18 janv."]
    assert [(row.query["from"], row.query["to"]) for row in weeks.rows] == [
        ("2027-01-06", "2027-01-10"), ("2027-01-11", "2027-01-17"), ("2027-01-18", "2027-01-20"),
    ]  # fmt: skip


def test_the_board_shows_headlines_then_charts_then_every_figure(client, now):
    make.make_booking(make.make_slot(), make.make_class(school=make.make_school(kind=SchoolKind.COLLEGE)))
    officer = make.make_officer()
    page = signed_in(client, officer).get(f"/territory/{officer.memberships[0].id}/").text
    places = [page.index(words) for words in ('id="glance"', 'id="weeks-title"', 'id="levels-title"', 'id="supply"')]
    assert places == sorted(places)
    assert page.count("<svg xmlns") == page.count('<figure class="panel-chart') == 8
    assert page.count("<tfoot>") == 8
