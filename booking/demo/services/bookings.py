"""What happens to the slots of the demo, through the services that pages call: counters, history and mails are real."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.queries import explain_all
from booking.bookings.rules.capacity import adults_needed
from booking.bookings.rules.changes import ChangeKind, Counts
from booking.bookings.rules.explain import HolidaysUnknown
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.bookings.services import Wish
from booking.bookings.services.asked import ask
from booking.catalogue.models import Activity, BookedBy, Slot
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.demo import reference
from booking.demo.reference import Step
from booking.demo.rules import Season, chance_of
from booking.demo.services.offers import Offered
from booking.demo.services.people import Cast
from booking.schools.models import SchoolClass
from booking.territory.rules import distance_km

# How many bookings a class has, and among how many of the nearest activities each is drawn.
BOOKINGS_A_CLASS = (1, 2, 2, 2, 3)
NEAREST = 6
ENOUGH_ADULTS = 40
# Beyond the shipped calendars the demo still finds dates; a class is never sent where a wheelchair cannot go.
HARMLESS = {HolidaysUnknown}
OPTIONS, WITHDRAWALS, YES, NO = 0.07, 0.08, 0.50, 0.12
TEACHER_REASONS = (CancelReason.TRANSPORT, CancelReason.TIMETABLE, CancelReason.BUDGET, CancelReason.SUPERVISION)
HOST_REASONS = (CancelReason.ALREADY_FULL, CancelReason.NO_GUIDE, CancelReason.PRODUCTION)


class NoDate(Refusal):
    """activity: the one on which no class can be put; the story or the calendar no longer fits."""

    code = "demo_has_no_date"
    activity: str

    def sentence(self) -> object:
        return _l("La démonstration n’a trouvé aucune date pour « %(activity)s ».", activity=self.activity)


def make_bookings(season: Season, cast: Cast, offered: Offered) -> None:
    """The story of the demo's teacher and host first, then everybody else's bookings. Refuses: NoDate."""
    chance = chance_of(season.today, "bookings")
    for step in reference.story().steps:
        if step.wait:
            _tell_wait(step, cast, offered)
        elif step.classes:
            _tell_step(season, step, [cast.own[name] for name in step.classes], offered)
        else:
            _tell_crowd(step, cast, offered, chance)
    _book_everybody(cast, offered, chance)


# ---- The story


def _tell_step(season: Season, step: Step, classes: list[SchoolClass], offered: Offered) -> None:
    # The day of the visit that stays free must be free for every class of the demo's teacher.
    slots = [
        slot
        for slot in _slots_of(step, offered)
        if slot.local_start.date() != season.free_visit_on and slot.max_classes - slot.taken_classes >= len(classes)
    ]
    _book(season, step, classes, slots, offered)


def _tell_crowd(step: Step, cast: Cast, offered: Offered, chance: Random) -> None:
    """Classes of other schools, each on another date that nobody has taken."""
    for _ in range(step.count):
        slots = [slot for slot in _slots_of(step, offered) if not slot.taken_classes]
        if not slots:
            raise NoDate(activity=step.activity)
        for school_class in chance.sample(cast.classes, len(cast.classes)):
            if possible := _possible([slots[0]], school_class):
                _then(step, services.request_places(
                    possible[0].id, school_class.id, _owner(school_class), adults=_adults(possible[0], school_class),
                    message=chance.choice(reference.story().messages),
                ))  # fmt: skip
                break
        else:
            raise NoDate(activity=step.activity)


def _tell_wait(step: Step, cast: Cast, offered: Offered) -> None:
    """Classes in line for full dates: the teacher's own, or one of another school on each of so many dates."""
    full = [slot for slot in _slots_of(step, offered) if not slot.free_classes]
    full.sort(key=lambda slot: (-slot.waiting_classes, slot.starts_at))
    wanted = [cast.own[name] for name in step.classes]
    own_school = next(iter(cast.own.values())).school_id
    others = [each for each in cast.classes if each.school_id != own_school]
    for slot in full[: step.count or len(full)]:
        classes = [each for each in wanted or others if explain_all([slot], each)[slot.id].can_wait]
        if not classes:
            continue
        services.join_line([slot.id], classes[0].id, _owner(classes[0]))
        if wanted:
            return
    if wanted:
        raise NoDate(activity=step.activity)


def _slots_of(step: Step, offered: Offered) -> list[Slot]:
    slots = offered.slots[offered.of_key(step.activity).id]
    return [slot for slot in slots if slot.id not in offered.free_slot_ids]


def _book(season: Season, step: Step, classes: Sequence[SchoolClass], slots: Sequence[Slot], offered: Offered) -> None:
    """Book the classes on the first slot where all can come, then do what follows. Refuses: NoDate."""
    possible = _possible(slots, classes[0])
    for other in classes[1:]:
        possible = [slot for slot in possible if slot in _possible(slots, other)]
    if not possible:
        raise NoDate(activity=step.activity)
    slot, owner = possible[0], _owner(classes[0])
    wishes = [Wish(slot.id, each.id, adults=_adults(slot, each)) for each in classes]
    bookings = services.request_together(wishes, owner, message=step.message, as_option=step.option)
    _then(step, bookings[0], season)


