"""The officer's reports: what people say should not be there, with the decision."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.models import OVERSIGHT_ROLES, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.messages import services
from booking.messages.forms import DecisionForm
from booking.messages.rules.reports import DECISION_WORDS, GROUND_WORDS, AlreadyDecided
from booking.tracking import reports
from booking.tracking.people import queue_scope
from booking.tracking.scope import Scope
from booking.tracking.views import bp


@bp.app_template_global()
def reports_to_decide(membership: Membership) -> int:
    """How many reports wait for this officer, for the link of the board."""
    return reports.count_open(queue_scope(membership))


@bp.get("/reports")
@signed_in_required
def reports_home() -> Any:
    """The reports of the first territory of the person: what a mail links to."""
    mine = my_memberships(*sorted(OVERSIGHT_ROLES))
    if not mine:
        abort(404)
    return redirect(url_for(".reports_queue", membership_id=mine[0].id))


@bp.get("/<int:membership_id>/reports")
@signed_in_required
def reports_queue(membership_id: int) -> str:
    membership, scope = _territory_or_404(membership_id)
    return _page(membership, scope)


@bp.post("/<int:membership_id>/reports/<int:report_id>/decision")
@signed_in_required
def reports_decide(membership_id: int, report_id: int) -> Any:
    membership, scope = _territory_or_404(membership_id)
    if reports.report_in(scope, report_id) is None:
        abort(404)
    form = DecisionForm(prefix=f"r{report_id}")
    if form.validate_on_submit():
        try:
            with transaction():
                services.decide(report_id, current_user, form.chosen, form.note.data or "")
        except AlreadyDecided as refusal:
            flash(refusal.message, "error")
            return redirect(url_for(".reports_queue", membership_id=membership_id))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La décision est gardée."), "success")
            return redirect(url_for(".reports_queue", membership_id=membership_id))
    membership, scope = _territory_or_404(membership_id)
    return _page(membership, scope, {report_id: form})


@bp.post("/<int:membership_id>/reports/activities/<int:activity_id>/allowance")
@signed_in_required
def reports_allow(membership_id: int, activity_id: int) -> Any:
    """A hidden activity was read again: its host may publish it."""
    _membership, scope = _territory_or_404(membership_id)
    if activity_id not in {each.id for each in reports.hidden_activities(scope)}:
        abort(404)
    try:
        with transaction():
            services.allow_again(activity_id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("L’entreprise est prévenue : elle peut publier l’activité de nouveau."), "success")
    return redirect(url_for(".reports_queue", membership_id=membership_id))


def _page(membership: Membership, scope: Scope, tried: dict[int, DecisionForm] | None = None) -> str:
    waiting = reports.open_reports(scope)
    forms = {each.id: DecisionForm(formdata=None, prefix=f"r{each.id}") for each in waiting} | (tried or {})
    return render_template(
        "tracking/reports.html",
        membership=membership,
        scope=scope,
        waiting=waiting,
        decided=reports.decided_reports(scope),
        hidden_activities=reports.hidden_activities(scope),
        forms=forms,
        form=next(iter(tried.values())) if tried else None,
        grounds=GROUND_WORDS,
        decisions=DECISION_WORDS,
    )


def _territory_or_404(membership_id: int) -> tuple[Membership, Scope]:
    for membership in my_memberships(*OVERSIGHT_ROLES):
        if membership.id == membership_id:
            return membership, queue_scope(membership)
    abort(404)
