"""The mails about an account: written at once, in the outbox, in the reader's language and with links to this site."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security import send_mail
from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token

from booking.accounts import links
from booking.accounts.models import Person
from booking.core.i18n import _, current_language, speaking


def site_link(endpoint: str, **values: Any) -> str:
    """The full address of a page, in the language being spoken, under BASE_URL.

    Never from the request's Host header, which anybody can forge to receive somebody else's links.
    """
    language = current_language()
    adapter = current_app.url_map.bind("", script_name="/" if language == "fr" else f"/{language}")
    return str(current_app.config["BASE_URL"]) + adapter.build(endpoint, values)


def ask_to_confirm(person: Person, next_path: str = "") -> None:
    """The link that confirms the address; `next_path` is where the person wanted to go."""
    with speaking(person.language):
        send_mail(
            _("Confirmez votre adresse"),
            person.email,
            "security/email/confirmation_instructions",
            user=person,
            confirmation_token=generate_confirmation_token(person),
            next_path=next_path,
        )


def say_already_known(person: Person, next_path: str = "") -> None:
    """To the owner of an address that somebody, most likely the owner, used to sign up again."""
    with speaking(person.language):
        send_mail(
            _("Vous avez déjà un compte"),
            person.email,
            "accounts/mail/already_known",
            user=person,
            reset_token=generate_reset_password_token(person),
            next_path=next_path,
        )


def send_sign_in_link(person: Person, next_path: str = "") -> None:
    """The link that signs in without a password."""
    with speaking(person.language):
        send_mail(
            _("Votre lien de connexion"),
            person.email,
            "accounts/mail/sign_in_link",
            user=person,
            token=links.sign_in_token(person),
            minutes=links.VALID_MINUTES,
            next_path=next_path,
        )


def ask_to_accept(manager: Person, newcomer: Person, company_id: int, company_name: str) -> None:
    """To a manager of the company: a colleague asks to join."""
    with speaking(manager.language):
        send_mail(
            _("%(name)s demande à rejoindre %(company)s", name=newcomer.name, company=company_name),
            manager.email,
            "accounts/mail/colleague_waiting",
            user=manager,
            newcomer=newcomer,
            company_id=company_id,
            company_name=company_name,
        )


def say_accepted(person: Person, company_id: int, company_name: str) -> None:
    """To the colleague whom a manager accepted."""
    with speaking(person.language):
        send_mail(
            _("Vous avez rejoint %(company)s", company=company_name),
            person.email,
            "accounts/mail/colleague_accepted",
            user=person,
            company_id=company_id,
            company_name=company_name,
        )


def set_password_link(person: Person) -> str:
    """The link, good once and for a day, where the person chooses a password: for whoever creates an account for them."""
    with speaking(person.language):
        return site_link("security.reset_password", token=generate_reset_password_token(person))
