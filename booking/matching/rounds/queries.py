"""Reads of rounds: the slots of a slice, who wishes for what, what a class may still wish for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, subqueryload

from booking.bookings.queries import explain_all
from booking.bookings.queries_of_many import explain_for_many
from booking.bookings.rules.capacity import PlacesKept
from booking.bookings.rules.explain import Explanation, InRound
from booking.bookings.rules.obstacles import Obstacle
from booking.catalogue.models import Activity, Edition, PublicationState, Slot, SlotAudience, SlotState
from booking.companies.models import Company, Trust
from booking.companies.pauses import takes_requests
from booking.core import clock
from booking.core.db import db
from booking.matching.board.rules import KINDS
from booking.matching.rounds.models import (
    AllocationRound,
    AllocationRun,
    RoundComplaint,
    RoundEntry,
    RoundSlot,
    RoundWish,
)
from booking.matching.rounds.rules import HOLDING, RoundState
from booking.schools.models import SchoolClass


def round_of(round_id: int) -> AllocationRound | None:
    return db.session.get(AllocationRound, round_id)


def announced() -> Sequence[AllocationRound]:
    """The rounds that anybody may read about, the latest first."""
    query = select(AllocationRound).where(AllocationRound.opened_at.is_not(None))
    return db.session.scalars(query.order_by(AllocationRound.id.desc())).all()


def open_rounds() -> Sequence[AllocationRound]:
    """Those that take wishes now, the first to close first."""
    query = select(AllocationRound).where(
        AllocationRound.state == RoundState.OPEN, AllocationRound.deadline_at > clock.now()
    )
    return db.session.scalars(query.order_by(AllocationRound.deadline_at)).all()


def rounds_within(departements: Collection[str] | None) -> list[AllocationRound]:
    """The rounds that lie wholly in these départements (None: the whole country), the latest first."""
    found = db.session.scalars(select(AllocationRound).order_by(AllocationRound.id.desc()))
    return [each for each in found if is_within(each, departements)]


def is_within(each: AllocationRound, departements: Collection[str] | None) -> bool:
    """Whether an officer of these départements answers for the round."""
    if departements is None:
        return True
    return each.departements is not None and set(each.departements) <= set(departements)


def editions_with_rounds() -> list[Edition]:
    """Those that turned rounds on and are not over, the earliest first."""
    query = select(Edition).where(
        Edition.allocation_enabled, or_(Edition.is_permanent, Edition.window_ends_on >= clock.now().date())
    )
    return list(db.session.scalars(query.order_by(Edition.starts_on, Edition.id)))


def slots_to_share(
    edition_id: int, departements: Collection[str] | None, kinds: Collection[str], first_on: date, last_on: date,
    deadline: datetime,
) -> list[Slot]:  # fmt: skip
    """The slots of a slice that a round can share out: open to all, with room, nobody in line, not in another round.

    They still close after the deadline: a class must be able to accept its place.
    """
    query = (
        select(Slot)
        .join(Slot.activity)
        .join(Activity.company)
        .where(
            Activity.edition_id == edition_id,
            Activity.kind.in_(sorted(kinds) or [kind.value for kind in KINDS]),
            Activity.state == PublicationState.PUBLISHED,
            Company.trust == Trust.TRUSTED,
            takes_requests(clock.now().date()),
            Slot.state == SlotState.OPEN,
            Slot.audience == SlotAudience.ALL,
            Slot.round_until.is_(None),
            Slot.waiting_classes == 0,
            Slot.taken_classes < Slot.max_classes,
            Slot.taken_pupils < Slot.max_pupils,
            Slot.local_start >= datetime.combine(first_on, time()),
            Slot.local_start < datetime.combine(last_on + timedelta(days=1), time()),
            Slot.closes_at > deadline.astimezone(UTC),
        )
        .order_by(Slot.starts_at, Slot.id)
    )
    if departements is not None:
        query = query.where(Slot.departement_code.in_(sorted(departements)))
    return list(db.session.scalars(_shown(query)).unique())


def slots_of(round_id: int) -> list[Slot]:
    """The slots of a round, the earliest first."""
    query = select(Slot).join(RoundSlot, RoundSlot.slot_id == Slot.id).where(RoundSlot.round_id == round_id)
    return list(db.session.scalars(_shown(query.order_by(Slot.starts_at, Slot.id))).unique())


def _shown(query: Select[tuple[Slot]]) -> Select[tuple[Slot]]:
    activity = joinedload(Slot.activity)
    return query.options(
        activity.joinedload(Activity.site),
        activity.joinedload(Activity.company),
        activity.joinedload(Activity.edition),
        activity.subqueryload(Activity.levels),
    )


def slot_ids_of(round_id: int) -> list[int]:
    return list(db.session.scalars(select(RoundSlot.slot_id).where(RoundSlot.round_id == round_id)))


def round_holding(slot_id: int) -> AllocationRound | None:
    """The round that shares this slot out now."""
    query = (
        select(AllocationRound)
        .join(RoundSlot, RoundSlot.round_id == AllocationRound.id)
        .where(RoundSlot.slot_id == slot_id, AllocationRound.state.in_(HOLDING))
    )
    return db.session.scalars(query).first()


# ---- Wishes


def entry_of(round_id: int, class_id: int) -> RoundEntry | None:
    return db.session.scalar(select(RoundEntry).where(RoundEntry.round_id == round_id, RoundEntry.class_id == class_id))


def _takes_part(round_id: int) -> tuple[ColumnElement[bool], ...]:
    """Neither withdrawn nor a class that was put away since: it could not be booked for any more."""
    is_kept = RoundEntry.school_class.has(SchoolClass.archived_at.is_(None))
    return RoundEntry.round_id == round_id, RoundEntry.withdrawn_at.is_(None), is_kept


def entries_of(round_id: int) -> list[RoundEntry]:
    """The classes that take part, with their wishes."""
    query = (
        select(RoundEntry)
        .where(*_takes_part(round_id), RoundEntry.wishes.any())
        .options(
            # One read however many they are; selectinload would make one for each 500.
            subqueryload(RoundEntry.wishes),
            joinedload(RoundEntry.school_class).joinedload(SchoolClass.school),
            joinedload(RoundEntry.person),
        )
        .order_by(RoundEntry.id)
    )
    return list(db.session.scalars(query))


def entries_of_person(person_id: int, class_ids: Collection[int]) -> Sequence[RoundEntry]:
    """The entries a person made, or that were made for these classes, the latest first."""
    query = select(RoundEntry).where(or_(RoundEntry.person_id == person_id, RoundEntry.class_id.in_(class_ids)))
    return db.session.scalars(query.order_by(RoundEntry.id.desc())).all()


def contested(round_id: int) -> dict[int, int]:
    """How many classes wish for each slot, whatever the rank."""
    query = (
        select(RoundWish.slot_id, func.count())
        .join(RoundEntry, RoundEntry.id == RoundWish.entry_id)
        .where(*_takes_part(round_id))
        .group_by(RoundWish.slot_id)
    )
    return dict(db.session.execute(query).tuples().all())


def count_entries(round_id: int) -> int:
    query = select(func.count(RoundEntry.id)).where(*_takes_part(round_id), RoundEntry.wishes.any())
    return db.session.scalar(query) or 0


def obstacles_of_round(
    round_id: int, wished: Sequence[tuple[SchoolClass, Sequence[Slot]]]
) -> dict[int, dict[int, Obstacle | None]]:
    """The same for each class of a round and each slot it wishes for, by class id and slot id."""
    classes = select(RoundEntry.class_id).where(RoundEntry.round_id == round_id)
    return {class_id: _lasting_stops(answers) for class_id, answers in explain_for_many(wished, classes).items()}


def obstacles_to_wishes(slots: Sequence[Slot], school_class: SchoolClass) -> dict[int, Obstacle | None]:
    """What keeps the class from each of these slots, apart from the round itself, which ignores kept places (decision
    025), and from adults that can be found."""
    return _lasting_stops(explain_all(slots, school_class))


def _lasting_stops(answers: Mapping[int, Explanation]) -> dict[int, Obstacle | None]:
    return {
        slot_id: next(
            (stop for stop in answer.stops if not isinstance(stop, InRound | PlacesKept) and stop.field != "adults"),
            None,
        )
        for slot_id, answer in answers.items()
    }


# ---- Runs and complaints


def latest_run(round_id: int) -> AllocationRun | None:
    query = select(AllocationRun).where(AllocationRun.round_id == round_id).order_by(AllocationRun.id.desc())
    return db.session.scalars(query).first()


def applied_run(round_id: int) -> AllocationRun | None:
    query = select(AllocationRun).where(AllocationRun.round_id == round_id, AllocationRun.applied_at.is_not(None))
    return db.session.scalars(query).first()


def runs_to_do() -> list[int]:
    """The computations that were asked for and not done, the oldest first."""
    query = select(AllocationRun.id).where(AllocationRun.finished_at.is_(None)).order_by(AllocationRun.id)
    return list(db.session.scalars(query))


def complaint_of(round_id: int, class_id: int) -> RoundComplaint | None:
    query = select(RoundComplaint).where(RoundComplaint.round_id == round_id, RoundComplaint.class_id == class_id)
    return db.session.scalar(query)
