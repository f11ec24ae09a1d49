"""What must always be true of papers: what was agreed is what was hashed, and no version is missing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from booking.bookings.papers.kinds import CERTIFICATES
from booking.bookings.papers.models import Paper
from booking.bookings.papers.rules import hash_of
from booking.core.checks import invariant
from booking.core.db import db

Found = Iterator[tuple[str, str]]


@invariant("paper-hash")
def paper_hash() -> Found:
    """The hash of a paper is that of what it agreed on: no row was changed."""
    papers = select(Paper.id, Paper.facts, Paper.facts_hash).execution_options(yield_per=500)
    for paper_id, facts, facts_hash in db.session.execute(papers):
        if hash_of(facts) != facts_hash:
            yield f"paper {paper_id}", "says something else than what was hashed"


@invariant("paper-versions")
def paper_versions() -> Found:
    """The versions of a paper are numbered from one, none is missing."""
    owner = (Paper.booking_id, Paper.slot_id, Paper.kind)
    query = select(*owner, func.count(), func.max(Paper.version)).group_by(*owner)
    for booking_id, slot_id, kind, count, last in db.session.execute(query):
        if count != last:
            owned_by = f"booking {booking_id}" if booking_id else f"slot {slot_id}"
            yield owned_by, f"has {count} versions of {kind}, the last numbered {last}"


@invariant("paper-codes")
def paper_codes() -> Found:
    """A certificate has its code, no other paper has one."""
    query = select(Paper.id, Paper.kind).where(Paper.code.is_(None) == Paper.kind.in_(CERTIFICATES))
    for paper_id, kind in db.session.execute(query):
        yield f"paper {paper_id}", f"is a {kind} and its code says otherwise"
