"""Reads of papers: the versions of a booking, what its school typed, the certificate behind a code."""

from __future__ import annotations

from sqlalchemy import select

from booking.bookings.day_sheets import EXPECTED
from booking.bookings.models import Booking
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.models import OutingFile, Paper, SchoolTerms
from booking.bookings.papers.rules import Nature
from booking.catalogue.models import Slot
from booking.core.db import db


def versions_of(subject: Booking | Slot, kind: PaperKind | None = None) -> list[Paper]:
    """The papers made of a booking, or of a slot, the latest version first; of one kind when it is given."""
    owner = Paper.booking_id if isinstance(subject, Booking) else Paper.slot_id
    query = select(Paper).where(owner == subject.id).order_by(Paper.kind, Paper.version.desc())
    if kind is not None:
        query = query.where(Paper.kind == kind)
    return list(db.session.scalars(query))


def file_of(booking: Booking) -> OutingFile:
    """What the school typed for this booking; an empty file, not saved, when it has typed nothing yet."""
    found = db.session.scalar(select(OutingFile).where(OutingFile.booking_id == booking.id))
    return found or OutingFile(
        booking_id=booking.id, aims="", nature=Nature.BY_HOURS, transport="", meals="", costs="", insurance_school="",
        insurance_company="", board_number="", clauses="",
    )  # fmt: skip


def terms_of(school_id: int) -> SchoolTerms | None:
    return db.session.scalar(select(SchoolTerms).where(SchoolTerms.school_id == school_id))


def expected_on(slot: Slot) -> list[Booking]:
    """The bookings of the day sheet, as its screen shows them, in the order in which they were made."""
    query = select(Booking).where(Booking.slot_id == slot.id, Booking.state.in_(EXPECTED)).order_by(Booking.id)
    return list(db.session.scalars(query))


def certificate_of(code: str) -> Paper | None:
    """The certificate of this code, whatever became of it since."""
    return db.session.scalar(select(Paper).where(Paper.code == code)) if code else None
