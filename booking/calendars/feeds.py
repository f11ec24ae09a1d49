"""The private feeds: what a person, a school, a company, a site or a territory expects, as one calendar (§7).

The number of reads is the same whatever the number of events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from icalendar import Event as CalendarEvent
from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from booking.bookings.mails import booking_page_url, facts_of
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.rules.states import RECORDED, TAKEN, Event, State
from booking.calendars import ics
from booking.calendars.addresses import Subject
from booking.calendars.invitations import follower_description, follower_summary
from booking.calendars.models import CalendarFeed, CalendarObject, FeedKind, Side
from booking.calendars.published import published_facts, status_of
from booking.calendars.services import shown_objects
from booking.catalogue.exports import uid_of_slot
from booking.catalogue.models import Activity, PublicationState, Slot, SlotState
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _, _n, current_language
from booking.mail.identity import SITE_NAME, absolute_url, organizer, organizer_address
from booking.territory.rules import PARIS

CANCELLED_FOR = timedelta(days=90)
MOST_EVENTS = 1_000
# A feed holds 1 MB at most, the calendar's own lines and zones apart.
MOST_BYTES = 1_000_000 - 20_000

_HELD = (State.HELD, State.REQUESTED, State.OFFERED)
_FIRM = (State.CONFIRMED, *sorted(RECORDED))
_HOSTS = (FeedKind.COMPANY, FeedKind.SITE)


@dataclass(frozen=True)
class Span:
    """How far a feed looks."""

    back: timedelta
    ahead: timedelta

    def holds(self, now: datetime) -> Any:
        return and_(Slot.ends_at > now - self.back, Slot.starts_at <= now + self.ahead)


# 90 days back and 18 months ahead; the first narrower span that fits when that is too much for one file.
SPANS = tuple(Span(timedelta(days=back), timedelta(days=ahead)) for back, ahead in
              ((90, 548), (30, 180), (7, 60), (1, 21), (1, 7), (1, 2)))  # fmt: skip


@dataclass(frozen=True)
class PrivateFeed:
    """changed_at: when anything that it shows, or showed, was last different."""

    body: bytes
    changed_at: datetime


def private_feed(feed: CalendarFeed, subject: Subject) -> PrivateFeed:
    """The feed as its owner reads it now."""
    now = clock.now()
    counts = _counts(subject, now)
    fitting = [number for number, count in enumerate(counts) if count <= MOST_EVENTS]
    number = fitting[0] if fitting else len(SPANS) - 1
    body = _body(feed, subject, number, now)
    while len(body) > MOST_BYTES and number < len(SPANS) - 1:
        number += 1
        body = _body(feed, subject, number, now)
    return PrivateFeed(body, _changed_at(feed, subject, SPANS[number], now))


# ---- What is shown


def _bookings(subject: Subject, query: Select[Any]) -> Select[Any]:
    """A query over bookings joined to their slot and activity, kept to those of the subject."""
    within: dict[FeedKind, Any] = {
        FeedKind.TEACHER: or_(Booking.teacher_id == subject.id, Booking.booked_by_id == subject.id),
        FeedKind.SCHOOL: Booking.school_id == subject.id,
        FeedKind.COMPANY: Activity.company_id == subject.id,
        FeedKind.SITE: Activity.site_id == subject.id,
    }
    query = query.join(Booking.slot).join(Slot.activity)
    if subject.kind is not FeedKind.TERRITORY:
        return query.where(within[subject.kind])
    if subject.departements is None:
        return query
    codes = sorted(subject.departements)
    # A booking that crosses a border is seen by both territories.
    return query.where(or_(Booking.departement_code.in_(codes), Slot.departement_code.in_(codes)))


def _slots(subject: Subject, query: Select[Any]) -> Select[Any]:
    """A query over slots joined to their activity, kept to those of a company or a site."""
    mine = Activity.company_id if subject.kind is FeedKind.COMPANY else Activity.site_id
    return query.join(Slot.activity).where(mine == subject.id)


def _is_shown(subject: Subject, now: datetime) -> Any:
    """Firm bookings, cancelled ones for a while, and the options of one's own feed and of the company's. Never the line."""
    shown = [Booking.state.in_(_FIRM), and_(_was_firm(), Booking.updated_at > now - CANCELLED_FOR)]
    if subject.kind in (FeedKind.TEACHER, *_HOSTS):
        shown.append(Booking.state.in_(_HELD))
    return or_(*shown)


def _was_firm() -> Any:
    # What was only an option, a request or a place in the line was in no calendar that keeps what is cancelled.
    return and_(Booking.state == State.CANCELLED, Booking.confirmed_at.is_not(None))


def _is_unbooked() -> Any:
    taken = exists().where(Booking.slot_id == Slot.id, Booking.state.in_(TAKEN))
    return and_(Activity.state == PublicationState.PUBLISHED, Slot.state != SlotState.CANCELLED, ~taken)


def _counts(subject: Subject, now: datetime) -> list[int]:
    """How many events each span holds."""
    sums = [func.coalesce(func.sum(case((span.holds(now), 1), else_=0)), 0) for span in SPANS]
    bookings = _bookings(subject, select(*sums).select_from(Booking)).where(_is_shown(subject, now))
    counts = list(db.session.execute(bookings).one())
    if subject.kind in _HOSTS:
        slots = _slots(subject, select(*sums).select_from(Slot)).where(_is_unbooked())
        counts = [one + other for one, other in zip(counts, db.session.execute(slots).one(), strict=True)]
    return counts


def _shown_bookings(subject: Subject, span: Span, now: datetime) -> Sequence[Booking]:
    to_activity = contains_eager(Booking.slot).contains_eager(Slot.activity)
    query = (
        _bookings(subject, select(Booking))
        .where(_is_shown(subject, now), span.holds(now))
        .options(
            to_activity.joinedload(Activity.site),
            to_activity.joinedload(Activity.company),
            to_activity.joinedload(Activity.contact),
            joinedload(Booking.school),
            joinedload(Booking.teacher),
            joinedload(Booking.school_class),
        )
        .order_by(Slot.starts_at, Booking.id)
        .limit(MOST_EVENTS)
    )
    return db.session.scalars(query).all()


def _unbooked_slots(subject: Subject, span: Span, now: datetime) -> Sequence[Slot]:
    if subject.kind not in _HOSTS:
        return []
    query = (
        _slots(subject, select(Slot))
        .where(_is_unbooked(), span.holds(now))
        .options(
            contains_eager(Slot.activity).joinedload(Activity.site),
            contains_eager(Slot.activity).joinedload(Activity.company),
        )
        .order_by(Slot.starts_at, Slot.id)
        .limit(MOST_EVENTS)
    )
    return db.session.scalars(query).all()


# ---- The calendar


def _body(feed: CalendarFeed, subject: Subject, number: int, now: datetime) -> bytes:
    span = SPANS[number]
    bookings = _shown_bookings(subject, span, now)
    objects = shown_objects(bookings, _side(subject), feed.person)
    slots = _unbooked_slots(subject, span, now)
    events = [(b.slot, _booking_event(b, objects[b.id], subject)) for b in bookings]
    events += [(slot, _slot_event(slot)) for slot in slots]
    events.sort(key=lambda pair: (pair[0].starts_at, str(pair[1]["UID"])))
    zones = {slot.timezone for slot, _event in events}
    main_zone = PARIS if PARIS in zones or not zones else min(zones)
    narrowed = _(
        "Trop de dates pour un seul agenda\u00a0: celui-ci va de %(back)d jours en arrière à %(ahead)d jours en avant.",
        back=span.back.days,
        ahead=span.ahead.days,
    )
    name = f"{SITE_NAME}\u00a0: {subject.name}"
    shown = (event for _slot, event in events)
    return ics.feed(name, main_zone, _within(MOST_BYTES, shown) if number == len(SPANS) - 1 else shown, zones,
                    description=narrowed if number else "")  # fmt: skip


def _within(most_bytes: int, events: Iterator[CalendarEvent]) -> Iterator[CalendarEvent]:
    """Of the narrowest span, the first events that fit."""
    for event in events:
        most_bytes -= len(event.to_ical(sorted=False))
        if most_bytes < 0:
            return
        yield event


def _side(subject: Subject) -> Side:
    return Side.COMPANY if subject.kind in _HOSTS else Side.CLASS


def _booking_event(booking: Booking, calendar: CalendarObject, subject: Subject) -> CalendarEvent:
    status = status_of(booking)
    if subject.page:
        page_url = absolute_url(subject.page, current_language())
    else:
        company_id = booking.slot.activity.company_id
        page_url = booking_page_url(booking.id, calendar.side, company_id, current_language())
    facts = published_facts(booking, calendar, page_url)
    if subject.page:
        title = follower_summary(facts_of(booking))
        if status is ics.Status.CANCELLED:
            facts = replace(facts, summary=_("Annulé : %(title)s", title=title))
        else:
            with_teacher = subject.kind is FeedKind.SCHOOL
            text = follower_description(facts_of(booking), page_url, with_teacher=with_teacher)
            facts = replace(facts, summary=title, description=text)
    return ics.published_event(facts, status)


def _slot_event(slot: Slot) -> CalendarEvent:
    """A date that nobody has taken yet, in its host's calendar."""
    activity, site = slot.activity, slot.activity.site
    host = organizer(organizer_address())
    changed = max(slot.updated_at, activity.updated_at)
    page_url = absolute_url(f"/company/{activity.company_id}/slots/{slot.id}", current_language())
    places = _n("%(num)d élève au plus", "%(num)d élèves au plus", slot.max_pupils)
    return ics.published_event(
        ics.EventFacts(
            uid=uid_of_slot(slot, current_app.config["CALENDAR_DOMAIN"]),
            sequence=slot.sequence,
            dtstamp=changed,
            created=min(slot.created_at, changed),
            modified=changed,
            local_start=slot.local_start,
            local_end=slot.local_end,
            timezone=slot.timezone,
            summary=_("Pas encore réservé\u00a0: %(title)s", title=activity.title),
            location=_("Dans l’établissement de la classe") if activity.comes_to_class else site.one_line,
            description="\n".join([places, _("Créneau\u00a0: %(url)s", url=page_url)]),
            organizer_name=host.name,
            organizer_address=host.address,
            organizer_sent_by=host.sent_by,
            latitude=None if activity.comes_to_class else site.latitude,
            longitude=None if activity.comes_to_class else site.longitude,
            url=page_url if page_url.startswith("https://") else None,
        )
    )


