"""Door to door: when a class leaves, when it is back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.bookings import queries
from booking.bookings.guests import GuestClass
from booking.bookings.rules.journey import DOOR, door_to_door
from booking.catalogue.models import ActivityKind
from booking.core.db import db
from booking.schools.models import Absence
from booking.territory.rules import travel_minutes
from tests import make

BRUNOY = (48.70202, 2.49541)
EVRY = (48.63, 2.44)
START, END = datetime(2027, 1, 12, 9, 0), datetime(2027, 1, 12, 11, 30)


def test_a_class_leaves_before_and_is_back_after_by_the_time_of_the_way():
    journey = door_to_door(START, END, BRUNOY, EVRY)

    assert journey.travel_min == travel_minutes(*BRUNOY, *EVRY) == 37
    assert journey.leaves_at == datetime(2027, 1, 12, 8, 10)
    assert journey.back_at == datetime(2027, 1, 12, 12, 10)
    assert journey.span == timedelta(hours=4)


def test_the_words_say_hours_and_the_sentence_what_was_assumed():
    journey = door_to_door(START, END, BRUNOY, EVRY)

    assert journey.words == "départ 8\u00a0h\u00a010, retour 12\u00a0h\u00a010"
    assert "estimé à 37\u00a0min, arrivée 10\u00a0min avant" in journey.sentence


@pytest.mark.parametrize("unknown", [(None, 2.4), (48.6, None), (None, None)])
def test_nothing_is_said_of_a_way_that_is_not_known(unknown):
    assert door_to_door(START, END, unknown, EVRY) is None
    assert door_to_door(START, END, BRUNOY, unknown) is None


def test_a_place_too_far_for_a_day_is_said_so():
    journey = door_to_door(START, END, (-20.88, 55.45), EVRY)

    assert not journey.fits_in_a_day
    assert journey.words == "trop loin pour un aller-retour dans la journée"


@given(
    st.floats(48, 50), st.floats(1, 3), st.integers(0, 59), st.integers(30, 300)
)  # fmt: skip
def test_hours_are_said_on_the_safe_side_by_steps(latitude, longitude, minute, length):
    start = datetime(2027, 1, 12, 12, minute)
    end = start + timedelta(minutes=length)
    journey = door_to_door(start, end, BRUNOY, (latitude, longitude))

    travel = timedelta(minutes=journey.travel_min)
    step = timedelta(minutes=DOOR.step_min)
    assert timedelta(0) <= start - timedelta(minutes=DOOR.early_min) - travel - journey.leaves_at < step
    assert timedelta(0) <= journey.back_at - end - travel < step
    assert journey.leaves_at.minute % DOOR.step_min == journey.back_at.minute % DOOR.step_min == 0


# ---- A class that is not saved


@pytest.mark.usefixtures("now")
def test_a_class_that_is_not_saved_is_explained_as_a_saved_one(app):
    school = make.make_school()
    slot = make.make_slot(adults_per_class=3, max_pupils=20)
    guest = GuestClass(school, "TG", pupils=27, adults=1)

    codes = {obstacle.code for obstacle in queries.explain(slot, guest).obstacles}

    assert {"wrong_level", "group_too_large", "adults_missing"} <= codes
    fits = queries.explain(make.make_slot(), GuestClass(school, "4E", pupils=27, adults=3))
    assert fits.is_possible


@pytest.mark.usefixtures("now")
def test_nothing_is_claimed_of_the_other_outings_of_a_class_that_is_not_saved(app):
    school_class = make.make_class()
    guest = GuestClass(school_class.school, "4E", 27, 3)
    slot = make.make_slot()

    assert any("Aucune autre sortie" in sentence for sentence in queries.explain(slot, school_class).good_news)
    assert not any("Aucune autre sortie" in sentence for sentence in queries.explain(slot, guest).good_news)


@pytest.mark.usefixtures("now")
def test_when_a_school_is_away_is_for_its_members(app):
    teacher = make.make_teacher()
    school, slot = teacher.memberships[0].school, make.make_slot()
    day = slot.local_start.date()
    db.session.add(Absence(school_id=school.id, first_on=day, last_on=day, reason="brevet blanc"))
    db.session.commit()

    assert queries.explain(slot, GuestClass(school, "4E", 27, 3)).is_possible
    stops = queries.explain(slot, GuestClass(school, "4E", 27, 3, person_id=teacher.id)).stops
    assert [stop.code for stop in stops] == ["class_away"]
    stranger = make.make_teacher(make.make_school(name="Ailleurs"))
    assert queries.explain(slot, GuestClass(school, "4E", 27, 3, person_id=stranger.id)).is_possible


def test_a_workshop_in_class_has_no_journey(app):
    school = make.make_school()
    workshop = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP))

    assert queries.journey_of(workshop, school) is None
    assert queries.journey_of(make.make_slot(), school).travel_min == 37
