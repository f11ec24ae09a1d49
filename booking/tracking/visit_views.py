"""An officer writes down who came, for a firm or a school that told them: by telephone, on paper, weeks later."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.day_sheets import can_record, line_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity, Slot
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.tracking.forms import ToldVisitForm
from booking.tracking.scope import Scope, scope_of
from booking.tracking.views import bp


@bp.route("/<int:membership_id>/bookings/<int:booking_id>", methods=["GET", "POST"])
@signed_in_required
def visit(membership_id: int, booking_id: int) -> Any:
    """One booking of the territory: who comes to what, what was written down, and the form to do so."""
    membership = officer_membership_or_404(membership_id)
    scope = scope_of(membership)
    booking = _booking_or_404(scope, booking_id)
    form = ToldVisitForm(booking)
    if form.validate_on_submit():
        try:
            with transaction():
                record = services.record_visit(
                    booking.id,
                    Actor.OFFICER,
                    current_user,
                    form.result(),
                    key=form.key.data or "",
                    seen_id=form.seen_id,
                    told_by=Actor(form.told_by.data),
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if record.stands:
                flash(_("C’est noté. L’entreprise et l’enseignant lisent que cela vient de vous."), "success")
            else:
                flash(
                    _("Quelqu’un l’avait noté entre-temps : votre relevé est gardé à côté. Relisez, et corrigez s’il le faut."),
                    "warning",
                )  # fmt: skip
            return redirect(url_for(".visit", membership_id=membership_id, booking_id=booking_id))
    return render_template(
        "tracking/visit.html",
        membership=membership,
        scope=scope,
        booking=booking,
        line=line_of(booking),
        form=form,
        can_record=can_record(booking),
    )


def _booking_or_404(scope: Scope, booking_id: int) -> Booking:
    """A booking that the territory sees: of its schools, or in its places."""
    query = (
        scope.seen(select(Booking).join(Booking.slot).where(Booking.id == booking_id))
        .options(
            contains_eager(Booking.slot).joinedload(Slot.activity).joinedload(Activity.company),
            joinedload(Booking.school),
            joinedload(Booking.teacher),
        )
    )  # fmt: skip
    return db.session.scalar(query) or abort(404)
