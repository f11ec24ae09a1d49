"""The board of the demo's world, counted again from its bare rows, by loops that know nothing of the queries."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from statistics import median_low
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, insert, select, text

from booking.catalogue.models import Edition
from booking.core.db import db
from booking.tracking import figures
from booking.tracking.filters import Filters
from booking.tracking.places import places_of
from booking.tracking.scope import Scope
from tests.conftest import NOW
from tests.demo.conftest import address

TAKEN = {"held", "requested", "confirmed", "offered", "attended", "missed", "excused"}
ILE_DE_FRANCE = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})
SCOPES = {
    "national": None,
    "région académique": ILE_DE_FRANCE,
    "académie": frozenset({"78", "91", "92", "95"}),
    "département": frozenset({"91"}),
    "elsewhere": frozenset({"33"}),
}
FILTERS = [ {"departement": "91"}, {"kind": "site_visit"}, {"sector": "metallurgie-mecanique"}, {"level": "4E"},
    {"school_kind": "college", "priority": "none"}, {"status": "public", "ground": "urban"}, {"ground": "rural"},
    {"first_on": date(2027, 1, 1), "kind": "classroom_workshop"}, {"last_on": date(2027, 1, 12), "level": "3E"},
]  # fmt: skip

LINES = ("slots", "offered", "taken", "bookings", "participations", "pupils_present")


@pytest.fixture
def demo_rows(both_databases, app, now, loaded):
    """The loaded demo, in either database, and its rows as they lie in the tables."""
    source = create_engine(address(loaded))
    found = {}
    with source.connect() as connection, db.engine.begin() as copy:
        copy.execute(text("SET LOCAL session_replication_role = replica" if both_databases == "postgresql"
                          else "PRAGMA defer_foreign_keys = ON"))  # fmt: skip
        for table in db.metadata.sorted_tables:
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            if rows:
                copy.execute(insert(table), rows)
            found[table.name] = [SimpleNamespace(**row) for row in rows]
    source.dispose()
    return SimpleNamespace(**found)


def recount(world, edition_id, departements, asked) -> dict[str, int | None]:
    """The figures of the board, one row after the other."""
    get = lambda rows: {row.id: row for row in rows}  # noqa: E731
    activities, slots, schools = get(world.activity), get(world.slot), get(world.school)
    companies, sites = get(world.company), get(world.site)
    inhabitants = {commune.insee: commune.population for commune in world.commune}
    levels = defaultdict(set)
    for level in world.activity_level:
        levels[level.activity_id].add(level.level_code)

    def here(code):
        return (departements is None or code in departements) and asked.get("departement", code) == code

    def of_kind(activity):
        return (
            asked.get("kind", activity.kind) == activity.kind
            and asked.get("sector", activity.sector) == activity.sector
        )

    def then(slot):
        first = datetime.combine(asked.get("first_on", date.min), time.min)
        return first <= slot.local_start <= datetime.combine(asked.get("last_on", date.max), time.max)

    def suits(activity):
        return "level" not in asked or not levels[activity.id] or asked["level"] in levels[activity.id]

    def of_school(school):
        people = inhabitants.get(school.commune_insee)
        ground = None if people is None else "rural" if people < 2000 else "urban"
        return (
            asked.get("school_kind", school.kind) == school.kind
            and asked.get("status", "public" if school.is_public else "private")
            == ("public" if school.is_public else "private")
            and asked.get("priority", school.priority_education or "none") == (school.priority_education or "none")
            and asked.get("ground", ground) == ground
        )

    shown = {
        a.id: a for a in world.activity
        if a.edition_id == edition_id and a.state == "published" and companies[a.company_id].trust == "trusted"
        and of_kind(a) and suits(a)
    }  # fmt: skip
    of_activity = defaultdict(list)
    for slot in world.slot:
        of_activity[slot.activity_id].append(slot)
    seen = [
        a for a in shown.values()
        if (here(sites[a.site_id].departement_code) or any(here(s.departement_code) for s in of_activity[a.id]))
        and (not {"first_on", "last_on"} & set(asked) or any(then(s) for s in of_activity[a.id]))
    ]  # fmt: skip
    places = [
        s
        for s in world.slot
        if s.activity_id in shown and s.state != "cancelled" and here(s.departement_code) and then(s)
    ]
    ours = []
    for b in world.booking:
        slot = slots[b.slot_id]
        if (
            b.edition_id == edition_id and here(b.departement_code) and of_kind(activities[slot.activity_id])
            and then(slot) and of_school(schools[b.school_id]) and asked.get("level", b.level_code) == b.level_code
        ):  # fmt: skip
            ours.append(b)
    taken = [b for b in ours if b.state in TAKEN]
    classes = [b for b in taken if b.level_code]
    came = [b for b in classes if b.state == "attended"]
    largest = {}
    for b in classes:
        largest[b.class_id] = max(b.pupils, largest.get(b.class_id, 0))
    girls, girls_came = [b for b in classes if b.girls is not None], [b for b in came if b.present_girls is not None]
    hours = [
        (b.host_answered_at - b.host_asked_at) // timedelta(hours=1)
        for b in ours if b.host_asked_at and b.host_answered_at and b.host_answered_at >= b.host_asked_at
    ]  # fmt: skip
    count = lambda state: sum(1 for b in ours if b.state == state)  # noqa: E731
    offered, places_taken = sum(s.max_pupils for s in places), sum(s.taken_pupils for s in places)
    return {
        "activities": len(seen), "companies": len({a.company_id for a in seen}), "slots": len(places),
        "classes_offered": sum(s.max_classes for s in places), "classes_taken": sum(s.taken_classes for s in places),
        "classes_free": sum(s.max_classes - s.taken_classes for s in places),
        "offered": offered, "taken": places_taken,
        "free": sum(s.max_pupils - s.taken_pupils for s in places if s.taken_classes < s.max_classes),
        "fill": round(100 * places_taken / offered) if offered else None,
        "bookings": len(taken), "confirmed": count("confirmed") + count("attended"),
        "pending": count("held") + count("requested") + count("offered"),
        "classes": len(largest), "pupils": sum(largest.values()), "participations": sum(b.pupils for b in classes),
        "adults": sum(b.adults for b in classes), "schools": len({b.school_id for b in taken}),
        "girls": sum(b.girls for b in girls), "boys": sum(b.pupils - b.girls for b in girls),
        "attended": count("attended"), "classes_present": len({b.class_id for b in came}),
        "pupils_present": sum(b.present_pupils for b in came), "adults_present": sum(b.present_adults for b in came),
        "girls_present": sum(b.present_girls for b in girls_came),
        "boys_present": sum(b.present_pupils - b.present_girls for b in girls_came),
        "missed": count("missed"), "excused": count("excused"),
        "unrecorded": sum(1 for b in ours if b.state == "confirmed" and slots[b.slot_id].ends_at <= NOW),
        "answered": len(hours), "answer_hours": median_low(hours) if hours else None,
        "declined": count("declined"), "expired": count("expired"), "cancelled": count("cancelled"),
        "waiting": count("waiting"),
    }  # fmt: skip


def test_the_board_says_what_the_bare_rows_say(demo_rows):
    """The present edition with each filter over two of the territories, every edition over all of them with none."""
    editions = list(db.session.scalars(select(Edition)))
    scopes = list(SCOPES.items())
    cases = [(edition, scope, {}) for edition in editions for scope in scopes]
    present = next(edition for edition in editions if edition.slug == "janvier-2027")
    for number, asked in enumerate(FILTERS):
        cases += [(present, scopes[(number + shift) % 4], asked) for shift in (0, 1)]
    found = 0
    for edition, (name, departements), asked in cases:
        board = figures.board(Scope(name, departements), edition, Filters(**asked))
        counted = {figure.code: figure.value for chapter in board.chapters for figure in chapter.figures}
        del counted["needs"]
        # The lines of each table, to their totals.
        for lines, codes in (
            (board.days, LINES),
            (board.weeks, LINES),
            (board.kinds, LINES),
            (board.sectors, LINES),
            (board.levels, LINES[3:]),
        ):
            assert {code: sum(getattr(line, code) for line in lines) for code in codes} == {
                c: counted[c] for c in codes
            }
        assert counted == recount(demo_rows, edition.id, departements, asked), (edition.slug, name, asked)
        places = places_of(Scope(name, departements), edition, Filters(**asked), by_commune=edition == present)
        assert (sum(p.reached for p in places), sum(p.visits for p in places)) == (
            counted["schools"],
            counted["bookings"],
        )
        found += bool(counted["bookings"])
    assert found > 20
