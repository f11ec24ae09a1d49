"""What must always be true of rounds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select

from booking.bookings.models import Booking
from booking.bookings.rules.states import Origin
from booking.catalogue.models import Slot
from booking.core.checks import invariant
from booking.core.db import db
from booking.matching.rounds.models import AllocationRound, AllocationRun, RoundEntry, RoundSlot, RoundWish
from booking.matching.rounds.rules import HOLDING

Found = Iterator[tuple[str, str]]


@invariant("round-slots-held")
def round_slots_held() -> Found:
    """A slot is kept from first come exactly while a round shares it out, until that round's deadline."""
    held = (
        select(RoundSlot.slot_id, AllocationRound.id.label("round_id"), AllocationRound.deadline_at)
        .join(AllocationRound, AllocationRound.id == RoundSlot.round_id)
        .where(AllocationRound.state.in_(HOLDING))
        .subquery()
    )
    query = (
        select(Slot.id, Slot.round_until, held.c.round_id)
        .outerjoin(held, held.c.slot_id == Slot.id)
        .where(
            or_(
                and_(held.c.round_id.is_(None), Slot.round_until.is_not(None)),
                and_(held.c.round_id.is_not(None), func.coalesce(Slot.round_until != held.c.deadline_at, True)),
            )
        )
    )
    for slot_id, until, round_id in db.session.execute(query):
        yield f"slot {slot_id}", f"is kept until {until}, its round is {round_id or 'none'}"


@invariant("round-slot-once")
def round_slot_once() -> Found:
    """No slot is shared out by two rounds at once."""
    query = (
        select(RoundSlot.slot_id, func.count())
        .join(AllocationRound, AllocationRound.id == RoundSlot.round_id)
        .where(AllocationRound.state.in_(HOLDING))
        .group_by(RoundSlot.slot_id)
        .having(func.count() > 1)
    )
    for slot_id, count in db.session.execute(query):
        yield f"slot {slot_id}", f"is in {count} rounds"


@invariant("round-wishes")
def round_wishes() -> Found:
    """Ranks go from 1 without a gap, no further than the round allows, over slots of the round."""
    query = (
        select(RoundEntry.id, AllocationRound.most_wishes, func.count(), func.max(RoundWish.rank), func.count(RoundSlot.slot_id))
        .join(AllocationRound, AllocationRound.id == RoundEntry.round_id)
        .join(RoundWish, RoundWish.entry_id == RoundEntry.id)
        .outerjoin(RoundSlot, and_(RoundSlot.round_id == RoundEntry.round_id, RoundSlot.slot_id == RoundWish.slot_id))
        .group_by(RoundEntry.id, AllocationRound.most_wishes)
    )  # fmt: skip
    for entry_id, most, count, last, inside in db.session.execute(query):
        if count != last or count > most or inside != count:
            yield f"entry {entry_id}", f"has {count} wishes up to rank {last}, {inside} in the round, {most} allowed"


@invariant("round-applied")
def round_applied() -> Found:
    """Every place that an applied run gives was offered, and no place comes from a round that did not give it."""
    given: set[tuple[int, int]] = set()
    for run in db.session.scalars(select(AllocationRun).where(AllocationRun.applied_at.is_not(None))):
        given |= {(int(of_class[1:]), int(slot[1:])) for of_class, slot, _rank in (run.result or {})["placements"]}
    # A booking may have moved to another date since: its class is compared.
    offered = set(db.session.scalars(select(Booking.class_id).where(Booking.origin == Origin.ROUND)))
    classes = {class_id for class_id, _slot in given}
    for class_id in sorted(classes - offered):
        yield f"class {class_id}", "was given a place by a round and has no booking from it"
    for class_id in sorted(offered - classes):
        yield f"class {class_id}", "has a booking from a round that gave it none"
