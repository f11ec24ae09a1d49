"""What classes look for where there is no slot yet."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.catalogue.models import Activity
from booking.companies.models import Company
from booking.core.db import Model, StrEnumType
from booking.schools.models import School, SchoolClass

_OPEN_SQL = text("state = 'open' AND activity_id IS NOT NULL")
_ON_BOARD_SQL = text("state = 'open' AND activity_id IS NULL")


class NeedState(enum.StrEnum):
    """OPEN awaits the firm. ANSWERED: a place was offered, and the booking tells what became of it."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Need(Model):
    """A class's request with no slot yet: for the dates of one activity, or, without activity, for any visit.

    wishes: what `rules.Wish` writes, at most three. deadline_at: when it ends without an answer.
    For any visit: sectors and kinds, none meaning all; radius_km, how far the class would go; such a need stays open while
    firms offer dates, and is answered by the booking that the teacher accepts.
    """

    __tablename__ = "need"
    __table_args__ = (
        Index(
            "uq_need_open_class_activity", "class_id", "activity_id",
            unique=True, sqlite_where=_OPEN_SQL, postgresql_where=_OPEN_SQL,
        ),
        Index(
            "uq_need_on_board_class", "class_id",
            unique=True, sqlite_where=_ON_BOARD_SQL, postgresql_where=_ON_BOARD_SQL,
        ),
        Index("ix_need_activity_state", "activity_id", "state"),
        Index("ix_need_deadline", "state", "deadline_at"),
        CheckConstraint("(state = 'answered') = (booking_id IS NOT NULL)", name="answered_has_booking"),
        CheckConstraint("activity_id IS NOT NULL OR radius_km IS NOT NULL", name="any_visit_has_radius"),
        CheckConstraint("radius_km BETWEEN 1 AND 300", name="radius_plausible"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    theme: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    sectors: Mapped[list[str]] = mapped_column(JSON, default=list)
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    radius_km: Mapped[int | None]
    can_travel: Mapped[bool] = mapped_column(default=True, server_default=true())
    message: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[NeedState] = mapped_column(StrEnumType(NeedState), default=NeedState.OPEN)
    deadline_at: Mapped[datetime]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    # The firm's no: one reason of the list of bookings, and a few words.
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    school_class: Mapped[SchoolClass] = relationship()
    school: Mapped[School] = relationship()
    teacher: Mapped[Person] = relationship(foreign_keys=[teacher_id])
    activity: Mapped[Activity | None] = relationship()
    booking: Mapped[Booking | None] = relationship()
    offers: Mapped[list[NeedOffer]] = relationship(back_populates="need", order_by="NeedOffer.id")

    @property
    def is_on_board(self) -> bool:
        """Whether it is for any visit, and not for the dates of one activity."""
        return self.activity_id is None


class NeedOffer(Model):
    """A date that a firm offered to a class that looks for any visit: its booking tells what became of it."""

    __tablename__ = "need_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    offered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    need: Mapped[Need] = relationship(back_populates="offers")
    booking: Mapped[Booking] = relationship()
    company: Mapped[Company] = relationship()


class NeedsDigest(Model):
    """The last week for which a person of a firm was, or was not, written to about needs. week_on: its Monday.

    read_at: when that was decided: a need that changed since is news.
    """

    __tablename__ = "needs_digest"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    week_on: Mapped[date]
    read_at: Mapped[datetime]
