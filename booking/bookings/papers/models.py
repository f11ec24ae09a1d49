"""Papers as they were made, what a school types for them, and the lines of law that an administrator has written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.bookings.models import Booking
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.rules import Nature, RuleState
from booking.catalogue.models import Slot
from booking.core.db import Model, StrEnumType
from booking.schools.models import School


class Paper(Model):
    """One version of one paper. Rows are added, never changed: an earlier version can be read again.

    facts: what was agreed, whose hash is facts_hash. content: the words it was said in, which a later release does not
    rewrite. code: a certificate's. A day sheet is the slot's, every other paper a booking's.
    """

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("booking_id", "kind", "version"),
        UniqueConstraint("slot_id", "kind", "version"),
        CheckConstraint("(booking_id IS NULL) <> (slot_id IS NULL)", name="of_one_thing"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id"))
    kind: Mapped[PaperKind] = mapped_column(StrEnumType(PaperKind))
    version: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    facts_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    code: Mapped[str | None] = mapped_column(String(16), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    booking: Mapped[Booking | None] = relationship()
    slot: Mapped[Slot | None] = relationship()


class OutingFile(Model):
    """What the school types for the papers of one booking. No pupil's name: the list of names is sent elsewhere."""

    __tablename__ = "outing_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    aims: Mapped[str] = mapped_column(Text, default="")
    nature: Mapped[Nature] = mapped_column(StrEnumType(Nature), default=Nature.BY_HOURS)
    transport: Mapped[str] = mapped_column(String(300), default="")
    meals: Mapped[str] = mapped_column(String(300), default="")
    costs: Mapped[str] = mapped_column(String(300), default="")
    insurance_school: Mapped[str] = mapped_column(String(300), default="")
    insurance_company: Mapped[str] = mapped_column(String(300), default="")
    board_number: Mapped[str] = mapped_column(String(40), default="")
    board_on: Mapped[date | None]
    clauses: Mapped[str] = mapped_column(Text, default="")
    names_sent_on: Mapped[date | None]
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class SchoolTerms(Model):
    """What a school puts in every convention: its own clauses, its insurance."""

    __tablename__ = "school_terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), unique=True)
    clauses: Mapped[str] = mapped_column(Text, default="")
    insurance: Mapped[str] = mapped_column(String(300), default="")
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    school: Mapped[School] = relationship()


class LegalRule(Model):
    """A line of law written by an administrator, from a day on. The shipped lines are in bookings/data."""

    __tablename__ = "legal_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), index=True)
    effective_from: Mapped[date]
    sentence: Mapped[str] = mapped_column(Text)
    citation: Mapped[str] = mapped_column(String(300), default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[RuleState] = mapped_column(StrEnumType(RuleState))
    value: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
