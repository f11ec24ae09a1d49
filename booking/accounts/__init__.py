"""People: sign-up, sign-in (Flask-Security), memberships and what they allow."""

from __future__ import annotations

from flask import Flask

from booking.accounts import commands, signin, views


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.register_blueprint(views.bp)
    signin.init_app(app)
    commands.init_app(app)
