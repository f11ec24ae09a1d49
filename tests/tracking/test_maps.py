"""The map of visits: what its places count, its classes, and what each territory is shown."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import event

from booking.accounts.models import ScopeKind
from booking.bookings.rules.states import State
from booking.core.db import db
from booking.tracking import figures
from booking.tracking.filters import Filters
from booking.tracking.maps import frames
from booking.tracking.places import bounds_of, class_of, places_of
from booking.tracking.scope import Scope
from tests import make
from tests.sign_in import signed_in

EVERYWHERE = Scope("France", None)


@pytest.fixture
def edition(app, now):
    """Three schools of Essonne, of which two in Brunoy, and one of La Réunion; two visits from Brunoy, one from there."""
    make.make_departement("91")
    make.make_departement("974", "La Réunion", academie="28", academie_name="La Réunion", region="La Réunion")
    make.make_commune("91114", "Brunoy")
    brunoy = make.make_school()
    make.make_school("Lycée", latitude=48.70, longitude=2.50)
    make.make_school("Village", commune_insee="91002", commune_name="Abbéville-la-Rivière")
    make.make_school("Fusionné", merged_into_id=brunoy.id)
    island = make.make_school("Saint-Denis", "974", commune_insee=None, commune_name="Saint-Denis")
    slots = [make.make_slot(local_start=datetime(2027, 1, day, 9)) for day in (11, 12)]
    for slot in slots:
        make.make_booking(slot, make.make_class(school=brunoy), state=State.CONFIRMED)
    make.make_booking(slots[0], make.make_class(school=brunoy), state=State.CANCELLED)
    make.make_booking(slots[0], make.make_class(school=island), state=State.ATTENDED)
    return slots[0].activity.edition


def counted(scope, edition, by_commune=False, **narrowed):
    places = places_of(scope, edition, Filters(**narrowed), by_commune=by_commune)
    return {place.name: (place.schools, place.reached, place.visits) for place in places}


@pytest.mark.usefixtures("both_databases")
def test_places_add_up_to_the_board(edition):
    by_departement = counted(EVERYWHERE, edition)
    assert by_departement == {"Essonne": (3, 1, 2), "La Réunion": (1, 1, 1)}
    by_commune = counted(Scope("Essonne", frozenset({"91"})), edition, by_commune=True)
    assert by_commune == {"Brunoy": (2, 1, 2), "Abbéville-la-Rivière": (1, 0, 0)}
    board = figures.board(EVERYWHERE, edition)
    _schools, reached, visits = map(sum, zip(*by_departement.values(), strict=True))
    assert (reached, visits) == (board.value("schools"), board.value("bookings"))
    # What is asked of bookings narrows visits and not schools; what is asked of schools narrows both.
    assert counted(EVERYWHERE, edition, kind="forum") == {"Essonne": (3, 0, 0), "La Réunion": (1, 0, 0)}
    assert counted(EVERYWHERE, edition, school_kind="lycee") == {}
    assert counted(EVERYWHERE, edition, departement="974") == {"La Réunion": (1, 1, 1)}


def test_classes_are_few_and_their_bounds_read_well():
    assert bounds_of([]) == bounds_of([0, 0]) == []
    assert bounds_of([0.3, 3.1]) == [1, 2, 3, 4]
    assert bounds_of([60]) == [20, 40, 60]
    assert bounds_of([0.25]) == [0.1, 0.2, 0.3]
    assert [class_of(value, [1, 2, 3, 4]) for value in (0, 0.2, 1, 1.1, 4)] == [0, 1, 1, 2, 4]


def test_what_is_written_on_a_departement_lies_within_its_frame():
    for frame in frames(None):
        for code in frame.codes:
            x, y = frame.centre(code)
            assert 0 < x < frame.width
            assert 0 < y < frame.height


def test_a_large_territory_is_coloured_and_a_departement_has_points(edition, client):
    national, academie, departement = (
        make.make_officer(*scope)
        for scope in ((ScopeKind.NATIONAL, None), (ScopeKind.ACADEMIE, "25"), (ScopeKind.DEPARTEMENT, "91"))
    )
    page = signed_in(client, national).get(f"/territory/{national.memberships[0].id}/map").text
    assert page.count('class="land t') > 2
    assert "La Réunion\u00a0: 100\u00a0% (établissements touchés\u00a0: 1 sur 1)" in page
    assert 'class="point' not in page
    page = client.get(f"/territory/{national.memberships[0].id}/map?departement=91&measure=visits").text
    assert page.count('class="point') == 2
    assert "Brunoy\u00a0: 100 (établissements touchés\u00a0: 1 sur 2)" in page
    signed_in(client, departement)
    page = client.get(f"/territory/{departement.memberships[0].id}/map").text
    assert "La Réunion" not in page
    assert client.get(f"/territory/{academie.memberships[0].id}/map").status_code == 404
    lines = client.get(f"/territory/{departement.memberships[0].id}/map.csv").data.decode("utf-8-sig").splitlines()
    assert lines[1:] == ["91002;Abbéville-la-Rivière;1;0;0,0;0;0,0", "91114;Brunoy;2;1;50,0;2;100,0"]


def test_a_map_asks_one_statement_whatever_it_counts(edition):
    def statements() -> int:
        seen: list[str] = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        assert edition.id
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            places_of(EVERYWHERE, edition, Filters(), by_commune=True)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    few = statements()
    for number in range(3):
        make.make_school(f"École {number}", commune_insee=None, commune_name=f"Commune {number}")
    assert statements() == few == 1
