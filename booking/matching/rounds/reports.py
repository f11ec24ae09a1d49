"""What a round says of itself: to everybody without names, small counts hidden, and to each class its own line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from booking.catalogue.rules.wording import KINDS_WORDS
from booking.core.i18n import _, _l
from booking.matching.rounds.inputs import Inputs, class_key
from booking.matching.rounds.models import AllocationRound, AllocationRun
from booking.matching.rounds.rules import GROUP_WORDS, Group, Standing, Weights, Winner, masked, masked_count

# Roads are longer than the flight of a crow: the same factor as for the minutes of coach.
ROAD_FACTOR = 1.3


@dataclass(frozen=True)
class CoachFactor:
    """Grams of CO₂ equivalent for one person over one kilometre in a coach."""

    grams: float
    source: str
    read_on: date


# Use and making of the vehicle together (decision 036): the factor that ADEME publishes for the public, and changes at times.
COACH = CoachFactor(grams=37.6, source="ADEME, Impact CO₂, autocar thermique", read_on=date(2026, 10, 4))

COMPARED = (
    ("round", _l("Ce tour")),
    ("first_come", _l("Par ordre d’arrivée")),
    ("random", _l("Par tirage au sort")),
)


@dataclass(frozen=True)
class Compared:
    """One way of sharing the same places out; the way of one or two classes would tell which school they are of."""

    words: Any
    served: int | None
    first_wishes: int | None
    pupils: int | None
    distance_km: int | None
    co2_kg: int | None


@dataclass(frozen=True)
class Report:
    """The result in figures; None where a count is too small to be shown.

    ranks: (rank or None for without a place, classes). groups: (words, classes, with a place). missed: (wishes made,
    classes without a place all the same).
    """

    classes: int | None
    compared: list[Compared]
    ranks: list[tuple[int | None, int | None]]
    groups: list[tuple[Any, int | None, int | None]]
    missed: list[tuple[int, int | None]]
    levels: list[tuple[Any, int, int]]
    gap: float


def report_of(run: AllocationRun, *, is_public: bool = True) -> Report:
    """The report of a finished run. is_public: small counts are hidden, and whatever they could be worked out from."""
    result: Mapping[str, Any] = run.result or {}
    figures = result["figures"]
    own = figures["round"]
    ranks = sorted((int(rank), number) for rank, number in own["ranks"].items())
    missed = sorted(((int(wishes), number) for wishes, number in own["missed"].items()), reverse=True)
    hide = masked if is_public else list
    without = hide([own["served"], own["classes"] - own["served"]])
    return Report(
        classes=masked_count(own["classes"]) if is_public else own["classes"],
        compared=[_compared(words, figures[name], is_public=is_public) for name, words in COMPARED],
        ranks=[
            *zip((rank for rank, _number in ranks), hide([number for _rank, number in ranks]), strict=True),
            (None, without[1]),
        ],
        groups=[_group_row(name, result["groups"][name], is_public=is_public) for name in _in_order(result["groups"])],
        # Their sum is the number of classes without a place: where that one is hidden, so are they.
        missed=[
            (wishes, None if None in without else number)
            for (wishes, _number), number in zip(missed, hide([n for _w, n in missed]), strict=True)
        ],
        # The weight of the classes served would tell how many they are.
        levels=[]
        if None in without
        else [(_LEVEL_WORDS[name], value, bound) for name, value, bound in result["levels"]],
        gap=result["gap"],
    )


def weights_shown(each: AllocationRound) -> dict[str, Any]:
    """The rule of a round for a page: what a class counts for, what each group adds, and the kinds in words."""
    weights = Weights.from_json(each.weights)
    return {
        "weights": weights,
        "groups": [(GROUP_WORDS[group], weights.of(group)) for group in Group],
        "kinds": [words for kind, words in KINDS_WORDS.items() if kind in each.kinds],
    }


_LEVEL_WORDS = {
    "served": _l("Poids des classes servies"),
    "points": _l("Points des rangs obtenus"),
    "nearness": _l("Proximité"),
}


def co2_kg(pupil_km: float) -> int:
    """Kilograms of CO₂ equivalent of these pupils' way there and back, estimated."""
    return round(pupil_km * 2 * ROAD_FACTOR * COACH.grams / 1000)


def _compared(words: Any, figures: Mapping[str, Any], *, is_public: bool) -> Compared:
    hide = masked if is_public else list
    served = hide([figures["served"], figures["classes"] - figures["served"]])[0]
    first = hide([figures["first_wishes"], figures["served"] - figures["first_wishes"]])[0]
    return Compared(
        words=words,
        served=served,
        first_wishes=first,
        pupils=None if served is None else figures["pupils"],
        distance_km=None if served is None else round(figures["distance_km"] * 2 * ROAD_FACTOR),
        co2_kg=None if served is None else co2_kg(figures["pupil_km"]),
    )


def _in_order(groups: Mapping[str, Sequence[int]]) -> list[str]:
    return [name for name in [*(group.value for group in Group), "none"] if name in groups]


def _group_row(name: str, row: Sequence[int], *, is_public: bool) -> tuple[Any, int | None, int | None]:
    """In public, of a small group nothing is shown; of a larger one, not which few were left out or served."""
    words = _("aucune priorité") if name == "none" else GROUP_WORDS[Group(name)]
    asked, served = row
    if not is_public:
        return words, asked, served
    if masked_count(asked) is None:
        return words, None, None
    return words, asked, masked([served, asked - served])[0]


def standing_of(run: AllocationRun, class_id: int) -> Standing | None:
    """What a class brought to the run and obtained; None when it took no part."""
    return standings(run, [class_id]).get(class_id)


def standings(run: AllocationRun, class_ids: Sequence[int]) -> dict[int, Standing]:
    """The same for several classes, the inputs being read once."""
    inputs, result = Inputs.from_json(run.inputs), run.result or {}
    classes = {each.key: each for each in inputs.instance.classes}
    ranks: dict[str, list[int]] = {}
    winners: dict[str, list[Winner]] = {}
    for key, slot, rank in result.get("placements", []):
        ranks.setdefault(key, []).append(rank)
        winners.setdefault(slot, []).append(Winner(classes[key].weight, frozenset(inputs.groups[key])))
    found = {}
    for class_id in class_ids:
        own = classes.get(class_key(class_id))
        if own is None:
            continue
        obtained = tuple(sorted(ranks.get(own.key, ())))
        at = {wish.rank_at(position): wish.slot for position, wish in enumerate(own.wishes, 1)}
        lost = tuple(tuple(winners.get(at[rank], ())) for rank in sorted(at) if not obtained or rank < obtained[0])
        first_gone = 1 not in at and any(key == own.key for key, _slot, _code in inputs.dropped)
        found[class_id] = Standing(own.weight, frozenset(inputs.groups[own.key]), obtained, lost, first_gone)
    return found
