"""The life of a booking, as one table: who may do what in which state, the new state, the mails, the calendars.

    (new) ──hold──▶ held ──request/confirm──▶ requested ──host and head say yes──▶ confirmed ──▶ attended
      │              │ lapse                     │ lapse / decline / refuse            │           missed
      ├──request─────┼───────────────────────────┘                                     │           excused
      ├──confirm─────┼─────────────────────────────────────────────────────────────────┘
      ├──wait──▶ waiting ──offer──▶ offered ──accept──▶ requested or confirmed
      └──offer────────────────────▶ offered      (a need answered by its host)
    any alive state ──cancel──▶ cancelled        held, requested, waiting, offered ──lapse──▶ expired

Screens, API, mails and invitations read TRANSITIONS; nothing else decides (product, section 3, rule 3).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _l


class State(enum.StrEnum):
    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    MISSED = "missed"
    EXCUSED = "excused"


# Product, section 11: taken bookings hold places on their slot; alive ones still expect the visit to happen.
TAKEN = frozenset({
    State.HELD, State.REQUESTED, State.CONFIRMED, State.OFFERED, State.ATTENDED, State.MISSED, State.EXCUSED,
})  # fmt: skip
ALIVE = frozenset({State.HELD, State.REQUESTED, State.CONFIRMED, State.WAITING, State.OFFERED})
ENDED = frozenset({State.DECLINED, State.EXPIRED, State.CANCELLED})
RECORDED = frozenset({State.ATTENDED, State.MISSED, State.EXCUSED})


class Event(enum.StrEnum):
    HOLD = "hold"
    REQUEST = "request"
    CONFIRM = "confirm"
    WAIT = "wait"
    OFFER = "offer"
    ACCEPT_OFFER = "accept_offer"
    HOST_ACCEPT = "host_accept"
    HOST_DECLINE = "host_decline"
    HEAD_GRANT = "head_grant"
    HEAD_REFUSE = "head_refuse"
    HEAD_SIGN = "head_sign"
    ASK_HOST = "ask_host"
    NAME_SPEAKERS = "name_speakers"
    COACH = "coach"
    LAPSE = "lapse"
    CANCEL = "cancel"
    SLOT_CANCELLED = "slot_cancelled"
    SLOT_MOVED = "slot_moved"
    SLOT_REWORDED = "slot_reworded"
    SITE_CORRECTED = "site_corrected"
    RECONFIRM = "reconfirm"
    CHANGE_COUNT = "change_count"
    MOVE = "move"
    ASK_CHANGE = "ask_change"
    ACCEPT_CHANGE = "accept_change"
    REFUSE_CHANGE = "refuse_change"
    LAPSE_CHANGE = "lapse_change"
    WITHDRAW_CHANGE = "withdraw_change"
    HAND_OVER = "hand_over"
    SUSPEND = "suspend"
    RESUME = "resume"
    RUN_LATE = "run_late"
    ARRIVE = "arrive"
    ATTEND = "attend"
    MISS = "miss"
    EXCUSE = "excuse"


# What a host says to a request.
ANSWERS = frozenset({Event.HOST_ACCEPT, Event.HOST_DECLINE})


class Actor(enum.StrEnum):
    """In whose name something is done to a booking."""

    TEACHER = "teacher"
    HOST = "host"
    HEAD = "head"
    OFFICER = "officer"
    SERVICE = "service"


class Origin(enum.StrEnum):
    DIRECT = "direct"
    WAITING = "waiting"
    NEED = "need"
    ROUND = "round"
    HOST = "host"
    DECLARED = "declared"


# An accepted offer of these is firm as far as the host goes (product, section 11): it made the offer itself, or the
# round it took part in did. One from the waiting list is as the activity says.
OFFERED_BY_HOST = frozenset({Origin.NEED, Origin.HOST, Origin.ROUND})
OFFERED_IN_LINE = frozenset(Origin) - OFFERED_BY_HOST


class LinkRule(enum.StrEnum):
    """What happens to linked bookings when one of them ends (product, section 3, rule 10)."""

    BOTH_OR_NEITHER = "both_or_neither"
    ASK = "ask"


class Answer(enum.StrEnum):
    """An answer that is needed; absent (NULL) when nobody has to give it."""

    PENDING = "pending"
    YES = "yes"
    NO = "no"


class Audience(enum.StrEnum):
    """Who a mail of a transition goes to."""

    TEACHER = "teacher"
    COMPANY = "company"


class Calendar(enum.StrEnum):
    """What a transition does to the calendars. REQUEST and CANCEL reach whoever the table's mails reach."""

    NOTHING = "nothing"
    REQUEST = "request"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Mail:
    """origins: only for bookings that came about in these ways; for all of them when there is none."""

    kind: str
    to: Audience
    origins: frozenset[Origin] | None = None

    def is_for(self, origin: Origin) -> bool:
        return self.origins is None or origin in self.origins


