"""Dates to agree in the demo: a class that waits for the demo's host, and a place offered to the demo's teacher."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import ALIVE
from booking.catalogue.models import Activity, ActivityKind, Slot
from booking.catalogue.rules.slots import Capacity
from booking.catalogue.services import SlotDraft
from booking.core.db import db
from booking.demo.rules import Season
from booking.demo.services.offers import Offered
from booking.demo.services.people import Cast
from booking.matching.board.rules import NeedDraft
from booking.matching.board.services import post_to_board
from booking.matching.models import Need
from booking.matching.rules import Half, Wish
from booking.matching.services import answer_need, post_need
from booking.schools.models import Audience, SchoolClass

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
    make_board(season, cast)


def make_board(season: Season, cast: Cast) -> None:
    """Three classes look for any visit: firms of the demo see them on the need board."""
    days = season.days
    first, last = days[len(days) // 3], days[-1]
    asked = (
        NeedDraft((Wish(first, last, Half.MORNING),), theme="robots et automatismes", message="Nous montons un robot."),
        NeedDraft((Wish(first, last),), can_travel=False, radius_km=50, theme="métiers d’un atelier"),
        NeedDraft((Wish(first, last, Half.AFTERNOON),), kinds=(ActivityKind.SITE_VISIT,), radius_km=30),
    )
    busy = set(db.session.scalars(select(Need.class_id)))
    free = [each for each in cast.classes if each.audience is Audience.PUPILS and each.id not in busy]
    for school_class, draft in zip(free[:: max(1, len(free) // len(asked))], asked, strict=False):
        post_to_board(school_class.id, db.session.get_one(Person, school_class.owner_id), draft)


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
