"""A little world that many lives are led in: made once, and put back as it was before each life.

Making people, schools and firms costs more than a life of eight steps; what a life leaves behind is a few rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import insert, select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.catalogue.models import Activity, Slot
from booking.core.db import db
from tests import make

# Pupils of the classes; classes and pupils that each slot takes. Some classes fit beside each other, some never do.
PUPILS = (24, 18, 30, 12, 27)
ROOMS = ((1, 30), (2, 45), (2, 60))
DAYS = (12, 13, 14)

_SLOT, _ACTIVITY = Slot.__table__, Activity.__table__


@dataclass
class World:
    """Two schools with five classes, and one firm with three dates of one activity. Ids only: rows come and go."""

    class_ids: list[int]
    owner_ids: list[int]
    slot_ids: list[int]
    activity_id: int
    host_id: int
    beginnings: dict[Any, list[tuple[Any, list[dict[str, Any]]]]] = field(default_factory=dict)

    def begin_again(self, name: Any, make_it: Callable[[], Any]) -> None:
        """Wipe what the life before has written and put back the beginning of this name: made once, then copied."""
        if name not in self.beginnings:
            self._write(self.beginnings[None])
            make_it()
            self.beginnings[name] = self._read()
        self._write(self.beginnings[name])

    def remember(self) -> None:
        """The beginning of all: nobody has booked."""
        self.beginnings[None] = self._read()

    def _read(self) -> list[tuple[Any, list[dict[str, Any]]]]:
        tables = reversed(_written_by_a_life())
        rows = [(table, [dict(row) for row in db.session.execute(select(table)).mappings()]) for table in tables]
        slots = db.session.execute(select(_SLOT).where(_SLOT.c.id.in_(self.slot_ids))).mappings()
        activities = db.session.execute(select(_ACTIVITY).where(_ACTIVITY.c.id == self.activity_id)).mappings()
        return [(_ACTIVITY, [dict(row) for row in activities]), (_SLOT, [dict(row) for row in slots]), *rows]

    def _write(self, beginning: list[tuple[Any, list[dict[str, Any]]]]) -> None:
        db.session.rollback()
        db.session.expunge_all()
        connection = db.session.connection()
        deletes = [f"DELETE FROM {table.name}" for table in _written_by_a_life()]
        # Two dozen journeys to the server cost more than what they empty: there, one makes them all.
        for statement in [";".join(deletes)] if connection.dialect.name == "postgresql" else deletes:
            connection.exec_driver_sql(statement)
        for table, rows in beginning:
            if table in (_ACTIVITY, _SLOT):
                for row in rows:
                    db.session.execute(update(table).where(table.c.id == row["id"]).values(row))
            elif rows:
                db.session.execute(insert(table), rows)
        db.session.commit()

    @property
    def host(self) -> Person:
        return db.session.get_one(Person, self.host_id)

    def owner_of(self, class_id: int) -> Person:
        return db.session.get_one(Person, self.owner_ids[self.class_ids.index(class_id)])


def make_world() -> World:
    schools = [make.make_school(), make.make_school(name="Lycée Marie Curie")]
    teachers = [make.make_teacher(school) for school in schools]
    owners = [teachers[number // 3] for number in range(len(PUPILS))]
    classes = [
        make.make_class(owner, name=f"4e {number}", pupils=pupils)
        for number, (owner, pupils) in enumerate(zip(owners, PUPILS, strict=True), start=1)
    ]
    activity = make.make_activity()
    slots = [
        make.make_slot(activity, datetime(2027, 1, day, 9), max_classes=most, max_pupils=pupils)
        for day, (most, pupils) in zip(DAYS, ROOMS, strict=True)
    ]
    world = World(
        class_ids=[each.id for each in classes],
        owner_ids=[each.id for each in owners],
        slot_ids=[slot.id for slot in slots],
        activity_id=activity.id,
        host_id=activity.contact_id,
    )
    world.remember()
    return world


@cache
def _written_by_a_life() -> tuple[Any, ...]:
    """The tables that hang on bookings, what bookings hang on beside their world, and the outbox; children first."""
    tables = Booking.metadata.tables
    found = {"booking", "booking_group", "school_in_edition", "outgoing_mail", "mail_address", "action_link"}
    found &= tables.keys()
    while more := {name for name, table in tables.items() if name not in found and _refers_to(table, found)}:
        found |= more
    return tuple(table for table in reversed(Booking.metadata.sorted_tables) if table.name in found)


def _refers_to(table: Any, names: set[str]) -> bool:
    return any(key.column.table.name in names for key in table.foreign_keys)
