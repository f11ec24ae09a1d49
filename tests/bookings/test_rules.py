"""Capacity, deadlines, clashes and the explanation: plain values, no database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.bookings.rules.capacity import (
    GroupTooLarge,
    Places,
    SlotFull,
    TooFewPlaces,
    adults_needed,
    check_places,
    groups_of,
)
from booking.bookings.rules.clashes import Outing, clash_with
from booking.bookings.rules.deadlines import cancellable_until, due_at
from booking.bookings.rules.explain import ClassFacts, SlotFacts, World, explanation, obstacles
from booking.catalogue.models import BookedBy
from booking.territory.rules import add_open_days

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
START = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
OUTING = Outing(START, START + timedelta(hours=2), 48.63, 2.44, "Turbines")

SLOT = SlotFacts(
    outing=OUTING,
    day=date(2027, 1, 12),
    timezone="Europe/Paris",
    is_bookable=True,
    is_cancelled=False,
    opens_at=None,
    closes_at=START - timedelta(days=3),
    places=Places(2, 60),
    adults_per_class=2,
    group_size_max=None,
    adults_per_group=1,
    levels=frozenset({"4E", "3E"}),
    booked_by=BookedBy.CLASS,
)
GROUP = ClassFacts(name="4e B", is_staff=False, level="4E", pupils=27, adults=3, school_id=1, departement="91")
WORLD = World(now=NOW)


def codes(slot=SLOT, group=GROUP, world=WORLD):
    return [obstacle.code for obstacle in obstacles(slot, group, world)]


class TestPlaces:
    @given(st.integers(1, 5), st.integers(1, 100), st.lists(st.integers(1, 40), max_size=30))
    def test_what_is_accepted_never_exceeds_capacity(self, max_classes, max_pupils, wishes):
        places = Places(max_classes, max_pupils)
        for pupils in wishes:
            if places.fit(pupils):
                places = replace(
                    places, taken_classes=places.taken_classes + 1, taken_pupils=places.taken_pupils + pupils
                )
        assert places.taken_classes <= max_classes
        assert places.taken_pupils <= max_pupils

    @given(st.integers(1, 5), st.integers(1, 100), st.integers(0, 5), st.integers(0, 100), st.integers(1, 120))
    def test_check_places_refuses_exactly_what_does_not_fit(self, max_c, max_p, taken_c, taken_p, pupils):
        places = Places(max_c, max_p, min(taken_c, max_c), min(taken_p, max_p))
        refused = False
        try:
            check_places(places, pupils)
        except (GroupTooLarge, SlotFull, TooFewPlaces):
            refused = True
        assert refused is not places.fit(pupils)

    def test_no_pupil_place_is_left_once_all_class_places_are_taken(self):
        assert Places(1, 32, 1, 20).left_pupils == 0

    def test_each_limit_has_its_own_refusal(self):
        with pytest.raises(GroupTooLarge):
            check_places(Places(2, 20), 27)
        with pytest.raises(SlotFull):
            check_places(Places(1, 32, 1, 27), 20)
        with pytest.raises(TooFewPlaces) as refusal:
            check_places(Places(2, 32, 1, 20), 20)
        assert refusal.value.left == 12

    @pytest.mark.parametrize(
        ("pupils", "group", "groups", "adults"), [(27, 9, 3, 3), (28, 9, 4, 4), (9, 9, 1, 2), (27, None, 1, 2)]
    )
    def test_adults_follow_the_groups_a_class_is_split_into(self, pupils, group, groups, adults):
        assert groups_of(pupils, group) == groups
        assert adults_needed(pupils, 2, group, 1) == adults


class TestDeadlines:
    @staticmethod
    def weekend(day):
        return day.weekday() >= 5

    def test_an_answer_asked_on_friday_for_two_days_is_due_on_tuesday_evening(self):
        friday = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
        due = due_at(friday, 2, "Europe/Paris", self.weekend, never_after=START)
        assert due == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)

    def test_a_deadline_never_passes_the_closing_of_the_slot(self):
        closes = NOW + timedelta(hours=5)
        assert due_at(NOW, 5, "Europe/Paris", self.weekend, never_after=closes) == closes

    def test_eighteen_hours_is_local_to_the_place(self):
        due = due_at(NOW, 1, "Indian/Reunion", self.weekend, never_after=START)
        assert due == datetime(2026, 11, 25, 14, 0, tzinfo=UTC)

    @given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 30))
    def test_open_days_never_end_on_a_day_off(self, start, days):
        assert not self.weekend(add_open_days(start, days, self.weekend))

    def test_a_late_booking_is_never_beyond_cancelling_at_birth(self):
        assert cancellable_until(NOW + timedelta(days=2), 7, NOW) == NOW


class TestClashes:
    def test_touching_hours_at_the_same_place_do_not_clash(self):
        after = replace(OUTING, starts_at=OUTING.ends_at, ends_at=OUTING.ends_at + timedelta(hours=1))
        assert clash_with(OUTING, [after]) is None

    def test_travel_counts_between_two_places(self):
        later = replace(
            OUTING, starts_at=OUTING.ends_at + timedelta(minutes=10), ends_at=OUTING.ends_at + timedelta(hours=2),
            latitude=48.85, longitude=2.35,
        )  # fmt: skip
        assert clash_with(OUTING, [later]) is later
        assert clash_with(later, [OUTING]) is OUTING

    @given(st.integers(-300, 300), st.integers(1, 300), st.integers(1, 300))
    def test_a_clash_is_mutual(self, offset, first, second):
        one = Outing(START, START + timedelta(minutes=first))
        other = Outing(START + timedelta(minutes=offset), START + timedelta(minutes=offset + second))
        assert (clash_with(one, [other]) is None) == (clash_with(other, [one]) is None)


class TestExplain:
    def test_a_class_that_fits_meets_no_obstacle_and_reads_good_news(self):
        answer = explanation(SLOT, GROUP, WORLD)
        assert answer.is_possible
        assert answer.obstacles == []

    @pytest.mark.parametrize(
        ("code", "slot", "group", "world"),
        [
            ("slot_cancelled", {"is_cancelled": True}, {}, {}),
            ("slot_not_bookable", {"is_bookable": False}, {}, {}),
            ("not_yet_open", {"opens_at": NOW + timedelta(days=1)}, {}, {}),
            ("edition_not_open", {"edition": "2027", "edition_opens_at": NOW + timedelta(seconds=1)}, {}, {}),
            ("closed", {"closes_at": NOW}, {}, {}),
            ("slot_full", {"places": Places(1, 60, 1, 20)}, {}, {}),
            ("too_few_places", {"places": Places(2, 40, 1, 20)}, {}, {}),
            ("group_too_large", {"places": Places(2, 20)}, {}, {}),
            ("wrong_level", {}, {"level": "CM2"}, {}),
            ("not_for_classes", {"booked_by": BookedBy.STAFF}, {}, {}),
            ("not_for_staff", {}, {"is_staff": True}, {}),
            ("no_booking_needed", {"booked_by": BookedBy.NONE}, {}, {}),
            ("booked_already", {}, {}, {"is_booked_already": True}),
            ("clash", {}, {}, {"others": (OUTING,)}),
            ("class_away", {}, {}, {"away": "stage"}),
            ("day_off", {}, {}, {"day_off": "Noël"}),
            ("holidays_unknown", {}, {}, {"holidays_known": False}),
            ("adults_missing", {}, {"adults": 1}, {}),
            ("school_cap", {}, {}, {"school_taken": 3, "school_cap": 3}),
            ("out_of_area", {"is_workshop": True, "area_km": 20}, {}, {"distance_km": 31.0}),
            ("other_school", {"is_workshop": True, "workshop_school_id": 9}, {}, {}),
            ("reserved", {"is_reserved": True}, {}, {}),
            ("outings_suspended", {}, {}, {"is_outings_suspended": True}),
            ("no_wheelchair_access", {"access_motor": False}, {"wheelchairs": 1}, {}),
        ],
    )
    def test_each_obstacle_is_named_alone_with_its_sentence_and_its_remedy(self, app, code, slot, group, world):
        found = obstacles(replace(SLOT, **slot), replace(GROUP, **group), replace(WORLD, **world))
        assert [obstacle.code for obstacle in found] == [code]
        with app.test_request_context():
            assert str(found[0].what()).endswith(".")
            assert found[0].remedy.endswith(".")
            assert found[0].tag

    def test_the_edition_opens_at_that_very_second_and_a_slot_may_only_open_later(self):
        assert codes(replace(SLOT, edition_opens_at=NOW)) == []
        soon, later = NOW + timedelta(hours=1), NOW + timedelta(days=1)
        assert codes(replace(SLOT, opens_at=soon, edition_opens_at=later)) == ["edition_not_open"]
        assert codes(replace(SLOT, opens_at=later, edition_opens_at=soon)) == ["not_yet_open"]

    def test_every_obstacle_is_returned_not_only_the_first(self):
        world = replace(WORLD, away="stage", others=(OUTING,))
        assert codes(group=replace(GROUP, level="CM2", adults=0), world=world) == [
            "wrong_level", "clash", "class_away", "adults_missing",
        ]  # fmt: skip

    def test_a_warning_does_not_stop(self):
        assert explanation(SLOT, GROUP, replace(WORLD, holidays_known=False)).is_possible

    def test_only_the_lack_of_places_opens_the_waiting_list(self):
        full = replace(SLOT, places=Places(1, 60, 1, 20))
        assert explanation(full, GROUP, WORLD).can_wait
        assert not explanation(full, replace(GROUP, level="CM2"), WORLD).can_wait
        assert not explanation(SLOT, GROUP, WORLD).can_wait

    def test_a_mixed_group_is_its_teachers_judgment(self):
        assert codes(group=replace(GROUP, level="AUTRE")) == []

    def test_a_suspension_of_outings_does_not_stop_a_workshop_in_class(self):
        slot = replace(SLOT, is_workshop=True)
        assert codes(slot=slot, world=replace(WORLD, is_outings_suspended=True)) == []
