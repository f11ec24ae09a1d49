"""The outbox: what is written in a transaction, delivered by the worker, and read at /dev/mail in development."""

from __future__ import annotations

from flask import Flask

from booking.core.jobs import worker_command
from booking.mail import account_mail  # noqa: F401  (it declares a composer)
from booking.mail.delivery import Delivery
from booking.mail.views import bp


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.extensions["delivery"] = Delivery(app)
    app.register_blueprint(bp)
    app.cli.add_command(worker_command)
