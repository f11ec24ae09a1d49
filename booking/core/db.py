"""The database: one session, one way to commit, the column types every room shares."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, DateTime, Engine, Executable, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: always aware and in UTC on the Python side, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored as an instant")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StrEnumType(TypeDecorator[Any]):
    """A StrEnum stored by its value, read back as its member."""

    impl = String(40)
    cache_ok = True

    def __init__(self, enum_class: type[enum.StrEnum]) -> None:
        super().__init__(40)
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else str(self.enum_class(value))

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else self.enum_class(value)


class Base(DeclarativeBase):
    # The map sits on the registry: Flask-SQLAlchemy derives its own base from this class, which may not repeat it.
    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime()})


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(Base):
        """What models are made of, for the type checker: it cannot follow a class kept in an attribute of `db`."""

        __abstract__ = True

else:
    Model = db.Model


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver must not open transactions by itself: BEGIN is ours to word (see _begin).
    connection.isolation_level = None
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=60000"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', '')}".strip())


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block did, or roll everything back and raise again: the only commit of the code base.

    Whatever was read before is dropped first. On SQLite the write lock is taken at once: a transaction that reads
    and then writes fails with "database is locked" whatever the timeout, when another wrote in between.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() does not nest: a view, a command or a job opens exactly one")
    session.rollback()
    begin_writing()
    session.info["writing"] = True
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


def begin_writing() -> None:
    """Open the session's transaction as a writing one, for the few libraries that commit by themselves."""
    db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})


def rows_changed(statement: Executable) -> int:
    """How many rows a guarded statement changed: none says that its condition did not hold."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount
