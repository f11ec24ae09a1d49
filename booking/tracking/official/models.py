"""An event of the official list: what it says, and the activity that it is here, if it is one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.catalogue.models import Activity, Edition
from booking.core.db import Model


class ListedEvent(Model):
    """One line of an official list. number: its label's, often empty. activity_id: the same event, as a firm published it here."""

    __tablename__ = "listed_event"
    __table_args__ = (
        Index("ix_listed_event_edition", "edition_id", "departement_code"),
        CheckConstraint("ends_on >= starts_on", name="in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    number: Mapped[str] = mapped_column(String(60), default="")
    title: Mapped[str] = mapped_column(String(200))
    company_name: Mapped[str] = mapped_column(String(160))
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"))
    commune: Mapped[str] = mapped_column(String(80), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    url: Mapped[str] = mapped_column(String(300), default="")
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    imported_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship()
    activity: Mapped[Activity | None] = relationship()
    imported_by: Mapped[Person | None] = relationship()
