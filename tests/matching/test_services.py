"""The verbs of needs, on both databases: rows, places, mails, refusals."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.clashes import Clash
from booking.bookings.rules.states import Actor, CancelReason, Event, NotPossibleNow, Origin, State
from booking.bookings.services import accept_offer, cancel_booking, cancel_slot, expire_due, request_places
from booking.bookings.services.offers import ClassNotFree, OfferLapsed
from booking.bookings.services.places import NotFound
from booking.catalogue.models import PublicationState, Slot, SlotAudience
from booking.catalogue.rules.slots import Capacity, ClosesTooSoon
from booking.catalogue.services import SlotDraft
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.matching import services
from booking.matching.jobs import expire_needs
from booking.matching.models import Need, NeedState
from booking.matching.queries import cap_of
from booking.matching.rules import (
    AskedAlready,
    CapReached,
    LevelNotMet,
    NeedOver,
    NeedReasonMissing,
    NoDatesToAgree,
    OtherAudience,
    SchoolTooFar,
    Wish,
)
from booking.schools.models import Audience
from tests import make

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

TUESDAY = date(2027, 1, 12)
WISHES = [Wish(TUESDAY, TUESDAY), Wish(date(2027, 1, 18), date(2027, 1, 22))]


@pytest.fixture
def activity(app):
    return make.make_activity(dates_to_agree=True, yearly_cap=2)


@pytest.fixture
def school_class(app):
    return make.make_class()


def owner(school_class) -> Person:
    return db.session.get_one(Person, school_class.owner_id)


def ask(activity, school_class, wishes=WISHES, person=None, message="") -> Need:
    person = person or owner(school_class)
    with transaction():
        return services.post_need(activity.id, school_class.id, person, wishes, message)


def draft(day=TUESDAY, hour=9, pupils=30, **values) -> SlotDraft:
    start = datetime(day.year, day.month, day.day, hour)
    return SlotDraft(start, start + timedelta(hours=2), Capacity(1, pupils, 1), **values)


def answer(need, **values) -> Booking:
    host = need.activity.contact
    with transaction():
        return services.answer_need(need.id, host, draft(**values))


def kinds(person=None) -> list[str]:
    query = select(OutgoingMail.kind).order_by(OutgoingMail.created_at)
    if person:
        query = query.where(OutgoingMail.person_id == person.id)
    return [kind for kind in db.session.scalars(query) if kind not in ("school-notice", "authorisation-asked")]


# ---- Asking


def test_a_need_waits_for_the_firm_which_is_told_until_a_date(activity, school_class):
    need = ask(activity, school_class, message="Nous étudions l’énergie.")
    assert (need.state, need.school_id, need.teacher_id) == (
        NeedState.OPEN,
        school_class.school_id,
        school_class.owner_id,
    )
    assert need.deadline_at.date() == date(2026, 12, 1)  # five working days from Tuesday 24 November
    assert [Wish.from_json(row) for row in need.wishes] == WISHES
    assert kinds(activity.contact) == ["need-received"]
    assert violations() == []


def test_the_firm_s_time_ends_when_the_last_wished_day_begins(activity, school_class):
    need = ask(activity, school_class, [Wish(date(2026, 11, 26), date(2026, 11, 26))])
    assert need.deadline_at.isoformat() == "2026-11-25T23:00:00+00:00"


def test_the_same_class_asks_once_for_an_activity(activity, school_class):
    ask(activity, school_class)
    with pytest.raises(AskedAlready):
        ask(activity, school_class)
    assert len(db.session.scalars(select(Need)).all()) == 1


def test_a_class_asks_again_once_the_first_need_came_to_nothing(activity, school_class):
    first = ask(activity, school_class)
    with transaction():
        services.withdraw_need(first.id, owner(school_class))
    second = ask(activity, school_class)
    booking = answer(second)
    with pytest.raises(AskedAlready):
        ask(activity, school_class)
    with transaction():
        cancel_booking(booking.id, owner(school_class), Actor.TEACHER, reason=CancelReason.TIMETABLE)
    assert ask(activity, school_class).state is NeedState.OPEN


@pytest.mark.parametrize("values", [{"dates_to_agree": False}, {"state": PublicationState.DRAFT}])
def test_an_activity_that_takes_no_wishes_refuses_them(school_class, values):
    activity = make.make_activity(**{"dates_to_agree": True, **values})
    with pytest.raises(NoDatesToAgree):
        ask(activity, school_class)


def test_a_company_that_waits_to_be_verified_takes_no_wishes(school_class):
    site = make.make_site(make.make_company(trusted=False))
    with pytest.raises(NoDatesToAgree):
        ask(make.make_activity(site, dates_to_agree=True), school_class)


def test_nobody_asks_for_a_class_of_another_school(activity, school_class):
    with pytest.raises(NotFound):
        ask(activity, school_class, person=make.make_teacher())


def test_a_class_of_another_level_a_staff_group_or_a_school_too_far_is_refused_at_once(activity, school_class):
    teacher = owner(school_class)
    with pytest.raises(LevelNotMet):
        ask(activity, make.make_class(teacher, name="TG1", level_code="TG"))
    with pytest.raises(OtherAudience):
        ask(activity, make.make_class(teacher, name="Équipe", audience=Audience.STAFF, level_code=None))
    workshop = make.make_activity(dates_to_agree=True, kind="classroom_workshop", area_km=5)
    with pytest.raises(SchoolTooFar):
        ask(workshop, school_class)


# ---- The firm's answer


def test_the_firm_s_date_holds_the_places_of_the_class_for_three_school_days(activity, school_class):
    need = ask(activity, school_class, message="Nous étudions l’énergie.")
    booking = answer(need)
    slot = booking.slot
    assert (booking.state, booking.origin) == (State.OFFERED, Origin.NEED)
    assert (booking.teacher_id, booking.message) == (school_class.owner_id, "Nous étudions l’énergie.")
    assert booking.deadline_at.date() == date(2026, 11, 27)
    assert (slot.taken_classes, slot.taken_pupils, slot.audience) == (1, 27, SlotAudience.RESERVED)
    assert (need.state, need.booking_id) == (NeedState.ANSWERED, booking.id)
    assert [event.event for event in booking.events] == [Event.OFFER]
    assert kinds(owner(school_class)) == ["place-offered"]
    assert violations() == []


def test_an_accepted_offer_is_firm_at_once_and_both_sides_hear_of_it(activity, school_class):
    booking = answer(ask(activity, school_class))
    with transaction():
        accept_offer(booking.id, owner(school_class))
    assert (booking.state, booking.deadline_at) == (State.CONFIRMED, None)
    assert kinds(owner(school_class)) == ["place-offered", "booking-confirmed"]
    assert kinds(activity.contact) == ["need-received", "booking-confirmed"]
    assert violations() == []


def test_an_accepted_offer_still_waits_for_a_head_who_must_authorise(activity):
    school = make.make_school(head_authorises_first=True)
    school_class = make.make_class(make.make_teacher(school))
    booking = answer(ask(activity, school_class))
    with transaction():
        accept_offer(booking.id, owner(school_class))
    assert booking.state is State.REQUESTED
    assert booking.deadline_at is not None
    assert violations() == []


def test_a_refused_offer_gives_its_places_back_and_the_firm_hears_of_it(activity, school_class):
    booking = answer(ask(activity, school_class))
    with transaction():
        cancel_booking(booking.id, owner(school_class), Actor.TEACHER, reason=CancelReason.TIMETABLE)
    assert booking.slot.taken_classes == 0
    assert kinds(activity.contact) == ["need-received", "request-withdrawn"]
    with pytest.raises(NotPossibleNow), transaction():
        accept_offer(booking.id, owner(school_class))
    assert violations() == []


def test_an_offer_that_nobody_takes_lapses_and_both_sides_hear_of_it(activity, school_class, set_now):
    booking = answer(ask(activity, school_class))
    set_now(booking.deadline_at)
    with pytest.raises(OfferLapsed), transaction():
        accept_offer(booking.id, owner(school_class))
    with transaction():
        expire_due(booking.id)
    assert booking.state is State.EXPIRED
    assert kinds(owner(school_class)) == ["place-offered", "request-expired"]
    assert kinds(activity.contact) == ["need-received", "request-expired"]
    assert violations() == []


def test_a_slot_that_its_host_cancels_takes_its_offer_along(activity, school_class):
    booking = answer(ask(activity, school_class))
    with transaction():
        cancel_slot(booking.slot_id, activity.contact, reason=CancelReason.PRODUCTION)
    assert booking.state is State.CANCELLED
    assert kinds(owner(school_class)) == ["place-offered", "booking-declined"]


def test_the_cap_counts_what_is_offered_and_taken_not_what_is_asked(activity):
    needs = [ask(activity, make.make_class()) for _ in range(3)]
    assert cap_of(activity).left == 2
    answer(needs[0])
    answer(needs[1], day=date(2027, 1, 13))
    with pytest.raises(CapReached):
        answer(needs[2], day=date(2027, 1, 14))
    assert len(db.session.scalars(select(Slot)).all()) == 2
    with pytest.raises(CapReached):
        ask(activity, make.make_class())
    assert needs[2].state is NeedState.OPEN
    assert violations() == []


def test_the_cap_is_counted_by_school_year(activity, school_class):
    make.make_booking(make.make_slot(activity, local_start=datetime(2026, 6, 9, 9)), origin=Origin.NEED)
    make.make_booking(make.make_slot(activity), origin=Origin.DIRECT)
    assert cap_of(activity).left == 2


def test_a_date_when_the_class_is_elsewhere_is_refused_without_saying_where(activity, school_class):
    other = make.make_slot(make.make_activity(title="Chez un concurrent"))
    with transaction():
        request_places(other.id, school_class.id, owner(school_class))
    need = ask(activity, school_class)
    with pytest.raises(ClassNotFree) as caught:
        answer(need)
    assert "concurrent" not in caught.value.message
    assert not isinstance(caught.value, Clash)
    assert (need.state, len(db.session.scalars(select(Slot)).all())) == (NeedState.OPEN, 1)


def test_missing_adults_do_not_stop_an_offer(activity):
    school_class = make.make_class(adults=0)
    assert answer(ask(activity, school_class)).state is State.OFFERED


def test_an_impossible_date_leaves_nothing_behind(activity, school_class):
    need = ask(activity, school_class)
    with pytest.raises(ClosesTooSoon):
        answer(need, day=date(2026, 11, 25))
    assert (need.state, kinds(owner(school_class))) == (NeedState.OPEN, [])
    assert db.session.scalars(select(Slot)).all() == []


def test_a_firm_s_no_has_a_reason_which_the_teacher_reads(activity, school_class):
    need = ask(activity, school_class)
    with pytest.raises(NeedReasonMissing), transaction():
        services.decline_need(need.id, activity.contact, reason=None)
    with transaction():
        services.decline_need(need.id, activity.contact, reason=CancelReason.NO_GUIDE, note="Désolé")
    assert (need.state, need.reason) == (NeedState.DECLINED, "no_guide")
    assert kinds(owner(school_class)) == ["need-declined"]


def test_a_need_ends_once(activity, school_class):
    need = ask(activity, school_class)
    with transaction():
        services.withdraw_need(need.id, owner(school_class))
    assert kinds(activity.contact) == ["need-received", "need-withdrawn"]
    for verb in (
        lambda: services.withdraw_need(need.id, owner(school_class)),
        lambda: services.decline_need(need.id, activity.contact, reason=CancelReason.OTHER),
        lambda: services.answer_need(need.id, activity.contact, draft()),
    ):
        with pytest.raises(NeedOver), transaction():
            verb()


def test_the_worker_ends_what_nobody_answered(activity, school_class, set_now):
    need = ask(activity, school_class)
    assert expire_needs() == 0
    set_now(need.deadline_at)
    with pytest.raises(NeedOver):
        answer(need)
    assert (expire_needs(), expire_needs()) == (1, 0)
    assert need.state is NeedState.EXPIRED
    assert kinds(owner(school_class)) == ["need-expired"]
