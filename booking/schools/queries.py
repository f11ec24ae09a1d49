"""Reads about schools: search, and where to write to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from sqlalchemy import case, select

from booking.core.db import db
from booking.schools.models import School, SchoolKind
from booking.schools.rules import guess_official_email, search_terms

MOST_TERMS = 8


@dataclass(frozen=True)
class Mailbox:
    """A school's official address. is_guess: nobody typed it in, it may not exist."""

    address: str
    is_guess: bool


def school_by_uai(uai: str) -> School | None:
    """The school of this UAI, listed or not; the one it was merged into, if it was."""
    code = "".join(uai.split()).upper()
    # PostgreSQL takes no NUL in a text: what cannot be a code is not asked for.
    school = db.session.scalar(select(School).where(School.uai == code)) if code.isalnum() else None
    # A school that took another over points at none, or has been taken over since: the chain ends.
    while school is not None and school.merged_into_id is not None:
        school = db.session.get_one(School, school.merged_into_id)
    return school


def official_mailbox(school: School) -> Mailbox | None:
    """Where to write to the school: as typed in, or guessed for a public school; nothing otherwise."""
    if school.official_email:
        return Mailbox(school.official_email, is_guess=False)
    academie = school.departement.academie
    if not school.is_public or academie is None or not academie.mail_domain:
        return None
    return Mailbox(guess_official_email(school.uai, academie.mail_domain), is_guess=True)


def search_schools(
    text: str, limit: int = 10, departement: str | None = None, academie: str | None = None
) -> Sequence[School]:
    """Listed schools whose name, commune, postcode, kind or UAI hold every word of the text, the best first.

    Best: that very UAI; then words found at their beginning rather than inside; then the commune or the name that
    begins as the text does; then collèges and lycées before écoles.
    """
    terms = search_terms(text)[:MOST_TERMS]
    if not terms or (departement and not departement.isalnum()):
        return []
    # A folded term has letters and digits only: nothing in it means anything to LIKE.
    holds_all = [School.search_text.like(f"%{term}%") for term in terms]
    inside_words = reduce(add, [case((School.search_text.like(f"% {term}%"), 0), else_=1) for term in terms])
    found = select(School).where(School.is_listed, School.merged_into_id.is_(None), *holds_all)
    if departement:
        found = found.where(School.departement_code == departement)
    if academie:
        found = found.where(School.academie_code == academie)
    return db.session.scalars(
        found.order_by(
            case((School.uai == "".join(terms).upper(), 0), else_=1),
            inside_words,
            case((School.search_text.like(f"%/ {' '.join(terms)}%"), 0), else_=1),
            case((School.kind == SchoolKind.ECOLE, 1), else_=0),
            School.name,
            School.id,
        ).limit(limit)
    ).all()
