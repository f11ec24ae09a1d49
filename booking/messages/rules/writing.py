"""Who may still write, how often, and what became of the mail that carries it."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking.bookings.rules.states import ENDED, Actor, State
from booking.core.dates import format_moment
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.mail.models import MailState


@dataclass(frozen=True)
class Pace:
    """most: how many within a day, on one thread."""

    most: int
    within: timedelta = timedelta(days=1)


# Ours: enough for a talk, too few for a nuisance.
PACES = {Actor.HOST: Pace(5), Actor.TEACHER: Pace(10)}
QUESTIONS_PACE = Pace(6)
# Once a visit is over there is time to say thank you.
OPEN_AFTER = timedelta(days=60)


class ThreadClosed(Refusal):
    code = "thread_closed"
    field = "text"

    def sentence(self) -> Any:
        return _l("Cette réservation est terminée : on ne peut plus y écrire.")


class TooManyMessages(Refusal):
    """again_at: when one more may be written."""

    code = "too_many_messages"
    field = "text"
    again_at: datetime
    most: int

    def sentence(self) -> Any:
        return _l(
            "Déjà %(most)d messages en un jour : personne ne doit être submergé. Vous pourrez écrire à partir du %(moment)s ; pour une urgence, téléphonez.",
            most=self.most,
            moment=format_moment(self.again_at),
        )


class NobodyToWriteTo(Refusal):
    code = "nobody_to_write_to"
    field = "text"

    def sentence(self) -> Any:
        return _l("Aucune classe n’est inscrite sur ce créneau : il n’y a personne à prévenir.")


class StillUnanswered(Refusal):
    """question_id: the one that waits, where more can be added."""

    code = "still_unanswered"
    field = "text"
    question_id: int

    def sentence(self) -> Any:
        return _l("Votre question précédente sur cette activité attend encore une réponse : complétez-la plutôt.")


class NotAnswered(Refusal):
    code = "not_answered"
    field = "answer"

    def sentence(self) -> Any:
        return _l("Répondez d’abord à l’enseignant : seule une réponse donnée peut être rendue publique.")


def check_is_open(state: State, ends_at: datetime, now: datetime) -> None:
    """Refuses: ThreadClosed once the booking came to nothing, or long after the visit."""
    if not is_open(state, ends_at, now):
        raise ThreadClosed()


def is_open(state: State, ends_at: datetime, now: datetime) -> bool:
    return state not in ENDED and now < ends_at + OPEN_AFTER


def check_pace(written_at: Iterable[datetime], now: datetime, pace: Pace) -> None:
    """written_at: when this side wrote on this thread before. Refuses: TooManyMessages."""
    recent = sorted(moment for moment in written_at if moment > now - pace.within)
    if len(recent) >= pace.most:
        raise TooManyMessages(again_at=recent[-pace.most] + pace.within, most=pace.most)


class Delivery(enum.StrEnum):
    """What became of the mail, as its sender may know it: never the address."""

    SENT = "sent"
    WAITING = "waiting"
    REFUSED = "refused"
    FAILED = "failed"


DELIVERY_WORDS: dict[Delivery, Any] = {
    Delivery.SENT: _l("remis par e-mail"),
    Delivery.WAITING: _l("e-mail en attente d’envoi"),
    Delivery.REFUSED: _l("l’adresse refuse nos e-mails : le message se lit ici seulement"),
    Delivery.FAILED: _l("l’e-mail n’a pas pu être remis : le message se lit ici seulement"),
}


def delivery_of(mails: Collection[tuple[MailState, str | None]]) -> Delivery | None:
    """The best news among the mails of one message: (state, last error). None when no mail was needed.

    One reader who has it is enough to say that it arrived: the other side is one to its sender.
    """
    states = [state for state, _error in mails]
    if not states:
        return None
    if MailState.SENT in states:
        return Delivery.SENT
    if MailState.PENDING in states or MailState.SENDING in states:
        return Delivery.WAITING
    is_refused = any((error or "").startswith(("RCPT", "DATA")) for _state, error in mails)
    return Delivery.REFUSED if is_refused else Delivery.FAILED
