"""Places, hours and days off: where it is, how far, what time there, and whether pupils have class."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from booking.core.errors import Refusal
from booking.core.i18n import _l, current_language

EARTH_RADIUS_KM = 6371.0


# ---- Text


_ACCENTS = re.compile("[\u0300-\u036f]+")
_BETWEEN_WORDS = re.compile("[^a-z0-9]+")


def fold(text: str) -> str:
    """What a search compares: lower case, no accents, œ as oe, and one space for each mark between two words."""
    plain = unicodedata.normalize("NFKD", text).lower().replace("œ", "oe").replace("æ", "ae")
    return _BETWEEN_WORDS.sub(" ", _ACCENTS.sub("", plain)).strip()


# ---- Distance and travel


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The distance as the crow flies between two WGS 84 positions."""
    north, south = radians(latitude), radians(other_latitude)
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


@dataclass(frozen=True)
class TravelAssumptions:
    """How a coach is supposed to move, for want of a route planner.

    detour: road kilometres for one as the crow flies. bands: kilometres of road and their average speed in km/h, from
    the door on; the last speed holds beyond. boarding_min: to get a class on and off the coach.
    """

    decided_on: date
    detour: float
    bands: tuple[tuple[float, float], ...]
    boarding_min: int


# Ours, to be checked against real outings: town streets, then roads, then motorways at a coach's pace.
COACH = TravelAssumptions(
    decided_on=date(2026, 11, 24), detour=1.3, bands=((10, 25), (30, 50), (float("inf"), 75)), boarding_min=10
)


def travel_minutes(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float, how: TravelAssumptions = COACH
) -> int:
    """An estimate of the time a class needs from one place to the other, in whole minutes, boarding included.

    It knows neither roads nor water: an order of magnitude to tell outings that fit in a day from those that do not.
    """
    left = distance_km(latitude, longitude, other_latitude, other_longitude) * how.detour
    minutes = float(how.boarding_min)
    for length, speed in how.bands:
        part = min(left, length)
        minutes += part * 60 / speed
        left -= part
    return ceil(minutes)


# ---- Hours (specs/invitations, section 2.5)

PARIS = "Europe/Paris"
METROPOLITAN = frozenset({f"{number:02d}" for number in range(1, 96) if number != 20} | {"2A", "2B"})
OVERSEAS_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/Guadeloupe",
    "978": "America/Guadeloupe",
    # 984 and 989 have no class and no firm: the zone is that of their administration, their places are refused.
    "984": "Indian/Reunion",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
    "989": "Pacific/Tahiti",
}
UNINHABITED = frozenset({"984", "989"})
MARQUESAS = frozenset({"98718", "98723", "98731", "98746", "98756", "98757"})
GAMBIER = frozenset({"98719"})


class UnknownDepartement(Refusal):
    """departement: what was given."""

    code = "unknown_departement"
    field = "departement"
    departement: str

    def sentence(self) -> Any:
        return _l("« %(departement)s » n’est pas un code de département.", departement=self.departement)


class NoTimeZone(Refusal):
    """A place whose local hour the calendars cannot carry."""

    code = "no_time_zone"
    field = "commune"


class OffTahitiTime(NoTimeZone):
    def sentence(self) -> Any:
        return _l(
            "Les îles Marquises et Gambier ne vivent pas à l’heure de Tahiti, et les invitations ne savent pas "
            "encore donner leur heure. Choisissez un lieu d’une autre île."
        )


class UninhabitedPlace(NoTimeZone):
    def sentence(self) -> Any:
        return _l("Aucune classe ne peut être accueillie dans ce territoire. Choisissez une autre commune.")


def timezone_of(departement_code: str, commune_insee: str | None = None) -> str:
    """The IANA name of a place's time zone.

    Refuses: UnknownDepartement; OffTahitiTime for the Marquises and Gambier; UninhabitedPlace.
    """
    if commune_insee in MARQUESAS | GAMBIER:
        raise OffTahitiTime
    if departement_code in UNINHABITED:
        raise UninhabitedPlace
    return zone_of_departement(departement_code)


def zone_of_departement(code: str) -> str:
    """The zone of a département as a whole, whatever its communes say (see timezone_of for a place).

    Refuses: UnknownDepartement.
    """
    if code in METROPOLITAN:
        return PARIS
    if code not in OVERSEAS_ZONES:
        raise UnknownDepartement(departement=code)
    return OVERSEAS_ZONES[code]


# ---- Public holidays

