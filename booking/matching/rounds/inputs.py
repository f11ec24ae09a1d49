"""A round as the allocation reads it: everything that decides, as plain values that can be stored and replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from booking.bookings.queries import slot_facts, taken_of_schools
from booking.bookings.rules.clashes import clash_with
from booking.catalogue.models import Slot
from booking.core.db import db
from booking.matching.allocation import Instance, RoundClass, RoundSlot, Wish, as_json, from_json
from booking.matching.allocation.instance import in_order
from booking.matching.board.queries import given_of, served_schools
from booking.matching.rounds.models import AllocationRound, RoundEntry
from booking.matching.rounds.queries import entries_of, obstacles_of_round, slots_of
from booking.matching.rounds.rules import Group, Profile, Weights, groups_of, weight_of
from booking.schools.models import School, SchoolClass
from booking.territory.models import Commune


@dataclass(frozen=True)
class Inputs:
    """arrival: the rank in which each class made its first wish. groups: what each class belongs to.

    dropped: wishes that have become impossible, as (class, slot, code of the obstacle): they are told, not forgotten.
    """

    instance: Instance
    arrival: dict[str, int] = field(default_factory=dict)
    groups: dict[str, list[Group]] = field(default_factory=dict)
    dropped: list[list[str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "instance": as_json(in_order(self.instance)),
            "arrival": self.arrival,
            "groups": {key: [group.value for group in groups] for key, groups in self.groups.items()},
            "dropped": self.dropped,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Inputs:
        return cls(
            instance=from_json(stored["instance"]),
            arrival=stored["arrival"],
            groups={key: [Group(group) for group in groups] for key, groups in stored["groups"].items()},
            dropped=stored["dropped"],
        )


def class_key(class_id: int) -> str:
    return f"c{class_id}"


def slot_key(slot_id: int) -> str:
    return f"s{slot_id}"


def id_of(key: str) -> int:
    """The number in a key."""
    return int(key[1:])


def inputs_of(each: AllocationRound) -> Inputs:
    """What the round is made of now."""
    entries, slots = entries_of(each.id), {slot.id: slot for slot in slots_of(each.id)}
    weights = Weights.from_json(each.weights)
    schools = {entry.school_id: entry.school_class.school for entry in entries}
    profiles = profiles_of(list(schools.values()))
    wishes = {entry.id: [slots[wish.slot_id] for wish in entry.wishes if wish.slot_id in slots] for entry in entries}
    obstacles = obstacles_of_round(each.id, [(entry.school_class, wishes[entry.id]) for entry in entries])
    groups: dict[str, list[Group]] = {}
    dropped: list[list[str]] = []
    classes = []
    for entry in entries:
        key = class_key(entry.class_id)
        belongs = groups_of(profiles[entry.school_id], weights)
        groups[key] = sorted(belongs)
        wished, stops = wishes[entry.id], obstacles[entry.class_id]
        dropped += [[key, slot_key(slot.id), stop.code] for slot in wished if (stop := stops[slot.id]) is not None]
        possible = [slot for slot in wished if stops[slot.id] is None]
        ranks = {wish.slot_id: wish.rank for wish in entry.wishes}
        classes.append(
            RoundClass(
                key=key,
                school=entry.school_class.school.uai,
                pupils=entry.school_class.pupils,
                wishes=tuple(
                    # The rank that the teacher knows, where an impossible wish stood before.
                    Wish(
                        slot_key(slot.id),
                        _distance_m(slot, entry.school_class),
                        ranks[slot.id] if ranks[slot.id] != position else 0,
                    )
                    for position, slot in enumerate(possible, 1)
                ),
                weight=weight_of(belongs, weights),
                most=each.per_class,
                clashes=_clashes(possible, entry.school_class) if each.per_class > 1 else (),
            )
        )
    instance = Instance(
        classes=tuple(classes),
        slots=_slots(list(slots.values())),
        seed=each.seed,
        caps=_caps(each, list(schools.values())),
    )
    return Inputs(instance, _arrival(entries), groups, dropped)


def profiles_of(schools: Sequence[School]) -> dict[int, Profile]:
    """What the priorities look at, by school id."""
    served = served_schools({school.id for school in schools})
    communes = {school.commune_insee for school in schools if school.commune_insee}
    query = select(Commune.insee, Commune.population).where(Commune.insee.in_(communes))
    population: dict[str, int | None] = dict(db.session.execute(query).tuples().all())
    return {
        school.id: Profile(
            is_never_served=school.id not in served,
            priority_education=school.priority_education,
            commune_population=population.get(school.commune_insee or ""),
            school_pupils=school.pupils_count,
        )
        for school in schools
    }


def _slots(slots: Sequence[Slot]) -> tuple[RoundSlot, ...]:
    """A workshop that already has a class belongs to its school; no round fills it up with another's."""
    taken = {slot.school_id for slot in slots if slot.activity.comes_to_class and slot.school_id}
    uais = dict(db.session.execute(select(School.id, School.uai).where(School.id.in_(taken))).tuples().all())
    return tuple(_slot(slot, uais.get(slot.school_id or 0)) for slot in slots)


def _slot(slot: Slot, uai: str | None) -> RoundSlot:
    is_workshop = slot.activity.comes_to_class
    is_open = slot.state == "open"
    return RoundSlot(
        key=slot_key(slot.id),
        classes=slot.free_classes if is_open else 0,
        pupils=slot.free_pupils if is_open else 0,
        one_school=is_workshop,
        school=uai if is_workshop else None,
    )


def _distance_m(slot: Slot, school_class: SchoolClass) -> int:
    """As the crow flies; nothing where the firm comes to the class, or a position is not known."""
    distance = given_of(slot.activity, school_class.school).distance_km
    return 0 if slot.activity.comes_to_class or distance is None else round(distance * 1000)


def _clashes(slots: Sequence[Slot], school_class: SchoolClass) -> tuple[tuple[int, int], ...]:
    outings = [slot_facts(slot, school_class).outing for slot in slots]
    return tuple(
        (a, b) for a, first in enumerate(outings) for b in range(a + 1, len(outings)) if clash_with(first, [outings[b]])
    )


def _caps(each: AllocationRound, schools: Sequence[School]) -> dict[str, int]:
    """The round's own cap on a school, and what the edition's still leaves it."""
    caps = {}
    taken = taken_of_schools({school.id for school in schools}, each.edition_id)
    for school in schools:
        limits = [] if each.per_school is None else [each.per_school]
        if each.edition.bookings_per_school is not None:
            limits.append(max(0, each.edition.bookings_per_school - taken.get(school.id, 0)))
        if limits:
            caps[school.uai] = min(limits)
    return caps


def _arrival(entries: Sequence[RoundEntry]) -> dict[str, int]:
    in_turn = sorted(entries, key=lambda entry: (entry.first_at, entry.id))
    return {class_key(entry.class_id): number for number, entry in enumerate(in_turn)}
