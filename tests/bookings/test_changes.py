"""Changing a booking: who comes, which date, what is asked of the host, what silence means; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.capacity import SlotFull
from booking.bookings.rules.changes import (
    AskedAlready,
    ChangedMeanwhile,
    ChangeGone,
    ChangeKind,
    ChangeState,
    Counts,
    NoRoomForMore,
    VisitBegun,
)
from booking.bookings.rules.clashes import Clash
from booking.bookings.rules.explain import AdultsMissing
from booking.bookings.rules.states import Actor, Answer, CancelReason, Event, LinkRule, NotPossibleNow, State
from booking.bookings.services.activities import NothingToCancel
from booking.bookings.services.answers import OptionLapsed, RequestLapsed
from booking.bookings.services.hand_over import StillNeeded
from booking.bookings.services.offers import ClassNotFree
from booking.bookings.services.places import NotFound
from booking.bookings.services.transitions import step
from booking.catalogue.models import ActivityKind, ConfirmationMode, PublicationState, SlotState
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.schools.classes import MoreThanPupils
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

THURSDAY = datetime(2027, 1, 14, 9, 0)


def owner(school_class) -> Person:
    return db.session.get(Person, school_class.owner_id)


def book(slot, school_class=None, **values) -> Booking:
    school_class = school_class or make.make_class()
    person = owner(school_class)
    with transaction():
        return services.request_places(slot.id, school_class.id, person, **values)


def count(booking, pupils, adults=3, assistants=0, girls=None, **values):
    teacher = booking.teacher
    with transaction():
        return services.change_counts(booking.id, teacher, Counts(pupils, adults, assistants, girls), **values)


def move(booking, slot, **values):
    teacher = booking.teacher
    with transaction():
        return services.move_booking(booking.id, slot.id, teacher, **values)


def answer(change, accept, note=""):
    host = change.booking.slot.activity.contact
    with transaction():
        return services.answer_change(change.id, host, accept=accept, note=note)


def taken(slot) -> tuple[int, int]:
    db.session.refresh(slot)
    return slot.taken_classes, slot.taken_pupils


def kinds() -> list[str]:
    """What the two sides are sent; the school's mailbox, and whoever authorises outings, hear of it apart."""
    apart = ("school-notice", "authorisation-asked")
    return sorted(db.session.scalars(select(OutgoingMail.kind).where(OutgoingMail.kind.not_in(apart))))


def new_kinds(before: list[str]) -> list[str]:
    found = kinds()
    for kind in before:
        found.remove(kind)
    return found


def last_event(booking):
    db.session.refresh(booking)
    return booking.events[-1]


@pytest.fixture
def late(set_now):
    """Past the cancellation limit of a visit on 12 January, seven days before; its bookings are still open."""

    def go() -> None:
        set_now(datetime(2027, 1, 7, 9, 0, tzinfo=make.NOW.tzinfo))

    return go


# ---- Who comes


def test_fewer_pupils_give_their_places_back_and_both_sides_read_old_and_new():
    slot = make.make_slot(max_classes=2, max_pupils=60)
    booking = book(slot)
    before = kinds()
    assert count(booking, 25) is None
    assert (booking.pupils, taken(slot)) == (25, (1, 25))
    assert new_kinds(before) == ["booking-updated", "booking-updated"]
    event = last_event(booking)
    assert (event.event, event.details) == (Event.CHANGE_COUNT, {"was": {"pupils": 27}, "now": {"pupils": 25}})
    assert violations() == []


def test_more_pupils_come_if_they_fit_and_the_refusal_says_how_many_could():
    slot = make.make_slot(max_classes=2, max_pupils=60)
    booking = book(slot)
    book(slot, make.make_class(pupils=30))
    count(booking, 30)
    assert taken(slot) == (2, 60)
    with pytest.raises(NoRoomForMore) as refused:
        count(booking, 32)
    assert refused.value.most == 30
    assert (booking.pupils, taken(slot)) == (30, (2, 60))
    assert violations() == []


