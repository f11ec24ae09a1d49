"""A round, the slots it shares out, the wishes, each computation with its inputs, and what people said of the result."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.catalogue.models import Edition, Slot
from booking.core.db import Model, StrEnumType
from booking.matching.rounds.rules import RoundState
from booking.schools.models import School, SchoolClass


class AllocationRound(Model):
    """A slice of an edition whose places are shared out by a rule.

    departements: codes, None for the whole country; kinds: none for all that classes book. seed: drawn with the round and
    published when it opens. deadline_at: when the wishes close.
    """

    __tablename__ = "allocation_round"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="dates_in_order"),
        CheckConstraint("most_wishes BETWEEN 1 AND 10", name="most_wishes_plausible"),
        CheckConstraint("per_class BETWEEN 1 AND 5", name="per_class_plausible"),
        CheckConstraint("per_school IS NULL OR per_school BETWEEN 1 AND 50", name="per_school_plausible"),
        CheckConstraint("complaint_days BETWEEN 1 AND 30", name="complaint_days_plausible"),
        CheckConstraint(
            "(state IN ('applied', 'published', 'settled')) = (applied_at IS NOT NULL)", name="applied_when"
        ),
        Index("ix_allocation_round_state", "state", "deadline_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[RoundState] = mapped_column(StrEnumType(RoundState), default=RoundState.DRAFT)
    territory: Mapped[str] = mapped_column(String(160))
    departements: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    first_on: Mapped[date]
    last_on: Mapped[date]
    deadline_at: Mapped[datetime]
    most_wishes: Mapped[int]
    per_class: Mapped[int] = mapped_column(default=1)
    per_school: Mapped[int | None]
    weights: Mapped[dict[str, int]] = mapped_column(JSON)
    complaint_days: Mapped[int] = mapped_column(default=7)
    seed: Mapped[str] = mapped_column(String(64))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    complaints_until: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()
    entries: Mapped[list[RoundEntry]] = relationship(back_populates="round", order_by="RoundEntry.id")
    complaints: Mapped[list[RoundComplaint]] = relationship(back_populates="round", order_by="RoundComplaint.id")

    def takes_wishes(self, now: datetime) -> bool:
        """The clock decides, even before the worker has passed by."""
        return self.state is RoundState.OPEN and now < self.deadline_at


class RoundSlot(Model):
    """A slot that a round shares out: the list is fixed when the round opens."""

    __tablename__ = "round_slot"

    round_id: Mapped[int] = mapped_column(ForeignKey("allocation_round.id"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), primary_key=True, index=True)

    slot: Mapped[Slot] = relationship()


class RoundEntry(Model):
    """A class that takes part. first_at: when its first wish was made, for the comparison with first come."""

    __tablename__ = "round_entry"
    __table_args__ = (UniqueConstraint("round_id", "class_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("allocation_round.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    first_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    round: Mapped[AllocationRound] = relationship(back_populates="entries")
    school_class: Mapped[SchoolClass] = relationship()
    school: Mapped[School] = relationship()
    person: Mapped[Person] = relationship()
    wishes: Mapped[list[RoundWish]] = relationship(
        order_by="RoundWish.rank", cascade="all, delete-orphan", passive_deletes=True
    )


class RoundWish(Model):
    """One slot on a class's list. rank: 1 for the dearest."""

    __tablename__ = "round_wish"
    __table_args__ = (
        UniqueConstraint("entry_id", "slot_id"),
        CheckConstraint("rank BETWEEN 1 AND 10", name="rank_plausible"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("round_entry.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), index=True)

    slot: Mapped[Slot] = relationship()


_RUNNING_SQL = text("finished_at IS NULL")


class AllocationRun(Model):
    """One computation: what it was given, as canonical JSON, and what came out, each with its hash.

    applied_at: of the one that was. finished_at: none while it waits or runs. is_whole: false when it was broken off. problem: what clashed, if it could not be.
    """

    __tablename__ = "allocation_run"
    __table_args__ = (
        Index(
            "uq_allocation_run_running", "round_id",
            unique=True, sqlite_where=_RUNNING_SQL, postgresql_where=_RUNNING_SQL,
        ),
        Index("ix_allocation_run_round", "round_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("allocation_round.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    inputs_digest: Mapped[str] = mapped_column(String(64))
    is_whole: Mapped[bool] = mapped_column(default=False)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result_digest: Mapped[str] = mapped_column(String(64), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    applied_at: Mapped[datetime | None]

    round: Mapped[AllocationRound] = relationship()


class RoundComplaint(Model):
    """What a teacher says of the result for a class, and what the officer answers."""

    __tablename__ = "round_complaint"
    __table_args__ = (UniqueConstraint("round_id", "class_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("allocation_round.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]

    round: Mapped[AllocationRound] = relationship(back_populates="complaints")
    school_class: Mapped[SchoolClass] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
