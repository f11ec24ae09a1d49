"""Two editions that are over: their visits are written as they ended, with the history that would have led there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from booking.bookings.models import Booking, BookingEvent, Feedback, VisitRecord
from booking.bookings.rules.feedback import WORKED
from booking.bookings.rules.states import Actor, CancelReason, Event, Origin, State
from booking.bookings.services.places import lock_school, take_places
from booking.bookings.services.requests import school_place
from booking.catalogue.models import (
    Activity,
    ActivityKind,
    ActivityLevel,
    BookedBy,
    Edition,
    PublicationState,
    Slot,
)
from booking.catalogue.rules.slots import slot_instants
from booking.catalogue.search import index_activity
from booking.core.dates import school_year
from booking.core.db import db
from booking.demo.reference import DemoActivity
from booking.demo.rules import Season, chance_of, span
from booking.demo.services.bookings import nearest_classes
from booking.demo.services.editions import Editions
from booking.demo.services.offers import Offered
from booking.demo.services.people import Cast
from booking.schools.models import SchoolClass

BOOKED_DAYS_BEFORE, SLOTS_WRITTEN_DAYS_BEFORE = 35, 80
EVENING = time(18, 0)
# One side in so many does not answer.
SILENT = 0.3
TEACHERS_SAY = (
    "",
    "Les élèves ont parlé du métier de régleur tout le trajet du retour.",
    "Groupe bien mené, explications claires ; prévoir un temps pour les questions.",
    "Très bon lien avec le cours de technologie.",
)
HOSTS_SAY = ("", "Classe curieuse, questions préparées.", "Groupe attentif, un peu juste en temps.")
ENDS = {State.ATTENDED: Event.ATTEND, State.MISSED: Event.MISS, State.EXCUSED: Event.EXCUSE}


@dataclass(frozen=True)
class Chronicle:
    """How an edition went. dates: how many each activity had, drawn from; ends: how its bookings ended, drawn from.

    holds: classes that came on one date, at most.
    """

    edition: Edition
    origin: Origin
    activities: int
    dates: tuple[int, ...]
    ends: tuple[State, ...]
    holds: int
    chance: Random


def make_past_editions(season: Season, editions: Editions, cast: Cast, offered: Offered) -> None:
    """November of last year, booked here, and April 2011, arranged by telephone and declared afterwards."""
    last = Chronicle(
        editions.last,
        Origin.DIRECT,
        activities=26,
        dates=(1, 2, 2),
        ends=(State.ATTENDED,) * 17 + (State.MISSED, State.EXCUSED, State.CANCELLED),
        holds=2,
        chance=chance_of(season.today, "last"),
    )
    first = replace(
        last, edition=editions.first, origin=Origin.DECLARED, activities=9, dates=(1, 2), ends=(State.ATTENDED,), holds=1,
        chance=chance_of(season.today, "2011"),
    )  # fmt: skip
    for chronicle in (first, last):
        _write(chronicle, cast, offered)
    db.session.flush()


def _write(chronicle: Chronicle, cast: Cast, offered: Offered) -> None:
    visits = [
        pair
        for pair in offered.hosted
        if pair[1].booked_by is BookedBy.CLASS and pair[0].hours and not pair[0].wednesdays_only
    ]
    for demo, activity in sorted(chronicle.chance.sample(visits, chronicle.activities), key=lambda pair: pair[1].id):
        old = _copy(activity, chronicle.edition)
        if chronicle.origin is Origin.DIRECT and activity.copied_from_id is None:
            activity.copied_from_id = old.id
        classes = nearest_classes(activity, cast.classes)
        for day in _days(chronicle):
            slot = slot_of(chronicle.chance, demo, old, day)
            for school_class in chronicle.chance.sample(classes, min(len(classes), chronicle.holds)):
                if _fits(slot, school_class):
                    _visit(chronicle, slot, school_class, cast)


def _fits(slot: Slot, school_class: SchoolClass) -> bool:
    """Whether the class can still come; a speaker goes to one school."""
    is_elsewhere = slot.school_id is not None and slot.school_id != school_class.school_id
    return school_class.pupils <= slot.free_pupils and not is_elsewhere


def _days(chronicle: Chronicle) -> list[date]:
    """Some days of the edition's first week, Wednesday apart."""
    week = [chronicle.edition.starts_on + timedelta(days=number) for number in (0, 1, 3, 4)]
    return sorted(chronicle.chance.sample(week, chronicle.chance.choice(chronicle.dates)))


