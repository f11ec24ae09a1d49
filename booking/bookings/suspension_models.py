"""The suspension of school outings in a département: from, until, why, by whom, and when it was lifted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.bookings.rules.states import CancelReason
from booking.core.db import Model, StrEnumType
from booking.territory.models import Departement


class OutingSuspension(Model):
    """Days without school outings in a département. last_on: None until further notice. lifted_at: ended before its time."""

    __tablename__ = "outing_suspension"
    __table_args__ = (CheckConstraint("last_on IS NULL OR last_on >= first_on", name="in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    reason: Mapped[CancelReason] = mapped_column(StrEnumType(CancelReason))
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    lifted_at: Mapped[datetime | None]

    departement: Mapped[Departement] = relationship()

    def covers(self, day: date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)
