"""Each figure of the board on a world small enough to count on one's fingers, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from booking.accounts.models import Person, ScopeKind
from booking.bookings import services
from booking.bookings.rules.states import TAKEN, Actor, State
from booking.catalogue.models import ActivityKind, ConfirmationMode, Slot
from booking.core.db import db, transaction
from booking.matching.models import Need, NeedState
from booking.schools.models import Audience, SchoolKind
from booking.tracking import figures, queries
from booking.tracking.figures.answers import median_of
from booking.tracking.filters import Filters
from booking.tracking.panels import panels_of
from booking.tracking.scope import Scope, scope_of
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("both_databases")
EVERYWHERE = Scope("France", None)


@pytest.fixture
def edition(app, now):
    """Three schools of Essonne. The collège is in REP, in Brunoy (26,000 inhabitants); the lycée is private; the école is
    in a village. One class of the collège came twice, its other one has one booking of each remaining kind."""
    make.make_commune("91114", "Brunoy").population = 26_000
    make.make_commune("91002", "Abbéville-la-Rivière").population = 300
    college = make.make_school(priority_education="REP")
    lycee = make.make_school("Lycée Saint-Charles", kind=SchoolKind.LYCEE, is_public=False, commune_insee=None)
    ecole = make.make_school("École du village", kind=SchoolKind.ECOLE, commune_insee="91002")
    came, other = make.make_class(school=college, pupils=27, girls=12), make.make_class(school=college, pupils=20)
    lyceens, pupils = (
        make.make_class(school=lycee, pupils=30, level_code="2GT"),
        make.make_class(school=ecole, pupils=18),
    )
    staff = make.make_class(school=lycee, audience=Audience.STAFF, level_code=None, pupils=9, adults=0)
    past = make.make_slot(local_start=datetime(2026, 11, 17, 9), max_classes=9, max_pupils=200)
    coming = make.make_slot(past.activity, datetime(2027, 1, 12, 9), max_classes=9, max_pupils=200)
    forum = make.make_slot(make.make_activity(kind=ActivityKind.FORUM), datetime(2027, 1, 14, 9))
    make.make_booking(past, came, state=State.ATTENDED, pupils=27, girls=12, adults=3, present_pupils=25,
                      present_girls=11, present_adults=2)  # fmt: skip
    make.make_booking(forum, came, state=State.ATTENDED, pupils=26, adults=3, present_pupils=24, present_adults=3)
    make.make_booking(past, staff, state=State.ATTENDED, pupils=9, adults=0, present_pupils=8, present_adults=0)
    make.make_booking(past, lyceens, state=State.CONFIRMED, pupils=30, adults=2)
    make.make_booking(coming, lyceens, state=State.REQUESTED, pupils=30, adults=2)
    make.make_booking(coming, pupils, state=State.MISSED, pupils=18, adults=4, girls=10)
    make.make_booking(forum, pupils, state=State.EXCUSED, pupils=17, adults=4)
    for state, by, reason in (
        (State.DECLINED, Actor.HOST, "production"), (State.CANCELLED, Actor.TEACHER, "transport"),
        (State.CANCELLED, Actor.TEACHER, "transport"), (State.CANCELLED, Actor.SERVICE, None),
        (State.EXPIRED, Actor.SERVICE, None), (State.WAITING, None, None),
    ):  # fmt: skip
        make.make_booking(coming, other, state=state, ended_by=by, end_reason=reason)
    return past.activity.edition


def values(scope, edition, **narrowed):
    board = figures.board(scope, edition, Filters(**narrowed))
    return {figure.code: figure.value for chapter in board.chapters for figure in chapter.figures}


def test_what_is_booked_and_who_really_came(edition):
    counted = values(EVERYWHERE, edition)
    expected = {
        # 27+26 and 30+30 and 18+17 pupils expected, 3+3+2+2+4+4 adults; 12 of 27 and 10 of 18 are girls.
        "bookings": 7, "confirmed": 4, "pending": 1, "classes": 3, "pupils": 27 + 30 + 18,
        "participations": 148, "adults": 18, "schools": 3, "girls": 22, "boys": 23,
        # The group of teachers came, and brings neither class nor pupils.
        "attended": 3, "classes_present": 1, "pupils_present": 49, "adults_present": 5, "girls_present": 11,
        "boys_present": 14, "missed": 1, "excused": 1, "unrecorded": 1,
        "declined": 1, "expired": 1, "cancelled": 3, "waiting": 1, "answered": 0, "answer_hours": None, "needs": 0,
    }  # fmt: skip
    assert {code: counted[code] for code in expected} == expected


def test_each_figure_that_counts_bookings_leads_to_as_many_rows(edition):
    board = figures.board(EVERYWHERE, edition)
    asked = ("bookings", "confirmed", "pending", "attended", "missed", "excused", "unrecorded", "declined", "expired",
             "cancelled", "waiting", "answered")  # fmt: skip
    for figure in (figure for chapter in board.chapters for figure in chapter.figures if figure.code in asked):
        states = figures.STATES[figure.state] if figure.state else TAKEN
        only = [figures.ONLY[figure.state]()] if figure.state in figures.ONLY else []
        rows = queries.all_of(queries.bookings(EVERYWHERE, edition, Filters(), states, only))
        assert len(rows) == figure.value, figure.code
    counted = queries.all_of(queries.bookings(EVERYWHERE, edition, Filters(), TAKEN, [figures.ONLY["counted"]()]))
    assert sum(booking.girls for (booking,) in counted) == board.value("girls")
    assert sum(booking.pupils - booking.girls for (booking,) in counted) == board.value("boys")


@pytest.mark.parametrize(
    ("narrowed", "bookings", "classes", "participations"),
    [
        ({"school_kind": "college"}, 2, 1, 53),
        ({"status": "private"}, 3, 1, 60),
        ({"status": "public"}, 4, 2, 88),
        ({"priority": "REP"}, 2, 1, 53),
        ({"priority": "none"}, 5, 2, 95),
        ({"ground": "rural"}, 2, 1, 35),
        ({"ground": "urban"}, 2, 1, 53),
        ({"level": "2GT"}, 2, 1, 60),
        ({"kind": "forum"}, 2, 2, 43),
        ({"last_on": date(2026, 12, 31)}, 3, 2, 57),
        ({"first_on": date(2027, 1, 13), "ground": "rural"}, 1, 1, 17),
    ],
)
def test_a_filter_keeps_what_it_says(edition, narrowed, bookings, classes, participations):
    counted = values(EVERYWHERE, edition, **narrowed)
    assert (counted["bookings"], counted["classes"], counted["participations"]) == (bookings, classes, participations)


def test_schools_are_told_apart_and_each_way_of_it_adds_up_to_the_whole(edition):
    reached = figures.board(EVERYWHERE, edition).reached
    by_kind = reached.by(lambda cell: cell.kind)
    assert {kind.value: (c.schools, c.classes, c.pupils, c.bookings) for kind, c in by_kind.items()} == {
        "college": (1, 1, 27, 2), "lycee": (1, 1, 30, 3), "ecole": (1, 1, 18, 2),
    }  # fmt: skip
    assert {rural: c.bookings for rural, c in reached.by(lambda cell: cell.is_rural).items()} == {
        False: 2, None: 3, True: 2,
    }  # fmt: skip
    for of in ("kind", "is_public", "priority", "is_rural"):
        parts = reached.by(lambda cell, of=of: getattr(cell, of))
        assert sum(parts.values(), figures.Counts()) == reached.total, of


def test_each_day_says_what_is_offered_and_booked(edition):
    days = {line.key: line for line in figures.board(EVERYWHERE, edition).days}
    assert {day: (line.slots, line.bookings, line.participations, line.pupils_present) for day, line in days.items()} == {
        date(2026, 11, 17): (1, 3, 57, 25), date(2027, 1, 12): (1, 2, 48, 0), date(2027, 1, 14): (1, 2, 43, 24),
    }  # fmt: skip


def told(lines):
    return {
        line.key: (line.slots, line.offered, line.taken, line.bookings, line.participations, line.pupils_present)
        for line in lines
    }


def test_kinds_sectors_levels_and_weeks_are_told_apart_and_add_up_to_the_whole(edition):
    for slot, taken in zip(db.session.scalars(select(Slot).order_by(Slot.local_start)), (20, 30, 7), strict=True):
        slot.taken_pupils, slot.taken_classes = taken, 1
    db.session.commit()
    board = figures.board(EVERYWHERE, edition)
    visits, forum = (2, 400, 50, 5, 105, 25), (1, 32, 7, 2, 43, 24)
    assert told(board.kinds) == {"site_visit": visits, "forum": forum}
    assert told(board.sectors) == {"metallurgie-mecanique": tuple(map(sum, zip(visits, forum, strict=True)))}
    # The school in a village has a class of 4e too; of the teachers there is a booking, and no pupil.
    assert {key: numbers[3:] for key, numbers in told(board.levels).items()} == {
        "4E": (4, 88, 49), "2GT": (2, 60, 0), None: (1, 0, 0),
    }  # fmt: skip
    assert {str(day): numbers[3:] for day, numbers in told(board.weeks).items()} == {
        "2026-11-16": (3, 57, 25), "2027-01-11": (4, 91, 24),
    }  # fmt: skip
    whole = [
        board.value(code) for code in ("slots", "offered", "taken", "bookings", "participations", "pupils_present")
    ]
    for lines in (board.days, board.weeks, board.kinds, board.sectors):
        assert [sum(column) for column in zip(*told(lines).values(), strict=True)] == whole
    assert [sum(column) for column in zip(*told(board.levels).values(), strict=True)][3:] == whole[3:]


def test_each_line_of_a_chart_s_table_leads_to_the_bookings_it_counts(edition, client):
    officer = make.make_officer(ScopeKind.NATIONAL, None)
    signed_in(client, officer)
    board = figures.board(EVERYWHERE, edition)
    followed = 0
    for panel in panels_of(board, Filters()):
        place = next((n for n, heading in enumerate(panel.columns) if str(heading) == "Réservations"), 0)
        for row in panel.rows:
            if row.query:
                answer = client.get(f"/territory/{officer.memberships[0].id}/bookings.csv", query_string=row.query)
                assert len(answer.data.decode("utf-8-sig").splitlines()) - 1 == row.numbers[place], (panel.code, row)
                followed += 1
    # And the file of the tables has the numbers of the screen.
    told_apart = [f"{panel.title};{row.label};{heading};{number}" for panel in panels_of(board, Filters())
                  for row in panel.rows for heading, number in zip(panel.columns, row.numbers, strict=True)]  # fmt: skip
    sheet = client.get(f"/territory/{officer.memberships[0].id}/tables.csv").data.decode("utf-8-sig").splitlines()
    assert sheet[1:] == told_apart
    assert followed == 2 + 9 + 3 + 2 + 1 + 2 + 3 + 2


def test_a_board_asks_the_same_number_of_statements_whatever_it_counts(edition):
    def statements() -> int:
        seen: list[str] = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        # Read again after a commit, before what is counted.
        assert edition.id
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            panels_of(figures.board(EVERYWHERE, edition), Filters())
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    few = statements()
    for day in range(4, 9):
        slot = make.make_slot(
            make.make_activity(kind=ActivityKind.OPEN_DAY, sector="energie"), datetime(2027, 1, day, 9)
        )
        make.make_booking(slot, make.make_class(level_code="3E"), state=State.CONFIRMED)
    assert statements() == few


def test_endings_are_told_by_who_and_why_and_lead_to_their_rows(edition, client):
    lines = figures.board(EVERYWHERE, edition).endings
    assert [(line.state, line.ended_by, line.reason, line.bookings, line.pupils) for line in lines] == [
        (State.CANCELLED, Actor.TEACHER, "transport", 2, 40), (State.CANCELLED, Actor.SERVICE, None, 1, 20),
        (State.DECLINED, Actor.HOST, "production", 1, 20),
    ]  # fmt: skip
    officer = make.make_officer()
    base = f"/territory/{officer.memberships[0].id}/bookings.csv?state=cancelled"
    signed_in(client, officer)
    for query, found in (("&reason=transport&by=teacher", 2), ("&reason=unsaid&by=service", 1), ("&reason=zzz", 3)):
        assert len(client.get(base + query).data.decode("utf-8-sig").splitlines()) - 1 == found, query


def book(slot, school_class):
    with transaction():
        return services.request_places(slot.id, school_class.id, db.session.get(Person, school_class.owner_id))


def test_the_median_is_of_the_time_from_the_last_request_to_the_answer(app, now, set_now):
    activity = make.make_activity(confirmation=ConfirmationMode.APPROVAL)
    host = db.session.get(Person, activity.contact_id)
    slots = [make.make_slot(activity, datetime(2027, 1, day, 9)) for day in (12, 13, 14)]
    bookings = [book(slot, make.make_class()) for slot in slots]
    for booking, hours in zip(bookings[:2], (5, 49), strict=True):
        set_now(NOW + timedelta(hours=hours, minutes=59))
        with transaction():
            services.answer_request(booking.id, host, accept=True)
    board = figures.board(EVERYWHERE, activity.edition)
    # Of two, the shorter one; the third has not been answered.
    assert (board.value("answered"), board.value("answer_hours")) == (2, 5)
    set_now(NOW + timedelta(hours=60))
    with transaction():
        services.answer_request(bookings[2].id, host, accept=False, reason="production")
    board = figures.board(EVERYWHERE, activity.edition)
    assert (board.value("answered"), board.value("answer_hours")) == (3, 49)


def test_a_median_of_counted_values_is_the_middle_one():
    assert median_of([]) is None
    assert median_of([(3, 1)]) == 3
    assert median_of([(1, 1), (9, 1)]) == 1
    assert median_of([(0, 2), (4, 1), (7, 2)]) == 4
    assert median_of([(0, 2), (24, 3)]) == 24


def test_searches_without_a_visit_are_as_many_as_the_page_of_them_lists(app, now):
    school_class = make.make_class()
    wish = {"first_on": "2027-01-12", "last_on": "2027-01-15", "half": "any"}
    for state in (NeedState.OPEN, NeedState.EXPIRED, NeedState.WITHDRAWN):
        db.session.add(Need(class_id=school_class.id, school_id=school_class.school_id, teacher_id=school_class.owner_id,
                            state=state, radius_km=30, wishes=[wish], deadline_at=NOW, created_at=NOW, updated_at=NOW))  # fmt: skip
    db.session.commit()
    edition = make.make_edition()
    assert values(EVERYWHERE, edition)["needs"] == 2
    assert [values(EVERYWHERE, edition, school_kind=kind)["needs"] for kind in ("college", "lycee")] == [2, 0]
    assert [values(EVERYWHERE, edition, priority=kind)["needs"] for kind in ("none", "REP")] == [2, 0]


def test_a_booking_whose_school_class_or_place_moves_is_counted_once_where_and_when_it_was_made(app, now):
    """The school is given to another académie, the date and the class's school year change, the activity is rolled over."""
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    school = make.make_school()
    slot = make.make_slot()
    book(slot, make.make_class(school=school))
    last = make.make_edition("2028", starts_on=date(2027, 3, 8), ends_on=date(2027, 3, 14))
    school.departement_code, school.academie_code = "77", "24"
    slot.activity.edition_id = last.id
    slot.departement_code, slot.academie_code = "77", "24"
    db.session.commit()
    scopes = [scope_of(make.make_officer(kind, code).memberships[0])
              for kind, code in ((ScopeKind.NATIONAL, None), (ScopeKind.ACADEMIE, "25"), (ScopeKind.ACADEMIE, "24"))]  # fmt: skip
    found = {
        (edition.slug, scope.name): values(scope, edition)["bookings"]
        for edition in (make.make_edition(), last)
        for scope in scopes
    }
    assert sorted(found.values()) == [0, 0, 0, 0, 1, 1]
    assert found["2027", "Académie de Versailles"] == found["2027", "France entière"] == 1
