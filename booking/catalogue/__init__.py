from __future__ import annotations

from flask import Flask

from booking.catalogue import checks  # noqa: F401  (it declares invariants)
from booking.catalogue.commands import edition_commands, search_commands


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.cli.add_command(edition_commands)
    app.cli.add_command(search_commands)
