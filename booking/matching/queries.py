"""Reads of needs: a teacher's, a company's, and how many classes an activity still takes at agreed dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, Origin
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.dates import SCHOOL_YEAR_STARTS_IN, school_year
from booking.core.db import db
from booking.matching.models import Need, NeedState
from booking.matching.rules import Cap


def cap_of(activity: Activity, day: datetime | None = None) -> Cap:
    """The yearly cap and what is taken of it: classes welcomed, or offered a place, at an agreed date of that year."""
    year = school_year((day or clock.now()).date())
    first, after = (datetime(each, SCHOOL_YEAR_STARTS_IN, 1) for each in (year, year + 1))  # noqa: DTZ001 (wall clock)
    query = (
        select(func.count())
        .select_from(Booking)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(
            Slot.activity_id == activity.id,
            Slot.local_start >= first,
            Slot.local_start < after,
            Booking.origin == Origin.NEED,
            Booking.state.in_(TAKEN),
        )
    )
    return Cap(activity.yearly_cap, db.session.scalar(query) or 0)


def needs_of_teacher(person_id: int) -> Sequence[Need]:
    """The person's needs, the latest first."""
    query = select(Need).where(Need.teacher_id == person_id).options(*_shown()).order_by(Need.id.desc())
    return db.session.scalars(query).all()


def open_needs_of_company(company_id: int) -> Sequence[Need]:
    """What awaits the company's answer, the most urgent first."""
    return db.session.scalars(
        _of_company(company_id).where(Need.state == NeedState.OPEN).order_by(Need.deadline_at, Need.id)
    ).all()


def count_open_needs(company_id: int) -> int:
    """How many needs await the company's answer."""
    query = select(func.count()).select_from(Need).join(Activity, Activity.id == Need.activity_id)
    return db.session.scalar(query.where(Activity.company_id == company_id, Need.state == NeedState.OPEN)) or 0


def past_needs_of_company(company_id: int, limit: int = 100) -> Sequence[Need]:
    """The needs that are over, the latest first."""
    return db.session.scalars(
        _of_company(company_id).where(Need.state != NeedState.OPEN).order_by(Need.updated_at.desc()).limit(limit)
    ).all()


def need_of_company(company_id: int, need_id: int) -> Need | None:
    return db.session.scalar(_of_company(company_id).where(Need.id == need_id))


def open_need(activity_id: int, class_id: int) -> Need | None:
    """The need that this class has open for this activity."""
    return db.session.scalar(
        select(Need).where(Need.activity_id == activity_id, Need.class_id == class_id, Need.state == NeedState.OPEN)
    )


def alive_booking_from_need(activity_id: int, class_id: int) -> Booking | None:
    """What an earlier need of the class gave, while it still stands."""
    query = (
        select(Booking)
        .join(Need, Need.booking_id == Booking.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(
            Need.activity_id == activity_id,
            Need.class_id == class_id,
            Booking.state.in_(TAKEN),
            Slot.ends_at > clock.now(),
        )
    )
    return db.session.scalars(query).first()


def _of_company(company_id: int):
    return (
        select(Need).join(Activity, Activity.id == Need.activity_id).where(Activity.company_id == company_id)
    ).options(*_shown())


def _shown():
    return (
        joinedload(Need.activity).joinedload(Activity.company),
        joinedload(Need.activity).joinedload(Activity.site),
        joinedload(Need.school_class),
        joinedload(Need.school),
        joinedload(Need.teacher),
        joinedload(Need.booking).joinedload(Booking.slot),
    )