def _then(step: Step, booking: Booking, season: Season | None = None) -> None:
    """What follows a booking, done by whoever may do it."""
    host, slot = booking.slot.activity.contact, booking.slot
    if step.then == "accept":
        services.answer_request(booking.id, host, accept=True, note=step.note)
    elif step.then == "ask_more":
        services.answer_request(booking.id, host, accept=True)
        _ask_for_more(step, booking)
    elif step.then == "decline":
        services.answer_request(booking.id, host, accept=False, reason=step.reason, note=step.note)
    elif step.then == "cancel":
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=step.reason, note=step.note)
    elif step.then == "cancel_slot":
        services.cancel_slot(slot.id, host, reason=step.reason, note=step.note)
    elif step.then == "move_slot" and season is not None:
        start = _other_day(season, slot)
        services.move_slot(slot.id, host, start, start + (slot.local_end - slot.local_start), note=step.note)


def _ask_for_more(step: Step, booking: Booking) -> None:
    """One pupil more, as a class asks whose limit has passed: none of the story's dates is that near."""
    room = booking.slot.max_pupils - booking.slot.taken_pupils
    counts = Counts(booking.pupils + min(1, room), booking.adults + 1, booking.assistants, booking.girls)
    ask(services.lock_booking(booking.id), booking.teacher, ChangeKind.COUNT, counts=counts, note=step.note)


def _other_day(season: Season, slot: Slot) -> datetime:
    """The same hour on another day of class, where the activity has no slot and the teacher's day stays free."""
    taken = {other.local_start.date() for other in slot.activity.slots} | {season.free_visit_on}
    days = [day for day in season.days if day not in taken and day.weekday() != 2]
    return datetime.combine(min(days, key=lambda day: _days_between(day, slot)), _hour(slot))


def _days_between(day: date, slot: Slot) -> tuple[timedelta, date]:
    return abs(day - slot.local_start.date()), day


def _hour(slot: Slot) -> time:
    return slot.local_start.time()


# ---- Everybody else


def _book_everybody(cast: Cast, offered: Offered, chance: Random) -> None:
    """Each class books near its school: some wait for an answer, some are refused, some give up."""
    messages, host_company = reference.story().messages, reference.cast()["host_company"]
    # What happens at the demo's host is told by the story alone.
    elsewhere = [activity for demo, activity in offered.hosted if demo.company != host_company]
    rounds = [each for each in cast.classes for _ in range(chance.choice(BOOKINGS_A_CLASS))]
    chance.shuffle(rounds)
    seen: dict[int, set[int]] = {}
    for school_class in rounds:
        done = seen.setdefault(school_class.id, set())
        nearest = _nearest([activity for activity in elsewhere if activity.id not in done], school_class)
        slot = _draw(school_class, nearest, offered, chance)
        if slot is None:
            continue
        done.add(slot.activity_id)
        booking = services.request_places(
            slot.id, school_class.id, _owner(school_class), adults=_adults(slot, school_class),
            message=chance.choice(messages) if chance.random() < 0.4 else "", as_option=chance.random() < OPTIONS,
        )  # fmt: skip
        _settle(booking, chance)


def nearest_classes(activity: Activity, classes: Sequence[SchoolClass], most: int = 12) -> list[SchoolClass]:
    """The classes that the activity is for and whose schools are nearest to it."""
    suited = [each for each in classes if _suits(activity, each)]
    return sorted(suited, key=lambda each: (_distance(activity, each), each.id))[:most]


def _nearest(activities: Sequence[Activity], school_class: SchoolClass) -> list[Activity]:
    suited = [activity for activity in activities if _suits(activity, school_class)]
    return sorted(suited, key=lambda activity: (_distance(activity, school_class), activity.id))[:NEAREST]


def _draw(school_class: SchoolClass, activities: Sequence[Activity], offered: Offered, chance: Random) -> Slot | None:
    """A slot that the class can book, of one of the activities."""
    for activity in chance.sample(activities, len(activities)):
        if possible := _possible(offered.slots[activity.id], school_class):
            return chance.choice(possible)
    return None


def _suits(activity: Activity, school_class: SchoolClass) -> bool:
    levels = activity.level_codes
    return activity.booked_by is BookedBy.CLASS and (not levels or school_class.level_code in levels)


def _distance(activity: Activity, school_class: SchoolClass) -> float:
    site, school = activity.site, school_class.school
    if site.latitude is None or site.longitude is None or school.latitude is None or school.longitude is None:
        return 0.0
    return distance_km(site.latitude, site.longitude, school.latitude, school.longitude)


def _settle(booking: Booking, chance: Random) -> None:
    """What becomes of the booking: an answer, a cancellation, or nothing yet."""
    host, luck = booking.slot.activity.contact, chance.random()
    if booking.state is State.REQUESTED and luck < YES:
        services.answer_request(booking.id, host, accept=True)
    elif booking.state is State.REQUESTED and luck < YES + NO:
        services.answer_request(booking.id, host, accept=False, reason=chance.choice(HOST_REASONS))
    elif booking.state is not State.HELD and luck > 1 - WITHDRAWALS:
        reason = chance.choice(TEACHER_REASONS)
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=reason)


# ---- Who can come


def _possible(slots: Sequence[Slot], school_class: SchoolClass) -> list[Slot]:
    """The slots that the class could book, however many adults they ask for."""
    answers = explain_all(slots, school_class, adults=ENOUGH_ADULTS)
    return [slot for slot in slots if {type(each) for each in answers[slot.id].obstacles} <= HARMLESS]


def _adults(slot: Slot, school_class: SchoolClass) -> int:
    """The adults who come: those of the saved class, more when the host asks for more."""
    activity = slot.activity
    asked = adults_needed(
        school_class.pupils, slot.adults_per_class, activity.group_size_max, activity.adults_per_group
    )
    return max(school_class.adults, asked)


def _owner(school_class: SchoolClass) -> Person:
    return db.session.get_one(Person, school_class.owner_id)