def _copy(activity: Activity, edition: Edition) -> Activity:
    """The activity as it stood in that edition."""
    kept = ("company_id", "site_id", "contact_id", "kind", "title", "summary", "description", "sector", "subjects",
            "languages", "group_size_max", "adults_per_group", "area_km", "confirmation")  # fmt: skip
    written = _moment(edition.starts_on - timedelta(days=SLOTS_WRITTEN_DAYS_BEFORE), EVENING)
    old = Activity(
        edition_id=edition.id,
        state=PublicationState.PUBLISHED,
        created_at=written,
        updated_at=written,
        published_at=written,
        **{name: getattr(activity, name) for name in kept},
    )
    old.levels = [ActivityLevel(level_code=code) for code in activity.level_codes]
    db.session.add(old)
    db.session.flush()
    index_activity(old)
    return old


def slot_of(chance: Random, demo: DemoActivity, activity: Activity, day: date) -> Slot:
    """A date of the activity as it was written down, whether or not it can still be booked."""
    start, end = span(chance.choice(demo.hours))
    site, written = activity.site, activity.created_at
    local_start, local_end = datetime.combine(day, start), datetime.combine(day, end)
    starts_at, ends_at = slot_instants(local_start, local_end, site.timezone)
    slot = Slot(
        activity_id=activity.id,
        local_start=local_start,
        local_end=local_end,
        timezone=site.timezone,
        starts_at=starts_at,
        ends_at=ends_at,
        closes_at=starts_at - timedelta(days=3),
        max_classes=demo.classes,
        max_pupils=demo.pupils,
        adults_per_class=demo.adults,
        departement_code=site.departement_code,
        academie_code=site.departement.academie_code,
        created_at=written,
        updated_at=written,
    )
    db.session.add(slot)
    db.session.flush()
    return slot


def _visit(chronicle: Chronicle, slot: Slot, school_class: SchoolClass, cast: Cast) -> None:
    """One booking from its first day to its end; its places are taken as any other's are."""
    state = chronicle.chance.choice(chronicle.ends)
    old_class = _class_then(school_class, slot)
    edition_id, school = chronicle.edition.id, old_class.school
    if state is not State.CANCELLED:
        lock_school(school.id, edition_id)
        take_places(slot.id, school.id, edition_id, old_class.pupils)
        if slot.activity.kind is ActivityKind.CLASSROOM_WORKSHOP:
            slot.school_id = school.id
    is_declared = chronicle.origin is Origin.DECLARED
    booked_at = slot.starts_at - timedelta(days=BOOKED_DAYS_BEFORE)
    # What is declared is written down once it is over.
    noted_at = slot.ends_at + timedelta(days=2) if is_declared else booked_at
    booking = Booking(
        slot_id=slot.id,
        edition_id=edition_id,
        class_id=old_class.id,
        school_id=school.id,
        teacher_id=old_class.owner_id,
        booked_by_id=cast.officer.id if is_declared else old_class.owner_id,
        state=state,
        origin=chronicle.origin,
        class_name=old_class.name,
        level_code=old_class.level_code,
        pupils=old_class.pupils,
        adults=old_class.adults,
        assistants=old_class.assistants,
        girls=old_class.girls,
        departement_code=school.departement_code,
        academie_code=school.academie_code,
        commune_insee=school.commune_insee,
        confirmed_at=noted_at,
        created_at=noted_at,
        **_place(slot, old_class),
    )
    _end(chronicle, booking, slot, noted_at)
    db.session.add(booking)
    db.session.flush()
    _give_opinions(chronicle, booking, slot)


