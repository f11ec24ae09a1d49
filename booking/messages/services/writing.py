"""The verbs: write on a booking, to the classes of a slot, ask before booking, answer, make an answer public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.queries import is_public
from booking.bookings.rules.states import Actor, State
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Activity
from booking.core import clock
from booking.core.db import db
from booking.messages import mails
from booking.messages.models import Message, Question
from booking.messages.rules.writing import (
    PACES,
    QUESTIONS_PACE,
    NobodyToWriteTo,
    NotAnswered,
    StillUnanswered,
    check_is_open,
    check_pace,
)
from booking.schools.models import School

# Whoever holds places, or is offered some; a class in line has nothing to bring yet.
WRITTEN_TO = (State.HELD, State.REQUESTED, State.CONFIRMED, State.OFFERED)


def write_on_booking(booking_id: int, person: Person, by: Actor, text: str, key: str) -> Message:
    """Write to the other side of a booking; the same key again gives the first message.

    Refuses: ThreadClosed, TooManyMessages.
    """
    booking = _held(Booking, booking_id)
    if found := _same_key(Message.booking_id == booking_id, key):
        return found
    now = clock.now()
    check_is_open(booking.state, booking.slot.ends_at, now)
    check_pace(_written_at(Message.booking_id == booking_id, by), now, PACES[by])
    return _write(person, by, text, key, booking=booking)


def write_to_slot(slot_id: int, person: Person, text: str, key: str) -> list[Message]:
    """The host writes to every class that comes: one message on each booking, one mail to each.

    Refuses: NobodyToWriteTo, TooManyMessages when one of them had enough for today.
    """
    query = select(Booking.id).where(Booking.slot_id == slot_id, Booking.state.in_(WRITTEN_TO)).order_by(Booking.id)
    booking_ids = db.session.scalars(query).all()
    if not booking_ids:
        raise NobodyToWriteTo()
    return [write_on_booking(booking_id, person, Actor.HOST, text, key) for booking_id in booking_ids]


def ask(activity_id: int, person: Person, school: School, text: str, key: str) -> Question:
    """A teacher's question about an activity of the programme; the same key again gives the first one.

    Refuses: NotFound for an activity that is not public, StillUnanswered, TooManyMessages.
    """
    activity = db.session.get(Activity, activity_id)
    if activity is None or not is_public(activity):
        raise NotFound()
    # Held: of two questions sent at once, the second sees the first.
    _held(Person, person.id)
    mine = db.session.scalars(select(Question).where(Question.asker_id == person.id).order_by(Question.id)).all()
    if same := next((each for each in mine if each.messages[0].key == key), None):
        return same
    if waiting := next((each for each in mine if each.activity_id == activity_id and each.awaits_host), None):
        raise StillUnanswered(question_id=waiting.id)
    now = clock.now()
    check_pace([each.asked_at for each in mine], now, QUESTIONS_PACE)
    question = Question(activity=activity, asker=person, school=school, asked_at=now)
    db.session.add(question)
    db.session.flush()
    _write(person, Actor.TEACHER, text, key, question=question)
    return question


def write_on_question(question_id: int, person: Person, by: Actor, text: str, key: str) -> Message:
    """Answer, or add to one's question. Refuses: TooManyMessages."""
    question = _held(Question, question_id)
    if found := _same_key(Message.question_id == question_id, key):
        return found
    check_pace(_written_at(Message.question_id == question_id, by), clock.now(), PACES[by])
    return _write(person, by, text, key, question=question)


def publish_answer(question_id: int, question_text: str, answer_text: str) -> Question:
    """Show question and answer on the activity's page, as the host words them: nobody and no school is named.

    Refuses: NotAnswered.
    """
    question = _held(Question, question_id)
    if not any(message.written_by is Actor.HOST for message in question.messages):
        raise NotAnswered()
    question.public_question, question.public_answer = question_text, answer_text
    question.published_at = clock.now()
    db.session.flush()
    return question


def withdraw_answer(question_id: int) -> Question:
    """Take question and answer off the activity's page; the thread stays."""
    question = _held(Question, question_id)
    question.public_question = question.public_answer = ""
    question.published_at = None
    db.session.flush()
    return question


def _write(
    person: Person, by: Actor, text: str, key: str, *, booking: Booking | None = None, question: Question | None = None
) -> Message:
    message = Message(
        booking=booking, question=question, written_by=by, person=person, text=text, key=key, written_at=clock.now()
    )
    db.session.add(message)
    db.session.flush()
    mails.tell_message(message)
    return message


def _held(model: Any, row_id: int) -> Any:
    """The row, held until the end: of two that write at once, the second counts the first. Refuses: NotFound."""
    query = select(model).where(model.id == row_id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def _same_key(thread: Any, key: str) -> Message | None:
    return db.session.scalar(select(Message).where(thread, Message.key == key))


def _written_at(thread: Any, by: Actor) -> Sequence[Any]:
    return db.session.scalars(select(Message.written_at).where(thread, Message.written_by == by)).all()
