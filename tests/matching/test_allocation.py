"""The fair allocation against brute force on small rounds, and what must hold on any."""

from __future__ import annotations

import itertools
import random
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from booking.matching.allocation import (
    Inconsistent,
    Instance,
    RoundClass,
    RoundSlot,
    Wish,
    allocate,
    as_json,
    digest,
    figures_of,
    first_come,
    from_json,
    large,
    placements_digest,
    random_draw,
)
from booking.matching.allocation.formulation import all_left, program_of
from booking.matching.allocation.instance import in_order
from booking.matching.allocation.tables import Aims, aims_of, broken_rules, tables_of

SLOTS = ("s1", "s2", "s3", "s4")


@st.composite
def rounds(draw, most_classes: int = 5, several: bool = True) -> Instance:
    slots = tuple(
        RoundSlot(key, draw(st.integers(1, 3)), draw(st.integers(20, 70)), one_school=draw(st.booleans()))
        for key in SLOTS
    )
    classes = []
    for number in range(draw(st.integers(1, most_classes))):
        wished = draw(st.lists(st.sampled_from(SLOTS), unique=True, max_size=3))
        pairs = list(itertools.combinations(range(len(wished)), 2))
        classes.append(
            RoundClass(
                key=f"c{number}", school=draw(st.sampled_from(("A", "B"))), pupils=draw(st.integers(10, 40)),
                weight=draw(st.integers(1, 4)), most=draw(st.integers(1, 2)) if several else 1,
                wishes=tuple(Wish(slot, draw(st.integers(0, 500)) * 100) for slot in wished),
                clashes=tuple(pair for pair in pairs if draw(st.booleans())),
            )
        )  # fmt: skip
    caps = {school: draw(st.integers(0, 3)) for school in ("A", "B") if draw(st.booleans())}
    return Instance(tuple(classes), slots, seed=draw(st.text("abc", min_size=1, max_size=3)), caps=caps)


def best_by_brute_force(instance: Instance) -> Aims:
    tables = tables_of(in_order(instance))
    best = Aims(0, 0, 0)
    for bits in itertools.product((False, True), repeat=tables.size):
        chosen = np.array(bits, dtype=bool)
        if not broken_rules(tables, chosen):
            best = max(best, aims_of(tables, chosen))
    return best


def shuffled(instance: Instance, number: int) -> Instance:
    chance = random.Random(number)
    classes, slots = list(instance.classes), list(instance.slots)
    chance.shuffle(classes)
    chance.shuffle(slots)
    return Instance(tuple(classes), tuple(slots), instance.seed, dict(reversed(instance.caps.items())))


@settings(max_examples=60, deadline=None)
@given(rounds())
def test_a_small_round_gets_the_best_of_all_possible_results_aim_after_aim(instance):
    best = best_by_brute_force(instance)
    found = allocate(instance)
    assert [level.value for level in found.levels] == [best.served, best.points, best.nearness]
    assert [level.bound for level in found.levels] == [best.served, best.points, best.nearness]


@settings(max_examples=60, deadline=None)
@given(rounds(most_classes=6))
def test_the_road_for_large_rounds_breaks_no_limit_and_its_bounds_hold(instance):
    best = best_by_brute_force(instance) if tables_of(instance).size <= 14 else None
    found = allocate(instance, exact_columns=0)
    tables = tables_of(in_order(instance))
    assert broken_rules(tables, tables.columns_of(found.placements)) == []
    assert all(level.bound >= level.value for level in found.levels)
    if best is not None:
        assert found.levels[0].bound >= best.served >= found.levels[0].value


@settings(max_examples=60, deadline=None)
@given(rounds(most_classes=6))
def test_borders_between_districts_keep_the_limits_and_the_proof(instance):
    tables = tables_of(in_order(instance))
    assume(tables.size)
    with mock.patch.object(large, "DISTRICT_CLASSES", 1):
        found = allocate(instance, exact_columns=0)
    assert broken_rules(tables, tables.columns_of(found.placements)) == []
    best = allocate(instance).levels[0].value
    assert found.levels[0].value <= best <= found.levels[0].bound
    columns = np.arange(tables.size)
    program = program_of(tables, columns, all_left(tables), with_covers=True)
    for district in (tables.slot_of, tables.slot_of % 2, tables.slot_of * 0):
        assert best <= large.most_served(tables, program, district)


@settings(max_examples=60, deadline=None)
@given(rounds(most_classes=6, several=False))
def test_across_borders_nobody_could_move_to_a_dearer_wish_that_stayed_free(instance):
    with mock.patch.object(large, "DISTRICT_CLASSES", 1):
        found = allocate(instance, exact_columns=0)
    tables = tables_of(in_order(instance))
    granted = tables.columns_of(found.placements)
    for column in np.flatnonzero(granted):
        own = np.flatnonzero(tables.class_of == tables.class_of[column])
        for dearer in own[tables.rank_of[own] < tables.rank_of[column]]:
            tried = granted.copy()
            tried[column], tried[dearer] = False, True
            assert broken_rules(tables, tried), "a dearer wish stayed free"


