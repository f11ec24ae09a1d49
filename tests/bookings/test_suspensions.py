"""The outings of a département are suspended, then possible again: who is told, what is kept, who may not book."""

from __future__ import annotations

import email
from datetime import date, datetime, timedelta
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from booking.accounts.models import Person, ScopeKind
from booking.bookings import jobs, services
from booking.bookings.models import Booking
from booking.bookings.queries import explain, explain_all
from booking.bookings.rules.explain import OutingsSuspended
from booking.bookings.rules.states import Actor, CancelReason, Event, State
from booking.bookings.rules.suspensions import (
    AlreadyLifted,
    AlreadySuspended,
    PeriodOver,
    PeriodReversed,
    check_period,
    overlap,
    period_words,
)
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.suspension_models import OutingSuspension
from booking.bookings.suspension_queries import suspension_of
from booking.calendars.models import CalendarObject
from booking.catalogue.models import ActivityKind, ConfirmationMode
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make
from tests.calendars.feed_reader import statements_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

DAY = date(2027, 1, 12)
MORNING = datetime(2027, 1, 12, 9)
both = pytest.mark.usefixtures("app", "both_databases")


def book(slot, school_class=None, **values) -> Booking:
    school_class = school_class or make.make_class()
    with transaction():
        return services.request_places(
            slot.id, school_class.id, db.session.get_one(Person, school_class.owner_id), **values
        )


def suspend(officer, first=DAY, last=DAY, departement="91", reason=CancelReason.WEATHER, note="Verglas attendu."):
    with transaction():
        return services.suspend_outings(departement, first, last, officer, reason=reason, note=note)


def lift(suspension, officer):
    with transaction():
        return services.lift_suspension(suspension.id, officer)


def told(kind: str) -> list[str]:
    return sorted(db.session.scalars(select(OutgoingMail.recipient).where(OutgoingMail.kind == kind)))


def events_of(booking) -> list[Event]:
    return [event.event for event in booking.events]


# ---- Rules


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (DAY, DAY, None),
        (DAY, None, None),
        (DAY - timedelta(days=60), DAY, None),
        (DAY, DAY - timedelta(days=1), PeriodReversed),
        (date(2026, 11, 20), date(2026, 11, 23), PeriodOver),
    ],
)
def test_a_period_goes_forward_and_is_not_over(first, last, refusal):
    if refusal is None:
        check_period(first, last, make.NOW.date())
    else:
        with pytest.raises(refusal):
            check_period(first, last, make.NOW.date())


DAYS = st.dates(date(2027, 1, 1), date(2027, 1, 20))


@given(first=DAYS, last=st.none() | DAYS, other_first=DAYS, other_last=st.none() | DAYS)
def test_two_periods_overlap_when_they_share_a_day(first, last, other_first, other_last):
    days = {date(2027, 1, 1) + timedelta(days=n) for n in range(40)}

    def within(start, end):
        return {day for day in days if start <= day and (end is None or day <= end)}

    if (last is None or first <= last) and (other_last is None or other_first <= other_last):
        assert overlap(first, last, other_first, other_last) is bool(
            within(first, last) & within(other_first, other_last)
        )


def test_a_period_is_said_as_people_say_it(app):
    assert period_words(DAY, DAY) == "le mardi 12 janvier 2027"
    assert period_words(DAY, DAY + timedelta(days=1)) == "du mardi 12 janvier 2027 au mercredi 13 janvier 2027"
    assert period_words(DAY, None) == "à partir du mardi 12 janvier 2027 et jusqu’à nouvel ordre"


# ---- Suspending


@both
def test_a_confirmed_booking_stays_with_its_places_and_both_sides_are_told_once():
    slot, officer = make.make_slot(), make.make_officer()
    booking = book(slot)
    objects = [(each.sequence, each.state) for each in db.session.scalars(select(CalendarObject))]

    suspend(officer)

    assert (booking.state, slot.taken_classes, slot.taken_pupils) == (State.CONFIRMED, 1, 27)
    assert told("outings-suspended") == sorted([booking.teacher.email, slot.activity.contact.email])
    assert events_of(booking) == [Event.CONFIRM, Event.SUSPEND]
    assert booking.events[-1].person_id == officer.id
    assert [(each.sequence, each.state) for each in db.session.scalars(select(CalendarObject))] == objects
    assert told("booking-cancelled") == told("booking-updated") == []
    assert violations() == []


