"""Error pages and template filters."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Plug error pages and filters into the application."""
