"""Capacity, states, waiting list, changes: one class on one slot, from request to presence."""

from __future__ import annotations

from flask import Flask

from booking.bookings import (  # noqa: F401  (they declare invariants and jobs)
    authorisation_checks,
    checks,
    checks_of_changes,
    jobs,
    jobs_of_changes,
)
from booking.bookings.papers import checks as paper_checks  # noqa: F401
from booking.bookings.views import blueprints


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
