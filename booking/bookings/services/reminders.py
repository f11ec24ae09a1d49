"""Letters before a visit, and letters before a clock runs out: what is due is read, then queued in one transaction each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from booking.accounts.models import Person
from booking.accounts.queries import members_of_company
from booking.bookings import mails
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.queries import clash_of
from booking.bookings.rules.nudges import (
    RECORD_WITHIN,
    Ask,
    Asked,
    Nudge,
    is_silent,
    is_told,
    nudges_due,
    silent_streak,
)
from booking.bookings.rules.reminders import DueReminder, reminder_due
from booking.bookings.rules.states import ALIVE, Answer, Audience, Event, State
from booking.bookings.suspension_queries import suspension_of
from booking.catalogue.models import Activity, Slot
from booking.companies.models import Company
from booking.companies.services import bring_back, lock_company
from booking.core import clock
from booking.core.db import db
from booking.mail.models import OutgoingMail
from booking.territory.queries import holiday_calendar
from booking.territory.rules import HolidayCalendar

# ---- Before a visit

# Reminders of a booking that was looked at today are not looked for again: the hours of a day are ten.
_LOOKED_AT = timedelta(hours=12)
_AHEAD = timedelta(days=8)
# What tells the date of a visit, or tells it to somebody else.
_DATED = (Event.CONFIRM, Event.SLOT_MOVED, Event.MOVE, Event.HAND_OVER)


def due_reminders() -> list[int]:
    """Ids of the bookings of which somebody is to be reminded now, the next visit first."""
    now = clock.now()
    reminded = select(OutgoingMail.booking_id).where(
        OutgoingMail.kind == "reminder",
        OutgoingMail.created_at > now - _LOOKED_AT,
        OutgoingMail.booking_id.is_not(None),
    )
    query = (
        select(Booking.id, Slot.local_start, Slot.timezone, _known_at())
        .join(Booking.slot)
        .where(
            Booking.state == State.CONFIRMED,
            Slot.starts_at.between(now, now + _AHEAD),
            Booking.id.not_in(reminded),
        )
        .order_by(Slot.starts_at, Booking.id)
    )
    return [booking_id for booking_id, *visit in db.session.execute(query) if _reminder_of(*visit, now=now)]


def remind(booking_id: int) -> int:
    """Queue the reminder that is due to each person of both sides who wants it. Returns how many; again, none."""
    query = (
        select(Booking, Slot.local_start, Slot.timezone, _known_at())
        .join(Booking.slot)
        .where(Booking.id == booking_id, Booking.state == State.CONFIRMED)
    )
    found = db.session.execute(query).first()
    due = _reminder_of(*found[1:], now=clock.now()) if found else None
    if not found or not due or suspension_of(found[0]):
        return 0
    return mails.tell_reminder(found[0], due)


def _known_at() -> Any:
    """When the people of a booking last learnt its date."""
    told = select(func.max(BookingEvent.happened_at)).where(
        BookingEvent.booking_id == Booking.id, BookingEvent.event.in_(_DATED)
    )
    return func.coalesce(told.scalar_subquery(), Booking.confirmed_at, Booking.created_at).label("known_at")


def _reminder_of(local_start: datetime, timezone: str, known_at: datetime, *, now: datetime) -> DueReminder | None:
    return reminder_due(local_start, timezone, _day(known_at, timezone), now)


def _day(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


# ---- Before a clock runs out

# An answer is never awaited for longer (Activity.answer_days, option_days), holidays included.
_REMEMBERED = timedelta(days=60)


@dataclass(frozen=True)
class _Addressee:
    person_id: int
    audience: Audience


def due_nudges() -> list[tuple[int, Audience]]:
    """Whom to tell again that an answer is awaited from them: person and side, in the order of the persons."""
    found = _nudges_by_person(_awaited_bookings())
    return sorted((to.person_id, to.audience) for to in found)


def nudge(person_id: int, audience: Audience) -> bool:
    """Queue one letter with all that this person has to answer soon. Whether there was anything to say.

    The person's row is held: of two workers, the second finds what the first has said.
    """
    person = db.session.get_one(Person, person_id, with_for_update=True)
    found = _nudges_by_person(_awaited_bookings(person_id)).get(_Addressee(person_id, audience))
    if not found:
        return False
    mails.tell_nudges(person, audience, [(booking, due, _clash_words(booking, due)) for booking, due in found])
    return True


def _clash_words(booking: Booking, due: Nudge) -> dict[str, str] | None:
    """The class's other outing at the new date: there, silence cancels."""
    clash = clash_of(booking) if due.asked.ask is Ask.MOVE else None
    return {"title": clash.title, "when": clash.when} if clash else None


