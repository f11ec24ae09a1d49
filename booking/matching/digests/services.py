"""The weekly letter of needs: who may get it now, and one letter, never twice for a week."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from booking.accounts.models import COMPANY_ROLES, Membership, MemberState, Person
from booking.companies.models import Company, Site, Trust
from booking.companies.pauses import takes_requests
from booking.core import clock
from booking.core.db import db
from booking.matching.board.queries import Match, board_of, count_offers_of_company
from booking.matching.board.rules import LIMITS
from booking.matching.digests import mails
from booking.matching.digests.rules import DIGEST, is_worth_a_letter, week_due
from booking.matching.models import NeedsDigest


def due_digests() -> list[int]:
    """Ids of the people whose week has not been looked at and whose place is at its working hours."""
    now = clock.now()
    query = (
        select(Person.id, func.min(Site.timezone), NeedsDigest.week_on)
        .join(Membership, Membership.person_id == Person.id)
        .join(Company, Company.id == Membership.company_id)
        .join(Site, Site.company_id == Company.id)
        .outerjoin(NeedsDigest, NeedsDigest.person_id == Person.id)
        .where(*_may_get_it())
        .group_by(Person.id, NeedsDigest.week_on)
        .order_by(Person.id)
    )
    return [
        person_id
        for person_id, timezone, week_on in db.session.execute(query)
        if (week := week_due(now.astimezone(ZoneInfo(timezone)))) and (week_on is None or week_on < week)
    ]


def send_digest(person_id: int) -> bool:
    """Look at the week of this person, and queue the letter if it is worth one. Whether there is a letter.

    The person's row is held: of two workers, the second finds that the week was looked at.
    """
    person = db.session.get_one(Person, person_id, with_for_update=True)
    now = clock.now()
    companies = _companies_of(person)
    week = _week(companies, now)
    seen = db.session.get(NeedsDigest, person_id, populate_existing=True)
    if not week or (seen and seen.week_on >= week):
        return False
    read_at = seen.read_at if seen else None
    if seen is None:
        seen = NeedsDigest(person_id=person_id)
        db.session.add(seen)
    seen.week_on, seen.read_at = week, now
    found = _needs_for(companies)
    chosen = found[: DIGEST.most]
    if not is_worth_a_letter([match.need.updated_at for _company, match in chosen], read_at):
        return False
    mails.tell_digest(person, week, [(company, match.need) for company, match in chosen], total=len(found))
    db.session.flush()
    return True


def _may_get_it() -> list[Any]:
    return [
        Membership.role.in_(COMPANY_ROLES),
        Membership.state == MemberState.ACTIVE,
        Person.active,
        Person.wants_digest,
        Person.confirmed_at.is_not(None),
        Company.trust == Trust.TRUSTED,
        takes_requests(clock.now().date()),
    ]


def _companies_of(person: Person) -> list[Company]:
    query = (
        select(Company)
        .join(Membership, Membership.company_id == Company.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.id == person.id, *_may_get_it())
        .distinct()
        .order_by(Company.id)
    )
    return list(db.session.scalars(query))


def _week(companies: list[Company], now: datetime) -> date | None:
    timezone = min((site.timezone for company in companies for site in company.sites), default=None)
    return week_due(now.astimezone(ZoneInfo(timezone))) if timezone else None


def _needs_for(companies: list[Company]) -> list[tuple[Company, Match]]:
    """What these companies could meet, the best first, each need once; nothing for one that holds all the dates it may."""
    found: dict[int, tuple[Company, Match]] = {}
    for company in companies:
        if count_offers_of_company(company.id) >= LIMITS.offers_per_company:
            continue
        for match in board_of(company):
            known = found.get(match.need.id)
            if known is None or match.score.points > known[1].score.points:
                found[match.need.id] = (company, match)
    return sorted(found.values(), key=lambda each: (-each[1].score.points, each[1].need.deadline_at, each[1].need.id))
