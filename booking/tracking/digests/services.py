"""Officers' letters: who may get one now, one for a week, and each alert once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, select

from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.core import clock
from booking.core.db import db
from booking.tracking.digests import mails
from booking.tracking.digests.queries import Happened, followed_by, happened_in, timezone_of
from booking.tracking.digests.rules import is_alerted, may_alert, week_due
from booking.tracking.models import OfficerAlert, OfficerDigest
from booking.tracking.scope import scope_of


def due_digests() -> list[int]:
    """Ids of the officers whose week has not been written and whose place is at its working hours."""
    query = (
        select(Person.id, OfficerDigest.week_on)
        .outerjoin(OfficerDigest, OfficerDigest.person_id == Person.id)
        .where(Person.id.in_(_officers()), Person.wants_digest)
        .order_by(Person.id)
    )
    return [
        person_id
        for person_id, week_on in db.session.execute(query)
        if (week := _week(person_id)) and (week_on is None or week_on < week)
    ]


def send_digest(person_id: int) -> bool:
    """Queue the letter of this week, if it was not. The person's row is held: of two workers, the second finds it done."""
    person = db.session.get_one(Person, person_id, with_for_update=True)
    week = _week(person_id)
    known = db.session.get(OfficerDigest, person_id, populate_existing=True)
    if not week or not person.wants_digest or (known and known.week_on >= week):
        return False
    if known is None:
        known = OfficerDigest(person_id=person_id)
        db.session.add(known)
    known.week_on = week
    mails.tell_digest(person, week)
    db.session.flush()
    return True


def due_alerts() -> list[int]:
    """Ids of the officers who may be alerted at this hour."""
    query = select(Person.id).where(Person.id.in_(_officers()), Person.wants_alerts).order_by(Person.id)
    return [person_id for person_id in db.session.scalars(query) if _may_alert(person_id)]


def send_alert(person_id: int) -> bool:
    """Queue one message with all that happened and this person was not told of. Whether there is one."""
    found = _untold(person_id)
    if not found:
        return False
    person = db.session.get_one(Person, person_id, with_for_update=True)
    # Of two workers the second reads here what the first has told.
    told = set(db.session.scalars(select(OfficerAlert.key).where(OfficerAlert.person_id == person_id)))
    news = [(membership, each) for membership, each in found if each.key not in told]
    if not news or not person.wants_alerts:
        return False
    for _membership, each in news:
        db.session.add(OfficerAlert(person_id=person_id, key=each.key, told_at=clock.now()))
    mails.tell_alert(person, news)
    db.session.flush()
    return True


def has_news(person_id: int) -> bool:
    """Whether there is anything to tell: asked before a writing transaction is opened."""
    return bool(_untold(person_id))


def _untold(person_id: int) -> list[tuple[Membership, Happened]]:
    """By the first territory that sees it."""
    told = set(db.session.scalars(select(OfficerAlert.key).where(OfficerAlert.person_id == person_id)))
    found: dict[str, tuple[Membership, Happened]] = {}
    for membership in followed_by(person_id):
        if is_alerted(membership.scope_kind):
            for each in happened_in(membership):
                if each.key not in told:
                    found.setdefault(each.key, (membership, each))
    return list(found.values())


def _officers() -> Select[tuple[int]]:
    return (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.role == MemberRole.OFFICER,
            Membership.state == MemberState.ACTIVE,
            Person.active,
            Person.confirmed_at.is_not(None),
        )
    )


def _week(person_id: int) -> date | None:
    territories = followed_by(person_id)
    return week_due(clock.now().astimezone(timezone_of(scope_of(territories[0])))) if territories else None


def _may_alert(person_id: int) -> bool:
    territories = followed_by(person_id)
    return bool(territories) and may_alert(clock.now().astimezone(timezone_of(scope_of(territories[0]))))
