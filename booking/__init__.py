"""Établi: teachers book classes onto workshops and visits of industrial firms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from booking import settings


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The application, configured by the environment, then by `overrides` (tests)."""
    root = Path(__file__).resolve().parent.parent
    app = Flask(__name__, template_folder=str(root / "templates"), instance_path=str(root / "instance"))
    app.config.update(settings.load(Path(app.instance_path)))
    app.config.update(overrides or {})
    _plug_in(app)
    return app


def _plug_in(app: Flask) -> None:
    from booking import (
        accounts,
        bookings,
        calendars,
        catalogue,
        companies,
        core,
        demo,
        mail,
        matching,
        messages,
        schools,
        territory,
        tracking,
    )

    left_to_right = (
        core, mail, territory, schools, companies, accounts, catalogue, calendars, bookings, messages, matching, tracking, demo,
    )  # fmt: skip
    for room in left_to_right:
        room.init_app(app)
