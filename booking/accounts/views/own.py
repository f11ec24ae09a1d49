"""The person's own pages: where their work is, what is known of them, their address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security import auth_required

from booking.accounts import services
from booking.accounts.forms import NewAddressForm, ProfileForm
from booking.accounts.models import MemberRole, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.accounts.views.blueprint import bp
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import LANGUAGES, _, current_language
from booking.mail.queries import is_failing

HOMES: tuple[tuple[MemberRole, str, Callable[[Any], dict[str, Any]]], ...] = (
    (MemberRole.TEACHER, "teacher.home", lambda m: {}),
    (MemberRole.HEAD, "school.home", lambda m: {"uai": m.school.uai}),
    (MemberRole.DELEGATE, "school.home", lambda m: {"uai": m.school.uai}),
    (MemberRole.HOST_MANAGER, "company.home", lambda m: {"company_id": m.company_id}),
    (MemberRole.HOST, "company.home", lambda m: {"company_id": m.company_id}),
    (MemberRole.OFFICER, "tracking.home", lambda m: {}),
    (MemberRole.ADMIN, "tracking.people_home", lambda m: {}),
)


@bp.get("/me")
@signed_in_required
def my_home() -> Any:
    """Where a person's work is: the page of the first of their roles, in their language."""
    return redirect(_in_own_language(home_of_roles(my_memberships())))


def home_of_roles(memberships: list[Membership]) -> str:
    for role, endpoint, values in HOMES:
        for membership in memberships:
            if membership.role is role:
                return url_for(endpoint, **values(membership))
    return url_for("accounts.profile")


def _in_own_language(address: str) -> str:
    """The same page of this site, in the language the person chose for their messages."""
    here, own = current_language(), current_user.language
    if own == here or own not in LANGUAGES:
        return address
    site = request.script_root.removesuffix(f"/{here}")
    path = address.removeprefix(request.script_root)
    return f"{site}{'' if own == 'fr' else '/' + own}{path}"


@bp.route("/account/", methods=["GET", "POST"])
@signed_in_required
def profile() -> Any:
    form = ProfileForm(obj=current_user)
    if not my_memberships(MemberRole.OFFICER):
        # What concerns officers alone is not asked of others, and stays as it is.
        del form.wants_alerts
    if form.validate_on_submit():
        with transaction():
            services.update_profile(current_user, **form.values())
        flash(_("C’est enregistré."), "success")
        return redirect(_in_own_language(url_for(".profile")))
    return render_template("accounts/profile.html", form=form, address_fails=is_failing(current_user.email))


@bp.route("/account/email", methods=["GET", "POST"])
@auth_required(
    "session",
    within=lambda: current_app.config["SECURITY_FRESHNESS"],
    grace=lambda: current_app.config["SECURITY_FRESHNESS_GRACE_PERIOD"],
)
def new_address() -> Any:
    """Ask for another address; it takes the old one's place once a link sent there is opened."""
    form = NewAddressForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.ask_new_address(current_user.id, form.email.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            session["mail_sent_to"] = form.email.data
            return redirect(url_for(".new_address_sent"))
    return render_template("accounts/new_address.html", form=form)


@bp.get("/account/email/sent")
@signed_in_required
def new_address_sent() -> Any:
    """The same page whether or not the address had an account."""
    return render_template("accounts/new_address_sent.html", email=session.get("mail_sent_to"))
