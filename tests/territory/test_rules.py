from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.i18n import speaking
from booking.territory import reference
from booking.territory.reference_files import read_lines
from booking.territory.rules import (
    DayKind,
    HolidayCalendar,
    NoTimeZone,
    OffTahitiTime,
    Period,
    UnknownDepartement,
    add_school_days,
    distance_km,
    fold,
    known_range,
    public_holiday_on,
    school_day_status,
    timezone_of,
    travel_minutes,
    zone_of_departement,
)

SPEC_ZONES = {
    "Europe/Paris", "America/Martinique", "America/Guadeloupe", "America/Cayenne", "America/Miquelon", "Indian/Reunion",
    "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis",
}  # fmt: skip
EVRY, BRUNOY, MARSEILLE = (48.63, 2.44), (48.70, 2.50), (43.30, 5.37)
positions = st.tuples(st.floats(-80, 80), st.floats(-179, 179))


def shipped_holidays(zone):
    lines = read_lines(reference.SCHOOL_HOLIDAYS, ("zone", "nom", "premier_jour", "dernier_jour"))
    rows = [line.values for line in lines if line.values["zone"] == zone]
    return tuple(
        Period(r["nom"], date.fromisoformat(r["premier_jour"]), date.fromisoformat(r["dernier_jour"])) for r in rows
    )


ESSONNE = HolidayCalendar("91", shipped_holidays("C"))
LA_REUNION = HolidayCalendar("974", shipped_holidays("La Réunion"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L’Haÿ-les-Roses", "l hay les roses"),
        ("Œuvre d'Ægir", "oeuvre d aegir"),
        ("  Évry  Courcouronnes ", "evry courcouronnes"),
        ("4ᵉ B, 27 élèves !", "4e b 27 eleves"),
        ("%_", ""),
    ],
)
def test_a_search_compares_letters_and_digits_only(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text):
    once = fold(text)
    assert fold(once) == once
    assert "%" not in once
    assert "_" not in once


def test_the_distance_between_two_towns_is_the_known_one():
    assert distance_km(*EVRY, *MARSEILLE) == pytest.approx(637, abs=5)
    assert distance_km(*EVRY, *EVRY) == 0


@given(positions, positions)
def test_distance_and_travel_are_the_same_both_ways(here, there):
    assert distance_km(*here, *there) == pytest.approx(distance_km(*there, *here), abs=1e-6)
    assert travel_minutes(*here, *there) >= 10


@given(st.floats(0, 5), st.floats(0, 5))
def test_what_is_farther_never_takes_less_time(near, far):
    near, far = sorted((near, far))
    assert travel_minutes(48, 2, 48 + near, 2) <= travel_minutes(48, 2, 48 + far, 2)


def test_a_short_trip_is_boarding_and_town_streets():
    assert 30 <= travel_minutes(*EVRY, *BRUNOY) <= 45


def test_every_departement_has_one_of_the_ten_zones_that_calendars_know():
    codes = [line.values["code"] for line in read_lines(reference.DEPARTEMENTS, ("code",))]
    zones = {code: zone_of_departement(code) for code in codes}
    assert len(zones) == 109
    assert set(zones.values()) == SPEC_ZONES
    assert all(ZoneInfo(zone) for zone in zones.values())
    assert zones["2A"] == zones["91"] == "Europe/Paris"


@pytest.mark.parametrize(
    ("departement", "zone"),
    [
        ("971", "America/Guadeloupe"), ("972", "America/Martinique"), ("973", "America/Cayenne"),
        ("974", "Indian/Reunion"), ("975", "America/Miquelon"), ("976", "Indian/Mayotte"),
        ("977", "America/Guadeloupe"), ("978", "America/Guadeloupe"), ("986", "Pacific/Wallis"),
        ("987", "Pacific/Tahiti"), ("988", "Pacific/Noumea"),
    ],
)  # fmt: skip
def test_overseas_places_have_their_own_hour(departement, zone):
    assert timezone_of(departement, f"{departement}01") == zone


@pytest.mark.parametrize("insee", ["98718", "98719", "98723", "98731", "98746", "98756", "98757"])
def test_the_marquises_and_gambier_are_refused_in_words(app, insee):
    with pytest.raises(OffTahitiTime) as refused:
        timezone_of("987", insee)
    assert "Marquises" in refused.value.message
    assert refused.value.field == "commune"


def test_tahiti_itself_is_not_refused():
    assert timezone_of("987", "98735") == "Pacific/Tahiti"


@pytest.mark.parametrize("departement", ["984", "989"])
def test_places_where_nobody_lives_are_refused(departement):
    with pytest.raises(NoTimeZone):
        timezone_of(departement)


