"""Applications on both databases, a small cast, and the one clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

os.environ["APP_ENV"] = "test"
os.environ.setdefault("SECRET_KEY", "not-a-secret-only-tests")

from booking import create_app
from booking.core import clock
from booking.core.db import db
from tests import databases

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

TEST_SETTINGS = {
    "TESTING": True,
    "WTF_CSRF_ENABLED": False,
    "SECURITY_PASSWORD_HASH": "plaintext",
    "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request) -> str:
    """Run the test on SQLite and on PostgreSQL: ask for it beside `app`."""
    return request.param


@pytest.fixture
def app(request, tmp_path) -> Iterator[Flask]:
    """A fresh application: in-memory SQLite, or PostgreSQL when the test asks for `both_databases`."""
    kind = request.getfixturevalue("both_databases") if "both_databases" in request.fixturenames else "sqlite"
    url = "sqlite://" if kind == "sqlite" else databases.postgresql_url()
    app = create_app({**TEST_SETTINGS, "SQLALCHEMY_DATABASE_URI": url, "MAIL_SINK_DIR": str(tmp_path / "mail")})
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        if kind == "postgresql":
            _empty_all_tables()
        db.engine.dispose()


def _empty_all_tables() -> None:
    names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def now(monkeypatch) -> datetime:
    """The time stands still at NOW; `set_now` moves it."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


@pytest.fixture
def set_now(monkeypatch):
    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.fixture
def client(app):
    return app.test_client()
