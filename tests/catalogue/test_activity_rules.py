"""What an activity may say, and what publishing it takes, decided without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from booking.catalogue.models import ActivityKind
from booking.catalogue.rules.activities import (
    LENGTHS,
    RANGES,
    ActivityDraft,
    CapWithoutDates,
    KnownWords,
    LevelsContradict,
    LevelsMissing,
    NoticeMissing,
    NumberImplausible,
    TextTooLong,
    TitleMissing,
    UnknownWord,
    check_activity,
    tidy,
)
from booking.catalogue.rules.editions import DatesOutOfOrder, EditionDraft, SlugUnreadable, check_edition
from booking.catalogue.rules.publication import (
    NotReady,
    Readiness,
    check_can_publish,
    check_still_readable,
    missing_for_publication,
)

KNOWN = KnownWords(sectors={"chimie"}, levels={"4E", "3E"}, subjects={"TECHNO"}, languages={"fr", "en"})
DRAFT = ActivityDraft(
    edition_id=1,
    site_id=1,
    contact_id=1,
    kind=ActivityKind.SITE_VISIT,
    title="Un atelier",
    sector="chimie",
    levels=("4E",),
)
READY = Readiness(
    kind=ActivityKind.SITE_VISIT,
    title="Un atelier",
    summary="Une phrase.",
    description="Une visite.",
    area_km=None,
    coming_slots=1,
    dates_to_agree=False,
)


@pytest.fixture
def speaking(app):
    """The sentences need the application's languages."""
    return app


def test_a_short_draft_can_be_kept():
    check_activity(DRAFT, KNOWN)


@pytest.mark.parametrize(
    ("changes", "refused", "field"),
    [
        (dict(title=""), TitleMissing, "title"),
        (dict(title="x" * 121), TextTooLong, "title"),
        (dict(summary="x" * 301), TextTooLong, "summary"),
        (dict(description="x" * 5001), TextTooLong, "description"),
        (dict(sector="magie"), UnknownWord, "sector"),
        (dict(levels=("9E",)), UnknownWord, "levels"),
        (dict(subjects=("ALCHIMIE",)), UnknownWord, "subjects"),
        (dict(languages=("klingon",)), UnknownWord, "languages"),
        (dict(levels=()), LevelsMissing, "levels"),
        (dict(all_levels=True), LevelsContradict, "all_levels"),
        (dict(identity_check=True), NoticeMissing, "identity_notice_days"),
        (dict(yearly_cap=3), CapWithoutDates, "yearly_cap"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(changes, refused, field):
    with pytest.raises(refused) as caught:
        check_activity(replace(DRAFT, **changes), KNOWN)
    assert caught.value.field == field


@pytest.mark.parametrize("field", sorted(RANGES))
@pytest.mark.parametrize("side", [0, 1])
def test_a_number_out_of_range_is_refused_beside_its_field(field, side):
    number = RANGES[field][side] + (-1, 1)[side]
    with pytest.raises(NumberImplausible) as caught:
        check_activity(replace(DRAFT, dates_to_agree=True, **{field: number}), KNOWN)
    assert caught.value.field == field


def test_all_levels_is_a_choice_of_its_own():
    check_activity(replace(DRAFT, levels=(), all_levels=True), KNOWN)


def test_texts_lose_what_cannot_be_stored_or_seen_and_nothing_else():
    tidied = tidy(replace(DRAFT, title="  Deux\n lignes\x00 ", description="Un :\r\n\t« deux »\u200b\x07 "))
    assert tidied.title == "Deux lignes"
    assert tidied.description == "Un :\n « deux »"


def test_every_limited_text_is_a_field_of_the_draft():
    assert all(isinstance(getattr(DRAFT, name), str) for name in LENGTHS)


# ---- Publication


def test_a_complete_activity_with_a_date_can_be_published():
    check_can_publish(READY)


def test_dates_to_agree_replace_a_slot():
    check_can_publish(replace(READY, coming_slots=0, dates_to_agree=True))


def test_everything_that_is_missing_is_listed_at_once(speaking):
    nothing = Readiness(ActivityKind.CLASSROOM_WORKSHOP, "", "", "", None, 0, False)
    missing = missing_for_publication(nothing)
    assert [each.field for each in missing] == ["title", "summary", "description", "area_km", ""]
    assert all(each.sentence.endswith(".") for each in missing)
    with pytest.raises(NotReady) as caught:
        check_can_publish(nothing)
    assert "créneau" in caught.value.message


def test_only_a_workshop_needs_an_area(speaking):
    assert missing_for_publication(READY) == []
    workshop = replace(READY, kind=ActivityKind.CLASSROOM_WORKSHOP)
    assert [each.field for each in missing_for_publication(workshop)] == ["area_km"]


def test_a_published_activity_may_run_out_of_dates_but_not_of_words(speaking):
    check_still_readable(replace(READY, coming_slots=0))
    with pytest.raises(NotReady) as caught:
        check_still_readable(replace(READY, summary=""))
    assert caught.value.field == "summary"


# ---- Editions


def edition_of(*days: date, slug: str = "semaine-2027") -> EditionDraft:
    """The edition of these days: its week, then its window."""
    return EditionDraft(slug, "Semaine", *days)


def test_an_edition_keeps_its_week_inside_its_window():
    week = date(2027, 1, 11), date(2027, 1, 17)
    check_edition(edition_of(*week, date(2026, 9, 1), date(2027, 7, 2)))
    for window in ((date(2027, 1, 12), date(2027, 7, 2)), (date(2026, 9, 1), date(2027, 1, 16))):
        with pytest.raises(DatesOutOfOrder):
            check_edition(edition_of(*week, *window))
    with pytest.raises(DatesOutOfOrder):
        check_edition(edition_of(week[1], week[0], date(2026, 9, 1), date(2027, 7, 2)))


@pytest.mark.parametrize("slug", ["", "Semaine", "semaine 2027", "été", "-x", "x" * 61])
def test_an_edition_s_address_is_plain(slug):
    with pytest.raises(SlugUnreadable):
        check_edition(edition_of(*[date(2027, 1, 11)] * 4, slug=slug))
