"""Where a host names the people who come into the school."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.authorisation_forms import SpeakersForm
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import Purpose
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("speakers", __name__, url_prefix="/company/<int:company_id>")


@bp.route("/bookings/<int:booking_id>/speakers", methods=["GET", "POST"])
@signed_in_required
def name(company_id: int, booking_id: int) -> Any:
    """GET shows who was named; POST keeps the names and asks the school."""
    company = company_or_404(company_id)
    booking = db.session.get(Booking, booking_id)
    if booking is None or booking.slot.activity.company_id != company.id:
        abort(404)
    authorisation = booking.authorisation
    if authorisation is None or authorisation.purpose is not Purpose.INTERVENTION:
        abort(404)
    form = SpeakersForm(
        data={
            "speakers": "\n".join(authorisation.speakers),
            "show_identity": authorisation.speakers_show_identity or not authorisation.speakers,
        }
    )
    if form.validate_on_submit():
        try:
            with transaction():
                services.name_speakers(booking_id, current_user, form.names(), show_identity=form.show_identity.data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’établissement a les noms : son chef est sollicité."), "success")
            return redirect(url_for("company.booking", company_id=company_id, booking_id=booking_id), 303)
    return render_template("bookings/authorisations/speakers.html", company=company, booking=booking, form=form)
