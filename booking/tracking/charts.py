"""Charts: pygal works out the shapes, the stylesheet of the site dresses them.

What pygal adds for a page of its own (a script, its styles, tooltips) is taken out: nothing inline is left for the content
security policy to refuse, and the colours are those of the page, dark ones too. Each chart stands above its table.
"""

from __future__ import annotations

import itertools
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pygal
from markupsafe import Markup
from pygal.style import Style

from booking.core.web import format_number

# pygal leaves a finder of plugins written for an older Python, which makes every later import warn; it is not needed here.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

# In units of the drawing: half a page wide and a telephone are much the same, time goes on a whole line.
NARROW, MIDDLE, WIDE, UPRIGHT, THICKNESS, AROUND = 460, 620, 940, 250, 28, 44
LONGEST_LABEL = 26
_LEFT_OUT = {"style", "script", "desc", "title", "defs"}
_ADDED = ("plot overlay", "tooltip-overlay")
_DECIMALS = re.compile(r"-?\d+\.\d+")
_SETTINGS: dict[str, Any] = {
    "js": [], "css": [], "no_prefix": True, "show_legend": False, "pretty_print": False, "margin": 4, "spacing": 6,
    "disable_xml_declaration": True, "truncate_label": -1, "value_formatter": format_number,
    "style": Style(label_font_size=13, major_label_font_size=13, value_font_size=13),
}  # fmt: skip


@dataclass(frozen=True)
class Series:
    """Numbers of one colour: one per label of the chart, or points of a curve."""

    name: Any
    values: Sequence[Any]


@dataclass(frozen=True)
class Bars:
    """labels: one per bar, an empty one is not written. series: what is stacked on it, the first at the foot.

    lying: names are read from the left and bars go to the right; upright is for time.
    """

    title: Any
    labels: Sequence[Any]
    series: Sequence[Series]
    lying: bool = True
    wide: bool = False

    @property
    def svg(self) -> Markup:
        """The drawing, to stand in a page."""
        most = max((sum(values) for values in zip(*(each.values for each in self.series), strict=True)), default=0)
        height = AROUND + THICKNESS * len(self.labels) if self.lying else UPRIGHT
        kind = pygal.HorizontalStackedBar if self.lying else pygal.StackedBar
        # A number stands at the end of a bar that is of one piece.
        numbers = {"print_values": self.lying and len(self.series) == 1, "print_values_position": "top"}
        drawing = kind(width=WIDE if self.wide else NARROW, height=height, **numbers, **_SETTINGS)
        # Lying bars are drawn from the bottom up.
        order = slice(None, None, -1) if self.lying else slice(None)
        drawing.x_labels = [_short(label) for label in self.labels][order]
        drawing.y_labels = scale_to(most)
        for series in self.series:
            drawing.add(str(series.name), list(series.values)[order])
        return _drawn(drawing, self.title)


@dataclass(frozen=True)
class Curves:
    """series: points (x, y). marks: where x is written, and what. today: an upright line there, if anywhere."""

    title: Any
    series: Sequence[Series]
    marks: Sequence[tuple[int, Any]]
    today: int | None = None

    @property
    def svg(self) -> Markup:
        """The drawing, to stand in a page."""
        scale = scale_to(max((y for series in self.series for _x, y in series.values), default=0))
        drawing = pygal.XY(width=MIDDLE, height=UPRIGHT + AROUND, show_dots=False, **_SETTINGS)
        drawing.x_labels = [{"value": place, "label": str(words)} for place, words in self.marks]
        drawing.y_labels = scale
        for series in self.series:
            drawing.add(str(series.name), list(series.values))
        if self.today is not None:
            drawing.add("", [(self.today, 0), (self.today, scale[-1])])
        return _drawn(drawing, self.title, marked=f"serie-{len(self.series)}")


def scale_to(most: int) -> list[int]:
    """Numbers from zero to the first one that is no less, at steps that read well: six numbers at most."""
    step = 1
    for factor in itertools.cycle((2, 2.5, 2)):
        if most <= 5 * step:
            break
        step = int(step * factor)
    return list(range(0, step * max(1, -(-most // step)) + 1, step))


def _short(label: Any) -> str:
    return textwrap.shorten(str(label), LONGEST_LABEL, placeholder="…").replace(",…", "…")


def _drawn(drawing: Any, title: Any, marked: str = "") -> Markup:
    root = drawing.render_tree()
    _strip(root, marked)
    root.attrib.pop("id", None)
    root.attrib.update({"class": "chart", "role": "img", "aria-label": str(title)})
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  (drawn here; the writer escapes the labels)


def _strip(element: Any, marked: str) -> None:
    """Without what is not a shape or a label, and with the decimals that an eye can see."""
    for child in list(element):
        words = child.get("class", "")
        # A comment has a function for a tag.
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or words.endswith(_ADDED):
            element.remove(child)
            continue
        child.attrib.pop("style", None)
        if marked and marked in words.split():
            child.set("class", "today")
        for name, value in child.attrib.items():
            if name != "class":
                child.set(name, _DECIMALS.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value))
        _strip(child, marked)
