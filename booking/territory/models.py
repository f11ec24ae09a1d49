"""Académies, départements, communes and the calendars that go with them: reference data, imported from files."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.core.db import Model


class Academie(Model):
    """An académie of the 2020 map. mail_domain: a trust signal for teachers' addresses, never a proof."""

    __tablename__ = "academie"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    region_academique: Mapped[str] = mapped_column(String(60), index=True)
    holiday_zone: Mapped[str] = mapped_column(String(40))
    mail_domain: Mapped[str | None] = mapped_column(String(80))


class Departement(Model):
    """A département or overseas collectivity.

    timezone: that of its places (specs/invitations §2.5) but for a few islands: ask rules.timezone_of for a place.
    """

    __tablename__ = "departement"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(30))
    geo_zone: Mapped[str] = mapped_column(String(10))
    region_name: Mapped[str | None] = mapped_column(String(60))
    academie_code: Mapped[str | None] = mapped_column(ForeignKey("academie.code"), index=True)
    holiday_zone: Mapped[str | None] = mapped_column(String(40))
    timezone: Mapped[str] = mapped_column(String(40))

    academie: Mapped[Academie | None] = relationship(lazy="joined")


class Commune(Model):
    """A commune or an arrondissement of Paris, Lyon, Marseille. search_name: folded, for type-ahead."""

    __tablename__ = "commune"

    insee: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    search_name: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    parent_insee: Mapped[str | None] = mapped_column(String(5))
    postcodes: Mapped[str] = mapped_column(Text, default="")
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    population: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    departement: Mapped[Departement] = relationship()


class SchoolHoliday(Model):
    """A holiday period of a zone, both days included; classes resume the day after last_on."""

    __tablename__ = "school_holiday"
    __table_args__ = (CheckConstraint("last_on >= first_on", name="in_order"), UniqueConstraint("zone", "first_on"))

    id: Mapped[int] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80))
    first_on: Mapped[date]
    last_on: Mapped[date]
