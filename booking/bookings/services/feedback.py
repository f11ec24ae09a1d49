"""After the visit: both sides are asked once, reminded once, and answer once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.accounts.action_links import new_link
from booking.accounts.models import Person
from booking.bookings.day_sheets import day_of
from booking.bookings.feedback_results import feedback_of, hands_of
from booking.bookings.mails.feedback import ask
from booking.bookings.models import Booking, Feedback
from booking.bookings.rules.feedback import (
    ASKED_WITHIN,
    LINK_VALID,
    FeedbackGiven,
    Hands,
    TooManyHands,
    check_hands,
    may_ask,
    may_remind,
)
from booking.bookings.rules.states import Actor, NotPossibleNow, Origin, State
from booking.bookings.services.places import lock_booking
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db
from booking.territory.queries import holiday_calendar

PURPOSE = "feedback"
SIDES = (Actor.TEACHER, Actor.HOST)


@dataclass(frozen=True)
class Opinion:
    """What one side answers. prepared: the host's word on the class. worked and hands: the teacher's."""

    rating: int
    again: bool
    comment: str = ""
    worked: tuple[str, ...] = ()
    prepared: bool | None = None
    hands: Hands = field(default_factory=Hands)


def give_feedback(booking_id: int, side: Actor, person: Person | None, opinion: Opinion) -> Feedback:
    """Keep one side's answer, whether or not it was asked. person: nobody, for whoever used the mail's link.

    Refuses: NotPossibleNow for a class that did not come, FeedbackGiven the second time, TooManyHands.
    """
    booking = lock_booking(booking_id)
    if booking.state is not State.ATTENDED:
        raise NotPossibleNow(state=booking.state, actor=side)
    feedback = feedback_of(booking.id, side) or Feedback(booking_id=booking.id, side=side)
    if feedback.answered_at:
        raise FeedbackGiven()
    check_hands(opinion.hands, booking.present_pupils, booking.present_girls)
    feedback.rating, feedback.again, feedback.prepared = opinion.rating, opinion.again, opinion.prepared
    feedback.comment, feedback.worked = opinion.comment, list(opinion.worked)
    _set_hands(feedback, opinion.hands)
    feedback.person_id = person.id if person else None
    feedback.answered_at = clock.now()
    db.session.add(feedback)
    db.session.flush()
    return feedback


def drop_impossible_hands(booking: Booking) -> None:
    """Fewer pupils came than was first written down: hands that nobody can have raised are taken away."""
    feedback = feedback_of(booking.id, Actor.TEACHER)
    if feedback is None:
        return
    try:
        check_hands(hands_of(feedback), booking.present_pupils, booking.present_girls)
    except TooManyHands:
        _set_hands(feedback, Hands())


def _set_hands(feedback: Feedback, hands: Hands) -> None:
    for name, count in asdict(hands).items():
        setattr(feedback, name, count)


# ---- Asking


def due_questions() -> list[tuple[int, Actor]]:
    """Visits of the last weeks of which a side was not asked yet, at an hour at which it may be."""
    now = clock.now()
    asked = set(db.session.execute(select(Feedback.booking_id, Feedback.side)).tuples())
    recent = (
        select(Booking)
        .join(Booking.slot)
        .where(
            Booking.state == State.ATTENDED,
            Booking.origin != Origin.DECLARED,
            Slot.ends_at < now,
            Slot.ends_at > now - ASKED_WITHIN,
        )
        .options(joinedload(Booking.slot))
        .order_by(Slot.ends_at, Booking.id)
    )
    is_off = cache(_days_off)
    return [
        (booking.id, side)
        for booking in db.session.scalars(recent)
        for side in SIDES
        if (booking.id, side) not in asked and may_ask(now, day_of(booking.slot), is_off(*_place_of(booking, side)))
    ]


def ask_for_feedback(booking_id: int, side: Actor) -> Feedback | None:
    """Write to one side, unless somebody did or the visit was corrected since: safe to run twice at once."""
    booking = lock_booking(booking_id)
    if booking.state is not State.ATTENDED or feedback_of(booking.id, side):
        return None
    feedback = Feedback(booking_id=booking.id, side=side, asked_at=clock.now())
    db.session.add(feedback)
    db.session.flush()
    _write(booking, feedback, is_reminder=False)
    return feedback


def due_reminders() -> list[int]:
    """Ids of the questions that had no answer and no reminder yet, at an hour at which one may leave."""
    now = clock.now()
    unanswered = (
        select(Feedback)
        .where(Feedback.answered_at.is_(None), Feedback.reminded_at.is_(None), Feedback.asked_at > now - ASKED_WITHIN)
        .options(joinedload(Feedback.booking).joinedload(Booking.slot))
        .order_by(Feedback.id)
    )
    is_off = cache(_days_off)
    return [
        feedback.id
        for feedback in db.session.scalars(unanswered)
        if feedback.asked_at
        and may_remind(
            now, feedback.asked_at, feedback.booking.slot.timezone, is_off(*_place_of(feedback.booking, feedback.side))
        )
    ]


def remind_of_feedback(feedback_id: int) -> Feedback | None:
    """The one reminder, with a fresh link; nobody hears twice, nor whoever wants no reminders."""
    feedback = db.session.get_one(Feedback, feedback_id)
    booking = lock_booking(feedback.booking_id)
    db.session.refresh(feedback)
    if feedback.answered_at or feedback.reminded_at or booking.state is not State.ATTENDED:
        return None
    feedback.reminded_at = clock.now()
    if reader_of(booking, feedback.side).wants_reminders:
        _write(booking, feedback, is_reminder=True)
    return feedback


def reader_of(booking: Booking, side: Actor) -> Person:
    return booking.teacher if side is Actor.TEACHER else booking.slot.activity.contact


def _write(booking: Booking, feedback: Feedback, *, is_reminder: bool) -> None:
    reader = reader_of(booking, feedback.side)
    if reader.closed_at:
        return
    token = new_link(PURPOSE, f"feedback/{feedback.id}", valid_for=LINK_VALID)
    ask(booking, feedback.side, reader, token, is_reminder=is_reminder)


def _place_of(booking: Booking, side: Actor) -> tuple[str, bool]:
    """Whose days count: the school's with its holidays, or the place's where the host works."""
    if side is Actor.TEACHER:
        return booking.departement_code, True
    return booking.slot.departement_code, False


def _days_off(departement_code: str, is_school: bool) -> Callable[[date], bool]:
    calendar = holiday_calendar(departement_code)
    return calendar.is_day_off_for_school if is_school else calendar.is_day_off_for_work
