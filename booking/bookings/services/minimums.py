"""A slot that is kept from so many pupils on: its host is asked on the day of decision, and silence keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.mails.minimums import ask_about_minimum
from booking.bookings.rules.minimums import NothingToDecide, is_open_question, is_short
from booking.bookings.services.places import lock_slot
from booking.catalogue.models import Slot, SlotState
from booking.core import clock
from booking.core.db import db


def due_minimums(limit: int = 200) -> list[int]:
    """Ids of the slots whose host has to be asked today, and was not yet."""
    now = clock.now()
    query = select(Slot).where(
        Slot.state != SlotState.CANCELLED,
        Slot.starts_at > now,
        Slot.taken_pupils < Slot.min_pupils,
        # Places further east are a day ahead.
        Slot.decision_on <= now.date() + timedelta(days=1),
        Slot.minimum_asked_at.is_(None),
        Slot.minimum_kept_at.is_(None),
    )
    return [slot.id for slot in db.session.scalars(query.order_by(Slot.starts_at).limit(limit)) if is_asked_now(slot)]


def ask_minimum(slot_id: int) -> bool:
    """Write to the host of a slot below its minimum, once. Safe to run twice at once. Returns whether it was asked."""
    slot = lock_slot(slot_id)
    if slot.minimum_asked_at is not None or not is_asked_now(slot):
        return False
    slot.minimum_asked_at = clock.now()
    db.session.flush()
    ask_about_minimum(slot)
    return True


def keep_slot(slot_id: int, person: Person) -> Slot:
    """The host keeps a slot below its minimum; the classes read so. Twice is once. Refuses: NothingToDecide."""
    slot = lock_slot(slot_id)
    if slot.minimum_kept_at is not None:
        return slot
    if (
        slot.state is SlotState.CANCELLED
        or slot.starts_at <= clock.now()
        or not is_short(slot.min_pupils, slot.taken_pupils)
    ):
        raise NothingToDecide()
    slot.minimum_kept_at = slot.updated_at = clock.now()
    db.session.flush()
    return slot


def is_asked_now(slot: Slot) -> bool:
    """Whether the host of this slot has to choose today whether it takes place."""
    return (
        slot.state is not SlotState.CANCELLED
        and slot.minimum_kept_at is None
        and is_short(slot.min_pupils, slot.taken_pupils)
        and is_open_question(slot.decision_on, here_and_now(slot))
    )


def here_and_now(slot: Slot) -> datetime:
    """The wall clock where the slot takes place."""
    return clock.now().astimezone(ZoneInfo(slot.timezone))
