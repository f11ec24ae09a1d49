"""`flask officer create` and `flask admin create`: those whose account nobody can ask for on the site."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_security.mail_util import EmailValidateException

from booking.accounts import mails, services
from booking.accounts.models import Person
from booking.accounts.rules import read_scope
from booking.core.db import transaction
from booking.core.errors import Refusal

officer = AppGroup("officer", help="Officers, who follow a territory.")
admin = AppGroup("admin", help="Administrators of the service.")


def init_app(app: Flask) -> None:
    app.cli.add_command(officer)
    app.cli.add_command(admin)


def _options(command: Any) -> Any:
    for option in (
        click.argument("email"),
        click.option("--first-name", default=""),
        click.option("--last-name", default=""),
        click.option(
            "--ask-password", is_flag=True, help="Type the password here instead of printing a link to choose it."
        ),
    ):
        command = option(command)
    return command


@officer.command("create")
@_options
@click.option(
    "--scope",
    required=True,
    help="national, region_academique:Île-de-France, academie:25 or its name, departement:91, prefecture:91, group:12.",
)
def create_officer(email: str, scope: str, first_name: str, last_name: str, ask_password: bool) -> None:
    """Make somebody an officer of a territory."""
    password = _typed_password(email) if ask_password else None
    try:
        with transaction():
            person = services.create_officer(_valid(email), read_scope(scope), first_name, last_name)
            _tell(person, password)
    except Refusal as refusal:
        raise _Sentence(refusal.message) from None


@admin.command("create")
@_options
def create_admin(email: str, first_name: str, last_name: str, ask_password: bool) -> None:
    """Make somebody an administrator of the service."""
    password = _typed_password(email) if ask_password else None
    with transaction():
        person = services.create_admin(_valid(email), first_name, last_name)
        _tell(person, password)


class _Sentence(click.ClickException):
    """What is wrong, alone on its line; exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def _valid(email: str) -> str:
    try:
        return str(current_app.extensions["security"].mail_util.validate(email))
    except EmailValidateException as error:
        raise _Sentence(error.msg) from None


def _typed_password(email: str) -> str:
    typed = click.prompt("Mot de passe", hide_input=True, confirmation_prompt=True)
    problems, password = current_app.extensions["security"].password_util.validate(typed, True, email=email)
    if problems:
        raise _Sentence(problems[0])
    return str(password)


def _tell(person: Person, password: str | None) -> None:
    if password:
        services.set_password(person, password)
        click.echo(f"{person.email} peut se connecter.")
    elif person.password and person.last_login_at:
        click.echo(f"{person.email} a déjà un compte et garde son mot de passe.")
    else:
        click.echo(f"{person.email} choisit son mot de passe ici, une fois, avant demain à la même heure\u00a0:")
        click.echo(mails.set_password_link(person))
