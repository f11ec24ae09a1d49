"""Applications on both databases, and the one clock. The little cast is in `make`, the sign-in in `sign_in`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from booking.core import clock
from booking.core.db import db
from tests import databases
from tests.applications import TEST_SETTINGS, make_app

__all__ = ["NOW", "TEST_SETTINGS"]

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which PostgreSQL was used, when a test asked for it."""
    if any("postgresql" in report.nodeid for report in terminalreporter.getreports("passed")):
        terminalreporter.write_line(f"Tested on {databases.describe_server()} and on SQLite {sqlite3.sqlite_version}.")


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest) -> str:
    """Run the test on SQLite in memory and on PostgreSQL: ask for it beside `app`."""
    return request.param


@pytest.fixture(params=["sqlite_file", "postgresql"])
def both_shared_databases(request: pytest.FixtureRequest) -> str:
    """Run the test on a SQLite file and on PostgreSQL, which other processes can open too (see `processes`)."""
    return request.param


@pytest.fixture
def sqlite_file() -> str:
    """Run the test on a SQLite file, as a small installation does: ask for it beside `app`."""
    return "sqlite_file"


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A fresh application with empty tables: SQLite in memory unless the test asks for another database."""
    kind = _kind_of_database(request)
    if kind == "postgresql":
        app = make_app(databases.postgresql_url(), tmp_path)
    else:
        app = make_app(f"sqlite:///{tmp_path / 'etabli.sqlite'}" if kind == "sqlite_file" else "sqlite://", tmp_path)
    with app.app_context():
        if kind == "postgresql":
            databases.once_per_process(db.create_all)
        else:
            databases.make_sqlite_tables(db.engine, db.create_all)
        yield app
        db.session.remove()
        if kind == "postgresql":
            _empty_all_tables()
        db.engine.dispose()


def _kind_of_database(request: pytest.FixtureRequest) -> str:
    for name in ("both_databases", "both_shared_databases", "sqlite_file"):
        if name in request.fixturenames:
            return request.getfixturevalue(name)
    return "sqlite"


def _empty_all_tables() -> None:
    names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with db.engine.begin() as connection:
        # A test that leaves a transaction open must fail here rather than make the run wait for ever.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time stands still at NOW; `set_now` moves it."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


@pytest.fixture
def set_now(monkeypatch: pytest.MonkeyPatch):
    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
