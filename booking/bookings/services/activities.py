"""What a host does to an activity that classes have booked: rewriting it, or cancelling it whole, tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import ALIVE, Actor, Event
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.places import fresh_slot
from booking.bookings.services.slots import lock_slots_with_bookings, reword_activity
from booking.bookings.services.transitions import step
from booking.catalogue.models import Activity, PublicationState, Slot, SlotState
from booking.catalogue.rules.activities import ActivityDraft
from booking.catalogue.services import edit_activity
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.mail.rules import many_lines, one_line


class NothingToCancel(Refusal):
    code = "nothing_to_cancel"

    def sentence(self) -> Any:
        return _l("Cette activité n’a plus de date à venir et n’est plus au programme : il n’y a rien à annuler.")


def rewrite_activity(activity_id: int, person: Person, draft: ActivityDraft) -> int:
    """Rewrite an activity and tell its confirmed classes, and their calendars, of what they had read otherwise.

    Returns how many bookings were told. Refuses: what edit_activity refuses, SlotBusy.
    """
    before = _told_of(db.session.get_one(Activity, activity_id))
    if not edit_activity(activity_id, draft):
        return 0
    return reword_activity(activity_id, person, before)


def cancel_activity(activity_id: int, person: Person, *, reason: str | None, note: str = "") -> int:
    """Cancel every slot to come of the activity and take it out of the programme; each class is told, with other ideas.

    Returns how many bookings ended. Refuses: ReasonMissing, NothingToCancel, SlotBusy.
    """
    if not reason:
        raise ReasonMissing()
    now = clock.now()
    # A write first: nobody adds a date meanwhile.
    db.session.execute(update(Activity).where(Activity.id == activity_id).values(updated_at=now))
    activity = db.session.get_one(Activity, activity_id, populate_existing=True)
    coming = select(Slot.id).where(
        Slot.activity_id == activity_id, Slot.state != SlotState.CANCELLED, Slot.ends_at > now
    )
    slot_ids = db.session.scalars(coming.order_by(Slot.id)).all()
    if not slot_ids and activity.state is not PublicationState.PUBLISHED:
        raise NothingToCancel()
    bookings = lock_slots_with_bookings(slot_ids)
    # All of them before anybody is told: no class is sent to another date of what is over.
    for slot_id in slot_ids:
        slot = fresh_slot(slot_id)
        slot.state, slot.cancelled_reason, slot.updated_at = SlotState.CANCELLED, reason, now
    if activity.state is PublicationState.PUBLISHED:
        activity.state = PublicationState.UNPUBLISHED
    db.session.flush()
    for booking in bookings:
        step(booking, Event.SLOT_CANCELLED, Actor.HOST, person, reason=reason, note=note)
    return len(bookings)


def rewrite_contact(activity_ids: Sequence[int], person: Person, heir: Person) -> None:
    """Make the heir the contact of these activities; confirmed classes and both calendars are told. Refuses: SlotBusy."""
    slot_ids = db.session.scalars(
        select(Booking.slot_id)
        .join(Booking.slot)
        .where(Slot.activity_id.in_(activity_ids), Booking.state.in_(ALIVE))
        .distinct()
    ).all()
    # All at once, before any: one activity after the other would hold slots while waiting for a school.
    lock_slots_with_bookings(slot_ids)
    for activity_id in activity_ids:
        activity = db.session.get_one(Activity, activity_id)
        before = _told_of(activity)
        activity.contact_id, activity.updated_at = heir.id, clock.now()
        db.session.flush()
        db.session.expire(activity, ["contact"])
        reword_activity(activity_id, person, before)


def _told_of(activity: Activity) -> dict[str, Any]:
    """What the mails of a booking say of its activity, each text as they say it."""
    texts = {name: getattr(activity, name) for name in ("equipment", "clothing", "to_bring")}
    texts |= {"access": activity.way_in, "parking": activity.where_to_park}
    return {
        "title": one_line(activity.title),
        "contact": one_line(activity.contact.name),
        "contact_phone": one_line(activity.contact.phone),
        **{name: many_lines(text) for name, text in texts.items()},
    }