@dataclass(frozen=True)
class Transition:
    """What one event does to a booking in one state. to=None: the state stays."""

    by: frozenset[Actor]
    to: State | None
    mails: tuple[Mail, ...] = ()
    calendar: Calendar = Calendar.NOTHING


def _by(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


def _mails(kind: str, *audiences: Audience) -> tuple[Mail, ...]:
    return tuple(Mail(kind, audience) for audience in audiences or (Audience.TEACHER,))


_T, _H, _HEAD, _OFFICER, _S = Actor.TEACHER, Actor.HOST, Actor.HEAD, Actor.OFFICER, Actor.SERVICE
_BOTH = (Audience.TEACHER, Audience.COMPANY)
_CONFIRMED = _mails("booking-confirmed", *_BOTH)
_UPDATED = _mails("booking-updated", *_BOTH)
_CANCELLED = _mails("booking-cancelled", *_BOTH)
_REQUESTED = _mails("booking-requested", *_BOTH)
_DECLINED = _mails("booking-declined", Audience.TEACHER)
_GRANTED = _mails("head-granted")
_WITHDRAWN = _mails("request-withdrawn", Audience.COMPANY)
# What becomes of an offered place: somebody in line hears of the line, the host hears of the offer that it made.
_LINE_CLOSED = Mail("waitlist-closed", Audience.TEACHER, OFFERED_IN_LINE)
_OFFER_WITHDRAWN = Mail("request-withdrawn", Audience.COMPANY, OFFERED_BY_HOST)
_OFFER_LAPSED = (
    Mail("request-expired", Audience.TEACHER, OFFERED_BY_HOST),
    Mail("request-expired", Audience.COMPANY, OFFERED_BY_HOST),
)
_OFFER_DROPPED = Mail("booking-declined", Audience.TEACHER, OFFERED_BY_HOST)

_New = None

TRANSITIONS: dict[tuple[State | None, Event], Transition] = {
    # The first step
    (_New, Event.HOLD): Transition(_by(_T, _H, _OFFICER, _S), State.HELD, _mails("hold-placed")),
    (_New, Event.REQUEST): Transition(_by(_T, _OFFICER), State.REQUESTED, _REQUESTED),
    (_New, Event.CONFIRM): Transition(_by(_T, _H, _OFFICER, _S), State.CONFIRMED, _CONFIRMED, Calendar.REQUEST),
    (_New, Event.WAIT): Transition(_by(_T, _OFFICER, _S), State.WAITING, _mails("waitlist-joined")),
    (_New, Event.OFFER): Transition(_by(_H, _S), State.OFFERED, _mails("place-offered")),
    # An option: places kept while the school asks its head, its money and its coach
    (State.HELD, Event.REQUEST): Transition(_by(_T), State.REQUESTED, _REQUESTED),
    (State.HELD, Event.CONFIRM): Transition(_by(_T), State.CONFIRMED, _CONFIRMED, Calendar.REQUEST),
    (State.HELD, Event.HEAD_GRANT): Transition(_by(_HEAD), None, _GRANTED),
    (State.HELD, Event.HEAD_REFUSE): Transition(_by(_HEAD), State.DECLINED, _DECLINED),
    (State.HELD, Event.LAPSE): Transition(_by(_S), State.EXPIRED, _mails("hold-expired")),
    (State.HELD, Event.CANCEL): Transition(_by(_T, _HEAD, _S), State.CANCELLED),
    (State.HELD, Event.SLOT_CANCELLED): Transition(_by(_H, _OFFICER), State.CANCELLED, _DECLINED),
    (State.HELD, Event.SLOT_MOVED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.HELD, Event.SITE_CORRECTED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.HELD, Event.CHANGE_COUNT): Transition(_by(_T), None),
    (State.HELD, Event.MOVE): Transition(_by(_T), None),
    (State.HELD, Event.HAND_OVER): Transition(_by(_T, _HEAD), None, _mails("organizer-notice")),
    # A request: every needed answer must be yes
    (State.REQUESTED, Event.HOST_ACCEPT): Transition(_by(_H), None),
    (State.REQUESTED, Event.HOST_DECLINE): Transition(_by(_H), State.DECLINED, _DECLINED),
    (State.REQUESTED, Event.HEAD_GRANT): Transition(_by(_HEAD), None, _GRANTED),
    (State.REQUESTED, Event.HEAD_REFUSE): Transition(_by(_HEAD), State.DECLINED, _DECLINED + _WITHDRAWN),
    (State.REQUESTED, Event.ASK_HOST): Transition(_by(_S), None, _mails("booking-requested", Audience.COMPANY)),
    (State.REQUESTED, Event.CONFIRM): Transition(_by(_S), State.CONFIRMED, _CONFIRMED, Calendar.REQUEST),
    (State.REQUESTED, Event.LAPSE): Transition(_by(_S), State.EXPIRED, _mails("request-expired", *_BOTH)),
    (State.REQUESTED, Event.CANCEL): Transition(_by(_T, _HEAD, _S), State.CANCELLED, _WITHDRAWN),
    (State.REQUESTED, Event.SLOT_CANCELLED): Transition(_by(_H, _OFFICER), State.CANCELLED, _DECLINED),
    (State.REQUESTED, Event.SLOT_MOVED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.REQUESTED, Event.SITE_CORRECTED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.REQUESTED, Event.CHANGE_COUNT): Transition(_by(_T), None),
    # The host was asked about another date: it hears which one it now answers for.
    (State.REQUESTED, Event.MOVE): Transition(_by(_T), None, _mails("booking-requested", Audience.COMPANY)),
    (State.REQUESTED, Event.HAND_OVER): Transition(_by(_T, _HEAD), None, _mails("organizer-notice")),
    # Firm
    (State.CONFIRMED, Event.CANCEL): Transition(_by(_T, _H, _HEAD, _S), State.CANCELLED, _CANCELLED, Calendar.CANCEL),
    (State.CONFIRMED, Event.HEAD_GRANT): Transition(_by(_HEAD), None, _GRANTED),
    (State.CONFIRMED, Event.HEAD_REFUSE): Transition(_by(_HEAD), State.CANCELLED, _CANCELLED, Calendar.CANCEL),
    (State.CONFIRMED, Event.SLOT_CANCELLED): Transition(
        _by(_H, _OFFICER), State.CANCELLED, _CANCELLED, Calendar.CANCEL
    ),
    (State.CONFIRMED, Event.SLOT_MOVED): Transition(_by(_H), None, _UPDATED, Calendar.REQUEST),
    (State.CONFIRMED, Event.SLOT_REWORDED): Transition(_by(_H), None, _UPDATED, Calendar.REQUEST),
    (State.CONFIRMED, Event.SITE_CORRECTED): Transition(_by(_H), None, _UPDATED, Calendar.REQUEST),
    (State.CONFIRMED, Event.RECONFIRM): Transition(_by(_T), None),
    (State.CONFIRMED, Event.CHANGE_COUNT): Transition(_by(_T, _H), None, _UPDATED, Calendar.REQUEST),
    (State.CONFIRMED, Event.MOVE): Transition(_by(_T, _H), None, _UPDATED, Calendar.REQUEST),
    # Past the cancellation limit a teacher asks; silence is no
    (State.CONFIRMED, Event.ASK_CHANGE): Transition(_by(_T), None, _mails("change-asked", Audience.COMPANY)),
    (State.CONFIRMED, Event.ACCEPT_CHANGE): Transition(_by(_H), None),
    (State.CONFIRMED, Event.REFUSE_CHANGE): Transition(_by(_H), None, _mails("change-refused")),
    (State.CONFIRMED, Event.LAPSE_CHANGE): Transition(_by(_S), None, _mails("change-refused")),
    (State.CONFIRMED, Event.WITHDRAW_CHANGE): Transition(_by(_T), None, _mails("change-withdrawn", Audience.COMPANY)),
    (State.CONFIRMED, Event.HAND_OVER): Transition(_by(_T, _HEAD), None, _CONFIRMED, Calendar.REQUEST),
    # The waiting list
    (State.WAITING, Event.OFFER): Transition(_by(_S, _H), State.OFFERED, _mails("waitlist-offered")),
    (State.WAITING, Event.CANCEL): Transition(_by(_T, _HEAD, _S), State.CANCELLED),
    (State.WAITING, Event.LAPSE): Transition(_by(_S), State.EXPIRED, _mails("waitlist-closed")),
    (State.WAITING, Event.SLOT_CANCELLED): Transition(_by(_H, _OFFICER), State.CANCELLED, _mails("waitlist-closed")),
    (State.WAITING, Event.SLOT_MOVED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.WAITING, Event.SITE_CORRECTED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.WAITING, Event.CHANGE_COUNT): Transition(_by(_T), None),
    (State.WAITING, Event.HAND_OVER): Transition(_by(_T, _HEAD), None, _mails("organizer-notice")),
    (State.OFFERED, Event.ACCEPT_OFFER): Transition(_by(_T), State.REQUESTED, _REQUESTED),
    (State.OFFERED, Event.CONFIRM): Transition(_by(_T), State.CONFIRMED, _CONFIRMED, Calendar.REQUEST),
    (State.OFFERED, Event.CANCEL): Transition(_by(_T, _HEAD, _S), State.CANCELLED, (_OFFER_WITHDRAWN,)),
    (State.OFFERED, Event.LAPSE): Transition(_by(_S), State.EXPIRED, (_LINE_CLOSED, *_OFFER_LAPSED)),
    (State.OFFERED, Event.SLOT_CANCELLED): Transition(
        _by(_H, _OFFICER), State.CANCELLED, (_LINE_CLOSED, _OFFER_DROPPED)
    ),
    (State.OFFERED, Event.SLOT_MOVED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.OFFERED, Event.SITE_CORRECTED): Transition(_by(_H), None, _mails("booking-moved")),
    (State.OFFERED, Event.HAND_OVER): Transition(_by(_T, _HEAD), None, _mails("organizer-notice")),
    # Outings are suspended in the département, then possible again: the booking and its places stay
    **{
        (state, event): Transition(_by(_OFFICER), None, _mails(kind, *audiences))
        for event, kind in ((Event.SUSPEND, "outings-suspended"), (Event.RESUME, "outings-resumed"))
        for state, audiences in (
            (State.HELD, (Audience.TEACHER,)),
            (State.REQUESTED, _BOTH),
            (State.OFFERED, (Audience.TEACHER,)),
            (State.CONFIRMED, _BOTH),
        )
    },
    # What the school and the host settle on the way: told by the history alone
    **{
        (state, event): Transition(_by(actor), None)
        for state in (State.HELD, State.REQUESTED, State.CONFIRMED)
        for event, actor in ((Event.HEAD_SIGN, _HEAD), (Event.NAME_SPEAKERS, _H), (Event.COACH, _T))
    },
    # The day: on the way, at the gate; then what happened, recorded then or later, and corrected
    (State.CONFIRMED, Event.RUN_LATE): Transition(_by(_T), None, _mails("coach-late", Audience.COMPANY)),
    (State.CONFIRMED, Event.ARRIVE): Transition(_by(_H, _T, _OFFICER), None),
    **{
        (state, event): Transition(_by(_H, _T, _OFFICER), to)
        for state in (State.CONFIRMED, *sorted(RECORDED))
        for event, to in (
            (Event.ATTEND, State.ATTENDED),
            (Event.MISS, State.MISSED),
            (Event.EXCUSE, State.EXCUSED),
        )
    },
}


class NotPossibleNow(Refusal):
    """The booking is not in a state where this can be done, or not by this side."""

    code = "not_possible_now"

    def sentence(self) -> Any:
        return _l(
            "Cette réservation a changé entre-temps : cette action n’est plus possible. Relisez son état ci-dessous."
        )


def transition_for(state: State | None, event: Event, actor: Actor) -> Transition:
    """The row of the table for this event. Refuses: NotPossibleNow when the state or the side does not allow it."""
    transition = TRANSITIONS.get((state, event))
    if transition is None or actor not in transition.by:
        raise NotPossibleNow(state=state, event=event, actor=actor)
    return transition


def is_allowed(state: State | None, event: Event, actor: Actor) -> bool:
    transition = TRANSITIONS.get((state, event))
    return transition is not None and actor in transition.by


def events_for(state: State, actor: Actor) -> list[Event]:
    """What this side can do to a booking in this state, in the order of the table."""
    return [event for (from_state, event), row in TRANSITIONS.items() if from_state is state and actor in row.by]


def is_firm(answers: Iterable[Answer | None]) -> bool:
    """Whether every needed answer is yes: only then is a request confirmed, and only then do calendars hear of it."""
    return all(answer in (None, Answer.YES) for answer in answers)


STATE_WORDS: dict[State, object] = {
    State.HELD: _l("option posée"),
    State.REQUESTED: _l("demande envoyée"),
    State.CONFIRMED: _l("confirmée"),
    State.WAITING: _l("en liste d’attente"),
    State.OFFERED: _l("place proposée"),
    State.DECLINED: _l("refusée"),
    State.EXPIRED: _l("expirée"),
    State.CANCELLED: _l("annulée"),
    State.ATTENDED: _l("classe venue"),
    State.MISSED: _l("classe non venue"),
    State.EXCUSED: _l("classe excusée"),
}


class CancelReason(enum.StrEnum):
    """One reason of a list, kept with each cancellation or refusal."""

    # School
    TRANSPORT = "transport"
    SUPERVISION = "supervision"
    TIMETABLE = "timetable"
    HEAD_REFUSED = "head_refused"
    BUDGET = "budget"
    OTHER_VISIT = "other_visit"
    # Host
    PRODUCTION = "production"
    NO_GUIDE = "no_guide"
    SAFETY = "safety"
    LEVEL = "level"
    GROUP_SIZE = "group_size"
    ALREADY_FULL = "already_full"
    # Either
    ILLNESS = "illness"
    WEATHER = "weather"
    LINKED = "linked"
    CLASH = "clash"
    # A class that waited on several dates of an activity has one of them.
    PLACED = "placed"
    NEED_WITHDRAWN = "need_withdrawn"
    OTHER = "other"


REASON_WORDS: dict[CancelReason, object] = {
    CancelReason.TRANSPORT: _l("pas de transport"),
    CancelReason.SUPERVISION: _l("pas assez d’accompagnateurs"),
    CancelReason.TIMETABLE: _l("emploi du temps ou examen"),
    CancelReason.HEAD_REFUSED: _l("sortie non autorisée par le chef d’établissement"),
    CancelReason.BUDGET: _l("budget non obtenu"),
    CancelReason.OTHER_VISIT: _l("une autre visite a été choisie"),
    CancelReason.PRODUCTION: _l("contrainte de production sur le site"),
    CancelReason.NO_GUIDE: _l("pas d’intervenant disponible"),
    CancelReason.SAFETY: _l("raison de sécurité"),
    CancelReason.LEVEL: _l("activité inadaptée au niveau de la classe"),
    CancelReason.GROUP_SIZE: _l("groupe trop nombreux"),
    CancelReason.ALREADY_FULL: _l("déjà assez de classes ce jour-là"),
    CancelReason.ILLNESS: _l("maladie ou absence"),
    CancelReason.WEATHER: _l("météo"),
    CancelReason.CLASH: _l("la nouvelle date tombe sur une autre sortie de la classe"),
    CancelReason.LINKED: _l("la sortie liée n’a pas lieu"),
    CancelReason.PLACED: _l("la classe a une place sur un autre créneau de l’activité"),
    CancelReason.NEED_WITHDRAWN: _l("la classe ne cherche plus de visite"),
    CancelReason.OTHER: _l("autre raison"),
}

TEACHER_REASONS = (
    CancelReason.TRANSPORT, CancelReason.SUPERVISION, CancelReason.TIMETABLE, CancelReason.HEAD_REFUSED,
    CancelReason.BUDGET, CancelReason.OTHER_VISIT, CancelReason.ILLNESS, CancelReason.WEATHER, CancelReason.OTHER,
)  # fmt: skip
HOST_REASONS = (
    CancelReason.PRODUCTION, CancelReason.NO_GUIDE, CancelReason.SAFETY, CancelReason.LEVEL, CancelReason.GROUP_SIZE,
    CancelReason.ALREADY_FULL, CancelReason.ILLNESS, CancelReason.WEATHER, CancelReason.OTHER,
)  # fmt: skip
