"""The verbs of papers: make one, keep what a school types for them, correct a line of law."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.papers import queries
from booking.bookings.papers.facts import OPTIONAL, facts_of, outing_of, slot_facts
from booking.bookings.papers.kinds import PaperKind, papers_for
from booking.bookings.papers.law import law_on, shipped_rules
from booking.bookings.papers.models import LegalRule, OutingFile, Paper, SchoolTerms
from booking.bookings.papers.rules import (
    Facts,
    PaperNotForThis,
    Rule,
    differences,
    facts_of_kind,
    hash_of,
    new_code,
    printed_on,
    read_hours,
)
from booking.bookings.papers.texts import Making, content_of
from booking.bookings.services.places import lock_booking, lock_slot
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db
from booking.schools.models import School, SchoolKind


def make_paper(booking_id: int, kind: PaperKind, person: Person) -> Paper:
    """The paper of this booking as things stand: the last version when nothing changed, else a new one.

    Refuses: PaperNotForThis when the booking has no such paper now.
    """
    booking = lock_booking(booking_id)
    law = law_on(booking.slot.local_start.date())
    if kind not in {offer.kind for offer in papers_for(outing_of(booking, law))}:
        raise PaperNotForThis()
    return _current(booking, kind, current_facts(booking, kind, law), person, law)


def make_day_sheet(slot_id: int, person: Person) -> Paper:
    """The day sheet of a slot as things stand. Refuses: PaperNotForThis when no class is expected."""
    lock_slot(slot_id)
    slot = db.session.get_one(Slot, slot_id, populate_existing=True)
    coming = queries.expected_on(slot)
    if not coming:
        raise PaperNotForThis()
    facts = facts_of_kind(PaperKind.DAY_SHEET, slot_facts(slot, coming))
    return _current(slot, PaperKind.DAY_SHEET, facts, person, {})


def current_facts(booking: Booking, kind: PaperKind, law: dict[str, Rule]) -> Facts:
    """What a version of this paper made now would agree on."""
    file, terms = queries.file_of(booking), queries.terms_of(booking.school_id)
    return facts_of_kind(kind, facts_of(booking, file, terms, law))


def _current(subject: Booking | Slot, kind: PaperKind, facts: Facts, person: Person, law: dict[str, Rule]) -> Paper:
    last = next(iter(queries.versions_of(subject, kind)), None)
    if last is not None and last.facts_hash == hash_of(facts):
        return last
    is_booking = isinstance(subject, Booking)
    paper = Paper(
        booking_id=subject.id if is_booking else None,
        slot_id=None if is_booking else subject.id,
        kind=kind,
        version=last.version + 1 if last else 1,
        facts=facts,
        facts_hash=hash_of(facts),
        code=new_code(kind),
        made_at=clock.now().replace(microsecond=0),
        made_by_id=person.id,
    )
    paper.content = content_of(kind, facts, _making(subject, paper, last, law))
    db.session.add(paper)
    db.session.flush()
    return paper


def _making(subject: Booking | Slot, paper: Paper, last: Paper | None, law: dict[str, Rule]) -> Making:
    slot = subject.slot if isinstance(subject, Booking) else subject
    zone = ZoneInfo(slot.timezone)
    school = subject.school if isinstance(subject, Booking) else None
    return Making(
        number=subject.id,
        version=paper.version,
        made_on=paper.made_at.astimezone(zone).date(),
        facts_hash=paper.facts_hash,
        changes=differences(paper.kind, last.facts, paper.facts) if last else (),
        previous_on=last.made_at.astimezone(zone).date() if last else None,
        law=printed_on(law, *_printed_as(paper, school)),
        is_primary=_is_primary(school),
    )


def _printed_as(paper: Paper, school: School | None) -> list[str]:
    """Under which names the law file prints something on this paper."""
    optional = paper.facts.get("nature") == OPTIONAL
    if paper.kind is PaperKind.CONVENTION:
        return ["convention"]
    if paper.kind is PaperKind.FAMILY_NOTE:
        return ["family-note", *(["family-note-optional"] if optional else [])]
    if paper.kind is PaperKind.OUTING_REQUEST:
        by_school = "outing-request-primary" if _is_primary(school) else "outing-request-secondary"
        return ["outing-request", by_school, *(["outing-request-optional"] if optional else [])]
    return []


def _is_primary(school: School | None) -> bool:
    return school is not None and school.kind is SchoolKind.ECOLE


# ---- What a school types


def save_file(booking_id: int, values: Mapping[str, Any], person: Person) -> OutingFile:
    """Keep what the school typed for the papers of a booking. A paper that is made later says it."""
    booking = lock_booking(booking_id)
    file = queries.file_of(booking)
    for name, value in values.items():
        setattr(file, name, value)
    file.updated_at, file.updated_by_id = clock.now(), person.id
    db.session.add(file)
    db.session.flush()
    return file


def note_names_sent(booking_id: int, sent_on: date | None, person: Person) -> OutingFile:
    """Note the day on which the list of names was sent, outside this service; None: it is still to be sent."""
    return save_file(booking_id, {"names_sent_on": sent_on}, person)


def save_terms(school_id: int, clauses: str, insurance: str, person: Person) -> SchoolTerms:
    """Keep what the school puts in every convention from now on."""
    terms = queries.terms_of(school_id) or SchoolTerms(school_id=school_id)
    terms.clauses, terms.insurance = clauses, insurance
    terms.updated_at, terms.updated_by_id = clock.now(), person.id
    db.session.add(terms)
    db.session.flush()
    return terms


# ---- The law


def write_rule(key: str, values: Mapping[str, Any], person: Person) -> LegalRule:
    """Write a newer line of this subject; the older ones stay. Refuses: HoursWrong when its value should be hours."""
    if key.endswith("-hours"):
        read_hours(str(values["value"]))
    assert key in {rule.key for rule in shipped_rules()}
    row = LegalRule(key=key, created_at=clock.now(), created_by_id=person.id, **values)
    db.session.add(row)
    db.session.flush()
    return row
