"""Handing over and leaving, on both databases: nobody's booking is left without somebody, and every calendar follows."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.accounts.services import AlreadyAnswered, LastManager
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Event, NotPossibleNow, State
from booking.bookings.services import NotAColleague, StillNeeded
from booking.calendars.models import CalendarObject, CalendarState, Side
from booking.catalogue.models import ConfirmationMode
from booking.companies.models import Trust
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make

pytestmark = pytest.mark.usefixtures("both_databases", "app", "now")


def do(service, *args, **values):
    with transaction():
        return service(*args, **values)


def book(school_class, slot=None, person=None, **values) -> Booking:
    slot = slot or make.make_slot()
    person = person or db.session.get(Person, school_class.owner_id)
    return do(services.request_places, slot.id, school_class.id, person, **values)


def deliver() -> None:
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)


def sent_to(person) -> list[tuple[str, str | None]]:
    """Kind and calendar method of each message to this person, in order."""
    query = select(OutgoingMail).where(OutgoingMail.person_id == person.id).order_by(OutgoingMail.created_at)
    return [(mail.kind, mail.payload.get("method")) for mail in db.session.scalars(query)]


@pytest.fixture
def claire():
    return make.make_teacher(first_name="Claire", last_name="Dupont")


@pytest.fixture
def paul(claire):
    return make.make_teacher(claire.memberships[0].school, first_name="Paul", last_name="Renaud")


# ---- One booking


def test_a_firm_booking_leaves_one_calendar_and_enters_the_other_as_a_new_object(claire, paul):
    booking = book(make.make_class(claire))
    deliver()
    do(services.hand_over, booking.id, paul.id, claire)
    deliver()
    assert (booking.teacher_id, booking.booked_by_id) == (paul.id, paul.id)
    assert sent_to(claire) == [("booking-confirmed", "REQUEST"), ("booking-cancelled", "CANCEL")]
    assert sent_to(paul) == [("booking-confirmed", "REQUEST")]
    contact = booking.slot.activity.contact
    assert [kind for kind, _method in sent_to(contact)] == ["booking-confirmed", "booking-updated"]
    objects = db.session.scalars(select(CalendarObject).where(CalendarObject.side == Side.CLASS)).all()
    assert {(each.person_id, each.state, each.sequence) for each in objects} == {
        (claire.id, CalendarState.CANCELLED, 1),
        (paul.id, CalendarState.LIVE, 0),
    }
    assert len({each.uid for each in objects}) == 2
    assert [event.event for event in booking.events] == [Event.CONFIRM, Event.HAND_OVER]
    assert violations() == []


def test_a_request_is_handed_over_with_word_to_the_colleague_only(claire, paul):
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL))
    booking = book(make.make_class(claire), slot)
    do(services.hand_over, booking.id, paul.id, claire)
    assert booking.state is State.REQUESTED
    assert sent_to(paul) == [("organizer-notice", None)]


def test_a_booking_goes_to_a_trusted_colleague_of_the_school_only(claire):
    booking = book(make.make_class(claire))
    school = claire.memberships[0].school
    for stranger in (claire, make.make_teacher(), make.make_teacher(school, trusted=False), make.make_person()):
        with pytest.raises(NotAColleague):
            do(services.hand_over, booking.id, stranger.id, claire)
    with pytest.raises(NotAColleague):
        do(services.hand_over, booking.id, 2**31 - 1, claire)
    assert booking.teacher_id == claire.id


def test_a_booking_that_is_over_is_not_handed_over(claire, paul):
    booking = book(make.make_class(claire))
    do(services.cancel_booking, booking.id, claire, Actor.TEACHER, reason="transport")
    with pytest.raises(NotPossibleNow):
        do(services.hand_over, booking.id, paul.id, claire)


# ---- Leaving a school


def test_nobody_leaves_alive_bookings_to_nobody(claire, paul):
    book(make.make_class(claire))
    with pytest.raises(StillNeeded) as refused:
        do(services.leave, claire.memberships[0].id, claire)
    assert refused.value.facts == {"bookings": 1}
    assert claire.memberships[0].is_active


def test_the_heir_gets_the_bookings_the_classes_and_the_news(claire, paul):
    school_class = make.make_class(claire)
    booking = book(school_class)
    do(services.leave, claire.memberships[0].id, claire, paul.id)
    assert booking.teacher_id == paul.id
    assert school_class.owner_id == paul.id
    assert claire.memberships[0].state is MemberState.ENDED
    assert ("account", None) in sent_to(paul)
    assert violations() == []


def test_whoever_booked_for_a_colleague_leaves_that_colleague_in_charge(claire, paul):
    booking = book(make.make_class(claire), person=paul)
    deliver()
    do(services.leave, paul.memberships[0].id, paul)
    assert (booking.teacher_id, booking.booked_by_id) == (claire.id, claire.id)
    assert sent_to(paul)[-1] == ("booking-cancelled", "CANCEL")


def test_an_heir_is_a_trusted_colleague(claire):
    book(make.make_class(claire))
    untrusted = make.make_teacher(claire.memberships[0].school, trusted=False)
    with pytest.raises(NotAColleague):
        do(services.leave, claire.memberships[0].id, claire, untrusted.id)


def test_linked_bookings_are_left_together(claire, paul):
    classes = [make.make_class(claire, name=name) for name in ("4e A", "4e B")]
    slot = make.make_slot(max_classes=2, max_pupils=60)
    wishes = [services.Wish(slot.id, each.id) for each in classes]
    do(services.request_together, wishes, claire)
    do(services.leave, claire.memberships[0].id, claire, paul.id)
    assert {booking.teacher_id for booking in db.session.scalars(select(Booking))} == {paul.id}


# ---- Leaving a company


def test_the_contact_of_a_published_activity_gives_it_to_a_colleague_whom_classes_then_know(claire):
    activity = make.make_activity()
    karim, company = activity.contact, activity.company
    lea = make.make_host(company, first_name="Léa", last_name="Moreau")
    book(make.make_class(claire), make.make_slot(activity))
    deliver()
    membership = karim.memberships[0]
    with pytest.raises(StillNeeded) as refused:
        do(services.leave, membership.id, karim)
    assert refused.value.facts == {"activities": 1}
    do(services.leave, membership.id, karim, lea.id)
    deliver()
    assert activity.contact_id == lea.id
    assert sent_to(karim)[-1] == ("booking-cancelled", "CANCEL")
    assert ("booking-confirmed", "REQUEST") in sent_to(lea)
    assert sent_to(claire)[-1][0] == "booking-updated"
    assert violations() == []


def test_a_manager_takes_a_colleague_out_and_becomes_the_contact():
    company = make.make_company()
    manager, host = make.make_host(company), make.make_host(company, MemberRole.HOST)
    activity = make.make_activity(make.make_site(company), contact=host)
    do(services.remove_colleague, host.memberships[0].id, manager)
    assert activity.contact_id == manager.id
    assert host.memberships[0].state is MemberState.ENDED
    with pytest.raises(AlreadyAnswered):
        do(services.remove_colleague, host.memberships[0].id, manager)


def test_the_last_manager_stays_while_others_do():
    company = make.make_company()
    manager, _host = make.make_host(company), make.make_host(company, MemberRole.HOST)
    with pytest.raises(LastManager):
        do(services.leave, manager.memberships[0].id, manager)


# ---- Closing an account, being refused


def test_an_account_with_alive_bookings_is_not_closed(claire):
    booking = book(make.make_class(claire))
    with pytest.raises(StillNeeded):
        do(services.close_account, claire.id)
    do(services.cancel_booking, booking.id, claire, Actor.TEACHER, reason="transport")
    do(services.close_account, claire.id)
    assert claire.closed_at is not None
    assert booking.teacher.name == "Compte fermé"
    assert violations() == []


def test_the_contact_of_a_published_activity_does_not_close_the_account():
    activity = make.make_activity()
    with pytest.raises(StillNeeded):
        do(services.close_account, activity.contact.id)


def test_a_refused_teacher_s_bookings_in_that_school_are_cancelled_and_no_others():
    teacher = make.make_teacher(trusted=False)
    other_school = make.make_school()
    with transaction():
        db.session.add(
            Membership(person_id=teacher.id, role=MemberRole.TEACHER, school_id=other_school.id, created_at=make.NOW)
        )
    refused = book(make.make_class(teacher, teacher.memberships[0].school))
    kept = book(make.make_class(teacher, other_school))
    officer = make.make_officer()
    do(services.refuse_member, teacher.memberships[0].id, officer, "Inconnu du collège.")
    assert (refused.state, kept.state) == (State.CANCELLED, State.REQUESTED)
    assert refused.slot.taken_classes == 0
    assert violations() == []


def test_a_refused_company_s_invited_classes_are_told_that_it_is_off(claire):
    company = make.make_company()
    slot = make.make_slot(make.make_activity(make.make_site(company)))
    booking = book(make.make_class(claire), slot)
    company.trust = Trust.PENDING
    db.session.commit()
    do(services.refuse_company, company.id, make.make_officer(), "SIRET d’une autre entreprise.")
    assert company.trust is Trust.REFUSED
    assert (booking.state, booking.ended_by) == (State.CANCELLED, Actor.OFFICER)
    assert violations() == []


# ---- The school hears of a first booking


def notices() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "school-notice")))


def test_the_school_s_mailbox_is_told_of_a_teacher_s_first_booking_only(claire):
    school_class = make.make_class(claire)
    book(school_class)
    book(school_class, make.make_slot(local_start=datetime(2027, 1, 14, 9)))
    [notice] = notices()
    assert notice.recipient == f"ce.{claire.memberships[0].school.uai.lower()}@ac-versailles.fr"
    assert notice.payload["booked"]["class_name"] == "4e B"
    assert notice.payload["booked"]["pupils"] == 27


def test_a_booking_that_fails_tells_the_school_nothing(claire):
    slot, school_class = make.make_slot(), make.make_class(claire)
    with pytest.raises(RuntimeError), transaction():
        services.request_places(slot.id, school_class.id, claire)
        raise RuntimeError
    assert notices() == []