@both
def test_a_suspension_holds_for_schools_of_the_departement_and_for_visits_to_its_sites_not_for_workshops():
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    own, other = make.make_school(), make.make_school(departement="94")
    near, far = make.make_site(), make.make_site(departement="94")

    def go(school, site, **values):
        return book(make.make_slot(make.make_activity(site=site, **values)), make.make_class(make.make_teacher(school)))

    inside, leaving, coming, elsewhere = go(own, near), go(own, far), go(other, near), go(other, far)
    workshop = go(own, near, kind=ActivityKind.CLASSROOM_WORKSHOP)
    before, after = (
        book(make.make_slot(make.make_activity(site=near), local_start=MORNING + timedelta(days=days)))
        for days in (-1, 1)
    )

    suspend(make.make_officer())

    touched = {b.id for b in (inside, leaving, coming)}
    assert {b.id for b in db.session.scalars(select(Booking)) if Event.SUSPEND in events_of(b)} == touched
    assert {b.id for b in db.session.scalars(select(Booking)) if suspension_of(b)} == touched
    assert not {before.id, after.id, workshop.id, elsewhere.id} & touched


@both
def test_an_option_is_told_to_its_teacher_alone_and_a_request_to_both():
    option = book(make.make_slot(), as_option=True)
    request = book(make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL)))

    suspend(make.make_officer())

    assert told("outings-suspended") == sorted(
        [option.teacher.email, request.teacher.email, request.slot.activity.contact.email]
    )


def test_a_suspension_needs_a_reason_and_does_not_meet_another_of_the_departement(app):
    officer = make.make_officer()
    make.make_departement()
    with pytest.raises(ReasonMissing):
        suspend(officer, reason=None)
    suspend(officer, DAY, DAY + timedelta(days=3))
    for first, last in ((DAY, DAY), (DAY + timedelta(days=3), None)):
        with pytest.raises(AlreadySuspended):
            suspend(officer, first, last)
    suspend(officer, DAY + timedelta(days=4), None)
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    suspend(officer, DAY, None, departement="94")
    assert violations() == []


def test_nobody_books_an_outing_on_a_suspended_day_and_the_obstacle_says_which_days_and_why(app):
    slot, other_day = make.make_slot(), make.make_slot(local_start=MORNING + timedelta(days=1))
    workshop = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP))
    school_class = make.make_class()
    suspend(make.make_officer())

    with pytest.raises(OutingsSuspended) as refused:
        book(slot, school_class)

    assert "mardi 12 janvier 2027" in refused.value.message
    assert "en Essonne" in refused.value.message
    assert "météo" in refused.value.message
    assert [explain(each, school_class).is_possible for each in (slot, other_day, workshop)] == [False, True, True]


def test_a_suspension_costs_no_more_reads_for_more_slots(app):
    make.make_officer()
    slots = [make.make_slot(local_start=MORNING + timedelta(days=day)) for day in range(6)]
    school_class = make.make_class()
    suspend(make.make_officer(), DAY, None)

    explain_all(slots, school_class)
    counts = {
        statements_of(lambda some=some: explain_all(some, school_class), afresh=False) for some in (slots[:1], slots)
    }

    assert len(counts) == 1


# ---- Lifting


@both
def test_lifting_tells_the_same_people_that_the_visit_may_take_place():
    slot, officer = make.make_slot(), make.make_officer()
    booking = book(slot)
    suspension = suspend(officer)

    lift(suspension, officer)

    assert told("outings-resumed") == sorted([booking.teacher.email, slot.activity.contact.email])
    assert events_of(booking)[-1] is Event.RESUME
    assert suspension_of(booking) is None
    assert explain(make.make_slot(), make.make_class()).is_possible
    with pytest.raises(AlreadyLifted):
        lift(suspension, officer)
    assert len(told("outings-resumed")) == 2
    assert violations() == []


