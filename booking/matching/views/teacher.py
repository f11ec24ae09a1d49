"""A teacher's side of needs: ask for dates, follow, take back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import signed_in_required
from booking.bookings.queries import is_public
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Activity
from booking.core.dates import format_moment
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.matching import services
from booking.matching.forms import WishesForm
from booking.matching.models import Need, NeedState
from booking.matching.views import board
from booking.matching.views.shown import classes_for, panel_of

bp = Blueprint("needs", __name__, url_prefix="/teacher")


@bp.route("/activities/<int:activity_id>/needs/new", methods=["GET", "POST"])
@signed_in_required
def new(activity_id: int) -> Any:
    """Ask a firm for a date; the form is on the activity's page too."""
    activity = db.session.get(Activity, activity_id)
    if activity is None or not is_public(activity) or not activity.dates_to_agree:
        abort(404)
    form = WishesForm(classes_for(activity))
    if form.validate_on_submit():
        try:
            with transaction():
                need = services.post_need(
                    activity_id, form.class_id.data, current_user, form.wishes(), form.message.data or ""
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_sent_words(need), "success")
            return redirect(url_for(".show", need_id=need.id))
    return render_template("matching/new.html", activity=activity, panel=panel_of(activity, form))


def _sent_words(need: Need) -> str:
    assert need.activity is not None
    until = format_moment(need.deadline_at, need.activity.site.timezone)
    return _(
        "La demande est envoyée. %(company)s répond avant le %(moment)s.",
        company=need.activity.company.name,
        moment=until,
    )


@bp.get("/needs/<int:need_id>")
@signed_in_required
def show(need_id: int) -> str:
    need = _mine_or_404(need_id)
    if need.is_on_board:
        return board.show_mine(need)
    return render_template("matching/need.html", need=need, activity=need.activity, is_open=_is_open(need))


@bp.post("/needs/<int:need_id>/withdrawal")
@signed_in_required
def withdraw(need_id: int) -> Any:
    need = _mine_or_404(need_id)
    is_on_board = need.is_on_board
    try:
        if is_on_board:
            board.withdraw_mine(need)
        else:
            with transaction():
                services.withdraw_need(need.id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("La recherche est retirée. Les entreprises qui gardaient une date en sont informées.")
            if is_on_board
            else _("La demande est retirée. L’entreprise en est informée."),
            "success",
        )
    return redirect(url_for(".show", need_id=need_id))


def _is_open(need: Need) -> bool:
    return need.state is NeedState.OPEN


def _mine_or_404(need_id: int) -> Need:
    need = db.session.get(Need, need_id)
    if need is None or need.teacher_id != current_user.id:
        abort(404)
    return need
