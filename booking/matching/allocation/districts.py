"""A large part cut into districts: slots that many classes wish for together, so that few wishes cross a border."""

from __future__ import annotations

import heapq
from collections import Counter

import numpy as np

from booking.matching.allocation.formulation import positions_by
from booking.matching.allocation.tables import Ints, Tables

SWEEPS = 6


def districts_of(tables: Tables, columns: Ints, classes: int) -> Ints:
    """The district of each column, by its slot: numbered from 0, of about so many classes each."""
    town = _Town(tables, columns)
    classes = -(-len(town.wished) // max(1, round(len(town.wished) / classes)))
    town.grow(classes)
    town.settle(classes)
    town.merge(classes)
    names = {district: number for number, district in enumerate(sorted(set(town.district.values())))}
    return np.array([names[town.district[slot]] for slot in tables.slot_of[columns].tolist()], dtype=np.int64)


class _Town:
    """Which slots belong together: two slots are tied once for each class that wishes for both."""

    def __init__(self, tables: Tables, columns: Ints) -> None:
        slot_of, class_of = tables.slot_of[columns], tables.class_of[columns]
        self.wished = {int(class_of[here[0]]): slot_of[here].tolist() for here in positions_by(class_of)}
        self.wishing = {int(slot_of[here[0]]): class_of[here].tolist() for here in positions_by(slot_of)}
        self.district: dict[int, int] = {}
        self.slots_a_class = len(self.wishing) / len(self.wished)

    def grow(self, classes: int) -> None:
        """Take the first slot that is free and what is tied most to what one has, until there are enough classes."""
        housed: set[int] = set()
        for number, first in enumerate(sorted(self.wishing)):
            if first in self.district:
                continue
            ties, heap, inside = Counter({first: 1}), [(-1, first)], 0
            while heap and inside < classes:
                tie, slot = heapq.heappop(heap)
                if slot in self.district or -tie != ties[slot]:
                    continue
                self.district[slot] = number
                for each in self.wishing[slot]:
                    if each in housed:
                        continue
                    housed.add(each)
                    inside += 1
                    for other in self.wished[each]:
                        if other not in self.district:
                            ties[other] += 1
                            heapq.heappush(heap, (-ties[other], other))

    def settle(self, classes: int) -> None:
        """Move each slot to the district that it is tied to most, while that one is not crowded."""
        crowded = round(classes * self.slots_a_class)
        size = Counter(self.district.values())
        for _ in range(SWEEPS):
            moved = False
            for slot in sorted(self.district):
                here = self.district[slot]
                there = self._nearest(slot, here)
                if there != here and size[there] < crowded:
                    size[here] -= 1
                    size[there] += 1
                    self.district[slot] = there
                    moved = True
            if not moved:
                return

    def merge(self, classes: int) -> None:
        """Join each small district to the one it is tied to most."""
        members: dict[int, list[int]] = {}
        for slot in sorted(self.district):
            members.setdefault(self.district[slot], []).append(slot)
        for small in sorted(members, key=lambda number: (len(members[number]), number)):
            if len(members[small]) > classes * self.slots_a_class / 4:
                continue
            ties = Counter(
                self.district[other] for slot in members[small] for other in self._tied(slot)
            )  # fmt: skip
            del ties[small]
            if ties:
                there = min(ties, key=lambda number: (-ties[number], number))
                for slot in members[small]:
                    self.district[slot] = there
                members[there] += members.pop(small)

    def _tied(self, slot: int) -> list[int]:
        return [other for each in self.wishing[slot] for other in self.wished[each] if other != slot]

    def _nearest(self, slot: int, here: int) -> int:
        ties = Counter(self.district[other] for other in self._tied(slot))
        return min(ties, key=lambda number: (-ties[number], number != here, number), default=here)
