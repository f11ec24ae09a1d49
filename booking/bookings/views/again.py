"""A firm takes its activities of the last edition up again, in one go."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms import RadioField, SelectChoice

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.catalogue import rollover
from booking.catalogue.models import Edition
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.fields import NOT_IN_LIST, MultiCheckboxField
from booking.core.forms import Form
from booking.core.i18n import _, _l, _n

bp = Blueprint("again", __name__, url_prefix="/company/<int:company_id>/activities/again")


class AgainForm(Form):
    """Which activities, and what becomes of their dates."""

    activities = MultiCheckboxField(_l("Activités à reprendre"), coerce=int)
    dates = RadioField(
        _l("Leurs dates"),
        choices=[
            SelectChoice("none", _l("Sans dates : je les fixerai")),
            SelectChoice("moved", _l("Proposer les mêmes jours de la semaine, dans la nouvelle période")),
        ],
        default="moved",
        invalid_choice_message=NOT_IN_LIST,
    )


@bp.route("", methods=["GET", "POST"])
@signed_in_required
def resume(company_id: int) -> Any:
    """What the company offered last time; POST makes drafts of what is ticked."""
    company = company_or_404(company_id)
    targets = rollover.dated_open_editions()
    target = _wanted(targets)
    source = rollover.last_edition_before(target, company_id) if target else None
    found = rollover.earlier_activities(company_id, source, target) if source and target else []
    left = [each for each in found if each.taken_up is None]
    form = AgainForm(data={"activities": [each.activity.id for each in left], "dates": "moved"})
    form.activities.choices = [SelectChoice(each.activity.id, each.activity.title) for each in found]
    if target and form.validate_on_submit():
        try:
            with transaction():
                done = rollover.resume_activities(
                    company_id, target.id, form.activities.data or [], current_user.id,
                    with_dates=form.dates.data == "moved",
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            _say(done)
            return redirect(url_for("hosting.activities", company_id=company_id))
    return render_template(
        "hosting/again.html", company=company, targets=targets, target=target, source=source, found=found, left=left, form=form,
    )  # fmt: skip


def _wanted(targets: list[Edition]) -> Edition | None:
    slug = request.args.get("edition", "")
    if slug:
        return next((each for each in targets if each.slug == slug), None) or abort(404)
    return targets[0] if targets else None


def _say(done: rollover.Resumed) -> None:
    if not done.activities:
        flash(_("Ces activités étaient déjà reprises : rien n’a changé."), "success")
        return
    flash(
        _n(
            "%(num)d activité est reprise en brouillon. Relisez-la, puis publiez-la.",
            "%(num)d activités sont reprises en brouillon. Relisez-les, puis publiez-les.",
            done.activities,
        ),
        "success",
    )
    if done.slots:
        flash(_n("%(num)d date est proposée.", "%(num)d dates sont proposées.", done.slots), "success")
    if done.left:
        flash(
            _n(
                "%(num)d date n’est pas reprise : jour sans classe, passé ou hors du programme.",
                "%(num)d dates ne sont pas reprises : jours sans classe, passés ou hors du programme.",
                done.left,
            ),
            "warning",
        )
