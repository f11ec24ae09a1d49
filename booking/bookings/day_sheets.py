"""What the day sheet shows: the host's screen, the page of the sheet's own link and the PDF read the same rows.

No e-mail address is in here: whoever receives the class at the gate needs a name and, on the day, a telephone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from booking.bookings.models import Booking, BookingEvent, VisitRecord
from booking.bookings.rules.capacity import groups_of
from booking.bookings.rules.day import DayOf
from booking.bookings.rules.states import RECORDED, State
from booking.catalogue.models import Activity, Slot, SlotState
from booking.companies.models import Site
from booking.core import clock
from booking.core.db import db

# Of the classes that may still come: an option or a request that nobody settled is shown to nobody at the gate.
EXPECTED = (State.CONFIRMED, *sorted(RECORDED))


@dataclass(frozen=True)
class ClassLine:
    """One class on the sheet. mobile: the teacher's, from the day before to the day after, else empty.

    groups: how many the host leads, of at most `group_size` pupils. delay, arrival: what was said on the way.
    record: what is held true; beside: what the other side wrote without having seen it.
    """

    booking: Booking
    groups: int
    group_size: int | None
    mobile: str
    record: VisitRecord | None
    beside: VisitRecord | None

    @property
    def teacher(self) -> str:
        """The teacher's name, and nothing where only an address is known."""
        name = self.booking.teacher.name
        return "" if "@" in name else name

    @property
    def delay(self) -> BookingEvent | None:
        return self.booking.delay

    @property
    def arrival(self) -> BookingEvent | None:
        return self.booking.arrival

    @property
    def arrived_at(self) -> datetime | None:
        return datetime.fromisoformat(self.arrival.details["at"]) if self.arrival else None

    @property
    def expected_at(self) -> datetime | None:
        """When a late class is to be there, as the clock of the place: only while it is on its way."""
        if self.delay is None or self.arrival is not None or self.record is not None:
            return None
        return self.booking.slot.local_start + timedelta(minutes=self.delay.details["minutes"])


@dataclass(frozen=True)
class Sheet:
    """One slot and the classes that come to it. can_record: its day has come."""

    slot: Slot
    day: DayOf
    lines: list[ClassLine]
    can_record: bool

    @property
    def keys(self) -> list[str]:
        """The keys of every form that reached the site: a telephone may forget what it kept for these."""
        records = [record.key for line in self.lines for record in line.booking.visit_records]
        said = [event.details.get("key", "") for line in self.lines for event in line.booking.events]
        return [key for key in (*records, *said) if key]

    @property
    def is_today(self) -> bool:
        return self.day.is_on(clock.now())

    @property
    def pupils(self) -> int:
        return sum(line.booking.pupils for line in self.lines)

    @property
    def adults(self) -> int:
        return sum(line.booking.adults + line.booking.assistants for line in self.lines)


def sheet_of_slot(slot: Slot) -> Sheet:
    """The day sheet of one slot."""
    return _sheet(slot, _bookings([slot.id]))


def sheets_of_day(company_id: int, day: date) -> list[tuple[Site, list[Sheet]]]:
    """The company's slots that begin on this day, by site; cancelled ones are left out."""
    query = (
        select(Slot)
        .join(Slot.activity)
        .where(
            Activity.company_id == company_id,
            Slot.state != SlotState.CANCELLED,
            Slot.local_start >= datetime.combine(day, time(0)),
            Slot.local_start < datetime.combine(day + timedelta(days=1), time(0)),
        )
        .options(joinedload(Slot.activity).joinedload(Activity.site))
        .order_by(Slot.local_start, Slot.id)
    )
    slots = list(db.session.scalars(query))
    bookings = _bookings([slot.id for slot in slots])
    by_site: dict[int, tuple[Site, list[Sheet]]] = {}
    for slot in slots:
        site = slot.activity.site
        by_site.setdefault(site.id, (site, []))[1].append(_sheet(slot, bookings))
    return sorted(by_site.values(), key=lambda pair: (pair[0].name, pair[0].id))


def day_of(slot: Slot) -> DayOf:
    return DayOf(slot.local_start.date(), slot.local_end.date(), slot.timezone)


def can_record(booking: Booking) -> bool:
    """Whether what happened to this class can be written down: it was expected, and its day has come."""
    return booking.state in EXPECTED and day_of(booking.slot).has_come(clock.now())


def line_of(booking: Booking) -> ClassLine:
    """One class as the sheet shows it, and as its teacher's page of the day does."""
    slot = booking.slot
    size = slot.activity.group_size_max
    return ClassLine(
        booking=booking,
        groups=groups_of(booking.pupils, size),
        group_size=size,
        mobile=booking.teacher.mobile if day_of(slot).gives_mobile(clock.now()) else "",
        record=booking.standing_record,
        beside=_beside(booking),
    )


def _beside(booking: Booking) -> VisitRecord | None:
    """The last record that does not stand and says something else than the one that does, unless it was corrected since."""
    standing = booking.standing_record
    for record in reversed(booking.visit_records):
        if record is standing:
            return None
        if standing and _facts(record) != _facts(standing):
            return record
    return None


def _facts(record: VisitRecord) -> tuple[Any, ...]:
    return record.outcome, record.pupils, record.adults, record.girls


def _sheet(slot: Slot, bookings: Sequence[Booking]) -> Sheet:
    day = day_of(slot)
    lines = [line_of(booking) for booking in bookings if booking.slot_id == slot.id]
    return Sheet(slot=slot, day=day, lines=lines, can_record=day.has_come(clock.now()))


def _bookings(slot_ids: Sequence[int]) -> list[Booking]:
    query = (
        select(Booking)
        .where(Booking.slot_id.in_(slot_ids), Booking.state.in_(EXPECTED))
        .options(
            joinedload(Booking.school),
            joinedload(Booking.teacher),
            selectinload(Booking.events),
            selectinload(Booking.visit_records).joinedload(VisitRecord.person),
        )
        .order_by(Booking.id)
    )
    return list(db.session.scalars(query))