def test_a_larger_class_that_splits_into_more_groups_needs_more_adults():
    slot = make.make_slot(make.make_activity(group_size_max=10, adults_per_group=1), max_pupils=40)
    booking = book(slot)
    with pytest.raises(AdultsMissing) as refused:
        count(booking, 31, adults=3)
    assert (refused.value.needed, refused.value.given) == (4, 3)
    count(booking, 31, adults=4)
    assert (booking.pupils, booking.adults) == (31, 4)


def test_adults_assistants_and_girls_change_without_moving_a_place():
    booking = book(make.make_slot())
    count(booking, 27, adults=4, assistants=1, girls=13)
    assert (booking.adults, booking.assistants, booking.girls) == (4, 1, 13)
    assert taken(booking.slot) == (1, 27)
    with pytest.raises(MoreThanPupils):
        count(booking, 12, girls=13)


def test_the_same_numbers_again_change_nothing_even_from_a_page_of_before():
    booking = book(make.make_slot())
    seen = booking.revision
    count(booking, 25, seen=seen)
    before, events = kinds(), len(booking.events)
    count(booking, 25, seen=seen)
    db.session.refresh(booking)
    assert (len(booking.events), new_kinds(before)) == (events, [])


def test_a_stale_page_overwrites_nobody():
    booking = book(make.make_slot())
    seen = booking.revision
    count(booking, 25, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        count(booking, 29, seen=seen)
    assert booking.pupils == 25


def test_an_option_and_a_request_change_their_numbers_and_nobody_is_written_to():
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL), max_classes=2, max_pupils=60)
    option, request = book(slot, as_option=True), book(slot)
    before = kinds()
    count(option, 20)
    count(request, 30)
    assert taken(slot) == (2, 50)
    assert new_kinds(before) == []
    assert violations() == []


def test_an_option_that_has_lapsed_and_a_visit_that_has_begun_change_no_more(set_now):
    option = book(make.make_slot(), as_option=True)
    set_now(option.deadline_at)
    with pytest.raises(OptionLapsed):
        count(option, 20)
    booking = book(make.make_slot(local_start=THURSDAY), make.make_class(), key="k")
    set_now(booking.slot.starts_at)
    with pytest.raises(VisitBegun):
        count(booking, 20)


def test_a_host_lowers_and_raises_a_head_count_that_was_agreed_on_the_telephone():
    booking = book(make.make_slot())
    host = booking.slot.activity.contact
    with transaction():
        services.change_counts(booking.id, host, Counts(30, 2), actor=Actor.HOST, note="Vu au téléphone")
    assert (booking.pupils, taken(booking.slot)) == (30, (1, 30))
    with pytest.raises(NoRoomForMore), transaction():
        services.change_counts(booking.id, host, Counts(33, 2), actor=Actor.HOST)
    request = book(make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL), local_start=THURSDAY))
    with pytest.raises(NotPossibleNow), transaction():
        services.change_counts(request.id, host, Counts(20, 2), actor=Actor.HOST)


# ---- Complaint 27: past the deadline, a change is a request


def test_complaint_27_past_the_limit_more_pupils_are_asked_for_and_fewer_are_not(late):
    slot = make.make_slot()
    booking = book(slot)
    late()
    assert count(booking, 25) is None
    before = kinds()
    change = count(booking, 30)
    assert (change.kind, change.state, booking.pupils) == (ChangeKind.COUNT, ChangeState.PENDING, 25)
    assert taken(slot) == (1, 25)
    assert new_kinds(before) == ["change-asked"]
    assert change.due_at == datetime(2027, 1, 11, 17, 0, tzinfo=make.NOW.tzinfo)
    assert last_event(booking).details == {"kind": "count", "was": {"pupils": 25}, "now": {"pupils": 30}}