# ---- When it changed


def _changed_at(feed: CalendarFeed, subject: Subject, span: Span, now: datetime) -> datetime:
    """Of what is shown, of what no longer is, and of what came or went because its time had come."""
    forgotten = case((and_(_was_firm(), Booking.updated_at <= now - CANCELLED_FOR), Booking.updated_at))
    columns = (func.max(Booking.updated_at), func.max(Activity.updated_at), func.max(forgotten), *_ends(span, now))
    written, rewritten, cancelled, left, came = db.session.execute(
        _bookings(subject, select(*columns).select_from(Booking))
    ).one()
    moments = [feed.created_at, written, rewritten, cancelled and cancelled + CANCELLED_FOR]
    moments += [left and left + span.back, came and came - span.ahead]
    if subject.kind in _HOSTS:
        of_slots = (func.max(Slot.updated_at), func.max(Activity.updated_at), *_ends(span, now))
        written, rewritten, left, came = db.session.execute(_slots(subject, select(*of_slots).select_from(Slot))).one()
        moments += [written, rewritten, left and left + span.back, came and came - span.ahead]
    if subject.kind is FeedKind.TEACHER:
        moments.append(db.session.scalar(_last_handed_over(subject.id)))
    return max(moment for moment in moments if moment)


def _ends(span: Span, now: datetime) -> tuple[Any, Any]:
    """The end of the last that left the span, the start of the last that entered it."""
    left = func.max(case((Slot.ends_at <= now - span.back, Slot.ends_at)))
    came = func.max(case((Slot.starts_at <= now + span.ahead, Slot.starts_at)))
    return left, came


def _last_handed_over(person_id: int) -> Select[Any]:
    """When a booking last left this person for a colleague: it is no longer among theirs."""
    return select(func.max(BookingEvent.happened_at)).where(
        BookingEvent.event == Event.HAND_OVER, BookingEvent.details["from"].as_integer() == person_id
    )
