"""What must always be true of bookings, whatever crashed, raced or was replayed (product, sections 3 and 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from booking.bookings.feedback_results import hands_of
from booking.bookings.models import Booking, BookingEvent, Feedback, SchoolInEdition, VisitRecord
from booking.bookings.queries import BUSY
from booking.bookings.rules.clashes import Outing, clash_with
from booking.bookings.rules.feedback import TooManyHands, check_hands
from booking.bookings.rules.states import ALIVE, RECORDED, TAKEN, Answer, Origin, State
from booking.bookings.rules.suspensions import overlap
from booking.bookings.suspension_queries import passed_under_suspension, running_suspensions
from booking.calendars.models import CalendarObject, CalendarState
from booking.catalogue.models import Activity, ActivityKind, Edition, Slot, SlotState
from booking.catalogue.rules.slots import slot_instants
from booking.companies.models import Site
from booking.core import clock
from booking.core.checks import invariant
from booking.core.db import db
from booking.mail.models import OutgoingMail

Found = Iterator[tuple[str, str]]


@invariant("slot-counters")
def slot_counters() -> Found:
    """The counters of a slot are the recount of its taken bookings."""
    taken = Booking.state.in_(TAKEN)
    classes = func.coalesce(func.sum(case((taken, 1), else_=0)), 0)
    pupils = func.coalesce(func.sum(case((taken, Booking.pupils), else_=0)), 0)
    query = (
        select(Slot.id, Slot.taken_classes, Slot.taken_pupils, classes, pupils)
        .outerjoin(Booking, Booking.slot_id == Slot.id)
        .group_by(Slot.id, Slot.taken_classes, Slot.taken_pupils)
        .having(or_(classes != Slot.taken_classes, pupils != Slot.taken_pupils))
    )
    for slot_id, has_classes, has_pupils, real_classes, real_pupils in db.session.execute(query):
        yield (
            f"slot {slot_id}",
            f"says {has_classes} classes and {has_pupils} pupils, its bookings {real_classes} and {real_pupils}",
        )


@invariant("slot-capacity")
def slot_capacity() -> Found:
    """Never more than capacity."""
    query = select(Slot.id, Slot.taken_classes, Slot.max_classes, Slot.taken_pupils, Slot.max_pupils).where(
        or_(Slot.taken_classes > Slot.max_classes, Slot.taken_pupils > Slot.max_pupils)
    )
    for slot_id, classes, max_classes, pupils, max_pupils in db.session.execute(query):
        yield f"slot {slot_id}", f"{classes} classes of {max_classes}, {pupils} pupils of {max_pupils}"


@invariant("booking-place")
def booking_places() -> Found:
    """A class that is still to come goes where the site says it is; a workshop is given at the school."""
    query = (
        select(Booking.id, Booking.place, Site)
        .join(Booking.slot)
        .join(Slot.activity)
        .join(Activity.site)
        .where(
            Booking.state.in_(ALIVE),
            Slot.ends_at > clock.now(),
            Activity.kind != ActivityKind.CLASSROOM_WORKSHOP,
        )
    )
    for booking_id, place, site in db.session.execute(query):
        if place != site.one_line:
            yield f"booking {booking_id}", f"goes to another place than site {site.id}"


@invariant("slot-instants")
def slot_instants_follow_the_wall_clock() -> Found:
    """The instants of a slot are its wall clock in its zone."""
    columns = (Slot.id, Slot.local_start, Slot.local_end, Slot.timezone, Slot.starts_at, Slot.ends_at)
    for slot_id, local_start, local_end, timezone, starts_at, ends_at in db.session.execute(select(*columns)):
        if (starts_at, ends_at) != slot_instants(local_start, local_end, timezone):
            yield f"slot {slot_id}", f"{local_start} in {timezone} is not {starts_at}"


@invariant("school-counters")
def school_counters() -> Found:
    """A school's share of an edition is the recount of its taken bookings."""
    real = {
        (school_id, edition_id): count
        for school_id, edition_id, count in db.session.execute(
            select(Booking.school_id, Booking.edition_id, func.count())
            .where(Booking.state.in_(TAKEN))
            .group_by(Booking.school_id, Booking.edition_id)
        )
    }
    columns = (SchoolInEdition.school_id, SchoolInEdition.edition_id, SchoolInEdition.taken_bookings)
    said = {(school_id, edition_id): count for school_id, edition_id, count in db.session.execute(select(*columns))}
    for key in sorted(real.keys() | said.keys()):
        if real.get(key, 0) != said.get(key, 0):
            yield f"school {key[0]} in edition {key[1]}", f"says {said.get(key, 0)}, its bookings {real.get(key, 0)}"


