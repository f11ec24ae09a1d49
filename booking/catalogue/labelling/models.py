"""What an edition asks of a labelled activity, and what was asked, thought and decided of each."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.catalogue.models import Activity
from booking.core.db import Model, StrEnumType


class CriterionFact(enum.StrEnum):
    """What the service itself can say about a criterion; NONE: the company's word alone."""

    NONE = "none"
    IN_WINDOW = "in_window"
    OPEN_TO_PUBLIC = "open_to_public"
    INDUSTRY = "industry"


class LabelCriterion(Model):
    """A condition that the edition puts on its label, in the words the company agrees to."""

    __tablename__ = "label_criterion"
    __table_args__ = (Index("ix_label_criterion_edition", "edition_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    position: Mapped[int]
    wording: Mapped[str] = mapped_column(String(200))
    wording_en: Mapped[str] = mapped_column(String(200), default="")
    fact: Mapped[CriterionFact] = mapped_column(StrEnumType(CriterionFact), default=CriterionFact.NONE)


class LabelStepKind(enum.StrEnum):
    """KEPT: looked at again after a change, and left as it is. WITHDRAWN: taken back after it was granted."""

    ASKED = "asked"
    OPINION = "opinion"
    RECALLED = "recalled"
    RETURNED = "returned"
    GRANTED = "granted"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class Side(enum.StrEnum):
    """Whom an officer speaks for."""

    RECTORAT = "rectorat"
    PREFECTURE = "prefecture"


class ReturnReason(enum.StrEnum):
    NOT_FREE = "not_free"
    OUT_OF_WINDOW = "out_of_window"
    NOT_INDUSTRY = "not_industry"
    NOT_OPEN = "not_open"
    UNCLEAR = "unclear"
    SAFETY = "safety"
    TWICE = "twice"
    OTHER = "other"


class LabelStep(Model):
    """One thing that happened on the way to a label; rows are only added.

    round: the number of the request, from 1. facts: what the activity said then (see labelling.rules). declared: the
    criteria as they were worded when the company agreed to them. due_at: of a request, until when it is answered.
    """

    __tablename__ = "label_step"
    __table_args__ = (
        Index("ix_label_step_activity", "activity_id", "id"),
        Index("ix_label_step_person", "person_id"),
        CheckConstraint("kind <> 'opinion' OR (favourable IS NOT NULL AND side IS NOT NULL)", name="opinion_says"),
        CheckConstraint("kind <> 'granted' OR number <> ''", name="grant_numbered"),
        *(
            Index(
                name,
                "activity_id",
                "round",
                unique=True,
                sqlite_where=text(which),
                postgresql_where=text(which),
            )
            for name, which in (
                ("uq_label_step_asked", "kind = 'asked'"),
                ("uq_label_step_answer", "kind IN ('granted', 'returned', 'recalled')"),
            )
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    round: Mapped[int]
    kind: Mapped[LabelStepKind] = mapped_column(StrEnumType(LabelStepKind))
    at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    side: Mapped[Side | None] = mapped_column(StrEnumType(Side))
    favourable: Mapped[bool | None]
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    declared: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    number: Mapped[str] = mapped_column(String(60), default="")
    url: Mapped[str] = mapped_column(String(300), default="")
    due_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    person: Mapped[Any] = relationship("Person")
