"""A part of a round solved exactly: one whole-number program for each aim, the aims before it kept."""

from __future__ import annotations

import numpy as np

from booking.matching.allocation.formulation import Program, Row, all_left, program_of
from booking.matching.allocation.highs import solve_whole
from booking.matching.allocation.tables import Floats, Ints, Tables

Bounds = tuple[int, int, int]


def solve_exactly(tables: Tables, columns: Ints, nodes: int) -> tuple[Ints, Bounds]:
    """The best choice among these columns and the bound of each aim, by one whole-number program per aim."""
    program = program_of(tables, columns, all_left(tables), with_covers=True)
    kept: list[Row] = []
    bounds = []
    values: Floats = np.zeros(program.size)
    for worth, unit in aims_over(tables, program):
        found = solve_whole(program.size, [*program.rows, *kept], worth, nodes=nodes, start=values, slack=0.99 * unit)
        values = np.round(found.values)
        reached = float(worth @ values)
        bounds.append(round(max(reached, np.floor(found.bound / unit + 1e-6) * unit) / unit))
        kept.append(at_least(worth, reached, unit))
    return columns[values[: len(columns)] > 0.5], (bounds[0], bounds[1], bounds[2])


def aims_over(tables: Tables, program: Program) -> list[tuple[Floats, float]]:
    """The worth of each column of a program for the three aims, with the unit in which each counts."""
    nothing = np.zeros(program.helpers)
    return [
        (program.served, 1.0),
        (np.append(tables.points[program.columns].astype(np.float64), nothing), 1.0),
        (np.append(tables.nearness[program.columns] / 1000.0, nothing), 0.001),
    ]


def at_least(worth: Floats, reached: float, unit: float) -> Row:
    """The row that keeps what an earlier aim has reached."""
    columns = np.flatnonzero(worth)
    return columns, -worth[columns], -(reached - unit / 2)
