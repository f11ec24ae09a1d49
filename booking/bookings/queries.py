"""Reads of the bookings room: what a page or a rule needs to know of a slot, a class and its other outings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from booking.accounts.models import Membership, MemberState, Person
from booking.bookings.answering import answering_of
from booking.bookings.authorisation_models import Authorisation
from booking.bookings.guests import ComingClass, GuestClass
from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.rules.capacity import Kept, Places
from booking.bookings.rules.clashes import Outing, clash_with
from booking.bookings.rules.explain import (
    ClassFacts,
    Explanation,
    SlotFacts,
    World,
    explanation,
    first_stop,
    obstacles,
)
from booking.bookings.rules.journey import Journey, door_to_door
from booking.bookings.rules.obstacles import Obstacle
from booking.bookings.rules.scores import Answering, Fit, Travel, score
from booking.bookings.rules.sentences import Clocks
from booking.bookings.rules.states import ALIVE, OFFERED_BY_HOST, TAKEN, Answer, State
from booking.bookings.rules.waiting import InLine, OfferedElsewhere, Room, Turn, next_turn
from booking.bookings.suspension_models import OutingSuspension
from booking.bookings.suspension_queries import running_suspensions, suspension_on, suspension_sentence
from booking.catalogue.invitations import invited_slots
from booking.catalogue.models import Activity, BookedBy, PublicationState, Slot, SlotAudience, SlotState
from booking.companies.models import Company, Site, Trust
from booking.companies.pauses import is_paused, takes_requests
from booking.core import clock
from booking.core.dates import format_span
from booking.core.db import db
from booking.core.i18n import _
from booking.schools.classes import classes_of_schools
from booking.schools.models import Absence, Audience, School, SchoolClass
from booking.territory.queries import holiday_calendar
from booking.territory.rules import HolidayCalendar, distance_km, today_at, travel_minutes

# A class is busy with what is taken; a place on a waiting list keeps it nowhere.
BUSY = TAKEN - {State.MISSED, State.EXCUSED}
PRIORITY_EDUCATION = frozenset({"REP", "REP+"})


def explain(
    slot: Slot, school_class: ComingClass, *, adults: int | None = None, pupils: int | None = None
) -> Explanation:
    """Every obstacle between the class and the slot, what already fits, and what must still happen (rule 6)."""
    return explain_all([slot], school_class, adults=adults, pupils=pupils)[slot.id]


def explain_all(
    slots: Sequence[Slot],
    school_class: ComingClass,
    *,
    adults: int | None = None,
    pupils: int | None = None,
    moving: Booking | None = None,
) -> dict[int, Explanation]:
    """The explanation of each slot for one class, saved or not, by slot id, in a constant number of reads.

    moving: its booking that would be there instead of where it is, and does not stand in its own way.
    """
    if not slots:
        return {}
    group = class_facts(school_class, adults=adults, pupils=pupils)
    known = _without(_known_of(school_class, {slot.activity.edition_id for slot in slots}), moving)
    waits = Waits(awaited_slots(slots), kept_places(slots))
    return known.explanations(slots, group, waits, lambda: is_priority_school(school_class.school))


def world_of(
    slot: Slot, school_class: SchoolClass, *, place_is_held: bool = False, moving: Booking | None = None
) -> World:
    """What else is known for this slot and class. place_is_held: this very booking is already in the counters.

    moving: as in explain_all.
    """
    world = _without(_known_of(school_class, {slot.activity.edition_id}), moving).world(slot)
    if moving is not None:
        return world
    return replace(world, school_taken=world.school_taken - 1) if place_is_held else world


@dataclass(frozen=True)
class Waits:
    """Who else has a claim on the free places of some slots: classes in line, and what is kept for priority schools."""

    awaited: set[int]
    kept: dict[int, Kept]


@dataclass(frozen=True)
class Known:
    """What was read once about a class, to be compared with any number of slots. knows_outings: all of them are here."""

    school_class: ComingClass
    bookings: list[Booking]
    absences: list[Absence]
    calendar: HolidayCalendar
    taken: dict[int, int]
    is_trusted: bool
    invited: set[int]
    suspensions: Sequence[OutingSuspension]
    knows_outings: bool = True

    def explanations(
        self, slots: Sequence[Slot], group: ClassFacts, waits: Waits, is_priority: Callable[[], bool]
    ) -> dict[int, Explanation]:
        """The explanation of each slot. is_priority: asked only where something is kept."""
        may_use_kept = any(slot.id in waits.kept for slot in slots) and is_priority()
        worlds = {
            slot.id: replace(
                self.world(slot),
                is_awaited=slot.id in waits.awaited,
                kept=waits.kept.get(slot.id),
                is_priority=may_use_kept,
            )
            for slot in slots
        }
        return {slot.id: explanation(slot_facts(slot, self.school_class), group, worlds[slot.id]) for slot in slots}

    def world(self, slot: Slot) -> World:
        day, school = slot.local_start.date(), self.school_class.school
        site, edition = slot.activity.site, slot.activity.edition
        status = self.calendar.status(day)
        distance = _distance_km(school, site)
        away = next((absence for absence in self.absences if absence.first_on <= day <= absence.last_on), None)
        suspended = suspension_on(self.suspensions, {school.departement_code, slot.departement_code}, day)
        return World(
            now=clock.now(),
            others=tuple(outing_of(b) for b in self.bookings if b.slot_id != slot.id and b.state in BUSY),
            is_booked_already=any(b.slot_id == slot.id and b.state in ALIVE for b in self.bookings),
            is_in_line=any(b.slot_id == slot.id and b.state is State.WAITING for b in self.bookings),
            away=(away.reason or "…") if away else None,
            day_off=status.name if status.is_off else None,
            holidays_known=status.is_known,
            school_taken=self.taken.get(edition.id, 0),
            school_cap=edition.bookings_per_school,
            distance_km=distance,
            is_outings_suspended=suspended is not None,
            suspension=suspension_sentence(suspended) if suspended else "",
            is_trusted=self.is_trusted,
            head_authorises_first=asks_head_first(school, slot.activity),
            may_use_reserved=slot.id in self.invited,
            knows_outings=self.knows_outings,
        )


def _known_of(school_class: ComingClass, edition_ids: set[int]) -> Known:
    if isinstance(school_class, GuestClass):
        return _known_of_guest(school_class, edition_ids)
    return Known(
        school_class=school_class,
        bookings=bookings_of_class(school_class.id),
        absences=list(db.session.scalars(_absences_of(school_class))),
        calendar=holiday_calendar(school_class.school.departement_code),
        taken=school_taken(school_class.school_id, edition_ids),
        is_trusted=is_trusted_at(school_class.owner_id, school_class.school_id),
        invited=invited_slots(school_class.school_id),
        suspensions=running_suspensions(),
    )


def _without(known: Known, moving: Booking | None) -> Known:
    """What is known of the class, this booking of its left out: of its outings, and of its school's share."""
    if moving is None:
        return known
    taken = {**known.taken, moving.edition_id: known.taken.get(moving.edition_id, 0) - 1}
    return replace(known, bookings=[each for each in known.bookings if each.id != moving.id], taken=taken)


