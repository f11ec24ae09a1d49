"""`flask import labelled FILE --edition SLUG`: the official list of labelled events."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from booking.catalogue.models import Edition
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.territory.commands import file_argument
from booking.tracking.official.services import import_list, preview_list
from booking.tracking.scope import Scope


@click.command("labelled")
@file_argument
@click.option("--edition", "slug", required=True, help="The edition's name in addresses.")
@click.option("--write", is_flag=True, help="Import; without it, only say what would be.")
@with_appcontext
def import_labelled(file: Path, slug: str, write: bool) -> None:
    """Import the official list of labelled events from FILE (.csv or .xlsx); lines known already are left."""
    edition = db.session.scalar(select(Edition).where(Edition.slug == slug))
    if edition is None:
        click.echo(f"{slug}: no such edition", err=True)
        raise SystemExit(1)
    everywhere, content = Scope(_("France entière"), None), file.read_bytes()
    try:
        if write:
            edition_id = edition.id
            with transaction():
                preview = import_list(content, edition_id, everywhere, None)
        else:
            preview = preview_list(content, edition, everywhere)
    except Refusal as refusal:
        click.echo(refusal.message, err=True)
        raise SystemExit(1) from None
    for problem in preview.problems:
        click.echo(f"{problem.line}: {problem.sentence}", err=True)
    verb = "imported" if write else "to import (--write does it)"
    click.echo(
        f"{len(preview.new)} {verb}, {preview.matched} of them published here, {preview.known} known already, "
        f"{len(preview.problems)} wrong"
    )
