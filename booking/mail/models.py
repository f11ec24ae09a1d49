"""The outbox: one row per message and recipient, written in the transaction that causes it (specs/invitations §4)."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from booking.core.db import Model, StrEnumType


class MailState(enum.StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    DEAD = "dead"


class OutgoingMail(Model):
    """One message to one person. `payload` says all that is needed to compose it; `body` is the bytes once composed.

    object_key: the calendar object or other thread it belongs to; messages of one key leave in order of created_at.
    supersedes: the older ones of its key that have not left need not leave any more: this one says it all.
    possibly_sent: the server may have taken it (a crash after its "yes" looks like no answer).
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_due", "state", "priority", "next_attempt_at"),
        Index("ix_outgoing_mail_object_key", "object_key", "created_at"),
        CheckConstraint("attempts >= 0", name="attempts_positive"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    person_id: Mapped[int | None] = mapped_column(index=True)
    language: Mapped[str] = mapped_column(String(5), default="fr")
    booking_id: Mapped[int | None] = mapped_column(index=True)
    object_key: Mapped[str | None] = mapped_column(String(120))
    supersedes: Mapped[bool] = mapped_column(default=False, server_default=false())
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    subject: Mapped[str | None] = mapped_column(String(400))
    sequence: Mapped[int | None]
    state: Mapped[MailState] = mapped_column(StrEnumType(MailState), default=MailState.PENDING)
    priority: Mapped[int] = mapped_column(default=5)
    attempts: Mapped[int] = mapped_column(default=0)
    possibly_sent: Mapped[bool] = mapped_column(default=False)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    expires_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class MailAddress(Model):
    """What is known of an address's deliverability: shown to its owner and to organisers, never blocks."""

    __tablename__ = "mail_address"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    last_failure: Mapped[str | None] = mapped_column(Text)
    failed_at: Mapped[datetime | None]

    @property
    def is_failing(self) -> bool:
        """Two permanent failures in a row: worth telling its owner and the organisers (specs/invitations §4.7)."""
        return self.failures_in_a_row >= 2
