"""The verbs of the bookings room: rows, places, history, mails and refusals, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.queries import clocks_of
from booking.bookings.rules.capacity import GroupTooLarge, SlotFull, TooFewPlaces
from booking.bookings.rules.explain import AdultsMissing, OtherSchoolsWorkshop, OutOfArea, WrongLevel
from booking.bookings.rules.sentences import next_step
from booking.bookings.rules.states import Actor, Answer, CancelReason, Event, LinkRule, NotPossibleNow, State
from booking.bookings.services.answers import OptionLapsed, ReasonMissing, RequestLapsed, TooLateToCancel
from booking.bookings.services.places import NotFound
from booking.bookings.services.requests import KeyReused
from booking.bookings.services.slots import SameTimes, SlotOver
from booking.catalogue.models import ActivityKind, ConfirmationMode, SlotState
from booking.catalogue.rules.slots import AlreadyOffered
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")


def owner(school_class):
    return db.session.get(Person, school_class.owner_id)


def request(slot, school_class, **values) -> Booking:
    person = owner(school_class)
    with transaction():
        return services.request_places(slot.id, school_class.id, person, **values)


def kinds() -> list[str]:
    """What the two sides are sent; what the school itself is told and asked is apart (test_hand_over, test_authorisations)."""
    to_the_school = ("school-notice", "authorisation-asked")
    return sorted(db.session.scalars(select(OutgoingMail.kind).where(OutgoingMail.kind.not_in(to_the_school))))


def on_approval(**values):
    return make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL), **values)


def test_an_instant_activity_is_confirmed_at_once_and_both_sides_are_told():
    slot, school_class = make.make_slot(), make.make_class()
    booking = request(slot, school_class)
    assert booking.state is State.CONFIRMED
    assert (slot.taken_classes, slot.taken_pupils) == (1, 27)
    assert kinds() == ["booking-confirmed", "booking-confirmed"]
    assert [event.event for event in booking.events] == [Event.CONFIRM]
    assert violations() == []


def test_an_activity_on_approval_takes_the_place_and_waits_for_the_host_until_a_date():
    slot = on_approval()
    booking = request(slot, make.make_class())
    assert (booking.state, booking.host_answer) == (State.REQUESTED, Answer.PENDING)
    assert booking.deadline_at == booking.host_answer_due_at > make.NOW
    assert slot.taken_classes == 1
    assert kinds() == ["booking-requested", "booking-requested"]


def test_an_untrusted_teacher_may_only_request():
    teacher = make.make_teacher(trusted=False)
    assert request(make.make_slot(), make.make_class(teacher)).state is State.REQUESTED


def test_the_hosts_yes_confirms_and_sends_the_invitations():
    booking = request(on_approval(), make.make_class())
    host = booking.slot.activity.contact
    with transaction():
        services.answer_request(booking.id, host, accept=True)
    assert (booking.state, booking.deadline_at) == (State.CONFIRMED, None)
    assert kinds().count("booking-confirmed") == 2
    assert violations() == []


def test_the_hosts_no_gives_the_places_back_and_says_why():
    slot = on_approval()
    booking = request(slot, make.make_class())
    with transaction():
        services.answer_request(booking.id, slot.activity.contact, accept=False, reason=CancelReason.NO_GUIDE)
    assert (booking.state, booking.end_reason) == (State.DECLINED, "no_guide")
    assert (slot.taken_classes, slot.taken_pupils) == (0, 0)
    assert kinds().count("booking-declined") == 1
    assert violations() == []


def test_a_no_needs_a_reason():
    booking = request(on_approval(), make.make_class())
    with pytest.raises(ReasonMissing), transaction():
        services.answer_request(booking.id, booking.slot.activity.contact, accept=False)


def test_a_second_answer_is_refused_and_changes_nothing():
    booking = request(on_approval(), make.make_class())
    host = booking.slot.activity.contact
    with transaction():
        services.answer_request(booking.id, host, accept=True)
    with pytest.raises(NotPossibleNow), transaction():
        services.answer_request(booking.id, host, accept=False, reason=CancelReason.OTHER)
    assert booking.state is State.CONFIRMED
    assert violations() == []


def test_a_repeated_submission_returns_the_first_booking():
    slot, school_class = make.make_slot(max_classes=3, max_pupils=90), make.make_class()
    first = request(slot, school_class, key="k1")
    assert request(slot, school_class, key="k1").id == first.id
    assert request(slot, school_class, key="k2").id == first.id
    assert slot.taken_classes == 1
    assert kinds() == ["booking-confirmed", "booking-confirmed"]


def test_a_key_cannot_serve_for_another_slot():
    school_class = make.make_class()
    request(make.make_slot(), school_class, key="k1")
    other = make.make_slot(local_start=datetime(2027, 1, 14, 9, 0))
    with pytest.raises(KeyReused):
        request(other, school_class, key="k1")


def test_a_refusal_leaves_no_trace():
    slot = make.make_slot()
    with pytest.raises(WrongLevel):
        request(slot, make.make_class(level_code="CM2"))
    assert slot.taken_classes == 0
    assert kinds() == []
    assert violations() == []


def test_a_full_slot_says_full_and_a_tight_one_says_how_many_are_left():
    slot = make.make_slot(max_classes=2, max_pupils=40)
    request(slot, make.make_class())
    with pytest.raises(TooFewPlaces) as refusal:
        request(slot, make.make_class())
    assert refusal.value.left == 13
    request(slot, make.make_class(pupils=13))
    with pytest.raises(SlotFull):
        request(slot, make.make_class(pupils=5))


def test_the_head_count_of_one_visit_may_differ_from_the_saved_class():
    slot, school_class = make.make_slot(), make.make_class()
    booking = request(slot, school_class, pupils=14, adults=2)
    assert (booking.pupils, booking.adults, school_class.pupils) == (14, 2, 27)
    assert slot.taken_pupils == 14


def test_too_few_adults_are_refused_with_the_number_that_is_asked():
    slot = make.make_slot(adults_per_class=4)
    with pytest.raises(AdultsMissing) as refusal:
        request(slot, make.make_class(adults=2))
    assert (refusal.value.needed, refusal.value.given) == (4, 2)


def test_a_class_of_another_school_cannot_be_booked():
    slot, stranger = make.make_slot(), make.make_teacher(make.make_school())
    foreign_class = make.make_class()
    with pytest.raises(NotFound), transaction():
        services.request_places(slot.id, foreign_class.id, stranger)


def test_a_colleague_may_book_for_a_class_of_the_school():
    school = make.make_school()
    school_class, colleague = make.make_class(make.make_teacher(school)), make.make_teacher(school)
    slot = make.make_slot()
    with transaction():
        booking = services.request_places(slot.id, school_class.id, colleague)
    assert (booking.teacher_id, booking.booked_by_id) == (school_class.owner_id, colleague.id)


def test_editing_the_saved_class_changes_no_booking():
    school_class = make.make_class()
    booking = request(make.make_slot(), school_class)
    school_class.pupils = 30
    db.session.commit()
    assert booking.pupils == 27
    assert violations() == []


def test_cancelling_gives_back_exactly_what_was_taken():
    slot = make.make_slot(max_classes=2, max_pupils=60)
    booking, other = request(slot, make.make_class()), request(slot, make.make_class(pupils=20))
    with transaction():
        services.cancel_booking(booking.id, owner(booking.school_class), Actor.TEACHER, reason="transport")
    assert (slot.taken_classes, slot.taken_pupils) == (1, other.pupils)
    assert booking.state is State.CANCELLED
    assert violations() == []


def test_a_cancelled_class_may_book_the_slot_again():
    slot, school_class = make.make_slot(), make.make_class()
    first = request(slot, school_class)
    with transaction():
        services.cancel_booking(first.id, owner(school_class), Actor.TEACHER, reason="transport")
    assert request(slot, school_class).id != first.id
    assert violations() == []


def test_after_the_limit_a_teacher_no_longer_cancels_alone_but_the_host_can(set_now):
    booking = request(make.make_slot(), make.make_class())
    set_now(booking.slot.starts_at - timedelta(days=2))
    with pytest.raises(TooLateToCancel), transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason="illness")
    with transaction():
        services.cancel_booking(booking.id, booking.slot.activity.contact, Actor.HOST, reason="safety")
    assert booking.ended_by is Actor.HOST


def test_an_unanswered_request_expires_at_its_deadline_and_not_before(set_now):
    booking = request(on_approval(), make.make_class())
    with transaction():
        assert services.expire_due(booking.id) is None
    assert services.due_bookings() == []
    set_now(booking.deadline_at)
    assert services.due_bookings() == [booking.id]
    with transaction():
        services.expire_due(booking.id)
    assert booking.state is State.EXPIRED
    assert booking.slot.taken_classes == 0
    assert kinds().count("request-expired") == 2
    with transaction():
        assert services.expire_due(booking.id) is None
    assert violations() == []


def test_cancelling_a_slot_ends_every_booking_and_tells_every_class():
    activity = make.make_activity(confirmation=ConfirmationMode.APPROVAL)
    slot = make.make_slot(activity, max_classes=3, max_pupils=90)
    first, second = request(slot, make.make_class()), request(slot, make.make_class())
    with transaction():
        services.answer_request(first.id, activity.contact, accept=True)
    with transaction():
        services.cancel_slot(slot.id, activity.contact, reason="production")
    assert {first.state, second.state} == {State.CANCELLED}
    assert slot.state is SlotState.CANCELLED
    assert slot.taken_classes == 0
    with pytest.raises(SlotOver), transaction():
        services.cancel_slot(slot.id, activity.contact, reason="production")
    assert violations() == []


def test_a_moved_slot_keeps_its_bookings_and_asks_the_confirmed_ones_again():
    slot = make.make_slot()
    booking = request(slot, make.make_class())
    with transaction():
        services.move_slot(slot.id, slot.activity.contact, datetime(2027, 1, 14, 14, 0), datetime(2027, 1, 14, 16, 0))
    assert booking.state is State.CONFIRMED
    assert booking.reconfirm_by is not None
    assert slot.starts_at.isoformat() == "2027-01-14T13:00:00+00:00"
    assert slot.closes_at.isoformat() == "2027-01-11T08:00:00+00:00"
    assert kinds().count("booking-updated") == 2
    assert violations() == []


def test_a_workshop_goes_to_one_school_within_its_area():
    activity = make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=30)
    slot = make.make_slot(activity, max_classes=2, max_pupils=60)
    school = make.make_school()
    far = make.make_school(latitude=45.76, longitude=4.84)
    with pytest.raises(OutOfArea):
        request(slot, make.make_class(school=far))
    booking = request(slot, make.make_class(school=school))
    assert booking.place.startswith("Collège Louis Pasteur")
    with pytest.raises(OtherSchoolsWorkshop):
        request(slot, make.make_class(school=make.make_school()))
    request(slot, make.make_class(school=school))
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason="other")
    assert slot.school_id == school.id
    assert violations() == []


def test_a_workshop_freed_by_its_last_class_is_open_to_any_school_again():
    slot = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP))
    booking = request(slot, make.make_class())
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason="other")
    assert slot.school_id is None
    request(slot, make.make_class(school=make.make_school()))


def test_an_option_keeps_the_places_until_its_deadline_and_lapses(set_now):
    slot, school_class = make.make_slot(), make.make_class()
    option = request(slot, school_class, as_option=True)
    assert (option.state, slot.taken_classes) == (State.HELD, 1)
    assert make.NOW < option.deadline_at <= slot.closes_at
    assert kinds() == ["hold-placed"]
    set_now(option.deadline_at)
    with pytest.raises(OptionLapsed), transaction():
        services.confirm_option(option.id, owner(school_class))
    with transaction():
        services.expire_due(option.id)
    assert (option.state, slot.taken_classes) == (State.EXPIRED, 0)
    assert violations() == []


def test_an_option_becomes_a_firm_booking_or_a_request_as_the_activity_says():
    for activity, state in (
        (make.make_activity(), State.CONFIRMED),
        (make.make_activity(confirmation=ConfirmationMode.APPROVAL), State.REQUESTED),
    ):
        school_class = make.make_class()
        option = request(make.make_slot(activity), school_class, as_option=True)
        with transaction():
            services.confirm_option(option.id, owner(school_class))
        assert option.state is state
        assert (option.deadline_at is None) is (state is State.CONFIRMED)
    assert violations() == []


def two_linked(rule=LinkRule.BOTH_OR_NEITHER, confirmation=ConfirmationMode.INSTANT):
    teacher = make.make_teacher()
    slots = [make.make_slot(make.make_activity(confirmation=confirmation)) for _ in range(2)]
    wishes = [
        services.Wish(slot.id, make.make_class(teacher, name=f"4e {letter}").id)
        for slot, letter in zip(slots, "AB", strict=True)
    ]
    with transaction():
        return services.request_together(wishes, teacher, rule=rule)


def test_linked_classes_are_booked_both_or_neither():
    teacher = make.make_teacher()
    free, full = make.make_slot(), make.make_slot(max_pupils=10)
    wishes = [services.Wish(slot.id, make.make_class(teacher, name=f"{slot.id}").id) for slot in (free, full)]
    with pytest.raises(GroupTooLarge), transaction():
        services.request_together(wishes, teacher)
    assert free.taken_classes == 0
    assert kinds() == []


def test_when_one_of_two_linked_bookings_ends_the_other_ends_too():
    one, other = two_linked()
    with transaction():
        services.cancel_booking(one.id, one.teacher, Actor.TEACHER, reason="transport")
    assert {one.state, other.state} == {State.CANCELLED}
    assert (other.end_reason, other.ended_by) == ("linked", Actor.SERVICE)
    assert other.slot.taken_classes == 0
    assert violations() == []


def test_bookings_linked_by_ask_do_not_end_together():
    one, other = two_linked(rule=LinkRule.ASK)
    with transaction():
        services.cancel_slot(one.slot_id, one.slot.activity.contact, reason="production")
    assert (one.state, other.state) == (State.CANCELLED, State.CONFIRMED)


def test_a_host_who_declines_one_of_two_linked_requests_ends_both():
    one, other = two_linked(confirmation=ConfirmationMode.APPROVAL)
    with transaction():
        services.answer_request(one.id, one.slot.activity.contact, accept=False, reason="no_guide")
    assert (one.state, other.state) == (State.DECLINED, State.CANCELLED)
    assert violations() == []


def move(slot, start: datetime, hours: float = 2.5):
    with transaction():
        return services.move_slot(slot.id, slot.activity.contact, start, start + timedelta(hours=hours))


def test_a_move_onto_another_outing_of_the_class_is_cancelled_by_silence(set_now):
    school_class = make.make_class()
    kept = request(make.make_slot(local_start=datetime(2027, 1, 14, 9)), school_class)
    moved = request(make.make_slot(local_start=datetime(2027, 1, 12, 9)), school_class)
    move(moved.slot, datetime(2027, 1, 14, 10))
    assert violations() == []
    for reader in (Actor.TEACHER, Actor.HOST):
        words = next_step(clocks_of(moved), reader)
        assert "cette réservation sera annulée" in words
        # Which outing it is, is the class's own business.
        assert (kept.slot.activity.title in words) == (reader is Actor.TEACHER)
    assert services.due_reconfirmations() == []
    set_now(moved.reconfirm_by)
    assert services.due_reconfirmations() == [moved.id]
    with transaction():
        services.settle_move(moved.id)
    assert (moved.state, moved.end_reason, moved.ended_by) == (State.CANCELLED, "clash", Actor.SERVICE)
    assert kept.state is State.CONFIRMED
    with transaction():
        assert services.settle_move(moved.id) is None
    assert violations() == []


def test_silence_after_a_move_without_clash_keeps_the_booking(set_now):
    moved = request(make.make_slot(), make.make_class())
    move(moved.slot, datetime(2027, 1, 14, 10))
    set_now(moved.reconfirm_by)
    with transaction():
        services.settle_move(moved.id)
    assert (moved.state, moved.reconfirm_by) == (State.CONFIRMED, None)


def test_a_clash_that_stays_after_the_time_to_answer_is_a_violation(set_now):
    school_class = make.make_class()
    request(make.make_slot(local_start=datetime(2027, 1, 14, 9)), school_class)
    moved = request(make.make_slot(local_start=datetime(2027, 1, 12, 9)), school_class)
    move(moved.slot, datetime(2027, 1, 14, 10))
    set_now(moved.reconfirm_by + timedelta(days=2))
    assert [violation.code for violation in violations()] == ["class-clash"]


def test_a_slot_is_not_moved_to_where_it_is_nor_onto_its_twin():
    activity = make.make_activity()
    slot, other = make.make_slot(activity), make.make_slot(activity, datetime(2027, 1, 14, 9))
    with pytest.raises(SameTimes):
        move(slot, slot.local_start)
    with pytest.raises(AlreadyOffered):
        move(slot, other.local_start)
    assert slot.sequence == 0
    assert kinds() == []


def test_a_window_keeps_its_local_hour_across_a_change_of_the_clocks():
    edition = make.make_edition(window_ends_on=datetime(2027, 7, 2).date())
    zone = ZoneInfo("Europe/Paris")
    closes = datetime(2027, 3, 22, 18, 0, tzinfo=zone)
    slot = make.make_slot(make.make_activity(edition=edition), datetime(2027, 3, 25, 9))
    slot.closes_at = closes
    db.session.commit()
    move(slot, datetime(2027, 4, 1, 9))
    assert slot.closes_at.astimezone(zone).isoformat() == "2027-03-29T18:00:00+02:00"


def test_the_host_cannot_accept_after_the_deadline_even_before_the_worker_has_passed(set_now):
    booking = request(on_approval(), make.make_class())
    set_now(booking.deadline_at)
    with pytest.raises(RequestLapsed), transaction():
        services.answer_request(booking.id, booking.slot.activity.contact, accept=True)
    assert booking.state is State.REQUESTED
