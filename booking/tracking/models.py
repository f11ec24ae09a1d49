"""What officers write down, who was called and which schools became one; and what they were written."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.catalogue.models import Edition
from booking.core.db import Model, StrEnumType
from booking.schools.models import School


class ContactKind(enum.StrEnum):
    CALLED = "called"
    WRITTEN = "written"


class SchoolContact(Model):
    """An officer called, or wrote to, a school about an edition. undone_at: noted by mistake; the row stays."""

    __tablename__ = "school_contact"
    __table_args__ = (Index("ix_school_contact_edition", "edition_id", "school_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[ContactKind] = mapped_column(StrEnumType(ContactKind))
    contacted_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    school: Mapped[School] = relationship()
    edition: Mapped[Edition] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


class OfficerDigest(Model):
    """The last week for which an officer was written to. week_on: its Monday."""

    __tablename__ = "officer_digest"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    week_on: Mapped[date]


class OfficerAlert(Model):
    """Something an officer was told of, once. key: what it is about (tracking.digests.queries)."""

    __tablename__ = "officer_alert"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    told_at: Mapped[datetime]


class SchoolMerge(Model):
    """A school took over another one, and how much followed; rows are only added. person: none when it came from a command."""

    __tablename__ = "school_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    old_id: Mapped[int] = mapped_column(ForeignKey("school.id"), unique=True)
    new_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    merged_at: Mapped[datetime]
    bookings: Mapped[int]
    classes: Mapped[int]
    members: Mapped[int]

    old: Mapped[School] = relationship(foreign_keys=[old_id])
    new: Mapped[School] = relationship(foreign_keys=[new_id])
    person: Mapped[Person | None] = relationship()
