"""What the programme is asked for: the query of its address, read with care. Nothing typed there can break the page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, time
from typing import Any

from booking.catalogue.models import ActivityKind
from booking.catalogue.rules.words import wanted_words
from booking.core.i18n import _
from booking.territory.rules import COACH, TravelAssumptions, fold

PAGE_SIZE = 30
MAX_PAGE = 10_000
RADII_KM = (5, 10, 15, 30, 50, 100)
# How far around a commune somebody looks who says nothing of the distance.
USUAL_RADIUS_KM = 30

# « Retour avant midi »: at school for the canteen. When nothing is known of the way, half an hour is left for it.
BACK_AT = time(12, 15)
ENDS_BY_WITHOUT_PLACE = time(11, 45)
# A morning ends at lunch; an afternoon begins after it. A whole day is neither.
MORNING_ENDS_BY = time(13, 0)
AFTERNOON_STARTS_AT = time(12, 0)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HALVES = ("am", "pm")

Ignore = Callable[[str], None]


@dataclass(frozen=True)
class Search:
    """A well-formed search. radius_km counts only with both lat and lon.

    weekdays: 1 for Monday to 7 for Sunday. near: the INSEE code of the commune that lat and lon were taken from.
    noon: back at school before lunch, the way included. comes: the company comes to the class.
    labelled: with the official label and its number.
    """

    q: str = ""
    edition: str = ""
    departement: str = ""
    academie: str = ""
    kind: ActivityKind | None = None
    sector: str = ""
    level: str = ""
    first_on: date | None = None
    last_on: date | None = None
    free: bool = False
    weekdays: tuple[int, ...] = ()
    half: str = ""
    noon: bool = False
    comes: bool = False
    labelled: bool = False
    near: str = ""
    lat: float | None = None
    lon: float | None = None
    radius_km: int | None = None
    page: int = 1

    @property
    def has_place(self) -> bool:
        """Whether it is known where the class leaves from."""
        return self.lat is not None and self.lon is not None

    @property
    def is_near(self) -> bool:
        return self.has_place and self.radius_km is not None

    @property
    def wants_a_date(self) -> bool:
        """Whether only activities with dates can answer."""
        asked = (self.first_on, self.last_on, self.free, self.weekdays, self.half, self.noon)
        return any(asked)

    def without(self, *names: str) -> Search:
        """The same search with some criteria dropped, on its first page."""
        defaults: dict[str, Any] = {field.name: field.default for field in fields(self)}
        return replace(self, page=1, **{name: defaults[name] for name in names})

    def criteria(self) -> list[str]:
        """The names of the criteria in use, apart from the edition and the page."""
        apart = {"edition", "page", "near", "lat", "lon", "radius_km"}
        used = [f.name for f in fields(self) if f.name not in apart and getattr(self, f.name)]
        return used + (["radius_km"] if self.is_near else [])

    def query(self) -> dict[str, Any]:
        """The values of an address that asks for this search."""
        values: dict[str, str] = {
            "q": self.q,
            "edition": self.edition,
            "departement": self.departement,
            "academie": self.academie,
            "kind": self.kind or "",
            "sector": self.sector,
            "level": self.level,
            "from": self.first_on.isoformat() if self.first_on else "",
            "to": self.last_on.isoformat() if self.last_on else "",
            "free": "1" if self.free else "",
            "weekday": ",".join(WEEKDAYS[day - 1] for day in self.weekdays),
            "half": self.half,
            "noon": "1" if self.noon else "",
            "comes": "1" if self.comes else "",
            "labelled": "1" if self.labelled else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        return {name: str(value) for name, value in values.items() if value} | self._place_query()

    def _place_query(self) -> dict[str, str]:
        if not self.has_place or not (self.is_near or self.noon):
            return {}
        if self.near:
            # Said even when there is none: a commune without a radius has the usual one.
            return {"near": self.near, "radius": str(self.radius_km or "")}
        radius = {"radius": str(self.radius_km)} if self.radius_km else {}
        return {"lat": f"{self.lat:.6g}", "lon": f"{self.lon:.6g}", **radius}


@dataclass(frozen=True)
class Place:
    """The commune somebody looks from. latitude, longitude: None when its position is not known."""

    insee: str
    name: str
    postcode: str
    latitude: float | None
    longitude: float | None

    @property
    def label(self) -> str:
        """« Brunoy 91800 »: what a form may send back to mean this commune."""
        return f"{self.name} {self.postcode}".strip()


@dataclass(frozen=True)
class Known:
    """The values that exist: a search for any other is told so."""

    editions: Collection[str]
    departements: Collection[str]
    academies: Collection[str]
    sectors: Collection[str]
    levels: Collection[str]


def read_search(args: Mapping[str, str], known: Known, place: Place | None = None) -> tuple[Search, list[str]]:
    """The search an address asks for, and a sentence for each value that was ignored.

    place: the commune that `asked_place` names, if there is one.
    """
    ignored: list[str] = []

    def ignore(sentence: str) -> None:
        ignored.append(sentence)

    def one_of(name: str, values: Collection[str], sentence: str) -> str:
        value = _clean(args.get(name, ""))
        # « 4e » and « 2a » typed in an address mean what the lists send as 4E and 2A.
        known_as = next((form for form in (value, value.upper(), value.lower()) if form in values), "")
        if value and not known_as:
            ignore(sentence)
        return known_as

    kind = one_of("kind", set(ActivityKind), _("Ce genre d’activité n’existe pas\u00a0: tous sont montrés."))
    search = Search(
        q=_read_words(args.get("q", ""), ignore),
        edition=one_of("edition", known.editions, _("Cette édition n’existe pas\u00a0: voici celle qui est ouverte.")),
        departement=one_of(
            "departement", known.departements, _("Ce département n’existe pas\u00a0: tous sont montrés.")
        ),
        academie=one_of("academie", known.academies, _("Cette académie n’existe pas\u00a0: toutes sont montrées.")),
        kind=ActivityKind(kind) if kind else None,
        sector=one_of("sector", known.sectors, _("Ce secteur n’existe pas\u00a0: tous sont montrés.")),
        level=one_of("level", known.levels, _("Ce niveau n’existe pas\u00a0: tous sont montrés.")),
        free=_is_ticked(args, "free"),
        weekdays=_read_weekdays(args, ignore),
        half=one_of("half", HALVES, _("Cette demi-journée n’existe pas\u00a0: elle est ignorée.")),
        noon=_is_ticked(args, "noon"),
        comes=_is_ticked(args, "comes"),
        labelled=_is_ticked(args, "labelled"),
        **_read_dates(args, ignore),
        **_read_place(args, place, ignore),
        page=_read_page(args.get("page", "")),
    )
    return search, ignored


def _read_dates(args: Mapping[str, str], ignore: Ignore) -> dict[str, Any]:
    days: dict[str, date | None] = {}
    for name, field in (("from", "first_on"), ("to", "last_on")):
        text = _clean(args.get(name, ""))
        try:
            days[field] = date.fromisoformat(text) if text else None
        except ValueError:
            days[field] = None
            ignore(_("La date «\u00a0%(text)s\u00a0» n’est pas lisible\u00a0: elle est ignorée.", text=text[:20]))
    if days["first_on"] and days["last_on"] and days["first_on"] > days["last_on"]:
        ignore(_("La première date vient après la dernière\u00a0: elles ont été échangées."))
        days = {"first_on": days["last_on"], "last_on": days["first_on"]}
    return days


def _read_weekdays(args: Mapping[str, str], ignore: Ignore) -> tuple[int, ...]:
    """`mon` to `sun`, or 1 to 7: repeated, or parted by commas."""
    texts = [text for value in _all(args, "weekday") for text in _clean(value).lower().replace(",", " ").split()]
    numbers = {str(n): n for n in range(1, 8)} | {name: n for n, name in enumerate(WEEKDAYS, start=1)}
    if any(text not in numbers for text in texts):
        ignore(_("Ce jour de la semaine n’existe pas\u00a0: il est ignoré."))
    return tuple(sorted({numbers[text] for text in texts if text in numbers}))


def asked_place(args: Mapping[str, str]) -> tuple[str, str]:
    """The commune an address asks about: its INSEE code, or what somebody typed of its name or postcode."""
    return _clean(args.get("near", ""))[:5].upper(), _clean(args.get("place", ""))[:80]


def _read_place(args: Mapping[str, str], place: Place | None, ignore: Ignore) -> dict[str, Any]:
    """Where one looks from, and how far in km. A commune comes before a position; a radius alone asks for nothing."""
    insee, typed = asked_place(args)
    if insee or typed:
        if place is not None and place.latitude is not None and place.longitude is not None:
            radius = _read_radius(args, ignore) if "radius" in args else USUAL_RADIUS_KM
            return {"near": place.insee, "lat": place.latitude, "lon": place.longitude, "radius_km": radius}
        ignore(
            _("Nous ne savons pas où se trouve %(name)s\u00a0: choisissez une commune voisine.", name=place.name)
            if place
            else _(
                "Aucune commune ne répond à «\u00a0%(text)s\u00a0»\u00a0: écrivez son nom ou son code postal.",
                text=typed or insee,
            )
        )
    position = _read_position(args)
    if position is None:
        # The form of a signed-in teacher always sends where the school stands; without a radius it asks for nothing.
        if _clean(args.get("radius", "")) and not (insee or typed) and _clean(args.get("lat", "")):
            ignore(_("La distance demandée n’est pas lisible\u00a0: elle est ignorée."))
        return {}
    return {**position, "radius_km": _read_radius(args, ignore)}


def _read_position(args: Mapping[str, str]) -> dict[str, float] | None:
    try:
        lat, lon = (float(_clean(args.get(name, ""))) for name in ("lat", "lon"))
    except ValueError:
        return None
    return {"lat": lat, "lon": lon} if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def _read_radius(args: Mapping[str, str], ignore: Ignore) -> int | None:
    text = _clean(args.get("radius", ""))
    if not text:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 500:
        return int(text[:9])
    ignore(_("La distance demandée n’est pas lisible\u00a0: elle est ignorée."))
    return None


def _read_page(text: str) -> int:
    return max(1, min(int(text[:9]), MAX_PAGE)) if text.isascii() and text.isdigit() else 1


def _read_words(text: str, ignore: Ignore) -> str:
    """What is searched for; nothing when it holds no letter and no figure, or only words found everywhere."""
    words = _clean(text)[:100]
    if not fold(words):
        return ""
    if not wanted_words(words):
        ignore(_("«\u00a0%(text)s\u00a0» est trop courant pour être cherché\u00a0: ajoutez un mot.", text=words[:40]))
        return ""
    return words


def _is_ticked(args: Mapping[str, str], name: str) -> bool:
    return _clean(args.get(name, "")).lower() in {"1", "true", "on", "yes"}


def _all(args: Mapping[str, str], name: str) -> list[str]:
    """Every value of that name: the query of an address may repeat it."""
    getlist = getattr(args, "getlist", None)
    return getlist(name) if getlist else [args.get(name, "")]


def _clean(text: str) -> str:
    """One line without the signs that a database may refuse (NUL)."""
    return " ".join(text.replace("\x00", "").split())


# ---- How far a coach gets


@dataclass(frozen=True)
class Reach:
    """Up to `minutes` on the way: `km` as the crow flies when it begins, then `km_per_min` more for each minute."""

    from_minutes: float
    minutes: float
    km: float
    km_per_min: float


def coach_reach(how: TravelAssumptions = COACH) -> list[Reach]:
    """How far from its school a class can be, by the minutes it has for the way: `travel_minutes` turned round.

    As bands, so that a database can work it out in a query; before the first one begins the class is not there yet.
    """
    bands, minutes, km = [], float(how.boarding_min), 0.0
    for length, speed in how.bands:
        pace = speed / 60 / how.detour
        end = minutes + length * 60 / speed
        bands.append(Reach(minutes, end, km, pace))
        minutes, km = end, km + length / how.detour
    return bands
