"""What a host does to an activity that classes have booked: rewriting it tells them."""

from __future__ import annotations

from typing import Any

from booking.accounts.models import Person
from booking.bookings.services.slots import reword_activity
from booking.catalogue.models import Activity
from booking.catalogue.rules.activities import ActivityDraft
from booking.catalogue.services import edit_activity
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


def _told_of(activity: Activity) -> dict[str, Any]:
    """What the mails of a booking say of its activity, each text as they say it."""
    texts = {name: getattr(activity, name) for name in ("access", "parking", "equipment", "clothing", "to_bring")}
    return {
        "title": one_line(activity.title),
        "contact": one_line(activity.contact.name),
        "contact_phone": one_line(activity.contact.phone),
        **{name: many_lines(text) for name, text in texts.items()},
    }
