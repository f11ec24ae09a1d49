"""Sign-up, confirmation, sign-in by a link."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security import login_user, logout_user
from flask_security.confirmable import confirm_email_token_status
from flask_security.utils import get_message

from booking.accounts import links, services
from booking.accounts.forms import CompanySignUpForm, EmailForm, TeacherSignUpForm
from booking.accounts.models import Person
from booking.accounts.permissions import safe_next
from booking.accounts.views.blueprint import bp
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

# ---- Sign-up


@bp.get("/signup")
def sign_up() -> Any:
    """The two doors."""
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    return render_template("accounts/sign_up.html", next_path=safe_next("") or None)


@bp.route("/signup/teacher", methods=["GET", "POST"])
def sign_up_teacher() -> Any:
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    form = TeacherSignUpForm(data={"school": _school_of(safe_next(""))} if request.method == "GET" else None)
    if request.method == "POST" and not form.wants_search and form.validate():
        try:
            with transaction():
                services.sign_up_teacher(form.newcomer(), form.school_choice(), form.next.data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _mail_is_on_its_way(form)
    return render_template("accounts/sign_up_teacher.html", form=form)


def _school_of(next_path: str) -> str:
    """The UAI that a visitor chose before: the address to go back to says it."""
    return dict(parse_qsl(urlsplit(next_path).query)).get("uai", "")


@bp.route("/signup/company", methods=["GET", "POST"])
def sign_up_company() -> Any:
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    form = CompanySignUpForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.sign_up_company(form.newcomer(), form.firm(), form.next.data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _mail_is_on_its_way(form)
    return render_template("accounts/sign_up_company.html", form=form)


def _mail_is_on_its_way(form: Any) -> Any:
    session["mail_sent_to"] = form.email.data
    return redirect(url_for(".mail_sent", next=form.next.data or None))


@bp.get("/signup/mail")
def mail_sent() -> Any:
    """The same page whether or not the address had an account."""
    return render_template(
        "accounts/mail_sent.html", email=session.get("mail_sent_to"), next_path=safe_next("") or None
    )


# ---- Confirmation and sign-in by a link


def confirm_email(token: str) -> Any:
    """Takes the place of Flask-Security's view of `/confirm/<token>`, which confirms at the first GET.

    A mail scanner opens every link: here a GET shows a button, and the POST confirms and signs in.
    """
    expired, invalid, person = confirm_email_token_status(token)
    next_path = safe_next("") or None
    if expired or invalid or person is None or not person.active:
        within = _("sept jours")
        message = (
            get_message("CONFIRMATION_EXPIRED", within=within) if expired else get_message("INVALID_CONFIRMATION_TOKEN")
        )
        flash(*message)
        return redirect(url_for("security.send_confirmation", next=next_path))
    if person.confirmed_at is not None:
        flash(*get_message("ALREADY_CONFIRMED"))
        return redirect(
            safe_next(url_for(".my_home")) if person == current_user else url_for("security.login", next=next_path)
        )
    if request.method == "GET":
        return render_template("accounts/confirm.html", person=person, next_path=next_path)
    with transaction():
        services.confirm_address(person)
        flash(*get_message("EMAIL_CONFIRMED"))
        return _enter(person, "confirm")


@bp.route("/login/link", methods=["GET", "POST"])
def ask_sign_in_link() -> Any:
    form = EmailForm()
    if form.validate_on_submit():
        with transaction():
            services.ask_sign_in_link(form.email.data, form.next.data)
        return _mail_is_on_its_way(form)
    return render_template("accounts/ask_sign_in_link.html", form=form)


@bp.route("/login/link/<token>", methods=["GET", "POST"])
def sign_in_by_link(token: str) -> Any:
    person = links.person_of_sign_in_token(token)
    next_path = safe_next("") or None
    if person is None:
        flash(
            _("Ce lien de connexion a expiré ou a déjà servi. Demandez-en un autre, il arrivera par e-mail."), "error"
        )
        return redirect(url_for(".ask_sign_in_link", next=next_path))
    if request.method == "GET":
        return render_template("accounts/sign_in_by_link.html", person=person, next_path=next_path)
    with transaction():
        services.confirm_address(person)
        return _enter(person, "link")


def _enter(person: Person, via: str) -> Any:
    """Sign in, by way of the second factor for whoever has one, then go where the person was going."""
    if current_user.is_authenticated and current_user != person:
        logout_user()
    target = safe_next(url_for("accounts.my_home"))
    second_factor = current_app.extensions["security"].two_factor_plugins.tf_enter(person, False, via, next_loc=target)
    if second_factor:
        return second_factor
    login_user(person, authn_via=[via])
    return redirect(target)
