"""`/editions/<slug>/statistics`: for anybody, on a page, as csv and as json."""

from __future__ import annotations

import json
from datetime import datetime, time
from typing import Any

from flask import Blueprint, abort, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from booking.catalogue.models import Edition
from booking.catalogue.rules.editions import PARIS
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _
from booking.core.spreadsheets import CSV_TYPE, csv_bytes
from booking.core.web import kept_document
from booking.tracking.statistics.facts import MEASURE_WORDS, SMALL, TABLES, Statistics, is_published, statistics_of

bp = Blueprint("statistics", __name__)

SHARED = "public, max-age=3600"
COLUMNS = (*MEASURE_WORDS, "participations")


@bp.get("/editions/<slug>/statistics")
def page(slug: str) -> str:
    edition = _edition_or_404(slug)
    found = statistics_of(edition) if is_published(edition, _today()) else None
    return render_template(
        "tracking/statistics/page.html",
        edition=edition,
        found=found,
        tables=TABLES,
        measures=MEASURE_WORDS,
        small=SMALL,
    )


@bp.route("/editions/<slug>/statistics.csv", methods=["GET"], provide_automatic_options=False)
def table(slug: str) -> Response:
    found = _published_or_404(slug)
    headings = [
        _("Tableau"),
        _("Code"),
        _("Ligne"),
        *(str(words) for words in MEASURE_WORDS.values()),
        _("participations d’élèves"),
    ]
    rows: list[list[Any]] = [
        [row.table, row.key, row.label, *(_cell(row.values, name) for name in COLUMNS)] for row in found.rows
    ]
    rows += [["offer", name, name, *[""] * (len(COLUMNS) - 1), count] for name, count in found.offer.items()]
    return _kept(found, csv_bytes(headings, rows), CSV_TYPE, "attachment", "csv")


@bp.route("/editions/<slug>/statistics.json", methods=["GET"], provide_automatic_options=False)
def document(slug: str) -> Response:
    found = _published_or_404(slug)
    edition = found.edition
    body = {
        "edition": {
            "slug": edition.slug,
            "name": edition.name,
            "starts_on": edition.starts_on.isoformat(),
            "ends_on": edition.ends_on.isoformat(),
        },
        "masked_below": SMALL,
        "offer": found.offer,
        "rows": [{"table": row.table, "key": row.key, "label": row.label, **row.values} for row in found.rows],
    }
    return _kept(found, json.dumps(body, ensure_ascii=False, indent=1).encode(), "application/json", "inline", "json")


def _cell(values: dict[str, int | None], name: str) -> Any:
    """A count; « s » (secret) where it is hidden; nothing where the table does not count it."""
    return "" if name not in values else "s" if values[name] is None else values[name]


def _kept(found: Statistics, body: bytes, content_type: str, disposition: str, form: str) -> Response:
    closed_at = datetime.combine(found.edition.window_ends_on, time(), PARIS)
    name = f"statistiques-{found.edition.slug}.{form}"
    return kept_document(body, content_type, disposition, name, cache=SHARED, changed_at=closed_at)


def _published_or_404(slug: str) -> Statistics:
    edition = _edition_or_404(slug)
    return statistics_of(edition) if is_published(edition, _today()) else abort(404)


def _edition_or_404(slug: str) -> Edition:
    return db.session.scalar(select(Edition).where(Edition.slug == slug)) or abort(404)


def _today() -> Any:
    return clock.now().astimezone(PARIS).date()
