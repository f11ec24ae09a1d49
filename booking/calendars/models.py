"""One calendar object per booking, side and person (specs/invitations §2)."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.core.db import Model, StrEnumType


class Side(enum.StrEnum):
    """Whose copy of the booking an invitation is; the value stands in its UID."""

    CLASS = "classe"
    COMPANY = "entreprise"


class CalendarState(enum.StrEnum):
    """CANCELLED is the end: its UID is never used again, whoever comes back gets a new object."""

    NEW = "new"
    LIVE = "live"
    CANCELLED = "cancelled"


_NOT_CANCELLED = text(f"state <> '{CalendarState.CANCELLED}'")


class CalendarObject(Model):
    """What one addressee's calendar holds of one booking. Locked while a message is composed.

    sequence, digest, sent_facts and the message ids speak of what was sent or may have been; last_dtstamp of what was
    composed. modified_at: the last change of anything the addressee sees.
    """

    __tablename__ = "calendar_object"
    __table_args__ = (
        Index(
            "uq_calendar_object_addressee", "booking_id", "side", "person_id",
            unique=True, sqlite_where=_NOT_CANCELLED, postgresql_where=_NOT_CANCELLED,
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    side: Mapped[Side] = mapped_column(StrEnumType(Side))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    uid: Mapped[str] = mapped_column(String(200), unique=True)
    organizer_address: Mapped[str] = mapped_column(String(254))
    attendee_address: Mapped[str] = mapped_column(String(254))
    sequence: Mapped[int | None]
    last_dtstamp: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    sent_facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    first_message_id: Mapped[str | None] = mapped_column(String(200))
    last_message_id: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[CalendarState] = mapped_column(StrEnumType(CalendarState), default=CalendarState.NEW)
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]


class FeedKind(enum.StrEnum):
    """What a private feed shows: one's own bookings, or those of a school, a company, a site, an officer's territory."""

    TEACHER = "teacher"
    SCHOOL = "school"
    COMPANY = "company"
    SITE = "site"
    TERRITORY = "territory"


class CalendarFeed(Model):
    """The private address of one feed of one person. Of its token only the hash is kept: reading the database opens none.

    subject_id: the school, the company, the site, the officer's membership, or the person. created_at: of this address;
    a renewed one takes its place, a revoked one leaves no row.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("person_id", "kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[FeedKind] = mapped_column(StrEnumType(FeedKind))
    subject_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
