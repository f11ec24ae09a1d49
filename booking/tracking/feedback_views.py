"""What was thought of the visits of a territory, in sum: no average of fewer than five answers, no name."""

from __future__ import annotations

from flask import render_template, request

from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings.feedback_results import answered, summed
from booking.bookings.models import Booking
from booking.bookings.rules.feedback import FEWEST_FOR_AN_AVERAGE
from booking.bookings.rules.states import Actor
from booking.catalogue.queries import current_edition, editions
from booking.core.db import db
from booking.tracking.scope import scope_of
from booking.tracking.views import bp


@bp.get("/<int:membership_id>/feedback")
@signed_in_required
def feedback(membership_id: int) -> str:
    """The teachers' and the hosts' answers of an edition, together."""
    membership = officer_membership_or_404(membership_id)
    scope, known = scope_of(membership), editions()
    slug = request.args.get("edition", "")
    edition = next((each for each in known if each.slug == slug), None) or current_edition(known)
    found = {}
    for side in (Actor.TEACHER, Actor.HOST):
        query = scope.seen(answered(side))
        rows = db.session.scalars(query.where(Booking.edition_id == edition.id)).all() if edition else []
        found[side] = summed(rows)
    return render_template(
        "tracking/feedback.html",
        membership=membership,
        scope=scope,
        edition=edition,
        editions=known,
        found=found,
        fewest=FEWEST_FOR_AN_AVERAGE,
    )
