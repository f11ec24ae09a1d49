"""Handing over: one booking to a colleague, or all that somebody leaves behind when they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from booking.accounts import mails as account_mails
from booking.accounts import services as accounts
from booking.accounts.models import Membership, MemberState, Person
from booking.bookings.models import Booking
from booking.bookings.queries import is_trusted_at
from booking.bookings.rules.states import ALIVE, Actor, CancelReason, Event
from booking.bookings.services.activities import rewrite_contact
from booking.bookings.services.places import lock_all, lock_booking
from booking.bookings.services.slots import cancel_slot, lock_slots_with_bookings
from booking.bookings.services.transitions import step
from booking.catalogue.models import Activity, PublicationState, Slot
from booking.companies.models import Company
from booking.companies.services import lock_company
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _, _n, speaking
from booking.schools.models import SchoolClass


class NotAColleague(Refusal):
    """Only a trusted member of the same school takes over: otherwise a firm booking would be in unknown hands."""

    code = "not_a_colleague"
    field = "heir"

    def sentence(self) -> Any:
        return _("Choisissez un collègue vérifié du même établissement, autre que la personne qui confie.")


class StillNeeded(Refusal):
    """bookings: alive ones of the person. activities: published or booked ones whose contact the person is."""

    code = "still_needed"
    field = "heir"
    bookings: int = 0
    activities: int = 0

    def sentence(self) -> Any:
        if self.bookings:
            return _n(
                "Il reste %(num)d réservation en cours : confiez-la à un collègue, ou annulez-la d’abord.",
                "Il reste %(num)d réservations en cours : confiez-les à un collègue, ou annulez-les d’abord.",
                self.bookings,
            )
        return _n(
            "Vous êtes le contact de %(num)d activité publiée : confiez-la à un collègue, ou retirez-la d’abord.",
            "Vous êtes le contact de %(num)d activités publiées : confiez-les à un collègue, ou retirez-les d’abord.",
            self.activities,
        )


def hand_over(booking_id: int, heir_id: int, person: Person, *, actor: Actor = Actor.TEACHER) -> Booking:
    """Another teacher of the school follows the booking from now on.

    A firm one leaves the first calendar and enters the other as a new object; the company learns the new name.
    Refuses: NotFound, NotPossibleNow, NotAColleague.
    """
    booking = lock_booking(booking_id)
    heir = db.session.get(Person, heir_id)
    if heir is None or heir.id == booking.teacher_id or not is_trusted_at(heir.id, booking.school_id):
        raise NotAColleague
    return _pass_on(booking, booking.teacher, heir, person, actor)


def _pass_on(booking: Booking, giver: Person, heir: Person, person: Person, actor: Actor) -> Booking:
    """The giver no longer follows the booking: as its teacher, as the colleague who booked it, or both."""
    old_name = booking.teacher.name
    to = heir if booking.teacher_id == giver.id else booking.teacher
    if booking.booked_by_id == giver.id:
        # The key belongs to the one who sent it: under another's name it could meet one of theirs.
        booking.booked_by, booking.idempotency_key = to, None
    booking.teacher = to
    db.session.flush()
    details = {"from": giver.id, "to": to.id}
    return step(booking, Event.HAND_OVER, actor, person, before={"teacher": old_name}, details=details)


# ---- Leaving


def leave(membership_id: int, person: Person, heir_id: int | None = None) -> Membership:
    """The person leaves a school or a company; what they follow there goes to the heir, who is told.

    Refuses: StillNeeded when something is left and nobody takes it, NotAColleague, LastManager, AlreadyAnswered.
    """
    membership = db.session.get_one(Membership, membership_id, populate_existing=True)
    heir = _heir(membership, heir_id)
    if membership.school_id:
        _leave_school(membership, person, heir)
    elif membership.company_id:
        _leave_company(membership, person, heir)
    return accounts.end_membership(membership_id)


def remove_colleague(membership_id: int, manager: Person) -> Membership:
    """A manager takes a colleague out of the company; the activities they were the contact of come to the manager.

    Refuses: LastManager, AlreadyAnswered.
    """
    membership = db.session.get_one(Membership, membership_id, populate_existing=True)
    _leave_company(membership, manager, manager)
    ended = accounts.end_membership(membership_id)
    account_mails.say_removed(ended.person, ended.company.name if ended.company else "")
    return ended


def close_account(person_id: int) -> Person:
    """The person leaves the service: nothing of theirs may still be expected. Refuses: StillNeeded, LastManager."""
    person = db.session.get_one(Person, person_id, populate_existing=True)
    if left := len(_alive_of(person)):
        raise StillNeeded(bookings=left)
    if left := _in_need_of_a_contact(Activity.contact_id == person.id):
        raise StillNeeded(activities=left)
    for booking in _lock(Booking.booked_by_id == person.id):
        _pass_on(booking, person, booking.teacher, person, Actor.TEACHER)
    db.session.execute(
        update(SchoolClass)
        .where(SchoolClass.owner_id == person.id, SchoolClass.archived_at.is_(None))
        .values(archived_at=clock.now())
    )
    return accounts.close_account(person_id)


def refuse_member(membership_id: int, officer: Person, reason: str) -> Membership:
    """An officer doesn't recognise somebody of a school: what they had booked in its name is cancelled with the reason.

    Refuses: TrustReasonMissing, AlreadyAnswered.
    """
    before = db.session.get_one(Membership, membership_id)
    mine = Booking.teacher_id == before.person_id, Booking.school_id == before.school_id
    bookings = _lock(*mine)
    refused = accounts.refuse_member(membership_id, officer, reason)
    if not _is_still_member(refused):
        for booking in bookings:
            if booking.is_alive:
                step(booking, Event.CANCEL, Actor.SERVICE, officer, reason=CancelReason.OTHER,
                     note=_("L’enseignant n’est pas reconnu par son établissement."))  # fmt: skip
    return refused


def refuse_company(company_id: int, officer: Person, reason: str) -> Company:
    """An officer doesn't recognise a company: the classes it invited by a private link are told that it is off.

    Refuses: TrustReasonMissing, AlreadyAnswered, SlotBusy.
    """
    booked = (
        select(Booking.slot_id)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(Activity.company_id == company_id, Booking.state.in_(ALIVE), Slot.ends_at > clock.now())
    )
    slot_ids = sorted(set(db.session.scalars(booked)))
    # All at once, before any: one slot after the other would hold slots while waiting for a school.
    lock_slots_with_bookings(slot_ids)
    company = accounts.refuse_company(company_id, officer, reason)
    for slot_id in slot_ids:
        cancel_slot(
            slot_id,
            officer,
            reason=CancelReason.OTHER,
            note=_("L’entreprise n’a pas pu être vérifiée."),
            actor=Actor.OFFICER,
        )
    return company


def colleagues_of(membership: Membership) -> list[Person]:
    """Who could take over what this person leaves: trusted at the school, or active in the company; by name."""
    here = (
        Membership.school_id == membership.school_id
        if membership.school_id
        else Membership.company_id == membership.company_id
    )
    members = select(Membership.person_id).where(here, Membership.state == MemberState.ACTIVE)
    if membership.school_id:
        members = members.where(Membership.trusted_at.is_not(None))
    query = (
        select(Person)
        .where(
            Person.id.in_(members),
            Person.id != membership.person_id,
            Person.confirmed_at.is_not(None),
            Person.active,
        )
        .order_by(Person.last_name, Person.first_name, Person.id)
    )
    return list(db.session.scalars(query))


def left_behind(membership: Membership) -> tuple[int, int, int]:
    """What an heir is needed for: alive bookings, saved classes, activities whose contact the person is."""
    person = membership.person
    if membership.school_id:
        classes = select(func.count()).where(*_classes_of(membership))
        return len(_alive_of(person, membership.school_id)), db.session.scalar(classes) or 0, 0
    activities = select(func.count()).where(*_activities_of(membership))
    return 0, 0, db.session.scalar(activities) or 0


def _heir(membership: Membership, heir_id: int | None) -> Person | None:
    if heir_id is None:
        return None
    found = [person for person in colleagues_of(membership) if person.id == heir_id]
    if not found:
        raise NotAColleague
    return found[0]


def _leave_school(membership: Membership, person: Person, heir: Person | None) -> None:
    giver = membership.person
    if _is_still_member(membership):
        return
    concerned = or_(Booking.teacher_id == giver.id, Booking.booked_by_id == giver.id)
    bookings = _lock(concerned, Booking.school_id == membership.school_id)
    own = [booking for booking in bookings if booking.teacher_id == giver.id]
    if own and heir is None:
        raise StillNeeded(bookings=len(own))
    for booking in bookings:
        _pass_on(booking, giver, heir or booking.teacher, person, Actor.TEACHER)
    if heir is not None:
        db.session.execute(update(SchoolClass).where(*_classes_of(membership)).values(owner_id=heir.id))
        with speaking(heir.language):
            sentence = _(
                "%(name)s quitte %(school)s et vous confie ses classes et ses réservations : elles sont sur votre page.",
                name=giver.name,
                school=membership.school.name if membership.school else "",
            )
        account_mails.say_entrusted(heir, giver, sentence)


def _leave_company(membership: Membership, person: Person, heir: Person | None) -> None:
    giver = membership.person
    assert membership.company_id is not None
    lock_company(membership.company_id)
    activities = list(db.session.scalars(select(Activity).where(*_activities_of(membership)).order_by(Activity.id)))
    if heir is None:
        if left := _in_need_of_a_contact(*_activities_of(membership)):
            raise StillNeeded(activities=left)
        return
    if activities:
        rewrite_contact([activity.id for activity in activities], person, heir)
        if heir.id != person.id:
            with speaking(heir.language):
                sentence = _(
                    "%(name)s quitte %(company)s : vous êtes désormais le contact de ses activités.",
                    name=giver.name,
                    company=membership.company.name if membership.company else "",
                )
            account_mails.say_entrusted(heir, giver, sentence)


def _is_still_member(membership: Membership) -> bool:
    """Whether another role keeps the person in the school: a head who also teaches there."""
    others = select(Membership.id).where(
        Membership.person_id == membership.person_id,
        Membership.school_id == membership.school_id,
        Membership.state == MemberState.ACTIVE,
        Membership.id != membership.id,
    )
    return db.session.scalar(others.limit(1)) is not None


def _classes_of(membership: Membership) -> tuple[Any, ...]:
    return (
        SchoolClass.owner_id == membership.person_id,
        SchoolClass.school_id == membership.school_id,
        SchoolClass.archived_at.is_(None),
    )


def _activities_of(membership: Membership) -> tuple[Any, ...]:
    return (Activity.contact_id == membership.person_id, Activity.company_id == membership.company_id)


def _alive_of(person: Person, school_id: int | None = None) -> Sequence[int]:
    query = select(Booking.id).where(Booking.teacher_id == person.id, Booking.state.in_(ALIVE))
    return db.session.scalars(query.where(Booking.school_id == school_id) if school_id else query).all()


def _in_need_of_a_contact(*concerned: Any) -> int:
    """How many of these activities are published, or withdrawn while classes still come."""
    coming = (
        select(Booking.id)
        .join(Booking.slot)
        .where(Slot.activity_id == Activity.id, Booking.state.in_(ALIVE), Slot.ends_at > clock.now())
        .exists()
    )
    is_needed = or_(Activity.state == PublicationState.PUBLISHED, coming)
    return db.session.scalar(select(func.count()).select_from(Activity).where(*concerned, is_needed)) or 0


def _lock(*concerned: Any) -> list[Booking]:
    """Hold the alive bookings that satisfy these, and all that is linked to them, in the one order of locks."""
    groups = select(Booking.group_id).where(*concerned, Booking.state.in_(ALIVE), Booking.group_id.is_not(None))
    columns = (Booking.school_id, Booking.edition_id, Booking.class_id, Booking.slot_id)
    touched = or_(Booking.id.in_(select(Booking.id).where(*concerned)), Booking.group_id.in_(groups))
    lock_all(db.session.execute(select(*columns).where(touched, Booking.state.in_(ALIVE))).all())
    query = select(Booking).where(*concerned, Booking.state.in_(ALIVE)).order_by(Booking.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
