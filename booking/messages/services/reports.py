"""Saying that something should not be there, and what an officer decides of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from booking.accounts.models import Person
from booking.bookings.services.places import NotFound
from booking.catalogue import services as catalogue
from booking.catalogue.models import Activity, PublicationState
from booking.catalogue.rules.publication import NotHidden
from booking.core import clock
from booking.core.db import db
from booking.messages import mails
from booking.messages.models import Message, Report
from booking.messages.rules.reports import (
    AlreadyDecided,
    Decision,
    Ground,
    ReasonNeeded,
    check_not_flooding,
    source_of,
)

_DAY = timedelta(days=1)


def report(
    activity: Activity, message: Message | None, ground: Ground, text: str, *, person: Person | None, address: str
) -> Report:
    """Keep a report of an activity's page, or of a message about it, and tell whoever decides.

    address: the reader's, on the network; only a mark of it is kept, which is worth nothing the next day. The same
    report again gives the first one. Refuses: TooManyReports.
    """
    now = clock.now()
    who = f"person/{person.id}" if person else address
    source = source_of(current_app.config["SECRET_KEY"], who, now.date())
    about = (Report.activity_id == activity.id, Report.message_id == (message.id if message else None))
    again = select(Report).where(*about, Report.source == source, Report.decision.is_(None))
    if same := db.session.scalar(again):
        return same
    lately = Report.created_at > now - _DAY
    check_not_flooding(
        _count(Report.source == source, lately),
        _count(Report.activity_id == activity.id, Report.reporter_id.is_(None), lately),
        is_anonymous=person is None,
    )
    found = Report(
        activity=activity,
        message=message,
        ground=ground,
        text=text,
        reporter=person,
        source=source,
        departement_code=activity.site.departement_code,
        created_at=now,
    )
    db.session.add(found)
    db.session.flush()
    mails.tell_officers(found)
    return found


def _count(*where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(Report).where(*where)) or 0


def decide(report_id: int, person: Person, decision: Decision, note: str) -> Report:
    """Hide what was reported, telling its author why, or leave it. Other reports of the same thing are settled too when
    it is hidden.

    Refuses: ReasonNeeded when hiding without a word, AlreadyDecided.
    """
    if decision is Decision.HIDDEN and not note:
        raise ReasonNeeded()
    found = db.session.scalar(
        select(Report).where(Report.id == report_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    if found.decision is not None:
        raise AlreadyDecided()
    settled = [found]
    if decision is Decision.HIDDEN:
        settled += _others_of(found)
        _hide(found, note)
        mails.tell_author(found, note)
    for each in settled:
        each.decision, each.decision_note = decision, note
        each.decided_by, each.decided_at = person, clock.now()
    db.session.flush()
    return found


def ask_review(activity_id: int) -> Activity:
    """The host has mended what was hidden: whoever decides hears of it, once a day. Refuses: NotHidden."""
    activity = db.session.get_one(Activity, activity_id)
    if activity.state is not PublicationState.HIDDEN:
        raise NotHidden()
    mails.tell_mended(activity)
    return activity


def allow_again(activity_id: int) -> Activity:
    """An officer has read it again: its host hears that it may be published. Refuses: NotHidden."""
    activity = catalogue.allow_again(activity_id)
    mails.tell_allowed(activity)
    return activity


def _others_of(found: Report) -> list[Report]:
    query = select(Report).where(
        Report.activity_id == found.activity_id,
        Report.message_id == found.message_id,
        Report.id != found.id,
        Report.decision.is_(None),
    )
    return list(db.session.scalars(query.order_by(Report.id).with_for_update()))


def _hide(found: Report, note: str) -> None:
    if found.message is not None:
        found.message.hidden_at, found.message.hidden_reason = clock.now(), note
    else:
        catalogue.hide_activity(found.activity_id)
