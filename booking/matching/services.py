"""The verbs of needs: a class asks for dates, its teacher takes that back, the firm answers with a slot or says no.

Locks: the need, then what the verbs of the catalogue and of bookings lock. Everything flushes; nothing commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.queries import is_public
from booking.bookings.rules.deadlines import due_at
from booking.bookings.rules.states import CancelReason, Origin
from booking.bookings.services import offer_places
from booking.bookings.services.places import NotFound, lock_class
from booking.bookings.services.requests import class_for
from booking.catalogue.models import Activity, BookedBy, SlotAudience
from booking.catalogue.services import SlotDraft, create_slot
from booking.companies.pauses import is_paused
from booking.core import clock
from booking.core.db import db
from booking.matching import mails
from booking.matching.models import Need, NeedState
from booking.matching.queries import alive_booking_from_need, cap_of, open_need
from booking.matching.rules import (
    AskedAlready,
    CompanyAway,
    NeedOver,
    NeedReasonMissing,
    NoDatesToAgree,
    OtherAudience,
    SchoolTooFar,
    Wish,
    check_cap,
    check_level,
    check_wishes,
)
from booking.schools.models import Audience, SchoolClass
from booking.territory.queries import holiday_calendar
from booking.territory.rules import distance_km


def post_need(activity_id: int, class_id: int, person: Person, wishes: Sequence[Wish], message: str = "") -> Need:
    """Ask the firm for one of these dates. It hears of it at once and answers within the activity's number of days.

    Refuses: NotFound for a class that is not of the person's schools, NoDatesToAgree, CapReached, AskedAlready,
    LevelNotMet, OtherAudience, SchoolTooFar, and what check_wishes refuses.
    """
    activity = db.session.get(Activity, activity_id)
    if activity is None:
        raise NotFound()
    school_class = class_for(person, class_id)
    check_takes_wishes(activity)
    _check_class(activity, school_class)
    now = clock.now()
    check_wishes(wishes, today=_today(activity, now), edition=activity.edition)
    # The class is held: a button pressed twice cannot ask twice.
    lock_class(class_id)
    if open_need(activity_id, class_id) or alive_booking_from_need(activity_id, class_id):
        raise AskedAlready()
    need = Need(
        class_id=class_id,
        school_id=school_class.school_id,
        teacher_id=person.id,
        activity_id=activity_id,
        wishes=[wish.as_json() for wish in wishes],
        message=message,
        state=NeedState.OPEN,
        deadline_at=_answer_due(activity, wishes, now),
        created_at=now,
        updated_at=now,
    )
    db.session.add(need)
    db.session.flush()
    mails.tell_company(need, "need-received")
    return need


def check_takes_wishes(activity: Activity) -> None:
    """Refuses: NoDatesToAgree, CompanyAway, CapReached."""
    if not activity.dates_to_agree or not is_public(activity):
        raise NoDatesToAgree()
    if is_paused(activity.company, clock.now().date()):
        raise CompanyAway()
    check_cap(cap_of(activity))


def withdraw_need(need_id: int, person: Person) -> Need:
    """The teacher takes an open need back; the firm hears of it. Refuses: NeedOver."""
    need = _lock_open(need_id)
    _end(need, NeedState.WITHDRAWN)
    mails.tell_company(need, "need-withdrawn")
    return need


def decline_need(need_id: int, host: Person, *, reason: str | None, note: str = "") -> Need:
    """The firm's no, with its reason. Refuses: NeedReasonMissing, NeedOver."""
    if not reason or reason not in set(CancelReason):
        raise NeedReasonMissing()
    need = _lock_open(need_id)
    need.reason, need.note, need.answered_by_id = reason, note, host.id
    _end(need, NeedState.DECLINED)
    mails.tell_teacher(need, "need-declined")
    return need


def answer_need(need_id: int, host: Person, draft: SlotDraft, *, is_open_to_all: bool = False) -> Booking:
    """Create a slot for the class and hold its places until the teacher answers.

    is_open_to_all: the places that are left are for any class; else the slot is kept to schools that are invited.
    Refuses: NeedOver, CapReached for the year of that date, what create_slot and offer_places refuse.
    """
    need = _lock_open(need_id)
    assert need.activity is not None and need.activity_id is not None
    audience = SlotAudience.ALL if is_open_to_all else SlotAudience.RESERVED
    slot = create_slot(need.activity_id, replace(draft, audience=audience))
    # The activity is held by now: two answers cannot both take its last class of the year.
    check_cap(cap_of(need.activity, draft.local_start))
    booking = offer_places(slot.id, need.class_id, need.teacher, host, origin=Origin.NEED, message=need.message)
    need.booking_id, need.answered_by_id = booking.id, host.id
    _end(need, NeedState.ANSWERED)
    return booking


def due_needs(limit: int = 500) -> list[int]:
    """Ids of the open needs whose time is over, the oldest first."""
    query = select(Need.id).where(
        Need.state == NeedState.OPEN, Need.activity_id.is_not(None), Need.deadline_at <= clock.now()
    )
    return list(db.session.scalars(query.order_by(Need.deadline_at, Need.id).limit(limit)))


def expire_need(need_id: int) -> Need | None:
    """End a need that nobody answered in time, unless somebody acted meanwhile: safe to run twice at once."""
    need = _lock(need_id)
    if need.state is not NeedState.OPEN or need.deadline_at > clock.now():
        return None
    _end(need, NeedState.EXPIRED)
    mails.tell_teacher(need, "need-expired")
    return need


def _check_class(activity: Activity, school_class: SchoolClass) -> None:
    wants_staff, is_staff = activity.booked_by is BookedBy.STAFF, school_class.audience is Audience.STAFF
    if wants_staff is not is_staff or activity.booked_by is BookedBy.NONE:
        raise OtherAudience()
    check_level(activity.level_codes, school_class.level_code)
    here, there = school_class.school, activity.site
    places = (here.latitude, here.longitude, there.latitude, there.longitude)
    if activity.comes_to_class and activity.area_km is not None and None not in places:
        distance = distance_km(*places)  # type: ignore[arg-type]
        if distance > activity.area_km:
            raise SchoolTooFar(area=activity.area_km, distance=round(distance))


def _today(activity: Activity, now: datetime) -> date:
    return now.astimezone(ZoneInfo(activity.site.timezone)).date()


def _answer_due(activity: Activity, wishes: Sequence[Wish], now: datetime) -> datetime:
    """The activity's number of open days, and never after the last wished day has begun."""
    timezone = activity.site.timezone
    calendar = holiday_calendar(activity.site.departement_code)
    last = max(wish.last_on for wish in wishes)
    never_after = datetime.combine(last, time.min, ZoneInfo(timezone)).astimezone(UTC)
    return due_at(now, activity.answer_days, timezone, calendar.is_day_off_for_work, never_after=never_after)


def _lock(need_id: int) -> Need:
    db.session.execute(update(Need).where(Need.id == need_id).values(updated_at=Need.updated_at))
    need = db.session.get(Need, need_id, populate_existing=True)
    if need is None or need.is_on_board:
        raise NotFound()
    return need


def _lock_open(need_id: int) -> Need:
    need = _lock(need_id)
    if need.state is not NeedState.OPEN or need.deadline_at <= clock.now():
        raise NeedOver()
    return need


def _end(need: Need, state: NeedState) -> None:
    need.state = state
    need.updated_at = clock.now()
    db.session.flush()
