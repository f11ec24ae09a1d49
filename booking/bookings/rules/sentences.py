"""What a booking says of itself: who must act and until when, what happened, why it ended (rule 5: the same words everywhere)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.bookings.rules.states import ALIVE, REASON_WORDS, Actor, CancelReason, Event, State
from booking.core.dates import format_moment
from booking.core.i18n import _, _l


@dataclass(frozen=True)
class Clocks:
    """The dates of a booking that somebody may have to keep. A due date is absent when that answer is not awaited.

    until: when the present state ends by itself. free_until: until when the teacher may cancel alone.
    host_is_last: the firm answers once the head has. head_is_asked: the head has not answered yet, needed or not.
    clash: the class's other outing at the date to which the slot was moved, in words: there, silence cancels.
    """

    state: State
    timezone: str
    now: datetime
    ends_at: datetime
    company: str
    until: datetime | None = None
    host_due: datetime | None = None
    head_due: datetime | None = None
    reconfirm_by: datetime | None = None
    free_until: datetime | None = None
    is_offered_by_host: bool = False
    host_is_last: bool = False
    head_is_asked: bool = False
    clash: str = ""

    def moment(self, moment: datetime | None) -> str:
        return format_moment(moment, self.timezone) if moment else ""


def next_step(clocks: Clocks, reader: Actor) -> str:
    """Who acts next, until when, and what happens otherwise, said to the teacher or to the host; empty when all is done."""
    if clocks.clash and clocks.state in ALIVE and clocks.reconfirm_by and clocks.reconfirm_by > clocks.now:
        return _clashes(clocks, reader)
    say = _SAID_TO_HOST if reader is Actor.HOST else _SAID_TO_TEACHER
    words = say.get(clocks.state)
    return words(clocks) if words else ""


def _clashes(c: Clocks, reader: Actor) -> str:
    """After a move onto the class's other outing. Which one it is, is the class's own business."""
    moment = c.moment(c.reconfirm_by)
    if reader is Actor.HOST:
        return _(
            "À la nouvelle date, la classe est déjà prise. Sans réponse de sa part d’ici le %(moment)s, cette réservation sera annulée.",
            moment=moment,
        )
    return _(
        "À la nouvelle date, votre classe est déjà prise par %(outing)s. Gardez l’une des deux sorties et annulez l’autre. Sans réponse de votre part d’ici le %(moment)s, cette réservation sera annulée.",
        outing=c.clash,
        moment=moment,
    )


def _teacher_held(c: Clocks) -> str:
    words = _(
        "Confirmez l’option avant le %(moment)s. Sans réponse de votre part, elle tombe et les places sont rendues.",
        moment=c.moment(c.until),
    )
    if c.head_is_asked:
        asked = _(
            "Votre chef d’établissement a déjà la demande d’autorisation : vous pouvez attendre sa réponse jusque-là."
        )
        return f"{words} {asked}"
    return words


def _teacher_requested(c: Clocks) -> str:
    if c.host_is_last:
        return _(
            "Votre chef d’établissement donne d’abord son autorisation, avant le %(moment)s. Sans réponse, la demande expire. L’entreprise %(company)s répond ensuite.",
            moment=c.moment(c.head_due),
            company=c.company,
        )
    sentences = []
    if c.host_due:
        sentences.append(
            _(
                "L’entreprise %(company)s répond avant le %(moment)s. Sans réponse, la demande expire et les places sont rendues.",
                company=c.company,
                moment=c.moment(c.host_due),
            )
        )
    if c.head_due:
        sentences.append(
            _(
                "Votre chef d’établissement donne son autorisation avant le %(moment)s. Sans réponse, la demande expire.",
                moment=c.moment(c.head_due),
            )
        )
    return " ".join(sentences)


def _teacher_waiting(c: Clocks) -> str:
    return _(
        "Vous n’avez rien à faire : nous vous écrivons dès que c’est votre tour. La liste ferme le %(moment)s, avec les réservations.",
        moment=c.moment(c.until),
    )


def _teacher_offered(c: Clocks) -> str:
    if c.is_offered_by_host:
        return _(
            "Acceptez la place avant le %(moment)s. Sans réponse de votre part, l’offre tombe et les places sont rendues.",
            moment=c.moment(c.until),
        )
    return _(
        "Acceptez la place avant le %(moment)s. Sans réponse de votre part, elle est proposée à la classe suivante.",
        moment=c.moment(c.until),
    )


def _teacher_confirmed(c: Clocks) -> str:
    if c.ends_at <= c.now:
        return _("La visite est passée : %(company)s, ou vous, pouvez noter qui est venu.", company=c.company)
    if c.reconfirm_by and c.reconfirm_by > c.now:
        return _(
            "Si la nouvelle date ne convient pas, annulez avant le %(moment)s. Sans réponse de votre part, la réservation est maintenue.",
            moment=c.moment(c.reconfirm_by),
        )
    if c.head_is_asked:
        asked = _(
            "Votre chef d’établissement n’a pas encore répondu à la demande d’autorisation : un refus annulerait la réservation. Sans réponse, elle est maintenue et nous le relançons."
        )
        return f"{asked} {_if_prevented(c)}"
    return _if_prevented(c)


def _if_prevented(c: Clocks) -> str:
    if c.free_until and c.free_until > c.now:
        return _(
            "Un empêchement ? Vous pouvez annuler en ligne jusqu’au %(moment)s ; ensuite, appelez le contact de l’entreprise.",
            moment=c.moment(c.free_until),
        )
    return _("Un empêchement ? Appelez le contact de l’entreprise : il est trop tard pour annuler en ligne.")


def _host_held(c: Clocks) -> str:
    return _(
        "L’établissement a posé une option : il la confirme avant le %(moment)s. Sans réponse de sa part, elle tombe et les places sont rendues.",
        moment=c.moment(c.until),
    )


def _host_requested(c: Clocks) -> str:
    if c.host_is_last:
        return _(
            "Vous n’avez rien à faire pour le moment : le chef d’établissement répond d’abord, avant le %(moment)s. Nous vous écrirons ensuite ; sans sa réponse, la demande expire.",
            moment=c.moment(c.head_due),
        )
    if c.host_due:
        return _(
            "Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire et les places sont rendues.",
            moment=c.moment(c.host_due),
        )
    return _(
        "Vous n’avez rien à faire : le chef d’établissement donne son autorisation avant le %(moment)s. Sans réponse, la demande expire.",
        moment=c.moment(c.head_due or c.until),
    )


def _host_waiting(c: Clocks) -> str:
    return _("Cette classe attend qu’une place se libère. Vous n’avez rien à faire.")


def _host_offered(c: Clocks) -> str:
    if c.is_offered_by_host:
        return _(
            "Une place est proposée à cette classe jusqu’au %(moment)s. Sans réponse de sa part, l’offre tombe et les places sont rendues.",
            moment=c.moment(c.until),
        )
    return _(
        "Une place est proposée à cette classe jusqu’au %(moment)s. Sans réponse de sa part, elle va à la classe suivante.",
        moment=c.moment(c.until),
    )


def _host_confirmed(c: Clocks) -> str:
    if c.ends_at <= c.now:
        return _("La visite est passée : notez qui est venu.")
    if c.reconfirm_by and c.reconfirm_by > c.now:
        return _(
            "La classe peut annuler jusqu’au %(moment)s. Sans réponse de sa part, la réservation est maintenue.",
            moment=c.moment(c.reconfirm_by),
        )
    if c.free_until and c.free_until > c.now:
        return _("La classe vient. Elle peut encore annuler jusqu’au %(moment)s.", moment=c.moment(c.free_until))
    return _("La classe vient. Elle ne peut plus annuler sans vous appeler.")


_SAID_TO_TEACHER = {
    State.HELD: _teacher_held,
    State.REQUESTED: _teacher_requested,
    State.WAITING: _teacher_waiting,
    State.OFFERED: _teacher_offered,
    State.CONFIRMED: _teacher_confirmed,
}
_SAID_TO_HOST = {
    State.HELD: _host_held,
    State.REQUESTED: _host_requested,
    State.WAITING: _host_waiting,
    State.OFFERED: _host_offered,
    State.CONFIRMED: _host_confirmed,
}

# What happened, in the history of a booking.
EVENT_WORDS: dict[Event, Any] = {
    Event.HOLD: _l("Option posée"),
    Event.REQUEST: _l("Demande envoyée à l’entreprise"),
    Event.CONFIRM: _l("Réservation confirmée"),
    Event.WAIT: _l("Inscription en liste d’attente"),
    Event.OFFER: _l("Place proposée"),
    Event.ACCEPT_OFFER: _l("Place acceptée"),
    Event.HOST_ACCEPT: _l("Acceptée par l’entreprise"),
    Event.HOST_DECLINE: _l("Refusée par l’entreprise"),
    Event.HEAD_GRANT: _l("Autorisée par le chef d’établissement"),
    Event.HEAD_REFUSE: _l("Non autorisée par le chef d’établissement"),
    Event.HEAD_SIGN: _l("Une signature de plus, d’autres sont attendues"),
    Event.ASK_HOST: _l("À l’entreprise de répondre"),
    Event.NAME_SPEAKERS: _l("Noms des intervenants donnés à l’établissement"),
    Event.COACH: _l("Point sur le car"),
    Event.LAPSE: _l("Expirée sans réponse"),
    Event.CANCEL: _l("Réservation annulée"),
    Event.SLOT_CANCELLED: _l("Créneau annulé par l’entreprise"),
    Event.SLOT_MOVED: _l("Créneau déplacé par l’entreprise"),
    Event.SLOT_REWORDED: _l("Description de l’activité modifiée"),
    Event.SITE_CORRECTED: _l("Adresse corrigée par l’entreprise"),
    Event.RECONFIRM: _l("Nouvelle date acceptée"),
    Event.CHANGE_COUNT: _l("Nombre d’élèves modifié"),
    Event.MOVE: _l("Changement de créneau"),
    Event.ASK_CHANGE: _l("Changement demandé à l’entreprise"),
    Event.ACCEPT_CHANGE: _l("Changement accepté par l’entreprise"),
    Event.REFUSE_CHANGE: _l("Changement refusé par l’entreprise"),
    Event.LAPSE_CHANGE: _l("Changement sans réponse : c’est non"),
    Event.WITHDRAW_CHANGE: _l("Demande de changement retirée"),
    Event.HAND_OVER: _l("Réservation confiée à un collègue"),
    Event.SUSPEND: _l("Sorties scolaires suspendues dans le département"),
    Event.RESUME: _l("Suspension des sorties levée"),
    Event.RUN_LATE: _l("Retard annoncé"),
    Event.ARRIVE: _l("Classe arrivée"),
    Event.ATTEND: _l("Classe venue"),
    Event.MISS: _l("Classe non venue"),
    Event.EXCUSE: _l("Classe excusée"),
}

ACTOR_WORDS: dict[Actor, Any] = {
    Actor.TEACHER: _l("l’établissement"),
    Actor.HOST: _l("l’entreprise"),
    Actor.HEAD: _l("le chef d’établissement"),
    Actor.OFFICER: _l("les services académiques"),
    Actor.SERVICE: _l("automatiquement"),
}


_TOLD_BY: dict[Actor, Any] = {
    Actor.TEACHER: _l("%(who)s, d’après l’établissement"),
    Actor.HOST: _l("%(who)s, d’après l’entreprise"),
}


def recorder_words(actor: Actor, told_by: Actor | None, name: str = "") -> str:
    """Who wrote down what happened on the day, and as what. told_by: the side from which an officer has it."""
    who = str(ACTOR_WORDS[actor])
    if name:
        who = _("%(name)s (services académiques)", name=name) if actor is Actor.OFFICER else name
    return str(_TOLD_BY[told_by]) % {"who": who} if told_by else who


def behalf_words(officer: str, teacher: str) -> str:
    """Who booked in the stead of whom, in a history."""
    return _("%(officer)s (services académiques), pour %(teacher)s", officer=officer, teacher=teacher)


def entered_for_words(teacher: str) -> str:
    """What a page or a message says of a booking that an officer made for its teacher."""
    return _("Réservation saisie par les services académiques pour %(teacher)s.", teacher=teacher)


def reason_words(reason: str | None) -> str:
    """The reason of a refusal or a cancellation, in words; what was written itself when it is not one of the list."""
    if not reason:
        return ""
    return str(REASON_WORDS[CancelReason(reason)]) if reason in set(CancelReason) else reason


def end_words(state: State, ended_by: Actor | None, reason: str | None, was: State | None = None) -> str:
    """Why a booking is over, in a sentence; empty for one that is not. was: the state it ended in, if it was in line."""
    why = reason_words(reason)
    if in_line := _IN_LINE.get((was, state, ended_by)):
        return _("%(who)s : %(why)s.", who=str(in_line), why=why) if why else _("%(who)s.", who=str(in_line))
    if state is State.EXPIRED:
        return _("Personne n’a répondu à temps : la demande a expiré et les places sont rendues.")
    if state is State.DECLINED:
        who = _("Le chef d’établissement n’a pas autorisé la sortie") if ended_by is Actor.HEAD else _(
            "L’entreprise n’a pas pu accepter cette demande")  # fmt: skip
    elif state is State.CANCELLED:
        who = _CANCELLED_BY.get(ended_by, _l("La réservation a été annulée"))
    else:
        return ""
    return _("%(who)s : %(why)s.", who=str(who), why=why) if why else _("%(who)s.", who=str(who))


# How a wait, or a place that the list offered, ends.
_IN_LINE: dict[tuple[State | None, State, Actor | None], Any] = {
    (State.WAITING, State.EXPIRED, Actor.SERVICE): _l(
        "Les réservations sont closes, et il n’y a pas eu de place pour toute la classe"
    ),
    (State.WAITING, State.CANCELLED, Actor.TEACHER): _l("L’établissement a quitté la liste d’attente"),
    (State.WAITING, State.CANCELLED, Actor.SERVICE): _l("L’attente a pris fin"),
    (State.OFFERED, State.EXPIRED, Actor.SERVICE): _l(
        "La place n’a pas été acceptée à temps et va à la classe suivante"
    ),
    (State.OFFERED, State.CANCELLED, Actor.TEACHER): _l("L’établissement a refusé la place proposée"),
}

_CANCELLED_BY: dict[Actor | None, Any] = {
    Actor.TEACHER: _l("L’établissement a annulé la réservation"),
    Actor.HOST: _l("L’entreprise a annulé"),
    Actor.HEAD: _l("Le chef d’établissement a annulé la sortie"),
    Actor.OFFICER: _l("Les services académiques ont annulé la sortie"),
    Actor.SERVICE: _l("La réservation a été annulée automatiquement"),
}
