"""The figures of a territory: each with its definition, its value, and the page of its rows.

A group of teachers books as a class does; where classes and pupils are counted, it is neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import Activity, Edition, PublicationState, Slot, SlotState
from booking.companies.models import Company, Site, Trust
from booking.core.db import db
from booking.core.i18n import _l
from booking.schools.models import School
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

EVERYTHING = Filters()


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


def board(scope: Scope, edition: Edition, filters: Filters = EVERYTHING) -> list[Chapter]:
    """All the figures of the board, in four statements."""
    supply = _supply(scope, edition, filters)
    demand = _demand(scope, edition, filters)
    return [
        Chapter("supply", _l("Ce qui est proposé"), _figures({code: supply[code] for code in OFFERS})),
        Chapter(
            "places",
            _l("Combien de classes et d’élèves"),
            _figures({c: n for c, n in supply.items() if c not in OFFERS}),
            lost=supply["offered"] - supply["taken"] - supply["free"],
        ),
        Chapter("demand", _l("Ce qui est réservé"), _figures(demand)),
    ]


def bookings_by_state(scope: Scope, edition: Edition, filters: Filters = EVERYTHING) -> list[StateLine]:
    """How many bookings of the territory's schools are in each state, in the order of a booking's life."""
    query = bookings_in(scope, edition, filters, State, Booking.state, func.count(), _sum(pupils_of_booking()))
    found = {state: (count, int(pupils)) for state, count, pupils in db.session.execute(query.group_by(Booking.state))}
    return [StateLine(state, *found[state]) for state in State if state in found]


def _figures(values: dict[str, int]) -> list[Figure]:
    return [Figure(code, value, *DEFINITIONS[code]) for code, value in values.items()]


def _supply(scope: Scope, edition: Edition, filters: Filters) -> dict[str, int]:
    activities, companies = db.session.execute(
        public_activities(scope, edition, filters, func.count(), func.count(Activity.company_id.distinct()))
    ).one()
    free = case((Slot.taken_classes < Slot.max_classes, Slot.max_pupils - Slot.taken_pupils), else_=0)
    places = {
        "classes_offered": Slot.max_classes,
        "classes_taken": Slot.taken_classes,
        "classes_free": Slot.max_classes - Slot.taken_classes,
        "offered": Slot.max_pupils,
        "taken": Slot.taken_pupils,
        "free": free,
    }
    slots, *sums = db.session.execute(
        public_slots(scope, edition, filters, func.count(), *(_sum(column) for column in places.values()))
    ).one()
    return {"activities": activities, "companies": companies, "slots": slots} | {
        code: int(total) for code, total in zip(places, sums, strict=True)
    }


def _demand(scope: Scope, edition: Edition, filters: Filters) -> dict[str, int]:
    bookings, confirmed, pending, participations, schools = db.session.execute(
        taken_bookings(
            scope,
            edition,
            filters,
            func.count(),
            _sum(case((Booking.state.in_(FIRM), 1), else_=0)),
            _sum(case((Booking.state.in_(PENDING), 1), else_=0)),
            _sum(pupils_of_booking()),
            func.count(Booking.school_id.distinct()),
        )
    ).one()
    per_class = (
        taken_bookings(scope, edition, filters, Booking.class_id, func.max(Booking.pupils).label("pupils"))
        .where(Booking.level_code.is_not(None))
        .group_by(Booking.class_id)
        .subquery()
    )
    classes, pupils = db.session.execute(select(func.count(), _sum(per_class.c.pupils)).select_from(per_class)).one()
    return {
        "bookings": bookings, "confirmed": int(confirmed), "pending": int(pending), "classes": classes,
        "pupils": int(pupils), "participations": int(participations), "schools": schools,
    }  # fmt: skip


def pupils_of_booking() -> Any:
    """The pupils of a booking: none for a group of teachers, which has no level."""
    return case((Booking.level_code.is_not(None), Booking.pupils), else_=0)


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)


# ---- What is counted: the rows pages read the same queries


def public_activities(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    """Published activities of trusted companies that the territory sees."""
    query = (
        select(*columns)
        .select_from(Activity)
        .join(Site, Site.id == Activity.site_id)
        .join(Company, Company.id == Activity.company_id)
        .where(
            Activity.edition_id == edition.id,
            Activity.state == PublicationState.PUBLISHED,
            Company.trust == Trust.TRUSTED,
        )
    )
    return filters.of_activities(scope.offers(query))


def public_slots(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    """Slots of such activities that take place in the territory and were not cancelled."""
    query = (
        select(*columns)
        .select_from(Slot)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(Company, Company.id == Activity.company_id)
        .where(
            Activity.edition_id == edition.id,
            Activity.state == PublicationState.PUBLISHED,
            Company.trust == Trust.TRUSTED,
            Slot.state != SlotState.CANCELLED,
        )
    )
    return filters.of_slots(scope.places(query))


def taken_bookings(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    """Bookings of the territory's schools that hold a place."""
    return bookings_in(scope, edition, filters, TAKEN, *columns)


def bookings_in(scope: Scope, edition: Edition, filters: Filters, states: Iterable[State], *columns: Any) -> Any:
    """Bookings of the territory's schools in one of these states."""
    query = (
        select(*columns)
        .select_from(Booking)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(School, School.id == Booking.school_id)
        .where(Booking.edition_id == edition.id, Booking.state.in_(list(states)))
    )
    return filters.of_bookings(scope.schools(query))
