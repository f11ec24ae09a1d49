"""Rounds made from a seed, in the size one asks for: académies side by side, a few popular places, classes of every size."""

from __future__ import annotations

import numpy as np

from booking.matching.allocation import Instance, RoundClass, RoundSlot, Wish

CLASSES_OF_AN_ACADEMIE = 2000
WISHES = 5
# Of a hundred wishes so many go to a slot of another académie.
ACROSS = 5
CANDIDATES = 40
WIDTH_M = 100_000


def made_round(classes: int, seed: int = 1) -> tuple[Instance, dict[str, int]]:
    """A round of so many classes on half as many slots, and the order in which its classes would have clicked."""
    chance = np.random.default_rng(seed)
    slots = classes // 2
    academies = max(1, round(classes / CLASSES_OF_AN_ACADEMIE))
    slot_home, class_home = np.arange(slots) % academies, np.arange(classes) % academies
    slot_at, class_at = chance.uniform(0, WIDTH_M, (slots, 2)), chance.uniform(0, WIDTH_M, (classes, 2))
    charm = chance.lognormal(0.0, 0.6, slots)
    here = [np.flatnonzero(slot_home == home) for home in range(academies)]
    places = chance.choice([1, 2, 3], slots, p=[0.5, 0.35, 0.15])
    pupils = np.maximum(24, places * chance.integers(22, 31, slots))
    size = chance.integers(16, 34, classes)
    weight = chance.choice([1, 2, 3, 4], classes, p=[0.7, 0.15, 0.1, 0.05])
    rows = []
    for number in range(classes):
        own = here[class_home[number]]
        near = chance.choice(own, min(CANDIDATES, len(own)), replace=False)
        metres = np.hypot(*(slot_at[near] - class_at[number]).T)
        # A taste of one's own, the charm of the place, and what the road takes off.
        taste = np.log(charm[near]) + chance.gumbel(0.0, 1.0, len(near)) - metres / 30_000
        chosen = np.argsort(-taste)[:WISHES]
        wishes = [Wish(f"s{near[k]}", int(metres[k])) for k in chosen]
        known = {wish.slot for wish in wishes}
        for rank in np.flatnonzero(chance.random(len(wishes)) < ACROSS / 100):
            other = f"s{chance.integers(0, slots)}"
            if other not in known:
                known.add(other)
                wishes[rank] = Wish(other, int(WIDTH_M * (1 + chance.random())))
        rows.append(
            RoundClass(
                f"c{number}", f"school{number // 4}", int(size[number]), tuple(wishes), weight=int(weight[number])
            )
        )
    instance = Instance(
        tuple(rows),
        tuple(RoundSlot(f"s{k}", int(places[k]), int(pupils[k])) for k in range(slots)),
        seed=f"bench-{seed}",
    )
    return instance, {f"c{number}": int(rank) for number, rank in enumerate(chance.permutation(classes))}
