from __future__ import annotations

from flask import Flask

from booking.catalogue import checks  # noqa: F401  (it declares invariants)
from booking.catalogue.commands import edition_commands, search_commands
from booking.catalogue.views import blueprints


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.cli.add_command(edition_commands)
    app.cli.add_command(search_commands)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
