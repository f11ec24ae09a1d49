"""The school's yes or no: by the link of a mail, a code, an account or a paper. What then becomes of the booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update

from booking.accounts.action_links import use_link
from booking.accounts.models import ActionLink, Person
from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import (
    AlreadySigned,
    Capacity,
    RefusalReasonMissing,
    SignedLater,
    SignerRole,
    Via,
    overall,
)
from booking.bookings.rules.states import Actor, Answer, Event, State
from booking.bookings.services.answers import OptionLapsed, RequestLapsed, confirm_if_firm
from booking.bookings.services.authorisations import check_is_asked
from booking.bookings.services.places import lock_all, lock_booking
from booking.bookings.services.requests import answer_due
from booking.bookings.services.transitions import step
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal


@dataclass(frozen=True)
class Signature:
    """Who answers and how. person: the account that answers, or that notes a paper. paper_on: when that was signed."""

    name: str
    capacity: Capacity
    via: Via
    person: Person | None = None
    paper_on: date | None = None


@dataclass(frozen=True)
class Verdict:
    """yes, or no with one reason of the list and what the signer adds."""

    yes: bool
    reason: str | None = None
    note: str = ""


def answer_by_link(link_id: int, signature: Signature, verdict: Verdict) -> AuthorisationSigner:
    """The answer of whoever holds the link, which serves once.

    Refuses: LinkUsed, AlreadySigned, NothingToAuthorise, RefusalReasonMissing, OptionLapsed, RequestLapsed.
    """
    link = db.session.get_one(ActionLink, link_id)
    signer = _locked(int(link.object_key.partition("/")[2]))
    _check(signer, verdict)
    use_link(link_id)
    return _answer(signer, signature, verdict)


def answer_as_head(authorisation_id: int, head: Person, capacity: Capacity, verdict: Verdict) -> AuthorisationSigner:
    """The answer of the head, or of a delegate, signed in. Refuses as answer_by_link."""
    signer = _locked(head_signer_id(authorisation_id))
    _check(signer, verdict)
    return _answer(signer, Signature(head.name, capacity, Via.ACCOUNT, head), verdict)


def grant_several(authorisation_ids: Sequence[int], head: Person, capacity: Capacity) -> int:
    """Say yes to several at once; how many it was. One that was answered meanwhile, or is over, is left as it is."""
    _lock_all_of(authorisation_ids)
    granted = 0
    for authorisation_id in sorted(authorisation_ids):
        signer = db.session.get_one(AuthorisationSigner, head_signer_id(authorisation_id), populate_existing=True)
        try:
            _check(signer, Verdict(yes=True))
        except Refusal:
            continue
        _answer(signer, Signature(head.name, capacity, Via.ACCOUNT, head), Verdict(yes=True))
        granted += 1
    return granted


def note_paper(signer_id: int, person: Person, name: str, capacity: Capacity, signed_on: date) -> AuthorisationSigner:
    """A yes that was signed on paper, noted by somebody of the school. Refuses: SignedLater, and as answer_by_link."""
    signer = _locked(signer_id)
    if signed_on > clock.now().astimezone(ZoneInfo(signer.authorisation.booking.slot.timezone)).date():
        raise SignedLater()
    verdict = Verdict(yes=True)
    _check(signer, verdict)
    return _answer(signer, Signature(name, capacity, Via.PAPER, person, signed_on), verdict)


def head_signer_id(authorisation_id: int) -> int:
    query = select(AuthorisationSigner.id).where(
        AuthorisationSigner.authorisation_id == authorisation_id, AuthorisationSigner.role == SignerRole.HEAD
    )
    return db.session.scalars(query).one()


def _locked(signer_id: int) -> AuthorisationSigner:
    booking_id = db.session.scalars(
        select(Authorisation.booking_id).join(Authorisation.signers).where(AuthorisationSigner.id == signer_id)
    ).one()
    lock_booking(booking_id)
    return db.session.get_one(AuthorisationSigner, signer_id, populate_existing=True)


def _lock_all_of(authorisation_ids: Sequence[int]) -> None:
    """Hold several bookings and those linked to them, in the one order of locks."""
    asked = select(Authorisation.booking_id).where(Authorisation.id.in_(authorisation_ids))
    groups = select(Booking.group_id).where(Booking.id.in_(asked), Booking.group_id.is_not(None))
    columns = (Booking.school_id, Booking.edition_id, Booking.class_id, Booking.slot_id)
    concerned = or_(Booking.id.in_(asked), Booking.group_id.in_(groups))
    lock_all(db.session.execute(select(*columns).where(concerned)).all())
    for booking_id in db.session.scalars(asked):
        db.session.get_one(Booking, booking_id, populate_existing=True)


def _check(signer: AuthorisationSigner, verdict: Verdict) -> None:
    booking = signer.authorisation.booking
    if signer.answer is not Answer.PENDING:
        raise AlreadySigned()
    if booking.state is State.HELD and booking.deadline_at and booking.deadline_at <= clock.now():
        raise OptionLapsed()
    if booking.state is State.REQUESTED and booking.deadline_at and booking.deadline_at <= clock.now():
        raise RequestLapsed()
    check_is_asked(booking)
    if not verdict.yes and not verdict.reason:
        raise RefusalReasonMissing()


def _answer(signer: AuthorisationSigner, signature: Signature, verdict: Verdict) -> AuthorisationSigner:
    _write_down(signer, signature, verdict)
    authorisation = signer.authorisation
    db.session.refresh(authorisation, ["signers"])
    booking, person, details = authorisation.booking, signature.person, _details(signer)
    answer = overall([each.answer for each in authorisation.signers])
    if answer is Answer.PENDING:
        step(booking, Event.HEAD_SIGN, Actor.HEAD, person, details=details)
        return signer
    booking.head_answer = answer
    if answer is Answer.NO:
        step(booking, Event.HEAD_REFUSE, Actor.HEAD, person, reason=verdict.reason, note=verdict.note, details=details)
        return signer
    step(booking, Event.HEAD_GRANT, Actor.HEAD, person, details=details)
    if booking.state is State.REQUESTED:
        _go_on(booking)
    return signer


def _go_on(booking: Booking) -> None:
    """After the head's yes: the firm's turn when it wanted to be last; confirmed when nobody else has to answer."""
    is_host_turn = booking.host_answer is Answer.PENDING and booking.host_answer_due_at is None
    if is_host_turn:
        booking.host_answer_due_at = answer_due(booking.slot, clock.now())
    confirm_if_firm(booking)
    if is_host_turn:
        step(booking, Event.ASK_HOST, Actor.SERVICE)


def _write_down(signer: AuthorisationSigner, signature: Signature, verdict: Verdict) -> None:
    """Of two answers at once, one changes the row; the other is refused. The code opens nothing any more."""
    answered = (
        update(AuthorisationSigner)
        .where(AuthorisationSigner.id == signer.id, AuthorisationSigner.answer == Answer.PENDING)
        .values(
            answer=Answer.YES if verdict.yes else Answer.NO,
            answered_at=clock.now(),
            answered_via=signature.via,
            answered_by_id=signature.person.id if signature.person else None,
            signed_by=signature.name[:120],
            capacity=signature.capacity,
            paper_on=signature.paper_on,
            reason=None if verdict.yes else verdict.reason,
            note=verdict.note[:500],
            code_hash=None,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_changed(answered) != 1:
        raise AlreadySigned()
    db.session.refresh(signer)


def _details(signer: AuthorisationSigner) -> dict[str, Any]:
    """Who signed, for the history."""
    details = {
        "role": signer.role,
        "signed_by": signer.signed_by,
        "capacity": signer.capacity,
        "via": signer.answered_via,
    }
    return details | ({"paper_on": signer.paper_on.isoformat()} if signer.paper_on else {})
