"""Writing down who was called, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from booking.accounts.models import Person
from booking.catalogue.models import Edition
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import School
from booking.tracking.models import ContactKind, SchoolContact


class ContactToCome(Refusal):
    code = "contact_to_come"
    field = "contacted_on"

    def sentence(self) -> Any:
        return _l("Ce jour n’est pas encore venu\u00a0: notez l’appel ou le message une fois passé.")


class ContactUndone(Refusal):
    code = "contact_undone"

    def sentence(self) -> Any:
        return _l("Cette note a déjà été retirée.")


def note_contact(
    school: School, edition: Edition, person: Person, kind: ContactKind, day: date, note: str = ""
) -> SchoolContact:
    """The school was called, or written to, that day. The same note twice, as a double press sends it, is one.

    Refuses: ContactToCome.
    """
    if day > today():
        raise ContactToCome()
    same = {"school_id": school.id, "edition_id": edition.id, "person_id": person.id, "kind": kind, "contacted_on": day}
    known = db.session.scalar(db.select(SchoolContact).filter_by(**same, note=note, undone_at=None).limit(1))
    if known is not None:
        return known
    contact = SchoolContact(**same, note=note, created_at=clock.now())
    db.session.add(contact)
    db.session.flush()
    return contact


def undo_contact(contact_id: int, person: Person) -> None:
    """It was noted by mistake: the school is to be called again. Refuses: ContactUndone."""
    undone = (
        update(SchoolContact)
        .where(SchoolContact.id == contact_id, SchoolContact.undone_at.is_(None))
        .values(undone_at=clock.now(), undone_by_id=person.id)
    )
    if rows_changed(undone) != 1:
        raise ContactUndone()


def today() -> date:
    """The day in Paris, where most calls are made."""
    return clock.now().astimezone(ZoneInfo("Europe/Paris")).date()
