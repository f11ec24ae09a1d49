"""Regions, académies, départements, communes, and the days off that go with them."""

from __future__ import annotations

from flask import Flask

from booking.territory import commands, views
from booking.territory.reference import ATTRIBUTION


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.register_blueprint(views.bp)
    app.cli.add_command(commands.import_group)
    app.jinja_env.globals["attribution"] = ATTRIBUTION
