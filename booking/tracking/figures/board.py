"""The figures of a territory in an edition, and its bookings state by state."""

from __future__ import annotations

from sqlalchemy import case, func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import Activity, Edition, Slot
from booking.core.db import db
from booking.core.i18n import _l
from booking.tracking.figures.counted import (
    EVERYTHING,
    bookings_in,
    public_activities,
    public_slots,
    pupils_of_booking,
    taken_bookings,
    total,
)
from booking.tracking.figures.definitions import DEFINITIONS, FIRM, OFFERS, PENDING, Chapter, Figure, StateLine
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope


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
    query = bookings_in(scope, edition, filters, State, Booking.state, func.count(), total(pupils_of_booking()))
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
        public_slots(scope, edition, filters, func.count(), *(total(column) for column in places.values()))
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
            total(case((Booking.state.in_(FIRM), 1), else_=0)),
            total(case((Booking.state.in_(PENDING), 1), else_=0)),
            total(pupils_of_booking()),
            func.count(Booking.school_id.distinct()),
        )
    ).one()
    per_class = (
        taken_bookings(scope, edition, filters, Booking.class_id, func.max(Booking.pupils).label("pupils"))
        .where(Booking.level_code.is_not(None))
        .group_by(Booking.class_id)
        .subquery()
    )
    classes, pupils = db.session.execute(select(func.count(), total(per_class.c.pupils)).select_from(per_class)).one()
    return {
        "bookings": bookings, "confirmed": int(confirmed), "pending": int(pending), "classes": classes,
        "pupils": int(pupils), "participations": int(participations), "schools": schools,
    }  # fmt: skip
