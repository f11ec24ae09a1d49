"""Which papers an outing has, what makes a version, the law in force, compulsory or optional. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.bookings.papers.glyphs import DRAWN, drawable
from booking.bookings.papers.kinds import CERTIFICATES, FACTS_OF, Need, Outing, PaperKind, papers_for
from booking.bookings.papers.law import shipped_rules
from booking.bookings.papers.rules import (
    CODE_LENGTH,
    Hours,
    HoursWrong,
    RuleState,
    code_words,
    differences,
    facts_of_kind,
    hash_of,
    in_force,
    is_away_at,
    new_code,
    read_code,
    read_hours,
)
from booking.bookings.papers.texts import FACT_WORDS
from booking.bookings.rules.states import State

VISIT = Outing(State.CONFIRMED, comes_to_class=False, is_staff=False, has_identity_check=False, leaves_for_lunch=False)
USUAL = read_hours("08:00-17:30")


def kinds(outing: Outing) -> set[PaperKind]:
    return {offer.kind for offer in papers_for(outing)}


# ---- Which papers


def test_a_visit_needs_the_heads_authorisation_a_convention_and_a_note_to_families():
    needed = {offer.kind for offer in papers_for(VISIT) if offer.need is Need.NEEDED}
    assert needed == {PaperKind.OUTING_REQUEST, PaperKind.CONVENTION, PaperKind.FAMILY_NOTE}


def test_a_workshop_asks_for_people_who_come_in_and_for_nothing_that_families_sign():
    workshop = kinds(replace(VISIT, comes_to_class=True))
    assert PaperKind.INTERVENTION_REQUEST in workshop
    assert not workshop & {PaperKind.OUTING_REQUEST, PaperKind.CONVENTION, PaperKind.FAMILY_NOTE}


def test_the_canteen_is_told_only_of_a_class_that_is_away_at_lunch():
    assert PaperKind.CANTEEN not in kinds(VISIT)
    assert PaperKind.CANTEEN in kinds(replace(VISIT, leaves_for_lunch=True))


def test_a_list_of_names_is_there_only_where_the_site_asks_for_one():
    assert PaperKind.NAMES_LIST not in kinds(VISIT)
    assert PaperKind.NAMES_LIST in kinds(replace(VISIT, has_identity_check=True))


def test_teachers_who_visit_alone_sign_a_sheet_and_no_family_is_told():
    assert kinds(replace(VISIT, is_staff=True)) == {PaperKind.ATTENDANCE}


def test_certificates_are_for_a_class_that_came_and_for_no_other():
    assert kinds(replace(VISIT, state=State.ATTENDED)) == CERTIFICATES
    for state in (State.MISSED, State.EXCUSED, State.CANCELLED, State.DECLINED, State.EXPIRED, State.WAITING):
        assert not kinds(replace(VISIT, state=state)), state


def test_every_fact_that_a_paper_agrees_on_has_its_words_for_an_amendment():
    assert {name for names in FACTS_OF.values() for name in names} <= set(FACT_WORDS)


def test_no_paper_agrees_on_a_telephone_number():
    assert not any("mobile" in name or "phone" in name for names in FACTS_OF.values() for name in names)


# ---- Versions


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers()), max_size=8))
def test_the_hash_does_not_depend_on_the_order_in_which_facts_were_read(facts):
    assert hash_of(facts) == hash_of(dict(reversed(facts.items())))


def test_any_fact_that_changes_changes_the_hash_and_is_the_difference():
    old = {"pupils": 27, "when": "mardi", "transport": "car"}
    new = {"pupils": 25, "when": "mardi", "meals": "panier"}
    assert hash_of(old) != hash_of(new)
    told = [(each.name, each.old, each.new) for each in differences(PaperKind.CONVENTION, old, new)]
    assert told == [("pupils", 27, 25), ("transport", "car", None), ("meals", None, "panier")]


def test_a_paper_takes_only_the_facts_that_it_agrees_on():
    facts = {"school": "Collège", "insurance_school": "MAIF", "pupils": 27, "meals": ""}
    assert facts_of_kind(PaperKind.CANTEEN, facts) == {"school": "Collège", "pupils": 27}


def test_a_code_is_read_back_as_it_is_printed_however_it_is_typed():
    code = new_code(PaperKind.CLASS_CERTIFICATE)
    assert code is not None and len(code) == CODE_LENGTH
    assert read_code(code_words(code)) == read_code(f" {code_words(code).lower()} ") == code
    assert new_code(PaperKind.CONVENTION) is None


def test_no_two_codes_are_alike():
    assert len({new_code(PaperKind.COMPANY_CERTIFICATE) for _each in range(1000)}) == 1000


# ---- The law


def test_the_shipped_law_has_a_source_for_each_line_and_doubts_what_nobody_has_read():
    rules = shipped_rules()
    assert all(rule.source and rule.subject and rule.sentence for rule in rules)
    assert all(rule.citation for rule in rules if rule.papers)
    doubtful = {rule.key for rule in rules if rule.state is RuleState.TO_CHECK}
    assert {"visit-days", "board-agreement", "supervision-primary", "request-days-primary"} <= doubtful


def test_the_text_in_force_is_that_of_the_day():
    before, after = in_force(shipped_rules(), date(2024, 3, 1)), in_force(shipped_rules(), date(2027, 1, 12))
    assert "13 juin 2023" in before["outings-text"].citation
    assert after["outings-text"].citation.startswith("Circulaire du 16 juillet 2024")
    assert "visit-convention" not in in_force(shipped_rules(), date(2020, 1, 1))


@pytest.mark.parametrize("value", ["", "8h-17h", "17:30-08:00", "25:00-26:00", "08:00"])
def test_hours_that_are_no_hours_are_refused_in_words(value):
    with pytest.raises(HoursWrong):
        read_hours(value)


# ---- Compulsory or optional


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 1, 12, hour, minute)


def test_a_class_is_away_at_lunch_when_it_misses_some_of_it():
    lunch = Hours(at(12).time(), at(13, 30).time())
    assert is_away_at(at(8), at(12, 5), lunch) and is_away_at(at(13), at(15), lunch)
    assert not is_away_at(at(8), at(12), lunch) and not is_away_at(at(13, 30), at(15), lunch)


# ---- Letters


@given(st.text(max_size=60))
def test_whatever_is_typed_becomes_letters_that_the_fonts_draw(text):
    assert set(drawable(text)) <= DRAWN | {"\n", "\u200b"}


def test_letters_are_replaced_with_care():
    assert drawable("4ᵉ, 2ᵈᵉ, ﬁn, e\u0301té, 9\u202fh") == "4e, 2de, fin, été, 9\u00a0h"
    assert drawable("Bravo 🎉 Łukasz Иван") == "Bravo  Łukasz ????"
    assert "\u200b" in drawable("x" * 100) and "\u200b" not in drawable("Saint-Quentin-en-Yvelines")
