"""Schools by UAI and the classes that teachers save."""

from __future__ import annotations

from flask import Flask

from booking.schools import checks, commands, views  # noqa: F401  (checks declares invariants)
from booking.territory.commands import import_group


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    # `flask import` itself is the room territory's.
    import_group.add_command(commands.import_schools)
    import_group.add_command(commands.import_reference)
    app.register_blueprint(views.bp)
