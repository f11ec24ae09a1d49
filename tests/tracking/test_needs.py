"""What classes looked for in vain, as an officer reads it; and the companies that take no request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from booking.core.db import db
from booking.matching.models import Need, NeedState
from booking.tracking import needs
from booking.tracking.filters import Filters
from booking.tracking.scope import scope_of
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in
from tests.tracking.test_figures import read_csv


def make_need(school_class=None, state=NeedState.OPEN, day="2027-01-12", **values) -> Need:
    school_class = school_class or make.make_class()
    defaults = dict(radius_km=30, sectors=["metallurgie-mecanique"], deadline_at=NOW + timedelta(days=9), created_at=NOW,
                    updated_at=NOW, wishes=[{"first_on": day, "last_on": day, "half": "any"}])  # fmt: skip
    need = Need(class_id=school_class.id, school_id=school_class.school_id, teacher_id=school_class.owner_id, state=state,
                **{**defaults, **values})  # fmt: skip
    db.session.add(need)
    db.session.commit()
    return need


@pytest.fixture
def officer(app, now):
    make.make_departement("91")
    return make.make_officer()


def unmet(officer, **filters) -> list[Need]:
    return needs.unmet_needs(scope_of(officer.memberships[0]), make.make_edition(), Filters(**filters))


def test_a_need_is_unmet_while_it_runs_when_it_expired_and_when_it_was_declined(both_databases, officer):
    first = make_need()
    make_need(first.school_class, NeedState.EXPIRED, sectors=["energie", "metallurgie-mecanique"])
    make_need(state=NeedState.WITHDRAWN)
    activity = make.make_activity(dates_to_agree=True, sector="energie")
    make_need(make.make_class(level_code="3E", pupils=20), NeedState.DECLINED, activity_id=activity.id, sectors=[])
    found = unmet(officer)
    assert [need.state for need in found] == [NeedState.DECLINED, NeedState.EXPIRED, NeedState.OPEN]
    total = needs.whole(found)
    assert (total.needs, total.running, total.classes, total.pupils) == (3, 1, 2, 47)
    assert sorted(line.needs for line in needs.by_sector(found)) == [2, 2]
    assert sum(line.needs for line in needs.by_level(found)) == total.needs
    assert sum(line.needs for line in needs.by_commune(found)) == total.needs


def test_a_need_counts_in_the_edition_of_its_dates(officer):
    make_need(day="2028-01-12")
    assert unmet(officer) == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [({"sector": "energie"}, 0), ({"sector": "metallurgie-mecanique"}, 1), ({"level": "3E"}, 0), ({"priority": "REP"}, 0),
     ({"departement": "91"}, 1), ({"school_kind": "college"}, 1)],
)  # fmt: skip
def test_the_filters_narrow_the_needs(officer, filters, count):
    make_need()
    assert len(unmet(officer, **filters)) == count


def test_the_csv_gives_the_totals_of_the_screen_and_names_nobody(officer, client):
    make.make_edition()
    make_need(make.make_class(name="La classe de Zoé"))
    make_need(state=NeedState.EXPIRED)
    signed_in(client, officer)
    base = f"/territory/{officer.memberships[0].id}/unmet"
    screen, rows = client.get(base).text, read_csv(client.get(f"{base}.csv"))
    assert "<dt>recherches sans visite</dt><dd>2</dd>" in screen
    assert len(rows) - 1 == 2
    assert sum(row[2] == "en cours" for row in rows[1:]) == 1
    assert sum(int(row[9]) for row in rows[1:]) == 54
    assert "<dt>élèves de ces classes</dt><dd>54</dd>" in screen
    assert "Zoé" not in screen + str(rows)


def test_the_number_of_statements_does_not_grow_with_needs_and_companies(both_databases, officer):
    scope = scope_of(officer.memberships[0])

    def statements() -> int:
        seen: list[str] = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        db.session.expire_all()
        edition = make.make_edition()
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            found = needs.unmet_needs(scope, edition, Filters())
            assert [needs.row_of(need) for need in found]
            assert needs.paused_companies(scope)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    def plant() -> None:
        make_need()
        company = make.make_company(silent_since=NOW)
        make.make_activity(make.make_site(company))

    plant()
    few = statements()
    for _number in range(3):
        plant()
    assert statements() == few


def test_an_officer_sees_the_companies_gone_silent_and_whom_to_call(officer, client):
    silent = make.make_company("Muette", silent_since=NOW)
    make.make_activity(make.make_site(silent))
    make.make_site(make.make_company("En congés", paused_until=NOW.date()))
    make.make_site(make.make_company("Présente"))
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    make.make_site(make.make_company("Ailleurs", silent_since=NOW), "33")
    signed_in(client, officer)
    base = f"/territory/{officer.memberships[0].id}"
    page = client.get(f"{base}/paused").text
    assert page.index("Muette") < page.index("En congés")
    assert "Présente" not in page
    assert "Ailleurs" not in page
    assert "Karim Leroy" in page
    assert "1 ne répond plus" in client.get(f"{base}/").text
