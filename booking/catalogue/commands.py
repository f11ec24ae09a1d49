"""`flask edition create`: open an edition from the command line. `flask search reindex`: find again what is published."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from booking.catalogue.editions import create_edition
from booking.catalogue.search import reindex
from booking.core.db import transaction
from booking.core.errors import Refusal

edition_commands = AppGroup("edition", help="Editions: named campaigns with their week and their window.")
search_commands = AppGroup("search", help="The index of the programme's full text.")
DAY = click.DateTime(["%Y-%m-%d"])
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@edition_commands.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="As people say it: « Semaine de l’industrie 2027 ».")
@click.option("--from", "starts_on", type=DAY, required=True, help="First day of the week.")
@click.option("--to", "ends_on", type=DAY, required=True, help="Last day of the week.")
@click.option("--window-from", type=DAY, help="First day of the wider programme; the week's by default.")
@click.option("--window-to", type=DAY, help="Last day of the wider programme; the week's by default.")
@click.option("--bookings-open-at", type=MOMENT, help="When bookings open, Paris time; at once by default.")
@click.option("--cap", type=click.IntRange(1), help="Bookings a school may have; no limit by default.")
@click.option("--theme", default="", help="The year's theme.")
@click.option("--source", default="", help="Where the dates come from.")
@click.option("--permanent", is_flag=True, help="« Toute l’année »: its window does not limit slots.")
def create(
    slug: str,
    name: str,
    starts_on: datetime,
    ends_on: datetime,
    window_from: datetime | None,
    window_to: datetime | None,
    bookings_open_at: datetime | None,
    cap: int | None,
    theme: str,
    source: str,
    permanent: bool,
) -> None:
    """Create the edition SLUG (the name it has in addresses)."""
    try:
        with transaction():
            edition = create_edition(
                slug,
                name,
                starts_on.date(),
                ends_on.date(),
                theme=theme,
                window_starts_on=window_from and window_from.date(),
                window_ends_on=window_to and window_to.date(),
                bookings_open_at=bookings_open_at
                and bookings_open_at.replace(tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC),
                bookings_per_school=cap,
                is_permanent=permanent,
                dates_source=source,
            )
            line = f"{edition.slug}: {edition.name}, {edition.starts_on} to {edition.ends_on}"
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(line)


@search_commands.command("reindex")
def reindex_all() -> None:
    """Work out the search terms of every activity again, after an upgrade or an import."""
    with transaction():
        known, changed = reindex()
    click.echo(f"{known} activities, {changed} of them indexed anew")
