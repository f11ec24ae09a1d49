"""Maps without tiles: the outlines of départements, as shipped, drawn flat around the points they are for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from typing import Any

from booking.territory.reference import OUTLINES

Position = tuple[float, float]  # latitude, longitude
WIDTH = 640


@dataclass(frozen=True)
class Frame:
    """A piece of the world on paper: degrees in, pixels out. Flat: good enough for a région."""

    south: float
    north: float
    west: float
    east: float

    @classmethod
    def around(cls, points: Iterable[Position], margin: float = 0.12) -> Frame:
        """The frame of these points, with a margin of so many degrees at least."""
        points = list(points)
        latitudes, longitudes = [p[0] for p in points], [p[1] for p in points]
        extra = max(margin, 0.08 * (max(latitudes) - min(latitudes)), 0.08 * (max(longitudes) - min(longitudes)))
        return cls(
            min(latitudes) - extra, max(latitudes) + extra, min(longitudes) - extra * 1.5, max(longitudes) + extra * 1.5
        )

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return max(160, round((self.north - self.south) * self._scale))

    @property
    def _flat(self) -> float:
        """How many degrees of latitude one of longitude is worth here."""
        return cos(radians((self.south + self.north) / 2))

    @property
    def _scale(self) -> float:
        return WIDTH / ((self.east - self.west) * self._flat)

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a position is, from the top left."""
        return (
            round((longitude - self.west) * self._flat * self._scale, 1),
            round((self.north - latitude) * self._scale, 1),
        )

    def meets(self, ring: list[Position]) -> bool:
        """Whether the outline may show in the frame."""
        latitudes, longitudes = [p[0] for p in ring], [p[1] for p in ring]
        return (
            min(latitudes) < self.north
            and max(latitudes) > self.south
            and min(longitudes) < self.east
            and max(longitudes) > self.west
        )


@dataclass(frozen=True)
class Outline:
    """A département on paper. path: for the `d` of an SVG path."""

    code: str
    name: str
    path: str


def outlines_in(frame: Frame) -> list[Outline]:
    """The départements that show in the frame."""
    found = []
    for code, name, rings in _departements():
        paths = [_path(ring, frame) for ring in rings if frame.meets(ring)]
        if paths:
            found.append(Outline(code, name, " ".join(paths)))
    return found


def _path(ring: list[Position], frame: Frame) -> str:
    places = (frame.place(*position) for position in ring)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places) + "Z"


@cache
def _departements() -> tuple[tuple[str, str, list[list[Position]]], ...]:
    with OUTLINES.open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    return tuple((each["properties"]["code"], each["properties"]["nom"], _rings(each["geometry"])) for each in features)


def _rings(geometry: dict[str, Any]) -> list[list[Position]]:
    """The outer ring of each piece; GeoJSON says longitude first."""
    pieces = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(latitude, longitude) for longitude, latitude in piece[0]] for piece in pieces]
