"""Applications on both databases, and the one clock. The little cast is in `make`, the sign-in in `sign_in`."""

from __future__ import annotations

import gc
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
from tests.applications import TEST_SETTINGS, kept_app, make_app

__all__ = ["NOW", "TEST_SETTINGS"]

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Thousands of short tests leave little to collect: looking for it less often saves an eighth of the time."""
    gc.set_threshold(100_000, 50, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which PostgreSQL was used, when a test asked for it."""
    if any("postgresql" in report.nodeid for report in terminalreporter.getreports("passed")):
        terminalreporter.write_line(f"Tested on {databases.describe_server()} and on SQLite {sqlite3.sqlite_version}.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `deep_on_sqlite` runs on PostgreSQL in every run, on SQLite in the long ones."""
    for item in items:
        if item.get_closest_marker("deep_on_sqlite") and "sqlite" in item.name.partition("[")[2]:
            item.add_marker(pytest.mark.deep)


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
    """The application with empty tables: on SQLite in memory unless the test asks for another database."""
    kind = _kind_of_database(request)
    url = {"sqlite": "sqlite://", "sqlite_file": f"sqlite:///{tmp_path / 'etabli.sqlite'}"}.get(kind)
    fresh = kind == "sqlite_file" or request.node.get_closest_marker("own_app")
    app = (make_app if fresh else kept_app)(url or databases.postgresql_url(), tmp_path)
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
    with db.engine.begin() as connection:
        # A test that leaves a transaction open must fail here rather than make the run wait for ever.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text(_EMPTY_WHAT_IS_FULL))


# Truncating a table costs a millisecond or two even when it is empty, and most are.
_EMPTY_WHAT_IS_FULL = """
DO $$
DECLARE
    name text;
    found boolean;
    full_ones text := '';
BEGIN
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || name || ')' INTO found;
        IF found THEN
            full_ones := full_ones || ', ' || name;
        END IF;
    END LOOP;
    IF full_ones <> '' THEN
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY string_to_array(substr(full_ones, 3), ', ') LOOP
            EXECUTE 'DELETE FROM ' || name;
        END LOOP;
    END IF;
    PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace;
END $$
"""


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