def test_the_hosts_yes_does_it_and_twice_is_once(late):
    booking = book(make.make_slot())
    late()
    change = count(booking, 30)
    before = kinds()
    answer(change, True)
    answer(change, True)
    assert (booking.pupils, taken(booking.slot)) == (30, (1, 30))
    assert new_kinds(before) == ["booking-updated", "booking-updated"]
    with pytest.raises(ChangeGone):
        answer(change, False)
    assert violations() == []


def test_the_hosts_no_leaves_the_booking_as_it_was(late):
    booking = book(make.make_slot())
    late()
    change = count(booking, 30)
    before = kinds()
    answer(change, False, "L’atelier est petit")
    assert (booking.pupils, change.state, change.answer_note) == (27, ChangeState.REFUSED, "L’atelier est petit")
    assert new_kinds(before) == ["change-refused"]


def test_a_yes_that_no_longer_fits_is_refused_and_the_request_still_waits(late):
    slot = make.make_slot(max_classes=2, max_pupils=60)
    booking = book(slot)
    late()
    change = count(booking, 32)
    book(slot, make.make_class(pupils=30))
    with pytest.raises(NoRoomForMore):
        answer(change, True)
    assert change.is_pending
    assert violations() == []


def test_silence_is_no_and_the_teacher_is_told(late, set_now):
    booking = book(make.make_slot())
    late()
    change = count(booking, 30)
    assert services.due_changes() == []
    set_now(change.due_at)
    with pytest.raises(ChangeGone):
        answer(change, True)
    assert services.due_changes() == [change.id]
    before = kinds()
    for _ in range(2):
        with transaction():
            services.lapse_change(change.id)
    assert (change.state, booking.pupils, services.due_changes()) == (ChangeState.LAPSED, 27, [])
    assert new_kinds(before) == ["change-refused"]


def test_one_request_at_a_time_the_same_again_is_the_same_and_it_can_be_taken_back(late):
    booking = book(make.make_slot())
    late()
    change = count(booking, 30)
    assert count(booking, 30) is None
    with pytest.raises(AskedAlready):
        count(booking, 31)
    before = kinds()
    teacher = booking.teacher
    for _ in range(2):
        with transaction():
            services.withdraw_change(change.id, teacher)
    assert new_kinds(before) == ["change-withdrawn"]
    with pytest.raises(ChangeGone):
        answer(change, True)
    assert count(booking, 31) is not None


