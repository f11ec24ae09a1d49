"""Needs: what a class looks for where there is no slot yet, and how a firm answers with one."""

from __future__ import annotations

from flask import Flask

from booking.matching import models  # noqa: F401  (its tables)


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
