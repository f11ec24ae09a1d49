"""The day itself: late, arrived, came or not, with how many. Recorded once however often the form is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.accounts.models import Person
from booking.bookings.day_sheets import day_of
from booking.bookings.models import Booking, VisitRecord
from booking.bookings.rules.day import (
    Counts,
    Outcome,
    arrival_moment,
    check_counts,
    check_day_has_come,
    check_delay,
    stands,
)
from booking.bookings.rules.states import RECORDED, Actor, Event, State, transition_for
from booking.bookings.services.answers import ReasonMissing
from booking.bookings.services.feedback import drop_impossible_hands
from booking.bookings.services.places import lock_booking
from booking.bookings.services.transitions import step
from booking.core import clock
from booking.core.db import db

OUTCOMES = {State.ATTENDED: Event.ATTEND, State.MISSED: Event.MISS, State.EXCUSED: Event.EXCUSE}
LONGEST_KEY = 80


def announce_delay(booking_id: int, person: Person | None, minutes: int, *, key: str = "") -> Booking:
    """The teacher says that the class is late; the host is told at once. May be said again.

    Refuses: NotADelay, TooEarly, DayOver, AlreadyArrived, NotPossibleNow.
    """
    booking = lock_booking(booking_id)
    if _was_sent(booking, key):
        return booking
    check_delay(minutes, day_of(booking.slot), clock.now(), has_arrived=booking.arrival is not None)
    return step(booking, Event.RUN_LATE, Actor.TEACHER, person, details={"minutes": minutes, "key": key})


def note_arrival(
    booking_id: int, actor: Actor, person: Person | None, *, key: str = "", pressed_at: datetime | None = None
) -> Booking:
    """« La classe est arrivée », by either side; whoever comes second changes nothing.

    pressed_at: when the button was pressed, if the telephone could not reach the site then.
    Refuses: TooEarly, NotPossibleNow.
    """
    booking = lock_booking(booking_id)
    if booking.arrival or booking.state in RECORDED:
        return booking
    day, now = day_of(booking.slot), clock.now()
    check_day_has_come(day, now)
    at = arrival_moment(pressed_at, day, now)
    return step(booking, Event.ARRIVE, actor, person, details={"at": at.isoformat(), "key": key})


def record_visit(
    booking_id: int,
    actor: Actor,
    person: Person | None,
    outcome: Outcome,
    *,
    key: str,
    seen_id: int | None = None,
    told_by: Actor | None = None,
) -> VisitRecord:
    """Write down what happened. The first record stands; the other side's is kept beside it until somebody corrects.

    seen_id: the record that the form showed; a correction names the one it corrects. person: nobody, for whoever opened
    the sheet's own link. told_by: the side from which an officer has it. Refuses: TooEarly, CountsImplausible, MoreGirlsThanPupils, ReasonMissing for an excuse without
    a reason, NotPossibleNow for a booking that was never firm or was cancelled.
    """
    booking = lock_booking(booking_id)
    key = key[:LONGEST_KEY]
    for record in booking.visit_records:
        if record.key == key:
            if (outcome_of(record), record.told_by) == (outcome, told_by):
                return record
            # Somebody went back to the form and typed something else: they correct their own record.
            key, seen_id = f"{key[: LONGEST_KEY - 8]}/{len(booking.visit_records)}", record.id
            break
    day, now = day_of(booking.slot), clock.now()
    # Asked before anything is written: a record that does not stand makes no step that would refuse it.
    transition_for(booking.state, OUTCOMES[outcome.state], actor)
    check_day_has_come(day, now)
    if outcome.counts:
        check_counts(outcome.counts)
    if outcome.state is State.EXCUSED and not outcome.reason:
        raise ReasonMissing()
    standing = booking.standing_record
    record = _written(booking, actor, person, outcome, key, is_late=day.is_over(now))
    record.told_by = told_by
    record.stands = stands(standing.id if standing else None, seen_id)
    db.session.add(record)
    db.session.flush()
    if record.stands and (standing is None or outcome_of(standing) != outcome):
        _apply(booking, actor, person, outcome, record)
    return record


def outcome_of(record: VisitRecord) -> Outcome:
    counts = None
    if record.pupils is not None and record.adults is not None:
        counts = Counts(record.pupils, record.adults, record.girls)
    return Outcome(record.outcome, counts, record.reason, record.note)


def _written(
    booking: Booking, actor: Actor, person: Person | None, outcome: Outcome, key: str, *, is_late: bool
) -> VisitRecord:
    counts = outcome.counts
    return VisitRecord(
        booking=booking,
        key=key,
        actor=actor,
        person_id=person.id if person else None,
        outcome=outcome.state,
        pupils=counts.pupils if counts else None,
        adults=counts.adults if counts else None,
        girls=counts.girls if counts else None,
        reason=outcome.reason,
        note=outcome.note,
        is_late=is_late,
        recorded_at=clock.now(),
    )


def _apply(booking: Booking, actor: Actor, person: Person | None, outcome: Outcome, record: VisitRecord) -> None:
    counts = outcome.counts
    details: dict[str, Any] = {"record": record.id, "late": record.is_late}
    if record.told_by:
        details["told_by"] = record.told_by
    if counts:
        details |= {"pupils": counts.pupils, "adults": counts.adults}
    # Counts stand beside « attended » alone, at each flush: the old ones go before the step, the new ones come after.
    _set_counts(booking, None)
    step(booking, OUTCOMES[outcome.state], actor, person, reason=outcome.reason, note=outcome.note, details=details)
    _set_counts(booking, counts)
    db.session.flush()
    drop_impossible_hands(booking)


def _set_counts(booking: Booking, counts: Counts | None) -> None:
    booking.present_pupils = counts.pupils if counts else None
    booking.present_adults = counts.adults if counts else None
    booking.present_girls = counts.girls if counts else None


def _was_sent(booking: Booking, key: str) -> bool:
    return bool(key) and any(event.details.get("key") == key for event in booking.events)