# The library's own names for the parts of France that have days of their own.
_SUBDIVISIONS = {
    "57": "57", "67": "6AE", "68": "6AE", "971": "971", "972": "972", "973": "973", "974": "974", "975": "PM",
    "976": "976", "977": "BL", "978": "MF", "984": "TF", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
_LIBRARY_LANGUAGES = {"fr": "fr", "en": "en_US"}


def public_holiday_on(departement_code: str, day: date) -> str | None:
    """The public holiday of that day in that département, named in the reader's language, or nothing.

    Moselle and Alsace have two more days (Good Friday in the communes that have a Protestant church, taken here for
    all of them), each overseas département its own.
    """
    name = _public_holidays(_SUBDIVISIONS.get(departement_code), day.year, current_language()).get(day)
    return name.replace("'", "’") if name else None


@lru_cache(maxsize=512)
def _public_holidays(subdivision: str | None, year: int, language: str) -> dict[date, str]:
    return dict(
        holidays.country_holidays("FR", subdiv=subdivision, years=year, language=_LIBRARY_LANGUAGES.get(language, "fr"))
    )


# ---- School holidays and school days


@dataclass(frozen=True)
class Period:
    """A school holiday, both days included."""

    name: str
    first_on: date
    last_on: date

    def holds(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


class DayKind(enum.StrEnum):
    TERM = "term"
    SCHOOL_HOLIDAY = "school_holiday"
    PUBLIC_HOLIDAY = "public_holiday"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DayStatus:
    """What a day is for a school. name: the holiday in the reader's language, empty in term time or when unknown."""

    kind: DayKind
    name: str = ""

    @property
    def is_off(self) -> bool:
        return self.kind in {DayKind.SCHOOL_HOLIDAY, DayKind.PUBLIC_HOLIDAY}

    @property
    def is_known(self) -> bool:
        return self.kind is not DayKind.UNKNOWN


# The ministry's names, as pages say them in either language.
_HOLIDAY_WORDS = {
    "vacances d ete": _l("vacances d’été"),
    "vacances de la toussaint": _l("vacances de la Toussaint"),
    "vacances de noel": _l("vacances de Noël"),
    "vacances d hiver": _l("vacances d’hiver"),
    "vacances de printemps": _l("vacances de printemps"),
    "pont de l ascension": _l("pont de l’Ascension"),
}


def known_range(periods: Sequence[Period]) -> tuple[date, date] | None:
    """From the first to the last day that the periods speak about; None when there is none."""
    if not periods:
        return None
    return min(period.first_on for period in periods), max(period.last_on for period in periods)


def school_day_status(periods: Iterable[Period], known: tuple[date, date] | None, day: date) -> DayStatus:
    """Holiday, term, or unknown: a zone without data, or a day outside of what is known, is never term time.

    Week-ends are not looked at: some schools have class, and some doors are open, on a Saturday.
    """
    for period in periods:
        if period.holds(day):
            return DayStatus(DayKind.SCHOOL_HOLIDAY, str(_HOLIDAY_WORDS.get(fold(period.name), period.name)))
    if known is None or not known[0] <= day <= known[1]:
        return DayStatus(DayKind.UNKNOWN)
    return DayStatus(DayKind.TERM)


@dataclass(frozen=True)
class HolidayCalendar:
    """The days off of the schools of one département. periods: those of its zone, empty when they are not known."""

    departement_code: str
    periods: tuple[Period, ...] = ()

    def status(self, day: date) -> DayStatus:
        """What the day is for a school; a public holiday comes before the school holiday it falls in."""
        if name := public_holiday_on(self.departement_code, day):
            return DayStatus(DayKind.PUBLIC_HOLIDAY, name)
        return school_day_status(self.periods, known_range(self.periods), day)

    def is_day_off_for_work(self, day: date) -> bool:
        """Saturday, Sunday or a public holiday."""
        return day.weekday() >= 5 or public_holiday_on(self.departement_code, day) is not None

    def is_day_off_for_school(self, day: date) -> bool:
        """Saturday, Sunday, a public holiday or a known school holiday. Wednesday is a school day."""
        return day.weekday() >= 5 or self.status(day).is_off


def today_at(timezone: str, now: datetime) -> date:
    """The day it is there."""
    return now.astimezone(ZoneInfo(timezone)).date()


def add_open_days(start: date, days: int, is_off: Callable[[date], bool]) -> date:
    """The day that comes `days` open days after `start`, which itself does not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= not is_off(day)
    return day


def open_days_between(first: date, last: date, is_off: Callable[[date], bool]) -> int:
    """How many open days come after `first`, up to `last` included: none on the same day."""
    return sum(not is_off(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))


def add_school_days(start: date, days: int, calendar: HolidayCalendar) -> date:
    """The day that comes `days` school days after `start`: where holidays are unknown only week-ends and public
    holidays are skipped."""
    return add_open_days(start, days, calendar.is_day_off_for_school)
