"""The figures of a territory, on cases counted by hand."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime

import pytest

from booking.accounts.models import Person, ScopeKind
from booking.bookings import services
from booking.bookings.rules.states import Actor, State
from booking.catalogue.models import ActivityKind, ConfirmationMode, PublicationState
from booking.core.db import db, transaction
from booking.schools.models import Audience
from booking.tracking import figures
from booking.tracking.filters import Filters
from booking.tracking.scope import scope_of
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def essonne_and_seine_et_marne(app, now):
    """An activity in Essonne (Versailles) booked by a class of Essonne twice, and one of Seine-et-Marne (Créteil)."""
    make.make_departement("91")
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    activity = make.make_activity(levels=("4E",))
    slots = [make.make_slot(activity, datetime(2027, 1, day, 9), max_classes=2, max_pupils=60) for day in (12, 13, 14)]
    essonne = make.make_class(school=make.make_school(), pupils=27)
    beyond = make.make_class(school=make.make_school(departement="77"), pupils=20)
    book(slots[0], essonne)
    book(slots[1], essonne, pupils=14)
    book(slots[1], beyond)
    cancelled = book(slots[2], beyond)
    with transaction():
        services.cancel_booking(cancelled.id, cancelled.teacher, Actor.TEACHER, reason="transport")
    make.make_activity(state=PublicationState.DRAFT)
    return activity.edition


def book(slot, school_class, **values):
    with transaction():
        person = db.session.get(Person, school_class.owner_id)
        return services.request_places(slot.id, school_class.id, person, **values)


def values(officer, edition, **narrowed) -> dict[str, int | None]:
    board = figures.board(scope_of(officer.memberships[0]), edition, Filters(**narrowed))
    return {figure.code: figure.value for chapter in board.chapters for figure in chapter.figures}


@pytest.mark.usefixtures("both_databases")
def test_supply_counts_where_the_place_is_and_demand_where_the_school_is(essonne_and_seine_et_marne):
    versailles = values(make.make_officer(), essonne_and_seine_et_marne)
    assert versailles == {
        "activities": 1, "companies": 1, "slots": 3, "classes_offered": 6, "classes_taken": 3, "classes_free": 3,
        "offered": 180, "taken": 61, "free": 93, "fill": 34,
        "bookings": 2, "confirmed": 2, "pending": 0, "classes": 1, "pupils": 27, "participations": 41, "adults": 6,
        "schools": 1, "girls": 0, "boys": 0,
        "attended": 0, "classes_present": 0, "pupils_present": 0, "adults_present": 0, "girls_present": 0,
        "boys_present": 0, "missed": 0, "excused": 0, "unrecorded": 0,
        "answered": 0, "answer_hours": None, "declined": 0, "expired": 0, "cancelled": 0, "waiting": 0, "needs": 0,
    }  # fmt: skip
    creteil = values(make.make_officer(scope_code="24"), essonne_and_seine_et_marne)
    assert (creteil["slots"], creteil["bookings"], creteil["pupils"], creteil["schools"]) == (0, 1, 20, 1)


def test_a_crossing_booking_is_counted_once_in_the_whole_country(essonne_and_seine_et_marne):
    national = values(make.make_officer(ScopeKind.NATIONAL, None), essonne_and_seine_et_marne)
    assert (national["bookings"], national["pupils"], national["participations"]) == (3, 47, 61)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ScopeKind.REGION_ACADEMIQUE, "Île-de-France"),
        (ScopeKind.ACADEMIE, "25"),
        (ScopeKind.DEPARTEMENT, "91"),
        (ScopeKind.PREFECTURE, "91"),
    ],
)
def test_each_kind_of_territory_sees_its_places(essonne_and_seine_et_marne, kind, code):
    assert values(make.make_officer(kind, code), essonne_and_seine_et_marne)["slots"] == 3


def test_a_group_without_a_definition_sees_nothing(essonne_and_seine_et_marne):
    assert set(values(make.make_officer(ScopeKind.GROUP, "7"), essonne_and_seine_et_marne).values()) == {0, None}


def test_a_request_is_counted_as_pending_and_not_as_confirmed(app, now):
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL))
    book(slot, make.make_class())
    counted = values(make.make_officer(), slot.activity.edition)
    assert (counted["bookings"], counted["pending"], counted["confirmed"]) == (1, 1, 0)


@pytest.mark.parametrize("what", ["", "activities", "slots", "bookings", "schools"])
def test_each_page_shows_its_rows_to_its_officer_and_is_a_404_to_any_other(essonne_and_seine_et_marne, client, what):
    officer, other = make.make_officer(), make.make_officer(scope_code="24")
    address = f"/territory/{officer.memberships[0].id}/{what}"
    assert client.get(address).status_code == 302
    assert signed_in(client, officer).get(address).status_code == 200
    assert signed_in(client, other).get(address).status_code == 404


def test_the_rows_of_another_academie_are_not_shown(essonne_and_seine_et_marne, client):
    officer = make.make_officer(scope_code="24")
    page = signed_in(client, officer).get(f"/territory/{officer.memberships[0].id}/bookings").text
    assert "1 réservation" in page
    assert ">27<" not in page.split("<tbody>")[1].split("</tbody>")[0]


def test_an_unknown_edition_or_page_in_the_address_is_no_error(essonne_and_seine_et_marne, client):
    officer = make.make_officer()
    base = f"/territory/{officer.memberships[0].id}/slots"
    for query in ("?edition=zzz", "?page=-3", "?page=999999", "?page=abc"):
        assert signed_in(client, officer).get(base + query).status_code == 200


def test_a_teacher_has_no_board(app, client, now):
    assert signed_in(client, make.make_teacher()).get("/territory/").status_code == 404


def read_csv(answer):
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))


@pytest.mark.parametrize(
    "query", ["", "?departement=91", "?kind=site_visit&level=4E", "?from=2027-01-13", "?kind=forum"]
)
def test_the_csv_gives_the_same_totals_as_the_screen(essonne_and_seine_et_marne, client, query):
    officer = make.make_officer(ScopeKind.REGION_ACADEMIQUE, "Île-de-France")
    base = f"/territory/{officer.memberships[0].id}"
    rows = read_csv(signed_in(client, officer).get(f"{base}/board.csv{query}"))[1:]
    board = {label: int(value) for _chapter, label, value, _unit, _definition in rows if value}
    screen = client.get(f"{base}/{query}").text
    for _chapter, label, value, unit, _definition in rows:
        shown = f"{value}\u00a0%" if unit and value else value or "–"
        assert re.search(rf">{label}</a></dt>\s*<dd>{shown}</dd>", screen), label
    bookings = read_csv(client.get(f"{base}/bookings.csv{query}"))[1:]
    assert len(bookings) == board["réservations"]
    assert sum(int(row[10]) for row in bookings) == board["participations d’élèves"]
    slots = read_csv(client.get(f"{base}/slots.csv{query}"))[1:]
    assert (len(slots), sum(int(row[10]) for row in slots)) == (board["créneaux"], board["places offertes"])
    assert len(read_csv(client.get(f"{base}/schools.csv{query}"))) - 1 == board["établissements touchés"]
    assert len(read_csv(client.get(f"{base}/activities.csv{query}"))) - 1 == board["activités publiées"]


def test_filters_narrow_figures_to_what_they_say(essonne_and_seine_et_marne):
    scope = scope_of(make.make_officer(ScopeKind.REGION_ACADEMIQUE, "Île-de-France").memberships[0])

    def count(code, **narrowed):
        return figures.board(scope, essonne_and_seine_et_marne, Filters(**narrowed)).value(code)

    assert count("bookings") == 3
    assert count("bookings", departement="77") == 1
    assert count("bookings", level="3E") == 0
    assert count("bookings", first_on=date(2027, 1, 13)) == 2
    assert count("slots", last_on=date(2027, 1, 12)) == 1
    assert count("activities", kind="forum") == 0
    assert count("schools", school_kind="lycee") == 0


def test_a_filter_that_does_not_exist_is_ignored_with_a_sentence(essonne_and_seine_et_marne, client):
    officer = make.make_officer()
    page = (
        signed_in(client, officer)
        .get(f"/territory/{officer.memberships[0].id}/?kind=zzz&from=demain&departement=77")
        .text
    )
    assert page.count("ignoré") == 3


def test_the_csv_of_another_officer_is_a_404(essonne_and_seine_et_marne, client):
    officer, other = make.make_officer(), make.make_officer(scope_code="24")
    for what in ("board", "bookings"):
        address = f"/territory/{officer.memberships[0].id}/{what}.csv"
        assert signed_in(client, other).get(address).status_code == 404


def test_a_group_of_teachers_is_a_booking_of_its_school_but_neither_a_class_nor_pupils(app, now):
    activity = make.make_activity(kind=ActivityKind.TEACHERS_VISIT, levels=())
    slot = make.make_slot(activity)
    book(slot, make.make_class(audience=Audience.STAFF, level_code=None, pupils=6, adults=0))
    counted = values(make.make_officer(), activity.edition)
    assert (counted["bookings"], counted["schools"], counted["taken"]) == (1, 1, 6)
    assert (counted["classes"], counted["pupils"], counted["participations"]) == (0, 0, 0)


def test_each_state_leads_to_its_own_rows(essonne_and_seine_et_marne, client):
    officer = make.make_officer(ScopeKind.NATIONAL, None)
    base = f"/territory/{officer.memberships[0].id}"
    lines = figures.board(scope_of(officer.memberships[0]), essonne_and_seine_et_marne).by_state
    assert [(line.state, line.bookings, line.pupils) for line in lines] == [
        (State.CONFIRMED, 3, 61), (State.CANCELLED, 1, 20),
    ]  # fmt: skip
    signed_in(client, officer)
    assert f'href="{base}/bookings?state=cancelled&amp;edition=2027"' in client.get(f"{base}/").text
    for state, found in (("cancelled", 1), ("confirmed", 3), ("firm", 3), ("pending", 0), ("zzz", 3)):
        assert len(read_csv(client.get(f"{base}/bookings.csv?state={state}"))) - 1 == found, state
