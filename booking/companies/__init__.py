"""Legal units and their sites."""

from __future__ import annotations

from flask import Flask


def init_app(_app: Flask) -> None:
    """Nothing to plug in: pages about companies are in the rooms on the right."""