def _end(chronicle: Chronicle, booking: Booking, slot: Slot, noted_at: datetime) -> None:
    """The two lines of the history, and what the second one leaves on the booking."""
    is_declared, is_cancelled = chronicle.origin is Origin.DECLARED, booking.state is State.CANCELLED
    ended_at = noted_at + timedelta(days=9) if is_cancelled else max(noted_at, slot.ends_at + timedelta(hours=4))
    first, second = (Actor.OFFICER, Actor.OFFICER) if is_declared else (Actor.TEACHER, Actor.HOST)
    if is_cancelled:
        second = Actor.TEACHER
    booking.updated_at, booking.revision = ended_at, 1
    booking.ended_by = second
    if is_cancelled:
        booking.end_reason = CancelReason.TRANSPORT
    elif booking.state is State.ATTENDED:
        away = chronicle.chance.choice((0, 0, 1, 2))
        booking.present_pupils, booking.present_adults = booking.pupils - away, booking.adults
        booking.present_girls = (booking.pupils - away) // 2
        booking.visit_records.append(_record(booking, second, ended_at))
    event = ENDS.get(booking.state, Event.CANCEL)
    lines = ((Event.CONFIRM, None, State.CONFIRMED, first, noted_at),
             (event, State.CONFIRMED, booking.state, second, ended_at))  # fmt: skip
    host, reason = slot.activity.contact_id, booking.end_reason
    by = {Actor.OFFICER: booking.booked_by_id, Actor.TEACHER: booking.teacher_id, Actor.HOST: host}
    for event, before, after, actor, at in lines:
        booking.events.append(
            BookingEvent(event=event, from_state=before, to_state=after, actor=actor, person_id=by[actor],
                         reason=reason if after is State.CANCELLED else None, happened_at=at)
        )  # fmt: skip


def _record(booking: Booking, actor: Actor, at: datetime) -> VisitRecord:
    """Who came, as it was written down on the day."""
    return VisitRecord(
        key="demo",
        actor=actor,
        outcome=booking.state,
        pupils=booking.present_pupils,
        adults=booking.present_adults,
        girls=booking.present_girls,
        stands=True,
        is_late=actor is Actor.OFFICER,
        recorded_at=at,
    )


def _give_opinions(chronicle: Chronicle, booking: Booking, slot: Slot) -> None:
    """What both sides answered a few days later, most of them; hands rise between before and after."""
    if booking.state is not State.ATTENDED or chronicle.origin is Origin.DECLARED:
        return
    chance, girls = chronicle.chance, booking.present_girls or 0
    boys = (booking.present_pupils or 0) - girls
    answered = slot.ends_at + timedelta(days=3)
    before = (girls // 6, boys // 4)
    for side, comments in ((Actor.TEACHER, TEACHERS_SAY), (Actor.HOST, HOSTS_SAY)):
        if chance.random() < SILENT:
            continue
        is_teacher = side is Actor.TEACHER
        worked = sorted(chance.sample(sorted(WORKED), 3)) if is_teacher else []
        feedback = Feedback(
            booking_id=booking.id,
            side=side,
            asked_at=slot.ends_at + timedelta(days=1),
            answered_at=answered,
            rating=chance.choice((3, 4, 4, 5, 5)),
            again=chance.random() < 0.9,
            worked=worked,
            prepared=None if is_teacher else chance.random() < 0.8,
            comment=chance.choice(comments),
        )
        if is_teacher:
            feedback.before_girls, feedback.before_boys = before
            feedback.after_girls, feedback.after_boys = min(girls, before[0] * 2 + 1), min(boys, before[1] + 2)
        db.session.add(feedback)


def _class_then(school_class: SchoolClass, slot: Slot) -> SchoolClass:
    """The class of that year, of the same name and level, put away since."""
    year = school_year(slot.local_start.date())
    old = SchoolClass(
        school_id=school_class.school_id,
        owner_id=school_class.owner_id,
        name=school_class.name,
        level_code=school_class.level_code,
        subject_code=school_class.subject_code,
        pupils=school_class.pupils,
        adults=school_class.adults,
        assistants=school_class.assistants,
        girls=school_class.girls,
        school_year=year,
        created_at=_moment(date(year, 9, 10), EVENING),
        archived_at=_moment(date(year + 1, 7, 5), EVENING),
    )
    db.session.add(old)
    db.session.flush()
    return old


def _place(slot: Slot, school_class: SchoolClass) -> dict[str, object]:
    site, school = slot.activity.site, school_class.school
    if slot.activity.comes_to_class:
        return {
            "place": school_place(school_class),
            "place_latitude": school.latitude,
            "place_longitude": school.longitude,
        }
    return {"place": site.one_line, "place_latitude": site.latitude, "place_longitude": site.longitude}


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZoneInfo("Europe/Paris"))
