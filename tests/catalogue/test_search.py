"""Full text: what people type, what they find first, and how the index follows what is written."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.catalogue import queries, services
from booking.catalogue.jobs import index_activities
from booking.catalogue.models import Activity, ActivityKind, ActivityTerm, PublicationState
from booking.catalogue.rules.search import Search
from booking.catalogue.rules.words import Known, mistakes_allowed, nearest, stem, wanted_words, weigh, words_in
from booking.catalogue.search import index_company, reindex
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.core.i18n import speaking
from tests import make
from tests.catalogue.test_services import draft_for

FILE = tomllib.loads((Path(__file__).parent / "search_queries.toml").read_text(encoding="utf-8"))
MORNING = datetime(2027, 1, 12, 9, 0)


def make_catalogue() -> None:
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    for n, each in enumerate(FILE["activity"]):
        departement = each.get("departement", "91")
        site = make.make_site(
            make.make_company(each["company"]),
            departement=departement,
            commune_name=each["commune"],
            postcode=each["postcode"],
        )
        activity = make.make_activity(
            site=site,
            title=each["title"],
            summary=each.get("summary", ""),
            description=each.get("description", ""),
            sector=each["sector"],
            kind=ActivityKind(each.get("kind", "site_visit")),
        )
        make.make_slot(activity, local_start=MORNING + timedelta(days=n))


def titles(q: str) -> list[str]:
    return [offer.activity.title for offer in queries.programme(Search(q=q), make.make_edition()).offers]


def corrected(q: str) -> str:
    return queries.programme(Search(q=q), make.make_edition()).corrected


# ---- The file of queries


@pytest.mark.usefixtures("app", "now")
def test_each_query_of_the_file_finds_what_it_must_first(both_databases):
    make_catalogue()

    found = {q: next(iter(titles(q)), "") for q in FILE["queries"]}

    assert {q: title for q, title in found.items() if title != FILE["queries"][q]} == {}


def test_the_file_holds_sixty_queries_at_least_and_names_titles_that_exist():
    known = {each["title"] for each in FILE["activity"]} | {""}

    assert len(FILE["queries"]) >= 60
    assert {title for title in FILE["queries"].values() if title not in known} == set()


# ---- What is found, in which order


@pytest.mark.usefixtures("app", "now")
def test_a_title_comes_before_a_company_a_company_before_a_summary_and_dates_decide_the_rest(both_databases):
    def offered(title, day, company="Usine", **values):
        activity = make.make_activity(title=title, site=make.make_site(make.make_company(company)), **values)
        make.make_slot(activity, local_start=MORNING + timedelta(days=day))

    offered("Aubes, le soir", 5)
    offered("En bref", 1, summary="On y voit des aubes.")
    offered("Une maison", 2, company="Aubes et fils")
    offered("Aubes, le matin", 3)
    offered("Longuement", 0, summary="", description="Il y a aussi des aubes.")

    assert titles("aube") == ["Aubes, le matin", "Aubes, le soir", "Une maison", "En bref", "Longuement"]


@pytest.mark.usefixtures("app", "now")
def test_a_whole_word_comes_before_the_beginning_of_another():
    make.make_slot(make.make_activity(title="Portage"))
    make.make_slot(make.make_activity(title="Le port"), local_start=MORNING + timedelta(days=1))

    assert titles("port") == ["Le port", "Portage"]


@pytest.mark.usefixtures("app", "now")
def test_only_the_last_word_may_be_the_beginning_of_one():
    make.make_slot(make.make_activity(title="Turbines et biscuits"))

    assert titles("biscuits turb") == ["Turbines et biscuits"]
    assert titles("turb biscuits") == []


# ---- Typing errors


@pytest.mark.usefixtures("app", "now")
def test_a_corrected_search_says_what_it_looked_for_with_its_accents(both_databases):
    make_catalogue()

    assert corrected("visites usinne aeronotique") == "visites usine aéronautique"
    assert corrected("turbine") == ""
    assert corrected("chocolat") == ""
    # One word is corrected, the other is not: nothing is found, and nothing is claimed.
    assert corrected("turbinne chocolat") == ""


@pytest.mark.usefixtures("app", "now")
def test_what_is_not_public_is_never_suggested():
    make.make_slot(make.make_activity(title="Zyxoprototype", state=PublicationState.DRAFT))
    make.make_slot(make.make_activity(title="Zyxomoteur", site=make.make_site(make.make_company(trusted=False))))
    make.make_slot()

    for typed in ("zyxoprototipe", "zyxomotteur", "zyxoprototype", "zyxomoteur"):
        assert titles(typed) == []
        assert corrected(typed) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("turbinne", "turbine"), ("tubrine", "turbine"), ("tourbine", "turbine"), ("vere", "verre"), ("abc", None),
     ("91150", None), ("chocolat", None), ("eaux", None)],
)  # fmt: skip
def test_the_nearest_word_has_the_fewest_mistakes(typed, meant):
    among = [Known(word, word, stem(word), 1) for word in ("turbine", "turbines", "verre", "eau", "91151", "terre")]

    found = nearest(typed, among)

    assert (found.folded if found else None) == meant


def test_between_two_words_as_near_the_more_used_is_meant():
    among = [Known("moteurs", "moteurs", "moteur", 1), Known("auteurs", "auteurs", "auteur", 1),
             Known("motards", "motards", "motard", 9), Known("moteura", "moteura", "moteura", 5)]  # fmt: skip

    assert nearest("moteurz", among).folded == "moteura"


def test_short_words_and_numbers_are_taken_as_typed():
    assert [mistakes_allowed(word) for word in ("eau", "four", "verres", "turbines", "aeronautique", "m6dia")] == [
        0, 1, 2, 2, 3, 0,
    ]  # fmt: skip


# ---- Words


def test_words_are_parted_by_apostrophes_hyphens_and_signs_and_small_ones_left_out():
    text = "L’usine d'Évry-Courcouronnes : « machines-outils », l’œuvre & la 3D !"

    assert [word.folded for word in words_in(text)] == [
        "usine", "evry", "courcouronnes", "machines", "outils", "oeuvre", "3d",
    ]  # fmt: skip
    assert [word.shown for word in words_in("Œuvre Évry")] == ["œuvre", "évry"]


def test_the_words_of_kinds_are_looked_for():
    assert [word.folded for word in wanted_words("visite d’entreprise")] == ["visite", "entreprise"]


def test_a_family_is_looked_for_once_and_the_last_word_keeps_its_place():
    assert [(word.folded, word.is_last) for word in wanted_words("turbines verre turbine")] == [
        ("verre", False), ("turbine", True),
    ]  # fmt: skip


def test_a_word_met_twice_keeps_its_heaviest_place():
    assert weigh([(2, "turbine"), (12, "Turbine"), (5, "turbine")])["turbine"].weight == 12


@given(st.text(max_size=200))
def test_whatever_is_typed_gives_words_the_index_can_hold(text):
    for word in words_in(text):
        assert 0 < len(word.folded) <= 40
        assert word.folded.isalnum() and word.folded.isascii()
        assert stem(word.folded)
        assert len(word.shown) <= 40
    assert len(wanted_words(text)) <= 10


@given(st.lists(st.sampled_from(["Turbines", "d’", "Évry", "verre", "l’eau"]), max_size=6))
def test_the_order_and_the_accents_of_words_do_not_change_what_is_looked_for(words):
    plain = {word.stem for word in wanted_words(" ".join(words).replace("É", "e").upper())}

    assert plain == {word.stem for word in wanted_words(" ".join(reversed(words)))}


# ---- The index follows


def terms(activity: Activity) -> set[str]:
    return set(db.session.scalars(db.select(ActivityTerm.word).filter_by(activity_id=activity.id)))


@pytest.mark.usefixtures("app", "now")
def test_what_is_written_is_found_and_what_was_is_not(both_databases):
    site = make.make_site()
    host = make.make_host(site.company)
    with transaction():
        activity = services.create_activity(site.company_id, draft_for(site, host, title="Les aubes bleues"))
    assert "aubes" in terms(activity)
    with transaction():
        services.edit_activity(activity.id, draft_for(site, host, title="Les pales vertes"))
    assert {"pales", "vertes"} <= terms(activity)
    assert "aubes" not in terms(activity)
    assert violations() == []


@pytest.mark.usefixtures("app", "now")
def test_a_renamed_company_is_found_by_its_new_name_once_indexed_again(both_databases):
    activity = make.make_activity()
    make.make_slot(activity)
    with transaction():
        company = db.session.get(Activity, activity.id).company
        company.name = "Zéphyrs Réunis"
    assert [v.code for v in violations()] == ["search-terms"]
    with transaction():
        assert index_company(company.id) == 1

    assert titles("zephyr") == [activity.title]
    assert violations() == []


@pytest.mark.usefixtures("now")
def test_the_command_indexes_what_is_missing_and_leaves_the_rest(app):
    make.make_activity()
    lost = make.make_activity(title="Perdue")
    with transaction():
        db.session.execute(db.delete(ActivityTerm).where(ActivityTerm.activity_id == lost.id))
    assert [(v.code, v.subject) for v in violations()] == [("search-terms", f"activity {lost.id}")]

    answer = app.test_cli_runner().invoke(args=["search", "reindex"])

    assert answer.output == "2 activities, 1 of them indexed anew\n"
    assert violations() == []
    with transaction():
        assert reindex() == (2, 0)


@pytest.mark.usefixtures("app", "now")
def test_the_worker_indexes_what_no_search_can_find(both_databases):
    lost, kept = make.make_activity(title="Perdue"), make.make_activity()
    before = terms(lost)
    with transaction():
        db.session.execute(db.delete(ActivityTerm).where(ActivityTerm.activity_id == lost.id))

    assert index_activities() == 1
    assert terms(lost) == before
    assert terms(kept)
    assert index_activities() == 0


@pytest.mark.usefixtures("app", "now")
def test_the_index_is_the_same_whatever_language_the_host_reads():
    activity = make.make_activity()
    before = terms(activity)
    with transaction(), speaking("en"):
        assert reindex() == (1, 0)

    assert terms(activity) == before >= {"visite", "entreprise", "metallurgie"}