def test_while_another_suspension_holds_the_booking_back_nobody_is_told_that_it_may_take_place(app):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    booking = book(make.make_slot(), make.make_class(make.make_teacher(make.make_school(departement="94"))))
    officer = make.make_officer(ScopeKind.NATIONAL, None)
    here, there = suspend(officer), suspend(officer, departement="94")

    lift(here, officer)
    assert told("outings-resumed") == []
    lift(there, officer)
    assert len(told("outings-resumed")) == 2
    assert events_of(booking).count(Event.SUSPEND) == 2


def test_a_slot_moved_out_of_the_period_is_no_longer_suspended(app):
    slot, officer = make.make_slot(), make.make_officer()
    booking = book(slot)
    suspension = suspend(officer)
    start = MORNING + timedelta(days=7)
    with transaction():
        services.move_slot(slot.id, slot.activity.contact, start, start + timedelta(hours=2))

    assert suspension_of(booking) is None
    lift(suspension, officer)
    assert told("outings-resumed") == []


# ---- The day


@both
def test_a_day_that_passes_under_suspension_is_excused_and_never_missed(set_now):
    slot, officer = make.make_slot(), make.make_officer()
    booking, workshop = book(slot), book(make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP)))
    suspend(officer)
    assert jobs.excuse_suspended() == 0

    set_now(slot.ends_at + timedelta(minutes=1))
    assert (jobs.excuse_suspended(), jobs.excuse_suspended()) == (1, 0)

    assert (booking.state, workshop.state) == (State.EXCUSED, State.CONFIRMED)
    last = booking.events[-1]
    assert (last.event, last.actor, last.person_id, last.reason) == (Event.EXCUSE, Actor.OFFICER, officer.id, "weather")
    assert violations() == []


def test_a_suspension_lifted_before_the_day_excuses_nobody(app, set_now):
    slot, officer = make.make_slot(), make.make_officer()
    booking = book(slot)
    lift(suspend(officer), officer)

    set_now(slot.ends_at + timedelta(minutes=1))

    assert jobs.excuse_suspended() == 0
    assert booking.state is State.CONFIRMED


def test_lifting_after_the_day_does_not_undo_it_and_a_worker_that_sleeps_is_noticed(app, set_now):
    slot, officer = make.make_slot(), make.make_officer()
    book(slot)
    suspension = suspend(officer, DAY, None)
    set_now(slot.ends_at + timedelta(days=2))
    lift(suspension, officer)

    assert [each.code for each in violations()] == ["suspension-excused"]
    assert jobs.excuse_suspended() == 1
    assert violations() == []


# ---- The mails


def test_the_mails_say_which_days_why_and_that_the_places_are_kept(app):
    booking = book(make.make_slot())
    suspension = suspend(officer := make.make_officer())
    lift(suspension, officer)
    texts = {}
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)
        mail = db.session.get_one(OutgoingMail, parcel.id)
        message = email.message_from_bytes(parcel.body, policy=SMTP)
        texts[mail.kind, mail.recipient] = " ".join(message.get_body(("plain",)).get_content().split())
    text = texts["outings-suspended", booking.teacher.email]
    for words in ("le mardi 12 janvier 2027 (Essonne)", "météo", "Verglas attendu.", "ses places sont gardées"):
        assert words in text.replace("\u00a0", " "), words
    assert "déplacer le créneau" in texts["outings-suspended", booking.slot.activity.contact.email]
    assert "peut avoir lieu" in texts["outings-resumed", booking.teacher.email]


# ---- The pages


def form(**values) -> dict[str, str]:
    return {"departement": "91", "first_on": "2027-01-12", "last_on": "", "reason": "weather", "note": "", **values}


