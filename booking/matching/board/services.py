"""The verbs of the need board: a class looks for a visit, firms offer it dates, the first one that is accepted closes it.

Locks, in the one order of bookings: school in the edition, class, slots; the need after them, then the company. Whoever
offers a place to the class holds the class, so that no two verbs about one need run at once. Everything flushes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason, Event, Origin, State
from booking.bookings.services.offers import ClassNotFree, after_acceptance, offer_places
from booking.bookings.services.places import NotFound, lock_class, lock_offers
from booking.bookings.services.requests import class_for
from booking.bookings.services.transitions import step
from booking.catalogue.models import Activity, Slot, SlotAudience
from booking.catalogue.services import SlotDraft, create_slot
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.matching.board import mails
from booking.matching.board.queries import (
    count_offers_of_company,
    given_of,
    is_offerable,
    offers_waiting,
    open_of_class,
    open_of_person,
    wanted_of,
)
from booking.matching.board.rules import (
    NeedDraft,
    NeedTakenBack,
    NotForStaff,
    NotWhatIsSought,
    OfferJustMade,
    board_deadline,
    check_count,
    check_draft,
    check_offers,
    could_meet,
)
from booking.matching.models import Need, NeedOffer, NeedState
from booking.matching.queries import cap_of
from booking.matching.rules import check_cap, check_wishes
from booking.schools.models import Audience, SchoolClass
from booking.territory.rules import today_at


def post_to_board(class_id: int, person: Person, draft: NeedDraft) -> Need:
    """Put what the class looks for on the board, where every firm that could meet it sees it.

    Refuses: NotFound for a class that is not of the person's schools, NotForStaff, ClassLooksAlready, TooManyNeeds, and what
    check_wishes and check_draft refuse.
    """
    school_class = class_for(person, class_id)
    if school_class.audience is not Audience.PUPILS:
        raise NotForStaff()
    _check(school_class, draft)
    # The class and the person are held: neither of two presses of the button passes the count twice.
    lock_class(class_id)
    db.session.execute(update(Person).where(Person.id == person.id).values(created_at=Person.created_at))
    check_count(open_of_class=open_of_class(class_id), open_of_person=open_of_person(person.id))
    now = clock.now()
    need = Need(
        class_id=class_id,
        school_id=school_class.school_id,
        school=school_class.school,
        teacher_id=person.id,
        state=NeedState.OPEN,
        created_at=now,
        **_columns(school_class, draft, now),
    )
    db.session.add(need)
    db.session.flush()
    return need


def edit_on_board(need_id: int, draft: NeedDraft) -> Need:
    """Ask for something else; dates that were offered stay offered. Refuses: NeedTakenBack, and as post_to_board."""
    need = _lock_open(need_id)
    _check(need.school_class, draft)
    for name, value in _columns(need.school_class, draft, clock.now()).items():
        setattr(need, name, value)
    db.session.flush()
    return need


def withdraw_from_board(need_id: int, person: Person) -> Need:
    """Take the need back, with the dates that firms hold for it: they hear of it. Refuses: NeedTakenBack, OfferJustMade."""
    need = _read_open(need_id)
    held = lock_offers(need.class_id)
    need = _lock_open(need_id)
    _release(need, held, person, CancelReason.NEED_WITHDRAWN)
    return _end(need, NeedState.WITHDRAWN)


def due_on_board(limit: int = 500) -> list[int]:
    """Ids of the needs of the board whose time is over and to which no firm holds a date, the oldest first."""
    query = select(Need.id).where(
        Need.state == NeedState.OPEN,
        Need.activity_id.is_(None),
        Need.deadline_at <= clock.now(),
        Need.id.not_in(offers_waiting(NeedOffer.need_id)),
    )
    return list(db.session.scalars(query.order_by(Need.deadline_at, Need.id).limit(limit)))


def expire_on_board(need_id: int) -> Need | None:
    """End a need whose time is over, unless somebody acted meanwhile: safe to run twice at once."""
    found = db.session.get(Need, need_id)
    if found is None or found.state is not NeedState.OPEN:
        return None
    lock_class(found.class_id)
    need = _lock(need_id)
    is_held = db.session.scalar(offers_waiting(NeedOffer.id).where(NeedOffer.need_id == need_id).limit(1)) is not None
    if need.state is not NeedState.OPEN or need.deadline_at > clock.now() or is_held:
        return None
    mails.tell_expired(need)
    return _end(need, NeedState.EXPIRED)


# ---- Firms


def offer_slot(need_id: int, company_id: int, slot_id: int, host: Person) -> Booking:
    """Hold places of a slot that is there for the class, until its teacher answers. The same offer again gives the first.

    Refuses: NotFound, NeedTakenBack, NotWhatIsSought, OfferedAlready, EnoughOffers, TooManyOffers, and what offer_places
    refuses.
    """
    need = _read_open(need_id)
    slot = db.session.get(Slot, slot_id)
    if slot is None or slot.activity.company_id != company_id:
        raise NotFound()
    return _offer(need, slot.activity, slot_id, host)


def offer_new_slot(
    need_id: int, company_id: int, activity_id: int, draft: SlotDraft, host: Person, *, is_open_to_all: bool = False
) -> Booking:
    """Create a slot of the activity for the class and hold its places.

    is_open_to_all: the places that are left are for any class; else the slot is kept to schools that are invited.
    Refuses: as offer_slot, what create_slot refuses, and CapReached where the activity counts its classes by year.
    """
    need = _read_open(need_id)
    activity = db.session.get(Activity, activity_id)
    if activity is None or activity.company_id != company_id:
        raise NotFound()
    slot = create_slot(
        activity_id, replace(draft, audience=SlotAudience.ALL if is_open_to_all else SlotAudience.RESERVED)
    )
    if activity.dates_to_agree:
        # The activity is held by now: two answers cannot both take its last class of the year.
        check_cap(cap_of(activity, draft.local_start))
    return _offer(need, activity, slot.id, host)


def _offer(need: Need, activity: Activity, slot_id: int, host: Person) -> Booking:
    if not is_offerable(activity) or not could_meet(wanted_of(need), given_of(activity, need.school)):
        raise NotWhatIsSought()
    booking = offer_places(slot_id, need.class_id, need.teacher, host, origin=Origin.NEED, message=need.message)
    if not _is_new(booking):
        return _same_offer(need, booking)
    need = _lock_open(need.id)
    _lock_company(activity.company_id)
    waiting = list(
        db.session.execute(offers_waiting(NeedOffer.company_id).where(NeedOffer.need_id == need.id)).scalars()
    )
    check_offers(
        own_waiting=waiting.count(activity.company_id),
        of_need=len(waiting),
        of_company=count_offers_of_company(activity.company_id),
    )
    db.session.add(
        NeedOffer(
            need=need,
            booking=booking,
            company_id=activity.company_id,
            offered_by_id=host.id,
            created_at=clock.now(),
        )
    )
    db.session.flush()
    return booking


def _is_new(booking: Booking) -> bool:
    """Whether it was made just now, and is not what the class had on that slot already."""
    offered = select(NeedOffer.id).where(NeedOffer.booking_id == booking.id)
    answered = select(Need.id).where(Need.booking_id == booking.id)
    is_known = any(db.session.scalar(query) is not None for query in (offered, answered))
    return booking.state is State.OFFERED and booking.origin is Origin.NEED and not is_known


def _same_offer(need: Need, booking: Booking) -> Booking:
    """The offer that was made already; a class that is on the slot some other way is not free for it. Refuses: ClassNotFree."""
    made = select(NeedOffer.id).where(NeedOffer.need_id == need.id, NeedOffer.booking_id == booking.id)
    if db.session.scalar(made) is None or booking.state is not State.OFFERED:
        raise ClassNotFree()
    return booking


@after_acceptance
def close_need_of(booking: Booking, person: Person) -> None:
    """The accepted offer closes its need; the other firms get their places back and are told that the class has chosen."""
    need_id = db.session.scalar(select(NeedOffer.need_id).where(NeedOffer.booking_id == booking.id))
    if need_id is None:
        return
    # Whoever accepts holds the class and every place that is offered to it.
    need = _lock(need_id)
    offered = select(NeedOffer.booking_id).where(NeedOffer.need_id == need_id)
    others = db.session.scalars(select(Booking).where(Booking.id.in_(offered), Booking.id != booking.id))
    _release(need, list(others), person, CancelReason.OTHER_VISIT)
    need.booking_id = booking.id
    _end(need, NeedState.ANSWERED)


def _release(need: Need, held: list[Booking], person: Person, reason: CancelReason) -> None:
    """End the offers that still wait for this need's class. Refuses: OfferJustMade for one that is not held."""
    waiting = set(db.session.scalars(offers_waiting(NeedOffer.booking_id).where(NeedOffer.need_id == need.id)))
    if waiting - {booking.id for booking in held}:
        raise OfferJustMade()
    for booking in sorted(held, key=lambda each: each.slot_id):
        if booking.id in waiting:
            db.session.refresh(booking)
            step(booking, Event.CANCEL, Actor.TEACHER, person, reason=reason)