@invariant("school-cap")
def school_cap() -> Found:
    """No school is past the edition's cap."""
    query = (
        select(SchoolInEdition.school_id, Edition.slug, SchoolInEdition.taken_bookings, Edition.bookings_per_school)
        .join(Edition, Edition.id == SchoolInEdition.edition_id)
        .where(SchoolInEdition.taken_bookings > Edition.bookings_per_school)
    )
    for school_id, slug, taken, cap in db.session.execute(query):
        yield f"school {school_id} in edition {slug}", f"{taken} bookings, cap {cap}"


@invariant("one-alive-booking")
def one_alive_booking() -> Found:
    """One alive booking per class and slot."""
    query = (
        select(Booking.class_id, Booking.slot_id, func.count())
        .where(Booking.state.in_(ALIVE))
        .group_by(Booking.class_id, Booking.slot_id)
        .having(func.count() > 1)
    )
    for class_id, slot_id, count in db.session.execute(query):
        yield f"class {class_id} on slot {slot_id}", f"{count} alive bookings"


@invariant("class-clash")
def class_clash() -> Found:
    """No class is in two places at overlapping times; slots that a host moved wait for the class's answer."""
    first, second = aliased(Booking), aliased(Booking)
    near, far = aliased(Slot), aliased(Slot)
    pairs = (
        select(first, second, near, far)
        .join(second, and_(second.class_id == first.class_id, second.id > first.id))
        .join(near, near.id == first.slot_id)
        .join(far, far.id == second.slot_id)
        .where(
            first.state.in_(BUSY),
            second.state.in_(BUSY),
            _is_settled(first),
            _is_settled(second),
        )
    )
    for one, other, slot, other_slot in db.session.execute(pairs):
        wanted = Outing(slot.starts_at, slot.ends_at, one.place_latitude, one.place_longitude)
        busy = Outing(other_slot.starts_at, other_slot.ends_at, other.place_latitude, other.place_longitude)
        if clash_with(wanted, [busy]):
            yield f"class {one.class_id}", f"bookings {one.id} and {other.id} overlap, travel included"


def _is_settled(booking: Any) -> Any:
    """A moved booking may clash until its class has had time to answer, and the worker a day to act."""
    return or_(booking.reconfirm_by.is_(None), booking.reconfirm_by < clock.now() - timedelta(days=1))


@invariant("booking-edition")
def booking_edition() -> Found:
    """A booking counts in the edition of its activity."""
    query = (
        select(Booking.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Booking.edition_id != Activity.edition_id)
    )
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "counts in another edition than its activity"


@invariant("booking-answers")
def booking_answers() -> Found:
    """A request awaits an answer; a confirmed booking has every answer it needed; clocks stand where they must."""
    columns = (Booking.id, Booking.state, Booking.host_answer, Booking.head_answer, Booking.deadline_at)
    watched = (State.REQUESTED, State.CONFIRMED, State.HELD, State.OFFERED)
    for booking_id, state, host, head, deadline in db.session.execute(
        select(*columns).where(Booking.state.in_(watched))
    ):
        answers = {host, head}
        if state is State.REQUESTED and Answer.PENDING not in answers:
            yield f"booking {booking_id}", "is requested but awaits nobody"
        if state is State.CONFIRMED and answers & {Answer.PENDING, Answer.NO}:
            yield f"booking {booking_id}", "is confirmed without every needed yes"
        if state is not State.CONFIRMED and deadline is None:
            yield f"booking {booking_id}", f"is {state} without a deadline"


@invariant("booking-history")
def booking_history() -> Found:
    """The last line of a booking's history gives its state."""
    last = select(func.max(BookingEvent.id)).group_by(BookingEvent.booking_id)
    query = (
        select(Booking.id, Booking.state, BookingEvent.to_state)
        .outerjoin(BookingEvent, and_(BookingEvent.booking_id == Booking.id, BookingEvent.id.in_(last)))
        .where(or_(BookingEvent.id.is_(None), BookingEvent.to_state != Booking.state))
    )
    for booking_id, state, told in db.session.execute(query):
        yield f"booking {booking_id}", f"is {state}, its history says {told}"


