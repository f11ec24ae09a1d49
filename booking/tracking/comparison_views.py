"""An officer's edition beside earlier ones."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from flask import Response, abort, render_template

from booking.accounts.permissions import signed_in_required
from booking.core import clock
from booking.core.dates import format_day
from booking.core.i18n import _
from booking.tracking.comparisons import Comparison, compared
from booking.tracking.comparisons import comparison as compare
from booking.tracking.views import Asked, asked_of, bp, csv_answer


@bp.get("/<int:membership_id>/comparison")
@signed_in_required
def comparison(membership_id: int) -> str:
    """The figures of this edition and of earlier ones, and the bookings so many days before each week."""
    asked = asked_of(membership_id)
    found = _found(asked)
    return render_template(
        "tracking/comparison.html", asked=asked, found=found, drawing=drawing_of(found) if found else None
    )


@bp.get("/<int:membership_id>/comparison.csv")
@signed_in_required
def comparison_csv(membership_id: int) -> Response:
    """The same: figures first, then the curve, one column per edition."""
    asked = asked_of(membership_id)
    found = _found(asked) or abort(404)
    rows: list[list[object]] = [
        [
            str(line.figures[0].label),
            *("" if value is None else value for value in line.values),
            str(line.figures[0].definition),
        ]
        for line in found.lines
    ]
    for number, days in enumerate(found.days):
        words = _("Réservations %(days)d jours avant la semaine", days=days)
        counts = ["" if curve.points[number] is None else curve.points[number] for curve in found.curves]
        rows.append([words, *counts, _("Réservations qui tiennent une place, au jour où elles ont été faites.")])
    names = [
        _("%(edition)s (%(day)s)", edition=e.name, day=format_day(e.starts_on, weekday=False)) for e in found.editions
    ]
    return csv_answer("comparaison", [_("Chiffre"), *names, _("Définition")], rows)


def _found(asked: Asked) -> Comparison | None:
    if asked.edition is None or asked.edition.is_permanent:
        return None
    return compare(asked.scope, compared(asked.edition, asked.editions), asked.filters, clock.now())


# ---- The curve, drawn here: coordinates in a picture of WIDTH by HEIGHT

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 280, 46, 12, 12, 34


@dataclass(frozen=True)
class Drawing:
    """lines: of each edition, its points as SVG writes them. grid: heights and their numbers. marks: places and their days."""

    lines: list[str]
    grid: list[tuple[float, int]]
    marks: list[tuple[float, int]]
    today: float | None


def drawing_of(found: Comparison) -> Drawing:
    """The newest edition's line goes on to today, where it stands between two points."""
    first, last = found.days[0], found.days[-1]
    is_between = last < found.today < first
    points = [
        [(days, count) for days, count in zip(found.days, curve.points, strict=True) if count is not None]
        for curve in found.curves
    ]
    if is_between:
        points[0] = [*(each for each in points[0] if each[0] > found.today), (found.today, found.curves[0].same_day)]
    most = max((count for line in points for _days, count in line), default=0)
    step = _round_step(most)
    top = step * max(1, -(-most // step))

    def x(days: int) -> float:
        return round(LEFT + (first - days) * (WIDTH - LEFT - RIGHT) / (first - last), 1)

    def y(count: int) -> float:
        return round(HEIGHT - BOTTOM - count * (HEIGHT - TOP - BOTTOM) / top, 1)

    return Drawing(
        lines=[" ".join(f"{x(days)},{y(count)}" for days, count in line) for line in points],
        grid=[(y(count), count) for count in range(0, top + 1, step)],
        marks=[(x(days), days) for days in found.days if days % 28 == 0],
        today=x(found.today) if is_between else None,
    )


def _round_step(most: int) -> int:
    """A step that reads well and gives five lines at most: 1, 2 or 5 times a power of ten."""
    step = 1
    for factor in itertools.cycle((2, 2.5, 2)):
        if most <= 5 * step:
            break
        step = int(step * factor)
    return step
