"""What every room may use; knows no room."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

from booking.core import logs, web
from booking.core.checks import check_command
from booking.core.db import db
from booking.core.i18n import LanguagePrefix, select_language

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    db.init_app(app)
    Migrate(app, db, directory=f"{app.root_path}/../migrations", render_as_batch=True)
    Babel(app, locale_selector=select_language)
    csrf.init_app(app)
    web.init_app(app)
    logs.init_app(app)
    app.cli.add_command(check_command)
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]