@invariant("history-chain")
def history_chain() -> Found:
    """Each line of a history begins where the one before ended: none was changed or taken out."""
    order: dict[str, Any] = {"partition_by": BookingEvent.booking_id, "order_by": BookingEvent.id}
    before = func.lag(BookingEvent.to_state).over(**order).label("before")
    earlier = func.lag(BookingEvent.happened_at).over(**order).label("earlier")
    lines = select(
        BookingEvent.id, BookingEvent.booking_id, BookingEvent.from_state, BookingEvent.happened_at, before, earlier
    ).subquery()
    broken = or_(
        lines.c.from_state.is_(None), lines.c.from_state != lines.c.before, lines.c.happened_at < lines.c.earlier
    )
    query = select(lines.c.id, lines.c.booking_id).where(lines.c.before.is_not(None), broken)
    for event_id, booking_id in db.session.execute(query):
        yield f"booking {booking_id}", f"event {event_id} does not follow the one before"


@invariant("slot-cancelled")
def cancelled_slots_are_empty() -> Found:
    """A cancelled slot has no alive booking."""
    query = (
        select(Booking.id, Slot.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(Slot.state == SlotState.CANCELLED, Booking.state.in_(ALIVE))
    )
    for booking_id, slot_id in db.session.execute(query):
        yield f"booking {booking_id}", f"is alive on cancelled slot {slot_id}"


@invariant("workshop-one-school")
def workshop_one_school() -> Found:
    """The classes of one classroom workshop belong to the school the speaker goes to."""
    query = (
        select(Booking.id, Slot.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(
            Activity.kind == ActivityKind.CLASSROOM_WORKSHOP,
            Booking.state.in_(TAKEN),
            or_(Slot.school_id.is_(None), Slot.school_id != Booking.school_id),
        )
    )
    for booking_id, slot_id in db.session.execute(query):
        yield f"booking {booking_id}", f"workshop slot {slot_id} goes to another school"


@invariant("invitation-per-booking")
def invitation_per_booking() -> Found:
    """A confirmed booking to come has its mail to both sides; nothing committed goes untold."""
    told = select(OutgoingMail.booking_id).where(OutgoingMail.kind.in_(("booking-confirmed", "booking-updated")))
    query = (
        select(Booking.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(
            Booking.state == State.CONFIRMED,
            Booking.origin != Origin.DECLARED,
            Slot.ends_at > clock.now(),
            Booking.id.not_in(told.where(OutgoingMail.booking_id.is_not(None))),
        )
    )
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "is confirmed and nobody was told"


@invariant("calendar-follows-booking")
def calendar_follows_booking() -> Found:
    """A calendar holds an event of a booking if and only if the booking is firm, once the outbox is empty."""
    pending = select(OutgoingMail.booking_id).where(
        OutgoingMail.state.in_(("pending", "sending")), OutgoingMail.booking_id.is_not(None)
    )
    query = (
        select(CalendarObject.id, Booking.id, Booking.state)
        .join(Booking, Booking.id == CalendarObject.booking_id)
        .where(
            CalendarObject.state == CalendarState.LIVE,
            Booking.state.in_((State.CANCELLED, State.DECLINED, State.EXPIRED)),
            Booking.id.not_in(pending),
        )
    )
    seen: dict[int, str] = defaultdict(str)
    for _object_id, booking_id, state in db.session.execute(query):
        seen[booking_id] = state
    for booking_id, state in seen.items():
        yield f"booking {booking_id}", f"is {state} and still stands in a calendar"


@invariant("visit-counts")
def visit_counts() -> Found:
    """A class that came has its counts, and they are those of the record that stands."""
    last = (
        select(func.max(VisitRecord.id))
        .where(VisitRecord.booking_id == Booking.id, VisitRecord.stands)
        .correlate(Booking)
        .scalar_subquery()
    )
    query = (
        select(Booking.id, Booking.state, Booking.present_pupils, Booking.present_adults, VisitRecord)
        .outerjoin(VisitRecord, VisitRecord.id == last)
        .where(Booking.state.in_(RECORDED))
    )
    for booking_id, state, pupils, adults, record in db.session.execute(query):
        if state is State.ATTENDED and (pupils is None or adults is None):
            yield f"booking {booking_id}", "is attended without counts"
        elif record and (record.outcome, record.pupils, record.adults) != (state, pupils, adults):
            yield f"booking {booking_id}", f"is {state} with {pupils}, its record says {record.pupils}"


@invariant("day-has-come")
def day_has_come() -> Found:
    """Nobody came, or failed to, on a day that has not come yet."""
    # The instant of the start is enough: whoever records on the very day may do so before the hour.
    soon = clock.now() + timedelta(days=1)
    query = (
        select(Booking.id, Booking.state)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(Booking.state.in_(RECORDED), Slot.starts_at > soon)
    )
    for booking_id, state in db.session.execute(query):
        yield f"booking {booking_id}", f"is {state} before its day"


@invariant("cancelled-not-missed")
def cancelled_slots_are_not_missed() -> Found:
    """A slot that its host cancelled counts as cancelled: no class missed it."""
    query = (
        select(Booking.id, Slot.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(Slot.state == SlotState.CANCELLED, Booking.state.in_((State.MISSED, State.EXCUSED)))
    )
    for booking_id, slot_id in db.session.execute(query):
        yield f"booking {booking_id}", f"is missed on cancelled slot {slot_id}"


@invariant("feedback-hands")
def feedback_hands() -> Found:
    """No more hands were raised than pupils came."""
    query = select(Feedback, Booking).join(Feedback.booking).where(Feedback.answered_at.is_not(None))
    for feedback, booking in db.session.execute(query):
        try:
            check_hands(hands_of(feedback), booking.present_pupils, booking.present_girls)
        except TooManyHands as refusal:
            yield f"booking {booking.id}", f"more hands than pupils: {refusal.field}"


@invariant("waiting-counters")
def waiting_counters() -> Found:
    """A slot counts the classes in its line."""
    real = func.count(Booking.id)
    query = (
        select(Slot.id, Slot.waiting_classes, real)
        .outerjoin(Booking, and_(Booking.slot_id == Slot.id, Booking.state == State.WAITING))
        .group_by(Slot.id, Slot.waiting_classes)
        .having(real != Slot.waiting_classes)
    )
    for slot_id, said, counted in db.session.execute(query):
        yield f"slot {slot_id}", f"says {said} classes in line, there are {counted}"


@invariant("waiting-holds-nothing")
def waiting_holds_nothing() -> Found:
    """Whoever is in line waits for the slot alone: no clock runs against it, nobody is asked, nothing was confirmed."""
    clocks = (Booking.deadline_at, Booking.host_answer, Booking.head_answer, Booking.confirmed_at)
    query = select(Booking.id).where(
        Booking.state == State.WAITING,
        or_(Booking.origin != Origin.WAITING, *(clock_.is_not(None) for clock_ in clocks)),
    )
    for booking_id in db.session.scalars(query):
        yield f"booking {booking_id}", "is in line and something else runs on it"


@invariant("waiting-is-over")
def waiting_is_over() -> Found:
    """Nobody waits for a slot whose bookings have closed; the worker has a day to say so."""
    query = (
        select(Booking.id, Slot.id)
        .join(Slot, Slot.id == Booking.slot_id)
        .where(Booking.state == State.WAITING, Slot.closes_at < clock.now() - timedelta(days=1))
    )
    for booking_id, slot_id in db.session.execute(query):
        yield f"booking {booking_id}", f"waits for slot {slot_id}, which has closed"


@invariant("one-offer-per-activity")
def one_offer_per_activity() -> Found:
    """The list never offers a class two dates of one activity at once."""
    query = (
        select(Booking.class_id, Slot.activity_id, func.count())
        .join(Slot, Slot.id == Booking.slot_id)
        .where(Booking.state == State.OFFERED, Booking.origin == Origin.WAITING)
        .group_by(Booking.class_id, Slot.activity_id)
        .having(func.count() > 1)
    )
    for class_id, activity_id, count in db.session.execute(query):
        yield f"class {class_id}", f"is offered {count} dates of activity {activity_id}"


@invariant("suspension-once")
def suspension_once() -> Found:
    """Two suspensions that run in one département share no day: a booking is told once."""
    running = running_suspensions()
    for number, one in enumerate(running):
        for other in running[number + 1 :]:
            if one.departement_code == other.departement_code and overlap(
                one.first_on, one.last_on, other.first_on, other.last_on
            ):
                yield f"suspension {one.id}", f"shares days with suspension {other.id}"


@invariant("suspension-excused")
def suspended_days_are_excused() -> Found:
    """A firm booking whose day went by under suspension is excused, once the worker has had a day."""
    for booking_id, suspension_id in passed_under_suspension(before=clock.now() - timedelta(days=1)):
        yield f"booking {booking_id}", f"is still confirmed, its day was under suspension {suspension_id}"
