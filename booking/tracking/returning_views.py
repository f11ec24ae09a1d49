"""An officer, or an administrator, invites the firms of the last edition to come back."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.models import OVERSIGHT_ROLES, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.catalogue import rollover
from booking.catalogue.models import Edition
from booking.core.db import transaction
from booking.core.i18n import _, _n
from booking.tracking import people
from booking.tracking.scope import Scope
from booking.tracking.views import bp


@bp.get("/<int:membership_id>/returning")
@signed_in_required
def returning(membership_id: int) -> str:
    """Who of the last edition is back, who was invited, who is left."""
    membership, scope = _officer_or_404(membership_id)
    target = _target()
    found = rollover.returning_firms(target, scope.departements) if target else None
    return render_template("tracking/returning.html", membership=membership, scope=scope, target=target, found=found)


@bp.post("/<int:membership_id>/returning")
@signed_in_required
def returning_invite(membership_id: int) -> Any:
    _membership, scope = _officer_or_404(membership_id)
    target = _target() or abort(404)
    with transaction():
        count = rollover.invite_back(target.id, scope.departements, current_user)
    if count:
        flash(_n("%(num)d entreprise est invitée.", "%(num)d entreprises sont invitées.", count), "success")
    else:
        flash(_("Chaque entreprise de la dernière édition est déjà revenue ou invitée."), "success")
    return redirect(url_for(".returning", membership_id=membership_id))


def _target() -> Edition | None:
    return next(iter(rollover.dated_open_editions()), None)


def _officer_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """The officer's, or administrator's, own membership; a group of schools has no firms of its own."""
    for membership in my_memberships(*OVERSIGHT_ROLES):
        if membership.id == membership_id:
            scope = people.queue_scope(membership)
            if not scope.is_group:
                return membership, scope
    abort(404)
