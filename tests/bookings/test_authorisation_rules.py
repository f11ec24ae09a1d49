"""Who must sign, whether pupils must come, and the steps of an outing: values in, answers out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking.bookings.papers.rules import Hours, Nature
from booking.bookings.rules.authorisations import (
    ASKING,
    CODE_ALPHABET,
    NoAddress,
    SentToday,
    TooManyAddresses,
    may_send,
    new_code,
    overall,
    shown_code,
    typed_code,
)
from booking.bookings.rules.outing import Coach, OutingFacts, Progress, coach_words, outing_steps
from booking.bookings.rules.participation import WEEKS, Away, Participation, participation, participation_words
from booking.bookings.rules.states import Answer, State
from booking.schools.models import SchoolKind

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
YES, NO, PENDING = Answer.YES, Answer.NO, Answer.PENDING


@pytest.mark.parametrize(
    ("answers", "together"),
    [
        ([YES], YES),
        ([YES, PENDING], PENDING),
        ([YES, YES, YES], YES),
        ([PENDING, NO], NO),
        ([YES, NO], NO),
        ([], PENDING),
    ],
)
def test_every_signer_must_say_yes_and_the_first_no_decides(answers, together):
    assert overall(answers) is together


# ---- Compulsory or optional

USUAL = Hours(time(8), time(17, 30))


def hours(absence, kind=SchoolKind.COLLEGE):
    return WEEKS[kind].hours(absence.leaves_at.date(), USUAL)


def away(start, end, *, day=12, known=True, off=False):
    """The class's absence on a day of January 2027: the 12th is a Tuesday."""
    at = [datetime(2027, 1, day, *hour) for hour in (start, end)]
    return Away(*at, is_door_to_door=known, is_day_off=off)


@pytest.mark.parametrize(
    ("absence", "expected"),
    [
        (away((8, 10), (12, 20)), Participation.COMPULSORY),
        (away((8, 0), (17, 30)), Participation.COMPULSORY),  # the break at noon is part of it
        (away((7, 55), (12, 20)), Participation.OPTIONAL),
        (away((8, 10), (17, 35)), Participation.OPTIONAL),
        (away((8, 10), (12, 20), day=13), Participation.COMPULSORY),  # a Wednesday morning
        (away((8, 10), (13, 0), day=13), Participation.OPTIONAL),
        (away((8, 10), (12, 20), day=16), Participation.OPTIONAL),  # a Saturday
        (away((8, 10), (12, 20), off=True), Participation.OPTIONAL),
        (away((8, 10), (12, 20), known=False), Participation.UNKNOWN),
        (away((7, 0), (12, 20), known=False), Participation.OPTIONAL),
    ],
)
def test_an_outing_is_compulsory_when_it_fits_in_the_hours_of_class_from_door_to_door(absence, expected):
    assert participation(absence, hours(absence)) is expected


def test_a_primary_school_has_no_class_on_wednesdays():
    absence = away((9, 0), (11, 0), day=13)
    assert participation(absence, hours(absence)) is Participation.COMPULSORY
    assert participation(absence, hours(absence, SchoolKind.ECOLE)) is Participation.OPTIONAL


def test_what_the_teacher_says_wins_over_the_hours():
    early, inside = away((6, 0), (20, 0)), away((9, 0), (11, 0))
    assert participation(early, hours(early), Nature.COMPULSORY) is Participation.COMPULSORY
    assert participation(inside, hours(inside), Nature.OPTIONAL) is Participation.OPTIONAL


@pytest.mark.usefixtures("app")
def test_the_sentence_says_what_families_get():
    words = participation_words(away((8, 10), (12, 20)), USUAL)
    assert "Obligatoire et gratuite" in words and "informe les familles" in words
    words = participation_words(away((8, 10), (18, 20)), USUAL)
    assert "Facultative" in words and "L’accord écrit des familles est nécessaire" in words
    assert "17\u00a0h\u00a030" in words


# ---- Asking again


