"""A class saved and booked in one gesture: what a newcomer typed before having an account."""

from __future__ import annotations

from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.services.places import fresh_slot, lock_school
from booking.bookings.services.requests import KeyReused, request_places
from booking.core.db import db
from booking.schools.classes import ClassValues, save_class
from booking.schools.models import School


def save_class_and_book(
    slot_id: int, person: Person, school: School, values: ClassValues, *, key: str, as_option: bool = False
) -> Booking:
    """Save the class and book it onto the slot, or neither. A repeated key returns the first booking.

    Refuses: what save_class refuses, and as request_places does.
    """
    # Held first: the second of two clicks waits here, then finds what the first one booked.
    lock_school(school.id, fresh_slot(slot_id).activity.edition_id)
    first = db.session.scalar(select(Booking).filter_by(booked_by_id=person.id, idempotency_key=key))
    if first is not None:
        if first.slot_id != slot_id:
            raise KeyReused()
        return first
    school_class = save_class(person.id, school, values)
    return request_places(slot_id, school_class.id, person, key=key, as_option=as_option)
