"""Invitations and feeds: what calendars are told of a booking."""

from __future__ import annotations

from flask import Flask

from booking.calendars.views import bp


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.register_blueprint(bp)
