"""The filters of the programme: days, hours, who travels and how far. What is well formed, and what it keeps."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from booking.catalogue import queries
from booking.catalogue.models import ActivityKind
from booking.catalogue.rules.search import (
    BACK_AT,
    USUAL_RADIUS_KM,
    Known,
    Place,
    Search,
    asked_place,
    coach_reach,
    read_search,
)
from booking.territory.rules import distance_km, travel_minutes
from tests import make

MONDAY = datetime(2027, 1, 11)
EVRY = dict(lat=48.63, lon=2.44)
NOTHING_KNOWN = Known((), (), (), (), ())
BRUNOY = Place("91114", "Brunoy", "91800", 48.6949, 2.5042)


def read(query: str, place: Place | None = None) -> tuple[Search, list[str]]:
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    return read_search(MultiDict(pairs), NOTHING_KNOWN, place)


# ---- What is well formed


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("weekday=mon", (1,)),
        ("weekday=fri&weekday=tue", (2, 5)),
        ("weekday=mon,wed", (1, 3)),
        ("weekday=5&weekday=1&weekday=mon", (1, 5)),
        ("weekday=SAT", (6,)),
        ("weekday=", ()),
    ],
)
def test_days_of_the_week_are_names_or_numbers_repeated_or_parted_by_commas(query, days):
    assert read(query) == (Search(weekdays=days), [])


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("query", "search", "sentence"),
    [
        ("weekday=lundi", Search(), "Ce jour de la semaine n’existe pas"),
        ("weekday=mon,8", Search(weekdays=(1,)), "Ce jour de la semaine n’existe pas"),
        ("half=noon", Search(), "Cette demi-journée n’existe pas"),
        ("q=de la", Search(), "« de la » est trop courant"),
        ("place=Nulle-Part", Search(), "Aucune commune ne répond à « Nulle-Part »"),
        ("near=99999", Search(), "Aucune commune ne répond à « 99999 »"),
        ("lat=48.6&lon=2.4&radius=loin", Search(lat=48.6, lon=2.4), "La distance demandée n’est pas lisible"),
    ],
)
def test_what_means_nothing_is_ignored_with_a_sentence(query, search, sentence):
    found, ignored = read(query)

    assert found == search
    assert [text.replace("\u00a0", " ").startswith(sentence) for text in ignored] == [True]


@pytest.mark.usefixtures("app")
def test_a_commune_comes_before_a_position_and_has_the_usual_radius_when_none_is_said():
    here = dict(near="91114", lat=BRUNOY.latitude, lon=BRUNOY.longitude)

    assert read("near=91114&lat=1&lon=2", BRUNOY) == (Search(**here, radius_km=USUAL_RADIUS_KM), [])
    assert read("place=brunoy&radius=5", BRUNOY) == (Search(**here, radius_km=5), [])
    assert read("place=brunoy&radius=", BRUNOY) == (Search(**here), [])


@pytest.mark.usefixtures("app")
def test_a_commune_of_unknown_position_is_said_to_be_so():
    found, ignored = read("near=98818", Place("98818", "Nouméa", "98800", None, None))

    assert found == Search()
    assert ignored == ["Nous ne savons pas où se trouve Nouméa\u00a0: choisissez une commune voisine."]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "search",
    [
        Search(weekdays=(1, 3), half="am", noon=True, comes=True),
        Search(near="91114", lat=48.6949, lon=2.5042, radius_km=15),
        Search(near="91114", lat=48.6949, lon=2.5042, noon=True),
        Search(lat=48.7, lon=2.5, radius_km=15),
        Search(lat=48.7, lon=2.5, noon=True),
    ],
)
def test_the_address_of_a_search_asks_for_the_same_search(search):
    query = MultiDict(search.query())
    place = BRUNOY if asked_place(query)[0] else None

    assert read_search(query, NOTHING_KNOWN, place) == (search, [])


@pytest.mark.usefixtures("app")
@given(st.dictionaries(st.sampled_from(["weekday", "half", "noon", "comes", "near", "place", "lat", "lon", "radius", "q"]),
                       st.text(max_size=30)))  # fmt: skip
def test_nothing_typed_breaks_the_reading(args):
    search, _ignored = read_search(MultiDict(args), NOTHING_KNOWN)

    assert search.radius_km is None or 1 <= search.radius_km <= 500
    assert set(search.weekdays) <= set(range(1, 8))


# ---- A commune by its name


@pytest.mark.usefixtures("app")
def test_a_commune_is_found_by_code_name_or_postcode():
    make.make_commune("91114", "Brunoy", "91800", latitude=48.69, longitude=2.50)
    make.make_commune("91228", "Évry-Courcouronnes", "91000 91080")

    for insee, typed in (("91114", ""), ("", "brunoy"), ("", "91800"), ("", "91 800"), ("", "Brunoy 91800")):
        assert queries.place_of(insee, typed).insee == "91114", typed
    assert queries.place_of("", "EVRY").label == "Évry-Courcouronnes 91000"
    assert queries.place_of("99999", "nulle part") is None


# ---- What they keep


def titles(**asked) -> list[str]:
    return [offer.activity.title for offer in queries.programme(Search(**asked), make.make_edition()).offers]


def offered(title, start: time, end: time, day=MONDAY, **values):
    activity = make.make_activity(title=title, **values)
    hours = (datetime.combine(day, end) - datetime.combine(day, start)) / timedelta(hours=1)
    return make.make_slot(activity, local_start=datetime.combine(day, start), hours=hours)


@pytest.mark.usefixtures("app", "now")
def test_weekdays_are_those_of_the_place(both_databases):
    for n, name in enumerate(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")):
        offered(name, time(9), time(11), MONDAY + timedelta(days=n))

    assert titles(weekdays=(1,)) == ["lundi"]
    assert titles(weekdays=(2, 5)) == ["mardi", "vendredi"]
    assert titles(weekdays=(6, 7)) == ["samedi", "dimanche"]


@pytest.mark.usefixtures("app", "now")
def test_a_morning_is_over_at_lunch_and_a_whole_day_is_no_half(both_databases):
    offered("matin", time(9), time(12))
    offered("jusqu’à une heure", time(9, 1), time(13))
    offered("journée", time(9, 2), time(16))
    offered("après-midi", time(14), time(16))
    offered("dès midi", time(12), time(14))

    assert titles(half="am") == ["matin", "jusqu’à une heure"]
    assert titles(half="pm") == ["dès midi", "après-midi"]


@pytest.mark.usefixtures("app", "now")
def test_back_before_noon_counts_the_way_back_when_both_ends_are_known(both_databases):
    here, away = make.make_site(latitude=48.63, longitude=2.44), make.make_site(latitude=48.90, longitude=2.44)
    nowhere = make.make_site(latitude=None, longitude=None)
    minutes = travel_minutes(48.63, 2.44, 48.90, 2.44)
    latest = datetime.combine(MONDAY, BACK_AT) - timedelta(minutes=minutes)
    offered("loin et tard", time(9, 3), time(11, 45), site=away)
    offered("loin, juste à temps", time(8), (latest - timedelta(minutes=2)).time(), site=away)
    offered("loin, trop tard", time(8, 1), (latest + timedelta(minutes=2)).time(), site=away)
    offered("ici", time(9), time(12), site=here)
    offered("ici, trop tard", time(9), time(12, 10), site=here)
    offered("on ne sait où", time(9, 1), time(11, 45), site=nowhere)
    offered("on ne sait où, tard", time(9), time(11, 50), site=nowhere)

    assert titles(noon=True, **EVRY) == ["loin, juste à temps", "ici", "on ne sait où"]
    assert set(titles(noon=True)) == {"loin et tard", "loin, juste à temps", "loin, trop tard", "on ne sait où"}


@pytest.mark.usefixtures("app", "now")
def test_nobody_travels_back_when_the_company_comes_to_the_class(both_databases):
    far = make.make_site(latitude=43.3, longitude=5.4)
    offered("atelier", time(10), time(12, 15), site=far, kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=300)
    offered("atelier trop long", time(10), time(12, 30), site=far, kind=ActivityKind.CLASSROOM_WORKSHOP)
    offered("visite", time(10), time(11), site=far)

    assert titles(noon=True, **EVRY) == ["atelier"]
    assert titles(comes=True) == ["atelier", "atelier trop long"]


@pytest.mark.usefixtures("app", "now")
def test_an_outing_that_ends_the_next_morning_is_not_back_before_noon():
    make.make_slot(make.make_activity(title="nuit"), local_start=MONDAY.replace(hour=22), hours=8)

    assert titles(noon=True) == titles(half="am") == []


@pytest.mark.usefixtures("app", "now")
def test_dates_to_agree_are_left_out_when_a_moment_is_asked_for():
    make.make_activity(title="À convenir", dates_to_agree=True)

    assert titles() == ["À convenir"]
    assert titles(weekdays=(1,)) == titles(half="am") == titles(noon=True) == []


@given(st.floats(41, 51), st.floats(-5, 9), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_how_far_a_coach_gets_is_the_time_it_needs_turned_round(lat, lon, north, east):
    km = distance_km(lat, lon, lat + north, lon + east)
    minutes = travel_minutes(lat, lon, lat + north, lon + east)

    assert reach_of(minutes) >= km - 1e-6
    # Minutes are rounded up: with one less the class is not there.
    assert reach_of(minutes - 1) < km or minutes <= 10


def reach_of(minutes: float) -> float:
    """The kilometres of the band that these minutes fall in; -1 before the coach has left."""
    bands = coach_reach()
    if minutes < bands[0].from_minutes:
        return -1
    band = next((band for band in bands if minutes <= band.minutes), bands[-1])
    return band.km + (minutes - band.from_minutes) * band.km_per_min


def test_a_code_typed_in_small_or_capital_letters_is_the_code():
    known = Known(editions=(), departements=("2A",), academies=(), sectors=("chimie",), levels=("4E",))
    search, ignored = read_search(MultiDict({"level": "4e", "departement": "2a", "sector": "Chimie"}), known)
    assert (search.level, search.departement, search.sector, ignored) == ("4E", "2A", "chimie", [])