@pytest.mark.parametrize("departement", ["", "20", "96", "999", "A1"])
def test_an_unknown_departement_is_refused(departement):
    with pytest.raises(UnknownDepartement):
        timezone_of(departement)


def test_public_holidays_are_those_of_the_departement(app):
    good_friday, abolition = date(2027, 3, 26), date(2027, 12, 20)
    assert public_holiday_on("91", date(2027, 7, 14)) == "Fête nationale"
    assert public_holiday_on("91", date(2027, 1, 1)) == "Jour de l’an"
    assert public_holiday_on("91", good_friday) is None
    assert public_holiday_on("67", good_friday) == public_holiday_on("57", good_friday) == "Vendredi saint"
    assert public_holiday_on("974", abolition) == "Abolition de l’esclavage"
    assert public_holiday_on("91", abolition) is None


@pytest.mark.parametrize("line", read_lines(reference.DEPARTEMENTS, ("code",)), ids=lambda line: line.values["code"])
def test_new_year_is_a_public_holiday_everywhere(line):
    assert public_holiday_on(line.values["code"], date(2027, 1, 1))


@pytest.mark.parametrize("year", [1, 1000, 9999])
def test_an_absurd_year_is_no_error(year):
    assert HolidayCalendar("91").status(date(year, 6, 15)).kind in set(DayKind)


def test_holidays_are_named_in_the_readers_language(app):
    with speaking("en"):
        assert public_holiday_on("91", date(2027, 7, 14)) == "National Day"


def test_term_holiday_and_unknown_are_told_apart(app):
    assert ESSONNE.status(date(2027, 1, 12)).kind is DayKind.TERM
    winter = ESSONNE.status(date(2027, 2, 10))
    assert (winter.kind, winter.name, winter.is_off, winter.is_known) == (
        DayKind.SCHOOL_HOLIDAY, "vacances d’hiver", True, True,
    )  # fmt: skip
    christmas = ESSONNE.status(date(2026, 12, 25))
    assert (christmas.kind, christmas.name) == (DayKind.PUBLIC_HOLIDAY, "Noël")


@pytest.mark.parametrize(
    ("calendar", "day"),
    [(ESSONNE, date(2028, 10, 3)), (ESSONNE, date(2025, 5, 6)), (LA_REUNION, date(2027, 1, 12))],
)
def test_a_day_outside_of_what_is_known_is_never_term_time(calendar, day):
    status = calendar.status(day)
    assert (status.kind, status.is_known, status.is_off) == (DayKind.UNKNOWN, False, False)


def test_both_ends_of_a_holiday_are_off_and_the_next_day_is_school():
    periods = (Period("Pause", date(2027, 5, 3), date(2027, 5, 5)), Period("Été", date(2027, 7, 1), date(2027, 8, 31)))
    kinds = [school_day_status(periods, known_range(periods), date(2027, 5, day)).kind for day in (3, 5, 6)]
    assert kinds == [DayKind.SCHOOL_HOLIDAY, DayKind.SCHOOL_HOLIDAY, DayKind.TERM]


def test_wednesday_is_a_school_day_and_the_week_end_is_not():
    monday = date(2027, 1, 11)
    off = [ESSONNE.is_day_off_for_school(monday.replace(day=11 + n)) for n in range(7)]
    assert off == [False, False, False, False, False, True, True]


def test_school_days_skip_week_ends_public_and_school_holidays():
    # Zone C, winter 2027: off from Saturday 6 to Sunday 21 February.
    assert add_school_days(date(2027, 2, 4), 3, ESSONNE) == date(2027, 2, 23)
    # Easter Monday, 29 March 2027.
    assert add_school_days(date(2027, 3, 26), 1, ESSONNE) == date(2027, 3, 30)
    assert add_school_days(date(2027, 2, 4), 0, ESSONNE) == date(2027, 2, 4)


def test_where_holidays_are_unknown_only_week_ends_and_public_holidays_are_skipped():
    assert add_school_days(date(2027, 2, 4), 3, LA_REUNION) == date(2027, 2, 9)
    assert add_school_days(date(2027, 12, 17), 1, LA_REUNION) == date(2027, 12, 21)


def test_work_goes_on_during_school_holidays():
    assert not ESSONNE.is_day_off_for_work(date(2027, 2, 10))
    assert ESSONNE.is_day_off_for_work(date(2027, 5, 17))


@given(st.dates(date(2025, 9, 1), date(2028, 6, 30)), st.integers(1, 15))
def test_a_deadline_in_school_days_always_falls_on_one(start, days):
    due = add_school_days(start, days, ESSONNE)
    assert not ESSONNE.is_day_off_for_school(due)
    assert due > start
