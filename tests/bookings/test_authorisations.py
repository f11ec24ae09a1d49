"""A school's authorisation, from the question to the answer, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.accounts.action_links import LinkUsed, link_of
from booking.accounts.models import ActionLink, MemberRole, Membership
from booking.bookings import services
from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import (
    AlreadySigned,
    Capacity,
    NothingToAuthorise,
    Purpose,
    RefusalReasonMissing,
    SentToday,
    SignedLater,
    SignerRole,
    TooManyCodes,
    UnknownCode,
    Via,
)
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.states import Actor, Answer, CancelReason, Event, State
from booking.bookings.services.answers import RequestLapsed
from booking.catalogue.models import ActivityKind, ConfirmationMode
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import MailAddress, OutgoingMail
from tests import make
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

HEAD = services.Signature("Hélène Roux", Capacity.HOLDER, Via.LINK)
DEPUTY = services.Signature("Paul Petit", Capacity.DELEGATE, Via.LINK)
YES = services.Verdict(yes=True)
NO = services.Verdict(yes=False, reason=CancelReason.SUPERVISION, note="Deux adultes manquent.")


@pytest.fixture(autouse=True)
def _nothing_is_broken(app, both_databases, now):
    yield
    db.session.rollback()
    assert [str(found) for found in violations()] == []


def member(school, role=MemberRole.HEAD, **values):
    person = make.make_person(first_name="Hélène", last_name="Roux", **values)
    db.session.add(Membership(person_id=person.id, role=role, school_id=school.id, created_at=NOW, trusted_at=NOW))
    db.session.commit()
    return person


def booked(school=None, *, as_option=False, slot=None, **activity) -> Booking:
    school = school or make.make_school()
    teacher = make.make_teacher(school)
    slot = slot or make.make_slot(make.make_activity(**activity))
    with transaction():
        return services.request_places(slot.id, make.make_class(teacher).id, teacher, adults=3, as_option=as_option)


def signer_of(booking, role=SignerRole.HEAD) -> AuthorisationSigner:
    db.session.expire_all()
    return next(each for each in booking.authorisation.signers if each.role is role)


def requests_sent(booking) -> list[OutgoingMail]:
    query = select(OutgoingMail).filter_by(kind="authorisation-asked", booking_id=booking.id)
    return list(db.session.scalars(query.order_by(OutgoingMail.created_at, OutgoingMail.recipient)))


def link_sent(booking, number=-1) -> ActionLink:
    return link_of(requests_sent(booking)[number].payload["token"])


def answer(booking, signature=HEAD, verdict=YES, number=-1) -> None:
    link = link_sent(booking, number)
    with transaction():
        services.answer_by_link(link.id, signature, verdict)


def events(booking) -> list[Event]:
    db.session.expire_all()
    return [each.event for each in booking.events]


def test_a_booking_asks_the_head_and_the_delegates_each_by_their_own_link():
    school = make.make_school()
    member(school, email="head@school.example")
    member(school, MemberRole.DELEGATE, email="deputy@school.example")
    booking = booked(school)
    assert booking.authorisation.purpose is Purpose.OUTING
    assert [mail.recipient for mail in requests_sent(booking)] == ["deputy@school.example", "head@school.example"]
    assert len({mail.payload["token"] for mail in requests_sent(booking)}) == 2


def test_without_a_head_on_the_service_the_official_mailbox_is_asked():
    school = make.make_school(official_email="ce.0910001a@ac-versailles.example")
    assert [mail.recipient for mail in requests_sent(booked(school))] == ["ce.0910001a@ac-versailles.example"]


def test_a_school_with_an_address_of_no_usual_pattern_is_asked_all_the_same():
    """Complaint 47: a regional authority does not use the expected address pattern."""
    school = make.make_school(is_public=False, official_email="secretariat@lycee-prive.example")
    assert [mail.recipient for mail in requests_sent(booked(school))] == ["secretariat@lycee-prive.example"]


def test_a_school_without_any_address_books_and_signs_on_paper():
    """Complaints 47 and 48: no pattern, no mail: a wall nowhere."""
    booking = booked(make.make_school(is_public=False))
    assert booking.state is State.CONFIRMED
    assert requests_sent(booking) == []
    signer = signer_of(booking)
    with transaction():
        services.note_paper(signer.id, booking.teacher, "Hélène Roux", Capacity.HOLDER, date(2026, 11, 23))
    signer = signer_of(booking)
    assert (signer.answer, signer.answered_via, signer.paper_on) == (Answer.YES, Via.PAPER, date(2026, 11, 23))
    assert booking.head_answer is Answer.YES
    assert booking.events[-1].details["via"] == "paper"


def test_a_paper_is_not_signed_tomorrow():
    booking = booked()
    with pytest.raises(SignedLater), transaction():
        services.note_paper(signer_of(booking).id, booking.teacher, "H. Roux", Capacity.HOLDER, date(2026, 11, 25))


def test_the_answer_keeps_who_gave_it_and_in_what_capacity():
    booking = booked()
    answer(booking, DEPUTY)
    signer = signer_of(booking)
    assert (signer.signed_by, signer.capacity, signer.answered_via) == ("Paul Petit", Capacity.DELEGATE, Via.LINK)
    assert booking.events[-1].event is Event.HEAD_GRANT
    assert booking.events[-1].details["signed_by"] == "Paul Petit"


def test_where_the_school_does_not_ask_first_the_booking_is_firm_and_a_refusal_cancels_it():
    booking = booked()
    assert (booking.state, booking.head_answer) == (State.CONFIRMED, None)
    answer(booking, HEAD, NO)
    db.session.expire_all()
    assert (booking.state, booking.ended_by, booking.end_reason) == (State.CANCELLED, Actor.HEAD, "supervision")
    assert booking.slot.taken_classes == 0
    kinds = set(db.session.scalars(select(OutgoingMail.kind).filter_by(booking_id=booking.id)))
    assert "booking-cancelled" in kinds


def test_where_the_school_asks_first_the_heads_yes_makes_it_firm():
    booking = booked(make.make_school(head_authorises_first=True))
    assert (booking.state, booking.head_answer) == (State.REQUESTED, Answer.PENDING)
    answer(booking)
    db.session.expire_all()
    assert (booking.state, booking.head_answer) == (State.CONFIRMED, Answer.YES)
    assert events(booking) == [Event.REQUEST, Event.HEAD_GRANT, Event.CONFIRM]


def test_where_the_school_asks_first_a_refusal_declines_it_with_its_reason():
    booking = booked(make.make_school(head_authorises_first=True))
    answer(booking, HEAD, NO)
    db.session.expire_all()
    assert (booking.state, booking.head_answer, booking.end_note) == (State.DECLINED, Answer.NO, NO.note)


def test_a_refusal_needs_a_reason_and_the_link_still_serves():
    booking = booked()
    with pytest.raises(RefusalReasonMissing):
        answer(booking, HEAD, services.Verdict(yes=False))
    db.session.expire_all()
    answer(booking)
    assert signer_of(booking).answer is Answer.YES


def test_a_link_serves_once_and_a_second_head_cannot_answer_the_opposite():
    school = make.make_school()
    member(school, email="a@school.example")
    member(school, MemberRole.DELEGATE, email="b@school.example")
    booking = booked(school)
    first = link_sent(booking, 0).id
    answer(booking, HEAD, YES, number=0)
    with pytest.raises((LinkUsed, AlreadySigned)), transaction():
        services.answer_by_link(first, HEAD, NO)
    with pytest.raises(AlreadySigned):
        answer(booking, DEPUTY, NO, number=1)
    assert signer_of(booking).answer is Answer.YES
    assert booking.state is State.CONFIRMED


def test_a_head_who_says_nothing_lets_the_request_expire(set_now):
    booking = booked(make.make_school(head_authorises_first=True))
    link_id = link_sent(booking).id
    set_now(booking.head_answer_due_at + timedelta(seconds=1))
    with pytest.raises(RequestLapsed), transaction():
        services.answer_by_link(link_id, HEAD, YES)
    with transaction():
        services.expire_due(booking.id)
    db.session.expire_all()
    assert booking.state is State.EXPIRED


def test_an_ended_booking_has_nothing_left_to_authorise():
    booking = booked()
    link_id = link_sent(booking).id
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    with pytest.raises(NothingToAuthorise), transaction():
        services.answer_by_link(link_id, HEAD, YES)


# ---- Several signers


def with_mayor(school):
    with transaction():
        services.set_school_rules(school, head_first=True, emails={SignerRole.MAYOR: "mairie@brunoy.example"})
    return school


def test_several_signers_on_one_side_each_with_their_own_state():
    """Complaint 35: two signers on one side; all needed must say yes."""
    booking = booked(with_mayor(make.make_school()))
    assert {each.role for each in booking.authorisation.signers} == {SignerRole.HEAD, SignerRole.MAYOR}
    to_mayor = next(n for n, m in enumerate(requests_sent(booking)) if m.recipient == "mairie@brunoy.example")
    answer(booking, services.Signature("Le Maire", Capacity.HOLDER, Via.LINK), YES, number=to_mayor)
    assert signer_of(booking, SignerRole.MAYOR).answer is Answer.YES
    assert (booking.state, booking.head_answer) == (State.REQUESTED, Answer.PENDING)
    assert events(booking)[-1] is Event.HEAD_SIGN
    answer(booking, HEAD, YES, number=1 - to_mayor)
    db.session.expire_all()
    assert booking.state is State.CONFIRMED


def test_the_first_no_of_several_signers_decides():
    booking = booked(with_mayor(make.make_school()))
    answer(booking, HEAD, NO, number=0)
    db.session.expire_all()
    assert booking.state is State.DECLINED


# ---- Reminders


def test_a_reminder_carries_a_fresh_link_and_ends_the_old_one(set_now):
    """Complaint 34: the reminder lacked the link."""
    booking = booked()
    old = requests_sent(booking)[0].payload["token"]
    set_now(NOW + timedelta(days=2, minutes=5))
    assert services.signers_to_remind() == [signer_of(booking).id]
    with transaction():
        assert services.remind(signer_of(booking).id)
    assert link_of(old) is None
    fresh = requests_sent(booking)[-1]
    assert fresh.payload["is_reminder"] and link_of(fresh.payload["token"]) is not None
    assert signer_of(booking).last_sent_at == NOW + timedelta(days=2, minutes=5)
    with transaction():
        assert not services.remind(signer_of(booking).id)


def test_nobody_is_reminded_on_a_sunday_nor_once_they_have_answered(set_now):
    booking, other = booked(), booked()
    answer(other)
    set_now(datetime(2026, 11, 29, 9, tzinfo=UTC))
    with transaction():
        assert not services.remind(signer_of(booking).id)
    set_now(datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert services.signers_to_remind() == [signer_of(booking).id]


def test_only_the_signer_who_has_not_answered_is_reminded(set_now):
    """Complaint 34: the wrong person was chased."""
    booking = booked(with_mayor(make.make_school()))
    answer(booking, HEAD, YES, number=0)
    set_now(NOW + timedelta(days=2, minutes=5))
    waiting = [each.id for each in booking.authorisation.signers if each.answer is Answer.PENDING]
    assert services.signers_to_remind() == waiting


def test_the_teacher_sends_again_to_a_corrected_address_at_once_but_not_twice_to_the_same():
    booking = booked()
    signer_id = signer_of(booking).id
    with pytest.raises(SentToday), transaction():
        services.send_to(signer_id)
    with transaction():
        services.send_to(signer_id, "principale@college.example")
    assert requests_sent(booking)[-1].recipient == "principale@college.example"
    assert not requests_sent(booking)[-1].payload["is_reminder"]
    assert signer_of(booking).sent_to == ["principale@college.example"]


def test_a_bounce_is_shown_and_blocks_nothing():
    from booking.bookings.authorisation_queries import deliveries_of

    booking = booked()
    address = signer_of(booking).sent_to[0]
    db.session.add(MailAddress(address=address.lower(), failures_in_a_row=1, failed_at=NOW))
    db.session.commit()
    assert [(each.address, each.state) for each in deliveries_of(signer_of(booking))] == [(address, "failed")]
    answer(booking)
    assert signer_of(booking).answer is Answer.YES


# ---- Codes and links to forward


def test_a_code_opens_the_request_until_it_is_answered():
    booking = booked()
    with transaction():
        token, code = services.hand_out(signer_of(booking).id)
    with transaction():
        opened = services.link_of_code(f" {code.lower()} ")
    assert link_of(opened).details == {"via": "code"}
    with transaction():
        services.answer_by_link(link_of(opened).id, HEAD, YES)
    for text in (code, "AAAA-AAAA", ""):
        with pytest.raises(UnknownCode), transaction():
            services.link_of_code(text)
    with pytest.raises(AlreadySigned), transaction():
        services.answer_by_link(link_of(token).id, HEAD, NO)


def test_another_code_replaces_the_first():
    booking = booked()
    with transaction():
        token, code = services.hand_out(signer_of(booking).id)
    with transaction():
        services.hand_out(signer_of(booking).id)
    assert link_of(token) is None
    with pytest.raises(UnknownCode), transaction():
        services.link_of_code(code)


def test_ten_codes_an_hour_from_one_connection_and_no_more(set_now):
    for _attempt in range(10):
        with transaction():
            services.count_attempt("192.0.2.1")
    with pytest.raises(TooManyCodes), transaction():
        services.count_attempt("192.0.2.1")
    with transaction():
        services.count_attempt("192.0.2.2")
    set_now(NOW + timedelta(hours=1))
    with transaction():
        services.count_attempt("192.0.2.1")
    set_now(NOW + timedelta(days=2))
    with transaction():
        assert services.forget_attempts() == 3


# ---- The head signed in


def test_the_head_grants_several_at_once_and_those_that_changed_meanwhile_are_left():
    school = make.make_school(head_authorises_first=True)
    head = member(school)
    first, second, gone = (
        booked(school, slot=make.make_slot(local_start=datetime(2027, 1, day, 9))) for day in (12, 14, 15)
    )
    with transaction():
        services.cancel_booking(gone.id, gone.teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    asked = [each.authorisation.id for each in (first, second, gone)]
    with transaction():
        assert services.grant_several(asked, head, Capacity.HOLDER) == 2
    db.session.expire_all()
    assert [each.state for each in (first, second, gone)] == [State.CONFIRMED, State.CONFIRMED, State.CANCELLED]
    assert signer_of(first).answered_by_id == head.id


# ---- In which order


def last_firm(**values):
    return dict(confirmation=ConfirmationMode.APPROVAL, waits_for_head=True, **values)


def test_a_firm_that_answers_last_has_its_clock_start_with_the_heads_yes(set_now):
    booking = booked(**last_firm())
    assert (booking.head_answer, booking.host_answer) == (Answer.PENDING, Answer.PENDING)
    assert booking.host_answer_due_at is None
    assert booking.deadline_at == booking.head_answer_due_at
    set_now(NOW + timedelta(days=1))
    answer(booking)
    db.session.expire_all()
    assert booking.state is State.REQUESTED
    assert booking.deadline_at == booking.host_answer_due_at > NOW + timedelta(days=1)
    assert events(booking)[-2:] == [Event.HEAD_GRANT, Event.ASK_HOST]
    with transaction():
        services.answer_request(booking.id, booking.slot.activity.contact, accept=True)
    db.session.expire_all()
    assert booking.state is State.CONFIRMED


def test_an_option_whose_head_says_yes_goes_to_the_firm_when_it_is_confirmed():
    booking = booked(as_option=True, **last_firm())
    assert booking.state is State.HELD
    answer(booking)
    with transaction():
        services.confirm_option(booking.id, booking.teacher)
    db.session.expire_all()
    assert booking.state is State.REQUESTED
    assert booking.deadline_at == booking.host_answer_due_at is not None


def test_an_option_confirmed_late_leaves_the_head_time_to_answer(set_now):
    booking = booked(make.make_school(head_authorises_first=True), as_option=True)
    late = booking.deadline_at - timedelta(minutes=10)
    set_now(late)
    with transaction():
        services.confirm_option(booking.id, booking.teacher)
    db.session.expire_all()
    assert booking.state is State.REQUESTED
    assert booking.deadline_at > late


def test_another_date_needs_another_authorisation():
    booking = booked()
    old = requests_sent(booking)[0].payload["token"]
    answer(booking)
    with transaction():
        services.move_slot(
            booking.slot_id, booking.slot.activity.contact, datetime(2027, 1, 14, 9), datetime(2027, 1, 14, 11)
        )
    signer = signer_of(booking)
    assert (signer.answer, booking.head_answer, booking.state) == (Answer.PENDING, None, State.CONFIRMED)
    assert link_of(old) is not None  # it was used, and says so
    assert requests_sent(booking)[-1].payload["is_again"]
    assert Event.HEAD_GRANT in events(booking)


# ---- People who come in


def workshop():
    return booked(kind=ActivityKind.CLASSROOM_WORKSHOP)


def test_the_head_is_asked_about_a_workshop_once_the_host_has_named_who_comes_in():
    booking = workshop()
    host = booking.slot.activity.contact
    assert booking.authorisation.purpose is Purpose.INTERVENTION
    assert requests_sent(booking) == []
    with transaction():
        services.name_speakers(booking.id, host, ["Nadia Benali", "Luc Morel"], show_identity=True)
    assert requests_sent(booking)[-1].payload["speakers"] == ["Nadia Benali", "Luc Morel"]
    answer(booking)
    assert signer_of(booking).answer is Answer.YES


def test_other_names_are_asked_about_again():
    booking = workshop()
    host = booking.slot.activity.contact
    for names in (["Nadia Benali"], ["Nadia Benali"], ["Luc Morel"]):
        with transaction():
            services.name_speakers(booking.id, host, names, show_identity=True)
        if names == ["Nadia Benali"] and signer_of(booking).answer is Answer.PENDING:
            answer(booking)
    assert signer_of(booking).answer is Answer.PENDING
    assert events(booking).count(Event.NAME_SPEAKERS) == 2


def test_names_are_erased_after_the_visit(set_now):
    booking = workshop()
    with transaction():
        services.name_speakers(booking.id, booking.slot.activity.contact, ["Nadia Benali"], show_identity=True)
    assert services.authorisations_to_erase() == []
    set_now(booking.slot.ends_at + timedelta(days=1, minutes=1))
    for authorisation_id in services.authorisations_to_erase():
        with transaction():
            services.erase_speakers(authorisation_id)
    db.session.expire_all()
    assert booking.authorisation.speakers == []
    assert booking.authorisation.speakers_erased_at is not None


# ---- The coach


def test_the_coach_is_noted_in_the_history_alone():
    booking = booked()
    before = db.session.scalar(select(func.count()).select_from(OutgoingMail))
    plan = services.CoachStep(Coach.ORDERED, date(2026, 11, 24), datetime(2027, 1, 12, 8, 10).time())
    for _again in range(2):
        with transaction():
            services.settle_coach(booking.id, booking.teacher, plan)
    assert events(booking).count(Event.COACH) == 1
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == before
    assert booking.coach is Coach.ORDERED


def test_a_broken_invariant_is_found():
    booking = booked(make.make_school(head_authorises_first=True))
    db.session.execute(db.update(Booking).where(Booking.id == booking.id).values(head_answer=Answer.YES))
    db.session.commit()
    assert any(found.code == "head-answer" for found in violations())
    db.session.execute(db.update(Booking).where(Booking.id == booking.id).values(head_answer=Answer.PENDING))
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Authorisation)) == 1
