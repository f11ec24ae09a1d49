"""What the same round would have given otherwise: the fastest clicker first, or a draw. To be shown beside the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from booking.matching.allocation.instance import Instance, Placement, draw, in_order
from booking.matching.allocation.tables import Flags, Tables, tables_of


def first_come(instance: Instance, arrival: Mapping[str, int]) -> list[Placement]:
    """Each class in the order of its arrival (class key to rank of arrival) takes the dearest wish still possible."""
    tables = tables_of(in_order(instance))
    keys = [each.key for each in tables.instance.classes]
    order = sorted(range(len(keys)), key=lambda number: (arrival[keys[number]], keys[number]))
    return tables.placements(_served_in_turn(tables, order))


def random_draw(instance: Instance) -> list[Placement]:
    """The same in an order drawn from the seed."""
    tables = tables_of(in_order(instance))
    keys = [each.key for each in tables.instance.classes]
    order = sorted(range(len(keys)), key=lambda number: (draw(instance.seed, "order", keys[number]), keys[number]))
    return tables.placements(_served_in_turn(tables, order))


def _served_in_turn(tables: Tables, order: Sequence[int]) -> Flags:
    chosen = np.zeros(tables.size, dtype=bool)
    classes, pupils = tables.slot_classes.tolist(), tables.slot_pupils.tolist()
    caps, school_at = tables.caps.tolist(), [slot.school for slot in tables.instance.slots]
    clashing: dict[int, set[int]] = {}
    for first, second in tables.clashes.tolist():
        clashing.setdefault(first, set()).add(second)
        clashing.setdefault(second, set()).add(first)
    columns_of: dict[int, list[int]] = {}
    for column in np.lexsort((tables.rank_of, tables.class_of)).tolist():
        columns_of.setdefault(int(tables.class_of[column]), []).append(column)
    for number in order:
        school, size = int(tables.school_of[number]), int(tables.pupils[number])
        name, taken = tables.instance.classes[number].school, set[int]()
        for column in columns_of.get(number, ()):
            slot = int(tables.slot_of[column])
            is_elsewhere = bool(tables.one_school[slot]) and school_at[slot] not in (None, name)
            if len(taken) == tables.most[number] or caps[school] < 1:
                break
            if classes[slot] < 1 or pupils[slot] < size or is_elsewhere or clashing.get(column, set()) & taken:
                continue
            classes[slot] -= 1
            pupils[slot] -= size
            caps[school] -= 1
            school_at[slot] = name
            taken.add(column)
            chosen[column] = True
    return chosen