def _known_of_guest(guest: GuestClass, edition_ids: set[int]) -> Known:
    """Of a class that is not saved: no outings. When the school is away, and who invites it, are for its members."""
    member = guest.person_id is not None and is_member_of(guest.person_id, guest.school_id)
    return Known(
        school_class=guest,
        bookings=[],
        absences=list(db.session.scalars(_absences_of(guest))) if member else [],
        calendar=holiday_calendar(guest.school.departement_code),
        taken=school_taken(guest.school_id, edition_ids),
        is_trusted=not member or is_trusted_at(guest.person_id or 0, guest.school_id),
        invited=invited_slots(guest.school_id) if member else set(),
        suspensions=running_suspensions(),
        knows_outings=False,
    )


@dataclass(frozen=True)
class Choice:
    """One class on one slot among several that would come together. adults: when they differ from the saved ones."""

    slot: Slot
    school_class: SchoolClass
    adults: int | None = None


def explain_together(choices: Sequence[Choice]) -> dict[int, Explanation]:
    """What stands in the way of each class, by class id, when all of them book at once.

    Each finds the places that those before it have left, in the order in which `request_together` takes them.
    """
    answers = {}
    awaited = awaited_slots({choice.slot.id: choice.slot for choice in choices}.values())
    before: list[Choice] = []
    for choice in sorted(choices, key=lambda each: (each.slot.id, each.school_class.id)):
        slot, school_class = choice.slot, choice.school_class
        here = [each.school_class for each in before if each.slot.id == slot.id]
        facts = slot_facts(slot, school_class)
        places = replace(
            facts.places,
            taken_classes=facts.places.taken_classes + len(here),
            taken_pupils=facts.places.taken_pupils + sum(each.pupils for each in here),
        )
        school_id = here[0].school_id if here and facts.is_workshop else facts.workshop_school_id
        world = world_of(slot, school_class)
        same_school = sum(each.school_class.school_id == school_class.school_id for each in before)
        answers[school_class.id] = explanation(
            replace(facts, places=places, workshop_school_id=school_id),
            class_facts(school_class, adults=choice.adults),
            replace(world, school_taken=world.school_taken + same_school, is_awaited=slot.id in awaited),
        )
        before.append(choice)
    return answers


