"""What must always be true of needs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, or_, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import Origin, State
from booking.catalogue.models import Activity, Slot
from booking.core.checks import invariant
from booking.core.db import db
from booking.matching.board.rules import LIMITS
from booking.matching.models import Need, NeedOffer, NeedState

Found = Iterator[tuple[str, str]]


@invariant("need-answer")
def need_answer() -> Found:
    """An answered need has a booking of its class, on a slot of its activity, that came about by the need."""
    query = (
        select(Need.id, Booking.id)
        .join(Booking, Booking.id == Need.booking_id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(
            or_(
                Booking.class_id != Need.class_id,
                Booking.school_id != Need.school_id,
                Booking.origin != Origin.NEED,
                Slot.activity_id != Need.activity_id,
            )
        )
    )
    for need_id, booking_id in db.session.execute(query):
        yield f"need {need_id}", f"is answered by booking {booking_id}, which is about something else"


@invariant("need-booking")
def need_booking() -> Found:
    """A booking that came about by a need is the answer to one."""
    answers = select(Need.booking_id).where(Need.booking_id.is_not(None))
    offers = select(NeedOffer.booking_id)
    query = select(Booking.id).where(
        Booking.origin == Origin.NEED, Booking.id.not_in(answers), Booking.id.not_in(offers)
    )
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "came about by a need that does not exist"


@invariant("need-wishes")
def need_wishes() -> Found:
    """An open need holds at least one wish."""
    query = select(Need.id, Need.wishes).where(Need.state == NeedState.OPEN)
    for need_id, wishes in db.session.execute(query):
        if not wishes:
            yield f"need {need_id}", "is open and wishes for nothing"


@invariant("need-offer")
def need_offer() -> Found:
    """A date offered on the board is held for the class that looks for it, by the company that offered it."""
    query = (
        select(NeedOffer.id, Booking.id)
        .join(Need, Need.id == NeedOffer.need_id)
        .join(Booking, Booking.id == NeedOffer.booking_id)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(
            or_(
                Need.activity_id.is_not(None),
                Booking.class_id != Need.class_id,
                Booking.origin != Origin.NEED,
                Activity.company_id != NeedOffer.company_id,
            )
        )
    )
    for offer_id, booking_id in db.session.execute(query):
        yield f"offer {offer_id}", f"holds booking {booking_id}, which is about something else"


@invariant("need-offers-waiting")
def need_offers_waiting() -> Found:
    """Only an open need has offers that wait for an answer, and no more than a class may get."""
    query = (
        select(Need.id, Need.state, func.count())
        .join(NeedOffer, NeedOffer.need_id == Need.id)
        .join(Booking, Booking.id == NeedOffer.booking_id)
        .where(Booking.state == State.OFFERED)
        .group_by(Need.id, Need.state)
    )
    for need_id, state, count in db.session.execute(query):
        if state is not NeedState.OPEN or count > LIMITS.offers_per_need:
            yield f"need {need_id}", f"is {state} and has {count} offers that wait for an answer"


@invariant("need-answered-by-offer")
def need_answered_by_offer() -> Found:
    """A need of the board is answered by one of the dates that were offered for it."""
    offers = select(NeedOffer.booking_id).where(NeedOffer.need_id == Need.id)
    query = select(Need.id, Need.booking_id).where(
        Need.activity_id.is_(None), Need.booking_id.is_not(None), Need.booking_id.not_in(offers)
    )
    for need_id, booking_id in db.session.execute(query):
        yield f"need {need_id}", f"is answered by booking {booking_id}, which was not offered for it"
