"""The country of `flask demo --scale national`, in small: its rows are written past the services and yet keep every rule."""

from datetime import UTC

import pytest
from sqlalchemy import func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import Activity, ActivityTerm, Slot
from booking.core import clock
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.demo.rules import season_of
from booking.demo.services.editions import make_editions
from booking.demo.services.national import Size, make_national
from booking.demo.services.people import make_people
from booking.schools.models import School, SchoolClass
from tests import make


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.usefixtures("small_france")
def test_a_country_written_in_bulk_keeps_every_rule(both_databases):
    season = season_of(clock.now().astimezone(UTC).date(), lambda day: day.weekday() < 5)
    with transaction():
        editions = make_editions(season)
        make_national(season, editions, make_people(season), Size(firms=12, activities=40, slots=90, bookings=300))
    assert violations() == []
    assert (count(Activity), count(Slot)) == (40, 90)
    assert count(Booking) > 200
    assert len(set(db.session.scalars(select(Booking.school_id)))) > 20
    states = set(db.session.scalars(select(Booking.state)))
    assert states >= {State.CONFIRMED, State.REQUESTED, State.CANCELLED, State.ATTENDED}
    reached = set(db.session.scalars(select(SchoolClass.school_id)))
    assert reached == set(db.session.scalars(select(School.id).where(School.is_listed, School.latitude.is_not(None))))
    assert set(db.session.scalars(select(ActivityTerm.activity_id))) == set(db.session.scalars(select(Activity.id)))


@pytest.mark.deep_on_sqlite
@pytest.mark.usefixtures("small_france")
def test_what_comes_after_a_country_takes_the_next_numbers(both_databases):
    season = season_of(clock.now().astimezone(UTC).date(), lambda day: day.weekday() < 5)
    with transaction():
        editions = make_editions(season)
        make_national(season, editions, make_people(season), Size(firms=2, activities=2, slots=2, bookings=2))
    make.make_person("after@example.org")
