"""What every page gets: error pages, template filters and globals, security headers, addresses of static files."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask, Response, after_this_request, current_app, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response as WerkzeugResponse

from booking.core import clock, dates
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import LANGUAGES, current_language
from booking.core.typography import french_spaces

YEAR_SECONDS = 365 * 24 * 3600

# Nothing inline and nothing from elsewhere. `data:` images: the code a two-factor application scans.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: a number that a database can hold. A larger one is a 404, not a crash."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": 2**31 - 1, **kwargs})


class Timed(Protocol):
    """What has a wall-clock span in its own zone: a slot."""

    local_start: datetime
    local_end: datetime
    timezone: str


def init_app(app: Flask) -> None:
    """Plug error pages, filters, headers and health checks into the application."""
    app.jinja_env.filters.update(
        day=dates.format_day,
        far_year=far_year,
        fr=spaced,
        hour=dates.format_hour,
        hours=format_hours,
        moment=dates.format_moment,
        month_word=lambda day: format_date(day, "MMMM", locale=current_language()),
        near_day=lambda day: dates.format_day(day, year=bool(far_year(day))),
        number=format_number,
        span=span_of,
        weekday_word=lambda day: format_date(day, "EEEE", locale=current_language()),
    )
    app.jinja_env.globals.update(
        change_query=change_query,
        current_language=current_language,
        other_languages=other_languages,
        static_url=static_url,
        until_words=dates.until_words,
        url_if=url_if,
        zone_note=dates.zone_note,
    )
    app.url_map.converters["int"] = RowNumber
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(CSRFError, _show_stale_form)
    app.register_error_handler(Refusal, _show_refusal)
    app.after_request(_add_headers)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)


# ---- Words in templates


def format_number(value: float) -> str:
    """« 1 234 » with the spaces, or commas, of the reader's language."""
    return format_decimal(value, locale=current_language())


def format_hours(slot: Timed) -> str:
    """« 9 h – 11 h 30 », with the zone named when it is not Paris's."""
    start, end = (dates.format_hour(moment, short=True) for moment in (slot.local_start, slot.local_end))
    return f"{start}{dates.NBSP}–{dates.NBSP}{end} {dates.zone_note(slot.timezone)}".strip()


def span_of(slot: Timed) -> str:
    """When a slot takes place, in full and local to the place."""
    return dates.format_span(slot.local_start, slot.local_end, slot.timezone)


def spaced(words: Any) -> Any:
    """What people typed, with the no-break spaces of French on a French page. Anything but plain text is left alone."""
    if isinstance(words, Markup) or not isinstance(words, str) or current_language() != "fr":
        return words
    return french_spaces(words)


def far_year(day: date) -> int | None:
    """The year of a day that is not of this school year: elsewhere the day and month are enough."""
    this_year = dates.school_year(clock.now().date())
    return None if dates.school_year(day) == this_year else day.year


# ---- Addresses in templates


def url_if(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or nothing while no room serves that endpoint."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def change_query(**changes: Any) -> str:
    """This page's address with some query values changed; None removes one, a list repeats it."""
    query = MultiDict(request.args)
    for name, value in changes.items():
        query.poplist(name)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                query.add(name, str(one))
    return _with_query(f"{request.script_root}{request.path}", query)


def other_languages() -> list[tuple[str, str, str]]:
    """This very page in each other language: code, name, address. The language is in the address only."""
    here = current_language()
    return [
        (code, name, _with_query(f"{_site_root()}{'' if code == 'fr' else '/' + code}{request.path}", request.args))
        for code, name in LANGUAGES.items()
        if code != here
    ]


def _site_root() -> str:
    """The path the site is mounted on, without the language."""
    return request.script_root.removesuffix(f"/{request.environ.get('booking.language', 'fr')}")


def _with_query(path: str, query: MultiDict[str, str]) -> str:
    pairs = list(query.items(multi=True))
    return quote(path) + (f"?{urlencode(pairs)}" if pairs else "")


def static_url(name: str) -> str:
    """The address of a file of booking/static, with its content's hash: it can be cached for ever."""
    folder = current_app.static_folder
    assert folder is not None
    path = Path(folder, name)
    return f"{_site_root()}{current_app.static_url_path}/{name}?v={_content_hash(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _content_hash(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


# ---- Error pages

HTTP_PAGES = frozenset({400, 403, 404, 405, 410, 413, 429, 500})


def _show_http_error(error: HTTPException) -> WerkzeugResponse | tuple[str, int] | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    if error.code >= 500:
        return _render_alone("errors/500.html"), error.code
    page = error.code if error.code in HTTP_PAGES else 400
    return render_template(f"errors/{page}.html", code=error.code), error.code


def _show_stale_form(_error: CSRFError) -> tuple[str, int]:
    return render_template("errors/stale_form.html"), 400


def _show_refusal(refusal: Refusal) -> tuple[str, int]:
    return render_template("errors/refusal.html", refusal=refusal), 409


def _render_alone(template: str) -> str:
    """The page without what context processors add: they read the database, which may be what failed."""
    return current_app.jinja_env.get_template(template).render()


# ---- Headers


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), payment=()")
    if current_app.config["BASE_URL"].startswith("https://"):
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}; includeSubDomains")
    if request.endpoint == "static" and response.status_code in {200, 206, 304} and _is_forever():
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.max_age = YEAR_SECONDS
    return response


def _is_forever() -> bool:
    # Fonts are named by the stylesheet, without a hash: one that changes gets a new name.
    return "v" in request.args or "/fonts/" in request.path


# ---- What is read again and again by programs


def kept_document(
    body: bytes, content_type: str, disposition: str, name: str, *, cache: str, changed_at: datetime | None
) -> WerkzeugResponse:
    """A document that is not sent again to whoever has it: 304 without a body. cache: its Cache-Control.

    No cookie goes along, whoever asks: a session that was read on the way in is left as it was.
    """
    answer = Response(body, content_type=content_type)
    answer.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    answer.headers["Cache-Control"] = cache
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.last_modified = changed_at
    after_this_request(without_session)
    return answer.make_conditional(request)


def without_session(answer: WerkzeugResponse) -> WerkzeugResponse:
    session.modified = False
    return answer


# ---- Health


def _healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


def _readyz() -> Response:
    """The database answers too."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        current_app.logger.exception("the database does not answer")
        return Response("database unreachable\n", status=503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
