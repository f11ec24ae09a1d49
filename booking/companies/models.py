"""Legal units by SIREN and their sites by SIRET. A class visits a site."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.core.db import Model, StrEnumType
from booking.territory.models import Departement


class Trust(enum.StrEnum):
    PENDING = "pending"
    TRUSTED = "trusted"
    REFUSED = "refused"


class Company(Model):
    """A legal unit. Until it is trusted it drafts and submits but is not public (product, section 11)."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    siren: Mapped[str] = mapped_column(String(9), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    sector: Mapped[str] = mapped_column(String(40), index=True)
    ape_code: Mapped[str | None] = mapped_column(String(8))
    description: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    trust: Mapped[Trust] = mapped_column(StrEnumType(Trust), default=Trust.PENDING, index=True)
    trust_due_at: Mapped[datetime | None]
    trust_note: Mapped[str] = mapped_column(Text, default="")
    trusted_at: Mapped[datetime | None]
    trusted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Its own choice: no new request up to that day, included.
    paused_until: Mapped[date | None]
    # Ours: it left so many requests unanswered that it takes no new one until somebody of it says that it is back.
    silent_since: Mapped[datetime | None]
    # When it last said so: what it left unanswered before is forgotten.
    back_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    sites: Mapped[list[Site]] = relationship(back_populates="company", order_by="Site.id")


class Site(Model):
    """An establishment of a company, with what a class needs to get in."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    siret: Mapped[str] = mapped_column(String(14), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200))
    postcode: Mapped[str] = mapped_column(String(5))
    commune_insee: Mapped[str] = mapped_column(ForeignKey("commune.insee"))
    commune_name: Mapped[str] = mapped_column(String(80))
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    timezone: Mapped[str] = mapped_column(String(40))
    access: Mapped[str] = mapped_column(Text, default="")
    parking: Mapped[str] = mapped_column(Text, default="")
    safety: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    company: Mapped[Company] = relationship(back_populates="sites")
    departement: Mapped[Departement] = relationship()

    @property
    def one_line(self) -> str:
        """Name, street, postcode and town on one line, as a calendar wants it."""
        return f"{self.name}, {self.address}, {self.postcode} {self.commune_name}"