def test_what_is_lost_at_the_borders_is_little():
    instance = crowded()
    with mock.patch.object(large, "DISTRICT_CLASSES", 100):
        found = allocate(instance, exact_columns=0)
    best = allocate(instance)
    assert found.levels[0].value <= best.levels[0].value <= found.levels[0].bound
    assert found.levels[0].gap <= 0.05


@settings(max_examples=30, deadline=None)
@given(rounds(most_classes=6), st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(instance, number):
    other = shuffled(instance, number)
    assert digest(instance) == digest(other)
    for exact_columns in (0, 6000):
        first, second = (allocate(each, exact_columns=exact_columns) for each in (instance, other))
        assert first == second


@settings(max_examples=30, deadline=None)
@given(rounds())
def test_a_stored_round_is_played_again_with_the_same_result(instance):
    stored = as_json(instance)
    again = from_json(stored)
    assert digest(again) == digest(instance)
    assert placements_digest(allocate(again).placements) == placements_digest(allocate(instance).placements)


def crowded(classes: int = 400, slots: int = 160, seed: int = 5) -> Instance:
    """More classes than places, slots of one to three classes whose pupils' limit binds now and then."""
    chance = random.Random(seed)
    places = tuple(
        RoundSlot(f"s{n}", most := chance.choice((1, 1, 2, 3)), chance.choice((26, 28, 30, 32)) * most)
        for n in range(slots)
    )
    groups = tuple(
        RoundClass(
            f"c{n}", f"e{n // 4}", chance.randint(18, 32), weight=chance.choice((1, 1, 1, 2, 3)),
            wishes=tuple(Wish(f"s{s}", chance.randint(5, 600) * 100) for s in chance.sample(range(slots), 5)),
        )
        for n in range(classes)
    )  # fmt: skip
    return Instance(groups, places, seed="2027", caps={f"e{n}": 3 for n in range(0, classes // 4, 3)})


def test_a_large_round_is_proven_to_be_within_a_thousandth_of_the_best():
    instance = crowded()
    found = allocate(instance, exact_columns=0)
    assert found.levels[0].gap <= 0.001
    assert found.is_whole


def test_no_class_left_out_could_be_given_a_free_place():
    instance = crowded()
    tables = tables_of(in_order(instance))
    granted = tables.columns_of(allocate(instance, exact_columns=0).placements)
    served = set(tables.class_of[granted].tolist())
    for column in range(tables.size):
        if int(tables.class_of[column]) not in served:
            tried = granted.copy()
            tried[column] = True
            assert broken_rules(tables, tried), "a place stayed free that this class had wished for"


def test_the_round_serves_more_weight_than_first_come_or_a_draw():
    instance = crowded()
    fair = figures_of(instance, allocate(instance).placements)
    arrival = {each.key: number for number, each in enumerate(instance.classes)}
    for other in (first_come(instance, arrival), random_draw(instance)):
        tables = tables_of(in_order(instance))
        assert broken_rules(tables, tables.columns_of(other)) == []
        assert figures_of(instance, other).weight_served < fair.weight_served


def test_equal_results_are_parted_by_the_published_seed_alone():
    classes = tuple(RoundClass(f"c{n}", "A", 25, (Wish("s1"),)) for n in range(20))
    winners = {
        allocate(Instance(classes, (RoundSlot("s1", 1, 30),), seed)).placements[0].school_class
        for seed in map(str, range(12))
    }
    assert len(winners) > 3


def test_a_class_that_is_too_many_for_the_slot_is_not_split():
    instance = Instance((RoundClass("c1", "A", 31, (Wish("s1"),)),), (RoundSlot("s1", 2, 30),), "s")
    assert allocate(instance).placements == ()


def test_a_round_broken_off_says_that_it_is_not_whole():
    for instance, exact_columns in ((crowded(), 0), (crowded(), 6000)):
        found = allocate(instance, exact_columns=exact_columns, stop=lambda: True)
        best = allocate(instance)
        assert not found.is_whole
        for level, best_level in zip(found.levels, best.levels, strict=True):
            assert level.bound >= best_level.value
        assert found.levels[0].gap > 0.5


@pytest.mark.parametrize(
    "instance",
    [
        Instance((RoundClass("c1", "A", 20, (Wish("s9"),)),), (RoundSlot("s1", 1, 30),), "s"),
        Instance((RoundClass("c1", "A", 20, (Wish("s1"), Wish("s1"))),), (RoundSlot("s1", 1, 30),), "s"),
        Instance((RoundClass("c1", "A", 0, ()),), (), "s"),
        Instance((RoundClass("c1", "A", 5, ()), RoundClass("c1", "A", 5, ())), (), "s"),
        Instance((), (RoundSlot("s1", -1, 30),), "s"),
        Instance((), (), "s", caps={"A": -1}),
        Instance((RoundClass("c1", "A", 20, (Wish("s1"),), clashes=((0, 3),)),), (RoundSlot("s1", 1, 30),), "s"),
    ],
)
def test_a_round_that_contradicts_itself_is_refused_with_every_contradiction(instance):
    with pytest.raises(Inconsistent) as refused:
        allocate(instance)
    assert refused.value.problems
