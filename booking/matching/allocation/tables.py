"""A round as columns of numbers: one column for each wish that can be granted at all, and what granting it brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from booking.matching.allocation.instance import Instance, Placement, draw

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NO_CAP = 1_000_000
MOST_WISHES = 10
METRES_A_STEP = 100
TIES_A_STEP = 1000


@dataclass(frozen=True)
class Tables:
    """Columns: class_of, slot_of, rank_of. Classes: pupils, weight, most, school_of. Slots: places. Schools: caps.

    points, nearness: what the second and third aims count, bigger is better, whole numbers.
    clashes: pairs of columns of one class that cannot both be granted.
    """

    instance: Instance
    class_of: Ints
    slot_of: Ints
    rank_of: Ints
    points: Ints
    nearness: Ints
    pupils: Ints
    weight: Ints
    most: Ints
    school_of: Ints
    slot_classes: Ints
    slot_pupils: Ints
    one_school: Flags
    caps: Ints
    clashes: Ints

    @property
    def size(self) -> int:
        return len(self.class_of)

    def school_of_column(self) -> Ints:
        return self.school_of[self.class_of]

    def placements(self, chosen: Flags) -> list[Placement]:
        """The granted wishes, by class then rank."""
        classes, slots = self.instance.classes, self.instance.slots
        rows = [
            Placement(classes[self.class_of[k]].key, slots[self.slot_of[k]].key, int(self.rank_of[k]))
            for k in np.flatnonzero(chosen)
        ]
        return sorted(rows, key=lambda row: (row.school_class, row.rank))

    def columns_of(self, placements: Sequence[Placement]) -> Flags:
        """Which columns these placements are; those that are none of the round are left out."""
        wanted = {(each.school_class, each.slot) for each in placements}
        classes, slots = self.instance.classes, self.instance.slots
        return np.array(
            [
                (classes[c].key, slots[s].key) in wanted
                for c, s in zip(self.class_of.tolist(), self.slot_of.tolist(), strict=True)
            ],
            dtype=bool,
        )


def tables_of(instance: Instance) -> Tables:
    """The columns of a round that is in order and consistent (see in_order, check_instance).

    A wish whose slot is too small for the class, or belongs to another school, gets no column.
    """
    slot_number = {slot.key: number for number, slot in enumerate(instance.slots)}
    schools = sorted({each.school for each in instance.classes})
    school_number = {school: number for number, school in enumerate(schools)}
    columns: list[tuple[int, int, int, int]] = []
    clashes: list[tuple[int, int]] = []
    for number, each in enumerate(instance.classes):
        here: dict[int, int] = {}
        for position, wish in enumerate(each.wishes[:MOST_WISHES]):
            slot = instance.slots[slot_number[wish.slot]]
            if slot.classes < 1 or slot.pupils < each.pupils or slot.school not in (None, each.school):
                continue
            if instance.caps.get(each.school, 1) < 1:
                continue
            here[position] = len(columns)
            columns.append((number, slot_number[wish.slot], wish.rank_at(position + 1), wish.distance_m))
        if each.most > 1:
            clashes += [(here[a], here[b]) for a, b in each.clashes if a in here and b in here]
    table = np.array(columns, dtype=np.int64).reshape(-1, 4)
    class_of, slot_of, rank_of = table[:, 0], table[:, 1], table[:, 2]
    return Tables(
        instance=instance,
        class_of=class_of,
        slot_of=slot_of,
        rank_of=rank_of,
        points=MOST_WISHES + 1 - rank_of,
        nearness=_nearness(instance, class_of, slot_of, table[:, 3]),
        pupils=_ints(each.pupils for each in instance.classes),
        weight=_ints(each.weight for each in instance.classes),
        most=_ints(each.most for each in instance.classes),
        school_of=_ints(school_number[each.school] for each in instance.classes),
        slot_classes=_ints(slot.classes for slot in instance.slots),
        slot_pupils=_ints(slot.pupils for slot in instance.slots),
        one_school=np.array([slot.one_school for slot in instance.slots], dtype=bool),
        caps=_ints(instance.caps.get(school, NO_CAP) for school in schools),
        clashes=np.array(clashes, dtype=np.int64).reshape(-1, 2),
    )


def _nearness(instance: Instance, class_of: Ints, slot_of: Ints, distance_m: Ints) -> Ints:
    """Steps of a hundred metres below the farthest wish, then the seed's draw, which only parts equals."""
    steps = distance_m // METRES_A_STEP
    farthest = int(steps.max(initial=0))
    classes, slots = instance.classes, instance.slots
    ties = _ints(
        draw(instance.seed, classes[c].key, slots[s].key) % TIES_A_STEP
        for c, s in zip(class_of.tolist(), slot_of.tolist(), strict=True)
    )
    return (farthest - steps + 1) * TIES_A_STEP + ties


def _ints(values: Any) -> Ints:
    return np.fromiter(values, dtype=np.int64)


@dataclass(frozen=True)
class Aims:
    """What a result is worth, compared in this order: weight of the classes served, points of the ranks, nearness."""

    served: int
    points: int
    nearness: int

    def __lt__(self, other: Aims) -> bool:
        return (self.served, self.points, self.nearness) < (other.served, other.points, other.nearness)


def aims_of(tables: Tables, chosen: Flags) -> Aims:
    """The exact worth of a result, in whole numbers."""
    served = np.unique(tables.class_of[chosen])
    return Aims(
        served=int(tables.weight[served].sum()),
        points=int(tables.points[chosen].sum()),
        nearness=int(tables.nearness[chosen].sum()),
    )


def broken_rules(tables: Tables, chosen: Flags) -> list[str]:
    """Which hard limits a result breaks: none, for any result that is ever published."""
    class_of, slot_of = tables.class_of[chosen], tables.slot_of[chosen]
    slots, schools = len(tables.slot_classes), len(tables.caps)
    broken = []
    if (np.bincount(slot_of, minlength=slots) > tables.slot_classes).any():
        broken.append("more classes on a slot than it takes")
    if (np.bincount(slot_of, weights=tables.pupils[class_of], minlength=slots) > tables.slot_pupils).any():
        broken.append("more pupils on a slot than it takes")
    if (np.bincount(class_of, minlength=len(tables.most)) > tables.most).any():
        broken.append("more visits for a class than it may get")
    if (np.bincount(tables.school_of[class_of], minlength=schools) > tables.caps).any():
        broken.append("more visits for a school than it may get")
    if len(tables.clashes) and (chosen[tables.clashes[:, 0]] & chosen[tables.clashes[:, 1]]).any():
        broken.append("a class in two places at once")
    workshops = tables.one_school[slot_of]
    pairs = set(zip(slot_of[workshops].tolist(), tables.school_of[class_of][workshops].tolist(), strict=True))
    if len({slot for slot, _school in pairs}) < len(pairs):
        broken.append("two schools at one workshop")
    return broken
