"""Many clients in several processes want the last places: never one too many, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from booking.bookings.models import Booking
from booking.core.checks import violations
from booking.core.db import db
from tests import make

PROCESSES, CLIENTS_EACH = 4, 16
ROOT = Path(__file__).resolve().parents[2]


def race(url: str, pairs: list[tuple[int, int, int]], **options) -> Counter[str]:
    """Let several processes of clients loose at once; returns how often each outcome was met."""
    db.session.rollback()  # this process must not go on reading the database of before the race
    shares = [pairs[start::PROCESSES] for start in range(PROCESSES)]
    command = [sys.executable, "-m", "tests.races.clients", url]
    running = [
        subprocess.Popen(
            [*command, json.dumps({"pairs": share, **options})], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for share in shares
        if share
    ]
    outcomes: Counter[str] = Counter()
    for process in running:
        answer, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        outcomes.update(json.loads(answer))
    return outcomes


def url_of(app) -> str:
    return app.config["SQLALCHEMY_DATABASE_URI"]


def sixty_four_classes_on(slot) -> list[tuple[int, int, int]]:
    pairs = []
    for number in range(PROCESSES * CLIENTS_EACH):
        teacher = make.make_teacher(make.make_school())
        pairs.append((make.make_class(teacher, pupils=10, name=f"{number}").id, teacher.id, slot.id))
    return pairs


def taken_bookings(slot) -> int:
    return db.session.scalar(select(func.count()).select_from(Booking).where(Booking.slot_id == slot.id))


def test_sixty_four_clients_in_four_processes_book_exactly_the_last_twenty_places(app, both_shared_databases, now):
    slot = make.make_slot(max_classes=20, max_pupils=200)
    outcomes = race(url_of(app), sixty_four_classes_on(slot))
    assert outcomes == {"booked": 20, "slot_full": 44}
    assert (taken_bookings(slot), slot.taken_classes, slot.taken_pupils) == (20, 20, 200)
    assert violations() == []


def test_without_the_guarded_statement_the_same_race_overbooks(app, both_shared_databases, now):
    slot = make.make_slot(max_classes=20, max_pupils=200)
    race(url_of(app), sixty_four_classes_on(slot), without_guard=True)
    assert taken_bookings(slot) > 20
    assert "slot-counters" in {violation.code for violation in violations()}


def test_the_same_class_sent_sixteen_times_books_once(app, both_shared_databases, now):
    slot = make.make_slot(max_classes=20, max_pupils=600)
    teacher = make.make_teacher(make.make_school())
    school_class = make.make_class(teacher)
    outcomes = race(url_of(app), [(school_class.id, teacher.id, slot.id)] * 16)
    assert outcomes == {"booked": 16}
    assert (taken_bookings(slot), slot.taken_classes) == (1, 1)
    assert violations() == []


def test_one_class_never_gets_two_overlapping_slots(app, both_shared_databases, now):
    first, second = make.make_slot(max_classes=9, max_pupils=300), make.make_slot(max_classes=9, max_pupils=300)
    teacher = make.make_teacher(make.make_school())
    pairs = []
    for number in range(8):
        school_class = make.make_class(teacher, name=f"{number}")
        pairs += [(school_class.id, teacher.id, first.id), (school_class.id, teacher.id, second.id)]
    outcomes = race(url_of(app), pairs)
    assert outcomes == {"booked": 8, "clash": 8}
    assert violations() == []


def test_a_school_never_passes_the_editions_cap_across_slots(app, both_shared_databases, now):
    edition = make.make_edition(bookings_per_school=3)
    site = make.make_site()
    slots = [make.make_slot(make.make_activity(site, edition=edition), max_classes=9, max_pupils=300) for _ in range(2)]
    teacher = make.make_teacher(make.make_school())
    pairs = [(make.make_class(teacher, name=f"{number}").id, teacher.id, slots[number % 2].id) for number in range(12)]
    outcomes = race(url_of(app), pairs)
    assert outcomes == {"booked": 3, "school_cap": 9}
    assert violations() == []