def test_a_request_dies_with_its_booking_and_with_its_date(late):
    slot = make.make_slot(max_classes=2, max_pupils=60)
    ended, moved = book(slot), book(slot, make.make_class(pupils=20))
    late()
    first, second = count(ended, 28), count(moved, 21)
    host = slot.activity.contact
    with transaction():
        services.cancel_booking(ended.id, host, Actor.HOST, reason=CancelReason.SAFETY)
    assert first.state is ChangeState.STALE
    with transaction():
        services.move_slot(slot.id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    assert second.state is ChangeState.STALE
    assert last_event(moved).details["dropped"] == "count"
    with pytest.raises(ChangeGone):
        answer(second, True)
    assert violations() == []


def test_a_slot_closed_by_its_host_asks_before_it_takes_more():
    booking = book(make.make_slot())
    host = booking.slot.activity.contact
    booking.slot.state = SlotState.CLOSED
    db.session.commit()
    assert count(booking, 28) is not None
    change = db.session.scalar(select(BookingChange))
    with transaction():
        services.answer_change(change.id, host, accept=True)
    assert booking.pupils == 28


# ---- On another date


def two_dates(**activity):
    activity = make.make_activity(**activity)
    return make.make_slot(activity), make.make_slot(activity, local_start=THURSDAY)


def test_a_booking_moves_to_another_date_of_its_activity_and_takes_its_places_along():
    here, there = two_dates()
    booking = book(here)
    before = kinds()
    assert move(booking, there) is None
    assert (booking.slot_id, booking.state) == (there.id, State.CONFIRMED)
    assert (taken(here), taken(there)) == ((0, 0), (1, 27))
    assert new_kinds(before) == ["booking-updated", "booking-updated"]
    assert last_event(booking).details["was"]["local_start"] == "2027-01-12T09:00:00"
    assert booking.cancellable_until == there.starts_at - timedelta(days=7)
    move(booking, there)
    assert new_kinds(before) == ["booking-updated", "booking-updated"]
    assert violations() == []


def test_a_date_without_room_refuses_and_the_booking_keeps_its_own():
    here, there = two_dates()
    book(there, make.make_class(pupils=20))
    booking = book(here)
    with pytest.raises(SlotFull):
        move(booking, there)
    assert (booking.slot_id, taken(here), taken(there)) == (here.id, (1, 27), (1, 20))
    assert violations() == []


def test_a_booking_stays_in_its_activity():
    booking = book(make.make_slot())
    other = make.make_slot(local_start=THURSDAY)
    with pytest.raises(NotFound):
        move(booking, other)


def test_two_dates_of_one_morning_do_not_stand_in_each_others_way():
    activity = make.make_activity()
    here, there = make.make_slot(activity), make.make_slot(activity, local_start=datetime(2027, 1, 12, 10))
    booking = book(here)
    move(booking, there)
    assert booking.slot_id == there.id
    elsewhere = make.make_slot(local_start=THURSDAY)
    busy = book(elsewhere, booking.school_class)
    assert busy.state is State.CONFIRMED
    clashing = make.make_slot(activity, local_start=THURSDAY)
    with pytest.raises(Clash):
        move(booking, clashing)


def test_a_school_at_its_cap_may_still_move():
    edition = make.make_edition(slug="capped", bookings_per_school=1)
    here, there = two_dates(edition=edition)
    booking = book(here)
    move(booking, there)
    assert booking.slot_id == there.id
    assert violations() == []


def test_a_moved_request_starts_its_clock_again_and_the_host_hears_of_the_new_date(set_now):
    here, there = two_dates(confirmation=ConfirmationMode.APPROVAL)
    booking = book(here)
    first = booking.deadline_at
    set_now(make.NOW + timedelta(days=2))
    before = kinds()
    move(booking, there)
    assert booking.deadline_at == booking.host_answer_due_at > first
    assert (booking.state, booking.host_answer) == (State.REQUESTED, Answer.PENDING)
    assert new_kinds(before) == ["booking-requested"]
    set_now(booking.deadline_at)
    with pytest.raises(RequestLapsed):
        move(booking, here)


def test_a_moved_option_keeps_its_clock():
    here, there = two_dates()
    option = book(here, as_option=True)
    due = option.deadline_at
    move(option, there)
    assert (option.state, option.deadline_at) == (State.HELD, due)
    assert violations() == []


def test_a_workshop_that_moves_takes_its_school_along():
    here, there = two_dates(kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=50)
    booking = book(here)
    move(booking, there)
    db.session.refresh(here)
    assert (here.school_id, there.school_id) == (None, booking.school_id)
    assert violations() == []


def test_tied_classes_on_one_slot_move_together_or_not_at_all():
    activity = make.make_activity()
    here = make.make_slot(activity, max_classes=2, max_pupils=60)
    there = make.make_slot(activity, local_start=THURSDAY, max_classes=2, max_pupils=60)
    small = make.make_slot(activity, local_start=datetime(2027, 1, 15, 9), max_classes=1)
    teacher = make.make_teacher()
    classes = [make.make_class(teacher, name=name) for name in ("4e A", "4e B")]
    with transaction():
        first, second = services.request_together([services.Wish(here.id, each.id) for each in classes], teacher)
    with pytest.raises(SlotFull):
        move(first, small)
    assert (taken(here), taken(small)) == ((2, 54), (0, 0))
    move(first, there)
    assert (first.slot_id, second.slot_id, taken(there)) == (there.id, there.id, (2, 54))
    assert violations() == []


def test_classes_linked_to_be_asked_move_one_by_one():
    activity = make.make_activity()
    here = make.make_slot(activity, max_classes=2, max_pupils=60)
    there = make.make_slot(activity, local_start=THURSDAY)
    teacher = make.make_teacher()
    classes = [make.make_class(teacher, name=name) for name in ("4e A", "4e B")]
    wishes = [services.Wish(here.id, each.id) for each in classes]
    with transaction():
        first, second = services.request_together(wishes, teacher, rule=LinkRule.ASK)
    move(first, there)
    assert (first.slot_id, second.slot_id) == (there.id, here.id)


def test_past_the_limit_another_date_is_asked_for_and_the_hosts_yes_moves(late):
    here, there = two_dates()
    booking = book(here)
    late()
    before = kinds()
    change = move(booking, there)
    assert (booking.slot_id, taken(there)) == (here.id, (0, 0))
    assert new_kinds(before) == ["change-asked"]
    assert move(booking, there) is None
    answer(change, True)
    assert (booking.slot_id, taken(here), taken(there)) == (there.id, (0, 0), (1, 27))
    assert violations() == []


def test_a_date_that_moved_since_it_was_asked_for_is_gone_and_the_teacher_is_told(late):
    here, there = two_dates()
    booking = book(here)
    late()
    change = move(booking, there)
    host = here.activity.contact
    with transaction():
        services.move_slot(there.id, host, datetime(2027, 1, 21, 9), datetime(2027, 1, 21, 11))
    with pytest.raises(ChangeGone):
        answer(change, True)
    before = kinds()
    [due] = services.due_changes()
    with transaction():
        services.lapse_change(due)
    assert (change.state, booking.slot_id, new_kinds(before)) == (ChangeState.STALE, here.id, ["change-refused"])


def test_where_else_the_class_goes_is_not_told_to_the_host(late):
    here, there = two_dates()
    booking = book(here)
    late()
    change = move(booking, there)
    book(make.make_slot(local_start=THURSDAY), booking.school_class)
    with pytest.raises(ClassNotFree):
        answer(change, True)


# ---- Complaint 28: the host is told at once that a class cannot come


def test_complaint_28_past_the_limit_the_host_hears_at_once_that_the_class_cannot_come_and_cancels(late):
    slot = make.make_slot()
    booking = book(slot)
    late()
    teacher = booking.teacher
    before = kinds()
    for _ in range(2):
        with transaction():
            change = services.ask_to_cancel(booking.id, teacher, reason=CancelReason.TRANSPORT, note="Le car")
    assert (booking.state, new_kinds(before)) == (State.CONFIRMED, ["change-asked"])
    before = kinds()
    answer(change, True)
    assert (booking.state, booking.ended_by, booking.end_reason) == (State.CANCELLED, Actor.TEACHER, "transport")
    assert (change.state, taken(slot)) == (ChangeState.ACCEPTED, (0, 0))
    assert new_kinds(before) == ["booking-cancelled", "booking-cancelled"]
    assert violations() == []


def test_once_the_visit_has_begun_nobody_is_asked_any_more_whether_the_class_may_stay_away(set_now):
    booking = book(make.make_slot())
    teacher = booking.teacher
    set_now(booking.slot.starts_at)
    with pytest.raises(VisitBegun), transaction():
        services.ask_to_cancel(booking.id, teacher, reason=CancelReason.ILLNESS)
    set_now(booking.slot.starts_at + timedelta(days=2))
    assert violations() == []


# ---- The new date of a moved slot


def moved_slot(**values):
    slot = make.make_slot(**values)
    booking = book(slot)
    host = slot.activity.contact
    with transaction():
        services.move_slot(slot.id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    return booking


def test_complaint_30_a_class_says_that_the_new_date_suits_once(set_now):
    booking = moved_slot()
    assert booking.reconfirm_by is not None
    teacher = booking.teacher
    for _ in range(2):
        with transaction():
            services.reconfirm(booking.id, teacher)
    db.session.refresh(booking)
    assert booking.reconfirm_by is None
    assert [event.event for event in booking.events].count(Event.RECONFIRM) == 1
    assert services.due_reconfirmations() == []


def test_a_class_that_is_expected_elsewhere_cannot_say_that_the_date_suits():
    slot = make.make_slot()
    booking = book(slot)
    other = make.make_slot(local_start=THURSDAY)
    book(other, booking.school_class)
    host, teacher = slot.activity.contact, booking.teacher
    with transaction():
        services.move_slot(slot.id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    with pytest.raises(Clash), transaction():
        services.reconfirm(booking.id, teacher)
    assert booking.reconfirm_by is not None


# ---- Complaint 9: a whole slot, a whole activity


def test_complaint_9_a_whole_activity_is_cancelled_and_no_class_is_sent_to_another_of_its_dates():
    here, there = two_dates()
    empty = make.make_slot(here.activity, local_start=datetime(2027, 1, 19, 9))
    bookings = [book(here), book(there)]
    host = here.activity.contact
    before = kinds()
    with transaction():
        ended = services.cancel_activity(here.activity_id, host, reason=CancelReason.PRODUCTION, note="Usine arrêtée")
    assert ended == 2
    assert {booking.state for booking in bookings} == {State.CANCELLED}
    assert {slot.state for slot in (here, there, empty)} == {SlotState.CANCELLED}
    assert here.activity.state is PublicationState.UNPUBLISHED
    assert new_kinds(before) == ["booking-cancelled"] * 4
    visits = db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "booking-cancelled")).all()
    assert all(not mail.payload["other_visits"] for mail in visits)
    with pytest.raises(NothingToCancel), transaction():
        services.cancel_activity(here.activity_id, host, reason=CancelReason.PRODUCTION)
    assert violations() == []


def test_tied_classes_of_a_cancelled_slot_hear_that_it_is_cancelled():
    slot = make.make_slot(max_classes=2, max_pupils=60)
    teacher = make.make_teacher()
    classes = [make.make_class(teacher, name=name) for name in ("4e A", "4e B")]
    with transaction():
        bookings = services.request_together([services.Wish(slot.id, each.id) for each in classes], teacher)
    with transaction():
        services.cancel_slot(slot.id, slot.activity.contact, reason=CancelReason.SAFETY)
    assert {booking.end_reason for booking in bookings} == {"safety"}
    assert violations() == []


def test_whoever_withdrew_an_activity_stays_its_contact_while_classes_come():
    booking = book(make.make_slot())
    activity, host = booking.slot.activity, booking.slot.activity.contact
    activity.state = PublicationState.UNPUBLISHED
    db.session.commit()
    with pytest.raises(StillNeeded) as refused, transaction():
        services.leave(host.memberships[0].id, host)
    assert refused.value.activities == 1


def test_complaint_43_a_late_cancellation_is_cancelled_and_never_counts_as_missed(late):
    booking = book(make.make_slot())
    late()
    teacher = booking.teacher
    with transaction():
        change = services.ask_to_cancel(booking.id, teacher, reason=CancelReason.ILLNESS)
    answer(change, True)
    host = booking.slot.activity.contact
    with pytest.raises(NotPossibleNow), transaction():
        step(booking, Event.MISS, Actor.HOST, host)


def test_the_check_finds_a_change_that_waits_for_nobody(late):
    booking = book(make.make_slot())
    late()
    count(booking, 30)
    assert violations() == []
    booking.state = State.ATTENDED
    db.session.commit()
    assert "change-pending" in {violation.code for violation in violations()}
