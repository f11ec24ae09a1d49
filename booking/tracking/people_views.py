"""The officer's queue: companies and people of schools that wait to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts import services as accounts
from booking.accounts.models import OVERSIGHT_ROLES, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.bookings import services as bookings
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.tracking import people
from booking.tracking.forms import RefusalForm
from booking.tracking.scope import Scope
from booking.tracking.views import bp


@dataclass(frozen=True)
class Asked:
    """The refusal that is being written, shown again beside its row when something is missing."""

    key: str = ""
    form: RefusalForm = field(default_factory=RefusalForm)


@bp.app_template_global()
def accounts_to_check(membership: Membership) -> int:
    """How many answers are awaited from this officer, for the link of the board."""
    return people.count_waiting(people.queue_scope(membership))


@bp.get("/people")
@signed_in_required
def people_home() -> Any:
    """The queue of the first territory of the person: what a mail links to."""
    mine = my_memberships(*sorted(OVERSIGHT_ROLES))
    if not mine:
        abort(404)
    return redirect(url_for(".people_queue", membership_id=mine[0].id))


@bp.get("/<int:membership_id>/people")
@signed_in_required
def people_queue(membership_id: int) -> str:
    """Accounts to check, with until when."""
    membership, scope = _queue_or_404(membership_id)
    return _page(membership, scope, Asked())


@bp.post("/<int:membership_id>/people/companies/<int:company_id>/acceptance")
@signed_in_required
def trust_company(membership_id: int, company_id: int) -> Any:
    _membership, scope = _queue_or_404(membership_id)
    company = people.company_in(scope, company_id) or abort(404)
    name = company.name
    return _act(
        membership_id,
        lambda: accounts.trust_company(company_id, current_user),
        _("%(company)s est vérifiée ; ses membres sont prévenus.", company=name),
    )


@bp.post("/<int:membership_id>/people/companies/<int:company_id>/refusal")
@signed_in_required
def refuse_company(membership_id: int, company_id: int) -> Any:
    _membership, scope = _queue_or_404(membership_id)
    company = people.company_in(scope, company_id) or abort(404)
    name = company.name
    return _refuse(
        membership_id,
        f"company-{company_id}",
        lambda reason: bookings.refuse_company(company_id, current_user, reason),
        _("%(company)s n’est pas vérifiée ; ses membres savent pourquoi.", company=name),
    )


@bp.post("/<int:membership_id>/people/members/<int:member_id>/acceptance")
@signed_in_required
def trust_member(membership_id: int, member_id: int) -> Any:
    _membership, scope = _queue_or_404(membership_id)
    member = people.member_in(scope, member_id) or abort(404)
    name = member.person.name
    return _act(
        membership_id,
        lambda: accounts.trust_member(member_id, current_user, also_suspended=True),
        _("Le compte de %(name)s est vérifié ; un message le lui dit.", name=name),
    )


@bp.post("/<int:membership_id>/people/members/<int:member_id>/refusal")
@signed_in_required
def refuse_member(membership_id: int, member_id: int) -> Any:
    _membership, scope = _queue_or_404(membership_id)
    member = people.member_in(scope, member_id) or abort(404)
    name = member.person.name
    return _refuse(
        membership_id,
        f"member-{member_id}",
        lambda reason: bookings.refuse_member(member_id, current_user, reason),
        _(
            "Le compte de %(name)s n’est pas reconnu : ses réservations pour l’établissement sont annulées, et un message en donne la raison.",
            name=name,
        ),
    )


def _act(membership_id: int, service: Callable[[], Any], done: str) -> Any:
    try:
        with transaction():
            service()
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(done, "success")
    return redirect(url_for(".people_queue", membership_id=membership_id))


def _refuse(membership_id: int, key: str, service: Callable[[str], Any], done: str) -> Any:
    form = RefusalForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service(form.reason.data or "")
        except accounts.AlreadyAnswered as refusal:
            flash(refusal.message, "error")
            return redirect(url_for(".people_queue", membership_id=membership_id))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(done, "success")
            return redirect(url_for(".people_queue", membership_id=membership_id))
    membership, scope = _queue_or_404(membership_id)
    return _page(membership, scope, Asked(key, form))


def _page(membership: Membership, scope: Scope, asked: Asked) -> str:
    return render_template(
        "tracking/people.html",
        membership=membership,
        scope=scope,
        companies=people.waiting_companies(scope),
        refused=people.refused_companies(scope),
        members=people.waiting_members(scope),
        asked=asked,
        form=asked.form,
        now=clock.now(),
    )


def _queue_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """The officer's, or administrator's, own membership and its territory; 404 for anybody else's."""
    for membership in my_memberships(*OVERSIGHT_ROLES):
        if membership.id == membership_id:
            return membership, people.queue_scope(membership)
    abort(404)
