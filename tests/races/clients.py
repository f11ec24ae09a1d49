"""One process of clients that all want the same slot: `python -m tests.races.clients URL JOB`, answers as JSON.

JOB (json): pairs [[class_id, person_id, slot_id], …], one thread each; without_guard: true takes the guarded
statement away, to show that the race is real.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter

from sqlalchemy import select, update

from booking import create_app
from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.rules.capacity import Places, check_places
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from tests.applications import TEST_SETTINGS
from tests.make import NOW


def naive_take_places(seen: Places):
    """What a system does that trusts what it read: check the numbers of a moment ago, write them plus one."""

    def take_places(slot_id, school_id, edition_id, pupils):
        check_places(seen, pupils)
        db.session.execute(
            update(Slot)
            .where(Slot.id == slot_id)
            .values(taken_classes=seen.taken_classes + 1, taken_pupils=seen.taken_pupils + pupils)
        )
        return db.session.get(Slot, slot_id, populate_existing=True)

    return take_places


def main(url: str, job: dict) -> None:
    app = create_app({**TEST_SETTINGS, "SQLALCHEMY_DATABASE_URI": url})
    clock.now = lambda: NOW
    start = threading.Barrier(len(job["pairs"]))
    outcomes: Counter[str] = Counter()
    if job.get("without_guard"):
        with app.app_context():
            columns = (Slot.max_classes, Slot.max_pupils, Slot.taken_classes, Slot.taken_pupils)
            places = Places(*db.session.execute(select(*columns).where(Slot.id == job["pairs"][0][2])).one())
        sys.modules["booking.bookings.services.requests"].take_places = naive_take_places(places)

    def client(class_id: int, person_id: int, slot_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    services.request_places(slot_id, class_id, db.session.get(Person, person_id))
                outcomes["booked"] += 1
            except Refusal as refusal:
                outcomes[refusal.code] += 1
            except Exception as error:
                outcomes[f"error {type(error).__name__}: {error}"[:200]] += 1

    threads = [threading.Thread(target=client, args=pair) for pair in job["pairs"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
