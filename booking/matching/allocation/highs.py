"""HiGHS, the exact solver, as two calls: a program's relaxation, and the program in whole numbers.

One thread, a fixed seed, a count of nodes and never a clock: the same program always gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from booking.matching.allocation.formulation import Row
from booking.matching.allocation.tables import Floats

_OK = (highspy.HighsModelStatus.kOptimal,)
_STOPPED = (highspy.HighsModelStatus.kSolutionLimit, highspy.HighsModelStatus.kInterrupt)


class NotSolved(RuntimeError):
    """The solver ended otherwise than it should: a fault of ours, since granting nothing is always allowed."""


@dataclass(frozen=True)
class Relaxed:
    """A solution of the relaxation. bound: what no result can exceed, whatever the solver's accuracy; by its prices.

    reduced_costs, duals: what stands at its limit.
    """

    bound: float
    values: Floats
    reduced_costs: Floats
    duals: Floats


def relax(size: int, rows: Sequence[Row], worth: Floats) -> Relaxed:
    """The program without the demand for whole numbers, by the method of interior points: prices, not corners."""
    highs = _solver()
    highs.setOptionValue("solver", "ipm")
    highs.setOptionValue("run_crossover", "off")
    highs.passModel(_model(size, rows, worth))
    highs.run()
    if highs.getModelStatus() not in _OK:
        # Rarely it stops short of its accuracy; corners then.
        highs.setOptionValue("solver", "simplex")
        highs.run()
    if (status := highs.getModelStatus()) not in _OK:
        raise NotSolved(highs.modelStatusToString(status))
    found = highs.getSolution()
    duals = np.array(found.row_dual)
    return Relaxed(_bound_of(rows, worth, duals), np.array(found.col_value), np.array(found.col_dual), duals)


def _bound_of(rows: Sequence[Row], worth: Floats, duals: Floats) -> float:
    """Any prices that are not negative bound the program: what the limits cost, and what each column is worth beyond."""
    left, total = worth.astype(np.float64), 0.0
    for (columns, coefficients, most), price in zip(rows, np.maximum(duals, 0.0).tolist(), strict=True):
        if price:
            left[columns] -= price * coefficients
            total += price * most
    return float(total + np.maximum(left, 0.0).sum())


@dataclass(frozen=True)
class Whole:
    """A solution in whole numbers and the proof of how good it is. nodes: how much of the search tree was seen."""

    values: Floats
    worth: float
    bound: float
    nodes: int


def solve_whole(
    size: int, rows: Sequence[Row], worth: Floats, *, nodes: int, start: Floats | None = None, slack: float = 0.0,
    gap: float = 0.0,
) -> Whole:  # fmt: skip
    """The best whole solution, or the best one seen when the count of nodes runs out; never stopped by a clock.

    slack: how much less than the best is as good (just under 1 where every worth is a whole number); gap: the same as a
    share of the best.
    """
    highs = _solver()
    highs.setOptionValue("mip_max_nodes", nodes)
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("mip_abs_gap", max(slack, 1e-6))
    highs.passModel(_model(size, rows, worth, whole=True))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        highs.setSolution(solution)
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status not in (*_OK, *_STOPPED):
        raise NotSolved(highs.modelStatusToString(status))
    return Whole(
        values=np.array(highs.getSolution().col_value),
        worth=info.objective_function_value,
        bound=info.mip_dual_bound,
        nodes=max(int(info.mip_node_count), 0),
    )


def _solver() -> Any:
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("parallel", "off")
    highs.setOptionValue("random_seed", 1)
    return highs


def _model(size: int, rows: Sequence[Row], worth: Floats, *, whole: bool = False) -> Any:
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = size, len(rows)
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = np.asarray(worth, dtype=np.float64)
    program.col_lower_, program.col_upper_ = np.zeros(size), np.ones(size)
    program.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    program.row_upper_ = np.array([most for _columns, _coefficients, most in rows], dtype=np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lengths = [len(columns) for columns, _coefficients, _most in rows]
    program.a_matrix_.start_ = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    if rows:
        program.a_matrix_.index_ = np.concatenate([row[0] for row in rows]).astype(np.int32)
        program.a_matrix_.value_ = np.concatenate([row[1] for row in rows])
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * size
    return program
