"""Hiding small counts so that nobody works them out from the totals around them. Pure: plain numbers in, places out.

A table is seen with its totals as one more row and one more column. Its places are the edges of a graph between rows and
columns; a hidden count can differ from the true one if, and only if, some ring of hidden places goes through it along
which one may be added and taken away in turn. Whatever is not on such a ring gets one, through the smallest counts.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from typing import Any

SMALL = 5
TOTAL = "total"

Place = tuple[Any, Any]
Node = tuple[str, Any]
Table = Mapping[Place, int]


def is_small(count: int) -> bool:
    return 0 < count < SMALL


def with_totals(cells: Table) -> dict[Place, int]:
    """The cells, the sum of each row and column, and of all."""
    found: dict[Place, int] = {}
    for (row, column), count in cells.items():
        for place in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            found[place] = found.get(place, 0) + count
    return found


def hidden_places(measures: Sequence[Table]) -> set[Place]:
    """Where nothing is shown, of several counts of the same places. Each has its totals, under TOTAL (see with_totals).

    A place is hidden when one of its counts is small, and then for all of them.
    """
    hidden = {place for table in measures for place, count in table.items() if is_small(count)}
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for table in measures:
            _close_rings(table, hidden)
    return hidden


def hidden_parts(measures: Sequence[Mapping[Any, int]]) -> set[Any]:
    """The same of parts that add up to a total. Where it is small, whoever calls hides it too."""
    hidden = {part for line in measures for part, count in line.items() if is_small(count)}
    by_size = sorted(measures[0], key=lambda part: (measures[0][part], str(part))) if measures else []
    for part in by_size:
        if all(_is_free(line, hidden) for line in measures):
            break
        if any(line[part] for line in measures):
            hidden.add(part)
    if len(hidden) < 2 or all(_is_free(line, hidden) for line in measures):
        # A part that is alone is its total, and hidden with it.
        return hidden
    # Too little around them: nothing is shown of any.
    return set(by_size)


def _is_free(line: Mapping[Any, int], hidden: Collection[Any]) -> bool:
    """Whether each hidden part may be another number: two at least may give one to each other, whichever is asked."""
    if not hidden:
        return True
    return len(hidden) > 1 and sum(line[part] for part in hidden) > len(hidden)


def _close_rings(table: Table, hidden: set[Place]) -> None:
    """Hide more, until each hidden place is on a ring."""
    lines: dict[Node, list[Place]] = {}
    for place, count in table.items():
        if count:
            lines.setdefault(("row", place[0]), []).append(place)
            lines.setdefault(("column", place[1]), []).append(place)
    for place in sorted(hidden, key=str):
        rings = [
            ring for is_up in (True, False) if (ring := _ring(table, lines, hidden, place, is_up=is_up)) is not None
        ]
        if rings:
            _cost, places = min(rings, key=lambda ring: (ring[0], str(ring[1])))
            hidden.update(places)


def _ring(
    table: Table, lines: Mapping[Node, Sequence[Place]], hidden: Collection[Place], place: Place, *, is_up: bool
) -> tuple[int, list[Place]] | None:
    """The cheapest way round that lets the place be one more, or one less: what it newly hides, and the places."""
    if not _may(table, place, is_up=is_up):
        return None
    row, column = ("row", place[0]), ("column", place[1])
    start, end = (column, row) if is_up else (row, column)
    costs: dict[Node, int] = {start: 0}
    ways: dict[Node, list[Place]] = {start: []}
    queue: list[tuple[int, str, Node]] = [(0, str(start), start)]
    while queue:
        cost, _words, node = heapq.heappop(queue)
        if node == end:
            return cost, ways[node]
        if cost > costs[node]:
            continue
        # From a row one goes on by adding, from a column by taking away.
        goes_up = node[0] == "row"
        for each in lines.get(node, ()):
            if each == place or not _may(table, each, is_up=goes_up):
                continue
            there = ("column", each[1]) if goes_up else ("row", each[0])
            reached = cost + (0 if each in hidden else _price(table, each))
            if reached < costs.get(there, reached + 1):
                costs[there], ways[there] = reached, [*ways[node], each]
                heapq.heappush(queue, (reached, str(there), there))
    return None


def _price(table: Table, place: Place) -> int:
    """What is lost by hiding a place: its count, and more of a total, which is read by more people."""
    return table[place] * (3 if TOTAL in place else 1) + (
        table.get((TOTAL, TOTAL), 0) if place == (TOTAL, TOTAL) else 0
    )


def _may(table: Table, place: Place, *, is_up: bool) -> bool:
    """A total stands on the other side of its sum: adding to a sum takes from it. A hidden count is one at least."""
    adds = is_up == ((place[0] == TOTAL) == (place[1] == TOTAL))
    return adds or table[place] > 1
