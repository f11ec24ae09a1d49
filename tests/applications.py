"""The application as the tests run it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["APP_ENV"] = "test"
os.environ.setdefault("SECRET_KEY", "not-a-secret-only-tests")

from contextvars import Context

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from booking import create_app
from booking.core.db import db
from booking.mail.delivery import Delivery

TEST_SETTINGS = {
    "TESTING": True,
    "WTF_CSRF_ENABLED": False,
    "SECURITY_PASSWORD_HASH": "plaintext",
    "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
}


class _KeptTemplates(BytecodeCache):
    """Compiled templates, kept for the next application: reading them again was a quarter of the run."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _KeptTemplates()
_ENGINES: dict[str, Engine] = {}
_make_new_engine = db._make_engine


def _make_engine(bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
    """One engine for the many applications on the same address: an engine remembers the SQL it has compiled.

    Each test disposes of the connections, and with them of a database in memory.
    """
    key = repr((bind_key, sorted(options.items(), key=str)))
    if key not in _ENGINES:
        _ENGINES[key] = _make_new_engine(bind_key, options, app)
    return _ENGINES[key]


class Visitor(FlaskClient):
    """A client whose every request stands alone, as in real life.

    A test holds an application context open, and Flask would lend it to the request: its `g`, where the person of an
    earlier request is still signed in, and its database session, where what a view forgot to commit can be read.
    What the test has prepared is committed first; what it holds is read afresh afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.preserve_context:  # `with client:` wants to look at the request's own context afterwards
            return super().open(*args, **kwargs)
        if has_app_context():  # a redirect that is followed comes here again, from inside
            db.session.commit()
        return Context().run(super().open, *args, **kwargs)


def make_app(url: str, folder: Path, **settings: Any) -> Flask:
    """An application on the database at `url`, its mails kept under `folder`."""
    overrides = {**TEST_SETTINGS, "SQLALCHEMY_DATABASE_URI": url, "MAIL_SINK_DIR": str(folder / "mail")}
    db._make_engine = _make_engine
    app = create_app({**overrides, **settings})
    app.jinja_env.bytecode_cache = _TEMPLATES
    app.test_client_class = Visitor
    return app


def kept_app(url: str, folder: Path) -> Flask:
    """The application on the database at `url`, made once in this process and put back as it was made.

    Making one costs more than most tests. What a test may change in it is its configuration and its mailer; a test
    that adds addresses to it, or looks at what is made only once, asks for its own with the mark `own_app`.
    """
    if url not in _KEPT:
        made = make_app(url, folder)
        _KEPT[url] = made, dict(made.config), dict(vars(made.extensions["mail"]))
    app, config, mailer = _KEPT[url]
    app.config.clear()
    app.config.update(config, MAIL_SINK_DIR=str(folder / "mail"))
    vars(app.extensions["mail"]).clear()
    vars(app.extensions["mail"]).update(mailer)
    app.extensions["delivery"] = Delivery(app)
    return app


_KEPT: dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]] = {}
