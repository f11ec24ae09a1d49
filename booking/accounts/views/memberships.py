"""One more school or company for somebody with an account."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts import services
from booking.accounts.forms import JoinCompanyForm, JoinSchoolForm
from booking.accounts.models import MemberState
from booking.accounts.permissions import signed_in_required
from booking.accounts.views.blueprint import bp
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _


@bp.get("/account/memberships/new")
@signed_in_required
def membership_new() -> Any:
    """The two doors again: a school, or a company."""
    return render_template("accounts/membership_new.html")


@bp.route("/account/memberships/new/school", methods=["GET", "POST"])
@signed_in_required
def join_school() -> Any:
    form = JoinSchoolForm()
    if request.method == "POST" and not form.wants_search and form.validate():
        try:
            with transaction():
                membership = services.join_school(current_user.id, form.school_choice(), form.member_role())
                school, is_trusted = membership.school, membership.is_trusted
                name = school.name if school else ""
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            words = (
                _("%(school)s est ajouté à votre compte.", school=name)
                if is_trusted
                else _("%(school)s est ajouté à votre compte ; la vérification est en cours.", school=name)
            )
            flash(words, "success")
            return redirect(url_for(".profile"))
    return render_template("accounts/join_school.html", form=form)


@bp.route("/account/memberships/new/company", methods=["GET", "POST"])
@signed_in_required
def join_company() -> Any:
    form = JoinCompanyForm()
    if form.validate_on_submit():
        try:
            with transaction():
                membership = services.join_company(current_user.id, form.firm())
                waits = membership.state is MemberState.PENDING
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                _("Votre demande est partie : une personne de l’entreprise doit l’accepter.")
                if waits
                else _("L’entreprise est ajoutée à votre compte."),
                "success",
            )
            return redirect(url_for(".profile"))
    return render_template("accounts/join_company.html", form=form)
