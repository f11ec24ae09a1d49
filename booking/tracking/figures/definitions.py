"""What each figure is called, what it means, and where its rows are.

A group of teachers books as a class does; where classes and pupils are counted, it is neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_

from booking.bookings.models import Booking
from booking.bookings.rules.states import REASON_WORDS, TAKEN, Actor, CancelReason, State
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.i18n import _, _l
from booking.core.web import format_number


@dataclass(frozen=True)
class Figure:
    """One number. rows: the name of the page that lists what it counts; state: which bookings, on that page.

    value: None when there is nothing to tell it from. unit: "percent" and "hours" are written out.
    """

    code: str
    value: int | None
    label: Any
    definition: Any
    rows: str
    state: str | None = None
    unit: str = ""

    @property
    def words(self) -> str:
        """The value as it is shown."""
        if self.value is None:
            return "–"
        if self.unit == "percent":
            return _("%(number)s %%", number=format_number(self.value))
        return in_hours_or_days(self.value) if self.unit == "hours" else format_number(self.value)


def in_hours_or_days(hours: int) -> str:
    """A while, in hours up to two days."""
    if hours < HOURS_BEFORE_DAYS:
        return _("%(number)s h", number=hours)
    return _("%(number)s jours", number=format_number(round(hours / 24, 1)))


HOURS_BEFORE_DAYS = 48


@dataclass
class Chapter:
    """lost: places that are neither taken nor free, on slots that have all their classes."""

    code: str
    title: Any
    figures: list[Figure]
    lost: int = 0


Definition = tuple[Any, ...]

DEFINITIONS: dict[str, Definition] = {
    "activities": (
        _l("activités publiées"),
        _l("Activités publiées d’entreprises vérifiées, dont un créneau a lieu dans le territoire ou dont le site s’y trouve."),
        "activities",
    ),
    "companies": (
        _l("entreprises"),
        _l("Entreprises différentes qui proposent ces activités."),
        "activities",
    ),
    "slots": (
        _l("créneaux"),
        _l("Créneaux non annulés de ces activités, passés ou à venir, qui ont lieu dans le territoire."),
        "slots",
    ),
    "classes_offered": (
        _l("classes possibles"),
        _l("Nombre de classes que ces créneaux peuvent accueillir, une visite pour enseignants comptant ses groupes."),
        "slots",
    ),
    "classes_taken": (
        _l("classes inscrites"),
        _l("Réservations qui tiennent une place sur ces créneaux, d’où que viennent les classes."),
        "slots",
    ),
    "classes_free": (
        _l("classes encore possibles"),
        _l("Classes possibles moins classes inscrites."),
        "slots",
    ),
    "offered": (
        _l("places offertes"),
        _l("Nombre d’élèves que ces créneaux peuvent accueillir au plus ; d’enseignants pour leurs visites."),
        "slots",
    ),
    "taken": (
        _l("places prises"),
        _l("Élèves des réservations qui tiennent une place sur ces créneaux, d’où que viennent les classes."),
        "slots",
    ),
    "free": (
        _l("places libres"),
        _l(
            "Places qu’une classe peut encore prendre : aucune sur un créneau qui a toutes ses classes, même plus "
            "petites que prévu. Prises et libres ne font donc pas toujours le total."
        ),
        "slots",
    ),
    "bookings": (
        _l("réservations"),
        _l(
            "Réservations des établissements du territoire qui tiennent une place : option, demande, confirmée, "
            "place proposée, classe venue, non venue ou excusée. Une réservation compte une fois, par l’établissement."
        ),
        "bookings",
    ),
    "confirmed": (
        _l("confirmées ou venues"),
        _l("Parmi ces réservations, celles qui sont confirmées et celles dont la classe est venue."),
        "bookings",
        "firm",
    ),
    "pending": (
        _l("en attente de réponse"),
        _l("Parmi ces réservations, options, demandes et places proposées : quelqu’un doit encore répondre."),
        "bookings",
        "pending",
    ),
    "classes": (
        _l("classes différentes"),
        _l("Classes qui ont au moins une de ces réservations ; une classe compte une fois, un groupe d’enseignants aucune."),
        "bookings",
    ),
    "pupils": (
        _l("élèves différents"),
        _l("Pour chacune de ces classes, le plus grand effectif de ses réservations : un élève compte une fois."),
        "bookings",
    ),
    "participations": (
        _l("participations d’élèves"),
        _l("Somme des effectifs des réservations de ces classes : un élève qui fait deux visites compte deux fois."),
        "bookings",
    ),
    "schools": (
        _l("établissements touchés"),
        _l("Établissements du territoire qui ont au moins une de ces réservations."),
        "schools",
    ),
    "fill": (
        _l("remplissage"),
        _l("Places prises sur places offertes, en pour cent arrondi."),
        "slots", None, "percent",
    ),
    "adults": (
        _l("accompagnateurs attendus"),
        _l("Somme des accompagnateurs de ces réservations, sans les AESH ni les groupes d’enseignants."),
        "bookings",
    ),
    "girls": (
        _l("filles, là où elles sont comptées"),
        _l("Participations de filles, dans les réservations dont la classe a dit combien elle en compte."),
        "bookings", "counted",
    ),
    "boys": (
        _l("garçons, là où les filles sont comptées"),
        _l("Les autres élèves des mêmes réservations."),
        "bookings", "counted",
    ),
    "attended": (
        _l("visites faites"),
        _l("Réservations dont la classe, ou le groupe d’enseignants, est venu, comme l’un des deux côtés l’a noté."),
        "bookings", "attended",
    ),
    "classes_present": (
        _l("classes différentes venues"),
        _l("Classes venues au moins une fois ; une classe compte une fois, un groupe d’enseignants aucune."),
        "bookings", "attended",
    ),
    "pupils_present": (
        _l("participations d’élèves venus"),
        _l("Somme des élèves comptés sur place : un élève qui fait deux visites compte deux fois."),
        "bookings", "attended",
    ),
    "adults_present": (
        _l("accompagnateurs venus"),
        _l("Somme des accompagnateurs comptés sur place avec ces classes."),
        "bookings", "attended",
    ),
    "girls_present": (
        _l("filles venues, là où elles sont comptées"),
        _l("Filles comptées sur place, dans les visites où quelqu’un les a comptées."),
        "bookings", "counted_present",
    ),
    "boys_present": (
        _l("garçons venus, là où les filles sont comptées"),
        _l("Les autres élèves comptés sur place dans les mêmes visites."),
        "bookings", "counted_present",
    ),
    "missed": (
        _l("classes non venues"),
        _l("Réservations dont la classe n’est pas venue sans avoir prévenu ; sa place est restée prise."),
        "bookings", "missed",
    ),
    "excused": (
        _l("classes excusées"),
        _l("Réservations dont la classe n’est pas venue et avait prévenu, trop tard pour rendre la place."),
        "bookings", "excused",
    ),
    "unrecorded": (
        _l("visites passées sans compte rendu"),
        _l("Réservations confirmées dont le créneau est fini et dont personne n’a noté qui est venu."),
        "bookings", "unrecorded",
    ),
    "answered": (
        _l("réponses d’entreprises"),
        _l("Demandes des établissements du territoire auxquelles l’entreprise a répondu, oui ou non."),
        "bookings", "answered",
    ),
    "answer_hours": (
        _l("délai médian de réponse"),
        _l(
            "Temps entre la demande et la réponse de l’entreprise, jours de repos compris : la moitié des réponses arrive "
            "plus vite. Le temps compte depuis l’accord du chef d’établissement quand l’entreprise l’attend, et repart quand "
            "la classe change de date."
        ),
        "bookings", "answered", "hours",
    ),
    "declined": (
        _l("refusées"),
        _l("Réservations auxquelles l’entreprise ou le chef d’établissement a dit non."),
        "bookings", "declined",
    ),
    "expired": (
        _l("expirées sans réponse"),
        _l("Réservations que personne n’a confirmées, acceptées ou refusées à temps."),
        "bookings", "expired",
    ),
    "cancelled": (
        _l("annulées"),
        _l("Réservations annulées par l’établissement, par l’entreprise ou par le service, à n’importe quel moment."),
        "bookings", "cancelled",
    ),
    "waiting": (
        _l("en liste d’attente"),
        _l("Réservations qui attendent qu’une place se libère ; elles n’en tiennent aucune. Une classe peut attendre sur plusieurs créneaux."),
        "bookings", "waiting",
    ),
    "needs": (
        _l("recherches sans visite"),
        _l(
            "Recherches en cours, refusées ou restées sans réponse de classes du territoire : pour les dates d’une activité de "
            "l’édition, ou pour toute visite un jour de sa période."
        ),
        "unmet",
    ),
}  # fmt: skip


STATE_DEFINITIONS: dict[State, Any] = {
    State.HELD: _l("Places gardées quelques jours, le temps que l’établissement se décide."),
    State.REQUESTED: _l("L’entreprise, ou le chef d’établissement, doit encore répondre."),
    State.CONFIRMED: _l("Toutes les réponses nécessaires sont oui : la classe est attendue."),
    State.WAITING: _l("La classe attend qu’une place se libère ; elle n’en tient aucune."),
    State.OFFERED: _l("Une place libérée est gardée pour la classe jusqu’à une date."),
    State.DECLINED: _l("L’entreprise ou le chef d’établissement a dit non."),
    State.EXPIRED: _l("Personne n’a répondu à temps."),
    State.CANCELLED: _l("Annulée par l’établissement ou par l’entreprise."),
    State.ATTENDED: _l("La classe est venue."),
    State.MISSED: _l("La classe n’est pas venue et n’avait pas prévenu."),
    State.EXCUSED: _l("La classe n’est pas venue, elle avait prévenu."),
}

# The bookings that the rows page can be asked for: those of one state, or those that a figure puts together.
FIRM = frozenset({State.CONFIRMED, State.ATTENDED})
PENDING = frozenset({State.HELD, State.REQUESTED, State.OFFERED})
ENDED_FOR_A_REASON = frozenset({State.DECLINED, State.CANCELLED})
STATES: dict[str, frozenset[State]] = {
    "firm": FIRM,
    "pending": PENDING,
    "answered": frozenset(State),
    "counted": TAKEN,
    "counted_present": frozenset({State.ATTENDED}),
    "unrecorded": frozenset({State.CONFIRMED}),
} | {state.value: frozenset({state}) for state in State}


def is_unrecorded(now: datetime) -> ColumnElement[bool]:
    """Of bookings joined to their slot: firm, over, and nobody wrote down who came."""
    return and_(Booking.state == State.CONFIRMED, Slot.ends_at <= now)


def is_answered() -> ColumnElement[bool]:
    """The host has answered what it was last asked."""
    return Booking.host_answered_at >= Booking.host_asked_at


# What the rows behind a figure have in common beside their state.
ONLY: dict[str, Callable[[], ColumnElement[bool]]] = {
    "answered": is_answered,
    "counted": lambda: and_(Booking.girls.is_not(None), Booking.level_code.is_not(None)),
    "counted_present": lambda: and_(Booking.present_girls.is_not(None), Booking.level_code.is_not(None)),
    "unrecorded": lambda: is_unrecorded(clock.now()),
}

ACTOR_WORDS: dict[Actor, Any] = {
    Actor.TEACHER: _l("l’établissement"),
    Actor.HOST: _l("l’entreprise"),
    Actor.HEAD: _l("le chef d’établissement"),
    Actor.OFFICER: _l("un agent du territoire"),
    Actor.SERVICE: _l("le service"),
}


OFFERS = ("activities", "companies", "slots")


@dataclass(frozen=True)
class StateLine:
    """How many bookings are in a state, and the pupils they are for."""

    state: State
    bookings: int
    pupils: int

    @property
    def definition(self) -> Any:
        return STATE_DEFINITIONS[self.state]


@dataclass
class Line:
    """A part of the board: what is offered in the territory, what its schools book and who came.

    key: a day, the Monday of a week, a kind, a sector or a level; None for groups of teachers, which have no level.
    """

    key: Any
    slots: int = 0
    offered: int = 0
    taken: int = 0
    bookings: int = 0
    participations: int = 0
    pupils_present: int = 0


@dataclass(frozen=True)
class Ending:
    """Bookings refused or cancelled by somebody for a reason; empty: nobody said."""

    state: State
    ended_by: Actor | None
    reason: str | None
    bookings: int
    pupils: int

    @property
    def who(self) -> Any:
        return ACTOR_WORDS[self.ended_by] if self.ended_by else _l("non précisé")

    @property
    def why(self) -> Any:
        reason = self.reason or ""
        return REASON_WORDS[CancelReason(reason)] if reason in set(CancelReason) else _l("sans motif")
