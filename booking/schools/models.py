"""Schools by their UAI, and the classes that teachers save once. No pupil is ever named."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.core.db import Model, StrEnumType
from booking.territory.models import Academie, Departement


class SchoolKind(enum.StrEnum):
    ECOLE = "ecole"
    COLLEGE = "college"
    LYCEE = "lycee"


class School(Model):
    """A school. is_listed is false for the sections attached to another school (near-duplicates in a picker)."""

    __tablename__ = "school"
    __table_args__ = (Index("ix_school_place", "departement_code", "commune_insee"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uai: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[SchoolKind] = mapped_column(StrEnumType(SchoolKind))
    nature: Mapped[str] = mapped_column(String(80), default="")
    is_public: Mapped[bool] = mapped_column(default=True)
    is_listed: Mapped[bool] = mapped_column(default=True)
    has_segpa: Mapped[bool | None]
    has_ulis: Mapped[bool | None]
    has_general: Mapped[bool | None]
    has_technological: Mapped[bool | None]
    has_vocational: Mapped[bool | None]
    address: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5), default="")
    commune_insee: Mapped[str | None] = mapped_column(String(5), index=True)
    commune_name: Mapped[str] = mapped_column(String(80), default="")
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    academie_code: Mapped[str | None] = mapped_column(ForeignKey("academie.code"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    geo_precision: Mapped[str] = mapped_column(String(60), default="")
    priority_education: Mapped[str | None] = mapped_column(String(4))
    pupils_count: Mapped[int | None]
    search_text: Mapped[str] = mapped_column(String(400), default="")
    source: Mapped[str] = mapped_column(String(40), default="")
    # The official mailbox: a guess (`ce.<uai>@` the académie's domain) until somebody types it in.
    official_email: Mapped[str | None] = mapped_column(String(254))
    head_authorises_first: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))

    departement: Mapped[Departement] = relationship()

    @property
    def one_line(self) -> str:
        """The school told from its namesakes: « Collège Louis Pasteur, Brunoy (91) – 0910009R »."""
        return f"{self.name}, {self.commune_name} ({self.departement_code}) – {self.uai}".replace(",  (", " (")


class Audience(enum.StrEnum):
    PUPILS = "pupils"
    STAFF = "staff"


class SchoolClass(Model):
    """A teacher's saved class or group. Counts only.

    lock_version: moved by a guarded update before two bookings of the class are compared for a clash.
    assistants: AESH, not counted as supervision.
    """

    __tablename__ = "school_class"
    __table_args__ = (
        CheckConstraint("pupils > 0 AND pupils <= 200", name="pupils_plausible"),
        CheckConstraint("adults >= 0 AND adults <= 40", name="adults_plausible"),
        CheckConstraint("assistants >= 0 AND assistants <= 20", name="assistants_plausible"),
        CheckConstraint("wheelchairs >= 0 AND wheelchairs <= pupils", name="wheelchairs_plausible"),
        CheckConstraint("girls IS NULL OR (girls >= 0 AND girls <= pupils)", name="girls_plausible"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    audience: Mapped[Audience] = mapped_column(StrEnumType(Audience), default=Audience.PUPILS)
    level_code: Mapped[str | None] = mapped_column(String(20))
    subject_code: Mapped[str | None] = mapped_column(String(20))
    pupils: Mapped[int]
    adults: Mapped[int] = mapped_column(default=2)
    assistants: Mapped[int] = mapped_column(default=0)
    wheelchairs: Mapped[int] = mapped_column(default=0)
    other_needs: Mapped[str] = mapped_column(String(200), default="")
    girls: Mapped[int | None]
    school_year: Mapped[int]
    lock_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    school: Mapped[School] = relationship()


class Absence(Model):
    """Days when a class, or the whole school when class_id is empty, cannot come: internships, exams."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("last_on >= first_on", name="in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")


class SchoolGroup(Model):
    """Schools of one académie that are followed together: a bassin, a CLEE, a network."""

    __tablename__ = "school_group"
    __table_args__ = (UniqueConstraint("academie_code", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    academie_code: Mapped[str] = mapped_column(ForeignKey("academie.code"))
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]

    academie: Mapped[Academie] = relationship()


class SchoolGroupMember(Model):
    """A school in a group; it may be in several."""

    __tablename__ = "school_group_member"

    group_id: Mapped[int] = mapped_column(ForeignKey("school_group.id", ondelete="CASCADE"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True, index=True)
