"""Reads: a thread with what became of its mails, what waits for a company, what is public."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity, Slot
from booking.core.db import db
from booking.mail.models import MailState, OutgoingMail
from booking.messages.models import Message, Question
from booking.messages.rules.writing import Delivery, delivery_of

# The teacher, and whoever booked for them.
MOST_READERS = 2


def messages_of_booking(booking_id: int) -> list[Message]:
    """What both sides wrote on a booking, the oldest first."""
    return list(db.session.scalars(select(Message).where(Message.booking_id == booking_id).order_by(Message.id)))


def deliveries_of(messages: Iterable[Message]) -> dict[int, Delivery]:
    """What became of the mail of each message, by message id."""
    keys = {f"message/{message.id}/{number}": message.id for message in messages for number in range(MOST_READERS)}
    found: dict[int, list[tuple[MailState, str | None]]] = defaultdict(list)
    query = select(OutgoingMail.object_key, OutgoingMail.state, OutgoingMail.last_error).where(
        OutgoingMail.object_key.in_(keys)
    )
    for key, state, error in db.session.execute(query):
        found[keys[key]].append((state, error))
    states = {message_id: delivery_of(mails) for message_id, mails in found.items()}
    return {message_id: state for message_id, state in states.items() if state}


@dataclass(frozen=True)
class Inbox:
    """What was written to a company. waiting: the last word is the other side's."""

    waiting_questions: list[Question]
    waiting_bookings: list[Message]
    other_questions: list[Question]

    @property
    def waiting(self) -> int:
        return len(self.waiting_questions) + len(self.waiting_bookings)


def inbox_of(company_id: int) -> Inbox:
    """The company's questions and the bookings whose class wrote last, the one that waits longest first."""
    questions = _questions(Activity.company_id == company_id)
    return Inbox(
        waiting_questions=sorted((q for q in questions if q.awaits_host), key=lambda q: q.messages[-1].id),
        waiting_bookings=_unanswered_on_bookings(company_id),
        other_questions=[q for q in reversed(questions) if not q.awaits_host],
    )


def _unanswered_on_bookings(company_id: int) -> list[Message]:
    last = select(func.max(Message.id)).where(Message.booking_id.is_not(None)).group_by(Message.booking_id)
    query = (
        select(Message)
        .join(Message.booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(Activity.company_id == company_id, Message.id.in_(last), Message.written_by == Actor.TEACHER)
        .options(joinedload(Message.booking).joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(Message.id)
    )
    return list(db.session.scalars(query))


def questions_of_person(person_id: int) -> list[Question]:
    """What a teacher asked, the latest first."""
    return _questions(Question.asker_id == person_id)[::-1]


def _questions(*where) -> list[Question]:
    query = (
        select(Question)
        .join(Question.activity)
        .where(*where)
        .options(joinedload(Question.activity), joinedload(Question.school), selectinload(Question.messages))
        .order_by(Question.id)
    )
    return list(db.session.scalars(query))


def public_answers(activity_id: int) -> Sequence[Question]:
    """The questions of an activity that its host answers for everybody, the oldest first."""
    query = select(Question).where(Question.activity_id == activity_id, Question.published_at.is_not(None))
    return db.session.scalars(query.order_by(Question.published_at, Question.id)).all()
