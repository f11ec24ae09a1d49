"""An officer suspends the outings of a département of the territory: what it would touch first, then the act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts.models import Membership
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.suspensions import check_period
from booking.bookings.suspension_models import OutingSuspension
from booking.bookings.suspension_queries import running_suspensions, suspension_sentence, suspensions_of, touched_by
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.territory.models import Departement
from booking.tracking.forms import SuspensionForm
from booking.tracking.scope import Scope, scope_of
from booking.tracking.views import bp

MOST_ROWS = 30


@dataclass(frozen=True)
class Preview:
    """What a suspension would touch."""

    bookings: list[Booking]

    @property
    def schools(self) -> int:
        return len({booking.school_id for booking in self.bookings})

    @property
    def pupils(self) -> int:
        return sum(booking.pupils for booking in self.bookings)

    @property
    def companies(self) -> int:
        return len({booking.slot.activity.company_id for booking in self.bookings})

    @property
    def rows(self) -> list[Booking]:
        return self.bookings[:MOST_ROWS]


@bp.route("/<int:membership_id>/suspensions", methods=["GET", "POST"])
@signed_in_required
def suspensions(membership_id: int) -> Any:
    """What is suspended, and the form: its first button shows what would be touched, its second one suspends."""
    membership, scope = _officer_or_404(membership_id)
    form = SuspensionForm(_departements(scope))
    preview = None
    if form.validate_on_submit():
        first_on, last_on, code = form.first_on.data, form.last_on.data, form.departement.data
        assert first_on is not None
        try:
            check_period(first_on, last_on, clock.now().date())
            if request.form.get("step") == "suspend":
                return _suspend(membership, form)
            preview = Preview(touched_by(code, first_on, last_on))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(membership, scope, form, preview)


@bp.post("/<int:membership_id>/suspensions/<int:suspension_id>/lifting")
@signed_in_required
def lift_suspension(membership_id: int, suspension_id: int) -> Any:
    _membership, scope = _officer_or_404(membership_id)
    found = db.session.get(OutingSuspension, suspension_id)
    if found is None or not _holds(scope, found.departement_code):
        abort(404)
    try:
        with transaction():
            services.lift_suspension(suspension_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("La suspension est levée. Les enseignants et les entreprises concernés sont prévenus."), "success")
    return redirect(url_for(".suspensions", membership_id=membership_id))


def _officer_or_404(membership_id: int) -> tuple[Membership, Scope]:
    # Whoever follows a group of schools would suspend whole départements, and read who else goes out there.
    membership = officer_membership_or_404(membership_id)
    scope = scope_of(membership)
    if scope.is_group:
        abort(404)
    return membership, scope


def _suspend(membership: Membership, form: SuspensionForm) -> Any:
    """Refuses: what suspend_outings refuses."""
    with transaction():
        services.suspend_outings(
            form.departement.data,
            form.first_on.data,
            form.last_on.data,
            current_user,
            reason=form.reason.data,
            note=form.note.data or "",
        )
    flash(_("Les sorties sont suspendues. Les enseignants et les entreprises concernés sont prévenus."), "success")
    return redirect(url_for(".suspensions", membership_id=membership.id))


def _page(membership: Membership, scope: Scope, form: SuspensionForm, preview: Preview | None) -> str:
    running = running_suspensions(scope.departements)
    running_ids = {each.id for each in running}
    past = [each for each in suspensions_of(scope.departements) if each.id not in running_ids]
    return render_template(
        "tracking/suspensions.html",
        membership=membership,
        scope=scope,
        form=form,
        preview=preview,
        running=running,
        past=past,
        sentence=suspension_sentence,
        most_rows=MOST_ROWS,
    )


def _departements(scope: Scope) -> list[Departement]:
    return list(db.session.scalars(scope.departement_rows(select(Departement).order_by(Departement.code))))


def _holds(scope: Scope, code: str) -> bool:
    return scope.departements is None or code in scope.departements
