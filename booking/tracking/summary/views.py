"""The report of a territory: on a page, and as the PDF that is printed and handed over."""

from __future__ import annotations

from flask import Response, abort, render_template

from booking.accounts.permissions import signed_in_required
from booking.bookings.papers.printing import pdf_of
from booking.core.dates import format_day
from booking.core.i18n import _, speaking
from booking.tracking.summary.facts import Summary, summary_of
from booking.tracking.summary.paper import LAYOUT, content_of
from booking.tracking.views import Asked, asked_of, bp, shares_of


@bp.get("/<int:membership_id>/report")
@signed_in_required
def report(membership_id: int) -> str:
    """The figures of the report, to read before it is printed."""
    asked = asked_of(membership_id)
    summary = _summary(asked) if asked.edition else None
    return render_template(
        "tracking/summary/report.html",
        asked=asked,
        summary=summary,
        shares=shares_of(summary.board.reached) if summary else [],
    )


@bp.get("/<int:membership_id>/report.pdf")
@signed_in_required
def report_pdf(membership_id: int) -> Response:
    """The two pages; in French whatever the page's language, as all papers."""
    asked = asked_of(membership_id)
    with speaking("fr"):
        summary = _summary(asked)
        content = content_of(summary, shares_of(summary.board.reached), _narrowed(asked))
    answer = Response(pdf_of(content, summary.made_at, LAYOUT), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="bilan-{summary.edition.slug}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _summary(asked: Asked) -> Summary:
    return summary_of(asked.scope, asked.edition or abort(404), asked.filters, asked.editions)


def _narrowed(asked: Asked) -> list[str]:
    """The filters in use, in words."""
    filters = asked.filters
    words = [
        f"{label} {chosen[value]}".lower() if name == "level" else str(chosen[value])
        for name, label, values in asked.choices()
        if (value := getattr(filters, name)) in (chosen := {str(key): text for key, text in values})
    ]
    if filters.first_on:
        words.append(_("à partir du %(day)s", day=format_day(filters.first_on, weekday=False)))
    if filters.last_on:
        words.append(_("jusqu’au %(day)s", day=format_day(filters.last_on, weekday=False)))
    return words
