"""Reminders seven days and one day before a visit: when, to whom, what they say, how they are stopped."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings import jobs, services
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.reminders import HOURS, Lacking, reminder_due, still_lacking
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.core.db import db, transaction
from booking.mail.models import MailState, OutgoingMail
from tests import make
from tests.bookings.test_mails import deliver

START = datetime(2027, 1, 12, 9, 0)  # a Tuesday, 9:00 in Paris
LONG_AGO = date(2026, 11, 24)


def at(day: int, hour: int = 9, minute: int = 0, month: int = 1) -> datetime:
    """A moment of January 2027, as clocks in Paris show it."""
    return datetime(2027, month, day, hour - 1, minute, tzinfo=UTC)


def days_before(now, known_on=LONG_AGO, start=START, timezone="Europe/Paris"):
    due = reminder_due(start, timezone, known_on, now)
    return due.days_before if due else None


# ---- The rule


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(4), None), (at(5, 7, 59), None), (at(5, 8), 7), (at(5, 17, 59), 7), (at(5, 18), None),
        (at(6), 7), (at(7), 7), (at(8), None), (at(10), None), (at(11, 8), 1), (at(11, 18), None), (at(12, 8), None),
    ],
)  # fmt: skip
def test_a_reminder_is_due_seven_days_and_one_day_before_in_waking_hours(now, expected):
    assert days_before(now) == expected


def test_hours_are_those_of_the_place():
    assert days_before(datetime(2027, 1, 5, 4, 0, tzinfo=UTC), timezone="Indian/Reunion") == 7
    assert days_before(datetime(2027, 1, 5, 4, 0, tzinfo=UTC)) is None
    assert days_before(datetime(2027, 1, 4, 22, 0, tzinfo=UTC), timezone="Pacific/Noumea") == 7


@pytest.mark.parametrize(
    ("known_on", "week", "eve"),
    [
        (date(2027, 1, 2), 7, 1), (date(2027, 1, 3), None, 1), (date(2027, 1, 5), None, 1),
        (date(2027, 1, 8), None, 1), (date(2027, 1, 10), None, 1), (date(2027, 1, 11), None, None),
    ],
)  # fmt: skip
def test_whoever_has_just_learnt_the_date_is_left_alone(known_on, week, eve):
    assert (days_before(at(5), known_on), days_before(at(11), known_on)) == (week, eve)


@given(
    now=st.datetimes(datetime(2027, 1, 1), datetime(2027, 1, 20), timezones=st.just(UTC)),
    known=st.integers(0, 30),
    timezone=st.sampled_from(["Europe/Paris", "Indian/Reunion", "Pacific/Noumea", "America/Cayenne"]),
)
def test_no_reminder_ever_leaves_at_night_after_the_start_or_with_stale_words(now, known, timezone):
    from zoneinfo import ZoneInfo

    due = reminder_due(START, timezone, START.date() - timedelta(days=known), now)
    if due is None:
        return
    local = now.astimezone(ZoneInfo(timezone))
    assert HOURS[0] <= local.time() < HOURS[1]
    assert local.replace(tzinfo=None) < START
    assert now < due.expires_at
    assert (due.days_before == 1) == (local.date() == date(2027, 1, 11))


def test_what_a_class_may_still_lack():
    def lacking(*, staff=False, workshop=False, head=False, coach=Coach.ORDERED):
        return still_lacking(is_staff=staff, is_workshop=workshop, head_said_yes=head, coach=coach)

    assert lacking() == [Lacking.OUTING]
    assert lacking(workshop=True, coach=None) == [Lacking.COMING_IN]
    assert lacking(head=True) == lacking(staff=True) == lacking(head=True, coach=Coach.NOT_NEEDED) == []
    assert lacking(head=True, coach=None) == [Lacking.COACH_UNSAID]
    assert lacking(coach=Coach.QUOTE_ASKED) == [Lacking.OUTING, Lacking.COACH_QUOTE]


# ---- The letters


@pytest.fixture
def booking(app, now):
    """Firm since 24 November, for 12 January."""
    activity = make.make_activity(to_bring="Une pièce d’identité pour les adultes.")
    with transaction():
        return services.request_places(
            make.make_slot(activity).id, (school_class := make.make_class()).id,
            db.session.get(Person, school_class.owner_id),
        )  # fmt: skip


def reminders() -> list:
    """The reminders that leave now; whatever else waits leaves too."""
    jobs.remind_of_visits()
    return [letter for letter in deliver() if letter.kind == "reminder"]


def test_the_day_before_each_side_finds_its_page_of_the_day(booking, set_now):
    set_now(at(5))
    assert not any("/day" in letter.text for letter in reminders())
    set_now(at(11))
    by_reader = {letter.to: letter.text for letter in reminders()}
    assert f"/teacher/bookings/{booking.id}/day" in by_reader[booking.teacher.email]
    company_id = booking.slot.activity.company_id
    assert f"/company/{company_id}/days/2027-01-12" in by_reader[booking.slot.activity.contact.email]
    assert "vous n’avez pas dit s’il en faut un" in by_reader[booking.teacher.email].replace("\n", " ")


def test_23_and_50_both_sides_are_reminded_once_each_day_of_the_two(both_databases, booking, set_now):
    people = {booking.teacher.email, booking.slot.activity.contact.email}
    seen = []
    for day in range(1, 13):
        for hour in (3, 9, 15, 22):
            set_now(at(day, hour))
            seen += [(day, letter.to) for letter in reminders()]
    assert sorted(seen) == sorted((day, email) for day in (5, 11) for email in people)


def test_a_reminder_says_what_where_how_to_get_there_what_to_bring_and_whom_to_call(booking, set_now):
    booking.slot.activity.contact.mobile = "06 11 22 33 44"
    db.session.commit()
    set_now(at(11))
    letter = next(letter for letter in reminders() if letter.to == booking.teacher.email)
    assert letter.subject == "Rappel\u00a0: mardi 12 janvier 2027, Dans les coulisses d’un atelier de turbines"
    for words in (
        "C’est demain", "Turbines du Hurepoix attend la 4e B le mardi 12 janvier 2027 de 9\u00a0h\u00a000 à 11\u00a0h\u00a030.",
        "12 rue des Ateliers", "départ de l’établissement à 8\u00a0h", "Une pièce d’identité pour les adultes.",
        "Karim Leroy, 01\u00a060\u00a000\u00a000\u00a000", "06\u00a011\u00a022\u00a033\u00a044",
        "L’autorisation de sortie de votre chef d’établissement n’est pas enregistrée ici.",
        "Votre chef d’établissement n’a pas encore répondu", f"/teacher/bookings/{booking.id}",
    ):  # fmt: skip
        assert words in letter.html, words
        assert words in letter.flat or words == "C’est demain", words


def test_the_hosts_reminder_names_the_class_and_gives_the_mobile_only_the_day_before(booking, set_now):
    booking.teacher.mobile = "06 55 44 33 22"
    db.session.commit()
    texts = {}
    for day in (5, 11):
        set_now(at(day))
        texts[day] = next(letter.flat for letter in reminders() if letter.to == booking.slot.activity.contact.email)
    assert "Vous attendez la 4e B (Collège Louis Pasteur, Brunoy)" in texts[5]
    assert "06\u00a055" not in texts[5]
    assert "06\u00a055\u00a044\u00a033\u00a022" in texts[11]
    assert "autorisation" not in texts[11]


def test_a_reminder_in_english_has_no_french_in_it(booking, set_now):
    booking.teacher.language = "en"
    db.session.commit()
    set_now(at(5))
    letter = next(letter for letter in reminders() if letter.to == booking.teacher.email)
    assert letter.subject.startswith("Reminder: Tuesday 12 January 2027")
    assert not re.search(r"\b(Vous|votre|Trajet|rappel|établissement)\b", letter.flat)


@pytest.mark.parametrize("then", ["moved", "cancelled", "suspended", "unwanted"])
def test_a_reminder_that_is_queued_is_dropped_when_the_visit_moves_ends_or_it_is_not_wanted(booking, set_now, then):
    deliver()
    set_now(at(5))
    jobs.remind_of_visits()
    officer = make.make_officer()
    with transaction():
        if then == "moved":
            services.move_slot(booking.slot_id, booking.slot.activity.contact, START + timedelta(days=1), START.replace(day=13, hour=11))  # fmt: skip
        elif then == "cancelled":
            services.cancel_booking(booking.id, booking.teacher, Actor.HOST, reason=CancelReason.PRODUCTION)
        elif then == "suspended":
            services.suspend_outings("91", date(2027, 1, 11), None, officer, reason="weather")
        else:
            booking.teacher.wants_reminders = booking.slot.activity.contact.wants_reminders = False
    assert "reminder" not in {letter.kind for letter in deliver()}
    states = db.session.scalars(select(OutgoingMail.state).where(OutgoingMail.kind == "reminder")).all()
    assert states == [MailState.SUPERSEDED] * 2


def test_nobody_is_told_that_a_suspended_visit_is_tomorrow(booking, set_now):
    set_now(at(11))
    officer = make.make_officer()
    with transaction():
        services.suspend_outings("91", date(2027, 1, 11), None, officer, reason="weather")
    assert reminders() == []


def test_a_moved_visit_is_reminded_of_at_its_new_date(booking, set_now):
    set_now(at(2))
    with transaction():
        services.move_slot(booking.slot_id, booking.slot.activity.contact, datetime(2027, 1, 19, 9), datetime(2027, 1, 19, 11))  # fmt: skip
    days = []
    for day in range(3, 20):
        set_now(at(day))
        days += [day] * bool(reminders())
    assert days == [12, 18]


def test_a_booking_for_a_colleague_reminds_the_colleague_the_booker_and_the_host(booking, set_now):
    booking.booked_by = make.make_teacher(booking.school)
    db.session.commit()
    set_now(at(11))
    assert len({letter.to for letter in reminders()}) == 3


def test_only_those_who_want_them_are_reminded(booking, set_now):
    booking.teacher.wants_reminders = False
    db.session.commit()
    set_now(at(11))
    assert jobs.remind_of_visits() == 1
    assert booking.slot.activity.contact.email in {letter.to for letter in deliver() if letter.kind == "reminder"}


@pytest.mark.parametrize("state", [State.REQUESTED, State.HELD, State.WAITING, State.CANCELLED, State.ATTENDED])
def test_only_firm_visits_are_reminded_of(app, set_now, state):
    make.make_booking(state=state)
    set_now(at(11))
    assert jobs.remind_of_visits() == 0


def test_reminders_leave_after_confirmations(booking, set_now):
    set_now(at(11))
    jobs.remind_of_visits()
    order = [letter.kind for letter in deliver() if letter.kind != "school-notice"]
    assert order == ["authorisation-asked", *["booking-confirmed"] * 2, *["reminder"] * 2]


# ---- Stopping them


def off_address(booking, set_now) -> tuple[str, str]:
    set_now(at(5))
    letter = next(letter for letter in reminders() if letter.to == booking.teacher.email)
    header = str(letter.message["List-Unsubscribe"])
    assert str(letter.message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    address = header.strip("<>")
    assert address in letter.text
    assert address in letter.html
    return address, re.sub(r"^https?://[^/]+", "", address)


def test_a_get_of_the_unsubscribe_address_changes_nothing_and_shows_a_button(booking, client, set_now):
    _address, path = off_address(booking, set_now)
    for _scan in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert "Ne plus recevoir ces messages" in page.text
        assert "Set-Cookie" not in page.headers
    assert db.session.get(Person, booking.teacher_id, populate_existing=True).wants_reminders


def test_one_click_stops_the_reminders_without_signing_in_and_twice_is_as_good(booking, client, set_now):
    _address, path = off_address(booking, set_now)
    set_now(at(5) + timedelta(days=4000))
    for _click in range(2):
        page = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert page.status_code == 200
        assert "C’est arrêté" in page.text
    teacher = db.session.get(Person, booking.teacher_id, populate_existing=True)
    assert (teacher.wants_reminders, teacher.wants_digest) == (False, True)


def test_a_forged_token_stops_nothing(booking, client, set_now):
    _address, path = off_address(booking, set_now)
    assert client.post(path[:-2] + "xx").status_code == 404
    assert client.get("/a/letters/nothing").status_code == 404


def test_confirmations_cannot_be_unsubscribed_from(booking):
    assert all(letter.message["List-Unsubscribe"] is None for letter in deliver())
