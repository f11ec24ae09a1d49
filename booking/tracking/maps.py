"""Maps without a tile server: the outlines of départements as SVG paths, and where a place falls on them.

The mainland is one frame; each overseas territory that has an outline is a small frame of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, radians

from booking.territory.reference import OUTLINES
from booking.territory.rules import METROPOLITAN

Ring = tuple[tuple[float, float], ...]
MAIN_WIDTH, INSET_WIDTH, TALLEST = 640, 150, 620
MARGIN = 6


@dataclass(frozen=True)
class Outline:
    """rings: (longitude, latitude), islands included."""

    code: str
    name: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class Frame:
    """One drawing: its size in pixels, the départements on it, and the projection that places them.

    Flat, east squeezed by the cosine of the middle latitude: true enough for one country, and north is up.
    """

    outlines: Sequence[Outline]
    width: int
    height: int
    west: float
    north: float
    squeeze: float
    scale: float

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(outline.code for outline in self.outlines)

    @property
    def paths(self) -> list[tuple[str, str, str]]:
        """Each département's code, name and path."""
        return [(outline.code, outline.name, self._path(outline.rings)) for outline in self.outlines]

    def point(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place falls, in pixels from the top left."""
        x = MARGIN + (longitude - self.west) * self.squeeze * self.scale
        y = MARGIN + (self.north - latitude) * self.scale
        return round(x, 1), round(y, 1)

    def centre(self, code: str) -> tuple[float, float]:
        """The middle of a département's largest piece, in pixels: where something can be written on it."""
        outline = next(each for each in self.outlines if each.code == code)
        ring = max(outline.rings, key=len)
        longitudes, latitudes = [lon for lon, _lat in ring], [lat for _lon, lat in ring]
        return self.point((min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2)

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a place falls within the drawing."""
        x, y = self.point(latitude, longitude)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def _path(self, rings: Iterable[Ring]) -> str:
        return "".join(f"M{'L'.join(self._steps(ring))}Z" for ring in rings)

    def _steps(self, ring: Ring) -> list[str]:
        # Points that fall on the same pixel as the one before say nothing.
        points = [self.point(latitude, longitude) for longitude, latitude in ring]
        kept = [here for here, before in zip(points, [None, *points], strict=False) if here != before]
        return [f"{x:g},{y:g}" for x, y in kept]


def frames(codes: Collection[str] | None) -> list[Frame]:
    """The drawings that show these départements, all of them when None; the mainland first."""
    known = [outline for outline in outlines() if codes is None or outline.code in codes]
    mainland = [outline for outline in known if outline.code in METROPOLITAN]
    overseas = [outline for outline in known if outline.code not in METROPOLITAN]
    drawn = [_frame(mainland, MAIN_WIDTH)] if mainland else []
    # Alone on its page, an island is as large as any.
    return drawn + [
        _frame([outline], INSET_WIDTH if mainland or len(overseas) > 1 else MAIN_WIDTH) for outline in overseas
    ]


@cache
def outlines() -> tuple[Outline, ...]:
    """Every outline that is shipped, in the order of the codes."""
    with OUTLINES.open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    found = [_outline(feature) for feature in features]
    return tuple(sorted(found, key=lambda outline: outline.code))


def _outline(feature: dict) -> Outline:
    shape = feature["geometry"]
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    rings = tuple(tuple((lon, lat) for lon, lat, *_rest in ring) for polygon in polygons for ring in polygon)
    return Outline(feature["properties"]["code"], feature["properties"]["nom"], rings)


def _frame(shown: Sequence[Outline], widest: int) -> Frame:
    points = [point for outline in shown for ring in outline.rings for point in ring]
    west, east = min(lon for lon, _lat in points), max(lon for lon, _lat in points)
    south, north = min(lat for _lon, lat in points), max(lat for _lon, lat in points)
    squeeze = cos(radians((south + north) / 2))
    tallest = TALLEST * widest / MAIN_WIDTH
    scale = min((widest - 2 * MARGIN) / ((east - west) * squeeze), (tallest - 2 * MARGIN) / (north - south))
    width = round((east - west) * squeeze * scale) + 2 * MARGIN
    height = round((north - south) * scale) + 2 * MARGIN
    return Frame(shown, width, height, west, north, squeeze, scale)
