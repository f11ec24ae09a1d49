"""Private feeds: `/calendars/<token>.ics`, which calendars read, and the page where their addresses are made."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    after_this_request,
    flash,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response as WerkzeugResponse

from booking.accounts.permissions import signed_in_required
from booking.calendars import addresses
from booking.calendars.addresses import Subject
from booking.calendars.feeds import private_feed
from booking.calendars.models import FeedKind
from booking.core.db import transaction
from booking.core.i18n import _, current_language
from booking.core.web import kept_document, without_session
from booking.mail.identity import absolute_url

bp = Blueprint("calendars", __name__)

# Read as often as its owner's program likes, by that program alone.
FEED_CACHE = "private, max-age=300, must-revalidate"


@bp.route("/calendars/<path:token>.ics", methods=["GET"], provide_automatic_options=False)
def feed(token: str) -> WerkzeugResponse:
    """The calendar of an address. Unknown, revoked and malformed are one answer; no session, no sign-in."""
    found = addresses.read_address(token)
    if found is None:
        answer: WerkzeugResponse = Response(
            _("Cette adresse ne mène à aucun agenda.") + "\n", 404, mimetype="text/plain"
        )
        after_this_request(without_session)
    else:
        content = private_feed(*found)
        answer = kept_document(
            content.body,
            "text/calendar; charset=utf-8",
            "inline",
            "etabli.ics",
            cache=FEED_CACHE,
            changed_at=content.changed_at,
        )
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@bp.get("/account/calendars")
@signed_in_required
def shared() -> str:
    """What the person may follow in a calendar, and which addresses of theirs work."""
    return _page()


@bp.post("/account/calendars/<any(teacher, school, company, site, territory):kind>/<int:subject_id>/address")
@signed_in_required
def make_address(kind: str, subject_id: int) -> Response:
    """Make an address, or another in place of the one there is; shown on this very page, this once."""
    subject = _subject_or_404(kind, subject_id)
    with transaction():
        token = addresses.make_address(current_user, subject)
    answer = make_response(_page(made=subject, address=absolute_url(f"/calendars/{token}.ics", current_language())))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.post("/account/calendars/<any(teacher, school, company, site, territory):kind>/<int:subject_id>/revocation")
@signed_in_required
def revoke_address(kind: str, subject_id: int) -> Any:
    subject = _subject_or_404(kind, subject_id)
    with transaction():
        addresses.revoke_address(current_user, subject)
    flash(_("L’adresse de « %(name)s » ne fonctionne plus.", name=subject.name), "success")
    return redirect(url_for(".shared"))


def _page(made: Subject | None = None, address: str = "") -> str:
    return render_template(
        "calendars/shared.html",
        subjects=addresses.subjects_of(current_user),
        addresses=addresses.addresses_of(current_user),
        made=made,
        address=address,
    )


def _subject_or_404(kind: str, subject_id: int) -> Subject:
    for subject in addresses.subjects_of(current_user):
        if (subject.kind, subject.id) == (FeedKind(kind), subject_id):
            return subject
    abort(404)
