"""`flask check`: every invariant of the data, each declared in the room that knows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click
from flask.cli import with_appcontext


@dataclass(frozen=True)
class Violation:
    """code: the invariant's name. subject: which row. fact: what is wrong, without personal data."""

    code: str
    subject: str
    fact: str


Finder = Callable[[], Iterator[tuple[str, str]]]
_INVARIANTS: dict[str, Finder] = {}


def invariant(code: str) -> Callable[[Finder], Finder]:
    """Declare a function that yields (subject, fact) for each row that breaks the invariant."""

    def declare(finder: Finder) -> Finder:
        _INVARIANTS[code] = finder
        return finder

    return declare


def violations() -> list[Violation]:
    """Everything that is wrong in the data, in the order of the invariants' names."""
    return [Violation(code, *found) for code in sorted(_INVARIANTS) for found in _INVARIANTS[code]()]


def invariant_names() -> list[str]:
    return sorted(_INVARIANTS)


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document instead of lines.")
@with_appcontext
def check_command(as_json: bool) -> None:
    """Verify every invariant of the data; exit 1 and one line per violation."""
    found = violations()
    if as_json:
        report = {"invariants": invariant_names(), "violations": [asdict(violation) for violation in found]}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for violation in found:
            click.echo(f"{violation.code}: {violation.subject}: {violation.fact}")
        click.echo(f"{len(_INVARIANTS)} invariants, {len(found)} violation(s)", err=True)
    if found:
        raise SystemExit(1)
