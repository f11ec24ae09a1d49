"""`flask school merge OLD NEW`: two schools become one."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.schools.queries import school_by_uai
from booking.tracking.merging import merge_schools

school_commands = AppGroup("school", help="Schools by their UAI.")


@school_commands.command("merge")
@click.argument("old")
@click.argument("new")
def merge(old: str, new: str) -> None:
    """The school of the UAI NEW takes over that of the UAI OLD: people, classes, bookings, groups."""
    found = [school_by_uai(uai) for uai in (old, new)]
    for uai, school in zip((old, new), found, strict=True):
        if school is None:
            click.echo(f"{uai}: no such school", err=True)
            raise SystemExit(1)
    ids = [school.id for school in found if school]
    try:
        with transaction():
            done = merge_schools(ids[0], ids[1], None)
            moved = f"{done.bookings} bookings, {done.classes} classes, {done.members} people"
    except Refusal as refusal:
        click.echo(refusal.message, err=True)
        raise SystemExit(1) from None
    click.echo(f"{old} -> {new}: {moved}")
