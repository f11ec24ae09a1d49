"""Dates to agree in the demo: a class that waits for the demo's host, and a place offered to the demo's teacher."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from booking.bookings.models import Booking
from booking.bookings.rules.states import ALIVE
from booking.catalogue.models import Activity, Slot
from booking.catalogue.rules.slots import Capacity
from booking.catalogue.services import SlotDraft
from booking.core.db import db
from booking.demo.rules import Season
from booking.demo.services.offers import Offered
from booking.demo.services.people import Cast
from booking.matching.rules import Half, Wish
from booking.matching.services import answer_need, post_need
from booking.schools.models import SchoolClass

HOST, NEIGHBOUR = "turbines", "yerres"


def make_needs(season: Season, cast: Cast, offered: Offered) -> None:
    """The demo's host has a need to answer; the demo's teacher an offered place to accept."""
    later = season.week_days[-1]
    asked = _to_agree(offered, HOST)
    wishes = [Wish(later, later, Half.MORNING), Wish(later + timedelta(days=3), later + timedelta(days=14))]
    post_need(
        asked.id,
        cast.own["3e A"].id,
        cast.teacher,
        wishes,
        "Nous préparons un exposé sur les forces : une heure le matin conviendrait bien.",
    )
    school_class = cast.own["4e B"]
    day = _free_day(season, school_class)
    answered = _to_agree(offered, NEIGHBOUR)
    need = post_need(answered.id, school_class.id, cast.teacher, [Wish(day, day, Half.AFTERNOON)])
    # A workshop for half a class: this time the whole class is taken.
    draft = SlotDraft(
        datetime.combine(day, time(14)), datetime.combine(day, time(15, 30)), Capacity(1, school_class.pupils, 1)
    )
    answer_need(need.id, answered.contact, draft)


def _to_agree(offered: Offered, key: str) -> Activity:
    query = select(Activity).where(Activity.company_id == offered.companies[key].id, Activity.dates_to_agree)
    return db.session.scalars(query).one()


def _free_day(season: Season, school_class: SchoolClass) -> date:
    """A day of class, not a Wednesday, when the class has nothing else and the visit that stays free isn't."""
    taken = select(Slot.local_start).join(Booking, Booking.slot_id == Slot.id).where(
        Booking.class_id == school_class.id, Booking.state.in_(ALIVE)
    )  # fmt: skip
    busy = {start.date() for start in db.session.scalars(taken)} | {season.free_visit_on}
    return next(day for day in season.days if day not in busy and day.weekday() != 2)
