"""The waiting list, on both databases: joining, leaving, offers that hold a place, and nobody overtaken.

Tests whose name ends with a number answer the complaint of that number that users of comparable systems filed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings import jobs, services
from booking.bookings.models import Booking
from booking.bookings.queries import explain
from booking.bookings.rules.capacity import GroupTooLarge
from booking.bookings.rules.changes import Counts
from booking.bookings.rules.clashes import Clash
from booking.bookings.rules.explain import AdultsMissing, WrongLevel
from booking.bookings.rules.states import Actor, Answer, CancelReason, Event, NotPossibleNow, State
from booking.bookings.rules.waiting import CannotWait, PlacesAwaited, PlacesFree, WaitsAlready
from booking.bookings.services.offers import OfferLapsed
from booking.bookings.services.places import NotFound, take_freed
from booking.catalogue.models import ActivityKind, ConfirmationMode, Slot, SlotState
from booking.catalogue.rules.slots import TimesAreBooked
from booking.catalogue.services import edit_slot, slot_draft_of
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.schools.models import Absence
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")


def owner(school_class) -> Person:
    return db.session.get(Person, school_class.owner_id)


def book(slot, school_class, **values) -> Booking:
    with transaction():
        return services.request_places(slot.id, school_class.id, owner(school_class), **values)


def join(school_class, *slots, **values) -> Booking:
    with transaction():
        joined = services.join_line([slot.id for slot in slots], school_class.id, owner(school_class), **values)
    return joined[0]


def leave(booking) -> None:
    with transaction():
        services.leave_line(booking.id, booking.teacher)


def cancel(booking, actor=Actor.TEACHER) -> None:
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, actor, reason=CancelReason.TRANSPORT)


def accept(booking) -> None:
    with transaction():
        services.accept_offer(booking.id, booking.teacher)


def a_class(pupils: int = 27, **values):
    return make.make_class(school=make.make_school(), pupils=pupils, **values)


def a_full_slot(*pupils: int, **values) -> tuple[Slot, list[Booking]]:
    """A slot whose last place went to classes of these sizes, and their bookings."""
    slot = make.make_slot(**{"max_classes": len(pupils), "max_pupils": sum(pupils), **values})
    return slot, [book(slot, a_class(number)) for number in pupils]


def kinds_to(person: Person) -> list[str]:
    """In the order of the alphabet: the time stands still."""
    query = select(OutgoingMail.kind).where(OutgoingMail.person_id == person.id, OutgoingMail.kind != "school-notice")
    return sorted(db.session.scalars(query))


# ---- Joining


def test_a_whole_class_joins_the_list_of_a_full_slot_and_holds_nothing_1():
    slot, _ = a_full_slot(30)
    waiting = join(a_class(), slot)
    assert (waiting.state, waiting.deadline_at) == (State.WAITING, None)
    assert (slot.taken_classes, slot.taken_pupils, slot.waiting_classes) == (1, 30, 1)
    assert kinds_to(waiting.teacher) == ["waitlist-joined"]
    assert violations() == []


def test_joining_twice_is_joining_once():
    slot, _ = a_full_slot(30)
    school_class = a_class()
    assert join(school_class, slot).id == join(school_class, slot).id
    assert slot.waiting_classes == 1
    assert violations() == []


def test_whoever_could_book_books_and_does_not_wait():
    slot = make.make_slot(max_classes=2, max_pupils=60)
    with pytest.raises(PlacesFree):
        join(a_class(), slot)
    assert slot.waiting_classes == 0


@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"level_code": "CM2"}, WrongLevel), ({"pupils": 40}, GroupTooLarge), ({"adults": 0}, AdultsMissing)],
)
def test_only_the_lack_of_places_leads_to_the_list(values, refusal):
    slot, _ = a_full_slot(30)
    with pytest.raises(refusal):
        join(make.make_class(school=make.make_school(), **values), slot)


def test_a_class_that_is_busy_then_does_not_join():
    slot, _ = a_full_slot(30)
    school_class = a_class()
    book(make.make_slot(), school_class)
    with pytest.raises(Clash):
        join(school_class, slot)


def test_a_class_waits_for_several_dates_of_an_activity_in_one_go_2():
    slot, _ = a_full_slot(30)
    other = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0), max_pupils=30)
    book(other, a_class(30))
    join(a_class(), slot, other)
    assert (slot.waiting_classes, other.waiting_classes) == (1, 1)
    assert violations() == []


def test_of_several_dates_one_that_cannot_be_waited_for_is_named_and_none_is_joined():
    slot, _ = a_full_slot(30)
    closed = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0), closes_days_before=60)
    with pytest.raises(CannotWait) as refused:
        join(a_class(), slot, closed)
    assert "14 janvier" in refused.value.message
    assert slot.waiting_classes == 0


def test_dates_of_two_activities_are_not_one_wish():
    first, _ = a_full_slot(30)
    second, _ = a_full_slot(30)
    with pytest.raises(NotFound):
        join(a_class(), first, second)


def test_a_class_in_line_does_not_come_together_with_one_that_books():
    slot, [gone] = a_full_slot(60, max_classes=2)
    teacher = make.make_teacher(make.make_school())
    waiting, other = make.make_class(teacher, name="4e A"), make.make_class(teacher, name="4e B")
    join(waiting, slot)
    with pytest.raises(WaitsAlready), transaction():
        services.request_together([services.Wish(slot.id, each.id) for each in (waiting, other)], teacher)
    assert gone.state is State.CONFIRMED


def test_a_teacher_who_is_not_verified_yet_waits_like_others_and_then_only_asks_41():
    slot, [gone] = a_full_slot(30)
    waiting = join(make.make_class(make.make_teacher(trusted=False)), slot)
    cancel(gone)
    jobs.promote_lines()
    accept(waiting)
    assert (waiting.state, waiting.host_answer) == (State.REQUESTED, Answer.PENDING)
    assert violations() == []


# ---- Whose turn it is


def test_a_place_given_back_is_offered_to_the_first_in_line_and_held_for_it_4():
    slot, [gone] = a_full_slot(30)
    first, second = join(a_class(), slot), join(a_class(), slot)
    cancel(gone)
    assert jobs.promote_lines() == 1
    assert (first.state, second.state) == (State.OFFERED, State.WAITING)
    # Three school days from Tuesday, 18:00 in Paris.
    assert first.deadline_at.isoformat() == "2026-11-27T17:00:00+00:00"
    assert (slot.taken_classes, slot.taken_pupils, slot.waiting_classes) == (1, 27, 1)
    assert kinds_to(first.teacher) == ["waitlist-joined", "waitlist-offered"]
    assert violations() == []


@pytest.mark.parametrize("how", ["declined", "expired", "raised"])
def test_a_request_declined_or_expired_or_more_places_serve_the_line(how, set_now):
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL))
    gone = book(slot, a_class(30))
    waiting = join(a_class(), slot)
    if how == "declined":
        with transaction():
            services.answer_request(gone.id, slot.activity.contact, accept=False, reason=CancelReason.NO_GUIDE)
    elif how == "expired":
        set_now(gone.deadline_at)
        jobs.expire_bookings()
    else:
        draft = slot_draft_of(slot)
        with transaction():
            edit_slot(slot.id, replace(draft, capacity=replace(draft.capacity, max_classes=2, max_pupils=60)))
    assert services.slots_to_promote() == [slot.id]
    jobs.promote_lines()
    assert waiting.state is State.OFFERED
    assert violations() == []


def test_running_the_job_again_offers_and_tells_nothing_more():
    slot, [gone] = a_full_slot(30)
    waiting = join(a_class(), slot)
    cancel(gone)
    assert (jobs.promote_lines(), jobs.promote_lines()) == (1, 0)
    assert kinds_to(waiting.teacher).count("waitlist-offered") == 1


def test_a_class_too_large_for_the_places_is_skipped_once_for_each_time_they_go_to_another():
    slot, [small, large] = a_full_slot(20, 30, max_pupils=60)
    big, fits = join(a_class(41), slot), join(a_class(22), slot)
    cancel(small)
    jobs.promote_lines()
    jobs.promote_lines()
    assert (big.state, big.skip_count, fits.state) == (State.WAITING, 1, State.OFFERED)
    assert fits.events[-1].details == {"skipped": [big.id]}
    cancel(large)
    leave(fits)
    jobs.promote_lines()
    assert (big.state, big.skip_count) == (State.OFFERED, 1)
    assert violations() == []


def test_a_skipped_class_rises_before_one_that_could_not_come():
    slot, [small, _large] = a_full_slot(20, 30, max_pupils=60)
    busy = a_class(21)
    away, big, fits = join(busy, slot), join(a_class(41), slot), join(a_class(22), slot)
    db.session.add(Absence(school_id=busy.school_id, class_id=busy.id, first_on=slot.local_start.date(),
                           last_on=slot.local_start.date(), reason="stage"))  # fmt: skip
    db.session.commit()
    cancel(small)
    jobs.promote_lines()
    assert [each.state for each in (away, big, fits)] == [State.WAITING, State.WAITING, State.OFFERED]
    assert [each.skip_count for each in (away, big, fits)] == [0, 1, 0]


def test_places_that_come_free_for_two_classes_are_offered_to_both():
    slot, gone = a_full_slot(30, 30)
    first, second = join(a_class(), slot), join(a_class(), slot)
    with transaction():
        for booking in gone:
            services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=CancelReason.OTHER)
    assert jobs.promote_lines() == 2
    assert {first.state, second.state} == {State.OFFERED}
    assert violations() == []


def test_whoever_was_put_out_of_a_cancelled_slot_comes_first():
    slot, [gone] = a_full_slot(30)
    earlier = join(a_class(), slot)
    other = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0))
    put_out = a_class()
    book(other, put_out)
    with transaction():
        services.cancel_slot(other.id, slot.activity.contact, reason=CancelReason.PRODUCTION)
    later = join(put_out, slot)
    cancel(gone)
    jobs.promote_lines()
    assert (later.priority, later.state, earlier.state) == (1, State.OFFERED, State.WAITING)


def test_priority_is_over_once_the_class_has_a_place_again():
    slot, _ = a_full_slot(30)
    lost, found = (make.make_slot(slot.activity, datetime(2027, 1, day, 9, 0)) for day in (14, 15))
    put_out = a_class()
    book(lost, put_out)
    with transaction():
        services.cancel_slot(lost.id, slot.activity.contact, reason=CancelReason.PRODUCTION)
    book(found, put_out)
    assert join(put_out, slot).priority == 0


def test_a_workshop_full_with_another_schools_classes_is_waited_for():
    slot = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=30))
    gone = book(slot, a_class())
    waiting = join(a_class(), slot)
    cancel(gone)
    jobs.promote_lines()
    assert (waiting.state, slot.school_id) == (State.OFFERED, waiting.school_id)
    assert violations() == []


# ---- Clashes, asked again at the offer


def test_a_class_busy_elsewhere_by_now_is_passed_over_and_keeps_its_place_7():
    slot, [gone] = a_full_slot(30)
    school_class = a_class()
    first, second = join(school_class, slot), join(a_class(), slot)
    elsewhere = book(make.make_slot(), school_class)
    cancel(gone)
    jobs.promote_lines()
    assert (first.state, first.skip_count, second.state) == (State.WAITING, 0, State.OFFERED)
    cancel(elsewhere)
    leave(second)
    jobs.promote_lines()
    assert first.state is State.OFFERED
    assert violations() == []


def test_a_school_at_its_cap_is_passed_over_until_one_of_its_bookings_ends_8():
    slot, [gone] = a_full_slot(30)
    teacher = make.make_teacher(make.make_school())
    waiting = join(make.make_class(teacher), slot)
    other = book(make.make_slot(), make.make_class(teacher, name="3e A"))
    slot.activity.edition.bookings_per_school = 1
    db.session.commit()
    cancel(gone)
    assert jobs.promote_lines() == 0
    cancel(other)
    assert jobs.promote_lines() == 1
    assert waiting.state is State.OFFERED
    assert violations() == []


def test_a_class_is_never_offered_two_dates_of_an_activity_at_once():
    slot, [gone] = a_full_slot(30)
    other = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0), max_pupils=30)
    also_gone = book(other, a_class(30))
    first = join(a_class(), slot, other)
    behind = join(a_class(), other)
    cancel(gone)
    jobs.promote_lines()
    cancel(also_gone)
    jobs.promote_lines()
    assert (first.state, behind.state, other.waiting_classes) == (State.OFFERED, State.OFFERED, 1)
    assert violations() == []


# ---- Nobody overtakes


def test_a_direct_booking_does_not_take_what_a_class_in_line_waits_for():
    slot, [gone] = a_full_slot(30)
    join(a_class(), slot)
    cancel(gone)
    newcomer = a_class(20)
    assert [stop.code for stop in explain(slot, newcomer).stops] == ["places_awaited"]
    assert explain(slot, newcomer).can_wait
    with pytest.raises(PlacesAwaited):
        book(slot, newcomer)
    assert slot.taken_classes == 0
    assert join(newcomer, slot).state is State.WAITING
    assert violations() == []


def test_places_too_few_for_everybody_in_line_are_for_whoever_fits_them():
    slot, [_large, small] = a_full_slot(30, 20, max_pupils=60)
    join(a_class(41), slot)
    cancel(small)
    assert book(slot, a_class(20)).state is State.CONFIRMED


def count(booking, pupils) -> None:
    with transaction():
        services.change_counts(booking.id, booking.teacher, Counts(pupils, 3))


def test_a_class_that_grows_does_not_take_what_a_class_in_line_waits_for():
    slot, [stays, gone] = a_full_slot(30, 20)
    waiting = join(a_class(20), slot)
    cancel(gone)
    with pytest.raises(PlacesAwaited):
        count(stays, 31)
    leave(waiting)
    count(stays, 31)
    assert (stays.pupils, slot.taken_pupils) == (31, 31)
    assert violations() == []


def test_a_class_that_comes_with_fewer_frees_places_for_the_line_at_once():
    slot, [stays, _other] = a_full_slot(30, 20, max_classes=3)
    waiting = join(a_class(12), slot)
    take_freed()
    count(stays, 18)
    assert take_freed() == [slot.id]
    assert jobs.serve_line(slot.id) == 1
    assert waiting.state is State.OFFERED
    assert (slot.taken_classes, slot.taken_pupils) == (3, 50)


def test_a_class_in_line_that_becomes_smaller_is_served_as_soon_as_it_fits():
    slot, _booked = a_full_slot(30, max_classes=2, max_pupils=50)
    waiting = join(a_class(27), slot)
    take_freed()
    count(waiting, 28)
    assert take_freed() == []
    count(waiting, 20)
    assert take_freed() == [slot.id]
    assert jobs.serve_line(slot.id) == 1
    assert waiting.state is State.OFFERED


def test_a_class_in_line_that_cannot_come_keeps_nobody_out():
    slot, [gone] = a_full_slot(30)
    school_class = a_class()
    join(school_class, slot)
    book(make.make_slot(), school_class)
    cancel(gone)
    assert book(slot, a_class()).state is State.CONFIRMED


def test_a_class_in_line_that_tries_to_book_finds_its_place_in_line():
    slot, [gone] = a_full_slot(30)
    school_class = a_class()
    waiting = join(school_class, slot)
    cancel(gone)
    assert [stop.code for stop in explain(slot, school_class).stops] == ["waits_already"]
    assert book(slot, school_class).id == waiting.id
    assert slot.taken_classes == 0


# ---- Answering


def an_offer(**values) -> Booking:
    slot, [gone] = a_full_slot(30, **values)
    waiting = join(a_class(), slot)
    cancel(gone)
    jobs.promote_lines()
    return waiting


def test_an_accepted_offer_is_firm_where_the_activity_confirms_at_once():
    booking = an_offer()
    accept(booking)
    assert (booking.state, booking.deadline_at) == (State.CONFIRMED, None)
    assert kinds_to(booking.teacher) == ["booking-confirmed", "waitlist-joined", "waitlist-offered"]
    assert violations() == []


def test_an_accepted_offer_asks_the_host_where_the_activity_is_on_approval():
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL))
    gone = book(slot, a_class(30))
    booking = join(a_class(), slot)
    cancel(gone)
    jobs.promote_lines()
    accept(booking)
    assert (booking.state, booking.host_answer) == (State.REQUESTED, Answer.PENDING)
    assert violations() == []


def test_accepting_one_date_ends_the_waits_for_the_others_without_a_mail():
    slot, [gone] = a_full_slot(30)
    other = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0), max_pupils=30)
    book(other, a_class(30))
    booking = join(a_class(), slot, other)
    cancel(gone)
    jobs.promote_lines()
    accept(booking)
    [ended] = db.session.scalars(select(Booking).where(Booking.slot_id == other.id, Booking.id != booking.id,
                                                       Booking.class_id == booking.class_id))  # fmt: skip
    assert (ended.state, ended.end_reason, other.waiting_classes) == (State.CANCELLED, "placed", 0)
    assert kinds_to(booking.teacher) == ["booking-confirmed", "waitlist-joined", "waitlist-joined", "waitlist-offered"]
    assert violations() == []


def test_booking_a_free_date_of_the_activity_ends_the_waits_too():
    slot, _ = a_full_slot(30)
    school_class = a_class()
    waiting = join(school_class, slot)
    book(make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0)), school_class)
    assert (waiting.state, slot.waiting_classes) == (State.CANCELLED, 0)
    assert violations() == []


def test_an_offer_declined_goes_to_the_next_5():
    booking = an_offer()
    following = join(a_class(), booking.slot)
    leave(booking)
    jobs.promote_lines()
    assert (booking.state, following.state) == (State.CANCELLED, State.OFFERED)
    assert violations() == []


def test_an_offer_that_lapses_goes_to_the_next_and_its_class_is_told(set_now):
    booking = an_offer()
    following = join(a_class(), booking.slot)
    set_now(booking.deadline_at)
    with pytest.raises(OfferLapsed):
        accept(booking)
    jobs.expire_bookings()
    jobs.promote_lines()
    assert (booking.state, following.state) == (State.EXPIRED, State.OFFERED)
    assert kinds_to(booking.teacher) == ["waitlist-closed", "waitlist-joined", "waitlist-offered"]
    assert violations() == []


def test_an_accepted_offer_can_still_be_cancelled_and_the_next_is_served_5():
    booking = an_offer()
    following = join(a_class(), booking.slot)
    accept(booking)
    cancel(booking)
    jobs.promote_lines()
    assert following.state is State.OFFERED
    assert violations() == []


def test_an_offer_near_the_closing_stands_one_school_day_and_never_past_it(set_now):
    slot, [gone] = a_full_slot(30)
    waiting = join(a_class(), slot)
    set_now(slot.closes_at - timedelta(hours=5))
    cancel(gone, Actor.HOST)
    jobs.promote_lines()
    assert waiting.deadline_at == slot.closes_at


# ---- Leaving, and the end of the list


def test_the_first_in_line_leaves_and_nobody_is_offered_anything_6():
    slot, _ = a_full_slot(30)
    first, second = join(a_class(), slot), join(a_class(), slot)
    leave(first)
    assert jobs.promote_lines() == 0
    assert (first.state, second.state, slot.waiting_classes) == (State.CANCELLED, State.WAITING, 1)
    assert kinds_to(second.teacher) == ["waitlist-joined"]
    assert violations() == []


def test_a_firm_booking_is_not_left_in_one_press():
    _slot, [booking] = a_full_slot(30)
    with pytest.raises(NotPossibleNow):
        leave(booking)


def test_the_list_ends_when_the_slot_closes_and_says_so_once(set_now):
    slot, [gone] = a_full_slot(30)
    waiting = join(a_class(), slot)
    set_now(slot.closes_at)
    cancel(gone, Actor.HOST)
    assert jobs.promote_lines() == 0
    assert (jobs.expire_bookings(), jobs.expire_bookings()) == (1, 0)
    assert (waiting.state, slot.waiting_classes) == (State.EXPIRED, 0)
    assert kinds_to(waiting.teacher) == ["waitlist-closed", "waitlist-joined"]
    assert violations() == []


def test_a_slot_that_its_host_closes_for_a_while_keeps_its_line_and_offers_nothing():
    slot, [gone] = a_full_slot(30)
    waiting = join(a_class(), slot)
    slot.state = SlotState.CLOSED
    db.session.commit()
    cancel(gone)
    assert jobs.promote_lines() == 0
    slot.state = SlotState.OPEN
    db.session.commit()
    assert jobs.promote_lines() == 1
    assert waiting.state is State.OFFERED


def test_a_cancelled_slot_ends_its_line():
    slot, _ = a_full_slot(30)
    waiting = join(a_class(), slot)
    with transaction():
        services.cancel_slot(slot.id, slot.activity.contact, reason=CancelReason.PRODUCTION)
    assert (waiting.state, slot.waiting_classes) == (State.CANCELLED, 0)
    assert kinds_to(waiting.teacher) == ["waitlist-closed", "waitlist-joined"]
    assert violations() == []


def test_a_slot_that_classes_wait_for_is_moved_in_the_open_not_rewritten():
    slot, [gone] = a_full_slot(30)
    join(a_class(), slot)
    cancel(gone)
    draft = slot_draft_of(slot)
    later = replace(draft, local_start=draft.local_start + timedelta(days=1),
                         local_end=draft.local_end + timedelta(days=1))  # fmt: skip
    with pytest.raises(TimesAreBooked), transaction():
        edit_slot(slot.id, later)


def test_the_school_is_told_of_a_first_booking_when_there_is_one_not_when_the_class_only_waits():
    slot, [gone] = a_full_slot(30)
    school = make.make_school(official_email="ce.0910001a@ac-versailles.fr")
    waiting = join(make.make_class(school=school), slot)

    def notices() -> int:
        query = select(OutgoingMail).where(
            OutgoingMail.recipient == school.official_email, OutgoingMail.kind == "school-notice"
        )
        return len(db.session.scalars(query).all())

    assert notices() == 0
    cancel(gone)
    jobs.promote_lines()
    accept(waiting)
    assert notices() == 1


def test_a_wait_and_its_offer_leave_a_history():
    booking = an_offer()
    assert [event.event for event in booking.events] == [Event.WAIT, Event.OFFER]
