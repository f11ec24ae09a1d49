"""An officer's pages: the board of a territory and the rows behind each figure. Reading only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from booking.accounts.models import MemberRole, Membership
from booking.accounts.permissions import my_memberships, officer_membership_or_404, signed_in_required
from booking.catalogue.models import Edition
from booking.catalogue.queries import current_edition, editions
from booking.catalogue.rules.wording import KIND_WORDS
from booking.core.i18n import _l
from booking.tracking import figures, queries
from booking.tracking.scope import Scope, scope_of

bp = Blueprint("tracking", __name__, url_prefix="/territory")

ROWS: dict[str, tuple[Any, Callable[[Scope, Edition, int], queries.Page]]] = {
    "activities": (_l("Activités publiées"), queries.activities),
    "slots": (_l("Créneaux"), queries.slots),
    "bookings": (_l("Réservations des établissements"), queries.bookings),
    "schools": (_l("Établissements touchés"), queries.schools),
}


@bp.get("/")
@signed_in_required
def home() -> Any:
    """The officer's board, or the list of them for somebody with several territories."""
    mine = my_memberships(MemberRole.OFFICER)
    if not mine:
        abort(404)
    if len(mine) == 1:
        return redirect(url_for(".board", membership_id=mine[0].id))
    return render_template("tracking/home.html", boards=[(membership, scope_of(membership)) for membership in mine])


@bp.get("/<int:membership_id>/")
@signed_in_required
def board(membership_id: int) -> str:
    """The figures of one territory in one edition."""
    membership = officer_membership_or_404(membership_id)
    scope, edition = scope_of(membership), _edition()
    return render_template(
        "tracking/board.html",
        **_frame(membership, scope, edition),
        chapters=figures.board(scope, edition) if edition else [],
        by_state=figures.bookings_by_state(scope, edition) if edition else [],
    )


@bp.get("/<int:membership_id>/<any(activities, slots, bookings, schools):what>")
@signed_in_required
def rows(membership_id: int, what: str) -> str:
    """The rows that a figure counts."""
    membership = officer_membership_or_404(membership_id)
    scope, edition = scope_of(membership), _edition()
    if edition is None:
        abort(404)
    title, rows_of = ROWS[what]
    page = rows_of(scope, edition, request.args.get("page", 1, type=int))
    frame = _frame(membership, scope, edition)
    return render_template(f"tracking/{what}.html", **frame, title=title, page=page, kind_words=KIND_WORDS)


def _frame(membership: Membership, scope: Scope, edition: Edition | None) -> dict[str, Any]:
    return {"membership": membership, "scope": scope, "edition": edition, "editions": editions()}


def _edition() -> Edition | None:
    """The edition that the address names, else the one open now."""
    known = editions()
    asked = request.args.get("edition", "")
    return next((edition for edition in known if edition.slug == asked), None) or current_edition(known)