def sent(hours_ago, sends=1, to=("head@school.example",), wanted=("head@school.example",)):
    return NOW - timedelta(hours=hours_ago), list(to), list(wanted), sends, NOW


def test_the_same_reminder_does_not_leave_twice_within_a_day():
    """Complaint 34: the same reminder twice in an hour."""
    with pytest.raises(SentToday):
        may_send(*sent(1))
    with pytest.raises(SentToday):
        may_send(*sent(23, wanted=("HEAD@school.example",)))
    may_send(*sent(24))


def test_a_corrected_address_never_waits():
    may_send(*sent(1, wanted=("right@school.example",)))


def test_a_stranger_is_not_written_to_without_end():
    with pytest.raises(TooManyAddresses):
        may_send(*sent(48, sends=ASKING.most_asked, wanted=("new@school.example",)))
    with pytest.raises(NoAddress):
        may_send(None, [], [], 0, NOW)


def test_a_code_is_read_whatever_its_spaces_and_letters():
    code = new_code()
    assert len(code) == 8 and set(code) <= set(CODE_ALPHABET)
    assert not set("IO01") & set(CODE_ALPHABET)
    assert typed_code(f" {shown_code(code).lower()} ") == code


# ---- The steps


def facts(**changes):
    usual = OutingFacts(
        state=State.HELD, timezone="Europe/Paris", now=NOW, day=date(2027, 1, 12),
        ends_at=datetime(2027, 1, 12, 10, tzinfo=UTC), company="Turbines", is_workshop=False, firm_is_last=True,
        head=PENDING, head_comes_first=True, head_due=NOW + timedelta(days=3), head_asked_at=NOW, awaits_names=False,
        host=None, host_due=None, until=NOW + timedelta(days=5), coach=None, coach_on=None, leaves=None,
    )  # fmt: skip
    return replace(usual, **changes)


def keys(found):
    return [step.key for step in outing_steps(found)]


def progress(found):
    return {step.key: step.progress for step in outing_steps(found)}


@pytest.mark.usefixtures("app")
class TestSteps:
    def test_option_then_head_then_coach_then_firm_where_the_firm_wants_to_be_last(self):
        assert keys(facts()) == ["places", "head", "coach", "firm", "papers", "day"]
        assert keys(facts(firm_is_last=False)) == ["places", "firm", "head", "coach", "papers", "day"]

    def test_the_coach_waits_for_the_head_and_is_then_the_teachers(self):
        assert progress(facts())["coach"] is Progress.TODO
        assert progress(facts(head=YES))["coach"] is Progress.NOW
        assert progress(facts(head=YES, coach=Coach.QUOTE_ASKED))["coach"] is Progress.NOW
        assert progress(facts(head=YES, coach=Coach.ORDERED))["coach"] is Progress.DONE

    def test_nobody_orders_a_coach_for_a_workshop(self):
        assert "coach" not in keys(facts(is_workshop=True))

    def test_the_hour_of_the_bus_is_said_on_the_day(self):
        steps = outing_steps(facts(state=State.CONFIRMED, head=YES, coach=Coach.ORDERED, leaves=time(8, 10)))
        assert "départ du car à 8\u00a0h\u00a010" in steps[-1].words

    def test_every_alive_booking_says_who_has_the_next_step(self):
        for state in (State.HELD, State.REQUESTED, State.OFFERED):
            assert Progress.NOW in progress(facts(state=state)).values()

    def test_what_is_over_or_waits_has_no_steps(self):
        for state in (State.WAITING, State.CANCELLED, State.DECLINED, State.EXPIRED):
            assert outing_steps(facts(state=state)) == []

    def test_the_coach_in_words(self):
        assert coach_words(Coach.ORDERED, date(2026, 12, 1), time(8, 10)) == (
            "car commandé le 1er décembre, départ à 8\u00a0h\u00a010"
        )
        assert coach_words(Coach.NOT_NEEDED, date(2026, 12, 1), time(8, 10)).startswith("pas de car")
        assert coach_words(None, None, None) == ""