def journey_of(slot: Slot, school: School) -> Journey | None:
    """From the school's door to its door; None for a workshop in class, or when a position is not known."""
    site = slot.activity.site
    if slot.activity.comes_to_class:
        return None
    return door_to_door(
        slot.local_start, slot.local_end, (school.latitude, school.longitude), (site.latitude, site.longitude)
    )


def class_facts(school_class: ComingClass, *, adults: int | None = None, pupils: int | None = None) -> ClassFacts:
    """The class as the rules see it, with the counts of this very booking when they differ from the saved ones."""
    return ClassFacts(
        name=school_class.name,
        is_staff=school_class.audience is Audience.STAFF,
        level=school_class.level_code,
        pupils=school_class.pupils if pupils is None else pupils,
        adults=school_class.adults if adults is None else adults,
        wheelchairs=school_class.wheelchairs,
        school_id=school_class.school_id,
        departement=school_class.school.departement_code,
    )


def slot_facts(slot: Slot, school_class: ComingClass | None = None) -> SlotFacts:
    """The slot and its activity as the rules see them; a workshop takes place at the class's own school."""
    activity = slot.activity
    latitude, longitude = activity.site.latitude, activity.site.longitude
    if activity.comes_to_class and school_class is not None:
        latitude, longitude = school_class.school.latitude, school_class.school.longitude
    return SlotFacts(
        outing=Outing(slot.starts_at, slot.ends_at, latitude, longitude, activity.title),
        day=slot.local_start.date(),
        timezone=slot.timezone,
        is_bookable=is_public(activity) and slot.state is SlotState.OPEN,
        is_cancelled=slot.state is SlotState.CANCELLED,
        opens_at=slot.opens_at,
        closes_at=slot.closes_at,
        places=Places(slot.max_classes, slot.max_pupils, slot.taken_classes, slot.taken_pupils),
        adults_per_class=slot.adults_per_class,
        group_size_max=activity.group_size_max,
        adults_per_group=activity.adults_per_group,
        levels=frozenset(activity.level_codes),
        booked_by=activity.booked_by,
        is_workshop=activity.comes_to_class,
        area_km=activity.area_km,
        workshop_school_id=slot.school_id if activity.comes_to_class else None,
        is_reserved=slot.audience is SlotAudience.RESERVED,
        is_private=is_private(activity) and slot.state is SlotState.OPEN,
        access_motor=activity.access_motor,
        round_until=slot.round_until,
        is_paused=is_paused(activity.company, clock.now().date()),
        paused_until=None if activity.company.silent_since else activity.company.paused_until,
        edition=activity.edition.name,
        edition_opens_at=activity.edition.bookings_open_at,
    )


