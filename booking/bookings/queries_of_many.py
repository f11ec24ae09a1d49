"""The same answers as `explain_all`, for many classes at once: the number of statements does not depend on how many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from booking.accounts.models import Membership, MemberState
from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.queries import (
    BUSY,
    PRIORITY_EDUCATION,
    Known,
    Waits,
    awaited_slots,
    class_facts,
    kept_places,
)
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.states import ALIVE, TAKEN, State
from booking.bookings.suspension_queries import running_suspensions
from booking.catalogue.invitations import invitations_by_school
from booking.catalogue.models import Slot
from booking.core.db import db
from booking.schools.models import Absence, SchoolClass
from booking.territory.queries import holiday_calendars


def explain_for_many(
    asked: Sequence[tuple[SchoolClass, Sequence[Slot]]], class_ids: Select[Any]
) -> dict[int, dict[int, Explanation]]:
    """The explanation of each of its slots for each class, by class id and slot id.

    class_ids: a query of the ids of these classes (and perhaps of others), so that no list of them goes to the database.
    """
    slots = {slot.id: slot for _class, wished in asked for slot in wished}
    known = _known_of_many([each for each, _slots in asked], class_ids, {s.activity.edition_id for s in slots.values()})
    waits = Waits(awaited_slots(slots.values()), kept_places(slots.values()))
    served = _served(class_ids) if waits.kept else set()
    return {
        each.id: known[each.id].explanations(
            wished,
            class_facts(each),
            waits,
            lambda each=each: each.school.priority_education in PRIORITY_EDUCATION or each.school_id not in served,  # type: ignore[misc]
        )
        for each, wished in asked
    }


def _known_of_many(
    classes: Sequence[SchoolClass], class_ids: Select[Any], edition_ids: Collection[int]
) -> dict[int, Known]:
    schools = select(SchoolClass.school_id).where(SchoolClass.id.in_(class_ids))
    bookings, absences, taken = _bookings(class_ids), _absences(schools), _taken(schools, edition_ids)
    trusted, invited = _trusted(schools), invitations_by_school(schools)
    calendars = holiday_calendars({each.school.departement_code for each in classes})
    suspensions = running_suspensions()
    return {
        each.id: Known(
            school_class=each,
            bookings=bookings[each.id],
            absences=[absence for absence in absences[each.school_id] if absence.class_id in (None, each.id)],
            calendar=calendars[each.school.departement_code],
            taken=taken[each.school_id],
            is_trusted=(each.owner_id, each.school_id) in trusted,
            invited=invited.get(each.school_id, set()),
            suspensions=suspensions,
        )
        for each in classes
    }


def _bookings(class_ids: Select[Any]) -> dict[int, list[Booking]]:
    query = (
        select(Booking)
        .where(Booking.class_id.in_(class_ids), Booking.state.in_(BUSY | ALIVE))
        .options(joinedload(Booking.slot).joinedload(Slot.activity))
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[Booking]] = defaultdict(list)
    for booking in db.session.scalars(query):
        found[booking.class_id].append(booking)
    return found


def _absences(schools: Select[Any]) -> dict[int, list[Absence]]:
    found: dict[int, list[Absence]] = defaultdict(list)
    for absence in db.session.scalars(select(Absence).where(Absence.school_id.in_(schools)).order_by(Absence.id)):
        found[absence.school_id].append(absence)
    return found


def _taken(schools: Select[Any], edition_ids: Collection[int]) -> dict[int, dict[int, int]]:
    query = select(SchoolInEdition.school_id, SchoolInEdition.edition_id, SchoolInEdition.taken_bookings).where(
        SchoolInEdition.school_id.in_(schools), SchoolInEdition.edition_id.in_(edition_ids)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for school_id, edition_id, taken in db.session.execute(query):
        found[school_id][edition_id] = taken
    return found


def _trusted(schools: Select[Any]) -> set[tuple[int, int | None]]:
    query = select(Membership.person_id, Membership.school_id).where(
        Membership.school_id.in_(schools), Membership.state == MemberState.ACTIVE, Membership.trusted_at.is_not(None)
    )
    return set(db.session.execute(query).tuples())


def _served(class_ids: Select[Any]) -> set[int]:
    schools = select(SchoolClass.school_id).where(SchoolClass.id.in_(class_ids))
    query = select(Booking.school_id).where(Booking.school_id.in_(schools), Booking.state.in_(TAKEN - {State.OFFERED}))
    return set(db.session.scalars(query.distinct()))
