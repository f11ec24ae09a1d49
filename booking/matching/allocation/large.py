"""A part too large to be solved exactly: its relaxation says where the doubt is, and proves how little is lost there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from booking.matching.allocation.exact import Bounds, aims_over, at_least
from booking.matching.allocation.formulation import (
    Program,
    Row,
    all_left,
    left_by,
    positions_by,
    program_of,
    pupils_bind,
    violated_covers,
)
from booking.matching.allocation.highs import Relaxation, Relaxed, solve_whole
from booking.matching.allocation.parts import together
from booking.matching.allocation.tables import Flags, Floats, Ints, Tables

# The aims blended, one unit of weight against a thousand points: only to look for a result, never to prove one.
POINTS_SHARE = 1e-3
NEARNESS_SHARE = 1e-5
COVER_ROUNDS = 12
# Around a loss, so many classes are shared out anew, pass after pass; more where fewer did not help.
NEIGHBOURS = (40, 80, 160, 320)
# Wishes that the relaxation finds dearer than this are left alone near a loss: a hundred points.
WORTH_TRYING = 0.1
KNOT_NODES = 200
WHOLE = 1e-6
TOLERANCE = 1e-5


@dataclass
class _Search:
    """The columns of the part (numbers in the tables), where each class and slot has its own, and what is granted."""

    tables: Tables
    columns: Ints
    granted: Flags
    by_class: dict[int, Ints]
    by_slot: dict[int, Ints]


def solve_large(tables: Tables, columns: Ints, stop: Callable[[], bool] | None = None) -> tuple[Ints, Bounds, bool]:
    """A very good choice among these columns, the bound of each aim, and whether it was not broken off."""
    program = program_of(tables, columns, all_left(tables), with_covers=False)
    relaxation = Relaxation(program.size, program.rows, blended(tables, program))
    solved = _tightened(tables, program, relaxation)
    search = _Search(
        tables,
        columns,
        np.zeros(tables.size, dtype=bool),
        _by(tables.class_of[columns], columns),
        _by(tables.slot_of[columns], columns),
    )
    _round(search, solved.values[: len(columns)])
    finished = _improve(search, program, solved, stop)
    chosen = columns[search.granted[columns]]
    return chosen, _bounds(tables, program, relaxation, search.granted), finished


def blended(tables: Tables, program: Program) -> Floats:
    """The three aims as one number for each column of a program."""
    (served, _), (points, _), (nearness, _) = aims_over(tables, program)
    nearest = float(tables.nearness.max(initial=1)) / 1000.0
    return served + POINTS_SHARE * points + NEARNESS_SHARE * nearness / nearest


def _by(key: Ints, columns: Ints) -> dict[int, Ints]:
    return {int(key[here[0]]): columns[here] for here in positions_by(key)}


def _tightened(tables: Tables, program: Program, relaxation: Relaxation) -> Relaxed:
    """The relaxation, with the covers that its solution breaks added until there is none."""
    slots = list(_slots_bound_by_pupils(tables, program))
    for _ in range(COVER_ROUNDS):
        solved = relaxation.solve()
        rows = [row for slot in slots for row in _broken_here(*slot, solved.values)]
        if not rows:
            break
        relaxation.add(rows)
        program.rows += rows
    else:
        solved = relaxation.solve()
    return solved


def _slots_bound_by_pupils(tables: Tables, program: Program) -> Iterator[tuple[Ints, Ints, int, int]]:
    slot_of = tables.slot_of[program.columns]
    for here in positions_by(slot_of):
        slot = int(slot_of[here[0]])
        sizes = tables.pupils[tables.class_of[program.columns[here]]]
        most, pupils = int(tables.slot_classes[slot]), int(tables.slot_pupils[slot])
        if most > 1 and pupils_bind(sizes, most, pupils):
            yield here, sizes, most, pupils


def _broken_here(here: Ints, sizes: Ints, most: int, pupils: int, values: Floats) -> Iterator[Row]:
    value = values[here]
    if ((value > WHOLE) & (value < 1 - WHOLE)).any():
        yield from violated_covers(here, sizes, most, pupils, value)


def _round(search: _Search, values: Floats) -> None:
    """Grant what the relaxation grants whole; where it hesitates, share out each knot of doubt exactly."""
    tables, columns = search.tables, search.columns
    search.granted[columns[values > 1 - WHOLE]] = True
    doubtful = np.zeros(tables.size, dtype=bool)
    doubtful[columns[(values > WHOLE) & (values < 1 - WHOLE)]] = True
    for knot in together(tables.size, [tables.class_of, tables.slot_of], doubtful):
        classes = np.unique(tables.class_of[knot])
        own = np.concatenate([search.by_class[int(number)] for number in classes])
        _share_out(search, np.sort(own[~search.granted[own]]))


def _share_out(search: _Search, columns: Ints) -> None:
    """Grant the best choice among columns that are not granted, within what is left."""
    program = program_of(search.tables, columns, left_by(search.tables, search.granted), with_covers=True)
    found = solve_whole(program.size, program.rows, blended(search.tables, program), nodes=KNOT_NODES)
    search.granted[columns[found.values[: len(columns)] > 0.5]] = True


def _improve(search: _Search, program: Program, solved: Relaxed, stop: Callable[[], bool] | None) -> bool:
    """Share out anew around each place where the result is worth less than the relaxation; whether it came to its end."""
    reduced = np.full(search.tables.size, -np.inf)
    reduced[search.columns] = solved.reduced_costs[: len(search.columns)]
    for most in NEIGHBOURS:
        done: set[int] = set()
        for classes_here in _losses(search, program, solved, reduced):
            if stop and stop():
                return False
            if done.issuperset(classes_here):
                continue
            neighbours = _around(search, classes_here, reduced, most)
            done |= neighbours
            _share_out_anew(search, neighbours, reduced)
    return True


def _losses(search: _Search, program: Program, solved: Relaxed, reduced: Floats) -> list[list[int]]:
    """The classes around each loss, the greatest loss first.

    A loss: a row that has a price and is not full, or a wish that is granted although it has one. By the duality of
    linear programs they add up to all that parts the result from the relaxation.
    """
    tables = search.tables
    value = search.granted[program.columns].astype(np.float64)
    found: list[tuple[float, list[int]]] = []
    for number in np.flatnonzero(solved.duals > WHOLE):
        columns, coefficients, most = program.rows[number]
        if columns[-1] >= len(value):
            continue
        loss = float(solved.duals[number]) * (most - float(coefficients @ value[columns]))
        if loss > WHOLE:
            here = program.columns[columns]
            near = here[search.granted[here] | (reduced[here] > -WORTH_TRYING)]
            found.append((loss, np.unique(tables.class_of[near]).tolist()))
    dear = search.columns[search.granted[search.columns] & (reduced[search.columns] < -WHOLE)]
    found += [(-float(reduced[column]), [int(tables.class_of[column])]) for column in dear]
    found.sort(key=lambda each: (-round(each[0], 9), each[1]))
    return [classes for _loss, classes in found]


def _around(search: _Search, classes: list[int], reduced: Floats, most: int) -> set[int]:
    """These classes and those who could change places with them, the nearest first, up to `most`."""
    tables = search.tables
    queue = list(classes[:most])
    near = set(queue)
    seen_slots: set[int] = set()
    for number in queue:
        own = search.by_class[number]
        for column in own[search.granted[own] | (reduced[own] > -WORTH_TRYING)]:
            slot = int(tables.slot_of[column])
            if slot in seen_slots:
                continue
            seen_slots.add(slot)
            rivals = search.by_slot[slot]
            rivals = rivals[search.granted[rivals] | (reduced[rivals] > -WORTH_TRYING / 10)]
            for rival in rivals[np.argsort(-reduced[rivals], kind="stable")]:
                other = int(tables.class_of[rival])
                if other not in near:
                    if len(near) >= most:
                        return near
                    near.add(other)
                    queue.append(other)
    return near


def _share_out_anew(search: _Search, classes: set[int], reduced: Floats) -> None:
    """Take back what these classes have and share it out better, if it can be."""
    tables = search.tables
    own = np.sort(np.concatenate([search.by_class[number] for number in sorted(classes)]))
    columns = own[search.granted[own] | (reduced[own] > -WORTH_TRYING)]
    before = columns[search.granted[columns]]
    search.granted[before] = False
    program = program_of(tables, columns, left_by(tables, search.granted), with_covers=True)
    worth = blended(tables, program)
    found = solve_whole(program.size, program.rows, worth, nodes=KNOT_NODES)
    after = columns[found.values[: len(columns)] > 0.5]
    is_better = _worth(tables, after) > _worth(tables, before) + 1e-9
    search.granted[after if is_better else before] = True


def _worth(tables: Tables, chosen: Ints) -> float:
    """The blend of a choice among classes that have nothing else."""
    nearest = float(tables.nearness.max(initial=1))
    return float(
        tables.weight[np.unique(tables.class_of[chosen])].sum()
        + POINTS_SHARE * tables.points[chosen].sum()
        + NEARNESS_SHARE * tables.nearness[chosen].sum() / nearest
    )


def _bounds(tables: Tables, program: Program, relaxation: Relaxation, granted: Flags) -> Bounds:
    """What no choice can exceed: the relaxation of each aim, the aims before it kept where the result has them."""
    chosen = program.columns[granted[program.columns]]
    reached = (
        int(tables.weight[np.unique(tables.class_of[chosen])].sum()),
        int(tables.points[chosen].sum()),
        int(tables.nearness[chosen].sum()),
    )
    bounds = []
    for (worth, unit), value in zip(aims_over(tables, program), reached, strict=True):
        relaxation.aim_at(worth)
        bounds.append(max(int(np.floor(relaxation.solve().worth / unit + 1e-6)), value))
        relaxation.add([at_least(worth, value * unit, TOLERANCE)])
    return bounds[0], bounds[1], bounds[2]