def test_an_officer_sees_what_would_be_touched_then_suspends_then_lifts(client):
    booking = book(make.make_slot())
    officer = make.make_officer()
    path = f"/territory/{officer.memberships[0].id}/suspensions"
    signed_in(client, officer)
    assert "Aucune suspension" in client.get(path).text

    preview = client.post(path, data=form(step="preview")).text
    assert "réservation concernée" in preview
    assert booking.class_name in preview
    assert 'value="suspend"' in preview
    assert db.session.scalar(select(OutingSuspension)) is None

    page = client.post(path, data=form(step="suspend"), follow_redirects=True).text
    assert "Les sorties sont suspendues" in page
    assert "jusqu’à nouvel ordre" in page
    (suspension,) = db.session.scalars(select(OutingSuspension))
    again = client.post(path, data=form(step="suspend")).text
    assert "déjà suspendues" in again
    page = client.post(f"{path}/{suspension.id}/lifting", follow_redirects=True).text
    assert "La suspension est levée" in page


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"departement": ""}, "Choisissez un département"),
        ({"first_on": ""}, "Indiquez le premier jour"),
        ({"last_on": "2027-01-01"}, "Le dernier jour vient avant le premier"),
        ({"reason": ""}, "Choisissez une raison"),
        ({"first_on": "2026-01-01", "last_on": "2026-01-02"}, "Ces jours sont passés"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_suspended(client, values, sentence):
    officer = make.make_officer()
    make.make_slot()
    signed_in(client, officer)

    page = client.post(
        f"/territory/{officer.memberships[0].id}/suspensions", data=form(step="suspend", note="Gel", **values)
    )

    assert sentence in page.text.replace("\u00a0", " ")
    assert "Gel" in page.text
    assert db.session.scalar(select(OutingSuspension)) is None


def test_only_an_officer_whose_territory_holds_the_departement_suspends_and_lifts(client):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    make.make_slot()
    national, stranger = make.make_officer(ScopeKind.NATIONAL, None), make.make_officer(ScopeKind.DEPARTEMENT, "94")
    suspension = suspend(national)
    mine = f"/territory/{stranger.memberships[0].id}/suspensions"
    signed_in(client, stranger)

    client.post(mine, data=form(step="suspend", departement="91", first_on="2027-02-01"))
    assert client.post(f"{mine}/{suspension.id}/lifting").status_code == 404
    assert client.get(f"/territory/{national.memberships[0].id}/suspensions").status_code == 404

    db.session.expire_all()
    assert [each.id for each in db.session.scalars(select(OutingSuspension))] == [suspension.id]
    assert suspension.lifted_at is None
    signed_in(client, make.make_teacher())
    assert client.get(mine).status_code == 404


def test_the_pages_concerned_say_so_and_no_other(client):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    booking = book(make.make_slot())
    activity = booking.slot.activity
    host, ref = activity.contact, f"/programme/{activity.id}"
    elsewhere = make.make_slot(make.make_activity(site=make.make_site(departement="94")))
    suspend(make.make_officer())
    words = "Les sorties scolaires sont suspendues en Essonne le mardi 12 janvier 2027"

    for path in ("/programme", "/programme?departement=91", ref):
        assert words in client.get(path, follow_redirects=True).text, path
    for path in ("/programme?departement=94", f"/programme/{elsewhere.activity_id}"):
        assert words not in client.get(path, follow_redirects=True).text, path
    signed_in(client, booking.teacher)
    for path in ("/teacher/", f"/teacher/bookings/{booking.id}", f"/school/{booking.school.uai}/"):
        assert words in client.get(path).text, path
    signed_in(client, host)
    for path in (
        f"/company/{activity.company_id}/bookings/{booking.id}",
        f"/company/{activity.company_id}/slots/{booking.slot_id}",
    ):
        assert words in client.get(path).text, path


def test_a_slot_moved_onto_suspended_days_tells_both_sides_once(app):
    officer, slot = make.make_officer(), make.make_slot(local_start=MORNING - timedelta(days=1))
    booking = book(slot)
    suspend(officer, last=DAY + timedelta(days=1))
    assert told("outings-suspended") == []
    for hours in (24, 48):
        start = MORNING + timedelta(hours=hours - 24)
        with transaction():
            services.move_slot(slot.id, slot.activity.contact, start, start + timedelta(hours=2))
        assert told("outings-suspended") == sorted([booking.teacher.email, slot.activity.contact.email])
    assert events_of(booking).count(Event.SUSPEND) == 1
    assert violations() == []
