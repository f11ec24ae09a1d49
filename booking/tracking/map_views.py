"""The map of visits: départements in colours, or communes as points, above the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from flask import Response, abort, render_template, request

from booking.accounts.permissions import signed_in_required
from booking.core.i18n import _, _l
from booking.core.web import format_number
from booking.tracking.maps import Frame, frames
from booking.tracking.places import Place, bounds_of, class_of, places_of
from booking.tracking.views import Asked, asked_of, bp, csv_answer

MEASURES: dict[str, tuple[Any, Any]] = {
    "share": (
        _l("Part des établissements touchés"),
        _l("Établissements qui ont au moins une réservation qui tient une place, sur cent établissements."),
    ),
    "visits": (
        _l("Visites pour 100 établissements"),
        _l("Réservations qui tiennent une place, pour cent établissements."),
    ),
}
# Beyond that, names written on a map would cover it.
MOST_NAMED = 25


@dataclass(frozen=True)
class Shape:
    """A département on a drawing: its path, its class, what it says, and where its number is written, if it is."""

    path: str
    tone: int
    words: str
    label: str
    centre: tuple[float, float] | None


@dataclass(frozen=True)
class Point:
    """A commune on a drawing."""

    x: float
    y: float
    radius: float
    tone: int
    words: str


@dataclass(frozen=True)
class Drawing:
    """name: of an overseas département alone in its frame, when there are other frames."""

    frame: Frame
    shapes: list[Shape]
    points: list[Point]
    name: str = ""


@dataclass(frozen=True)
class Map:
    """measure: what colours say. bounds: of its classes. by_commune: places are points."""

    measure: str
    places: list[Place]
    bounds: list[float]
    by_commune: bool
    drawings: list[Drawing]

    @property
    def legend(self) -> list[tuple[int, str]]:
        """Each class and its words, from none to most."""
        lows = [0.0, *self.bounds]
        words = [
            _("plus de %(low)s à %(high)s", low=in_words(low, self.measure), high=in_words(high, self.measure))
            for low, high in zip(lows, self.bounds, strict=False)
        ]
        return [(0, _("aucun")), *enumerate(words, start=1)]

    @property
    def total(self) -> Place:
        return Place(
            "", "", *(sum(getattr(place, name) for place in self.places) for name in ("schools", "reached", "visits"))
        )


@bp.get("/<int:membership_id>/map")
@signed_in_required
def map_of_visits(membership_id: int) -> str:
    """How much of each place is reached."""
    asked = asked_of(membership_id)
    measure = request.args.get("measure", "")
    found = _map(asked, measure if measure in MEASURES else "share")
    return render_template("tracking/map.html", asked=asked, found=found, measures=MEASURES, in_words=in_words)


@bp.get("/<int:membership_id>/map.csv")
@signed_in_required
def map_csv(membership_id: int) -> Response:
    """The table of the map."""
    asked = asked_of(membership_id)
    found = _map(asked, "share") or abort(404)
    headings = [_("Code"), _("Lieu"), _("Établissements"), _("Touchés"), _("Part touchée, pour cent"),
                _("Visites"), _("Visites pour 100 établissements")]  # fmt: skip
    rows = [
        [p.code, p.name, p.schools, p.reached, _with_comma(p.share), p.visits, _with_comma(p.per_hundred)]
        for p in found.places
    ]
    return csv_answer("carte", headings, rows)


def _with_comma(value: float) -> str:
    """As the spreadsheet this is for reads it."""
    return f"{value:.1f}".replace(".", ",")


def in_words(value: float, measure: str) -> str:
    """A number of the map, with its unit."""
    shown = format_number(round(value, 1 if value < 10 else 0))
    return _("%(number)s\u00a0%%", number=shown) if measure == "share" else shown


def _map(asked: Asked, measure: str) -> Map | None:
    if asked.edition is None:
        return None
    codes = [asked.filters.departement] if asked.filters.departement else [each.code for each in asked.departements]
    by_commune = len(codes) == 1 or asked.scope.is_group
    places = places_of(asked.scope, asked.edition, asked.filters, by_commune=by_commune)
    of = (lambda place: place.share) if measure == "share" else (lambda place: place.per_hundred)
    bounds = bounds_of([of(place) for place in places])
    tones = {place.code: class_of(of(place), bounds) for place in places}
    known = {place.code: place for place in places}
    drawn = frames(codes)
    drawings = []
    for number, frame in enumerate(drawn):
        words = {code: _words(known.get(code), name, measure) for code, name, _path in frame.paths}
        named = not by_commune and len(frame.outlines) <= MOST_NAMED and not (number and len(drawn) > 1)
        shapes = [
            Shape(
                path, 0 if by_commune else tones.get(code, 0), name if by_commune else words[code],
                f"{code} · {in_words(of(known[code]), measure)}" if code in known else code,
                frame.centre(code) if named else None,
            )
            for code, name, path in frame.paths
        ]  # fmt: skip
        points = _points(frame, places, tones, measure) if by_commune else []
        drawings.append(Drawing(frame, shapes, points, frame.outlines[0].name if number else ""))
    return Map(measure, places, bounds, by_commune, drawings)


def _points(frame: Frame, places: list[Place], tones: dict[str, int], measure: str) -> list[Point]:
    """The largest first, so that the small ones stay above."""
    points = []
    for place in sorted(places, key=lambda each: -each.schools):
        if place.latitude is None or place.longitude is None or not frame.holds(place.latitude, place.longitude):
            continue
        x, y = frame.point(place.latitude, place.longitude)
        radius = round(min(16.0, 2.5 + 1.6 * sqrt(place.schools)), 1)
        points.append(Point(x, y, radius, tones[place.code], _words(place, place.name, measure)))
    return points


def _words(place: Place | None, name: str, measure: str) -> str:
    if place is None:
        return name
    value = in_words(place.share if measure == "share" else place.per_hundred, measure)
    return _("%(place)s\u00a0: %(value)s (établissements touchés\u00a0: %(reached)s sur %(schools)s)", place=name, value=value,
             reached=format_number(place.reached), schools=format_number(place.schools))  # fmt: skip
