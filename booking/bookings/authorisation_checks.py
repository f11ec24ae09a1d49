"""What must always be true of authorisations: the booking says the same as its signers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from booking.bookings.authorisation_models import Authorisation
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import ASKED_IN, Purpose
from booking.bookings.rules.states import Answer, State
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.checks import invariant
from booking.core.db import db

Found = Iterator[tuple[str, str]]


@invariant("head-answer")
def head_answer() -> Found:
    """The head's answer on a booking is what its signers said; one that is awaited has somebody to give it."""
    query = (
        select(Booking)
        .where(Booking.state.in_((*ASKED_IN, State.DECLINED, State.CANCELLED)))
        .options(selectinload(Booking.authorisation).selectinload(Authorisation.signers))
    )
    for booking in db.session.scalars(query.execution_options(yield_per=500)):
        authorisation, said = booking.authorisation, booking.head_answer
        if authorisation is None:
            if said is Answer.PENDING and booking.state in ASKED_IN:
                yield f"booking {booking.id}", "awaits its head, whom nobody asked"
            continue
        if not authorisation.signers:
            yield f"booking {booking.id}", "has an authorisation that nobody signs"
        elif authorisation.answer is not Answer.PENDING and said is not authorisation.answer:
            yield f"booking {booking.id}", f"says {said}, its signers {authorisation.answer}"
        elif authorisation.answer is Answer.PENDING and said not in (None, Answer.PENDING):
            yield f"booking {booking.id}", f"says {said}, its signers have not all answered"


@invariant("refused-is-over")
def refused_is_over() -> Found:
    """A booking whose school refused stands no more."""
    query = select(Booking.id).where(Booking.head_answer == Answer.NO, Booking.state.in_(ASKED_IN))
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "goes on although its school refused"


@invariant("speakers-forgotten")
def speakers_forgotten() -> Found:
    """Nobody who came into a school is still named two days after; outings name nobody."""
    limit = clock.now() - timedelta(days=2)
    query = (
        select(Authorisation)
        .join(Authorisation.booking)
        .join(Booking.slot)
        .where(Slot.ends_at <= limit, Authorisation.speakers_erased_at.is_(None))
        .where(Authorisation.purpose == Purpose.INTERVENTION)
        .options(joinedload(Authorisation.booking))
    )
    for authorisation in db.session.scalars(query):
        if authorisation.speakers:
            yield f"booking {authorisation.booking_id}", "still names who came in"
