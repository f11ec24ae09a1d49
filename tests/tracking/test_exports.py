"""What an officer takes away: the totals of the screen in each form, real types, nothing that a spreadsheet would work out."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time

import pytest
from openpyxl import load_workbook

from booking.accounts.models import ScopeKind
from booking.bookings.rules.states import State
from booking.schools.models import Audience
from booking.tracking import figures
from booking.tracking.scope import Scope
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("both_databases")
FORMULA = '=HYPERLINK("http://example.org";"ici")'


@pytest.fixture
def edition(app, now):
    school = make.make_school(FORMULA, priority_education="REP+")
    slot = make.make_slot(make.make_activity(title="+33 idées"), max_classes=5, max_pupils=150)
    for state, came in ((State.ATTENDED, 25), (State.CONFIRMED, None), (State.CANCELLED, None)):
        make.make_booking(slot, make.make_class(school=school, pupils=27), state=state, present_pupils=came,
                          present_adults=came and 2)  # fmt: skip
    staff = make.make_class(school=school, audience=Audience.STAFF, level_code=None, pupils=9, adults=0)
    make.make_booking(slot, staff, state=State.ATTENDED, pupils=9, adults=0, present_pupils=8, present_adults=0)
    return slot.activity.edition


@pytest.fixture
def download(edition, client):
    officer = make.make_officer(ScopeKind.NATIONAL, None)
    signed_in(client, officer)
    return lambda name: client.get(f"/territory/{officer.memberships[0].id}/{name}")


def read_csv(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_xlsx(answer):
    book = load_workbook(io.BytesIO(answer.data))
    headings, *rows = book.worksheets[0].iter_rows(values_only=True)
    return book, [dict(zip(headings, row, strict=True)) for row in rows]


def test_bookings_are_the_same_in_the_three_forms_and_add_up_to_the_board(edition, download):
    board = figures.board(Scope("France", None), edition)
    table, objects = read_csv(download("bookings.csv")), download("bookings.json").get_json()
    book, rows = read_xlsx(download("bookings.xlsx"))
    assert len(table) == len(objects) == len(rows) == board.value("bookings") == 3
    for pupils in (
        [int(row["Élèves"]) for row in table],
        [row["Élèves"] for row in rows],
        [o["pupils"] for o in objects],
    ):
        assert sum(pupils) == board.value("participations") == 54
    assert sum(row["Élèves venus"] or 0 for row in rows) == board.value("pupils_present") == 25
    assert (table[0]["Date"], rows[0]["Date"], objects[0]["date"]) == (
        "12/01/2027",
        datetime(2027, 1, 12),
        "2027-01-12",
    )
    assert objects[0]["state"] == "attended" and rows[0]["État"] == "classe venue"
    assert [sheet.title for sheet in book] == ["Lignes", "Définitions"]
    definitions = {row[0]: row[1] for row in book["Définitions"].iter_rows(values_only=True)}
    assert definitions["Territoire"] == "France entière"
    assert set(map(str, (label for label, *_rest in figures.DEFINITIONS.values()))) <= set(definitions)


@pytest.mark.parametrize(
    ("what", "figure", "summed", "total"),
    [("slots", "slots", "offered", "offered"), ("schools", "schools", "participations", "participations"),
     ("activities", "activities", None, None)],
)  # fmt: skip
def test_every_list_has_the_rows_and_the_sums_of_its_figures(edition, download, what, figure, summed, total):
    board = figures.board(Scope("France", None), edition)
    objects = download(f"{what}.json").get_json()
    _book, rows = read_xlsx(download(f"{what}.xlsx"))
    assert len(objects) == len(rows) == len(read_csv(download(f"{what}.csv"))) == board.value(figure)
    if summed:
        assert sum(row[summed] for row in objects) == board.value(total)


def test_hours_and_numbers_are_typed(edition, download):
    _book, rows = read_xlsx(download("slots.xlsx"))
    assert (rows[0]["Début"], rows[0]["Fin"], rows[0]["Places offertes"]) == (time(9), time(11, 30), 150)
    assert read_csv(download("slots.csv"))[0]["Début"] == "09:00"


def test_text_that_looks_like_a_formula_stays_text(edition, download):
    assert read_csv(download("bookings.csv"))[0]["Établissement"] == "'" + FORMULA
    book, rows = read_xlsx(download("bookings.xlsx"))
    assert (rows[0]["Établissement"], rows[0]["Activité"]) == (FORMULA, "+33 idées")
    kinds = {cell.data_type for row in book.worksheets[0].iter_rows(min_row=2) for cell in row}
    assert "f" not in kinds
    assert download("bookings.json").get_json()[0]["school"] == FORMULA


def test_the_board_is_the_same_in_the_three_forms(edition, download):
    by_code = download("board.json").get_json()["figures"]
    table, (_book, rows) = read_csv(download("board.csv")), read_xlsx(download("board.xlsx"))
    assert [str(row["Valeur"] if row["Valeur"] is not None else "") for row in rows] == [row["Valeur"] for row in table]
    assert [figure["value"] for figure in by_code.values()] == [row["Valeur"] for row in rows]


def test_a_narrowed_list_is_narrowed_in_every_form(edition, download):
    for form, count in (("json", lambda answer: len(answer.get_json())), ("csv", lambda answer: len(read_csv(answer)))):
        assert count(download(f"bookings.{form}?state=cancelled")) == 1
        assert count(download(f"bookings.{form}?priority=none")) == 0
    assert download("bookings.json?priority=none").get_json() == []
