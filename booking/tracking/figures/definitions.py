"""What each figure is called, what it means, and where its rows are.

A group of teachers books as a class does; where classes and pupils are counted, it is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from booking.bookings.rules.states import State
from booking.core.i18n import _l


@dataclass(frozen=True)
class Figure:
    """One number. rows: the name of the page that lists what it counts; state: which bookings, on that page."""

    code: str
    value: int
    label: Any
    definition: Any
    rows: str
    state: str | None = None


@dataclass(frozen=True)
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
STATES: dict[str, frozenset[State]] = {"firm": FIRM, "pending": PENDING} | {
    state.value: frozenset({state}) for state in State
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
