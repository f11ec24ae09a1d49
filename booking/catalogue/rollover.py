"""A firm's activities of its last edition, taken up again in this one in one go; and firms invited to do so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from booking.accounts.models import COMPANY_ROLES, Membership, MemberState, Person
from booking.catalogue import return_mails
from booking.catalogue.editions import open_editions
from booking.catalogue.models import (
    Activity,
    Edition,
    PublicationState,
    ReturnInvitation,
    Slot,
    SlotState,
)
from booking.catalogue.rules.editions import check_edition_open
from booking.catalogue.services import SlotDraft, copy_into, create_slots, date_refusal, slot_draft_of
from booking.companies.models import Company, Site, Trust
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.territory.queries import holiday_calendar


class NothingPicked(Refusal):
    code = "nothing_picked"
    field = "activities"

    def sentence(self) -> object:
        return _l("Choisissez au moins une activité à reprendre.")


class NotOfLastEdition(Refusal):
    code = "not_of_last_edition"
    field = "activities"

    def sentence(self) -> object:
        return _l("Cette activité n’est pas de votre dernière édition : choisissez dans la liste.")


@dataclass(frozen=True)
class NewDate:
    """A date of the earlier edition, on the same weekday of the new one. is_left: it would not do, and is not proposed."""

    was: datetime
    draft: SlotDraft
    is_left: bool


@dataclass(frozen=True)
class Earlier:
    """An activity of the earlier edition. taken_up: its copy in the new one, when there is one already."""

    activity: Activity
    taken_up: Activity | None
    dates: list[NewDate] = field(default_factory=list)

    @property
    def proposed(self) -> list[NewDate]:
        return [each for each in self.dates if not each.is_left]


@dataclass(frozen=True)
class Resumed:
    """What was made: drafts, dates; and how many dates were left aside."""

    activities: int
    slots: int
    left: int


def dated_open_editions() -> list[Edition]:
    """The editions to come back to, the earliest first: « Toute l’année » goes on by itself."""
    return [edition for edition in open_editions() if not edition.is_permanent]


def last_edition_before(edition: Edition, company_id: int | None = None) -> Edition | None:
    """The dated edition of the week before, in which somebody, or this company, had something public."""
    query = (
        select(Edition)
        .join(Activity, Activity.edition_id == Edition.id)
        .where(
            Edition.is_permanent.is_(False), Edition.starts_on < edition.starts_on, Activity.published_at.is_not(None)
        )
        .order_by(Edition.starts_on.desc(), Edition.id.desc())
        .limit(1)
    )
    return db.session.scalars(query if company_id is None else query.where(Activity.company_id == company_id)).first()


def earlier_activities(company_id: int, source: Edition, target: Edition) -> list[Earlier]:
    """What the company had public in the earlier edition, and what would become of its dates."""
    query = (
        select(Activity)
        .where(
            Activity.company_id == company_id,
            Activity.edition_id == source.id,
            Activity.published_at.is_not(None),
            Activity.state != PublicationState.HIDDEN,
        )
        .options(joinedload(Activity.site))
        .order_by(Activity.title, Activity.id)
    )
    activities = list(db.session.scalars(query))
    ids = [activity.id for activity in activities]
    copies = {
        copy.copied_from_id: copy
        for copy in db.session.scalars(
            select(Activity).where(Activity.copied_from_id.in_(ids), Activity.edition_id == target.id)
        )
    }
    slots = db.session.scalars(
        select(Slot)
        .where(Slot.activity_id.in_(ids), Slot.state != SlotState.CANCELLED)
        .order_by(Slot.local_start, Slot.id)
    ).all()
    return [
        Earlier(
            activity,
            copies.get(activity.id),
            [new_date(slot, activity, source, target) for slot in slots if slot.activity_id == activity.id],
        )
        for activity in activities
    ]


def new_date(slot: Slot, activity: Activity, source: Edition, target: Edition) -> NewDate:
    """The slot as many weeks later as the two editions are apart. Days without class there, and what cannot be, are left."""
    by = _monday(target) - _monday(source)
    old = slot_draft_of(slot)
    capacity = replace(
        old.capacity,
        decision_on=old.capacity.decision_on and old.capacity.decision_on + by,
        kept_until=old.capacity.kept_until and old.capacity.kept_until + by,
    )
    draft = replace(old, local_start=old.local_start + by, local_end=old.local_end + by, capacity=capacity)
    is_off = holiday_calendar(activity.site.departement_code).status(draft.local_start.date()).is_off
    return NewDate(old.local_start, draft, is_off or date_refusal(target, activity.site.timezone, draft) is not None)


def _monday(edition: Edition) -> date:
    return edition.starts_on - timedelta(days=edition.starts_on.weekday())


def resume_activities(
    company_id: int, target_id: int, activity_ids: Collection[int], person_id: int, *, with_dates: bool
) -> Resumed:
    """Drafts in the new edition of these activities of the company's last one, with their dates moved if wanted.

    What was taken up already is left as it is. Refuses: NothingPicked, NotOfLastEdition, EditionOver.
    """
    target = db.session.get_one(Edition, target_id)
    check_edition_open(target, clock.now().date())
    if not activity_ids:
        raise NothingPicked()
    source = last_edition_before(target, company_id)
    # Held in the order of their ids: the same button pressed twice waits here, then finds the copies.
    for activity_id in sorted(activity_ids):
        db.session.execute(update(Activity).where(Activity.id == activity_id).values(edition_id=Activity.edition_id))
    known = {each.activity.id: each for each in earlier_activities(company_id, source, target)} if source else {}
    if not set(activity_ids) <= set(known):
        raise NotOfLastEdition()
    made = slots = left = 0
    for activity_id in sorted(activity_ids):
        each = known[activity_id]
        if each.taken_up:
            continue
        copy = copy_into(each.activity, target, person_id)
        made += 1
        if with_dates:
            drafts = [new.draft for new in each.proposed]
            slots += len(create_slots(copy.id, drafts)) if drafts else 0
            left += len(each.dates) - len(drafts)
    return Resumed(made, slots, left)


# ---- Inviting firms back


@dataclass(frozen=True)
class Returning:
    """The firms of the last edition: those already in the new one, those invited, those left to invite."""

    source: Edition
    back: list[Company]
    invited: list[Company]
    to_invite: list[Company]


def returning_firms(target: Edition, departements: Collection[str] | None) -> Returning | None:
    """The firms that had something public in the last edition on a site of these départements; None: the whole country."""
    source = last_edition_before(target)
    if source is None:
        return None
    query = (
        select(Company)
        .join(Activity, Activity.company_id == Company.id)
        .join(Site, Site.id == Activity.site_id)
        .where(
            Activity.edition_id == source.id,
            Activity.published_at.is_not(None),
            Activity.state != PublicationState.HIDDEN,
            Company.trust == Trust.TRUSTED,
        )
        .distinct()
        .order_by(Company.name, Company.id)
    )
    if departements is not None:
        query = query.where(Site.departement_code.in_(sorted(departements)))
    firms = list(db.session.scalars(query))
    there = select(Activity.company_id).where(Activity.edition_id == target.id)
    back = set(db.session.scalars(there.distinct()))
    asked = set(db.session.scalars(select(ReturnInvitation.company_id).where(ReturnInvitation.edition_id == target.id)))
    return Returning(
        source,
        back=[firm for firm in firms if firm.id in back],
        invited=[firm for firm in firms if firm.id in asked - back],
        to_invite=[firm for firm in firms if firm.id not in asked | back],
    )


def invite_back(target_id: int, departements: Collection[str] | None, person: Person) -> int:
    """Write to the members of every firm left to invite; gives how many firms. Each firm is invited once an edition."""
    # The edition is held: two officers whose territories share a firm do not both write to it.
    db.session.execute(update(Edition).where(Edition.id == target_id).values(slug=Edition.slug))
    target = db.session.get_one(Edition, target_id)
    check_edition_open(target, clock.now().date())
    found = returning_firms(target, departements)
    if found is None or not found.to_invite:
        return 0
    members = _members_of([firm.id for firm in found.to_invite])
    for firm in found.to_invite:
        db.session.add(ReturnInvitation(edition_id=target.id, company_id=firm.id, person_id=person.id, at=clock.now()))
        for member in members.get(firm.id, []):
            return_mails.invite(member, firm, found.source, target)
    db.session.flush()
    return len(found.to_invite)


def _members_of(company_ids: Sequence[int]) -> dict[int, list[Person]]:
    query = (
        select(Membership.company_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.company_id.in_(company_ids),
            Membership.role.in_(COMPANY_ROLES),
            Membership.state == MemberState.ACTIVE,
            Person.confirmed_at.is_not(None),
            Person.closed_at.is_(None),
        )
        .order_by(Membership.company_id, Person.id)
    )
    members: dict[int, list[Person]] = {}
    for company_id, person in db.session.execute(query):
        if person not in members.setdefault(company_id, []):
            members[company_id].append(person)
    return members
