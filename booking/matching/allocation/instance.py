"""What a round is made of, as plain values: classes with their ranked wishes, slots with their places, caps.

Everything here is text and whole numbers: the same round always reads the same, on any machine and in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _l


@dataclass(frozen=True)
class Wish:
    """One slot on a class's list, the dearest first. distance_m: from the school to the place, in metres.

    rank: as the class gave it, where wishes before it had to be dropped; 0 where its position says it.
    """

    slot: str
    distance_m: int = 0
    rank: int = 0

    def rank_at(self, position: int) -> int:
        """Its rank when it stands at this position of the list, counted from 1."""
        return self.rank or position


@dataclass(frozen=True)
class RoundClass:
    """A class that takes part. weight: what serving it counts for. most: bookings it may get in the round.

    clashes: pairs of wishes (their positions in the list) that cannot both be granted; only of use when most > 1.
    """

    key: str
    school: str
    pupils: int
    wishes: tuple[Wish, ...]
    weight: int = 1
    most: int = 1
    clashes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class RoundSlot:
    """The places of a slot that the round shares out. one_school: a workshop, which goes to a single school.

    school: the school that a workshop already belongs to, if any.
    """

    key: str
    classes: int
    pupils: int
    one_school: bool = False
    school: str | None = None


@dataclass(frozen=True)
class Instance:
    """A round to be solved. caps: bookings each school may still get; no cap for a school that is absent.

    seed: published beforehand; it alone decides between results that are equal in everything else.
    """

    classes: tuple[RoundClass, ...]
    slots: tuple[RoundSlot, ...]
    seed: str
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """One granted wish. rank: 1 for the first of the list."""

    school_class: str
    slot: str
    rank: int


class Inconsistent(Refusal):
    """The round contradicts itself: nothing is solved, and every contradiction is named."""

    code = "round_inconsistent"
    problems: tuple[Any, ...] = ()

    def sentence(self) -> Any:
        return _l("Le tour ne peut pas être calculé : %(problems)s.", problems=" ; ".join(map(str, self.problems)))


def check_instance(instance: Instance) -> None:
    """Refuses: Inconsistent, with every contradiction in words."""
    problems = [_l("%(key)s figure deux fois", key=key) for key in _twins(each.key for each in instance.classes)]
    problems += [_l("%(key)s figure deux fois", key=key) for key in _twins(slot.key for slot in instance.slots)]
    known = {slot.key for slot in instance.slots}
    problems += [
        _l("le créneau %(key)s a un nombre de places négatif", key=slot.key)
        for slot in instance.slots
        if slot.classes < 0 or slot.pupils < 0
    ]
    for each in instance.classes:
        problems += _problems_of(each, known)
    problems += [_l("le plafond de %(key)s est négatif", key=key) for key, cap in instance.caps.items() if cap < 0]
    if problems:
        raise Inconsistent(problems=tuple(problems))


def _twins(keys: Iterable[str]) -> list[str]:
    return [key for key, number in Counter(keys).items() if number > 1]


def _problems_of(each: RoundClass, known: set[str]) -> list[Any]:
    problems = []
    slots = [wish.slot for wish in each.wishes]
    if each.pupils <= 0 or each.weight <= 0 or each.most <= 0:
        problems.append(_l("la classe %(key)s a un effectif, un poids ou un maximum nul", key=each.key))
    if _twins(slots):
        problems.append(_l("la classe %(key)s souhaite deux fois le même créneau", key=each.key))
    if unknown := sorted(set(slots) - known):
        problems.append(_l("la classe %(key)s souhaite %(slot)s, hors du tour", key=each.key, slot=", ".join(unknown)))
    if any(not 0 <= position < len(slots) for pair in each.clashes for position in pair):
        problems.append(_l("la classe %(key)s déclare incompatibles des vœux qu’elle n’a pas", key=each.key))
    return problems


def in_order(instance: Instance) -> Instance:
    """The same round with its rows in the one order that the seed gives: the solver then cannot tell how they came."""
    order = lambda row: (draw(instance.seed, row.key), row.key)  # noqa: E731
    return Instance(
        classes=tuple(sorted(instance.classes, key=order)),
        slots=tuple(sorted(instance.slots, key=order)),
        seed=instance.seed,
        caps=dict(sorted(instance.caps.items())),
    )


def draw(seed: str, *keys: str) -> int:
    """A number between 0 and 2**32 - 1 that anybody can work out again: the start of SHA-256 of the seed and the keys."""
    return int.from_bytes(hashlib.sha256("\x1f".join((seed, *keys)).encode()).digest()[:4], "big")


def digest(instance: Instance) -> str:
    """What the round was computed from, in 64 letters: the same inputs give the same, whatever their order."""
    return hashlib.sha256(_text(as_json(in_order(instance)))).hexdigest()


def placements_digest(placements: Iterable[Placement]) -> str:
    """The result in 64 letters, to be compared when a round is played again."""
    rows = sorted((each.school_class, each.slot, each.rank) for each in placements)
    return hashlib.sha256(_text(rows)).hexdigest()


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def as_json(instance: Instance) -> dict[str, Any]:
    """The round as plain JSON, to be stored beside its result."""
    return {
        "seed": instance.seed,
        "caps": dict(instance.caps),
        "slots": [[s.key, s.classes, s.pupils, s.one_school, s.school] for s in instance.slots],
        "classes": [
            [c.key, c.school, c.pupils, c.weight, c.most, [_wish_as_json(w) for w in c.wishes], list(c.clashes)]
            for c in instance.classes
        ],
    }


def _wish_as_json(wish: Wish) -> list[Any]:
    return [wish.slot, wish.distance_m, *([wish.rank] if wish.rank else [])]


def from_json(stored: Mapping[str, Any]) -> Instance:
    """The round that as_json wrote down."""
    return Instance(
        classes=tuple(
            RoundClass(
                key=key, school=school, pupils=pupils, weight=weight, most=most,
                wishes=tuple(Wish(*wish) for wish in wishes),
                clashes=tuple((first, second) for first, second in clashes),
            )
            for key, school, pupils, weight, most, wishes, clashes in stored["classes"]
        ),
        slots=tuple(
            RoundSlot(key, classes, pupils, one_school, school)
            for key, classes, pupils, one_school, school in stored["slots"]
        ),
        seed=stored["seed"],
        caps=dict(stored["caps"]),
    )  # fmt: skip
