"""What is counted, as queries: the figures, their rows and the exports read the same ones, hence the same totals."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import case, func, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import Activity, Edition, PublicationState, Slot, SlotState
from booking.companies.models import Company, Site, Trust
from booking.schools.models import School
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

EVERYTHING = Filters()
Reads = Collection[type]
WHOLE: Reads = (Slot, Activity, School)


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


def taken_bookings(scope: Scope, edition: Edition, filters: Filters, *columns: Any, reads: Reads = WHOLE) -> Any:
    """Bookings of the territory's schools that hold a place."""
    return bookings_in(scope, edition, filters, TAKEN, *columns, reads=reads)


def bookings_in(
    scope: Scope, edition: Edition, filters: Filters, states: Iterable[State], *columns: Any, reads: Reads = WHOLE
) -> Any:
    """Bookings of the territory's schools in one of these states.

    reads: the tables that the columns ask beside the booking's own. What neither they nor the filters ask is not joined:
    over a whole country each join costs as much as the count.
    """
    wanted = {*reads, *filters.reads}
    query = select(*columns).select_from(Booking)
    if wanted & {Slot, Activity}:
        query = query.join(Slot, Slot.id == Booking.slot_id)
    if Activity in wanted:
        query = query.join(Activity, Activity.id == Slot.activity_id)
    if School in wanted:
        query = query.join(School, School.id == Booking.school_id)
    query = query.where(Booking.edition_id == edition.id)
    wanted_states = frozenset(states)
    if wanted_states != frozenset(State):
        query = query.where(Booking.state.in_(sorted(wanted_states)))
    return filters.of_bookings(scope.schools(query))


def pupils_of_booking() -> Any:
    """The pupils of a booking: none for a group of teachers, which has no level."""
    return case((Booking.level_code.is_not(None), Booking.pupils), else_=0)


def total(column: Any) -> Any:
    """A sum that is zero over nothing."""
    return func.coalesce(func.sum(column), 0)


def when_class(column: Any) -> Any:
    """A number of a booking, none for a group of teachers."""
    return case((Booking.level_code.is_not(None), func.coalesce(column, 0)), else_=0)
