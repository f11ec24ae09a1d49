"""The computation itself, outside any transaction: from stored inputs to a result, and the same again to compare.

Nothing here reads what is true now: a run is made of its inputs alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from booking.core.errors import Refusal
from booking.matching.allocation import (
    Allocation,
    Figures,
    NotSolved,
    Placement,
    allocate,
    digest,
    figures_of,
    first_come,
    placements_digest,
    random_draw,
)
from booking.matching.rounds.inputs import Inputs
from booking.matching.rounds.models import AllocationRun
from booking.matching.rounds.rules import Group

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a computation gives. problem: what clashed, when it could not be done."""

    is_whole: bool
    result: dict[str, Any] | None
    result_digest: str = ""
    problem: str = ""


def compute(stored: dict[str, Any], stop: Callable[[], bool] | None = None) -> Outcome:
    """Solve the inputs. stop: asked between two steps; true breaks off, and the result says so."""
    inputs = Inputs.from_json(stored)
    try:
        found = allocate(inputs.instance, stop=stop)
    except Refusal as refusal:
        return Outcome(is_whole=False, result=None, problem=refusal.message)
    except (NotSolved, AssertionError) as fault:
        # Ours, not the round's: it is said, and later runs are not kept waiting behind it.
        log.exception("a round could not be computed")
        return Outcome(is_whole=False, result=None, problem=str(fault))
    return Outcome(found.is_whole, _result(inputs, found), placements_digest(found.placements))


def _result(inputs: Inputs, found: Allocation) -> dict[str, Any]:
    instance = inputs.instance
    return {
        "placements": [[each.school_class, each.slot, each.rank] for each in found.placements],
        "levels": [[level.name, level.value, level.bound] for level in found.levels],
        "gap": max((level.gap for level in found.levels[:1]), default=0.0),
        "parts": found.parts,
        "figures": {
            "round": _figures(inputs, found.placements),
            "first_come": _figures(inputs, first_come(instance, inputs.arrival)),
            "random": _figures(inputs, random_draw(instance)),
        },
        "groups": groups_table(inputs.groups, {each.school_class for each in found.placements}),
    }


def _figures(inputs: Inputs, placements: Iterable[Placement]) -> dict[str, Any]:
    rows = list(placements)
    counted: Figures = figures_of(inputs.instance, rows)
    pupils = {each.key: each.pupils for each in inputs.instance.classes}
    distance = {(each.key, wish.slot): wish.distance_m for each in inputs.instance.classes for wish in each.wishes}
    return {
        "classes": counted.classes,
        "served": counted.served,
        "pupils": counted.pupils_served,
        "ranks": {str(rank): number for rank, number in counted.ranks.items()},
        "first_wishes": counted.first_wishes,
        "distance_km": counted.distance_km,
        "pupil_km": round(sum(pupils[row.school_class] * distance[row.school_class, row.slot] for row in rows) / 1000),
        "missed": {str(wishes): number for wishes, number in counted.missed.items()},
    }


def groups_table(groups: Mapping[str, Iterable[Group]], served: set[str]) -> dict[str, list[int]]:
    """For each group, and for those in none: how many classes took part, and how many have a place."""
    table: dict[str, list[int]] = {}
    for key, belongs in groups.items():
        for name in [group.value for group in belongs] or ["none"]:
            row = table.setdefault(name, [0, 0])
            row[0] += 1
            row[1] += key in served
    return table


@dataclass(frozen=True)
class Replay:
    """Whether the stored inputs are those that were hashed, and whether they give the same result again."""

    inputs_digest: str
    result_digest: str
    same_inputs: bool
    same_result: bool

    @property
    def is_same(self) -> bool:
        return self.same_inputs and self.same_result


def replay(run: AllocationRun) -> Replay:
    """Work a run out again from its stored inputs."""
    inputs = Inputs.from_json(run.inputs)
    inputs_digest, again = digest(inputs.instance), compute(run.inputs)
    return Replay(
        inputs_digest, again.result_digest, inputs_digest == run.inputs_digest, again.result_digest == run.result_digest
    )
