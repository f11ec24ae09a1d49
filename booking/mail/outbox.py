"""The outbox: messages are written down with what causes them, then claimed, composed once, sent, and settled.

    pending ──claim──▶ sending ──250──▶ sent
       ▲                  │ refused for now, or lost: back, later
       └──────────────────┤ refused for good, too old, too many times: dead
    pending ──a newer one of the same object says it all──▶ superseded

Every step is one short transaction; none is open while the mail server is spoken to (specs/invitations §4).
"""

from __future__ import annotations

import logging
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from booking.core import clock
from booking.core.db import db, transaction
from booking.core.jobs import place_of
from booking.mail import compose
from booking.mail.composers import NothingToSay, composer_of
from booking.mail.identity import is_sink, mail_domain
from booking.mail.kinds import KINDS
from booking.mail.models import MailAddress, MailState, OutgoingMail
from booking.mail.rules import (
    BYTES_KEPT,
    LEASE,
    Failure,
    Verdict,
    is_given_up,
    may_leave,
    one_line,
    retry_delay,
    verdict,
)

log = logging.getLogger(__name__)

Mail = OutgoingMail


@dataclass(frozen=True)
class Parcel:
    """A claimed message as plain values: nothing here touches the database while the server is spoken to."""

    id: uuid.UUID
    owner: str
    kind: str
    recipient: str
    body: bytes
    created_at: datetime


def queue(
    kind: str,
    to: str,
    *,
    name: str = "",
    language: str = "fr",
    payload: dict[str, Any],
    dedupe_key: str,
    object_key: str | None = None,
    supersedes: bool = False,
    booking_id: int | None = None,
    person_id: int | None = None,
    priority: int = 5,
    expires_at: datetime | None = None,
) -> Mail | None:
    """Add a message to the outbox, in the current transaction; the same dedupe_key again does nothing (None).

    payload: all that is needed to compose it later. object_key: messages of one key leave in order. supersedes: the
    older ones of the key that have not left are not sent any more. priority: smaller leaves first.
    expires_at: after it the message is pointless and is set aside.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of message: {kind}")
    now = clock.now()
    message_id = uuid.uuid4()
    values = {
        "id": message_id,
        "kind": kind,
        "recipient": _address(to),
        "recipient_name": one_line(name)[:200],
        "person_id": person_id,
        "language": language,
        "booking_id": booking_id,
        "object_key": object_key,
        "supersedes": supersedes,
        "dedupe_key": dedupe_key,
        "payload": payload,
        "message_id": f"<{message_id}@{mail_domain()}>",
        "state": MailState.PENDING,
        "priority": priority,
        "next_attempt_at": now,
        "expires_at": expires_at,
        "created_at": _after_the_others(object_key, now),
    }
    if not _insert_if_absent(Mail, values, "dedupe_key"):
        return None
    _supersede_unsent(object_key)
    return db.session.get(Mail, message_id)


def _address(value: str) -> str:
    """The address with an ASCII domain, as SMTP wants it. Addresses are validated where they are typed."""
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or any(ord(letter) < 33 for letter in value.strip()):
        raise ValueError("not a mail address")
    return f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else f"{local}@{domain}"


def _after_the_others(object_key: str | None, now: datetime) -> datetime:
    """When the row was made, always later than the other rows of its key: created_at is their order."""
    if object_key is None:
        return now
    last = db.session.scalar(select(func.max(Mail.created_at)).where(Mail.object_key == object_key))
    return now if last is None else max(now, last + timedelta(microseconds=1))


def _insert_if_absent(model: Any, values: dict[str, Any], key: str) -> bool:
    """INSERT … ON CONFLICT DO NOTHING, on both databases: two sessions that insert the same key both go on."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(**values).on_conflict_do_nothing(index_elements=[key])
    return db.session.execute(statement.returning(getattr(model, key))).first() is not None


def _supersede_unsent(object_key: str | None) -> None:
    """Of a key's waiting messages that never left, the newest that supersedes stays; a doubtful one is sent again."""
    if object_key is None:
        return
    newest = (
        select(func.max(Mail.created_at))
        .where(Mail.object_key == object_key, Mail.state == MailState.PENDING, Mail.supersedes)
        .scalar_subquery()
    )
    db.session.execute(
        update(Mail)
        .where(
            Mail.object_key == object_key,
            Mail.state == MailState.PENDING,
            Mail.possibly_sent.is_(False),
            Mail.created_at < newest,
        )
        .values(state=MailState.SUPERSEDED, last_error="a newer message of the same object was queued before it left")
        .execution_options(synchronize_session=False)
    )


