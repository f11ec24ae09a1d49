"""People: sign-up, sign-in (Flask-Security), memberships and what they allow."""

from __future__ import annotations

from flask import Flask

from booking.accounts import checks, commands, signin, views  # noqa: F401  (checks declares invariants)


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.register_blueprint(views.bp)
    signin.init_app(app)
    commands.init_app(app)
