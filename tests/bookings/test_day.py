"""The day on both databases: late, arrived, came or not; recorded once, corrected, marked when late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from booking.bookings import services
from booking.bookings.day_sheets import line_of
from booking.bookings.models import Booking
from booking.bookings.rules.day import AlreadyArrived, Counts, CountsImplausible, DayOver, Outcome, TooEarly
from booking.bookings.rules.states import Actor, CancelReason, Event, NotPossibleNow, State
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.slots import SlotOver
from booking.core import clock
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

CAME = Outcome(State.ATTENDED, Counts(26, 3))
MISSED = Outcome(State.MISSED)


@pytest.fixture
def host(app):
    return make.make_host()


@pytest.fixture
def booking(host):
    """A firm booking of 27 pupils, Tuesday 12 January 2027 from 9:00 to 11:30."""
    activity = make.make_activity(make.make_site(host.memberships[0].company), host)
    slot, school_class = make.make_slot(activity), make.make_class()
    with transaction():
        return services.request_places(slot.id, school_class.id, db.session.get(make.Person, school_class.owner_id))


@pytest.fixture
def on_the_day(now, booking, set_now):
    set_now(booking.slot.starts_at + timedelta(minutes=5))


def record(booking, actor=Actor.HOST, outcome=CAME, key="a", seen_id=None, person=None):
    booking_id = booking.id
    with transaction():
        return services.record_visit(booking_id, actor, person, outcome, key=key, seen_id=seen_id)


def fresh(booking) -> Booking:
    return db.session.get_one(Booking, booking.id, populate_existing=True)


def counts(booking) -> tuple:
    return booking.present_pupils, booking.present_adults, booking.present_girls


def mails(kind: str) -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == kind)))


# ---- On the way


@pytest.mark.usefixtures("on_the_day")
def test_a_late_coach_is_told_to_the_host_at_once_and_may_be_told_again(booking, host):
    for minutes in (10, 30):
        with transaction():
            services.announce_delay(booking.id, booking.teacher, minutes, key=f"late-{minutes}")
    told = mails("coach-late")
    assert sorted((mail.recipient, mail.payload["details"]["minutes"]) for mail in told) == [
        (host.email, 10),
        (host.email, 30),
    ]
    assert {mail.priority for mail in told} == {1}
    assert {mail.expires_at for mail in told} == {booking.slot.ends_at}
    line = line_of(fresh(booking))
    assert line.delay.details["minutes"] == 30
    assert line.expected_at == datetime(2027, 1, 12, 9, 30)


@pytest.mark.usefixtures("on_the_day")
def test_a_delay_sent_twice_by_a_bad_network_is_told_once(booking):
    for _ in range(2):
        with transaction():
            services.announce_delay(booking.id, booking.teacher, 20, key="same")
    assert len(mails("coach-late")) == 1


@pytest.mark.usefixtures("on_the_day")
def test_class_check_in_in_one_tap_by_host_or_teacher_44(booking):
    first = clock.now() - timedelta(minutes=2)
    with transaction():
        services.note_arrival(booking.id, Actor.TEACHER, booking.teacher, pressed_at=first)
    with transaction():
        services.note_arrival(booking.id, Actor.HOST, None)
    events = [event for event in fresh(booking).events if event.event is Event.ARRIVE]
    assert [event.actor for event in events] == [Actor.TEACHER]
    assert line_of(booking).arrived_at == first
    with pytest.raises(AlreadyArrived), transaction():
        services.announce_delay(booking.id, booking.teacher, 20)
    assert violations() == []


def test_nothing_is_noted_before_the_day(booking, set_now):
    set_now(booking.slot.starts_at - timedelta(hours=10))
    for deed in (
        lambda: record(booking),
        lambda: services.note_arrival(booking.id, Actor.HOST, None),
        lambda: services.announce_delay(booking.id, booking.teacher, 10),
    ):
        with pytest.raises(TooEarly):
            deed()


# ---- Who came


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize("actor", [Actor.HOST, Actor.TEACHER, Actor.OFFICER])
def test_accompanying_adults_are_counted_beside_the_pupils_whoever_writes_it_26(booking, actor):
    written = record(booking, actor, Outcome(State.ATTENDED, Counts(26, 4, 12), note="Tout s’est bien passé."))
    assert written.stands and not written.is_late
    booking = fresh(booking)
    assert (booking.state, counts(booking)) == (State.ATTENDED, (26, 4, 12))
    assert [event.event for event in booking.events][-1] is Event.ATTEND
    assert booking.slot.taken_pupils == 27
    assert violations() == []


@pytest.mark.usefixtures("on_the_day")
def test_a_form_sent_again_after_a_lost_answer_records_once(booking):
    first = record(booking)
    assert record(booking).id == first.id
    assert len(fresh(booking).visit_records) == 1
    assert [event.event for event in booking.events].count(Event.ATTEND) == 1


@pytest.mark.usefixtures("on_the_day")
def test_the_same_form_with_other_numbers_corrects_its_own_record(booking):
    record(booking)
    second = record(booking, outcome=Outcome(State.ATTENDED, Counts(25, 3)))
    assert second.stands
    assert counts(fresh(booking)) == (25, 3, None)


@pytest.mark.usefixtures("on_the_day")
def test_the_first_record_stands_the_other_sides_is_kept_beside_it_and_may_correct_40(booking, host):
    first = record(booking, Actor.HOST, person=host)
    theirs = record(booking, Actor.TEACHER, Outcome(State.ATTENDED, Counts(25, 3)), key="b", person=booking.teacher)
    booking = fresh(booking)
    assert (first.stands, theirs.stands) == (True, False)
    assert counts(booking) == (26, 3, None)
    assert line_of(booking).beside.id == theirs.id
    # Both values are kept with who wrote them, whatever is corrected afterwards.
    third = record(
        booking,
        Actor.TEACHER,
        Outcome(State.ATTENDED, Counts(25, 3)),
        key="c",
        seen_id=first.id,
        person=booking.teacher,
    )
    booking = fresh(booking)
    assert third.stands and counts(booking) == (25, 3, None)
    assert line_of(booking).beside is None
    rows = [(row.actor, row.person_id, row.pupils, row.stands) for row in booking.visit_records]
    assert rows == [
        (Actor.HOST, host.id, 26, True),
        (Actor.TEACHER, booking.teacher_id, 25, False),
        (Actor.TEACHER, booking.teacher_id, 25, True),
    ]
    assert violations() == []


@pytest.mark.usefixtures("on_the_day")
def test_two_sides_that_agree_leave_nothing_to_correct(booking):
    record(booking)
    record(booking, Actor.TEACHER, key="b")
    assert line_of(fresh(booking)).beside is None


@pytest.mark.usefixtures("on_the_day")
def test_a_class_noted_as_missed_that_came_after_all_is_corrected_and_back(booking):
    missed = record(booking, outcome=MISSED)
    assert (fresh(booking).state, counts(booking)) == (State.MISSED, (None, None, None))
    came = record(booking, key="b", seen_id=missed.id)
    assert fresh(booking).state is State.ATTENDED
    record(booking, outcome=Outcome(State.EXCUSED, reason=CancelReason.ILLNESS), key="c", seen_id=came.id)
    booking = fresh(booking)
    assert (booking.state, booking.end_reason, counts(booking)) == (State.EXCUSED, "illness", (None, None, None))
    assert violations() == []


@pytest.mark.usefixtures("on_the_day")
def test_an_excuse_has_its_reason_and_counts_are_plausible(booking):
    with pytest.raises(ReasonMissing):
        record(booking, outcome=Outcome(State.EXCUSED))
    with pytest.raises(CountsImplausible):
        record(booking, outcome=Outcome(State.ATTENDED, Counts(270, 3)))
    assert fresh(booking).state is State.CONFIRMED


def test_recording_late_is_allowed_and_marked_51(booking, set_now):
    set_now(booking.slot.ends_at + timedelta(days=200))
    written = record(booking)
    assert written.is_late
    assert fresh(booking).state is State.ATTENDED
    assert booking.events[-1].details["late"] is True
    assert violations() == []


# ---- Cancelled and recorded exclude each other


def test_a_cancelled_slot_never_counts_as_missed_43(booking, host, set_now):
    with transaction():
        services.cancel_slot(booking.slot_id, host, reason=CancelReason.PRODUCTION)
    set_now(booking.slot.starts_at + timedelta(hours=1))
    for outcome in (MISSED, CAME):
        with pytest.raises(NotPossibleNow):
            record(booking, outcome=outcome)
    assert fresh(booking).state is State.CANCELLED
    assert booking.visit_records == []


@pytest.mark.usefixtures("on_the_day")
def test_a_slot_on_which_a_class_was_missed_is_not_cancelled_afterwards(booking, host):
    record(booking, outcome=MISSED)
    with pytest.raises(SlotOver), transaction():
        services.cancel_slot(booking.slot_id, host, reason=CancelReason.PRODUCTION)


@pytest.mark.parametrize("actor", [Actor.HOST, Actor.TEACHER])
def test_what_is_over_or_has_arrived_is_recorded_not_cancelled(booking, set_now, actor):
    set_now(booking.slot.starts_at + timedelta(minutes=1))
    with transaction():
        services.note_arrival(booking.id, Actor.HOST, None)
    for moment in (booking.slot.starts_at + timedelta(minutes=2), booking.slot.ends_at + timedelta(hours=1)):
        set_now(moment)
        with pytest.raises(DayOver), transaction():
            services.cancel_booking(booking.id, booking.teacher, actor, reason=CancelReason.OTHER)
    record(booking)
    with pytest.raises(NotPossibleNow), transaction():
        services.cancel_booking(booking.id, booking.teacher, actor, reason=CancelReason.OTHER)


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize(
    "values",
    [
        {"present_pupils": 0},
        {"present_pupils": 201},
        {"present_girls": 30},
        {"present_adults": 41},
        {"state": State.MISSED},
    ],
)
def test_the_database_refuses_counts_that_cannot_be(booking, values):
    record(booking)
    booking_id = booking.id
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(Booking).where(Booking.id == booking_id).values(**values))


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize(
    ("values", "fact"),
    [
        ({"present_pupils": None, "present_adults": None}, "attended without counts"),
        ({"present_pupils": 20}, "its record says 26"),
    ],
)
def test_the_check_finds_counts_that_no_record_gave(booking, values, fact):
    record(booking)
    with transaction():
        db.session.execute(update(Booking).where(Booking.id == booking.id).values(**values))
    assert any(fact in violation.fact for violation in violations())


@pytest.mark.usefixtures("on_the_day")
def test_the_check_finds_a_visit_recorded_before_its_day(booking, set_now):
    record(booking)
    set_now(booking.slot.starts_at - timedelta(days=2))
    assert "day-has-come" in {violation.code for violation in violations()}


# ---- The sheet's own link


def test_the_sheets_link_is_the_same_until_it_is_revoked(booking):
    def made() -> str:
        with transaction():
            return services.open_day_sheet(booking.slot_id)

    assert services.day_sheet_token(booking.slot) is None
    first = made()
    assert made() == first == services.day_sheet_token(booking.slot)
    with transaction():
        services.close_day_sheet(booking.slot_id)
    assert services.day_sheet_token(booking.slot) is None
    assert made() != first


def test_no_link_is_made_for_a_visit_long_past(booking, set_now):
    set_now(datetime(2027, 1, 15, tzinfo=UTC))
    with pytest.raises(DayOver), transaction():
        services.open_day_sheet(booking.slot_id)
