"""Needs: what a class looks for where there is no slot yet, and how a firm answers with one."""

from __future__ import annotations

from flask import Flask

from booking.matching import checks, jobs  # noqa: F401  (they declare invariants and jobs)
from booking.matching.digests import jobs as digest_jobs  # noqa: F401
from booking.matching.rounds import checks as round_checks  # noqa: F401
from booking.matching.rounds import jobs as round_jobs  # noqa: F401
from booking.matching.rounds.commands import allocate_round, rounds_commands
from booking.matching.views import blueprints


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.cli.add_command(rounds_commands)
    app.cli.add_command(allocate_round)
