"""When to try again, when to give up, and what a text must lose before it reaches a header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.mail.rules import (
    Failure,
    Stage,
    Verdict,
    is_given_up,
    many_lines,
    may_leave,
    one_line,
    retry_delay,
    verdict,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@given(attempts=st.integers(1, 40), chance=st.floats(0, 1))
def test_a_delay_is_between_half_and_the_whole_of_a_minute_doubled_each_time_six_hours_at_most(attempts, chance):
    whole = min(6 * 3600, 60 * 2 ** (attempts - 1))
    assert whole / 2 <= retry_delay(attempts, chance).total_seconds() <= whole


def test_the_first_delays_are_a_minute_two_four_at_most():
    assert [retry_delay(n, 1.0).total_seconds() for n in (1, 2, 3, 12)] == [60, 120, 240, 21600]


def test_a_message_is_given_up_after_twelve_attempts_or_three_days():
    assert not is_given_up(11, NOW, NOW)
    assert is_given_up(12, NOW, NOW)
    assert not is_given_up(1, NOW - timedelta(hours=71, minutes=59), NOW)
    assert is_given_up(1, NOW - timedelta(hours=72), NOW)


@pytest.mark.parametrize(
    ("stage", "code", "expected"),
    [
        (Stage.RECIPIENT, 550, Verdict.DEAD),
        (Stage.DATA, 554, Verdict.DEAD),
        (Stage.RECIPIENT, 451, Verdict.RETRY),
        (Stage.DATA, 452, Verdict.RETRY),
        (Stage.CONNECT, 421, Verdict.RETRY),
        (Stage.CONNECT, None, Verdict.RETRY),
        (Stage.RECIPIENT, None, Verdict.RETRY),
        (Stage.DATA, None, Verdict.RETRY),
        (Stage.AFTER_DATA, None, Verdict.UNCERTAIN),
        (Stage.CONNECT, 554, Verdict.CONFIGURATION),
        (Stage.CONNECT, 535, Verdict.CONFIGURATION),
        (Stage.SENDER, 550, Verdict.CONFIGURATION),
        (Stage.SENDER, 552, Verdict.DEAD),
    ],
)
def test_an_answer_of_the_server_has_one_verdict(stage, code, expected):
    assert verdict(Failure(stage, code, "")) is expected


def test_outside_production_only_listed_domains_are_reached():
    assert not may_leave("a@example.org", in_production=False, allowed_domains=())
    assert may_leave("a@Example.org", in_production=False, allowed_domains=("example.org",))
    assert not may_leave("a@sub.example.org", in_production=False, allowed_domains=("example.org",))
    assert not may_leave("a@example.org.evil.test", in_production=False, allowed_domains=("example.org",))
    assert may_leave("a@anywhere.fr", in_production=True, allowed_domains=())
    assert not may_leave("a@anywhere.fr", in_production=True, allowed_domains=("example.org",))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Visite\r\nBcc: x@y", "Visite Bcc: x@y"),
        ("a\x00\x1b\x07b", "a b"),
        ("a\u2028b\u202ec", "a b c"),
        ("9\u00a0h\u00a000", "9\u00a0h\u00a000"),
        (None, ""),
        ("e\u0301", "é"),
    ],
)
def test_a_run_of_control_characters_becomes_one_space(typed, kept):
    assert one_line(typed) == kept


@given(st.text())
def test_no_control_character_survives(text):
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in one_line(text))
    assert not any((ord(letter) < 32 or 127 <= ord(letter) < 160) and letter != "\n" for letter in many_lines(text))


def test_line_breaks_are_kept_as_one_kind():
    assert many_lines("a\r\nb\rc\nd\x00") == "a\nb\nc\nd"
