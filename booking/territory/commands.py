"""`flask import …`: reference data from files. Rooms on the right add their own files to the group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from flask.cli import with_appcontext

from booking.core.db import transaction
from booking.core.i18n import _, _n
from booking.territory import services
from booking.territory.reference_files import Line, OnProgress, Report, WrongFile, WrongRows, read_lines

MOST_PROBLEMS_SHOWN = 50

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))


@click.group("import")
def import_group() -> None:
    """Bring reference data into the database; repeating an import changes nothing."""


@import_group.command("communes")
@file_argument
@with_appcontext
def import_communes(file: Path) -> None:
    """Import communes from FILE (.csv or .csv.gz), all or none; no commune is removed."""
    import_file(file, services.COMMUNE_COLUMNS, services.import_communes, _("Communes"))


def import_file(
    file: Path, columns: Sequence[str], service: Callable[[Sequence[Line], OnProgress], Report], label: str
) -> None:
    """Read the file, import its lines in one transaction with a progress bar, say what changed; exit 1 if it is wrong."""
    try:
        import_lines(read_lines(file, columns), service, label)
    except WrongRows as refusal:
        _show_problems(refusal)
        raise SystemExit(1) from None
    except WrongFile as refusal:
        click.echo(refusal.message, err=True)
        raise SystemExit(1) from None


def import_lines(lines: Sequence[Line], service: Callable[[Sequence[Line], OnProgress], Report], label: str) -> None:
    with click.progressbar(length=len(lines), label=label) as bar, transaction():
        report = service(lines, bar.update)
    say(label, report)


def say(label: str, report: Report) -> None:
    """One line: what an import made, changed and left."""
    click.echo(
        _(
            "%(label)s\u00a0: lignes ajoutées %(created)d, modifiées %(updated)d, inchangées %(unchanged)d.",
            label=label,
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
        )
    )


def _show_problems(refusal: WrongRows) -> None:
    for problem in refusal.problems[:MOST_PROBLEMS_SHOWN]:
        click.echo(str(problem), err=True)
    hidden = len(refusal.problems) - MOST_PROBLEMS_SHOWN
    if hidden > 0:
        click.echo(_n("… et un autre problème.", "… et %(num)d autres problèmes.", hidden), err=True)
    click.echo(refusal.message, err=True)
