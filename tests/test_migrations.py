"""What the migrations build is what the models say, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from booking.core.db import db
from tests import databases
from tests.applications import make_app


@pytest.fixture(params=["sqlite", "postgresql"])
def two_empty_databases(request, tmp_path: Path) -> tuple[str, str]:
    """The addresses of two databases of the same kind, with no table."""
    if request.param == "postgresql":
        return databases.new_postgresql_url(), databases.new_postgresql_url()
    return f"sqlite:///{tmp_path / 'migrated.sqlite'}", f"sqlite:///{tmp_path / 'created.sqlite'}"


@pytest.fixture
def migrated(two_empty_databases, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database the migrations have built from nothing."""
    app = make_app(two_empty_databases[0], tmp_path)
    with app.app_context():
        flask_migrate.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def created_schema(two_empty_databases, tmp_path: Path) -> dict:
    """The tables as the models make them."""
    app = make_app(two_empty_databases[1], tmp_path)
    with app.app_context():
        db.create_all()
        schema = schema_of_the_database()
        db.engine.dispose()
    return schema


def test_the_migrations_leave_nothing_for_alembic_to_add(migrated):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_migrations_build_the_tables_the_models_make(migrated, created_schema):
    """Alembic does not compare checks and the conditions of partial indexes: here they are read back and compared."""
    schema = schema_of_the_database()
    assert sorted(schema) == sorted(created_schema)
    for table, parts in created_schema.items():
        assert schema[table] == parts, table


def test_the_last_migration_can_be_undone_and_done_again(migrated):
    before = schema_of_the_database()
    flask_migrate.downgrade()
    assert schema_of_the_database() != before
    flask_migrate.upgrade()
    assert schema_of_the_database() == before


def schema_of_the_database() -> dict[str, dict]:
    """Everything the database knows of each table, in an order that does not depend on how it was built."""
    inspector = inspect(db.engine)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)},
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": _by_name(inspector.get_foreign_keys(table)),
            "unique": _by_name(inspector.get_unique_constraints(table)),
            "checks": _by_name(inspector.get_check_constraints(table)),
            "indexes": _by_name(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _by_name(parts: list) -> dict[str, str]:
    return {part["name"]: _plain(part) for part in parts}


def _plain(part: dict) -> str:
    options = {name: str(value) for name, value in part.get("dialect_options", {}).items()}
    return str(sorted({**part, "dialect_options": sorted(options.items())}.items()))
