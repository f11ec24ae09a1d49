"""How companies answer the requests they get: read from the history of bookings, and shown only when it is a habit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select

from booking.bookings.models import Booking, BookingEvent
from booking.bookings.rules.scores import Answering
from booking.bookings.rules.states import ANSWERS, Answer, Event, State
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.db import db
from booking.territory.rules import HolidayCalendar, open_days_between

LOOKED_BACK = timedelta(days=365)


def answering_of(company_ids: Iterable[int]) -> dict[int, Answering]:
    """The answers of a year, by company, in two reads; a company that was never asked is not there.

    An answer's days are the working days of the place after the day of the request: the same day is none.
    """
    outcomes = _outcomes(set(company_ids))
    asked_at = _asked_at({booking_id for _company, booking_id, *_rest in outcomes})
    days: dict[int, list[int]] = defaultdict(list)
    unanswered: dict[int, int] = defaultdict(int)
    for company_id, booking_id, event, happened_at, timezone, departement_code in outcomes:
        if event in ANSWERS:
            calendar = HolidayCalendar(departement_code)
            first, last = (_day(moment, timezone) for moment in (asked_at.get(booking_id, happened_at), happened_at))
            days[company_id].append(open_days_between(first, last, calendar.is_day_off_for_work))
        else:
            unanswered[company_id] += 1
    return {key: Answering(tuple(days[key]), unanswered[key]) for key in {*days, *unanswered}}


def _outcomes(company_ids: set[int]) -> list[tuple[int, int, Event, datetime, str, str]]:
    """What became of each request that a company had to answer: its answer, or that it expired."""
    left_to_expire = and_(
        BookingEvent.event == Event.LAPSE,
        BookingEvent.from_state == State.REQUESTED,
        Booking.host_answer == Answer.PENDING,
    )
    query = (
        select(
            Activity.company_id, Booking.id, BookingEvent.event, BookingEvent.happened_at,
            Slot.timezone, Slot.departement_code,
        )
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(
            Activity.company_id.in_(company_ids),
            BookingEvent.happened_at > clock.now() - LOOKED_BACK,
            or_(BookingEvent.event.in_(ANSWERS), left_to_expire),
        )
        .order_by(BookingEvent.id)
    )  # fmt: skip
    return list(db.session.execute(query).tuples())


def _asked_at(booking_ids: set[int]) -> dict[int, datetime]:
    """When each booking became a request."""
    query = (
        select(BookingEvent.booking_id, BookingEvent.happened_at)
        .where(
            BookingEvent.booking_id.in_(booking_ids),
            BookingEvent.to_state == State.REQUESTED,
            or_(BookingEvent.from_state.is_(None), BookingEvent.from_state != State.REQUESTED),
        )
        .order_by(BookingEvent.id)
    )
    return dict(db.session.execute(query).tuples().all())


def _day(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()
