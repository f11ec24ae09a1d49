from __future__ import annotations

from flask import Flask

from booking.catalogue import behalf_mails, checks, jobs, return_mails  # noqa: F401  (they declare invariants and jobs)
from booking.catalogue.commands import edition_commands, search_commands
from booking.catalogue.labelling import checks as label_checks  # noqa: F401
from booking.catalogue.labelling import mails as label_mails  # noqa: F401


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.cli.add_command(edition_commands)
    app.cli.add_command(search_commands)
