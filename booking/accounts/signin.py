"""Flask-Security, as this house wants it: its settings, its store of people, its views inside our transactions."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, abort, flash, has_request_context, redirect, request, session, url_for
from flask_security import PasswordUtil, Security, SQLAlchemyUserDatastore, hash_password, password_reset
from flask_security.confirmable import send_confirmation_instructions
from flask_security.forms import (
    ForgotPasswordForm,
    LoginForm,
    SendConfirmationForm,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
)
from flask_security.recoverable import send_reset_password_instructions
from flask_security.utils import get_message
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Field, RadioField, SelectChoice

from booking.accounts import mails, services, views
from booking.accounts.models import Person, Role
from booking.accounts.permissions import is_local_path, safe_next
from booking.accounts.rules import PASSWORD_LENGTH_MIN, PasswordTooEasy, check_password
from booking.accounts.wording import SiteDomain
from booking.core import clock
from booking.core.db import db, transaction
from booking.mail.account_mail import OutboxMailUtil


def init_app(app: Flask) -> None:
    """Plug Flask-Security into the application."""
    for key, value in _settings(app).items():
        app.config.setdefault(key, value)
    security = Security(
        datastore=People(db, Person, Role),
        mail_util_cls=OutboxMailUtil,
        password_util_cls=Passwords,
        login_form=SignInForm,
        send_confirmation_form=NewConfirmationForm,
        forgot_password_form=ForgottenPasswordForm,
        two_factor_setup_form=SecondFactorForm,
        two_factor_rescue_form=LostSecondFactorForm,
    )
    security.init_app(app)
    security.mail_context_processor(_for_mails)
    security.want_json(lambda _request: False)
    security.i18n_domain = SiteDomain(app)
    app.jinja_env.globals["_fsdomain"] = security.i18n_domain.gettext
    for endpoint in [name for name in app.view_functions if name.startswith("security.")]:
        app.view_functions[endpoint] = _in_our_house(app.view_functions[endpoint])
    app.view_functions["security.confirm_email"] = views.confirm_email
    password_reset.connect(_confirm_by_reset, app)


def _settings(app: Flask) -> dict[str, Any]:
    return {
        # Two-factor is demanded of officers and administrators in production only (product, section 11).
        "TWO_FACTOR_FOR_OFFICERS": app.config["APP_ENV"] == "production",
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": app.config["SESSION_COOKIE_SECURE"],
        "SESSION_PROTECTION": "basic",
        # Argon2 alone: the extra HMAC of Flask-Security would tie every password to a key that could never change.
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH_MIN,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        # Of what goes into a signed link: the address, and the password's hash. The default, made for passwords, takes
        # a third of a second each time and doubles the link.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_EMAIL_SENDER": app.config["MAIL_SENDER"],
        "SECURITY_DATETIME_FACTORY": lambda: clock.now(),
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        # Nobody learns from this site whether an address has an account.
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(days=7),
        "SECURITY_RECOVERABLE": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=1),
        "SECURITY_CHANGEABLE": True,
        "SECURITY_POST_CHANGE_VIEW": "accounts.profile",
        "SECURITY_TRACKABLE": True,
        "SECURITY_POST_LOGIN_VIEW": "accounts.my_home",
        "SECURITY_POST_VERIFY_VIEW": "accounts.profile",
        "SECURITY_FRESHNESS": timedelta(hours=1),
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=15),
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_RESCUE_MAIL": app.config["MAIL_REPLY_TO"] or app.config["MAIL_SENDER"],
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "accounts.profile",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_TOTP_SECRETS": {"1": _derived_key(app, "totp")},
        "SECURITY_TOTP_ISSUER": "Établi",
    }


def _derived_key(app: Flask, purpose: str) -> str:
    """A key of its own for each purpose, from the one secret of the service."""
    digest = hmac.digest(app.config["SECRET_KEY"].encode(), purpose.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode()


class People(SQLAlchemyUserDatastore):
    """The store of people: addresses are kept in lower case, so one is found by the index, however it was typed."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Any:
        if "email" in kwargs:
            kwargs["email"] = str(kwargs["email"]).lower()
        return super().find_user(case_insensitive=False, **kwargs)


PERSONAL_WORDS = ("email", "first_name", "last_name")


