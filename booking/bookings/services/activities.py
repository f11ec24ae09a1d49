"""What a host does to an activity that classes have booked: rewriting it tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import ALIVE
from booking.bookings.services.slots import lock_slots_with_bookings, reword_activity
from booking.catalogue.models import Activity, Slot
from booking.catalogue.rules.activities import ActivityDraft
from booking.catalogue.services import edit_activity
from booking.core import clock
from booking.core.db import db
from booking.mail.rules import many_lines, one_line


def rewrite_activity(activity_id: int, person: Person, draft: ActivityDraft) -> int:
    """Rewrite an activity and tell its confirmed classes, and their calendars, of what they had read otherwise.

    Returns how many bookings were told. Refuses: what edit_activity refuses, SlotBusy.
    """
    before = _told_of(db.session.get_one(Activity, activity_id))
    if not edit_activity(activity_id, draft):
        return 0
    return reword_activity(activity_id, person, before)


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