def asks_head_first(school: School, activity: Activity) -> bool:
    """Whether an outing is not firm without the head's yes: the school says so, or the firm answers after the head.

    Of a workshop never: its speakers are known later, and the head can still refuse them.
    """
    return (school.head_authorises_first or activity.waits_for_head) and not activity.comes_to_class


def is_public(activity: Activity) -> bool:
    """Published, by a trusted company: what the programme shows (product, section 11)."""
    return activity.state is PublicationState.PUBLISHED and activity.company.trust is Trust.TRUSTED


def is_private(activity: Activity) -> bool:
    """Published by its host, not yet in the programme: open only to the school that a private link invites."""
    return activity.state is PublicationState.PUBLISHED and activity.company.trust is Trust.PENDING


def outing_of(booking: Booking) -> Outing:
    """When and where a booking keeps its class."""
    slot = booking.slot
    return Outing(
        slot.starts_at,
        slot.ends_at,
        booking.place_latitude,
        booking.place_longitude,
        slot.activity.title,
        format_span(slot.local_start, slot.local_end, slot.timezone),
    )


def clocks_of(booking: Booking) -> Clocks:
    """The dates of this booking that somebody may have to keep."""
    slot = booking.slot
    return Clocks(
        state=booking.state,
        timezone=slot.timezone,
        now=clock.now(),
        ends_at=slot.ends_at,
        company=slot.activity.company.name,
        until=slot.closes_at if booking.state is State.WAITING else booking.deadline_at,
        host_due=booking.host_answer_due_at if booking.host_answer is Answer.PENDING else None,
        head_due=booking.head_answer_due_at if booking.head_answer is Answer.PENDING else None,
        reconfirm_by=booking.reconfirm_by,
        free_until=booking.cancellable_until,
        is_offered_by_host=booking.origin in OFFERED_BY_HOST,
        host_is_last=booking.host_answer is Answer.PENDING and booking.host_answer_due_at is None,
        head_is_asked=_is_with_head(booking),
        clash=_clash_words(booking) if booking.reconfirm_by and booking.reconfirm_by > clock.now() else "",
    )


def clash_of(booking: Booking) -> Outing | None:
    """Another outing that keeps the class from this one, if any."""
    others = [other for other in bookings_of_class(booking.class_id) if other.id != booking.id and other.state in BUSY]
    return clash_with(outing_of(booking), [outing_of(other) for other in others])


def _clash_words(booking: Booking) -> str:
    clash = clash_of(booking)
    return _("« %(title)s », %(when)s", title=clash.title, when=clash.when) if clash else ""


def _is_with_head(booking: Booking) -> bool:
    authorisation = booking.authorisation
    return (
        authorisation is not None
        and authorisation.answer is Answer.PENDING
        and any(signer.last_sent_at for signer in authorisation.signers)
        and booking.slot.starts_at > clock.now()
    )


def linked_bookings(booking: Booking) -> list[Booking]:
    """The other bookings made together with this one, whatever became of them."""
    if booking.group_id is None:
        return []
    query = select(Booking).where(Booking.group_id == booking.group_id, Booking.id != booking.id)
    return list(db.session.scalars(_shown(query.order_by(Booking.id))).unique())


def slots_of_day(slot: Slot) -> list[Slot]:
    """The open slots of the same activity on the same day, this one among them, the earliest first."""
    day = slot.local_start.date()
    query = select(Slot).where(Slot.activity_id == slot.activity_id, Slot.state == SlotState.OPEN)
    found = db.session.scalars(query.order_by(Slot.starts_at, Slot.id))
    return [each for each in found if each.local_start.date() == day]


