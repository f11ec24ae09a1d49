"""A small, credible world to try Établi in: Essonne and its neighbours, invented companies, people of every role."""

from __future__ import annotations

from flask import Flask

from booking.demo.commands import demo_command


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.cli.add_command(demo_command)
