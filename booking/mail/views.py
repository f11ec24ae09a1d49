"""/dev/mail: in development, the messages that would have left, read from MAIL_SINK_DIR. Elsewhere: 404."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.headerregistry import DateHeader
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request

from booking.core.dates import format_moment

bp = Blueprint("devmail", __name__, url_prefix="/dev/mail")

PAGE_SIZE = 50
_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{32}")
# The message itself: no script, nothing fetched; its links open in place of the whole page.
_HTML_POLICY = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Line:
    """One message in the list."""

    name: str
    subject: str
    to: str
    date: str
    kind: str
    has_calendar: bool


@bp.before_request
def _only_in_development() -> None:
    if current_app.config["APP_ENV"] != "development":
        abort(404)


@bp.get("")
def inbox() -> str:
    """The messages, newest first; `?q=` keeps those whose addressee or subject holds the words."""
    words = request.args.get("q", "").strip()[:100].lower()
    page = max(request.args.get("page", 1, type=int) or 1, 1)
    first = (page - 1) * PAGE_SIZE
    names = _names()
    if words:
        lines = [line for line in map(_line, names) if words in f"{line.to} {line.subject} {line.kind}".lower()]
        total, shown = len(lines), lines[first : first + PAGE_SIZE]
    else:
        total, shown = len(names), [_line(name) for name in names[first : first + PAGE_SIZE]]
    more = page + 1 if first + PAGE_SIZE < total else None
    return render_template("devmail/inbox.html", lines=shown, total=total, words=words, page=page, next_page=more)


@bp.get("/<name>")
def message(name: str) -> str:
    """One message: its headers, both its texts, its calendar part, its attachments."""
    mail = _read(name)
    text, calendar = mail.get_body(("plain",)), _calendar(mail)
    return render_template(
        "devmail/message.html",
        name=name,
        line=_line(name),
        headers=[(key, str(value)) for key, value in mail.items()],
        text=text.get_content() if text else "",
        has_html=mail.get_body(("html",)) is not None,
        calendar=_calendar_text(calendar) if calendar else "",
        method=calendar.get_param("method") if calendar else None,
        attachments=[part.get_filename() for part in mail.iter_attachments()],
    )


@bp.get("/<name>/html")
def html(name: str) -> Response:
    """The HTML part, for the frame of the page above."""
    part = _read(name).get_body(("html",)) or abort(404)
    body = part.get_content().replace("<head>", '<head><base target="_top">', 1)
    answer = Response(body, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _HTML_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return _guarded(answer)


@bp.get("/<name>/source")
def source(name: str) -> Response:
    """The bytes as they would have left."""
    return _guarded(Response(_path(name).read_bytes(), content_type="text/plain; charset=utf-8"))


@bp.get("/<name>/files/<int:number>")
def attachment(name: str, number: int) -> Response:
    """An attachment, counted from 0: the invitation as `invite.ics`."""
    parts = list(_read(name).iter_attachments())
    if number >= len(parts):
        abort(404)
    part = parts[number]
    filename = re.sub(r"[^A-Za-z0-9._-]", "_", part.get_filename() or "file")
    data = part.get_payload(decode=True)
    is_calendar = part.get_content_type() == "application/ics"
    answer = Response(data, content_type="text/calendar; charset=utf-8" if is_calendar else "application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return _guarded(answer)


def _guarded(answer: Response) -> Response:
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _folder() -> Path:
    return Path(current_app.config["MAIL_SINK_DIR"])


def _names() -> list[str]:
    return sorted((path.stem for path in _folder().glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)


def _path(name: str) -> Path:
    path = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        abort(404)
    return path


def _read(name: str) -> EmailMessage:
    return email.message_from_bytes(_path(name).read_bytes(), policy=SMTP)


def _line(name: str) -> Line:
    mail = _read(name)
    date = mail["Date"]
    moment = date.datetime if isinstance(date, DateHeader) else None
    return Line(
        name=name,
        subject=str(mail["Subject"] or ""),
        to=str(mail["To"] or ""),
        date=format_moment(moment) if moment else "",
        kind=str(mail["X-Message-Kind"] or ""),
        has_calendar=_calendar(mail) is not None,
    )


def _calendar(mail: EmailMessage) -> MIMEPart | None:
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            return part
    return None


def _calendar_text(part: MIMEPart) -> str:
    """The calendar with its folded lines joined, as one reads it."""
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode().replace("\r\n ", "").replace("\r\n", "\n")
