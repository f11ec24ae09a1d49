"""What must always be true of messages, questions and reports."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import String, and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.core.checks import invariant
from booking.core.db import db
from booking.mail.models import OutgoingMail
from booking.messages.models import Message, Question, Report
from booking.messages.rules.reports import Decision

Found = Iterator[tuple[str, str]]


@invariant("question-thread")
def question_thread() -> Found:
    """A question begins with what its asker wrote; one that is public has an answer of its host."""
    any_message = aliased(Message)
    first = select(func.min(any_message.id)).group_by(any_message.question_id)
    begins = select(Message.id).where(
        Message.question_id == Question.id, Message.person_id == Question.asker_id, Message.id.in_(first)
    )
    answers = select(Message.id).where(Message.question_id == Question.id, Message.written_by == Actor.HOST)
    query = select(Question.id).where(
        or_(~begins.exists(), and_(Question.published_at.is_not(None), ~answers.exists()))
    )
    for question_id in db.session.scalars(query.order_by(Question.id)):
        yield f"question {question_id}", "does not begin with its asker's words, or is public without an answer"


@invariant("message-told")
def message_told() -> Found:
    """What a host writes to a class was put in the outbox for its teacher."""
    key = literal("message/") + cast(Message.id, String) + "/0"
    told = select(OutgoingMail.id).where(OutgoingMail.object_key == key)
    query = (
        select(Message.id)
        .join(Booking, Booking.id == Message.booking_id)
        .where(Message.written_by == Actor.HOST, Booking.teacher_id != Message.person_id, ~told.exists())
    )
    for message_id in db.session.scalars(query.order_by(Message.id)):
        yield f"message {message_id}", "was written and its teacher was not told"


@invariant("report-hidden")
def report_hidden() -> Found:
    """A message that an officer decided to hide is hidden."""
    query = select(Report.id).join(Message, Message.id == Report.message_id).where(
        Report.decision == Decision.HIDDEN, Message.hidden_at.is_(None)
    )  # fmt: skip
    for report_id in db.session.scalars(query.order_by(Report.id)):
        yield f"report {report_id}", "was upheld, yet its message still shows"
