"""The need board, on both databases: what is posted, who could meet it, offers, and the first one accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason, NotPossibleNow, Origin, State
from booking.bookings.services import accept_offer, cancel_booking, expire_due, request_places
from booking.bookings.services.offers import ClassNotFree
from booking.bookings.services.places import NotFound
from booking.catalogue.models import ActivityKind, Slot, SlotAudience
from booking.catalogue.rules.slots import Capacity
from booking.catalogue.services import SlotDraft
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.matching.board import services
from booking.matching.board.queries import board_of, match_of, slots_to_offer
from booking.matching.board.rules import (
    LIMITS,
    ClassLooksAlready,
    EnoughOffers,
    NeedDraft,
    NeedTakenBack,
    NobodyCanCome,
    NotForStaff,
    NotWhatIsSought,
    OfferedAlready,
    TooManyNeeds,
    TooManyOffers,
    TooSoon,
)
from booking.matching.jobs import expire_board, expire_needs
from booking.matching.models import Need, NeedOffer, NeedState
from booking.matching.rules import Half, Wish
from booking.schools.models import Audience
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

TUESDAY = date(2027, 1, 12)
DRAFT = NeedDraft(wishes=(Wish(TUESDAY, date(2027, 1, 22)),), theme="robots", message="Nous montons un robot.")


@pytest.fixture
def school_class(app):
    return make.make_class()


def owner(school_class) -> Person:
    return db.session.get_one(Person, school_class.owner_id)


def post(school_class, person=None, **changes) -> Need:
    with transaction():
        return services.post_to_board(school_class.id, person or owner(school_class), replace(DRAFT, **changes))


def offer(need, slot) -> Booking:
    with transaction():
        return services.offer_slot(need.id, slot.activity.company_id, slot.id, slot.activity.contact)


def slot_on(day=12, hour=9, **values) -> Slot:
    return make.make_slot(make.make_activity(**values), local_start=datetime(2027, 1, day, hour))


def accept(booking) -> None:
    with transaction():
        accept_offer(booking.id, booking.teacher)


def kinds(person) -> list[str]:
    query = select(OutgoingMail.kind).where(OutgoingMail.person_id == person.id).order_by(OutgoingMail.created_at)
    return list(db.session.scalars(query))


# ---- Posting


def test_a_need_stays_on_the_board_until_three_days_before_the_last_wished_day_and_six_weeks_at_most(school_class):
    near = post(school_class, wishes=(Wish(date(2026, 12, 7), date(2026, 12, 11)),))
    assert near.deadline_at == datetime(2026, 12, 7, 23, tzinfo=UTC)
    assert post(make.make_class()).deadline_at == make.NOW + timedelta(days=42)
    assert violations() == []


def test_a_class_looks_for_one_visit_at_a_time(school_class):
    need = post(school_class)
    with pytest.raises(ClassLooksAlready):
        post(school_class)
    with transaction():
        services.withdraw_from_board(need.id, owner(school_class))
    assert post(school_class).state is NeedState.OPEN


def test_a_person_has_five_needs_at_most_and_reads_so(school_class):
    """Field, section 4, 14: nobody is flooded."""
    teacher = owner(school_class)
    for number in range(LIMITS.open_per_person):
        post(make.make_class(teacher, name=f"3e {number}"))
    with pytest.raises(TooManyNeeds) as caught:
        post(school_class)
    assert "5 recherches" in caught.value.message


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"wishes": (Wish(date(2026, 11, 26), date(2026, 11, 27)),)}, TooSoon),
        ({"can_travel": False, "kinds": (ActivityKind.SITE_VISIT,)}, NobodyCanCome),
    ],
)
def test_a_need_that_no_firm_could_meet_is_refused_at_once(school_class, changes, refusal):
    with pytest.raises(refusal):
        post(school_class, **changes)
    assert db.session.scalars(select(Need)).all() == []


def test_nobody_posts_for_another_s_school_nor_for_staff(school_class):
    with pytest.raises(NotFound):
        post(school_class, make.make_teacher())
    with pytest.raises(NotForStaff):
        post(make.make_class(owner(school_class), audience=Audience.STAFF, level_code=None))


def test_a_need_is_edited_while_it_is_open(school_class):
    need = post(school_class)
    with transaction():
        services.edit_on_board(need.id, replace(DRAFT, theme="chimie", radius_km=50))
    assert (need.theme, need.radius_km) == ("chimie", 50)
    with transaction():
        services.withdraw_from_board(need.id, owner(school_class))
    with pytest.raises(NeedTakenBack):
        services.edit_on_board(need.id, DRAFT)


# ---- Who could meet it


def test_a_firm_sees_what_it_could_meet_with_the_never_served_school_first():
    """Field, section 4, 2 and 12: needs that a firm could meet, with reasons."""
    served = make.make_class()
    make.make_booking(make.make_slot(), served)
    waiting = post(served)
    new = post(make.make_class())
    post(make.make_class(level_code="TG"))
    post(make.make_class(), sectors=("chimie",))
    post(make.make_class(), kinds=(ActivityKind.FORUM,))
    post(make.make_class(), can_travel=False)
    post(make.make_class(), radius_km=1)
    slot = slot_on()
    found = board_of(slot.activity.company)
    assert [match.need.id for match in found] == [new.id, waiting.id]
    reasons = [str(reason.words) for reason in found[0].score.reasons]
    assert "établissement qui n’a encore fait aucune visite" in reasons
    assert "à une date souhaitée" in reasons


def test_a_class_that_stays_is_for_firms_that_come_within_their_own_distance(school_class):
    need = post(school_class, can_travel=False, radius_km=1)
    workshop = make.make_activity(kind="classroom_workshop", area_km=20)
    assert match_of(workshop.company, need).activity == workshop
    short = make.make_activity(kind="classroom_workshop", area_km=5)
    assert match_of(short.company, need) is None


def test_a_company_that_waits_to_be_verified_sees_no_need(school_class):
    post(school_class)
    company = make.make_company(trusted=False)
    make.make_activity(make.make_site(company))
    assert board_of(company) == []


def test_dates_the_class_wishes_for_are_proposed_first_and_impossible_ones_not_at_all(school_class):
    need = post(school_class, wishes=(Wish(date(2027, 1, 19), date(2027, 1, 19), Half.AFTERNOON),))
    activity = make.make_activity()
    other, small, wished = (
        make.make_slot(activity, local_start=datetime(2027, 1, 12, 9)),
        make.make_slot(activity, local_start=datetime(2027, 1, 13, 9), max_pupils=10),
        make.make_slot(activity, local_start=datetime(2027, 1, 19, 14)),
    )
    found = [slot.id for slot in slots_to_offer(match_of(activity.company, need))]
    assert found == [wished.id, other.id]
    assert small.id not in found


# ---- Offering


def test_an_offer_holds_the_places_of_the_class_until_its_teacher_answers(school_class):
    need = post(school_class)
    slot = slot_on()
    booking = offer(need, slot)
    assert (booking.state, booking.origin, booking.message) == (State.OFFERED, Origin.NEED, DRAFT.message)
    assert (slot.taken_classes, booking.deadline_at.date()) == (1, date(2026, 11, 27))
    assert need.state is NeedState.OPEN
    assert kinds(owner(school_class))[:1] == ["place-offered"]
    assert board_of(slot.activity.company) == []
    assert violations() == []


def test_a_new_date_is_kept_to_the_class_unless_the_firm_opens_it(school_class):
    need, activity = post(school_class), make.make_activity()
    start = datetime(2027, 1, 14, 14)
    draft = SlotDraft(start, start + timedelta(hours=2), Capacity(1, 30, 1))
    with transaction():
        booking = services.offer_new_slot(need.id, activity.company_id, activity.id, draft, activity.contact)
    assert (booking.state, booking.slot.audience) == (State.OFFERED, SlotAudience.RESERVED)
    assert violations() == []


def test_the_same_offer_twice_is_one(school_class):
    need, slot = post(school_class), slot_on()
    assert offer(need, slot) == offer(need, slot)
    assert len(db.session.scalars(select(NeedOffer)).all()) == 1


def test_a_class_that_is_on_the_slot_already_is_not_free_for_it(school_class):
    need, slot = post(school_class), slot_on()
    with transaction():
        request_places(slot.id, school_class.id, owner(school_class))
    with pytest.raises(ClassNotFree):
        offer(need, slot)


def test_a_firm_offers_one_date_at_a_time_to_a_class_and_what_the_class_looks_for(school_class):
    need, slot = post(school_class, sectors=("metallurgie-mecanique",)), slot_on()
    offer(need, slot)
    second = make.make_slot(slot.activity, local_start=datetime(2027, 1, 19, 9))
    with pytest.raises(OfferedAlready):
        offer(need, second)
    with pytest.raises(NotWhatIsSought):
        offer(need, slot_on(sector="chimie"))
    assert second.taken_classes == 0


def test_nobody_offers_another_company_s_slot(school_class):
    need, slot, stranger = post(school_class), slot_on(), make.make_activity()
    with pytest.raises(NotFound):
        services.offer_slot(need.id, stranger.company_id, slot.id, stranger.contact)


def test_a_class_gets_three_offers_at_once_and_a_refused_one_makes_room(school_class):
    need = post(school_class)
    first, *_others = [offer(need, slot_on(day)) for day in (12, 13, 14)]
    late = slot_on(15)
    assert board_of(late.activity.company) == []
    with pytest.raises(EnoughOffers):
        offer(need, late)
    with transaction():
        cancel_booking(first.id, first.teacher, Actor.TEACHER, reason=CancelReason.TIMETABLE)
    assert offer(need, late).state is State.OFFERED
    assert need.state is NeedState.OPEN
    assert violations() == []


def test_a_company_holds_ten_dates_at_most(school_class):
    activity = make.make_activity()
    for number in range(LIMITS.offers_per_company):
        offer(
            post(make.make_class()),
            make.make_slot(activity, local_start=datetime(2027, 1, 12 + number % 7, 8 + number)),
        )
    with pytest.raises(TooManyOffers):
        offer(post(school_class), make.make_slot(activity, local_start=datetime(2027, 1, 21, 9)))


# ---- The teacher's answer


def test_the_first_offer_accepted_closes_the_need_and_the_other_firms_are_told(school_class):
    need = post(school_class)
    chosen, other = offer(need, slot_on(12)), offer(need, slot_on(13))
    accept(chosen)
    assert (need.state, need.booking_id, chosen.state) == (NeedState.ANSWERED, chosen.id, State.CONFIRMED)
    assert (other.state, other.end_reason, other.slot.taken_classes) == (State.CANCELLED, "other_visit", 0)
    assert kinds(other.slot.activity.contact) == ["request-withdrawn"]
    assert kinds(chosen.slot.activity.contact) == ["booking-confirmed"]
    assert violations() == []


def test_accepting_twice_or_the_other_one_afterwards_is_refused(school_class):
    need = post(school_class)
    chosen, other = offer(need, slot_on(12)), offer(need, slot_on(13))
    accept(chosen)
    for booking in (chosen, other):
        with pytest.raises(NotPossibleNow):
            accept(booking)
    assert need.booking_id == chosen.id


def test_no_firm_offers_to_a_need_that_is_over(school_class):
    need = post(school_class)
    accept(offer(need, slot_on(12)))
    late = slot_on(14)
    with pytest.raises(NeedTakenBack):
        offer(need, late)
    assert late.taken_classes == 0


def test_a_need_taken_back_gives_every_place_back_and_the_firms_hear_of_it(school_class):
    need = post(school_class)
    bookings = [offer(need, slot_on(day)) for day in (12, 13)]
    with transaction():
        services.withdraw_from_board(need.id, owner(school_class))
    assert need.state is NeedState.WITHDRAWN
    assert {(each.state, each.end_reason) for each in bookings} == {(State.CANCELLED, "need_withdrawn")}
    assert [each.slot.taken_classes for each in bookings] == [0, 0]
    assert kinds(bookings[0].slot.activity.contact) == ["request-withdrawn"]
    with pytest.raises(NeedTakenBack):
        services.withdraw_from_board(need.id, owner(school_class))
    assert violations() == []


def test_an_offer_that_lapses_leaves_the_need_open(school_class, set_now):
    need = post(school_class)
    booking = offer(need, slot_on())
    set_now(booking.deadline_at)
    with transaction():
        expire_due(booking.id)
    assert (booking.state, need.state) == (State.EXPIRED, NeedState.OPEN)
    assert violations() == []


def test_the_worker_takes_down_what_nobody_met_but_never_under_an_offer(school_class, set_now):
    met = post(make.make_class(), wishes=(Wish(TUESDAY, TUESDAY),))
    need = post(school_class, wishes=(Wish(TUESDAY, TUESDAY),))
    set_now(met.deadline_at - timedelta(days=1, hours=1))
    offer(met, slot_on(12))
    set_now(met.deadline_at)
    assert (expire_needs(), expire_board(), expire_board()) == (0, 1, 0)
    assert (need.state, met.state) == (NeedState.EXPIRED, NeedState.OPEN)
    assert kinds(owner(school_class)) == ["search-expired"]