class Passwords(PasswordUtil):
    """Length, and not among the first guesses: the one rule for sign-up, reset and change."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        problems, normal = super().validate(password, is_register, **kwargs)
        person = kwargs.get("user")
        words = [getattr(person, name) if person else kwargs.get(name, "") for name in PERSONAL_WORDS]
        if not problems:
            try:
                check_password(normal, words)
            except PasswordTooEasy as refusal:
                problems = [refusal.message]
        return problems, normal


class SignInForm(LoginForm):
    """Whoever gives the right password of an unconfirmed account is led to confirm it.

    Flask-Security answers "wrong" there when it hides which addresses are known; but the password was right.
    """

    def validate(self, **kwargs: Any) -> bool:
        is_valid = super().validate(**kwargs)
        if self.requires_confirmation and self.user:
            flash(*get_message("CONFIRMATION_REQUIRED"))
            session["mail_sent_to"] = self.user.email
            abort(redirect(url_for("security.send_confirmation", next=self.next.data or None)))
        return is_valid


class NewConfirmationForm(SendConfirmationForm):
    """Knows the address by the session, not by the page's own address, which ends in logs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if request.method == "GET":
            self.email.data = session.get("mail_sent_to")

    def validate(self, **kwargs: Any) -> bool:
        is_valid = super().validate(**kwargs)
        if not is_valid and _is_told_nothing(self.email):
            services.write_in_vain(send_confirmation_instructions, self.email.data or "")
        return is_valid


class ForgottenPasswordForm(ForgotPasswordForm):
    """Answers the same for an address that was never confirmed: the link of the mail will confirm it too."""

    def validate(self, **kwargs: Any) -> bool:
        # The parent would send an unconfirmed person to another page, which tells a stranger that the account exists.
        if super(ForgotPasswordForm, self).validate(**kwargs) and self.user and self.user.is_active:
            hash_password("as long as Flask-Security takes for a stranger")
            return True
        if _is_told_nothing(self.email):
            services.write_in_vain(send_reset_password_instructions, self.email.data or "")
        return False


def _is_told_nothing(email: Field) -> bool:
    """Whether the address is well formed, and is to be answered as if a mail had left."""
    return not {get_message("INVALID_EMAIL_ADDRESS")[0], get_message("EMAIL_NOT_PROVIDED")[0]} & {
        str(error) for error in email.errors
    }


class SecondFactorForm(TwoFactorSetupForm):
    """The same choices, in the form that WTForms will still take."""

    setup = RadioField(choices=[SelectChoice("disable"), SelectChoice("authenticator")], validate_choice=False)


class LostSecondFactorForm(TwoFactorRescueForm):
    help_setup = RadioField(choices=[SelectChoice("help")])


def _in_our_house(view: Callable[..., Any]) -> Callable[..., Any]:
    """Flask-Security's view, each POST in one writing transaction.

    These views read, then write, then commit by themselves, some after the response is made and some (the forgotten
    password, whose only effect is a mail in the outbox) not at all. On SQLite a transaction that reads and then
    writes fails with "database is locked", whatever the timeout, when another wrote in between: so the write lock
    comes first, as everywhere in this house, and what the view wrote is committed with its mail.
    """

    @wraps(view)
    def housed(*args: Any, **kwargs: Any) -> Any:
        if request.is_json:
            abort(415)  # its JSON side is not offered: no test here covers what it would accept
        _drop_foreign_next()
        if request.method != "POST":
            return view(*args, **kwargs)
        with transaction():
            return view(*args, **kwargs)

    return housed


def _drop_foreign_next() -> None:
    """Forget a `next` that leaves this site, or that is not an address at all, before anything parses it."""
    if any(not is_local_path(target) for target in request.args.getlist("next") if target):
        request.args = ImmutableMultiDict((k, v) for k, v in request.args.items(multi=True) if k != "next")
    if any(not is_local_path(target) for target in request.form.getlist("next") if target):
        request.form = ImmutableMultiDict((k, v) for k, v in request.form.items(multi=True) if k != "next")


def _for_mails() -> dict[str, Any]:
    return {"site_link": mails.site_link, "request_next": safe_next("") if has_request_context() else ""}


def _confirm_by_reset(_app: Flask, user: Person, **_more: Any) -> None:
    services.confirm_address(user)
