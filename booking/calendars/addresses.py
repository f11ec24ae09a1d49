"""The private addresses of feeds: made, renewed, revoked; who may still read what (specs/invitations §7)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload, selectinload

from booking.accounts.models import COMPANY_ROLES, SCHOOL_ROLES, MemberRole, Membership, Person
from booking.accounts.queries import departements_of, place_words
from booking.calendars.models import CalendarFeed, FeedKind
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _

TOKEN_BYTES = 24  # 192 bits: nobody guesses one


@dataclass(frozen=True)
class Subject:
    """Something a person may follow in a calendar. id: as `CalendarFeed.subject_id`. page: its path on the site.

    departements: of a territory, its codes; None for the whole country.
    """

    kind: FeedKind
    id: int
    name: str
    page: str = ""
    departements: frozenset[str] | None = None


def subjects_of(person: Person) -> list[Subject]:
    """All that this person's roles let them follow, each once."""
    mine = [membership for membership in person.memberships if membership.is_active]
    found = {(subject.kind, subject.id): subject for membership in mine for subject in _subjects_of(membership)}
    return list(found.values())


def _subjects_of(membership: Membership) -> Iterator[Subject]:
    role, school, company = membership.role, membership.school, membership.company
    if role in SCHOOL_ROLES and school:
        yield Subject(FeedKind.TEACHER, membership.person_id, _("Mes réservations"))
        # Whoever only says to belong to a school sees their own bookings of it, as on its page.
        if membership.is_trusted:
            yield Subject(FeedKind.SCHOOL, school.id, place_words(membership), f"/school/{school.uai}/")
    elif role in COMPANY_ROLES and company:
        yield Subject(FeedKind.COMPANY, company.id, company.name)
        if len(company.sites) > 1:
            for site in company.sites:
                name = _("%(name)s, %(town)s", name=site.name, town=site.commune_name)
                yield Subject(FeedKind.SITE, site.id, name)
    elif role is MemberRole.OFFICER:
        page = f"/territory/{membership.id}/bookings"
        yield Subject(FeedKind.TERRITORY, membership.id, place_words(membership), page, departements_of(membership))


def addresses_of(person: Person) -> dict[tuple[FeedKind, int], CalendarFeed]:
    """The person's addresses that work, by what they show."""
    query = select(CalendarFeed).where(CalendarFeed.person_id == person.id)
    return {(feed.kind, feed.subject_id): feed for feed in db.session.scalars(query)}


def make_address(person: Person, subject: Subject) -> str:
    """The token of a new address, known here and nowhere else; the one before it dies at once."""
    revoke_address(person, subject)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        CalendarFeed(
            person_id=person.id,
            kind=subject.kind,
            subject_id=subject.id,
            token_hash=_hash(token),
            created_at=clock.now(),
        )
    )
    db.session.flush()
    return token


def revoke_address(person: Person, subject: Subject) -> None:
    """The address stops working; revoking what has none changes nothing."""
    db.session.execute(
        delete(CalendarFeed).where(
            CalendarFeed.person_id == person.id,
            CalendarFeed.kind == subject.kind,
            CalendarFeed.subject_id == subject.id,
        )
    )


def read_address(token: str) -> tuple[CalendarFeed, Subject] | None:
    """What an address shows; None when it is unknown, revoked or malformed, or its owner may no longer see it."""
    query = (
        select(CalendarFeed)
        .where(CalendarFeed.token_hash == _hash(token))
        .options(
            joinedload(CalendarFeed.person)
            .selectinload(Person.memberships)
            .options(
                joinedload(Membership.school),
                joinedload(Membership.company).options(selectinload(Company.sites)),
            )
        )
    )
    feed = db.session.scalar(query)
    if feed is None or not feed.person.active:
        return None
    for subject in subjects_of(feed.person):
        if (subject.kind, subject.id) == (feed.kind, feed.subject_id):
            return feed, subject
    return None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
