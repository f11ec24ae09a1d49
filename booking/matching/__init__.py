"""Needs: what a class looks for where there is no slot yet, and how a firm answers with one."""

from __future__ import annotations

from flask import Flask

from booking.matching import checks, jobs  # noqa: F401  (they declare invariants and jobs)
from booking.matching.views import blueprints


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
