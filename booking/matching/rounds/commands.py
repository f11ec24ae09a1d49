"""`flask rounds …`: switch rounds on for an edition, play a round again. `flask allocate`: the dry run of a round."""

from __future__ import annotations

import signal
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from booking.accounts.models import Person
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.matching.rounds import services
from booking.matching.rounds.jobs import run_now
from booking.matching.rounds.models import AllocationRound
from booking.matching.rounds.queries import applied_run, latest_run
from booking.matching.rounds.running import replay

rounds_commands = AppGroup("rounds", help="Allocation rounds: switch them on for an edition, play one again.")


@rounds_commands.command("switch")
@click.argument("slug")
@click.argument("position", type=click.Choice(["on", "off"]))
def switch(slug: str, position: str) -> None:
    """Let the edition SLUG open rounds (on), or not any more (off)."""
    try:
        with transaction():
            services.switch_rounds(slug, on=position == "on")
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"{slug}: rounds {position}")


@rounds_commands.command("replay")
@click.argument("round_id", type=int)
def replay_round(round_id: int) -> None:
    """Work ROUND_ID out again from its stored inputs and compare the hashes; exit 1 when they differ."""
    run = applied_run(round_id) or latest_run(round_id)
    if run is None or run.result is None:
        raise click.ClickException(f"round {round_id} has no result")
    again = replay(run)
    click.echo(f"inputs  {run.inputs_digest}  {'same' if again.same_inputs else again.inputs_digest}")
    click.echo(f"result  {run.result_digest}  {'same' if again.same_result else again.result_digest}")
    if not again.is_same:
        raise SystemExit(1)


@click.command("allocate")
@click.argument("round_id", type=int)
@with_appcontext
def allocate_round(round_id: int) -> None:
    """The dry run of ROUND_ID: computes, changes no booking. Ctrl-C keeps the best so far, which cannot be applied."""
    each = db.session.get(AllocationRound, round_id)
    if each is None:
        raise click.ClickException(f"there is no round {round_id}")
    officer = db.session.get_one(Person, each.created_by_id)
    try:
        with transaction():
            run_id = services.ask_run(round_id, officer).id
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
    asked: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *_args: asked.append(True))
    try:
        run = run_now(run_id, stop=lambda: bool(asked))
    finally:
        signal.signal(signal.SIGINT, before)
    if run.result is None:
        raise click.ClickException(run.problem)
    figures = run.result["figures"]["round"]
    click.echo(
        f"{figures['served']} of {figures['classes']} classes, {figures['first_wishes']} first wishes, ", nl=False
    )
    click.echo(f"gap {run.result['gap']:.4%}" + ("" if run.is_whole else ", broken off: cannot be applied"))
