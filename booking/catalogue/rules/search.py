"""What the programme is asked for: the query of its address, read with care. Nothing typed there can break the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from booking.catalogue.models import ActivityKind
from booking.core.i18n import _
from booking.territory.rules import fold

PAGE_SIZE = 30
MAX_PAGE = 10_000
RADII_KM = (5, 10, 15, 30, 50, 100)


@dataclass(frozen=True)
class Search:
    """A well-formed search. radius_km counts only with both lat and lon."""

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
    lat: float | None = None
    lon: float | None = None
    radius_km: int | None = None
    page: int = 1

    @property
    def is_near(self) -> bool:
        return self.lat is not None and self.lon is not None and self.radius_km is not None

    def without(self, *names: str) -> Search:
        """The same search with some criteria dropped, on its first page."""
        defaults: dict[str, Any] = {field.name: field.default for field in fields(self)}
        return replace(self, page=1, **{name: defaults[name] for name in names})

    def criteria(self) -> list[str]:
        """The names of the criteria in use, apart from the edition and the page."""
        used = [f.name for f in fields(self) if f.name not in {"edition", "page", "lat", "lon", "radius_km"}]
        near = ["radius_km"] if self.is_near else []
        return [name for name in used if getattr(self, name)] + near

    def query(self) -> dict[str, str]:
        """The values of an address that asks for this search."""
        values = {
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
            "lat": f"{self.lat:g}" if self.is_near else "",
            "lon": f"{self.lon:g}" if self.is_near else "",
            "radius": str(self.radius_km) if self.is_near else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        return {name: str(value) for name, value in values.items() if value}


@dataclass(frozen=True)
class Known:
    """The values that exist: a search for any other is told so."""

    editions: Collection[str]
    departements: Collection[str]
    academies: Collection[str]
    sectors: Collection[str]
    levels: Collection[str]


def read_search(args: Mapping[str, str], known: Known) -> tuple[Search, list[str]]:
    """The search an address asks for, and a sentence for each value that was ignored."""
    ignored: list[str] = []

    def ignore(sentence: str) -> None:
        ignored.append(sentence)

    def one_of(name: str, values: Collection[str], sentence: str) -> str:
        value = _clean(args.get(name, ""))
        if value and value not in values:
            ignore(sentence)
            return ""
        return value

    kind = one_of("kind", set(ActivityKind), _("Ce genre d’activité n’existe pas\u00a0: tous sont montrés."))
    search = Search(
        q=_words(args.get("q", "")),
        edition=one_of("edition", known.editions, _("Cette édition n’existe pas\u00a0: voici celle qui est ouverte.")),
        departement=one_of(
            "departement", known.departements, _("Ce département n’existe pas\u00a0: tous sont montrés.")
        ),
        academie=one_of("academie", known.academies, _("Cette académie n’existe pas\u00a0: toutes sont montrées.")),
        kind=ActivityKind(kind) if kind else None,
        sector=one_of("sector", known.sectors, _("Ce secteur n’existe pas\u00a0: tous sont montrés.")),
        level=one_of("level", known.levels, _("Ce niveau n’existe pas\u00a0: tous sont montrés.")),
        free=_clean(args.get("free", "")).lower() in {"1", "true", "on", "yes"},
        **_read_dates(args, ignore),
        **_read_place(args, ignore),
        page=_read_page(args.get("page", "")),
    )
    return search, ignored


def _read_dates(args: Mapping[str, str], ignore: Any) -> dict[str, Any]:
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


def _read_place(args: Mapping[str, str], ignore: Any) -> dict[str, Any]:
    """Latitude and longitude in degrees, radius in km: all three, or none."""
    texts = [_clean(args.get(name, "")) for name in ("lat", "lon", "radius")]
    # The form of a signed-in teacher always sends where the school stands; without a radius it asks for nothing.
    if not texts[2]:
        return {}
    try:
        lat, lon, radius = float(texts[0]), float(texts[1]), int(texts[2])
    except (ValueError, OverflowError):
        lat = lon = radius = 999
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 1 <= radius <= 500):
        ignore(_("La distance demandée n’est pas lisible\u00a0: elle est ignorée."))
        return {}
    return {"lat": lat, "lon": lon, "radius_km": radius}


def _read_page(text: str) -> int:
    return max(1, min(int(text[:9]), MAX_PAGE)) if text.isascii() and text.isdigit() else 1


def _words(text: str) -> str:
    """What is searched for, or nothing when it holds no letter and no figure."""
    words = _clean(text)[:100]
    return words if fold(words) else ""


def _clean(text: str) -> str:
    """One line without the signs that a database may refuse (NUL)."""
    return " ".join(text.replace("\x00", "").split())
