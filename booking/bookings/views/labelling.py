"""A company asks for the official label of one of its activities, and reads what becomes of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.catalogue import hosting
from booking.catalogue.labelling import services, words
from booking.catalogue.labelling.forms import AskForm
from booking.catalogue.labelling.queries import criteria_of, dossier_of
from booking.catalogue.models import Activity, LabelState
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("labelling", __name__, url_prefix="/company/<int:company_id>/activities/<int:activity_id>/label")


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """The label's words, for every page that shows an activity or its label."""
    return {"label_words": words}


@bp.route("", methods=["GET", "POST"])
@signed_in_required
def show(company_id: int, activity_id: int) -> str | Response | tuple[str, int]:
    """The label of an activity: how to ask for it, until when it is answered, what was said."""
    company, activity = _ours_or_404(company_id, activity_id)
    form = AskForm(criteria_of(activity.edition_id))
    refusal = None
    if form.validate_on_submit():
        try:
            with transaction():
                services.ask_label(activity_id, current_user, form.criteria.data or [], form.note.data or "")
        except Refusal as error:
            refusal = error
            form.refuse(error)
        else:
            flash(_("La demande de label est transmise au rectorat et à la préfecture."), "success")
            return redirect(url_for(".show", company_id=company_id, activity_id=activity_id))
    page = _page(company, activity, form)
    return (page, 409) if refusal and not refusal.field else page


@bp.post("/recall")
@signed_in_required
def recall(company_id: int, activity_id: int) -> Response:
    _ours_or_404(company_id, activity_id)
    try:
        with transaction():
            services.recall_label(activity_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("La demande de label est reprise. Vous pourrez la refaire."), "success")
    return redirect(url_for(".show", company_id=company_id, activity_id=activity_id))


def _page(company: Company, activity: Activity, form: AskForm) -> str:
    dossier = dossier_of(activity)
    is_returned = activity.label_state is LabelState.RETURNED
    since = dossier.returned.facts if is_returned and dossier.returned else None
    return render_template(
        "hosting/label.html",
        company=company,
        activity=activity,
        dossier=dossier,
        form=form,
        changes=words.changes(since, dossier.facts) if since else [],
        can_ask=activity.edition.labelling_enabled and activity.label_state in (LabelState.NONE, LabelState.RETURNED),
        now=clock.now(),
    )


def _ours_or_404(company_id: int, activity_id: int) -> tuple[Company, Activity]:
    company = company_or_404(company_id)
    return company, hosting.activity_of(company, activity_id) or abort(404)