# Claiming


def claim() -> Parcel | None:
    """Take one due message, compose it if it never was, and commit both: it is then ours until its lease ends.

    None when nothing is due. A message that is pointless or may not leave is set aside on the way.
    """
    while found := _due_ids():
        for mail_id in found:
            owner = uuid.uuid4().hex
            with transaction():
                is_ours = _take(mail_id, owner)
            if is_ours and (parcel := _open(mail_id, owner)):
                return parcel
    return None


def _due_ids(limit: int = 20) -> list[uuid.UUID]:
    """Messages that may be claimed now. Only a look: the guarded update decides."""
    query = (
        select(Mail.id)
        .where(*_is_due(clock.now()))
        .order_by(Mail.priority, Mail.next_attempt_at, Mail.created_at)
        .limit(limit)
    )
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def _is_due(now: datetime) -> tuple[Any, ...]:
    other = aliased(Mail)
    before_it = select(other.id).where(
        other.object_key == Mail.object_key,
        other.id != Mail.id,
        or_(
            other.state == MailState.SENDING,
            (other.state == MailState.PENDING) & (other.created_at < Mail.created_at),
        ),
    )
    return (Mail.state == MailState.PENDING, Mail.next_attempt_at <= now, ~before_it.exists())


def _take(mail_id: uuid.UUID, owner: str) -> bool:
    """The guarded update: of two workers, the one whose update changed the row sends it."""
    now = clock.now()
    taken = db.session.execute(
        update(Mail)
        .where(Mail.id == mail_id, *_is_due(now))
        .values(state=MailState.SENDING, lease_until=now + LEASE, lease_owner=owner, attempts=Mail.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined]


def _open(mail_id: uuid.UUID, owner: str) -> Parcel | None:
    """The parcel of a claimed message, its bytes committed; None when it was set aside instead."""
    try:
        with transaction():
            mail = db.session.get(Mail, mail_id, populate_existing=True)
            if mail is None or mail.lease_owner != owner:
                return None
            if reason := _why_not(mail):
                _bury(mail, reason)
                return None
            if (wanted := composer_of(mail.kind).wanted) and not wanted(mail):
                _set_aside(mail, "what it speaks of has changed since it was queued")
                return None
            if mail.body is None and not _compose(mail):
                return None
            assert mail.body is not None
            return Parcel(mail.id, owner, mail.kind, mail.recipient, mail.body, mail.created_at)
    except Exception as error:
        # A message that cannot be written must not stop the others; its row says so, the log names its kind only.
        log.error("a message could not be composed: %s", place_of(error))
        with transaction():
            if mail := _held(mail_id, owner):
                _later(mail, f"compose: {type(error).__name__}")
        return None


def _why_not(mail: Mail) -> str | None:
    """Why a claimed message is not sent at all."""
    if mail.expires_at and mail.expires_at <= clock.now():
        return "expired: what it speaks of has begun or is over"
    if not mail.recipient.isascii():
        return "the address needs SMTPUTF8, which is not used"
    config = current_app.config
    in_production = config["APP_ENV"] == "production"
    if not is_sink() and not may_leave(
        mail.recipient, in_production=in_production, allowed_domains=config["MAIL_ALLOWED_DOMAINS"]
    ):
        return "not allowed: the domain is not in MAIL_ALLOWED_DOMAINS"
    return None


def _compose(mail: Mail) -> bool:
    try:
        content = composer_of(mail.kind).compose(mail)
    except NothingToSay as outcome:
        _set_aside(mail, str(outcome))
        return False
    mail.kind = content.kind or mail.kind
    mail.subject = one_line(content.subject)[:400]
    mail.sequence = content.sequence
    mail.body = compose.message_bytes(mail, content, clock.now())
    return True


# Settling


def settle_sent(parcel: Parcel) -> None:
    """The server said yes."""
    with transaction():
        mail = _held(parcel.id, parcel.owner)
        if mail is None:
            return
        mail.state, mail.sent_at, mail.last_error = MailState.SENT, clock.now(), None
        _release(mail)
        _note_left(mail)
        db.session.execute(
            update(MailAddress)
            .where(MailAddress.address == mail.recipient.lower(), MailAddress.failures_in_a_row > 0)
            .values(failures_in_a_row=0)
        )


def settle_failed(parcel: Parcel, failure: Failure) -> Verdict:
    """The server said no, or nothing. Returns what became of the message."""
    outcome = verdict(failure)
    with transaction():
        mail = _held(parcel.id, parcel.owner)
        if mail is None:
            return outcome
        if outcome is Verdict.DEAD:
            _bury(mail, failure.line)
            _mark_address(mail.recipient, failure.line)
        elif outcome is Verdict.CONFIGURATION:
            # Not this message's fault: as if it had not been tried.
            mail.attempts -= 1
            _put_back(mail, clock.now(), failure.line)
        else:
            if outcome is Verdict.UNCERTAIN:
                mail.possibly_sent = True
                _note_left(mail)
            _later(mail, failure.line)
    return outcome


def put_back(parcel: Parcel) -> None:
    """Return a claimed message untried (the worker stops)."""
    with transaction():
        if mail := _held(parcel.id, parcel.owner):
            mail.attempts -= 1
            _put_back(mail, clock.now(), mail.last_error)


def free_expired_leases() -> int:
    """Put back what a dead worker held. What it had composed may have been sent: it counts as sent."""
    expired = (Mail.state == MailState.SENDING, Mail.lease_until < clock.now())
    ids = list(db.session.scalars(select(Mail.id).where(*expired)))
    db.session.rollback()
    freed = 0
    for mail_id in ids:
        with transaction():
            mail = db.session.scalar(select(Mail).where(Mail.id == mail_id, *expired).with_for_update())
            if mail is None:
                continue
            if mail.body is not None:
                mail.possibly_sent = True
                _note_left(mail)
            _later(mail, "the worker stopped while sending", delay=timedelta(0))
            freed += 1
    return freed


def erase_old_bytes() -> int:
    """Forget what was said in messages sent a month ago; who, when and how often stays (§4.11)."""
    with transaction():
        erased = db.session.execute(
            update(Mail)
            .where(Mail.state == MailState.SENT, Mail.sent_at < clock.now() - BYTES_KEPT, Mail.body.is_not(None))
            .values(body=None, payload={})
            .execution_options(synchronize_session=False)
        )
    return erased.rowcount  # type: ignore[attr-defined]


def _held(mail_id: uuid.UUID, owner: str) -> Mail | None:
    """The message if it is still ours: a lease that ran out may have given it to another worker."""
    return db.session.scalar(
        select(Mail)
        .where(Mail.id == mail_id, Mail.lease_owner == owner, Mail.state == MailState.SENDING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _later(mail: Mail, error: str, delay: timedelta | None = None) -> None:
    """Back to waiting after a failure, or dead when it was tried long enough."""
    now = clock.now()
    if is_given_up(mail.attempts, mail.created_at, now):
        _bury(mail, f"given up after {mail.attempts} attempts: {error}")
        return
    chance = random.random()  # noqa: S311  (spreads retries, guards nothing)
    _put_back(mail, now + (retry_delay(mail.attempts, chance) if delay is None else delay), error)


def _put_back(mail: Mail, when: datetime, error: str | None) -> None:
    mail.state, mail.next_attempt_at, mail.last_error = MailState.PENDING, when, error
    _release(mail)
    db.session.flush()
    _supersede_unsent(mail.object_key)


def _bury(mail: Mail, reason: str) -> None:
    mail.state, mail.last_error = MailState.DEAD, reason
    _release(mail)


def _set_aside(mail: Mail, reason: str) -> None:
    """Not needed any more, through nobody's fault."""
    mail.state, mail.last_error = MailState.SUPERSEDED, reason
    _release(mail)


def _release(mail: Mail) -> None:
    mail.lease_until = mail.lease_owner = None


def _note_left(mail: Mail) -> None:
    if left := composer_of(mail.kind).left:
        left(mail)


def _mark_address(address: str, line: str) -> None:
    key = address.lower()
    _insert_if_absent(MailAddress, {"address": key, "failures_in_a_row": 0}, "address")
    db.session.execute(
        update(MailAddress)
        .where(MailAddress.address == key)
        .values(failures_in_a_row=MailAddress.failures_in_a_row + 1, last_failure=line, failed_at=clock.now())
    )
