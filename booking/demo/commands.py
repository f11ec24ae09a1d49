"""`flask demo`: fill an empty database with a world to try, and say who lives there."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from booking.accounts.queries import person_by_email
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.demo import services
from booking.demo.reference import PASSWORD
from booking.schools.commands import import_reference

PEOPLE = (
    ("teacher@example.org", "enseignante, collège Louis Pasteur de Brunoy"),
    ("host@example.org", "entreprise Turbines du Hurepoix"),
    ("head@example.org", "cheffe d’établissement, collège Louis Pasteur de Brunoy"),
    ("officer@example.org", "rectorat, académie de Versailles"),
    ("national@example.org", "suivi national"),
    ("admin@example.org", "administration du service"),
)


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing when the database already holds something.")
@click.option("--reset", is_flag=True, help="Empty the database first (development only).")
@click.option(
    "--scale", type=click.Choice(["essonne", "national"]), default="essonne", show_default=True,
    help="How much: a few firms and schools, or every school of the country with 13,000 activities and 120,000 bookings.",
)  # fmt: skip
@with_appcontext
@click.pass_context
def demo_command(context: click.Context, if_empty: bool, reset: bool, scale: str) -> None:
    """Load a small, credible world: Essonne and its neighbours, one edition open now, people of every role."""
    if not services.is_empty():
        if if_empty:
            _say_who()
            return
        _empty_or_refuse(reset)
    if not services.has_reference():
        context.invoke(import_reference)
    try:
        with transaction():
            loaded = services.load_demo(is_national=scale == "national")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(
        _(
            "Démonstration chargée\u00a0: %(companies)d entreprises, %(activities)d activités, %(slots)d créneaux, "
            "%(bookings)d réservations, %(people)d personnes.",
            **vars(loaded),
        )
    )
    _say_who()


def _empty_or_refuse(reset: bool) -> None:
    if not reset:
        raise click.ClickException(
            _("Cette base contient déjà des données\u00a0: la démonstration ne se charge que dans une base vide.")
        )
    if current_app.config["APP_ENV"] != "development":
        raise click.ClickException(_("Vider la base n’est permis qu’en développement (APP_ENV=development)."))
    with transaction():
        services.erase()


def _say_who() -> None:
    """The demo's people, when it is the demo that the database holds."""
    if person_by_email(PEOPLE[0][0]) is None:
        return
    click.echo(_("Mot de passe de toutes ces personnes\u00a0: %(password)s", password=PASSWORD))
    for address, role in PEOPLE:
        click.echo(f"  {address:<24}{role}")
