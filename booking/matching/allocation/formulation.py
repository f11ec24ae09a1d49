"""The limits of a round as rows of a linear program, and the covers that make it tight.

A row is (columns, coefficients, most): their sum is at most that. Behind the wishes' columns stand helper columns: one
per school that could take a workshop, one per class that may get several visits (see Program).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from booking.matching.allocation.tables import Flags, Floats, Ints, Tables

Row = tuple[Ints, Floats, float]


@dataclass(frozen=True)
class Left:
    """What is still to be shared when some wishes are already granted."""

    slot_classes: Ints
    slot_pupils: Ints
    most: Ints
    caps: Ints


def all_left(tables: Tables) -> Left:
    return Left(tables.slot_classes, tables.slot_pupils, tables.most, tables.caps)


def left_by(tables: Tables, granted: Flags) -> Left:
    """What these granted wishes leave."""
    class_of, slot_of = tables.class_of[granted], tables.slot_of[granted]
    used_pupils = np.bincount(slot_of, weights=tables.pupils[class_of], minlength=len(tables.slot_pupils))
    return Left(
        tables.slot_classes - np.bincount(slot_of, minlength=len(tables.slot_classes)),
        tables.slot_pupils - used_pupils.astype(np.int64),
        tables.most - np.bincount(class_of, minlength=len(tables.most)),
        tables.caps - np.bincount(tables.school_of[class_of], minlength=len(tables.caps)),
    )


@dataclass
class Program:
    """Some of the wishes' columns, with the rows that bind them. columns: their numbers in the tables.

    served: coefficients of the first aim over all columns, helpers included.
    """

    columns: Ints
    rows: list[Row] = field(default_factory=list)
    helpers: int = 0
    served: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def size(self) -> int:
        return len(self.columns) + self.helpers


def program_of(tables: Tables, columns: Ints, left: Left, *, with_covers: bool) -> Program:
    """The program of these columns within what is left. with_covers: every cover at once, for small programs."""
    program = Program(columns)
    class_of, slot_of = tables.class_of[columns], tables.slot_of[columns]
    _class_rows(program, tables, class_of, left)
    for here in positions_by(slot_of):
        slot = int(slot_of[here[0]])
        most, pupils = int(left.slot_classes[slot]), int(left.slot_pupils[slot])
        sizes = tables.pupils[class_of[here]]
        if len(here) > most:
            program.rows.append((here, np.ones(len(here)), float(most)))
        if pupils_bind(sizes, most, pupils):
            program.rows.append((here, sizes.astype(np.float64), float(pupils)))
            if with_covers:
                program.rows += covers(here, sizes, most, pupils)
        if tables.one_school[slot] and most > 1:
            _workshop_rows(program, tables.school_of[class_of[here]], here)
    _school_rows(program, tables, class_of, left)
    _clash_rows(program, tables, columns)
    return program


def _class_rows(program: Program, tables: Tables, class_of: Ints, left: Left) -> None:
    program.served = np.zeros(len(class_of))
    for here in positions_by(class_of):
        number = int(class_of[here[0]])
        weight, most, still = float(tables.weight[number]), int(tables.most[number]), int(left.most[number])
        if len(here) > still:
            program.rows.append((here, np.ones(len(here)), float(still)))
        if most == 1:
            program.served[here] = weight
        elif still == most:
            # Several visits count once: a helper that is at most 1, and at most what the class gets.
            helper = _helper(program, weight)
            program.rows.append((np.append(here, helper), np.append(-np.ones(len(here)), 1.0), 0.0))


def _workshop_rows(program: Program, schools: Ints, here: Ints) -> None:
    """One school only: a helper for each school that could come, one of them at most."""
    names = np.unique(schools)
    if len(names) < 2:
        return
    helpers = []
    for school in names:
        helper = _helper(program, 0.0)
        helpers.append(helper)
        for column in here[schools == school]:
            program.rows.append((np.array([column, helper]), np.array([1.0, -1.0]), 0.0))
    program.rows.append((np.array(helpers), np.ones(len(helpers)), 1.0))


def _school_rows(program: Program, tables: Tables, class_of: Ints, left: Left) -> None:
    school_of = tables.school_of[class_of]
    for here in positions_by(school_of):
        cap = int(left.caps[school_of[here[0]]])
        classes, wishes = np.unique(class_of[here], return_counts=True)
        if cap < int(np.minimum(wishes, left.most[classes]).sum()):
            program.rows.append((here, np.ones(len(here)), float(cap)))


def _clash_rows(program: Program, tables: Tables, columns: Ints) -> None:
    if not len(tables.clashes):
        return
    place = np.full(tables.size, -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    for first, second in place[tables.clashes]:
        if first >= 0 and second >= 0:
            program.rows.append((np.array([first, second]), np.ones(2), 1.0))


def _helper(program: Program, served: float) -> int:
    program.helpers += 1
    program.served = np.append(program.served, served)
    return program.size - 1


def pupils_bind(sizes: Ints, most: int, pupils: int) -> bool:
    """Whether the pupils' limit can stop a choice that the classes' limit allows."""
    return int(np.sort(sizes)[::-1][: max(most, 0)].sum()) > pupils


def covers(here: Ints, sizes: Ints, most: int, pupils: int) -> Iterator[Row]:
    """Every extended cover of a slot: of the largest classes and one smaller, at most j come when any j + 1 overflow."""
    order = np.argsort(-sizes, kind="stable")
    size = sizes[order]
    total = np.concatenate(([0], np.cumsum(size)))
    for j in range(1, most):
        for last, smaller in _cover_sets(size, total, j, pupils):
            members = np.append(order[: last + 1], order[smaller])
            yield here[members], np.ones(len(members)), float(j)


def _cover_sets(size: Ints, total: Ints, j: int, pupils: int) -> Iterator[tuple[int, int]]:
    """(last, smaller): the classes 0 … last, largest first, and one smaller class; any j + 1 of them are too many pupils."""
    for smaller in range(len(size) - 1, j - 1, -1):
        # The j smallest of the set, beside the smaller one, are the last j of the prefix.
        last = smaller - 1
        while last >= j - 1 and size[smaller] + total[last + 1] - total[last + 1 - j] <= pupils:
            last -= 1
        if last < j - 1:
            continue
        yield last, smaller
        if last == smaller - 1:
            return


def positions_by(key: Ints) -> list[Ints]:
    """The positions that share a key, one array for each key."""
    if not len(key):
        return []
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
