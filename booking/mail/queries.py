"""Looking at the outbox: its figures, and what a person was already sent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from booking.core import clock
from booking.core.db import db
from booking.mail.models import MailAddress, MailState, OutgoingMail

Mail = OutgoingMail


@dataclass(frozen=True)
class Figures:
    """For /readyz and /metrics. oldest_pending_s: how long the oldest message not yet sent has waited, in seconds."""

    pending: int
    oldest_pending_s: float
    sent: int
    retried: int
    dead: int


def figures() -> Figures:
    """How the outbox is doing (specs/invitations §4.8)."""
    counts = dict(db.session.execute(select(Mail.state, func.count()).group_by(Mail.state)).tuples().all())
    waiting = (MailState.PENDING, MailState.SENDING)
    oldest = db.session.scalar(select(func.min(Mail.created_at)).where(Mail.state.in_(waiting)))
    return Figures(
        pending=sum(counts.get(state, 0) for state in waiting),
        oldest_pending_s=(clock.now() - oldest).total_seconds() if oldest else 0.0,
        sent=counts.get(MailState.SENT, 0),
        retried=db.session.scalar(select(func.count()).select_from(Mail).where(Mail.attempts > 1)) or 0,
        dead=counts.get(MailState.DEAD, 0),
    )


def earlier_message_ids(mail: Mail) -> list[str]:
    """Message-IDs of what this address was already sent about the same booking, in order: the mail's thread."""
    if mail.booking_id is None:
        return []
    query = (
        select(Mail.message_id)
        .where(
            Mail.booking_id == mail.booking_id,
            func.lower(Mail.recipient) == mail.recipient.lower(),
            Mail.id != mail.id,
            or_(Mail.state == MailState.SENT, Mail.possibly_sent),
        )
        .order_by(Mail.created_at, Mail.id)
    )
    return list(db.session.scalars(query))


def is_failing(address: str) -> bool:
    """Whether this address refused our last two messages for good: to be shown to its owner and to organisers."""
    found = db.session.get(MailAddress, address.lower())
    return found is not None and found.is_failing
