"""Which parts of a round have nothing to do with each other: no class, no slot and no capped school in common."""

from __future__ import annotations

import numpy as np

from booking.matching.allocation.tables import NO_CAP, Flags, Ints, Tables


def parts_of(tables: Tables) -> list[Ints]:
    """The columns of each part, the parts in the order of their first column."""
    capped = tables.caps < NO_CAP
    school_of = tables.school_of_column()
    keys = [tables.class_of, tables.slot_of, np.where(capped[school_of], school_of, -1)]
    return together(tables.size, keys, np.ones(tables.size, dtype=bool))


def together(size: int, keys: list[Ints], among: Flags) -> list[Ints]:
    """The columns `among` grouped by what they share, directly or through others. A key below 0 is shared with nobody."""
    parent = list(range(size))

    def root(column: int) -> int:
        while parent[column] != column:
            parent[column] = parent[parent[column]]
            column = parent[column]
        return column

    columns = np.flatnonzero(among).tolist()
    for key in keys:
        first: dict[int, int] = {}
        values = key.tolist()
        for column in columns:
            if values[column] < 0:
                continue
            mate = first.setdefault(values[column], column)
            a, b = root(mate), root(column)
            if a != b:
                parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for column in columns:
        groups.setdefault(root(column), []).append(column)
    return [np.array(groups[key], dtype=np.int64) for key in sorted(groups)]