def _awaited_bookings(person_id: int | None = None) -> Sequence[Booking]:
    """Bookings whose clock runs, of everybody or of one person; what happened to them is read along."""
    now = clock.now()
    asked = and_(Booking.state.in_((State.HELD, State.REQUESTED, State.OFFERED)), Booking.deadline_at > now)
    moved = and_(Booking.state.in_(ALIVE), Booking.reconfirm_by > now)
    unrecorded = and_(Booking.state == State.CONFIRMED, Slot.ends_at.between(now - RECORD_WITHIN, now))
    query = (
        select(Booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(or_(and_(or_(asked, moved), Slot.ends_at > now), unrecorded))
        .options(joinedload(Booking.slot).joinedload(Slot.activity), selectinload(Booking.events))
        .order_by(Booking.id)
    )
    if person_id is not None:
        query = query.where(
            (Booking.teacher_id == person_id) | (Booking.booked_by_id == person_id) | (Activity.contact_id == person_id)
        )
    return db.session.scalars(query).unique().all()


def _nudges_by_person(bookings: Iterable[Booking]) -> dict[_Addressee, list[tuple[Booking, Nudge]]]:
    """What is to be said now to each person, by the rule."""
    calendars: dict[str, HolidayCalendar] = {}
    awaited: dict[_Addressee, list[Asked]] = defaultdict(list)
    by_id = {booking.id: booking for booking in bookings}
    for booking in by_id.values():
        for asked in awaited_of(booking, calendars):
            for person in mails.people_of(booking, asked.audience):
                awaited[_Addressee(person.id, asked.audience)].append(asked)
    told = _told({to.person_id for to in awaited})
    now, found = clock.now(), {}
    for to, asks in awaited.items():
        said = [key for mail in told[to.person_id] for key in _keys_of(mail)]
        last = max((mail.created_at for mail in told[to.person_id]), default=None)
        if due := nudges_due(asks, now, said=said, last_told_at=last):
            found[to] = [(by_id[each.asked.booking_id], each) for each in due]
    return found


def awaited_of(booking: Booking, calendars: dict[str, HolidayCalendar]) -> list[Asked]:
    """The answers that a booking awaits from its host or its teacher, each with its clock."""
    due: dict[Ask, datetime | None] = {
        Ask.REQUEST: booking.host_answer_due_at
        if booking.state is State.REQUESTED and booking.host_answer is Answer.PENDING
        else None,
        Ask.OPTION: booking.deadline_at if booking.state is State.HELD else None,
        Ask.OFFER: booking.deadline_at if booking.state is State.OFFERED else None,
        Ask.MOVE: booking.reconfirm_by if booking.slot.ends_at > clock.now() else None,
        Ask.RECORD: booking.slot.ends_at + RECORD_WITHIN
        if booking.state is State.CONFIRMED and booking.slot.ends_at <= clock.now()
        else None,
    }
    return [
        Asked(
            booking.id, ask, _asked_at(booking, ask), moment, booking.slot.timezone,
            _days_off(booking, ask, calendars),
        )
        for ask, moment in due.items()
        if moment
    ]  # fmt: skip


def _asked_at(booking: Booking, ask: Ask) -> datetime:
    if ask is Ask.RECORD:
        return booking.slot.ends_at
    if ask is Ask.MOVE:
        asked = (event for event in reversed(booking.events) if event.event is Event.SLOT_MOVED)
    else:
        asked = (
            event
            for event in reversed(booking.events)
            if event.to_state is booking.state and event.from_state is not booking.state
        )
    return next((event.happened_at for event in asked), booking.created_at)


# What a firm is asked, where it works.
_WORKED = (Ask.REQUEST, Ask.RECORD)


def _days_off(booking: Booking, ask: Ask, calendars: dict[str, HolidayCalendar]) -> Any:
    """A firm works in the school holidays; it is told where it is, a class where its school is."""
    place = booking.slot.departement_code if ask in _WORKED else booking.departement_code
    calendar = calendars.get(place) or calendars.setdefault(place, holiday_calendar(place))
    return calendar.is_day_off_for_work if ask in _WORKED else calendar.is_day_off_for_school


def _told(person_ids: set[int]) -> dict[int, list[OutgoingMail]]:
    found: dict[int, list[OutgoingMail]] = defaultdict(list)
    query = select(OutgoingMail).where(
        OutgoingMail.kind == "nudge",
        OutgoingMail.person_id.in_(person_ids),
        OutgoingMail.created_at > clock.now() - _REMEMBERED,
    )
    for mail in db.session.scalars(query):
        assert mail.person_id is not None
        found[mail.person_id].append(mail)
    return found


def _keys_of(mail: OutgoingMail) -> list[str]:
    return [item["key"] for item in mail.payload.get("items", ())]


# ---- A host that never answers

_ANSWERED = (Event.HOST_ACCEPT, Event.HOST_DECLINE)
_LOOKED_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Silence:
    """Requests that a company left to expire one after the other. since: the booking that began it. days: on how many
    different days they expired."""

    count: int
    since: int | None
    days: int = 0


def silence_of(company_id: int) -> Silence:
    """The requests in a row that the company has left to expire, until today; not those before it said that it is back."""
    back_at = db.session.scalar(select(Company.back_at).where(Company.id == company_id))
    left_to_expire = and_(
        BookingEvent.event == Event.LAPSE,
        BookingEvent.from_state == State.REQUESTED,
        Booking.host_answer == Answer.PENDING,
    )
    query = (
        select(BookingEvent.event, Booking.id, BookingEvent.happened_at)
        .join(Booking, Booking.id == BookingEvent.booking_id)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Activity.company_id == company_id, or_(BookingEvent.event.in_(_ANSWERED), left_to_expire))
        .order_by(BookingEvent.id.desc())
    )
    if back_at is not None:
        query = query.where(BookingEvent.happened_at > back_at)
    outcomes = db.session.execute(query).tuples().all()
    count = silent_streak(event in _ANSWERED for event, _booking_id, _moment in outcomes)
    days = {moment.date() for _event, _booking_id, moment in outcomes[:count]}
    return Silence(count, since=outcomes[count - 1][1] if count else None, days=len(days))


