"""Whoever must answer is told again before the clock runs out; a company that never answers hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.accounts.models import MemberRole, Person
from booking.bookings import jobs, services
from booking.bookings.rules.nudges import GAP, Ask, Asked, Moment, moment_of, nudges_due, silent_streak
from booking.bookings.rules.states import CancelReason, State
from booking.bookings.services.reminders import silence_of
from booking.catalogue.models import ConfirmationMode
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_mails import deliver
from tests.conftest import NOW

PARIS = ZoneInfo("Europe/Paris")


def week_end(day) -> bool:
    return day.weekday() >= 5


def at(day: int, hour: int = 9, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=PARIS).astimezone(UTC)


def asked(ask=Ask.REQUEST, since=NOW, due=None) -> Asked:
    """By default asked on Tuesday 24 November at 10:00, for Tuesday 1 December at 18:00."""
    return Asked(1, ask, since, due or at(1, 18), "Europe/Paris", week_end)


# ---- The rule


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(24, 15, 11), None), (at(25, 9, 11), None), (at(26, 8, 11), Moment.HALF_WAY), (at(27, 17, 11), Moment.HALF_WAY), (at(28, 10, 11), None),
        (at(30, 7, 11), None), (at(30, 8, 11), Moment.LAST_DAY), (at(1, 10), Moment.LAST_DAY), (at(1, 18), None),
    ],
)  # fmt: skip
def test_a_host_is_told_again_half_way_and_on_the_last_open_day(now, expected):
    assert moment_of(asked(), now) == expected


@pytest.mark.parametrize("ask", [Ask.OPTION, Ask.OFFER, Ask.MOVE])
def test_a_teacher_is_told_again_on_the_last_open_day_only(ask):
    assert moment_of(asked(ask), at(27, 17, 11)) is None
    assert moment_of(asked(ask), at(30, 10, 11)) is Moment.LAST_DAY


def test_a_clock_that_ends_on_monday_is_recalled_on_friday():
    until_monday = asked(Ask.OPTION, due=at(30, 18, 11))
    assert moment_of(until_monday, at(26, 10, 11)) is None
    assert moment_of(until_monday, at(27, 10, 11)) is Moment.LAST_DAY


def test_a_question_of_this_morning_is_not_asked_again_at_noon():
    short = asked(Ask.OFFER, since=at(24, 10, 11), due=at(25, 18, 11))
    assert moment_of(short, at(24, 12, 11)) is None
    assert moment_of(short, at(24, 15, 11)) is Moment.LAST_DAY


def test_34_the_same_letter_never_leaves_twice_nor_two_within_an_hour():
    (due,) = nudges_due([asked()], at(30, 10, 11))
    assert nudges_due([asked()], at(30, 11, 11), said=[due.key]) == []
    assert nudges_due([asked()], at(30, 10, 11), last_told_at=at(30, 10, 11) - GAP / 2) == []
    moved_clock = asked(due=at(1, 17))
    assert len(nudges_due([moved_clock], at(30, 11, 11), said=[due.key])) == 1


@given(
    now=st.datetimes(datetime(2026, 11, 20), datetime(2026, 12, 20), timezones=st.just(UTC)),
    hours=st.integers(1, 500),
    ask=st.sampled_from(Ask),
)
def test_nobody_is_told_again_out_of_hours_on_a_day_off_or_once_it_is_over(now, hours, ask):
    one = asked(ask, due=NOW + timedelta(hours=hours))
    if moment_of(one, now):
        local = now.astimezone(PARIS)
        assert 8 <= local.hour < 18
        assert not week_end(local)
        assert one.since < now < one.due


def test_a_streak_of_silence_ends_with_an_answer():
    assert silent_streak([]) == 0
    assert silent_streak([False, False, True, False]) == 2


# ---- The letters


@pytest.fixture
def host(app, now):
    return make.make_host(make.make_company())


@pytest.fixture
def activity(host):
    company = host.memberships[0].company
    return make.make_activity(make.make_site(company), host, confirmation=ConfirmationMode.APPROVAL)


def requested(activity, **values):
    school_class = make.make_class()
    slot = make.make_slot(activity, datetime(2027, 1, 12 + len(activity.slots), 9, 0))
    with transaction():
        return services.request_places(
            slot.id, school_class.id, db.session.get(Person, school_class.owner_id), **values
        )


def nudges() -> list:
    jobs.nudge_who_must_answer()
    return [letter for letter in deliver() if letter.kind == "nudge"]


def test_31_a_host_that_has_not_answered_is_told_twice_then_the_request_expires(
    both_databases, activity, host, set_now
):
    booking = requested(activity)
    assert booking.host_answer_due_at == at(1, 18)
    seen = []
    moment = NOW
    while moment < at(2, 9):
        set_now(moment)
        jobs.expire_bookings()
        seen += [(moment.astimezone(PARIS).strftime("%a %H"), letter.to) for letter in nudges()]
        moment += timedelta(hours=2)
    assert seen == [("Thu 08", host.email), ("Mon 08", host.email)]
    assert booking.state is State.EXPIRED


def test_24_and_32_the_letter_holds_the_pages_words_and_three_ways_to_answer(activity, host, set_now):
    booking = requested(activity)
    set_now(at(30, 10, 11))
    (letter,) = nudges()
    assert letter.subject == "À répondre avant le mardi 1er décembre 2026, 18\u00a0h\u00a0: Dans les coulisses d’un atelier de turbines"  # fmt: skip
    page = f"/company/{activity.company_id}/bookings/{booking.id}"
    for words in (
        "la 4e B (Collège Louis Pasteur, Brunoy), le mardi 12 janvier 2027",
        "Répondez avant le mardi 1er décembre 2026, 18\u00a0h. Sans réponse de votre part, la demande expire",
        "Accueillir la classe", "Refuser, avec une raison", "Écrire à l’enseignant avant de répondre",
        page, f"{page}/answer", f"{page}#messages",
    ):  # fmt: skip
        assert words in letter.flat, words
        assert words in letter.html, words
    assert booking.teacher.email not in letter.text


def test_several_requests_make_one_letter(activity, set_now):
    bookings = [requested(activity) for _each in range(3)]
    set_now(at(30, 10, 11))
    (letter,) = nudges()
    assert letter.subject == "3 réponses attendues, la première avant le mardi 1er décembre 2026, 18\u00a0h"
    assert all(f"/bookings/{booking.id}/answer" in letter.text for booking in bookings)
    set_now(at(30, 12, 11))
    assert nudges() == []


def test_a_letter_that_was_answered_meanwhile_does_not_leave(activity, host, set_now):
    booking = requested(activity)
    set_now(at(30, 10, 11))
    jobs.nudge_who_must_answer()
    with transaction():
        services.answer_request(booking.id, host, accept=False, reason=CancelReason.PRODUCTION)
    assert "nudge" not in {letter.kind for letter in deliver()}


def test_the_teacher_is_told_that_an_option_lapses_tomorrow(activity, set_now):
    booking = requested(activity, as_option=True)
    set_now(at(30, 10, 11))
    (letter,) = nudges()
    assert letter.to == booking.teacher.email
    assert "Confirmez l’option avant le mardi 1er décembre 2026, 18\u00a0h. Sans réponse de votre part, elle tombe" in letter.flat  # fmt: skip


def test_the_teacher_is_told_that_silence_decides_on_a_moved_date(activity, host, set_now):
    activity.confirmation = ConfirmationMode.INSTANT
    db.session.commit()
    booking = requested(activity)
    set_now(at(1, 10))
    with transaction():
        services.move_slot(booking.slot_id, host, datetime(2027, 1, 14, 9), datetime(2027, 1, 14, 11))
    assert booking.reconfirm_by == at(4, 18)
    set_now(at(3, 10))
    (letter,) = nudges()
    assert letter.to == booking.teacher.email
    assert "Sans réponse de votre part, la réservation est maintenue." in letter.flat
    assert "Garder ou annuler la réservation" in letter.flat


def test_the_teacher_is_told_of_an_offered_place_about_to_lapse(app, set_now):
    booking = make.make_booking(state=State.OFFERED, deadline_at=at(1, 18))
    set_now(at(30, 10, 11))
    (letter,) = nudges()
    assert letter.to == booking.teacher.email
    assert "Acceptez la place avant le mardi 1er décembre 2026, 18\u00a0h." in letter.flat


def test_a_letter_in_english_has_no_french_in_it(activity, host, set_now):
    host.language = "en"
    db.session.commit()
    requested(activity)
    set_now(at(30, 10, 11))
    (letter,) = nudges()
    assert letter.subject.startswith("To answer by Tuesday 1 December 2026")
    assert "Répond" not in letter.flat
    assert "Vous" not in letter.flat


# ---- Silence


def test_31_three_requests_in_a_row_without_an_answer_are_told_to_everybody_in_the_company(
    both_databases, activity, host, set_now
):
    company = host.memberships[0].company
    colleague = make.make_host(company, role=MemberRole.HOST)
    for _each in range(3):
        requested(activity)
    deliver()
    set_now(at(2, 9))
    jobs.expire_bookings()
    assert silence_of(company.id).count == 3
    assert jobs.tell_silent_companies() == 2
    assert jobs.tell_silent_companies() == 0
    told = [letter for letter in deliver() if letter.kind == "silence-notice"]
    assert {letter.to for letter in told} == {host.email, colleague.email}
    assert told[0].subject == "3 demandes sans réponse chez Turbines du Hurepoix"
    assert "Chez Turbines du Hurepoix, 3 demandes de suite ont expiré sans réponse." in told[0].flat


def test_an_answer_ends_the_silence(activity, host, set_now):
    for _each in range(2):
        requested(activity)
    set_now(at(2, 9))
    jobs.expire_bookings()
    booking = requested(activity)
    with transaction():
        services.answer_request(booking.id, host, accept=False, reason=CancelReason.PRODUCTION)
    assert silence_of(activity.company_id).count == 0
    assert jobs.tell_silent_companies() == 0


def test_51_a_host_that_has_not_written_down_who_came_is_asked_twice_then_left_alone(activity, host, set_now):
    slot = make.make_slot(activity, local_start=datetime(2026, 12, 1, 9))
    booking = make.make_booking(slot)
    seen = []
    for day in range(1, 16):
        set_now(at(day, 15))
        jobs.nudge_who_must_answer()
        seen += [(day, letter) for letter in deliver() if letter.kind == "nudge" and letter.to == host.email]
    # Tuesday's visit: half of the week's open days later, then the last open day of the week.
    assert [day for day, _letter in seen] == [3, 7]
    assert f"/company/{activity.company_id}/days/2026-12-01#class-{booking.id}" in seen[0][1].text
    assert "notez qui est venu" in seen[0][1].flat
    # The letter that waits is not sent once somebody has written it down.
    other = make.make_booking(make.make_slot(activity, local_start=datetime(2026, 12, 14, 9)))
    set_now(at(16, 15))
    jobs.nudge_who_must_answer()
    other.state, other.present_pupils, other.present_adults = State.ATTENDED, 27, 2
    db.session.commit()
    assert [letter for letter in deliver() if letter.kind == "nudge"] == []
