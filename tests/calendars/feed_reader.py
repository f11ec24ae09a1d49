"""What the tests of private feeds share: an address made, a feed read, its events by UID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from icalendar import Calendar
from sqlalchemy import event

from booking.calendars import addresses
from booking.calendars.models import FeedKind
from booking.core.db import db, transaction


def address_of(person: Any, kind: FeedKind | str, subject_id: int | None = None) -> str:
    """The path of a new address of this person, for what they may follow."""
    wanted = [each for each in addresses.subjects_of(person) if each.kind == FeedKind(kind)]
    subject = next(each for each in wanted if subject_id in (None, each.id))
    with transaction():
        token = addresses.make_address(person, subject)
    return f"/calendars/{token}.ics"


def events_of(client: Any, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.data).walk("VEVENT")


def statements_of(work: Callable[[], Any], *, afresh: bool = True) -> int:
    """How many times the database is asked. afresh: with nothing in hand."""
    seen: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    if afresh:
        db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return len(seen)
