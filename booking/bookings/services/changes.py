"""Changing a booking: who comes, on which date of the activity, and that the new date of a moved slot suits (rule 7)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.accounts.action_links import use_link
from booking.accounts.models import ActionLink, Person
from booking.bookings.models import Booking, BookingChange
from booking.bookings.queries import clash_of, explain_all
from booking.bookings.rules.changes import (
    ChangedMeanwhile,
    ChangeGone,
    ChangeKind,
    ChangeState,
    Counts,
    NoRoomForMore,
    Supervision,
    VisitBegun,
    check_counts,
    difference,
    must_ask,
)
from booking.bookings.rules.clashes import Clash
from booking.bookings.rules.deadlines import cancellable_until
from booking.bookings.rules.explain import ClassAway, Explanation
from booking.bookings.rules.states import TAKEN, Actor, Answer, Event, State, is_allowed, transition_for
from booking.bookings.services.answers import OptionLapsed, RequestLapsed
from booking.bookings.services.asked import (
    ask,
    is_asked,
    is_still_there,
    locked_change,
    refuse_change,
    settle,
    times_of,
    wanted_counts,
)
from booking.bookings.services.offers import ClassNotFree
from booking.bookings.services.places import (
    NotFound,
    change_taken_pupils,
    fresh_slot,
    lock_booking,
    lock_booking_with_slot,
    move_places,
    note_freed,
)
from booking.bookings.services.requests import answer_due, asks_host, next_due, standing_obstacles
from booking.bookings.services.slots import facts_of
from booking.bookings.services.transitions import step, tied_to
from booking.catalogue.models import Activity, Slot, SlotState
from booking.core import clock
from booking.core.db import db
from booking.schools.classes import MoreThanPupils
from booking.schools.models import Audience

# Whoever asks the host for a place that has closed in the meantime has the host's yes: only the world may still say no.
_HOST_MAY_WAIVE = frozenset({"closed", "not_yet_open", "reserved", "adults_missing"})


def counts_of(booking: Booking) -> Counts:
    return Counts(booking.pupils, booking.adults, booking.assistants, booking.girls)


def supervision_of(booking: Booking) -> Supervision:
    slot, activity = booking.slot, booking.slot.activity
    return Supervision(
        max_pupils=slot.max_pupils,
        adults_per_class=slot.adults_per_class,
        group_size_max=activity.group_size_max,
        adults_per_group=activity.adults_per_group,
        is_staff=booking.school_class.audience is Audience.STAFF,
    )


def is_late(booking: Booking) -> bool:
    """Whether the limit has passed until which the teacher changes, moves and cancels alone."""
    return must_ask(booking.state, now=clock.now(), free_until=booking.cancellable_until)


# ---- Who comes


def change_counts(
    booking_id: int,
    person: Person,
    counts: Counts,
    *,
    actor: Actor = Actor.TEACHER,
    seen: int | None = None,
    note: str = "",
) -> BookingChange | None:
    """Write down who comes: fewer at any time, more if they fit. What had to be asked of the host is given back.

    A teacher asks for more pupils once the limit has passed, or once the slot takes no more bookings. The same counts
    again change nothing. seen: the revision that the page showed. Refuses: NotPossibleNow, ChangedMeanwhile, VisitBegun,
    OptionLapsed, RequestLapsed, GroupTooLarge, AdultsMissing, MoreThanPupils, NoRoomForMore, PlacesAwaited, AskedAlready.
    """
    booking = lock_booking(booking_id)
    old = counts_of(booking)
    if counts == old or is_asked(booking, ChangeKind.COUNT, counts=counts):
        return None
    _check_changeable(booking, Event.CHANGE_COUNT, actor, seen)
    if counts.girls is not None and counts.girls > counts.pupils:
        raise MoreThanPupils(pupils=counts.pupils, field="girls")
    if actor is Actor.TEACHER:
        check_counts(old, counts, supervision_of(booking))
        if counts.pupils > old.pupils and (is_late(booking) or _takes_no_more(booking)):
            _check_room(booking, counts.pupils)
            return ask(booking, person, ChangeKind.COUNT, counts=counts, note=note)
    apply_counts(booking, counts, person, actor, note=note)
    return None


def apply_counts(booking: Booking, counts: Counts, person: Person, actor: Actor, *, note: str = "") -> Booking:
    """Write the counts of a locked booking. Refuses: NotPossibleNow, NoRoomForMore, PlacesAwaited."""
    old = counts_of(booking)
    if booking.state in TAKEN:
        change_taken_pupils(booking, counts.pupils)
    elif counts.pupils < old.pupils:
        # A class in line that has become smaller may fit now.
        note_freed(booking.slot_id)
    booking.pupils, booking.adults, booking.assistants = counts.pupils, counts.adults, counts.assistants
    booking.girls = counts.girls
    told = {"pupils": old.pupils, "adults": old.adults}
    return step(
        booking, Event.CHANGE_COUNT, actor, person, note=note, before=told, details=difference(old, counts)
    )  # fmt: skip


def _takes_no_more(booking: Booking) -> bool:
    slot = booking.slot
    return booking.state is State.CONFIRMED and (slot.state is not SlotState.OPEN or slot.closes_at <= clock.now())


def _check_room(booking: Booking, pupils: int) -> None:
    """What cannot be had is not asked for. The places are not held: the answer looks again. Refuses: NoRoomForMore."""
    slot = booking.slot
    most = slot.max_pupils - slot.taken_pupils + booking.pupils
    if pupils > most:
        raise NoRoomForMore(most=most)


# ---- On which date


def move_booking(
    booking_id: int, slot_id: int, person: Person, *, seen: int | None = None, note: str = ""
) -> BookingChange | None:
    """Move a booking to another slot of its activity, with those tied to it on the same slot: all of them or none.

    Once the limit has passed the host is asked, and the request is given back. Where it is already, nothing changes.
    Refuses: NotFound (another activity), NotPossibleNow, ChangedMeanwhile, VisitBegun, OptionLapsed, RequestLapsed,
    AskedAlready, and every obstacle of `explain` for the new slot.
    """
    booking = lock_booking_with_slot(booking_id, slot_id)
    slot = fresh_slot(slot_id)
    if slot.activity_id != booking.slot.activity_id:
        raise NotFound()
    if slot.id == booking.slot_id or is_asked(booking, ChangeKind.MOVE, slot=slot):
        return None
    _check_changeable(booking, Event.MOVE, Actor.TEACHER, seen)
    movers = moving_with(booking)
    if any(is_late(each) for each in movers):
        for each in movers:
            _refuse(explain_move(each, [slot])[slot.id])
        return ask(booking, person, ChangeKind.MOVE, slot=slot, note=note)
    move_to(movers, slot, person, Actor.TEACHER, note=note)
    return None


def moving_with(booking: Booking) -> list[Booking]:
    """The booking and those tied to it that share its slot: they keep coming together. Tied ones elsewhere stay there."""
    tied = [each for each in tied_to(booking) if each.slot_id == booking.slot_id]
    return [booking, *(each for each in tied if is_allowed(each.state, Event.MOVE, Actor.TEACHER))]


def move_to(bookings: Sequence[Booking], slot: Slot, person: Person, actor: Actor, *, note: str = "") -> None:
    """Move locked bookings to a locked slot. Refuses: NotPossibleNow, and every obstacle, some of them not for a host."""
    before = {booking.id: facts_of(booking) for booking in bookings}
    for booking in bookings:
        transition_for(booking.state, Event.MOVE, actor)
    move_places(bookings, slot.id)
    for booking in bookings:
        _refuse_obstacles_there(booking, slot, waived=_HOST_MAY_WAIVE if actor is Actor.HOST else frozenset())
        if slot.activity.comes_to_class:
            slot.school_id = booking.school_id
        was = times_of(booking.slot)
        booking.slot = slot
        _restart_clocks(booking, slot, person)
        step(
            booking, Event.MOVE, actor, person, note=note, before=before[booking.id],
            details={"was": was, "now": times_of(slot)},
        )  # fmt: skip


def slots_to_move_to(booking: Booking) -> list[Slot]:
    """The other dates of the activity that are still to come, the nearest to the present one first."""
    slot, now = booking.slot, clock.now()
    query = (
        select(Slot)
        .where(
            Slot.activity_id == slot.activity_id,
            Slot.id != slot.id,
            Slot.state == SlotState.OPEN,
            Slot.closes_at > now,
        )
        .options(
            joinedload(Slot.activity).joinedload(Activity.site),
            joinedload(Slot.activity).joinedload(Activity.edition),
        )
    )
    return sorted(
        db.session.scalars(query).unique(), key=lambda other: (abs(other.starts_at - slot.starts_at), other.id)
    )


def explain_move(booking: Booking, slots: Sequence[Slot]) -> dict[int, Explanation]:
    """Why the booking could, or could not, be on each of these slots instead of where it is."""
    return explain_all(slots, booking.school_class, adults=booking.adults, pupils=booking.pupils, moving=booking)


def _refuse(answer: Explanation) -> None:
    if answer.stops:
        raise answer.stops[0]


def _refuse_obstacles_there(booking: Booking, slot: Slot, *, waived: frozenset[str]) -> None:
    found = standing_obstacles(
        slot, booking.school_class, adults=booking.adults, pupils=booking.pupils, moving=booking
    )  # fmt: skip
    _refuse(Explanation([each for each in found if each.code not in waived]))


def _restart_clocks(booking: Booking, slot: Slot, person: Person) -> None:
    """The answers that a request still needs are about the new date: their clocks start again."""
    now = clock.now()
    booking.reconfirm_by = None
    booking.cancellable_until = cancellable_until(slot.starts_at, slot.activity.cancellation_days, now)
    if booking.state is State.CONFIRMED:
        return
    if booking.head_answer is not None:
        booking.head_answer, booking.head_answer_due_at = Answer.PENDING, answer_due(slot, now)
    if booking.state is State.HELD:
        booking.deadline_at = min(booking.deadline_at or slot.closes_at, slot.closes_at)
        return
    if booking.host_answer is not None and asks_host(slot, person, booking.school_id):
        booking.host_answer, booking.host_answer_due_at = Answer.PENDING, answer_due(slot, now)
    booking.deadline_at = next_due(booking)


# ---- The host's answer to what was asked


def answer_change(change_id: int, person: Person, *, accept: bool, note: str = "") -> BookingChange:
    """The host's yes or no to a change that was asked for; a yes does it. The same answer twice is one.

    Refuses: ChangeGone, NotPossibleNow, NoRoomForMore, ClassNotFree, and for a date what no host can waive.
    """
    change = _held_change(change_id)
    answered = ChangeState.ACCEPTED if accept else ChangeState.REFUSED
    if change.state is answered:
        return change
    if not change.is_pending or change.due_at <= clock.now() or not is_still_there(change):
        raise ChangeGone()
    if not accept:
        refuse_change(change, person, note=note)
        return change
    settle(change, ChangeState.ACCEPTED, person, note)
    _do(change, person, note)
    return change


def _held_change(change_id: int) -> BookingChange:
    change = db.session.get_one(BookingChange, change_id)
    if change.slot_id is None:
        return locked_change(change_id)
    lock_booking_with_slot(change.booking_id, change.slot_id)
    return db.session.get_one(BookingChange, change_id, populate_existing=True)


def _do(change: BookingChange, person: Person, note: str) -> None:
    booking = change.booking
    if change.kind is ChangeKind.COUNT:
        apply_counts(booking, wanted_counts(change), person, Actor.HOST, note=note)
    elif change.slot is not None:
        try:
            move_to(moving_with(booking), fresh_slot(change.slot.id), person, Actor.HOST, note=note)
        except (Clash, ClassAway) as refusal:
            # Where else the class is expected is its school's business.
            raise ClassNotFree() from refusal
    else:
        # The school gives up its visit: it is the school's cancellation, which the host has agreed to.
        step(booking, Event.ACCEPT_CHANGE, Actor.HOST, person, note=note)
        step(booking, Event.CANCEL, Actor.TEACHER, change.asked_by, reason=change.reason, note=change.note)


# ---- The new date of a slot that its host moved


def reconfirm(booking_id: int, person: Person | None) -> Booking:
    """The class says that the new date suits. Said twice, it is said once.

    Refuses: NotPossibleNow, and Clash while the class is still expected elsewhere at that time.
    """
    booking = lock_booking(booking_id)
    if booking.state is State.CONFIRMED and booking.reconfirm_by is None:
        return booking
    transition_for(booking.state, Event.RECONFIRM, Actor.TEACHER)
    if clash := clash_of(booking):
        raise Clash(title=clash.title, when=clash.when)
    slot = booking.slot
    booking.reconfirm_by = None
    # The date is now the class's own choice: the usual limit counts again.
    booking.cancellable_until = cancellable_until(slot.starts_at, slot.activity.cancellation_days, clock.now())
    return step(booking, Event.RECONFIRM, Actor.TEACHER, person)


def reconfirm_by_link(link_id: int) -> Booking:
    """The same from the mail, without an account. Refuses: LinkUsed, ChangedMeanwhile when the date moved again."""
    link = use_link(link_id)
    booking = db.session.get_one(Booking, booking_of_link(link))
    if not is_link_of_this_date(link, booking):
        raise ChangedMeanwhile()
    return reconfirm(booking.id, db.session.get(Person, link.details.get("person_id")))


def booking_of_link(link: ActionLink) -> int:
    return int(link.object_key.partition("/")[2])


def is_link_of_this_date(link: ActionLink, booking: Booking) -> bool:
    """A mail speaks of one date: once the slot moved again, or the booking went elsewhere, its link says nothing."""
    return (booking.slot_id, booking.slot.sequence) == (link.details.get("slot_id"), link.details.get("sequence"))


# ---- What every change asks first


def _check_changeable(booking: Booking, event: Event, actor: Actor, seen: int | None) -> None:
    transition_for(booking.state, event, actor)
    now = clock.now()
    if booking.slot.starts_at <= now:
        raise VisitBegun()
    if seen is not None and seen != booking.revision:
        raise ChangedMeanwhile()
    if booking.deadline_at and booking.deadline_at <= now:
        if booking.state is State.HELD:
            raise OptionLapsed()
        if booking.state is State.REQUESTED:
            raise RequestLapsed()
