"""The label's rules, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.accounts.models import MemberRole, ScopeKind
from booking.catalogue.labelling import rules
from booking.catalogue.labelling.models import ReturnReason, Side
from booking.catalogue.models import LabelState
from booking.core.errors import Refusal
from booking.territory.rules import HolidayCalendar

OFFICER = MemberRole.OFFICER
FACTS = {"title": "Visite", "description": "On suit une pièce.", "dates": ["2027-01-12T09:00"]}


def off(departement: str):
    return HolidayCalendar(departement).is_day_off_for_work


def due(asked: datetime, departement: str = "91", zone: str = "Europe/Paris") -> datetime:
    return rules.answer_due_at(asked, zone, off(departement))


def test_an_answer_is_due_on_the_fourth_working_day_at_six():
    # Tuesday 24 November: 25, 26, 27, then Monday 30.
    assert due(datetime(2026, 11, 24, 9, tzinfo=UTC)) == datetime(2026, 11, 30, 17, tzinfo=UTC)


def test_the_clock_skips_week_ends_and_public_holidays():
    # Asked on Wednesday 23 December 2026: 24, then 28 (25 is Christmas, 26 and 27 the week-end), 29, 30.
    assert due(datetime(2026, 12, 23, 9, tzinfo=UTC)).date() == date(2026, 12, 30)
    # Alsace has the day after Christmas too, but it is a Saturday in 2026; Good Friday 2027 is one more day off there.
    thursday = datetime(2027, 3, 25, 9, tzinfo=UTC)
    assert due(thursday).date() == date(2027, 4, 1)
    assert due(thursday, "67").date() == date(2027, 4, 2)


def test_a_request_of_saturday_counts_from_monday():
    assert due(datetime(2026, 11, 28, 9, tzinfo=UTC)).date() == date(2026, 12, 3)


def test_the_day_is_the_one_of_the_place():
    # 21:00 UTC on Monday is already Tuesday in Réunion.
    asked = datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert due(asked, "974", "Indian/Reunion") == datetime(2026, 11, 30, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "enabled", "refusal"),
    [
        (LabelState.NONE, False, rules.NoLabelling),
        (LabelState.ASKED, True, rules.LabelAsked),
        (LabelState.GRANTED, True, rules.LabelGranted),
    ],
)
def test_who_may_not_ask_is_told_why(state, enabled, refusal):
    with pytest.raises(refusal):
        rules.check_can_ask(state, labelling_enabled=enabled)


def test_one_may_ask_a_first_time_and_after_a_return():
    rules.check_can_ask(LabelState.NONE, labelling_enabled=True)
    rules.check_can_ask(LabelState.RETURNED, labelling_enabled=True)


def test_every_criterion_must_be_agreed_to():
    rules.check_declared([1, 2, 3], [1, 2])
    rules.check_declared([], [])
    with pytest.raises(rules.CriteriaMissing):
        rules.check_declared([1], [1, 2])


def test_asking_again_needs_a_change_or_a_word():
    with pytest.raises(rules.NothingNew):
        rules.check_something_new(FACTS, FACTS, "")
    rules.check_something_new(FACTS, FACTS, "C’est gratuit, voyez le résumé.")
    rules.check_something_new(FACTS, {**FACTS, "dates": []}, "")
    rules.check_something_new(None, FACTS, "")


def test_each_officer_speaks_for_a_side():
    assert rules.side_of(OFFICER, ScopeKind.ACADEMIE) is Side.RECTORAT
    assert rules.side_of(OFFICER, ScopeKind.DEPARTEMENT) is Side.RECTORAT
    assert rules.side_of(OFFICER, ScopeKind.PREFECTURE) is Side.PREFECTURE
    assert rules.side_of(OFFICER, ScopeKind.NATIONAL) is None
    assert rules.side_of(MemberRole.ADMIN, None) is None


def test_a_group_of_schools_decides_of_no_label():
    assert not rules.may_decide(OFFICER, ScopeKind.GROUP)
    assert not rules.may_decide(MemberRole.HOST_MANAGER, None)
    for kind in set(ScopeKind) - {ScopeKind.GROUP}:
        assert rules.may_decide(OFFICER, kind)
    assert rules.may_decide(MemberRole.ADMIN, None)


def granting(opinions, mine, *, needs_both=False) -> type[Refusal] | None:
    try:
        rules.check_opinions(opinions, mine, needs_both=needs_both)
    except Refusal as refusal:
        return type(refusal)
    return None


def test_a_side_that_objects_stops_the_other_but_not_the_national_level():
    no = {Side.PREFECTURE: False}
    assert granting(no, Side.RECTORAT) is rules.OtherSideObjects
    assert granting(no, Side.PREFECTURE) is None  # it changed its mind
    assert granting(no, None) is None


def test_an_edition_may_want_both_sides():
    assert granting({}, Side.RECTORAT) is None
    assert granting({}, Side.RECTORAT, needs_both=True) is rules.OpinionMissing
    assert granting({Side.PREFECTURE: True}, Side.RECTORAT, needs_both=True) is None
    assert granting({}, None, needs_both=True) is None


def test_a_return_says_why():
    with pytest.raises(rules.ReasonsMissing):
        rules.check_reasons([], "parce que")
    with pytest.raises(rules.OtherUnexplained):
        rules.check_reasons([ReturnReason.OTHER], "")
    rules.check_reasons([ReturnReason.OTHER], "parce que")
    rules.check_reasons([ReturnReason.NOT_FREE], "")


def test_a_label_has_a_number_and_its_link_is_whole():
    with pytest.raises(rules.NumberMissing):
        rules.check_number("", "")
    for wrong in ("www.example.org", "javascript:alert(1)"):
        with pytest.raises(rules.WrongLink):
            rules.check_number("1", wrong)
    rules.check_number("1", "https://example.org/1")
    rules.check_number("1", "")


def test_the_next_number_follows_the_last_of_its_departement():
    assert rules.proposed_number([], "2027", "2a") == "2027-2A-001"
    assert (
        rules.proposed_number(["2027-91-002", "2027-91-009", "2027-77-050", "2027-91-x"], "2027", "91") == "2027-91-010"
    )


def test_what_changed_is_found_in_order_and_names_nothing_else():
    after = {**FACTS, "description": "On suit deux pièces.", "title": "Visites"}
    assert rules.changed_fields(FACTS, after, rules.COMPARED) == ["title", "description"]
    assert rules.changed_fields(FACTS, {**FACTS, "dates": []}, rules.REVIEWED) == []


def test_a_fingerprint_follows_the_facts_alone():
    assert rules.fingerprint(FACTS) == rules.fingerprint(dict(reversed(FACTS.items())))
    assert rules.fingerprint(FACTS) != rules.fingerprint({**FACTS, "title": "Visites"})


def test_a_rewritten_sentence_shows_which_words_went_and_came():
    assert [
        (piece.how, piece.text) for piece in rules.pieces("Visite de l’atelier", "Visite gratuite de l’atelier")
    ] == [
        ("same", "Visite "),
        ("in", "gratuite "),
        ("same", "de l’atelier"),
    ]


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_woven_texts_can_be_read_either_way(before, after):
    woven = rules.pieces(before, after)
    was = "".join(piece.text for piece in woven if piece.how != "in")
    now = "".join(piece.text for piece in woven if piece.how != "out")
    assert was.split() == before.split()
    assert now.split() == after.split()
