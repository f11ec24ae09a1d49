"""A visit arranged elsewhere: a class, a firm, a day; no slot and no place was ever held for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.bookings.rules.states import Actor, State
from booking.catalogue.models import ActivityKind, Edition
from booking.companies.models import Company
from booking.core.db import Model, StrEnumType
from booking.schools.models import School


class DeclaredVisit(Model):
    """One class at one firm, one day, as somebody told it (docs/decisions/043).

    state: CONFIRMED when it is arranged, ATTENDED once somebody said who came, CANCELLED when it is withdrawn.
    company_id: the firm when it is known here; its name is kept as it was typed. actor: in whose name it was declared.
    is_apart: whoever typed it was shown a visit that looks the same, and said that it is another one.
    The territory columns say where the school stood then, as a booking's do.
    """

    __tablename__ = "declared_visit"
    __table_args__ = (
        Index("ix_declared_visit_school_day", "school_id", "visited_on"),
        Index("ix_declared_visit_edition", "edition_id", "state"),
        UniqueConstraint("declared_by_id", "key"),
        CheckConstraint("state IN ('confirmed', 'attended', 'cancelled')", name="state_of_a_declaration"),
        CheckConstraint("pupils >= 1 AND pupils <= 200", name="pupils_plausible"),
        CheckConstraint("present_pupils >= 1 AND present_pupils <= 200", name="present_pupils_plausible"),
        CheckConstraint("present_adults >= 0 AND present_adults <= 40", name="present_adults_plausible"),
        CheckConstraint("state <> 'attended' OR present_pupils IS NOT NULL", name="counted_when_attended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    class_name: Mapped[str] = mapped_column(String(60), default="")
    level_code: Mapped[str] = mapped_column(String(20))
    pupils: Mapped[int]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    company_name: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[ActivityKind] = mapped_column(StrEnumType(ActivityKind))
    visited_on: Mapped[date]
    state: Mapped[State] = mapped_column(StrEnumType(State))
    present_pupils: Mapped[int | None]
    present_adults: Mapped[int | None]
    is_apart: Mapped[bool] = mapped_column(default=False, server_default=false())
    actor: Mapped[Actor] = mapped_column(StrEnumType(Actor))
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[datetime]

    edition: Mapped[Edition] = relationship()
    school: Mapped[School] = relationship()
    company: Mapped[Company | None] = relationship()
    declared_by: Mapped[Person] = relationship(foreign_keys=[declared_by_id])
    updated_by: Mapped[Person] = relationship(foreign_keys=[updated_by_id])

    @property
    def is_withdrawn(self) -> bool:
        return self.state is State.CANCELLED
