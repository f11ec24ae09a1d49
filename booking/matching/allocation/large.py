"""A part too large to be solved at once: cut into districts, each shared out as one program, and proven near the best.

The relaxation of the whole part gives each place and each class its price. A class that wishes across a border belongs
to the district where the relaxation serves it; the districts are then shared out one after the other within what is
left. For the proof the borders are opened at those prices instead: what the districts could obtain together, each on
its own and paying for what crosses, is more than any result can be worth (Lagrange's relaxation).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from booking.matching.allocation.districts import districts_of
from booking.matching.allocation.exact import Bounds, aims_over, at_least
from booking.matching.allocation.formulation import Program, Row, all_left, left_by, positions_by, program_of
from booking.matching.allocation.highs import Relaxed, relax, solve_whole
from booking.matching.allocation.tables import Flags, Floats, Ints, Tables

# The aims blended, one unit of weight against a thousand points: only to look for a result, never to prove one.
POINTS_SHARE = 1e-3
NEARNESS_SHARE = 1e-5
# Classes of a district, about: small enough to be shared out exactly in seconds, large enough to have short borders.
DISTRICT_CLASSES = 2000
# Wishes that the relaxation finds dearer than this are not tried in the first sharing: a hundred points.
WORTH_TRYING = 0.1
DISTRICT_NODES = 200
# A district is shared out when no more than this share of its worth can be missing.
DISTRICT_GAP = 1e-6
TOLERANCE = 1e-5
# Up to so many columns the second and third aims are bounded too: beyond, only the first one's proof is worth its time.
ALL_AIMS_COLUMNS = 40_000


@dataclass
class _Search:
    """The columns of the part (numbers in the tables), the relaxation of the blend over them, and what is granted."""

    tables: Tables
    program: Program
    relaxed: Relaxed
    granted: Flags

    @property
    def columns(self) -> Ints:
        return self.program.columns


def solve_large(tables: Tables, columns: Ints, stop: Callable[[], bool] | None = None) -> tuple[Ints, Bounds, bool]:
    """A very good choice among these columns, the bound of each aim, and whether it was not broken off."""
    program = program_of(tables, columns, all_left(tables), with_covers=True)
    district = districts_of(tables, columns, DISTRICT_CLASSES)
    # Two threads, each with work of its own: what one finds does not depend on the other.
    with ThreadPoolExecutor(2) as pool:
        proof = pool.submit(most_served, tables, program, district, stop)
        relaxed = relax(program.size, program.rows, blended(tables, program))
        search = _Search(tables, program, relaxed, np.zeros(tables.size, dtype=bool))
        finished = _share_out(search, district, stop)
        served = proof.result()
    chosen = columns[search.granted[columns]]
    return chosen, _bounds(search, served), finished


def blended(tables: Tables, program: Program) -> Floats:
    """The three aims as one number for each column of a program."""
    (served, _), (points, _), (nearness, _) = aims_over(tables, program)
    nearest = float(tables.nearness.max(initial=1)) / 1000.0
    return served + POINTS_SHARE * points + NEARNESS_SHARE * nearness / nearest


def _share_out(search: _Search, district: Ints, stop: Callable[[], bool] | None) -> bool:
    """Grant district after district; whether it came to its end."""
    tables, columns = search.tables, search.columns
    is_home = _at_home(search, district)
    tried = is_home & (search.relaxed.reduced_costs[: len(columns)] > -WORTH_TRYING)
    for number in range(int(district.max(initial=-1)) + 1):
        if stop and stop():
            return False
        _grant_best(search, columns[tried & (district == number)])
    # What was left aside may still fit: other wishes of those who have nothing, across the borders too.
    _grant_best(search, columns[~np.isin(tables.class_of[columns], tables.class_of[search.granted])])
    while _move_to_what_is_free(search):
        _grant_best(search, columns[~np.isin(tables.class_of[columns], tables.class_of[search.granted])])
    return True


def _move_to_what_is_free(search: _Search) -> int:
    """Let each class that has one place take a dearer wish that is free, which costs nobody anything; how many moved."""
    tables = search.tables
    left = left_by(tables, search.granted)
    classes, pupils = left.slot_classes.copy(), left.slot_pupils.copy()
    owner = _owners(search)
    moved = 0
    for here in positions_by(tables.class_of[search.columns]):
        own = search.columns[here]
        number = int(tables.class_of[own[0]])
        has = own[search.granted[own]]
        if tables.most[number] != 1 or not len(has):
            continue
        size, school, old = int(tables.pupils[number]), int(tables.school_of[number]), int(has[0])
        for column in own[np.argsort(tables.rank_of[own], kind="stable")]:
            slot = int(tables.slot_of[column])
            if tables.rank_of[column] >= tables.rank_of[old]:
                break
            is_elsewhere = tables.one_school[slot] and owner[slot] not in (-1, school)
            if classes[slot] > 0 and pupils[slot] >= size and not is_elsewhere:
                search.granted[old], search.granted[column] = False, True
                for place, change in ((int(tables.slot_of[old]), 1), (slot, -1)):
                    classes[place] += change
                    pupils[place] += change * size
                owner = _owners(search) if tables.one_school.any() else owner
                moved += 1
                break
    return moved


def _owners(search: _Search) -> Ints:
    """The school that each slot has taken, or -1."""
    tables = search.tables
    owner = np.full(len(tables.slot_pupils), -1, dtype=np.int64)
    owner[tables.slot_of[search.granted]] = tables.school_of[tables.class_of[search.granted]]
    return owner


def _at_home(search: _Search, district: Ints) -> Flags:
    """Which columns lie in the one district where the relaxation serves their class most."""
    tables, columns = search.tables, search.columns
    worth = blended(tables, search.program)[: len(columns)] * search.relaxed.values[: len(columns)]
    is_home = np.ones(len(columns), dtype=bool)
    for here in positions_by(tables.class_of[columns]):
        districts = district[here]
        if (districts == districts[0]).all():
            continue
        obtained = np.bincount(districts, weights=worth[here])
        is_home[here] = districts == int(np.argmax(obtained))
    return is_home


def _grant_best(search: _Search, columns: Ints) -> None:
    """Grant the best choice among columns that are not granted, within what is left."""
    tables = search.tables
    left = left_by(tables, search.granted)
    slot_of, class_of = tables.slot_of[columns], tables.class_of[columns]
    owner = _owners(search)
    is_elsewhere = tables.one_school[slot_of] & (owner[slot_of] >= 0) & (owner[slot_of] != tables.school_of[class_of])
    fits = (tables.pupils[class_of] <= left.slot_pupils[slot_of]) & (left.slot_classes[slot_of] > 0)
    columns = columns[fits & ~is_elsewhere]
    if not len(columns):
        return
    program = program_of(tables, columns, left, with_covers=True)
    worth = blended(tables, program)
    found = solve_whole(program.size, program.rows, worth, nodes=DISTRICT_NODES, gap=DISTRICT_GAP)
    search.granted[columns[found.values[: len(columns)] > 0.5]] = True


def most_served(tables: Tables, program: Program, district: Ints, stop: Callable[[], bool] | None = None) -> int:
    """What the first aim cannot exceed: the districts' own best, with rows that cross a border priced instead of kept."""
    relaxed = relax(program.size, program.rows, program.served)
    district = np.append(district, _districts_of_helpers(program, district))
    worth, rows_of, bound = _priced(program, relaxed, district)
    for here in positions_by(district):
        place = np.zeros(program.size, dtype=np.int64)
        place[here] = np.arange(len(here))
        rows = [(place[columns], coefficients, most) for columns, coefficients, most in rows_of[int(district[here[0]])]]
        if stop and stop():
            return int(program.served.sum())
        bound += solve_whole(len(here), rows, worth[here], nodes=DISTRICT_NODES, gap=DISTRICT_GAP).bound
    return int(np.floor(bound + TOLERANCE * (1 + len(rows_of))))


