"""An officer's edition beside earlier ones."""

from __future__ import annotations

from flask import Response, abort, render_template

from booking.accounts.permissions import signed_in_required
from booking.core import clock
from booking.core.dates import format_day
from booking.core.i18n import _
from booking.tracking.charts import Curves, Series
from booking.tracking.comparisons import Comparison, compared
from booking.tracking.comparisons import comparison as compare
from booking.tracking.views import Asked, asked_of, bp, csv_answer

# Under the curve, a day is named every four weeks.
MARKED_DAYS = 28


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


def drawing_of(found: Comparison) -> Curves:
    """The newest edition's line goes on to today, where it stands between two points. From the left, days go by."""
    first, last = found.days[0], found.days[-1]
    is_between = last < found.today < first
    lines = [
        [(-days, count) for days, count in zip(found.days, curve.points, strict=True) if count is not None]
        for curve in found.curves
    ]
    if is_between:
        known = [point for point in lines[0] if point[0] < -found.today]
        lines[0] = [*known, (-found.today, found.curves[0].same_day)]
    return Curves(
        _(
            "Réservations cumulées, selon le nombre de jours avant la semaine\u00a0; les mêmes nombres sont dans le tableau."
        ),
        [Series(curve.edition.name, line) for curve, line in zip(found.curves, lines, strict=True)],
        [
            (-days, _("J−%(days)d", days=days) if days else _("semaine"))
            for days in found.days
            if days % MARKED_DAYS == 0
        ],
        -found.today if is_between else None,
    )
