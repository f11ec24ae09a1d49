"""Two questions about time that each database words in its own way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class day_of(FunctionElement[Any]):
    """The day of a local hour, as a date."""

    type = Date()
    inherit_cache = True


class hours_between(FunctionElement[Any]):
    """The whole hours from an instant to a later one."""

    type = Float()
    inherit_cache = True


@compiles(day_of)
def _day(element: Any, compiler: Any, **values: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **values)} AS DATE)"


@compiles(day_of, "sqlite")
def _day_on_sqlite(element: Any, compiler: Any, **values: Any) -> str:
    return f"date({compiler.process(element.clauses, **values)})"


@compiles(hours_between)
def _hours(element: Any, compiler: Any, **values: Any) -> str:
    first, last = (compiler.process(clause, **values) for clause in element.clauses)
    # date_part gives a float where extract gives a decimal, ten times slower to group by.
    return f"floor(date_part('epoch', {last} - {first}) / 3600)"


@compiles(hours_between, "sqlite")
def _hours_on_sqlite(element: Any, compiler: Any, **values: Any) -> str:
    first, last = (compiler.process(clause, **values) for clause in element.clauses)
    # Whole seconds, as a day in a Julian count is too coarse to cut at the hour.
    return f"((strftime('%s', {last}) - strftime('%s', {first})) / 3600)"
