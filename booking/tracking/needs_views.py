"""An officer's pages of what is missing: needs that nobody met, companies that take no request."""

from __future__ import annotations

from math import ceil

from flask import Response, abort, render_template, request

from booking.accounts.models import Membership
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings.rules.nudges import SILENCE
from booking.core.i18n import _, _l
from booking.tracking import needs
from booking.tracking.queries import PAGE_SIZE, Page
from booking.tracking.scope import scope_of
from booking.tracking.views import asked_of, bp, csv_answer

HEADINGS = (
    _l("Numéro"), _l("Publiée le"), _l("État"), _l("UAI"), _l("Établissement"), _l("Commune"), _l("Département"),
    _l("Éducation prioritaire"), _l("Niveau"), _l("Élèves"), _l("Secteurs"), _l("Formes"), _l("Thème"), _l("Dates souhaitées"),
    _l("Rayon (km)"),
)  # fmt: skip


@bp.app_template_global()
def silent_companies(membership: Membership) -> int:
    """How many companies of the officer's territory answer nobody."""
    return needs.count_silent(scope_of(membership))


@bp.get("/<int:membership_id>/unmet")
@signed_in_required
def unmet(membership_id: int) -> str:
    """Needs that nobody met, counted by sector, level and commune, and their list."""
    asked = asked_of(membership_id)
    found = needs.unmet_needs(asked.scope, asked.edition, asked.filters) if asked.edition else []
    pages = max(1, ceil(len(found) / PAGE_SIZE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "tracking/unmet.html",
        asked=asked,
        whole=needs.whole(found),
        tables=[
            ("sectors", _("Par secteur"), _("Secteur"), needs.by_sector(found)),
            ("levels", _("Par niveau"), _("Niveau"), needs.by_level(found)),
            ("communes", _("Par commune"), _("Commune"), needs.by_commune(found)),
        ],
        page=Page(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], len(found), number),
        needs=needs,
    )


@bp.get("/<int:membership_id>/unmet.csv")
@signed_in_required
def unmet_csv(membership_id: int) -> Response:
    """The same needs, all of them, for a spreadsheet."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    rows = [needs.row_of(need) for need in needs.unmet_needs(asked.scope, edition, asked.filters)]
    return csv_answer("recherches-sans-visite", HEADINGS, rows)


@bp.get("/<int:membership_id>/paused")
@signed_in_required
def paused(membership_id: int) -> str:
    """Companies that take no request: those that answer nobody, to call, and those that said so."""
    membership = officer_membership_or_404(membership_id)
    scope = scope_of(membership)
    return render_template(
        "tracking/paused.html", membership=membership, scope=scope, found=needs.paused_companies(scope), rule=SILENCE
    )
