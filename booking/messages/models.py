"""Messages, the questions some of them answer, and reports of what should not be there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity
from booking.core.db import Model, StrEnumType
from booking.messages.rules.reports import Decision, Ground
from booking.schools.models import School


class Question(Model):
    """What a teacher asks about an activity before booking: a thread of messages of its own.

    public_*: what everybody may read of it, in the host's wording, without who asked; empty until the host says so.
    """

    __tablename__ = "question"
    __table_args__ = (
        Index("ix_question_activity", "activity_id", "published_at"),
        CheckConstraint("(published_at IS NULL) = (public_answer = '')", name="published_has_answer"),
        CheckConstraint("(public_question = '') = (public_answer = '')", name="both_or_neither"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    asked_at: Mapped[datetime]
    public_question: Mapped[str] = mapped_column(Text, default="")
    public_answer: Mapped[str] = mapped_column(Text, default="")
    published_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    asker: Mapped[Person] = relationship()
    school: Mapped[School] = relationship()
    messages: Mapped[list[Message]] = relationship(back_populates="question", order_by="Message.id")

    @property
    def awaits_host(self) -> bool:
        return bool(self.messages) and self.messages[-1].written_by is Actor.TEACHER


class Message(Model):
    """One thing written, on a booking or on a question. Rows are added, never changed; one may be hidden, with a reason.

    written_by: the side, the teacher's or the host's. key: of the form, so that a double click writes once.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("booking_id", "key"),
        UniqueConstraint("question_id", "key"),
        CheckConstraint("(booking_id IS NULL) <> (question_id IS NULL)", name="one_thread"),
        CheckConstraint("written_by IN ('teacher', 'host')", name="one_of_two_sides"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_reason = '')", name="hidden_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id"), index=True)
    written_by: Mapped[Actor] = mapped_column(StrEnumType(Actor))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(80))
    written_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str] = mapped_column(String(300), default="")

    booking: Mapped[Booking | None] = relationship()
    question: Mapped[Question | None] = relationship(back_populates="messages")
    person: Mapped[Person] = relationship()

    @property
    def activity(self) -> Activity:
        return self.booking.slot.activity if self.booking else self.question.activity  # type: ignore[union-attr]


class Report(Model):
    """Somebody says that an activity's page, or a message, should not be there. Kept with what was decided.

    reporter_id: nobody for a visitor. source: whoever reported, unrecognisable, to count them. departement_code: where
    the place is, which says whose business it is.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_queue", "decision", "created_at"),
        Index("ix_report_source", "source", "created_at"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_at_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    ground: Mapped[Ground] = mapped_column(StrEnumType(Ground))
    text: Mapped[str] = mapped_column(Text, default="")
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str] = mapped_column(String(64))
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    created_at: Mapped[datetime]
    decision: Mapped[Decision | None] = mapped_column(StrEnumType(Decision))
    decision_note: Mapped[str] = mapped_column(String(300), default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    message: Mapped[Message | None] = relationship()
    reporter: Mapped[Person | None] = relationship(foreign_keys=[reporter_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
