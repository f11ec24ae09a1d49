"""The public programme: what is shown, found, counted and offered when nothing is found."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event

from booking.catalogue import queries
from booking.catalogue.models import ActivityKind, PublicationState, SlotAudience, SlotState
from booking.catalogue.rules.search import PAGE_SIZE, Search
from booking.core.db import db
from booking.territory.rules import fold
from tests import make

pytestmark = pytest.mark.usefixtures("app", "now")

MORNING = datetime(2027, 1, 12, 9, 0)
EVRY = dict(lat=48.63, lon=2.44)


def titles(search: Search | None = None) -> list[str]:
    found = queries.programme(search or Search(), make.make_edition())
    return [offer.activity.title for offer in found.offers]


def offered(title: str, local_start: datetime | None = MORNING, slot: dict | None = None, **values):
    activity = make.make_activity(title=title, **values)
    if local_start:
        make.make_slot(activity, local_start=local_start, **(slot or {}))
    return activity


def test_an_activity_has_one_ticket_with_its_next_date_and_the_count_of_the_others(both_databases):
    activity = offered("Turbines")
    make.make_slot(activity, local_start=MORNING + timedelta(days=1))
    make.make_slot(activity, local_start=MORNING - timedelta(days=3))

    (offer,) = queries.programme(Search(), activity.edition).offers

    assert offer.slot.local_start == MORNING - timedelta(days=3)
    assert offer.more_dates == 2


def test_a_full_date_gives_way_to_a_later_one_with_room(both_databases):
    activity = offered("Turbines", slot=dict(taken_classes=1, taken_pupils=20))
    make.make_slot(activity, local_start=MORNING + timedelta(days=7))

    (offer,) = queries.programme(Search(), activity.edition).offers

    assert offer.slot.local_start == MORNING + timedelta(days=7)


def test_only_published_activities_of_trusted_companies_are_shown():
    offered("Montrée")
    offered("Brouillon", state=PublicationState.DRAFT)
    offered("Retirée", state=PublicationState.UNPUBLISHED)
    offered("Pas encore vérifiée", site=make.make_site(make.make_company(trusted=False)))

    assert titles() == ["Montrée"]


def test_only_open_slots_to_come_that_are_for_all_are_shown():
    offered("À venir")
    offered("Passée", datetime(2026, 11, 20, 9))
    offered("Annulée", slot=dict(state=SlotState.CANCELLED))
    offered("Sur invitation", slot=dict(audience=SlotAudience.RESERVED))
    offered("Sans date", None)

    assert titles() == ["À venir"]


def test_what_still_has_room_comes_before_what_is_full_even_sooner(both_databases):
    offered("Pleine", MORNING, slot=dict(taken_classes=1, taken_pupils=32))
    offered("À convenir", None, dates_to_agree=True)
    offered("Libre", MORNING + timedelta(days=9))

    assert titles() == ["Libre", "Pleine", "À convenir"]


def test_dates_to_agree_come_after_the_dated_ones_and_not_when_a_date_is_asked():
    offered("À convenir", None, dates_to_agree=True)
    offered("Datée")

    assert titles() == ["Datée", "À convenir"]
    assert titles(Search(free=True)) == ["Datée"]
    assert titles(Search(first_on=date(2027, 1, 1))) == ["Datée"]


def test_another_edition_is_another_programme():
    other = make.make_edition("2011", starts_on=date(2011, 4, 4), ends_on=date(2011, 4, 11),
                              window_starts_on=date(2011, 4, 1), window_ends_on=date(2011, 4, 30))  # fmt: skip
    offered("Autre édition", edition=other)
    offered("Celle-ci")

    assert titles() == ["Celle-ci"]


def test_each_filter_keeps_what_suits_it(both_databases):
    valdemarne = make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    offered("Forum", kind=ActivityKind.FORUM)
    offered("Eau", sector="eau")
    offered("Lycée", levels=("TG",))
    offered("Ailleurs", site=make.make_site(departement=valdemarne.code))
    offered("Tard", MORNING + timedelta(days=40))
    offered("Pleine", slot=dict(taken_classes=1, taken_pupils=32))
    offered("Close", slot=dict(closes_days_before=60))

    assert titles(Search(kind=ActivityKind.FORUM)) == ["Forum"]
    assert titles(Search(sector="eau")) == ["Eau"]
    assert "Lycée" not in titles(Search(level="4E"))
    assert titles(Search(departement="94")) == titles(Search(academie="24")) == ["Ailleurs"]
    assert titles(Search(first_on=date(2027, 2, 1))) == ["Tard"]
    assert "Tard" not in titles(Search(last_on=date(2027, 1, 12)))
    assert {"Pleine", "Close"}.isdisjoint(titles(Search(free=True)))
    assert {"Pleine", "Close"} <= set(titles())


def test_an_activity_without_levels_is_for_all_of_them():
    offered("Pour tous", levels=())

    assert titles(Search(level="CM2")) == ["Pour tous"]


def test_distance_is_measured_from_the_point_given(both_databases):
    offered("Ici", site=make.make_site(latitude=48.63, longitude=2.44))
    offered("À vingt kilomètres", site=make.make_site(latitude=48.81, longitude=2.44))
    offered("Sans position", site=make.make_site(latitude=None, longitude=None))

    assert titles(Search(**EVRY, radius_km=15)) == ["Ici"]
    assert titles(Search(**EVRY, radius_km=21)) == ["Ici", "À vingt kilomètres"]


def test_a_speaker_is_near_when_the_school_is_within_the_distance_they_travel():
    far = make.make_site(latitude=48.81, longitude=2.44)
    offered("Vient de loin", site=far, kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=40)
    offered("Ne vient pas", site=far, kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=10)

    assert titles(Search(**EVRY, radius_km=5)) == ["Vient de loin"]


@pytest.mark.parametrize(
    "q", ["turbine", "TURBINES", "verrerie etampes", "Étampes", "métallurgie", "visite", "juine turb"]
)
def test_words_are_found_in_title_company_commune_sector_and_kind_without_accents(q):
    site = make.make_site(make.make_company("Verrerie de la Juine"), commune_name="Étampes")
    offered("Un atelier de turbines", site=site)

    assert titles(Search(q=q)) == ["Un atelier de turbines"]


def test_every_word_must_be_found():
    offered("Un atelier de turbines")

    assert titles(Search(q="turbines chocolat")) == []


def test_counts_by_kind_ignore_the_kind_asked_for_and_say_which_have_places(both_databases):
    offered("Une")
    offered("Deux", slot=dict(taken_classes=1, taken_pupils=32))
    offered("Forum", kind=ActivityKind.FORUM)

    found = queries.programme(Search(kind=ActivityKind.SITE_VISIT), make.make_edition())

    assert found.kind_counts == {ActivityKind.SITE_VISIT: 2, ActivityKind.FORUM: 1}
    assert (found.total, found.free_count, found.all_kinds_count) == (2, 1, 3)


def test_pages_hold_thirty_and_a_page_too_far_is_the_last():
    site = make.make_site()
    host = make.make_host(site.company)
    for n in range(PAGE_SIZE + 2):
        offered(f"Visite {n}", MORNING + timedelta(hours=n), site=site, contact=host)

    first, beyond = (queries.programme(Search(page=page), make.make_edition()) for page in (1, 99))

    assert len(first.offers) == PAGE_SIZE
    assert (beyond.page, beyond.pages, len(beyond.offers)) == (2, 2, 2)
    assert first.offers[0].activity.title == "Visite 0"


def statements_of(search: Search) -> int:
    seen: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    edition_id = make.make_edition().id
    db.session.expire_all()
    edition = db.session.get(queries.Edition, edition_id)
    event.listen(db.engine, "before_cursor_execute", count)
    try:
        found = queries.programme(search, edition)
        for offer in found.offers:
            _shown = (
                offer.activity.company.name,
                offer.activity.site.commune_name,
                offer.activity.level_codes,
                offer.slot,
            )
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


@pytest.mark.parametrize("search", [Search(), Search(q="visite", departement="91", free=True)])
def test_the_number_of_statements_does_not_grow_with_the_programme(search):
    offered("Visite")
    few = statements_of(search)
    for n in range(12):
        offered(f"Visite {n}", MORNING + timedelta(days=n))

    assert statements_of(search) == few <= 6


def test_an_empty_search_offers_the_wider_ones_that_find_something():
    offered("Turbines")

    wider = queries.wider_searches(Search(q="chocolat", level="4E", departement="91"), make.make_edition())

    assert [(each.dropped, each.count) for each in wider] == [("q", 1)]
    assert wider[0].search == Search(level="4E", departement="91")


def test_when_no_single_criterion_is_to_blame_all_are_dropped():
    offered("Turbines")

    wider = queries.wider_searches(Search(q="chocolat", level="CM2"), make.make_edition())

    assert [(each.dropped, each.count) for each in wider] == [("", 1)]


def test_the_edition_open_now_comes_before_the_next_the_permanent_and_the_past():
    def edition(slug, starts_on, **values):
        return make.make_edition(slug, starts_on=starts_on, ends_on=starts_on + timedelta(days=6),
                                 window_starts_on=starts_on - timedelta(days=60),
                                 window_ends_on=starts_on + timedelta(days=60), **values)  # fmt: skip

    past = edition("past", date(2025, 11, 17))
    permanent = edition("always", date(2026, 11, 20), is_permanent=True)
    coming = edition("next", date(2027, 11, 15))
    now = edition("now", date(2027, 1, 11))

    assert queries.current_edition() == now
    assert queries.current_edition([past, permanent, coming]) == coming
    assert queries.current_edition([past, permanent]) == permanent
    assert queries.current_edition([past]) == past
    assert queries.current_edition([]) is None


def test_open_slots_are_counted_where_they_take_place(both_databases):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    activity = offered("Ici")
    make.make_slot(activity, local_start=MORNING + timedelta(days=1))
    offered("Pleine", slot=dict(taken_classes=1, taken_pupils=32))
    offered("Ailleurs", site=make.make_site(departement="94"))

    assert queries.open_slots_by_departement(activity.edition) == {"91": 2, "94": 1}


def test_the_text_of_a_search_is_folded_like_the_texts_it_reads():
    assert fold("L’Œuvre d’Étampes") == "l oeuvre d etampes"
