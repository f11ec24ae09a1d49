"""The school's authorisation of a booking: what is asked, of whom, and each signer's answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import Capacity, Purpose, SignerRole, Via, overall
from booking.bookings.rules.states import Answer
from booking.core.db import Model, StrEnumType
from booking.schools.models import School


class SchoolSigner(Model):
    """Who signs for a school, beside its head's own account: an address for the head, the mayor or the inspector."""

    __tablename__ = "school_signer"
    __table_args__ = (UniqueConstraint("school_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    role: Mapped[SignerRole] = mapped_column(StrEnumType(SignerRole))
    email: Mapped[str] = mapped_column(String(254))

    school: Mapped[School] = relationship()


class Authorisation(Model):
    """What a school is asked to allow for one booking.

    asked_about: the date and the place that the signers are asked about; when the booking's are others, all are asked
    again. speakers: the adults who enter the school, typed by the host; erased once the visit is over.
    """

    __tablename__ = "authorisation"
    __table_args__ = (UniqueConstraint("booking_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    purpose: Mapped[Purpose] = mapped_column(StrEnumType(Purpose))
    asked_about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    round: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime]
    speakers: Mapped[list[str]] = mapped_column(JSON, default=list)
    speakers_show_identity: Mapped[bool] = mapped_column(default=False)
    speakers_erased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    booking: Mapped[Booking] = relationship(back_populates="authorisation")
    signers: Mapped[list[AuthorisationSigner]] = relationship(
        back_populates="authorisation", order_by="AuthorisationSigner.id"
    )

    @property
    def answer(self) -> Answer:
        return overall([signer.answer for signer in self.signers])

    @property
    def awaits_names(self) -> bool:
        """Nobody can allow people in without knowing who they are."""
        return self.purpose is Purpose.INTERVENTION and not self.speakers and self.speakers_erased_at is None


class AuthorisationSigner(Model):
    """One of those who must say yes. sent_to: the addresses last written to; sends: messages so far.

    code_hash: of a short code that opens the same page as the link. answered_by_id: the account that answered, or that
    noted a paper.
    """

    __tablename__ = "authorisation_signer"
    __table_args__ = (
        UniqueConstraint("authorisation_id", "role"),
        Index("ix_authorisation_signer_waiting", "answer", "last_sent_at"),
        CheckConstraint(
            "(answer = 'pending') = (answered_at IS NULL) AND (answer = 'pending') = (signed_by = '')",
            name="answered_has_its_author",
        ),
        CheckConstraint(
            "(answered_via = 'paper') = (paper_on IS NOT NULL) OR answered_via IS NULL", name="paper_is_dated"
        ),
        CheckConstraint("answer <> 'no' OR reason IS NOT NULL", name="refusal_has_its_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authorisation_id: Mapped[int] = mapped_column(ForeignKey("authorisation.id"))
    role: Mapped[SignerRole] = mapped_column(StrEnumType(SignerRole))
    sent_to: Mapped[list[str]] = mapped_column(JSON, default=list)
    last_sent_at: Mapped[datetime | None]
    sends: Mapped[int] = mapped_column(default=0)
    code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    answer: Mapped[Answer] = mapped_column(StrEnumType(Answer), default=Answer.PENDING)
    answered_at: Mapped[datetime | None]
    answered_via: Mapped[Via | None] = mapped_column(StrEnumType(Via))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_by: Mapped[str] = mapped_column(String(120), default="")
    capacity: Mapped[Capacity | None] = mapped_column(StrEnumType(Capacity))
    paper_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")

    authorisation: Mapped[Authorisation] = relationship(back_populates="signers")


class CodeAttempts(Model):
    """Wrong codes typed from one connection within one hour. client: a keyed hash of its address, forgotten after a day."""

    __tablename__ = "code_attempts"

    client: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(default=0)
