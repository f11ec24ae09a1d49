"""Which outings are suspended: the reads that pages, rules and the worker share.

A suspension holds for the outings of the département's schools, wherever they go, and for the visits to its sites,
wherever the class comes from. A workshop in class is no outing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Date, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from booking.bookings.models import Booking
from booking.bookings.rules.states import ALIVE, REASON_WORDS, TAKEN, State
from booking.bookings.rules.suspensions import period_words
from booking.bookings.suspension_models import OutingSuspension
from booking.catalogue.models import Activity, ActivityKind, Slot
from booking.catalogue.rules.wording import in_departement
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _

# Bookings that hold places and are still to come: those in line hold none.
CONCERNED = tuple(sorted(ALIVE & TAKEN))


def running_suspensions(codes: Collection[str] | None = None) -> Sequence[OutingSuspension]:
    """Neither lifted nor over, the soonest first; of these départements only when some are given."""
    query = (
        select(OutingSuspension)
        .where(
            OutingSuspension.lifted_at.is_(None),
            # A day is kept for places where it is still yesterday.
            or_(OutingSuspension.last_on.is_(None), OutingSuspension.last_on >= _yesterday()),
        )
        .options(joinedload(OutingSuspension.departement))
        .order_by(OutingSuspension.first_on, OutingSuspension.id)
    )
    if codes is not None:
        query = query.where(OutingSuspension.departement_code.in_(codes))
    return db.session.scalars(query).all()


def suspensions_of(codes: Collection[str] | None, limit: int = 50) -> Sequence[OutingSuspension]:
    """All that there were in these départements, everywhere when None, the latest first."""
    query = select(OutingSuspension).options(joinedload(OutingSuspension.departement))
    if codes is not None:
        query = query.where(OutingSuspension.departement_code.in_(codes))
    return db.session.scalars(query.order_by(OutingSuspension.id.desc()).limit(limit)).all()


def suspension_on(
    suspensions: Iterable[OutingSuspension], codes: Collection[str], day: date
) -> OutingSuspension | None:
    """The one that keeps an outing from taking place that day. codes: of the school and of the place."""
    return next((each for each in suspensions if each.departement_code in codes and each.covers(day)), None)


def suspension_sentence(suspension: OutingSuspension) -> str:
    """Where, which days and why, in a sentence."""
    place, period = suspension.departement, period_words(suspension.first_on, suspension.last_on)
    return _(
        "Les sorties scolaires sont suspendues %(where)s %(period)s (%(reason)s).",
        where=in_departement(place.code, place.name), period=period, reason=str(REASON_WORDS[suspension.reason]),
    )  # fmt: skip


def suspension_of(booking: Booking) -> OutingSuspension | None:
    """What keeps this booking from taking place as it stands, if anything."""
    slot = booking.slot
    if booking.state not in CONCERNED or slot.activity.comes_to_class or slot.ends_at <= clock.now():
        return None
    codes = {booking.departement_code, slot.departement_code}
    return suspension_on(running_suspensions(codes), codes, slot.local_start.date())


def touched_by(departement_code: str, first_on: date, last_on: date | None) -> list[Booking]:
    """The bookings to come that such a suspension concerns, the soonest first."""
    query = _outings(select(Booking)).where(
        Booking.state.in_(CONCERNED),
        Slot.ends_at > clock.now(),
        or_(Booking.departement_code == departement_code, Slot.departement_code == departement_code),
        Slot.local_start >= datetime.combine(first_on, time()),
    )
    if last_on is not None:
        query = query.where(Slot.local_start < datetime.combine(last_on + timedelta(days=1), time()))
    query = query.options(joinedload(Booking.school)).order_by(Slot.starts_at, Booking.id)
    return list(db.session.scalars(query))


def passed_under_suspension(before: datetime | None = None, limit: int = 500) -> list[tuple[int, int]]:
    """Firm bookings whose day went by while outings were suspended, each with the suspension: (booking, suspension).

    before: of visits that ended by then; by now when it is not given.
    """
    day = func.date(Slot.local_start, type_=Date)
    query = (
        _outings(select(Booking.id, func.min(OutingSuspension.id)))
        .join(
            OutingSuspension,
            and_(
                or_(
                    OutingSuspension.departement_code == Booking.departement_code,
                    OutingSuspension.departement_code == Slot.departement_code,
                ),
                OutingSuspension.first_on <= day,
                or_(OutingSuspension.last_on.is_(None), OutingSuspension.last_on >= day),
                or_(OutingSuspension.lifted_at.is_(None), OutingSuspension.lifted_at >= Slot.ends_at),
                # Whoever suspends days that are over says nothing of what took place.
                OutingSuspension.created_at < Slot.ends_at,
            ),
        )
        .where(Booking.state == State.CONFIRMED, Slot.ends_at <= (before or clock.now()))
        .group_by(Booking.id)
        .order_by(Booking.id)
        .limit(limit)
    )
    return [(booking_id, suspension_id) for booking_id, suspension_id in db.session.execute(query)]


def _outings(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(Booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(Activity.kind != ActivityKind.CLASSROOM_WORKSHOP)
    )


def _yesterday() -> date:
    return clock.now().date() - timedelta(days=1)
