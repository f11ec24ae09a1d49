"""How Alembic meets the application: the same migrations on SQLite and on PostgreSQL, which import no model."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, DefaultClause, TypeDecorator
from sqlalchemy.sql.elements import False_, True_

database = current_app.extensions["migrate"].db

# A model that no page imports yet is a table all the same.
for models in sorted(Path(current_app.root_path).glob("*/models.py")):
    import_module(f"booking.{models.parent.name}.models")


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | bool:
    """Write our own column types as the plain ones they are stored as; a migration outlives the class it came from.

    And `false` as a word of SQL's own: the default Alembic would write is the one of the database at hand (0 on
    SQLite, which PostgreSQL refuses).
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    if kind == "server_default" and isinstance(item, DefaultClause) and isinstance(item.arg, True_ | False_):
        return f"sa.{item.arg}()"
    return False


def leave_out_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no file when the models and the database already agree."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def migrate_online() -> None:
    with database.engine.connect() as connection:
        # The writing lock at once, as everywhere (booking.core.db).
        connection = connection.execution_options(sqlite_begin="IMMEDIATE")
        with _foreign_keys_off(connection):
            context.configure(
                connection=connection,
                target_metadata=database.metadata,
                process_revision_directives=leave_out_empty,
                render_item=render_item,
                compare_server_default=True,
                **current_app.extensions["migrate"].configure_args,
            )
            with context.begin_transaction():
                context.run_migrations()


class _foreign_keys_off:
    """On SQLite a table is altered by copying it and dropping the old one, which would delete the rows that point
    to it. The pragma only works outside a transaction, hence on the driver's connection."""

    def __init__(self, connection: Connection) -> None:
        self.is_sqlite = connection.dialect.name == "sqlite"
        self.driver: Any = connection.connection.dbapi_connection

    def __enter__(self) -> None:
        if self.is_sqlite:
            self.driver.execute("PRAGMA foreign_keys=OFF")

    def __exit__(self, kind: Any, *_rest: Any) -> None:
        if not self.is_sqlite:
            return
        orphans = self.driver.execute("PRAGMA foreign_key_check").fetchall() if kind is None else []
        self.driver.execute("PRAGMA foreign_keys=ON")
        if orphans:
            raise RuntimeError(f"rows point to rows that are gone (table, row, parent): {orphans[:10]}")


def migrate_offline() -> None:
    """Write the SQL instead of running it (`flask db upgrade --sql`)."""
    url = database.engine.url.render_as_string(hide_password=False)
    context.configure(url=url, target_metadata=database.metadata, literal_binds=True, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    migrate_offline()
else:
    migrate_online()
