"""What one client of a race does, in a process of its own (see tests/processes.py)."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.rules.capacity import Places, check_places
from booking.bookings.services import places, requests
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.matching.board import services as board
from tests.make import NOW
from tests.sign_in import signed_in


def book(class_id: int, person_id: int, slot_id: int) -> str:
    """Book by the service: "booked", or the code of the refusal. Any other error fails the test."""
    clock.now = lambda: NOW
    try:
        with transaction():
            services.request_places(slot_id, class_id, db.session.get(Person, person_id))
    except Refusal as refusal:
        return refusal.code
    return "booked"


def book_by_the_page(class_id: int, person_id: int, slot_id: int) -> int:
    """Book by the form of the page, signed in: the status that the browser gets."""
    clock.now = lambda: NOW
    client = signed_in(current_app.test_client(), db.session.get(Person, person_id))
    db.session.rollback()
    current_app.config["PROPAGATE_EXCEPTIONS"] = False
    form = {"class_id": class_id, "adults": 3, "key": f"race-{class_id}"}
    return client.post(f"/teacher/slots/{slot_id}/book", data=form).status_code


_MY = threading.local()


def book_at(at: str, **call: int) -> list[str]:
    """Book by the service on a clock of one's own, the others of the process having theirs: the moment, the outcome."""
    _my_clock(at)
    try:
        with transaction():
            services.request_places(call["slot_id"], call["class_id"], db.session.get(Person, call["person_id"]))
    except Refusal as refusal:
        return [at, refusal.code]
    return [at, "booked"]


def book_at_without_asking_again(at: str, **call: int) -> list[str]:
    """The same where the page alone says that bookings are not open: the form can be sent all the same."""
    _take_away(requests, "_refuse_early", lambda *_args: None)
    _take_away(requests, "refuse_obstacles", lambda *_args, **_values: None)
    return book_at(at, **call)


def book_by_the_page_at(at: str, **call: int) -> list[str]:
    """Send the page's form at that moment: the status that the browser gets."""
    _my_clock(at)
    client = signed_in(current_app.test_client(), db.session.get(Person, call["person_id"]))
    db.session.rollback()
    current_app.config["PROPAGATE_EXCEPTIONS"] = False
    form = {"class_id": call["class_id"], "adults": 3, "key": f"rush-{call['class_id']}"}
    return [at, str(client.post(f"/teacher/slots/{call['slot_id']}/book", data=form).status_code)]


def _my_clock(at: str) -> None:
    _MY.now = datetime.fromisoformat(at)
    clock.now = lambda: _MY.now


def book_trusting_what_was_read(class_id: int, person_id: int, slot_id: int, seen: list[int]) -> str:
    """The same without the guarded statement: the numbers of a moment ago are checked, then written plus one."""

    def take_places(slot_id: int, school_id: int, edition_id: int, pupils: int) -> Any:
        places = Places(*seen)
        check_places(places, pupils)
        changed = {"taken_classes": places.taken_classes + 1, "taken_pupils": places.taken_pupils + pupils}
        db.session.execute(update(Slot).where(Slot.id == slot_id).values(changed))
        return db.session.get(Slot, slot_id, populate_existing=True)

    _take_away(requests, "take_places", take_places)
    return book(class_id, person_id, slot_id)


def counters(slot_id: int) -> list[int]:
    """What a page that trusts its numbers has read of the slot."""
    columns = (Slot.max_classes, Slot.max_pupils, Slot.taken_classes, Slot.taken_pupils)
    return list(db.session.execute(select(*columns).where(Slot.id == slot_id)).one())


def book_without_asking_again(class_id: int, person_id: int, slot_id: int) -> str:
    """What a system does that checked before the form and only writes after it: the page said yes a moment ago."""

    def count_for_school(school_id: int, edition_id: int) -> None:
        counted = SchoolInEdition.school_id == school_id, SchoolInEdition.edition_id == edition_id
        taken = SchoolInEdition.taken_bookings + 1
        db.session.execute(update(SchoolInEdition).where(*counted).values(taken_bookings=taken))

    _take_away(requests, "refuse_obstacles", lambda *_args, **_values: None)
    _take_away(requests, "alive_booking", lambda *_args: None)
    _take_away(places, "_count_for_school", count_for_school)
    return book(class_id, person_id, slot_id)


def _take_away(module: Any, name: str, stand_in: Any) -> None:
    """Replace a safeguard, for good: this process does nothing else. It must exist, or the twin would prove nothing."""
    assert hasattr(module, name)
    setattr(module, name, stand_in)


def offer_for_need(need_id: int, slot_id: int) -> str:
    """Offer a date for a need of the board by the service: "offered", or the code of the refusal."""
    clock.now = lambda: NOW
    slot = db.session.get(Slot, slot_id)
    company_id, contact_id = slot.activity.company_id, slot.activity.contact_id
    try:
        with transaction():
            board.offer_slot(need_id, company_id, slot_id, db.session.get(Person, contact_id))
    except Refusal as refusal:
        return refusal.code
    return "offered"


def accept_or_withdraw(booking_id: int, need_id: int | None) -> str:
    """Accept an offered place, or take the whole need back when one is given: "done", or the code of the refusal."""
    clock.now = lambda: NOW
    teacher_id = db.session.get(Booking, booking_id).teacher_id
    try:
        with transaction():
            teacher = db.session.get(Person, teacher_id)
            if need_id is None:
                services.accept_offer(booking_id, teacher)
            else:
                board.withdraw_from_board(need_id, teacher)
    except Refusal as refusal:
        return refusal.code
    return "done"
