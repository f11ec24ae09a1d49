"""What a company's own pages show of its activities: drafts and past dates included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from booking.accounts.models import MemberState
from booking.accounts.queries import people_of_company
from booking.catalogue.editions import open_editions
from booking.catalogue.models import Activity, Edition, PublicationState, Slot, SlotState
from booking.catalogue.rules.slots import remark_on_clash, remarks_on_day, remarks_on_unknown_holidays
from booking.catalogue.services import SlotDraft, refusal_of
from booking.companies.models import Company, Trust
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.territory.queries import holiday_calendar
from booking.territory.rules import HolidayCalendar

SLOTS_SHOWN = 3


@dataclass
class HostedActivity:
    """An activity with its coming slots (not cancelled, not over), the earliest first."""

    activity: Activity
    coming: list[Slot] = field(default_factory=list)

    @property
    def next_slots(self) -> list[Slot]:
        return self.coming[:SLOTS_SHOWN]

    @property
    def more_slots(self) -> int:
        return len(self.coming) - len(self.next_slots)

    @property
    def taken_classes(self) -> int:
        return sum(slot.taken_classes for slot in self.coming)

    @property
    def free_classes(self) -> int:
        return sum(slot.free_classes for slot in self.coming if slot.state is SlotState.OPEN)


def activities_of(company: Company) -> list[HostedActivity]:
    """The company's activities, those of the next date first, then those without a date, the newest first."""
    activities = db.session.scalars(
        select(Activity)
        .where(Activity.company_id == company.id)
        .options(joinedload(Activity.site), joinedload(Activity.edition))
        .order_by(Activity.id.desc())
    )
    hosted = {activity.id: HostedActivity(activity) for activity in activities}
    for slot in db.session.scalars(_coming().join(Slot.activity).where(Activity.company_id == company.id)):
        hosted[slot.activity_id].coming.append(slot)
    dated = [each for each in hosted.values() if each.coming]
    return [*sorted(dated, key=lambda each: each.coming[0].starts_at), *(h for h in hosted.values() if not h.coming)]


def activity_of(company: Company, activity_id: int) -> Activity | None:
    """The company's own activity of that number, if there is one."""
    return db.session.scalar(select(Activity).where(Activity.id == activity_id, Activity.company_id == company.id))


def slot_of(activity: Activity, slot_id: int) -> Slot | None:
    """The activity's own slot of that number, if there is one."""
    return db.session.scalar(select(Slot).where(Slot.id == slot_id, Slot.activity_id == activity.id))


def slots_to_come(activity: Activity) -> list[Slot]:
    """Not cancelled and not over, the earliest first."""
    return list(db.session.scalars(_coming().where(Slot.activity_id == activity.id)))


def slots_gone(activity: Activity) -> int:
    """How many slots are over or cancelled."""
    return (
        db.session.scalar(
            select(func.count()).where(
                Slot.activity_id == activity.id, (Slot.state == SlotState.CANCELLED) | (Slot.ends_at <= clock.now())
            )
        )
        or 0
    )


@dataclass(frozen=True)
class Proposal:
    """One date of a series before it is created. refusal: why it cannot be; remarks: sentences worth reading first.

    is_advised: whether its box is ticked to begin with; days without class are not.
    """

    draft: SlotDraft
    refusal: Refusal | None
    remarks: list[str]
    is_advised: bool

    @property
    def day(self) -> date:
        return self.draft.local_start.date()


def proposals(activity: Activity, drafts: Sequence[SlotDraft]) -> list[Proposal]:
    """What is to be said of each date before it is created: days off of the place, the company's own other slots."""
    calendar = holiday_calendar(activity.site.departement_code)
    others = _own_slots_between(activity, drafts)
    return [_proposal(activity, draft, calendar, others) for draft in drafts]


def _proposal(activity: Activity, draft: SlotDraft, calendar: HolidayCalendar, others: list[Slot]) -> Proposal:
    day = draft.local_start.date()
    refusal = refusal_of(activity, draft)
    remarks = [*remarks_on_day(day, calendar), *remarks_on_unknown_holidays(day, calendar)]
    if refusal is None:
        remarks += [
            remark_on_clash(slot.activity.title, slot.local_start, slot.local_end)
            for slot in others
            if slot.local_start < draft.local_end and draft.local_start < slot.local_end
        ]
    return Proposal(draft, refusal, remarks, is_advised=refusal is None and not calendar.status(day).is_off)


def _own_slots_between(activity: Activity, drafts: Sequence[SlotDraft]) -> list[Slot]:
    """The company's slots at this activity's hour of the world, around these dates, other companies' aside."""
    first = min(draft.local_start for draft in drafts)
    last = max(draft.local_end for draft in drafts)
    query = (
        select(Slot)
        .join(Slot.activity)
        .where(
            Activity.company_id == activity.company_id,
            Slot.timezone == activity.site.timezone,
            Slot.state != SlotState.CANCELLED,
            Slot.local_start < last,
            Slot.local_end > first,
        )
        .options(joinedload(Slot.activity))
        .order_by(Slot.local_start, Slot.id)
    )
    return list(db.session.scalars(query))


def editions_for(activity: Activity | None) -> list[Edition]:
    """The editions an activity may be put in: the open ones, or its own alone once it has dates there."""
    if activity is None:
        return open_editions()
    if db.session.scalar(select(Slot.id).where(Slot.activity_id == activity.id).limit(1)) is not None:
        return [activity.edition]
    return [activity.edition, *(edition for edition in open_editions() if edition.id != activity.edition_id)]


def contacts_of(company: Company) -> list[tuple[int, str]]:
    """Who may be named as contact: the company's members, by name."""
    people = {m.person_id: m.person for m in people_of_company(company, MemberState.ACTIVE)}
    return sorted(((person.id, person.name) for person in people.values()), key=lambda pair: pair[1])


def is_awaiting_trust(activity: Activity) -> bool:
    """Published by its host, not yet in the programme: the company is still being checked."""
    return activity.state is PublicationState.PUBLISHED and activity.company.trust is not Trust.TRUSTED


def _coming() -> Select[tuple[Slot]]:
    return (
        select(Slot)
        .where(Slot.state != SlotState.CANCELLED, Slot.ends_at > clock.now())
        .order_by(Slot.starts_at, Slot.id)
    )
