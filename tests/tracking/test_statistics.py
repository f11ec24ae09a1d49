"""Public figures: what is small is hidden, nothing hidden can be worked out, and nothing is told before the edition is over."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.bookings.rules.states import State
from booking.core.masking import TOTAL, hidden_parts, hidden_places, is_small, with_totals
from booking.tracking.statistics.facts import statistics_of
from tests import make
from tests.conftest import NOW

counts = st.one_of(st.integers(0, 7), st.integers(0, 60))


def tables(most: int):
    return st.integers(1, most).flatmap(
        lambda rows: st.integers(1, most).flatmap(
            lambda columns: st.lists(counts, min_size=rows * columns, max_size=rows * columns).map(
                lambda numbers: {(n // columns, n % columns): number for n, number in enumerate(numbers)}
            )
        )
    )


def sums_of(places) -> list[dict]:
    """Each row and column as an equation: what adds up, with its total taken away."""
    lines = {("row", place[0]) for place in places} | {("column", place[1]) for place in places}
    return [
        {place: (1 if (place[0] == TOTAL) == (place[1] == TOTAL) else -1) for place in places if place[side == "column"] == name}
        for side, name in sorted(lines, key=str)
    ]  # fmt: skip


@given(tables(5), tables(5))
@settings(max_examples=150, deadline=None)
def test_no_hidden_count_follows_from_rows_columns_and_totals(first, second):
    measures = [with_totals(first)]
    if first.keys() == second.keys():
        measures.append(with_totals(second))
    hidden = hidden_places(measures)
    assert all(place in hidden for table in measures for place, count in table.items() if is_small(count))
    unknown = sorted(hidden, key=str)
    if not unknown:
        return
    # A number is worked out when it is a combination of the equations: its own line then lies in their span.
    equations = np.array([[line.get(place, 0) for place in unknown] for line in sums_of(measures[0])], dtype=float)
    rank = np.linalg.matrix_rank(equations)
    for at in range(len(unknown)):
        alone = np.zeros(len(unknown))
        alone[at] = 1
        assert np.linalg.matrix_rank(np.vstack([equations, alone])) == rank + 1, unknown[at]


@given(tables(2))
@settings(max_examples=40, deadline=None)
def test_each_hidden_count_may_truly_be_another_whole_number(cells):
    """By brute force over what each hidden count may be, given that it is one at least."""
    table = with_totals(cells)
    unknown = sorted(hidden_places([table]), key=str)
    lines = sums_of(table)
    seen = {place: set() for place in unknown}
    for moves in itertools.product((-1, 0, 1), repeat=len(unknown)):
        moved = dict(zip(unknown, moves, strict=True))
        if any(table[place] + move < 1 for place, move in moved.items()):
            continue
        if all(sum(sign * moved.get(place, 0) for place, sign in line.items()) == 0 for line in lines):
            for place, move in moved.items():
                seen[place].add(move)
    assert all(len(found) > 1 for found in seen.values())


@given(st.dictionaries(st.integers(0, 8), counts, min_size=1), st.data())
@settings(max_examples=100, deadline=None)
def test_hidden_parts_of_a_known_whole_may_be_others(line, data):
    other = {part: data.draw(counts) for part in line}
    hidden = hidden_parts([line, other])
    assert {part for each in (line, other) for part, count in each.items() if is_small(count)} <= hidden
    alone = [part for part in line if line[part] or other[part]]
    if hidden and hidden != set(line) and len(alone) > 1:
        for each in (line, other):
            assert len(hidden) > 1
            assert sum(each[part] for part in hidden) > len(hidden)


def test_two_ones_are_not_hidden_by_each_other():
    assert hidden_parts([{"a": 1, "b": 1, "c": 9, "d": 40}]) == {"a", "b", "c"}


@pytest.fixture
def past(app, now):
    """An edition of last year: six schools of Versailles with a class each, one of Bordeaux."""
    make.make_departement("91")
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    edition = make.make_edition(
        "2026", name="Semaine 2026", starts_on=date(2026, 1, 12), ends_on=date(2026, 1, 18),
        window_starts_on=date(2025, 12, 1), window_ends_on=date(2026, 2, 20),
    )  # fmt: skip
    activity = make.make_activity(edition=edition)
    for departement in ["91"] * 6 + ["33"]:
        school = make.make_school(departement=departement)
        slot = make.make_slot(activity, datetime(2026, 1, 13, 9))
        make.make_booking(slot, make.make_class(school=school, pupils=25), state=State.ATTENDED)
    return edition


@pytest.mark.usefixtures("both_databases")
def test_a_small_place_is_hidden_with_what_would_tell_it_and_the_whole_is_shown(past):
    found = statistics_of(past)
    (whole,) = found.of("all")
    assert whole.values == {"schools": 7, "classes": 7, "pupils": 175, "bookings": 7}
    # Versailles, shown, would tell Bordeaux.
    assert [set(row.values.values()) for row in found.of("academie")] == [{None}, {None}]
    assert [set(row.values.values()) for row in found.of("departement")] == [{None}, {None}]
    assert {row.key: row.values for row in found.of("activity_kind")} == {
        "site_visit": {"bookings": 7, "participations": 175}
    }


def test_the_page_and_its_files_are_for_everybody_once_the_edition_is_over(past, client):
    page = client.get("/editions/2026/statistics")
    assert "Statistiques publiques" in page.text
    assert "175" in page.text
    assert "Set-Cookie" not in page.headers
    rows = list(
        csv.reader(io.StringIO(client.get("/editions/2026/statistics.csv").data.decode("utf-8-sig")), delimiter=";")
    )
    assert ["all", "total", "France entière", "7", "7", "175", "7", ""] in rows
    found = client.get("/editions/2026/statistics.json").get_json()
    assert found["masked_below"] == 5
    assert {row["pupils"] for row in found["rows"] if row["table"] == "academie"} == {None}
    assert client.get("/editions/jamais/statistics").status_code == 404


def test_an_edition_that_is_not_over_publishes_nothing(app, now, client):
    make.make_edition(
        window_ends_on=NOW.date().replace(month=12),
        starts_on=NOW.date(),
        ends_on=NOW.date(),
        window_starts_on=NOW.date(),
    )
    assert "Pas encore publiées" in client.get("/editions/2027/statistics").text
    assert client.get("/editions/2027/statistics.csv").status_code == 404
    assert client.get("/editions/2027/statistics.json").status_code == 404