def _districts_of_helpers(program: Program, district: Ints) -> Ints:
    """A helper column stands in the district of the first column that a row ties it to."""
    found = np.zeros(program.helpers, dtype=np.int64)
    for columns, _coefficients, _most in program.rows:
        for column in columns[columns >= len(district)].tolist():
            if columns[0] < len(district):
                found[column - len(district)] = district[columns[0]]
    return found


def _priced(program: Program, relaxed: Relaxed, district: Ints) -> tuple[Floats, dict[int, list[Row]], float]:
    """The worth of each column after the price of the rows that cross a border, the rows of each district, the prices' sum.

    A row of a crossing kind stays in a district for its own columns where it only limits: nothing valid is cut off.
    """
    worth, total = program.served.copy(), 0.0
    rows_of: dict[int, list[Row]] = {number: [] for number in range(int(district.max(initial=-1)) + 1)}
    for number, (columns, coefficients, most) in enumerate(program.rows):
        here = district[columns]
        if (here == here[0]).all():
            rows_of[int(here[0])].append((columns, coefficients, most))
            continue
        price = max(float(relaxed.duals[number]), 0.0)
        worth[columns] -= price * coefficients
        total += price * most
        if (coefficients > 0).all():
            for each in np.unique(here).tolist():
                own = here == each
                if own.sum() > 1:
                    rows_of[each].append((columns[own], coefficients[own], most))
    return worth, rows_of, total


def _bounds(search: _Search, served: int) -> Bounds:
    """What no choice can exceed, for each aim, those before it kept at what the result has."""
    tables, program = search.tables, search.program
    chosen = program.columns[search.granted[program.columns]]
    reached = (
        int(tables.weight[np.unique(tables.class_of[chosen])].sum()),
        int(tables.points[chosen].sum()),
        int(tables.nearness[chosen].sum()),
    )
    if len(program.columns) > ALL_AIMS_COLUMNS:
        return max(served, reached[0]), *at_most_alone(tables, program.columns)
    rows, bounds = list(program.rows), [max(served, reached[0])]
    aims = aims_over(tables, program)
    for number in (1, 2):
        (kept, kept_unit), (worth, unit) = aims[number - 1 : number + 1]
        rows.append(at_least(kept, reached[number - 1] * kept_unit, kept_unit))
        most = int(np.floor(relax(program.size, rows, worth).bound / unit + TOLERANCE))
        bounds.append(max(most, reached[number]))
    return bounds[0], bounds[1], bounds[2]


def at_most_alone(tables: Tables, columns: Ints) -> tuple[int, int]:
    """Points and nearness if every class had its dearest and its nearest wishes: true, and no more than that."""
    totals = [0, 0]
    for here in positions_by(tables.class_of[columns]):
        most = int(tables.most[tables.class_of[columns[here[0]]]])
        for aim, worth in enumerate((tables.points, tables.nearness)):
            totals[aim] += int(np.sort(worth[columns[here]])[::-1][:most].sum())
    return totals[0], totals[1]
