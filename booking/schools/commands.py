"""`flask import schools` and `flask import reference`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from booking.core.db import transaction
from booking.core.i18n import _
from booking.schools import services
from booking.territory.commands import file_argument, import_file, import_lines, say
from booking.territory.services import import_communes, import_territory, shipped_communes


@click.command("schools")
@file_argument
@with_appcontext
def import_schools(file: Path) -> None:
    """Import schools from FILE (.csv or .csv.gz), all or none; no school is removed."""
    import_file(file, services.COLUMNS, services.import_schools, _("Établissements"))


@click.command("reference")
@with_appcontext
def import_reference() -> None:
    """Import everything shipped: académies, départements, school holidays, communes and schools."""
    with transaction():
        report = import_territory()
    say(_("Territoires"), report)
    import_lines(shipped_communes(), import_communes, _("Communes"))
    import_lines(services.shipped_schools(), services.import_schools, _("Établissements"))
