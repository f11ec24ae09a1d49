"""The host's answer, a cancellation by either side, and what happens when nobody answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, or_, select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.day import DayOver
from booking.bookings.rules.states import Actor, Answer, Event, State, is_firm
from booking.bookings.services.places import lock_booking
from booking.bookings.services.requests import firm_up, next_due
from booking.bookings.services.transitions import step, tied_to
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l


class TooLateToCancel(Refusal):
    """After the limit a teacher asks the host instead of cancelling alone (rule 7)."""

    code = "too_late_to_cancel"

    def sentence(self) -> Any:
        return _l(
            "La date limite d’annulation est passée : appelez le contact de l’entreprise, qui peut annuler avec vous."
        )


class OptionLapsed(Refusal):
    """The clock decides, even before the worker has passed by."""

    code = "option_lapsed"

    def sentence(self) -> Any:
        return _l("L’option a expiré : ses places ne sont plus gardées. Réservez de nouveau s’il en reste.")


class RequestLapsed(Refusal):
    """The host was told that the request expires then: the clock decides, even before the worker has passed by."""

    code = "request_lapsed"

    def sentence(self) -> Any:
        return _l("Le délai de réponse est passé\u00a0: la demande a expiré et les places sont rendues.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"

    def sentence(self) -> Any:
        return _l("Choisissez une raison : elle est transmise à l’autre partie.")


def answer_request(
    booking_id: int, person: Person, *, accept: bool, reason: str | None = None, note: str = ""
) -> Booking:
    """The host's yes or no to a request. With the last yes that was needed the booking is firm.

    Refuses: NotPossibleNow when it is no longer a request, RequestLapsed, ReasonMissing for a no without a reason.
    """
    if not accept and not reason:
        raise ReasonMissing()
    booking = lock_booking(booking_id)
    if booking.state is State.REQUESTED and booking.deadline_at and booking.deadline_at <= clock.now():
        raise RequestLapsed()
    if not accept:
        booking.host_answer = Answer.NO
        return step(booking, Event.HOST_DECLINE, Actor.HOST, person, reason=reason, note=note)
    step(booking, Event.HOST_ACCEPT, Actor.HOST, person, note=note)
    booking.host_answer = Answer.YES
    return confirm_if_firm(booking)


def confirm_if_firm(booking: Booking) -> Booking:
    """Confirm a request whose needed answers are all yes; otherwise its next deadline is the remaining one's."""
    if not is_firm((booking.host_answer, booking.head_answer)):
        booking.deadline_at = next_due(booking)
        return booking
    booking.deadline_at = None
    booking.confirmed_at = clock.now()
    return step(booking, Event.CONFIRM, Actor.SERVICE)


def confirm_option(booking_id: int, person: Person) -> Booking:
    """Turn an option into a request, or into a firm booking when nobody else has to answer.

    Options that stand or fall together are turned together: one left alone would lapse and take the other along.
    Refuses: NotPossibleNow when it is no longer an option, OptionLapsed when its time is over.
    """
    booking = lock_booking(booking_id)
    for option in [booking, *(other for other in tied_to(booking) if other.state is State.HELD)]:
        if option.state is State.HELD and option.deadline_at and option.deadline_at <= clock.now():
            raise OptionLapsed()
        firm_up(option, person)
    return booking


def cancel_booking(booking_id: int, person: Person, actor: Actor, *, reason: str | None, note: str = "") -> Booking:
    """Cancel by either side, with a reason. A host refuses a request rather than cancelling it.

    Refuses: ReasonMissing, NotPossibleNow, TooLateToCancel (teacher, firm booking, limit passed), DayOver: what was to
    happen has happened or not, and is recorded instead.
    """
    if not reason:
        raise ReasonMissing()
    booking = lock_booking(booking_id)
    if booking.state is State.CONFIRMED and (booking.arrival or booking.slot.ends_at <= clock.now()):
        raise DayOver()
    limit = booking.cancellable_until
    if actor is Actor.TEACHER and booking.state is State.CONFIRMED and limit and clock.now() > limit:
        raise TooLateToCancel()
    return step(booking, Event.CANCEL, actor, person, reason=reason, note=note)


EXPIRING = (State.HELD, State.REQUESTED, State.OFFERED)


def due_bookings(limit: int = 500) -> list[int]:
    """Ids of the bookings whose deadline has passed, and of those in line for a slot that has closed; the oldest first.

    A slot's closing may still change: whoever waits keeps no copy of it.
    """
    now = clock.now()
    query = (
        select(Booking.id)
        .join(Booking.slot)
        .where(
            or_(
                and_(Booking.state.in_(EXPIRING), Booking.deadline_at <= now),
                and_(Booking.state == State.WAITING, Slot.closes_at <= now),
            )
        )
        .order_by(func.coalesce(Booking.deadline_at, Slot.closes_at), Booking.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def expire_due(booking_id: int) -> Booking | None:
    """End a booking whose deadline has passed, unless somebody acted in the meantime: safe to run twice at once."""
    booking = lock_booking(booking_id)
    is_waiting = booking.state is State.WAITING
    deadline = booking.slot.closes_at if is_waiting else booking.deadline_at
    if (booking.state not in EXPIRING and not is_waiting) or deadline is None or deadline > clock.now():
        return None
    # What lapsed is told apart in the mail: an option, a request, a place in line, an offer.
    return step(booking, Event.LAPSE, Actor.SERVICE, before={"state": booking.state})