# ---- What a need is made of


def _check(school_class: SchoolClass, draft: NeedDraft) -> None:
    today = today_at(school_class.school.departement.timezone, clock.now())
    check_wishes(draft.wishes, today=today, edition=None)
    check_draft(draft, today)


def _columns(school_class: SchoolClass, draft: NeedDraft, now: datetime) -> dict[str, Any]:
    return {
        "wishes": [wish.as_json() for wish in draft.wishes],
        "theme": draft.theme,
        "sectors": list(draft.sectors),
        "kinds": [kind.value for kind in draft.kinds],
        "radius_km": draft.radius_km,
        "can_travel": draft.can_travel,
        "message": draft.message,
        "deadline_at": board_deadline(draft.wishes, now, school_class.school.departement.timezone),
        "updated_at": now,
    }


def _read_open(need_id: int) -> Need:
    """The need as it looks before anything is held. Refuses: NotFound, NeedTakenBack."""
    need = db.session.get(Need, need_id)
    if need is None or not need.is_on_board:
        raise NotFound()
    _check_open(need)
    return need


def _lock_open(need_id: int) -> Need:
    need = _lock(need_id)
    _check_open(need)
    return need


def _lock(need_id: int) -> Need:
    db.session.execute(update(Need).where(Need.id == need_id).values(updated_at=Need.updated_at))
    need = db.session.get(Need, need_id, populate_existing=True)
    if need is None or not need.is_on_board:
        raise NotFound()
    return need


def _check_open(need: Need) -> None:
    if need.state is not NeedState.OPEN or need.deadline_at <= clock.now():
        raise NeedTakenBack()


def _lock_company(company_id: int) -> None:
    db.session.execute(update(Company).where(Company.id == company_id).values(name=Company.name))


def _end(need: Need, state: NeedState) -> Need:
    need.state = state
    need.updated_at = clock.now()
    db.session.flush()
    return need