def bookings_of_class(class_id: int) -> list[Booking]:
    """Bookings of the class that keep it busy or wait, with their slots."""
    query = (
        select(Booking)
        .where(Booking.class_id == class_id, Booking.state.in_(BUSY | ALIVE))
        .options(joinedload(Booking.slot).joinedload(Slot.activity))
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def bookings_in_absence(absence: Absence, *, only_of: SchoolClass | None = None) -> list[Booking]:
    """The bookings to come that fall on these days, of this class, or of the whole school; the soonest first."""
    class_id = absence.class_id or (only_of.id if only_of else None)
    whose = Booking.class_id == class_id if class_id else Booking.school_id == absence.school_id
    query = (
        select(Booking)
        .join(Booking.slot)
        .where(
            whose,
            Booking.state.in_(ALIVE),
            Slot.ends_at > clock.now(),
            Slot.local_start >= datetime.combine(absence.first_on, time()),
            Slot.local_start < datetime.combine(absence.last_on + timedelta(days=1), time()),
        )
        .options(contains_eager(Booking.slot).joinedload(Slot.activity))
        .order_by(Slot.starts_at, Booking.id)
    )
    return list(db.session.scalars(query))


def _absences_of(school_class: ComingClass):
    """Of the school as a whole, and of the class itself once it is saved."""
    return select(Absence).where(
        Absence.school_id == school_class.school_id,
        (Absence.class_id.is_(None)) | (Absence.class_id == school_class.id),
    )


def school_taken(school_id: int, edition_ids: set[int]) -> dict[int, int]:
    """Bookings that hold a place, by edition, of one school: what an edition's cap is compared with."""
    query = select(SchoolInEdition.edition_id, SchoolInEdition.taken_bookings).where(
        SchoolInEdition.school_id == school_id, SchoolInEdition.edition_id.in_(edition_ids)
    )
    return dict(db.session.execute(query).tuples().all())


def taken_of_schools(school_ids: Iterable[int], edition_id: int) -> dict[int, int]:
    """The same for many schools and one edition, by school."""
    query = select(SchoolInEdition.school_id, SchoolInEdition.taken_bookings).where(
        SchoolInEdition.school_id.in_(school_ids), SchoolInEdition.edition_id == edition_id
    )
    return dict(db.session.execute(query).tuples().all())


def is_member_of(person_id: int, school_id: int) -> bool:
    """Whether the person is an active member of the school, trusted or not."""
    query = select(Membership.id).where(
        Membership.person_id == person_id, Membership.school_id == school_id, Membership.state == MemberState.ACTIVE
    )
    return db.session.scalar(query.limit(1)) is not None


def is_trusted_at(person_id: int, school_id: int) -> bool:
    """Whether the person is trusted as a member of the school: otherwise they may only request."""
    query = select(Membership.id).where(
        Membership.person_id == person_id,
        Membership.school_id == school_id,
        Membership.state == MemberState.ACTIVE,
        Membership.trusted_at.is_not(None),
    )
    return db.session.scalar(query.limit(1)) is not None


def saved_classes(person: Person) -> list[SchoolClass]:
    """The classes the person may book for: one's own first, then the colleagues' of the same schools.

    Colleagues' only where the person is trusted: whoever signs up for a school is not shown its classes at once.
    """
    here = [m for m in person.memberships if m.is_active and m.school_id is not None]
    trusted_at = {m.school_id for m in here if m.is_trusted}
    found = classes_of_schools({m.school_id for m in here if m.school_id}, first_owner_id=person.id)
    return [each for each in found if each.owner_id == person.id or each.school_id in trusted_at]


def usual_class(classes: Sequence[SchoolClass], person_id: int, activity: Activity | None = None) -> SchoolClass | None:
    """The class to begin with among these, the person's own before a colleague's: the one booked for last, if the
    activity is for it, else one that it is for, else the last one all the same, else the first."""
    if len(classes) < 2:
        return next(iter(classes), None)
    latest = (
        select(Booking.class_id)
        .where(
            (Booking.teacher_id == person_id) | (Booking.booked_by_id == person_id),
            Booking.class_id.in_([each.id for each in classes]),
        )
        .order_by(Booking.id.desc())
        .limit(1)
    )
    last_id = db.session.scalar(latest)
    return min(
        classes,
        key=lambda each: (
            each.owner_id != person_id and each.id != last_id,
            not _is_for(activity, each),
            each.id != last_id,
        ),
    )


def _is_for(activity: Activity | None, school_class: SchoolClass) -> bool:
    """Whether the activity is for such people: this class's level, or staff. No activity in mind suits everybody."""
    if activity is None:
        return True
    if school_class.audience is Audience.STAFF or activity.booked_by is BookedBy.STAFF:
        return school_class.audience is Audience.STAFF and activity.booked_by is BookedBy.STAFF
    return not activity.level_codes or school_class.level_code in activity.level_codes


def owner_names(classes: Iterable[SchoolClass]) -> dict[int, str]:
    """Whose classes these are, by the owner's id."""
    owners = {school_class.owner_id for school_class in classes}
    return {person.id: person.name for person in db.session.scalars(select(Person).where(Person.id.in_(owners)))}


def _shown(query):
    """With all that a list of bookings shows, in one read."""
    return query.options(
        joinedload(Booking.slot).joinedload(Slot.activity).joinedload(Activity.site),
        joinedload(Booking.slot).joinedload(Slot.activity).joinedload(Activity.company),
        joinedload(Booking.slot).joinedload(Slot.activity).joinedload(Activity.contact),
        joinedload(Booking.school),
        joinedload(Booking.teacher),
        joinedload(Booking.school_class),
        selectinload(Booking.authorisation).selectinload(Authorisation.signers),
    )


def bookings_of_teacher(person: Person) -> list[Booking]:
    """The person's bookings, the next outing first."""
    query = select(Booking).join(Booking.slot).where(
        (Booking.teacher_id == person.id) | (Booking.booked_by_id == person.id)
    )  # fmt: skip
    return list(db.session.scalars(_shown(query.order_by(Slot.starts_at, Booking.id))).unique())


def bookings_of_school(school_id: int, *, now: datetime | None = None) -> list[Booking]:
    """All of the school's bookings, the next outing first."""
    query = select(Booking).join(Booking.slot).where(Booking.school_id == school_id)
    return list(db.session.scalars(_shown(query.order_by(Slot.starts_at, Booking.id))).unique())


def bookings_of_company(company_id: int, *states: State) -> list[Booking]:
    """Bookings on the company's slots, the next slot first; of these states only when some are given."""
    query = select(Booking).join(Booking.slot).join(Slot.activity).where(Activity.company_id == company_id)
    if states:
        query = query.where(Booking.state.in_(states))
    return list(db.session.scalars(_shown(query.order_by(Slot.starts_at, Booking.id))).unique())


def bookings_of_slot(slot_id: int, *states: State) -> list[Booking]:
    query = select(Booking).where(Booking.slot_id == slot_id)
    if states:
        query = query.where(Booking.state.in_(states))
    return list(db.session.scalars(_shown(query.order_by(Booking.id))).unique())


def slots_of_company(company_id: int, *, since: datetime) -> list[Slot]:
    """The company's slots that end after `since`, the next first."""
    query = (
        select(Slot)
        .join(Slot.activity)
        .where(Activity.company_id == company_id, Slot.ends_at > since)
        .options(joinedload(Slot.activity).joinedload(Activity.site))
        .order_by(Slot.starts_at, Slot.id)
    )
    return list(db.session.scalars(query))


def alternatives(slot: Slot, school_class: ComingClass, *, most: int = 3) -> list[Slot]:
    """Up to three slots near this one that the class could book: same activity, then same theme, level and area."""
    activity = slot.activity
    candidates = (
        select(Slot)
        .join(Slot.activity)
        .join(Activity.company)
        .where(
            Slot.id != slot.id,
            Slot.state == SlotState.OPEN,
            Slot.closes_at > clock.now(),
            Slot.starts_at.between(slot.starts_at - timedelta(days=90), slot.starts_at + timedelta(days=90)),
            Slot.taken_classes < Slot.max_classes,
            Slot.max_pupils - Slot.taken_pupils >= school_class.pupils,
            Activity.edition_id == activity.edition_id,
            Activity.state == PublicationState.PUBLISHED,
            Company.trust == Trust.TRUSTED,
            takes_requests(clock.now().date()),
            Slot.round_until.is_(None),
            (Slot.academie_code == slot.academie_code) | (Slot.departement_code == slot.departement_code),
        )
        .options(
            joinedload(Slot.activity).joinedload(Activity.site),
            joinedload(Slot.activity).joinedload(Activity.company),
            joinedload(Slot.activity).joinedload(Activity.edition),
            joinedload(Slot.activity).selectinload(Activity.levels),
        )
        .order_by(Slot.starts_at)
        .limit(300)
    )
    found = list(db.session.scalars(candidates).unique())
    habits = answering_of({other.activity.company_id for other in found})
    nearest = sorted(
        found, key=lambda other: (-_nearness(other, slot, school_class, habits), other.starts_at, other.id)
    )
    shortlist = nearest[: most * 6]
    answers = explain_all(shortlist, school_class)
    chosen: list[Slot] = []
    for other in shortlist:
        # One date of each other activity is enough; of the same activity every date is welcome.
        seen = {c.activity_id for c in chosen} - {slot.activity_id}
        # Adults that are missing can be found: no reason to leave the class without any other visit.
        is_within_reach = all(stop.field == "adults" for stop in answers[other.id].stops)
        if is_within_reach and other.activity_id not in seen:
            chosen.append(other)
        if len(chosen) == most:
            break
    return chosen


def _nearness(other: Slot, wanted: Slot, school_class: ComingClass, habits: Mapping[int, Answering]) -> int:
    """How near another slot comes to the wanted one, in points: the same activity and theme, then distance and days."""
    activity, asked = other.activity, wanted.activity
    fit = fit_of(activity, school_class, habits)
    return score(
        replace(
            fit,
            days_apart=abs((other.starts_at - wanted.starts_at).days),
            sector=activity.sector == asked.sector,
            same_activity=activity.id == asked.id,
            same_kind=activity.kind is asked.kind,
        )
    ).points


def fit_of(activity: Activity, school_class: ComingClass, habits: Mapping[int, Answering]) -> Fit:
    """What speaks for an activity and a class, dates and themes apart. habits: how companies answer, by their id."""
    subject = getattr(school_class, "subject_code", None)
    return Fit(
        travel=travel_to(activity, school_class.school),
        level=school_class.level_code in activity.level_codes if activity.level_codes else None,
        subject=subject in activity.subjects if subject and activity.subjects else None,
        access=bool(activity.access_motor) if school_class.wheelchairs and not activity.comes_to_class else None,
        answering=habits.get(activity.company_id),
    )


def travel_to(activity: Activity, school: School) -> Travel:
    """The way from the school to the activity's site, estimated; none when the company comes to the class."""
    if activity.comes_to_class:
        return Travel(comes=True)
    site = activity.site
    if school.latitude is None or school.longitude is None or site.latitude is None or site.longitude is None:
        return Travel()
    return Travel(travel_minutes(school.latitude, school.longitude, site.latitude, site.longitude))


def _distance_km(school: School, site: Site) -> float | None:
    """As the crow flies; None when one of the two positions is unknown."""
    if school.latitude is None or school.longitude is None or site.latitude is None or site.longitude is None:
        return None
    return distance_km(school.latitude, school.longitude, site.latitude, site.longitude)


# ---- Kept places


def kept_places(slots: Iterable[Slot]) -> dict[int, Kept]:
    """What these slots still keep for priority schools, by slot id; nothing once the day is over, with no job to wait for."""
    now = clock.now()
    keeping = [
        slot
        for slot in slots
        if slot.kept_classes and slot.kept_until and today_at(slot.timezone, now) <= slot.kept_until
    ]
    if not keeping:
        return {}
    query = (
        select(Booking.slot_id, func.count())
        .where(Booking.slot_id.in_([slot.id for slot in keeping]), Booking.state.in_(TAKEN), Booking.is_priority)
        .group_by(Booking.slot_id)
    )
    used = dict(db.session.execute(query).tuples().all())
    left = {
        slot.id: Kept(slot.kept_classes - used.get(slot.id, 0), slot.kept_until) for slot in keeping if slot.kept_until
    }
    return {slot_id: kept for slot_id, kept in left.items() if kept.classes > 0}


def is_priority_school(school: School) -> bool:
    """Whether kept places are for this school: priority education, or no class of its own ever had a place."""
    if school.priority_education in PRIORITY_EDUCATION:
        return True
    served = select(Booking.id).where(Booking.school_id == school.id, Booking.state.in_(TAKEN - {State.OFFERED}))
    return db.session.scalar(served.limit(1)) is None


# ---- The waiting list


def line_of(slot_id: int) -> list[Booking]:
    """The bookings in line for a slot, in no order, read afresh: `rules.waiting.in_order` puts them in theirs."""
    query = (
        select(Booking)
        .where(Booking.slot_id == slot_id, Booking.state == State.WAITING)
        .options(joinedload(Booking.school_class).joinedload(SchoolClass.school))
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def in_line(booking: Booking) -> InLine:
    """A waiting booking as the rules see it."""
    return InLine(
        booking_id=booking.id,
        pupils=booking.pupils,
        since=booking.created_at,
        priority=booking.priority,
        skip_count=booking.skip_count,
        school_id=booking.school_id,
    )


def room_of(slot: Slot, *, without_pupils: int = 0, without_classes: int = 0) -> Room:
    """What the slot has left; without: as if so many, which hold their places, had not come."""
    classes, pupils = slot.taken_classes - without_classes, slot.taken_pupils - without_pupils
    places = Places(slot.max_classes, slot.max_pupils, classes, pupils)
    return Room(places, slot.school_id, kept_places([slot]).get(slot.id))


def turn_of(slot: Slot, room: Room) -> Turn:
    """Whose turn it is in the line of the slot; nobody's when the slot takes no bookings."""
    if slot.state is not SlotState.OPEN or slot.closes_at <= clock.now():
        return Turn(None)
    line = {booking.id: booking for booking in line_of(slot.id)}
    waiting = [in_line(booking) for booking in line.values()]
    if room.kept is not None:
        waiting = [
            replace(each, may_use_kept=is_priority_school(line[each.booking_id].school_class.school))
            for each in waiting
        ]
    return next_turn(waiting, room, lambda each: keeping_away(line[each.booking_id]) is None)


def keeping_away(booking: Booking) -> Obstacle | None:
    """What keeps a class in line from the slot, were there room for it. Adults that are missing can be found."""
    slot, school_class = booking.slot, booking.school_class
    others = bookings_of_class(booking.class_id)
    offered = (
        other
        for other in others
        if other.state is State.OFFERED and other.id != booking.id and other.slot.activity_id == slot.activity_id
    )
    if other := next(offered, None):
        return OfferedElsewhere(when=outing_of(other).when)
    facts = replace(bookable_facts(slot_facts(slot, school_class)), workshop_school_id=None, is_paused=False)
    group = class_facts(school_class, adults=booking.adults, pupils=booking.pupils)
    world = replace(world_of(slot, school_class), is_booked_already=False, is_in_line=False)
    found = obstacles(facts, group, world)
    return first_stop(obstacle for obstacle in found if obstacle.field != "adults")


def awaited_slots(slots: Iterable[Slot]) -> set[int]:
    """Ids of the slots whose free places a class in line could take: nobody else may book them."""
    asked = [slot for slot in slots if slot.waiting_classes and slot.free_pupils > 0]
    return {slot.id for slot in asked if turn_of(slot, room_of(slot)).offered}


def bookable_facts(facts: SlotFacts) -> SlotFacts:
    """The same slot, as if it had room: used once its places are already held by the guarded statement."""
    places = replace(facts.places, taken_classes=0, taken_pupils=0)
    return replace(facts, places=places, round_until=None)
