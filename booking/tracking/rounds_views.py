"""An officer's rounds: write the rule, open, compute, read the dry run, apply, publish, answer complaints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts.models import Membership
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings.services.places import NotFound
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.matching.rounds import queries, services
from booking.matching.rounds.forms import AnswerForm, RoundForm, round_values
from booking.matching.rounds.inputs import Inputs
from booking.matching.rounds.jobs import run_now
from booking.matching.rounds.models import AllocationRound, AllocationRun
from booking.matching.rounds.reports import COACH, ROAD_FACTOR, report_of, weights_shown
from booking.matching.rounds.rules import MAY_CANCEL, MAY_SOLVE, MOST_GAP, RoundState
from booking.territory.models import Departement
from booking.tracking.scope import Scope, scope_of
from booking.tracking.views import bp

# Up to so many wishes the officer waits for the answer, a second or two; beyond, the worker computes.
AT_ONCE = 1500


@bp.app_template_global()
def rounds_offered(membership: Membership) -> bool:
    """Whether the officer's board leads to rounds: an edition turned them on, or there was one."""
    scope = scope_of(membership)
    return not scope.is_group and bool(queries.editions_with_rounds() or queries.rounds_within(scope.departements))


@bp.get("/<int:membership_id>/rounds")
@signed_in_required
def rounds(membership_id: int) -> str:
    membership, scope = _officer_or_404(membership_id)
    return render_template(
        "tracking/rounds.html",
        membership=membership,
        scope=scope,
        rounds=queries.rounds_within(scope.departements),
        may_make=bool(queries.editions_with_rounds()),
    )


@bp.route("/<int:membership_id>/rounds/new", methods=["GET", "POST"])
@signed_in_required
def round_new(membership_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    form = _form(scope)
    if form.validate_on_submit():
        try:
            with transaction():
                made = services.make_round(_draft(form, scope), current_user).id
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le tour est préparé. Relisez sa règle, puis ouvrez-le."), "success")
            return redirect(url_for(".round_show", membership_id=membership_id, round_id=made))
    return render_template("tracking/round_form.html", membership=membership, scope=scope, form=form, round=None)


@bp.route("/<int:membership_id>/rounds/<int:round_id>/edit", methods=["GET", "POST"])
@signed_in_required
def round_edit(membership_id: int, round_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    each = _round_or_404(scope, round_id)
    form = _form(scope, data=round_values(each))
    if form.validate_on_submit():
        try:
            with transaction():
                services.edit_round(round_id, _draft(form, scope))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La règle est à jour."), "success")
            return redirect(url_for(".round_show", membership_id=membership_id, round_id=round_id))
    return render_template("tracking/round_form.html", membership=membership, scope=scope, form=form, round=each)


@bp.get("/<int:membership_id>/rounds/<int:round_id>")
@signed_in_required
def round_show(membership_id: int, round_id: int) -> str:
    membership, scope = _officer_or_404(membership_id)
    return _page(membership, scope, _round_or_404(scope, round_id), AnswerForm())


@bp.post(
    "/<int:membership_id>/rounds/<int:round_id>/<any(opening, run, application, publication, end, cancellation):act>"
)
@signed_in_required
def round_act(membership_id: int, round_id: int, act: str) -> Any:
    """One step in the round's life."""
    _membership, scope = _officer_or_404(membership_id)
    _round_or_404(scope, round_id)
    verbs: dict[str, tuple[Callable[[], Any], str]] = {
        "opening": (lambda: services.open_round(round_id), _("Le tour est ouvert : ses créneaux ne se réservent plus par ordre d’arrivée.")),
        "run": (lambda: services.ask_run(round_id, current_user).id, _("Le calcul est fait : rien n’est encore réservé.")),
        "application": (lambda: services.apply_round(round_id, current_user), _("Le résultat est appliqué : chaque classe servie reçoit sa place à accepter.")),
        "publication": (lambda: services.publish_round(round_id), _("Le résultat est publié, et les places restées libres sont ouvertes à tous.")),
        "end": (lambda: services.settle_round(round_id), _("Le tour est terminé.")),
        "cancellation": (lambda: services.cancel_round(round_id), _("Le tour est annulé : ses créneaux se réservent par ordre d’arrivée.")),
    }  # fmt: skip
    verb, said = verbs[act]
    try:
        with transaction():
            done = verb()
        if act == "run" and not _computed(done):
            said = _("Le calcul est demandé : il se fait en arrière-plan. Revenez dans quelques minutes.")
    except NotFound:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(said, "success")
    return redirect(url_for(".round_show", membership_id=membership_id, round_id=round_id))


@bp.post("/<int:membership_id>/rounds/<int:round_id>/complaints/<int:complaint_id>")
@signed_in_required
def round_answer(membership_id: int, round_id: int, complaint_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    each = _round_or_404(scope, round_id)
    form = AnswerForm()
    if not form.validate_on_submit():
        return _page(membership, scope, each, form)
    try:
        with transaction():
            services.answer_complaint(round_id, complaint_id, current_user, form.answer.data or "")
    except NotFound:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("La réponse est envoyée."), "success")
    return redirect(url_for(".round_show", membership_id=membership_id, round_id=round_id))


def _computed(run_id: int) -> bool:
    """Do a small computation at once; whether it is done."""
    run = db.session.get_one(AllocationRun, run_id)
    wishes = sum(len(each.wishes) for each in Inputs.from_json(run.inputs).instance.classes)
    if wishes > AT_ONCE:
        return False
    run_now(run_id)
    return True


def _page(membership: Membership, scope: Scope, each: AllocationRound, form: AnswerForm) -> str:
    run = queries.latest_run(each.id)
    report = report_of(run, is_public=False) if run and run.result else None
    slots = queries.slots_of(each.id) if each.opened_at else queries.slots_to_share(
        each.edition_id, each.departements, each.kinds, each.first_on, each.last_on, each.deadline_at
    )  # fmt: skip
    return render_template(
        "tracking/round.html",
        membership=membership,
        scope=scope,
        round=each,
        run=run,
        report=report,
        dropped=len(Inputs.from_json(run.inputs).dropped) if run else 0,
        may_apply=bool(run and run.is_whole and run.result and run.result["gap"] <= MOST_GAP),
        slots=slots,
        places=sum(slot.free_classes for slot in slots),
        entries=queries.count_entries(each.id),
        is_over=each.deadline_at <= clock.now(),
        may_solve=each.state in MAY_SOLVE or (each.state is RoundState.OPEN and each.deadline_at <= clock.now()),
        may_cancel=each.state in MAY_CANCEL,
        may_end=bool(each.complaints_until and each.complaints_until <= clock.now()),
        form=form,
        factor=COACH,
        road_factor=ROAD_FACTOR,
        **weights_shown(each),
    )


def _form(scope: Scope, **kwargs: Any) -> RoundForm:
    rows = db.session.scalars(scope.departement_rows(select(Departement).order_by(Departement.code)))
    return RoundForm(queries.editions_with_rounds(), list(rows), **kwargs)


def _draft(form: RoundForm, scope: Scope) -> services.RoundDraft:
    return form.draft(scope.name, None if scope.departements is None else sorted(scope.departements))


def _officer_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """A group of schools has no ground of its own: it shares no places out."""
    membership = officer_membership_or_404(membership_id)
    scope = scope_of(membership)
    if scope.is_group:
        abort(404)
    return membership, scope


def _round_or_404(scope: Scope, round_id: int) -> AllocationRound:
    each = queries.round_of(round_id)
    if each is None or not queries.is_within(each, scope.departements):
        abort(404)
    return each
