"""The fair allocation: classes served by weight, then the ranks they obtain, then distance, each proven before the next.

A round falls into parts that share no class, slot or capped school. Small parts are solved exactly, aim after aim. A
large part is cut into districts, each shared out as one program of the blended aims; the first aim is proven near the
best at the prices of its borders, the others are bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from booking.matching.allocation.exact import solve_exactly
from booking.matching.allocation.instance import Instance, Placement, check_instance, in_order
from booking.matching.allocation.large import at_most_alone, solve_large
from booking.matching.allocation.parts import parts_of
from booking.matching.allocation.tables import Ints, aims_of, broken_rules, tables_of

# Parts of up to so many columns are solved exactly: ten seconds. Larger ones are cut into districts.
EXACT_COLUMNS = 6000
# Parts smaller than this are put together until they fill it: the solver's own start-up would cost more than they do.
BATCH_COLUMNS = 300
NODES = 20_000
AIM_NAMES = ("served", "points", "nearness")


@dataclass(frozen=True)
class Level:
    """One aim of the allocation: what was reached, and what nothing can exceed once the aims before it are kept."""

    name: str
    value: int
    bound: int

    @property
    def gap(self) -> float:
        """How far the result can be from the best, as a share of the best."""
        return max(self.bound - self.value, 0) / self.bound if self.bound else 0.0


@dataclass(frozen=True)
class Allocation:
    """Who gets what, with its proof. is_whole: false when it was broken off by hand, and may not be applied."""

    placements: tuple[Placement, ...]
    levels: tuple[Level, ...]
    parts: int
    is_whole: bool = True


def allocate(
    instance: Instance,
    *,
    nodes: int = NODES,
    exact_columns: int = EXACT_COLUMNS,
    stop: Callable[[], bool] | None = None,
) -> Allocation:
    """Solve a round. The same round and seed give the same answer, whatever the order of its rows.

    nodes: of the search tree for each small part. stop: asked between two steps; true breaks off.
    Refuses: Inconsistent.
    """
    check_instance(instance)
    tables = tables_of(in_order(instance))
    chosen = np.zeros(tables.size, dtype=bool)
    bounds = np.zeros(3, dtype=np.int64)
    is_whole = True
    parts = parts_of(tables)
    for columns in _batches(parts):
        if not is_whole or (stop and stop()):
            # Broken off: what is left could be worth no more than if every class had its dearest wishes.
            is_whole = False
            served = int(tables.weight[np.unique(tables.class_of[columns])].sum())
            bounds += np.array([served, *at_most_alone(tables, columns)], dtype=np.int64)
            continue
        if len(columns) <= exact_columns:
            part, reached = solve_exactly(tables, columns, nodes)
        else:
            part, reached, finished = solve_large(tables, columns, stop)
            is_whole = is_whole and finished
        chosen[part] = True
        bounds += np.array(reached, dtype=np.int64)
    if broken := broken_rules(tables, chosen):
        raise AssertionError(", ".join(broken))
    aims = aims_of(tables, chosen)
    values = (aims.served, aims.points, aims.nearness)
    levels = tuple(
        Level(name, value, max(int(bound), value)) for name, value, bound in zip(AIM_NAMES, values, bounds, strict=True)
    )
    return Allocation(tuple(tables.placements(chosen)), levels, len(parts), is_whole)


def _batches(parts: list[Ints]) -> list[Ints]:
    """The parts, the small ones put together."""
    batches: list[Ints] = []
    waiting: list[Ints] = []
    for part in parts:
        if len(part) >= BATCH_COLUMNS:
            batches.append(part)
            continue
        waiting.append(part)
        if sum(map(len, waiting)) >= BATCH_COLUMNS:
            batches.append(np.sort(np.concatenate(waiting)))
            waiting = []
    if waiting:
        batches.append(np.sort(np.concatenate(waiting)))
    return batches