def silent_companies() -> list[int]:
    """Ids of the companies that lately let a request expire, and now have several in a row."""
    lately = (
        select(Activity.company_id)
        .join(Slot, Slot.activity_id == Activity.id)
        .join(Booking, Booking.slot_id == Slot.id)
        .where(
            Booking.state == State.EXPIRED,
            Booking.host_answer == Answer.PENDING,
            Booking.updated_at > clock.now() - _LOOKED_BACK,
        )
        .distinct()
        .order_by(Activity.company_id)
    )
    return [company_id for company_id in db.session.scalars(lately) if is_told(silence_of(company_id).count)]


def tell_of_silence(company_id: int) -> int:
    """Tell everybody in the company, once for each streak, that its requests expire unanswered. Returns how many."""
    silence = silence_of(company_id)
    company = db.session.get_one(Company, company_id)
    if not is_told(silence.count) or company.silent_since is not None:
        return 0
    return mails.tell_silence(company, members_of_company(company), count=silence.count, since=silence.since)


def pause_silent(company_id: int) -> bool:
    """Take no new request for a company that answers nobody, and tell everybody in it why. Whether it is paused now."""
    company = lock_company(company_id)
    silence = silence_of(company_id)
    if company.silent_since is not None or not is_silent(silence.count, silence.days):
        return False
    company.silent_since = clock.now()
    mails.tell_pause(company, members_of_company(company), count=silence.count)
    db.session.flush()
    return True


def companies_back() -> list[int]:
    """Ids of the companies paused for their silence that have answered a request since."""
    query = select(Company.id).where(Company.silent_since.is_not(None)).order_by(Company.id)
    return [company_id for company_id in db.session.scalars(query) if not silence_of(company_id).count]


def wake(company_id: int) -> bool:
    """End the pause of a company that answers again. Whether there was one."""
    company = lock_company(company_id)
    if company.silent_since is None or silence_of(company_id).count:
        return False
    bring_back(company_id)
    return True
