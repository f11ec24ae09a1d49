"""What is written from one side to the other: messages on a booking, questions before one, and what is reported as wrong."""

from __future__ import annotations

from flask import Flask

from booking.messages import checks, mails  # noqa: F401  (they declare invariants and composers)
from booking.messages.views import blueprints


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
