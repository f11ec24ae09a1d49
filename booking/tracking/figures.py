"""The figures of a territory: each with its definition, its value, and the page of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import STATE_WORDS, TAKEN, State
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
    """One number. rows: the name of the page that lists what it counts."""

    code: str
    value: int
    label: Any
    definition: Any
    rows: str


@dataclass(frozen=True)
class Chapter:
    code: str
    title: Any
    figures: list[Figure]


Definition = tuple[Any, Any, str]

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
    "offered": (
        _l("places offertes"),
        _l("Nombre d’élèves que ces créneaux peuvent accueillir au plus."),
        "slots",
    ),
    "taken": (
        _l("places prises"),
        _l("Élèves des réservations qui tiennent une place sur ces créneaux, d’où que viennent les classes."),
        "slots",
    ),
    "free": (
        _l("places libres"),
        _l("Places offertes moins places prises ; aucune quand toutes les classes d’un créneau sont là."),
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
    ),
    "pending": (
        _l("en attente de réponse"),
        _l("Parmi ces réservations, options, demandes et places proposées : quelqu’un doit encore répondre."),
        "bookings",
    ),
    "classes": (
        _l("classes différentes"),
        _l("Classes qui ont au moins une de ces réservations ; une classe compte une fois."),
        "bookings",
    ),
    "pupils": (
        _l("élèves différents"),
        _l("Pour chaque classe, le plus grand effectif de ses réservations : un élève compte une fois."),
        "bookings",
    ),
    "participations": (
        _l("participations d’élèves"),
        _l("Somme des effectifs de ces réservations : un élève qui fait deux visites compte deux fois."),
        "bookings",
    ),
    "schools": (
        _l("établissements touchés"),
        _l("Établissements du territoire qui ont au moins une de ces réservations."),
        "schools",
    ),
}  # fmt: skip


def board(scope: Scope, edition: Edition, filters: Filters = EVERYTHING) -> list[Chapter]:
    """All the figures of the board, in four statements."""
    supply = _supply(scope, edition, filters)
    demand = _demand(scope, edition, filters)
    return [
        Chapter("supply", _l("Ce qui est proposé"), _figures(supply)),
        Chapter("demand", _l("Ce qui est réservé"), _figures(demand)),
    ]


def bookings_by_state(scope: Scope, edition: Edition, filters: Filters = EVERYTHING) -> list[tuple[Any, int]]:
    """How many bookings of the territory's schools are in each state, in the order of a booking's life."""
    query = _bookings(scope, edition, filters, Booking.state, func.count())
    counts = dict(db.session.execute(query.group_by(Booking.state)).tuples().all())
    return [(STATE_WORDS[state], counts[state]) for state in State if state in counts]


def _figures(values: dict[str, int]) -> list[Figure]:
    return [Figure(code, value, *DEFINITIONS[code]) for code, value in values.items()]


def _supply(scope: Scope, edition: Edition, filters: Filters) -> dict[str, int]:
    activities, companies = db.session.execute(
        public_activities(scope, edition, filters, func.count(), func.count(Activity.company_id.distinct()))
    ).one()
    free = case((Slot.taken_classes < Slot.max_classes, Slot.max_pupils - Slot.taken_pupils), else_=0)
    slots, offered, taken, left = db.session.execute(
        public_slots(scope, edition, filters, func.count(), _sum(Slot.max_pupils), _sum(Slot.taken_pupils), _sum(free))
    ).one()
    return {
        "activities": activities, "companies": companies, "slots": slots,
        "offered": int(offered), "taken": int(taken), "free": int(left),
    }  # fmt: skip


def _demand(scope: Scope, edition: Edition, filters: Filters) -> dict[str, int]:
    firm = Booking.state.in_((State.CONFIRMED, State.ATTENDED))
    waiting = Booking.state.in_((State.HELD, State.REQUESTED, State.OFFERED))
    bookings, confirmed, pending, participations, schools = db.session.execute(
        taken_bookings(
            scope,
            edition,
            filters,
            func.count(),
            _sum(case((firm, 1), else_=0)),
            _sum(case((waiting, 1), else_=0)),
            _sum(Booking.pupils),
            func.count(Booking.school_id.distinct()),
        )
    ).one()
    per_class = (
        taken_bookings(scope, edition, filters, Booking.class_id, func.max(Booking.pupils).label("pupils"))
        .group_by(Booking.class_id)
        .subquery()
    )
    classes, pupils = db.session.execute(select(func.count(), _sum(per_class.c.pupils)).select_from(per_class)).one()
    return {
        "bookings": bookings, "confirmed": int(confirmed), "pending": int(pending), "classes": classes,
        "pupils": int(pupils), "participations": int(participations), "schools": schools,
    }  # fmt: skip


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
    return _bookings(scope, edition, filters, *columns).where(Booking.state.in_(TAKEN))


def _bookings(scope: Scope, edition: Edition, filters: Filters, *columns: Any) -> Any:
    query = (
        select(*columns)
        .select_from(Booking)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(School, School.id == Booking.school_id)
        .where(Booking.edition_id == edition.id)
    )
    return filters.of_bookings(scope.schools(query))
