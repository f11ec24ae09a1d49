"""Asking a school for its authorisation: of whom, by which mail, link or code, and again when nobody answers.

The answers themselves are in `head_answers`. Whoever calls holds the booking (`lock_booking`, or made it just now).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from booking.accounts.action_links import new_link, revoke_links
from booking.bookings import mails
from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner, CodeAttempts, SchoolSigner
from booking.bookings.authorisation_queries import Recipient, recipients_of, signer_roles
from booking.bookings.models import Booking
from booking.bookings.queries import asks_head_first
from booking.bookings.rules.authorisations import (
    ASKED_IN,
    ASKING,
    CODE_ATTEMPTS,
    CODE_WINDOW,
    AlreadySigned,
    NothingToAuthorise,
    Purpose,
    SignerRole,
    TooManyCodes,
    UnknownCode,
    may_send,
    new_code,
    typed_code,
)
from booking.bookings.rules.deadlines import due_at
from booking.bookings.rules.states import Answer, Origin, State
from booking.bookings.services.places import lock_booking
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.schools.models import School
from booking.territory.queries import holiday_calendar

LINK = "authorisation"
FORWARDED = "authorisation-forwarded"
MINE = "authorisation-list"
LIST_VALID = timedelta(days=60)
CODE_LINK_VALID = timedelta(hours=2)
_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


# ---- With every step of a booking


def follow(booking: Booking) -> None:
    """Ask the school once places are kept; ask again when the date or the place is no longer what it was asked about."""
    if booking.state not in ASKED_IN or booking.origin is Origin.DECLARED or booking.slot.starts_at <= clock.now():
        return
    authorisation = booking.authorisation
    if authorisation is None:
        _open(booking)
    elif authorisation.asked_about != asked_about(booking):
        _ask_again(authorisation)


def asked_about(booking: Booking) -> dict[str, Any]:
    """What an authorisation is for: another date or another place needs another one."""
    slot = booking.slot
    return {
        "local_start": slot.local_start.isoformat(),
        "local_end": slot.local_end.isoformat(),
        "place": booking.place,
    }


def _open(booking: Booking) -> None:
    purpose = Purpose.INTERVENTION if booking.slot.activity.comes_to_class else Purpose.OUTING
    due_at, roles = booking.head_answer_due_at or _due(booking), signer_roles(booking.school_id)
    authorisation = Authorisation(
        booking_id=booking.id,
        purpose=purpose,
        asked_about=asked_about(booking),
        due_at=due_at,
        speakers=[],
        created_at=clock.now(),
        signers=[AuthorisationSigner(role=role) for role in roles],
    )
    db.session.add(authorisation)
    db.session.flush()
    db.session.refresh(booking, ["authorisation"])
    _ask_all(authorisation)


def _ask_again(authorisation: Authorisation) -> None:
    """A new round: what was answered is in the history, and was for something else."""
    booking = authorisation.booking
    authorisation.asked_about = asked_about(booking)
    authorisation.round += 1
    authorisation.due_at = _due(booking)
    for signer in authorisation.signers:
        signer.answer, signer.answered_at, signer.answered_via, signer.answered_by_id = Answer.PENDING, None, None, None
        signer.signed_by, signer.capacity, signer.paper_on, signer.reason, signer.note = "", None, None, None, ""
        signer.sends = 0
    is_needed = booking.state is not State.CONFIRMED and asks_head_first(booking.school, booking.slot.activity)
    booking.head_answer = Answer.PENDING if is_needed else None
    booking.head_answer_due_at = authorisation.due_at if is_needed else None
    if is_needed and booking.state is State.REQUESTED:
        booking.deadline_at = min(due for due in (booking.host_answer_due_at, authorisation.due_at) if due)
    db.session.flush()
    _ask_all(authorisation)


def _due(booking: Booking) -> datetime:
    slot = booking.slot
    calendar = holiday_calendar(booking.departement_code)
    return due_at(
        clock.now(),
        slot.activity.answer_days,
        slot.timezone,
        calendar.is_day_off_for_school,
        never_after=slot.starts_at,
    )


def _ask_all(authorisation: Authorisation) -> None:
    """Write to whoever has an address. Of people who come in, their names are awaited first."""
    if authorisation.awaits_names:
        return
    for signer in authorisation.signers:
        if recipients := recipients_of(signer):
            _send(signer, recipients)


def name_speakers(authorisation: Authorisation, speakers: list[str], *, show_identity: bool) -> bool:
    """Keep the names of those who will enter the school; the signers are asked, again if they knew of others."""
    if (authorisation.speakers, authorisation.speakers_show_identity) == (speakers, show_identity):
        return False
    was_awaited = authorisation.awaits_names
    authorisation.speakers, authorisation.speakers_show_identity = speakers, show_identity
    authorisation.speakers_erased_at = None
    if was_awaited and authorisation.answer is Answer.PENDING:
        _ask_all(authorisation)
    else:
        _ask_again(authorisation)
    return True


# ---- By mail


def _send(signer: AuthorisationSigner, recipients: list[Recipient], *, is_reminder: bool = False) -> None:
    """One message to each address, each with a fresh link; the links sent before end."""
    booking = signer.authorisation.booking
    now = clock.now()
    key = f"signer/{signer.id}"
    revoke_links(LINK, key)
    signer.sends += 1
    signer.sent_to, signer.last_sent_at = [recipient.address for recipient in recipients], now
    for recipient in recipients:
        token = new_link(LINK, key, valid_for=booking.slot.ends_at - now)
        all_of_them = new_link(
            MINE, f"school/{booking.school_id}", valid_for=LIST_VALID, details={"address": recipient.address}
        )
        mails.ask_for_authorisation(signer, recipient, token, all_of_them, is_reminder=is_reminder)


def send_to(signer_id: int, address: str = "") -> AuthorisationSigner:
    """Send the request again, to a corrected address when one is given.

    Refuses: NothingToAuthorise, AlreadySigned, NoAddress, SentToday, TooManyAddresses.
    """
    signer = _locked(signer_id)
    recipients = [Recipient(address)] if address else recipients_of(signer, also_sent_to=True)
    addresses = [recipient.address for recipient in recipients]
    may_send(signer.last_sent_at, signer.sent_to, addresses, signer.sends, clock.now())
    known = {sent.lower() for sent in signer.sent_to}
    _send(signer, recipients, is_reminder=any(sent.lower() in known for sent in addresses))
    return signer


def _locked(signer_id: int) -> AuthorisationSigner:
    """The signer, with its booking held and read afresh. Refuses: NothingToAuthorise, AlreadySigned."""
    signer = db.session.get_one(AuthorisationSigner, signer_id)
    booking = lock_booking(signer.authorisation.booking_id)
    db.session.refresh(signer)
    check_is_asked(booking)
    if signer.answer is not Answer.PENDING:
        raise AlreadySigned()
    return signer


def check_is_asked(booking: Booking) -> None:
    """Refuses: NothingToAuthorise once the booking is over or the visit has begun."""
    if booking.state not in ASKED_IN or booking.slot.starts_at <= clock.now():
        raise NothingToAuthorise()


def signers_to_remind(limit: int = 200) -> list[int]:
    """Ids of the signers who have not answered and were last written to some school days ago."""
    now = clock.now()
    query = (
        select(AuthorisationSigner.id)
        .join(AuthorisationSigner.authorisation)
        .join(Authorisation.booking)
        .where(
            AuthorisationSigner.answer == Answer.PENDING,
            AuthorisationSigner.last_sent_at <= now - timedelta(days=ASKING.open_days),
            AuthorisationSigner.sends < ASKING.most_sent,
            Booking.state.in_(ASKED_IN),
        )
        .order_by(AuthorisationSigner.last_sent_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def remind(signer_id: int) -> bool:
    """Remind one signer, on a school day and never twice within a day; safe to run twice at once."""
    try:
        signer = _locked(signer_id)
    except (NothingToAuthorise, AlreadySigned):
        return False
    now, last = clock.now(), signer.last_sent_at
    calendar = holiday_calendar(signer.authorisation.booking.departement_code)
    if last is None or calendar.is_day_off_for_school(now.date()):
        return False
    wait = due_at(
        last, ASKING.open_days, "Europe/Paris", calendar.is_day_off_for_school, never_after=now + timedelta(days=365)
    )
    if now.date() < wait.date() or now - last < ASKING.pause or not signer.sent_to:
        return False
    _send(signer, recipients_of(signer, also_sent_to=True), is_reminder=True)
    return True


# ---- By hand: a link to forward, a code to type


def hand_out(signer_id: int) -> tuple[str, str]:
    """A link and a code that the teacher passes on, shown once: the token and the code. Those given before end.

    Refuses: NothingToAuthorise, AlreadySigned.
    """
    signer = _locked(signer_id)
    key = f"signer/{signer.id}"
    revoke_links(FORWARDED, key)
    token = new_link(FORWARDED, key, valid_for=signer.authorisation.booking.slot.ends_at - clock.now())
    code = new_code()
    signer.code_hash = _code_hash(code)
    db.session.flush()
    return token, code


def link_of_code(text: str) -> str:
    """The token of a page opened by a code. Nothing is used up: the answer does that. Refuses: UnknownCode."""
    signer = db.session.scalar(select(AuthorisationSigner).filter_by(code_hash=_code_hash(typed_code(text))))
    if signer is None or signer.answer is not Answer.PENDING:
        raise UnknownCode()
    booking = signer.authorisation.booking
    if booking.state not in ASKED_IN or booking.slot.starts_at <= clock.now():
        raise UnknownCode()
    return new_link(FORWARDED, f"signer/{signer.id}", valid_for=CODE_LINK_VALID, details={"via": "code"})


def count_attempt(address: str) -> None:
    """Count one code typed from this connection. Refuses: TooManyCodes past ten within the hour.

    Counted before the code is looked at, in one guarded statement: nobody tries an eleventh, however many at once.
    """
    now = clock.now()
    since = now.replace(minute=0, second=0, microsecond=0)
    client = _keyed(f"code-attempts/{address}")
    insert = _INSERTS[db.session.get_bind().dialect.name](CodeAttempts).values(client=client, since=since, wrong=0)
    db.session.execute(insert.on_conflict_do_nothing())
    counted = (
        update(CodeAttempts)
        .where(CodeAttempts.client == client, CodeAttempts.since == since, CodeAttempts.wrong < CODE_ATTEMPTS)
        .values(wrong=CodeAttempts.wrong + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(counted) != 1:
        raise TooManyCodes()


def forgive_attempt(address: str) -> None:
    """The code was right: a secretary who types many is not stopped."""
    since = clock.now().replace(minute=0, second=0, microsecond=0)
    db.session.execute(
        update(CodeAttempts)
        .where(CodeAttempts.client == _keyed(f"code-attempts/{address}"), CodeAttempts.since == since)
        .values(wrong=CodeAttempts.wrong - 1)
        .execution_options(synchronize_session=False)
    )


def forget_attempts() -> int:
    """Erase the counts of yesterday."""
    return rows_changed(delete(CodeAttempts).where(CodeAttempts.since < clock.now() - 24 * CODE_WINDOW))


def _code_hash(code: str) -> str:
    return _keyed(f"code/{code}")


def _keyed(text: str) -> str:
    return hmac.new(current_app.config["SECRET_KEY"].encode(), text.encode(), hashlib.sha256).hexdigest()


# ---- From the page that lists what an address was asked


def open_from_list(signer_id: int) -> str:
    """The token of a fresh link to one of the requests that the holder of the address was sent.

    Refuses: NothingToAuthorise, AlreadySigned.
    """
    signer = _locked(signer_id)
    booking = signer.authorisation.booking
    return new_link(FORWARDED, f"signer/{signer.id}", valid_for=booking.slot.ends_at - clock.now())


# ---- A school's own way


def set_school_rules(school: School, *, head_first: bool, emails: dict[SignerRole, str]) -> None:
    """Whether the head must say yes before a booking is firm, and who signs; for the bookings to come."""
    school = db.session.get_one(School, school.id, populate_existing=True)
    school.head_authorises_first = head_first
    known = {signer.role: signer for signer in db.session.scalars(select(SchoolSigner).filter_by(school_id=school.id))}
    for role, email in emails.items():
        if email and role in known:
            known[role].email = email
        elif email:
            db.session.add(SchoolSigner(school_id=school.id, role=role, email=email))
        elif role in known:
            db.session.delete(known[role])
    db.session.flush()


# ---- Names that are no longer needed


def authorisations_to_erase(limit: int = 500) -> list[int]:
    """Ids of the authorisations that still name people although the visit, or the booking, is over."""
    yesterday = clock.now() - timedelta(days=1)
    query = (
        select(Authorisation.id)
        .join(Authorisation.booking)
        .join(Booking.slot)
        .where(
            Authorisation.purpose == Purpose.INTERVENTION,
            Authorisation.speakers_erased_at.is_(None),
            (Slot.ends_at <= yesterday) | Booking.state.not_in(ASKED_IN),
        )
        .limit(limit)
    )
    return list(db.session.scalars(query))


def erase_speakers(authorisation_id: int) -> None:
    """Forget who came in: the visit is over."""
    authorisation = db.session.get_one(Authorisation, authorisation_id)
    authorisation.speakers, authorisation.speakers_erased_at = [], clock.now()
    db.session.flush()
