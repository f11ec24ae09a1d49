"""The verbs of hosts: describe an activity, publish it, give it dates. Moving or cancelling what classes have booked
belongs to the bookings room. Everything here flushes; nothing commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from booking.accounts.models import COMPANY_ROLES, Membership, MemberState
from booking.catalogue.choices import known_words
from booking.catalogue.editions import open_editions
from booking.catalogue.models import Activity, ActivityLevel, Edition, PublicationState, Slot, SlotAudience, SlotState
from booking.catalogue.rules.activities import (
    TOLD_TO_CLASSES,
    ActivityDraft,
    ContactNotMember,
    EditionIsDated,
    KindIsBooked,
    PlaceIsBooked,
    SiteNotYours,
    ZoneDiffers,
    check_activity,
    tidy,
)
from booking.catalogue.rules.editions import check_edition_open
from booking.catalogue.rules.publication import (
    HiddenByOfficer,
    NotADraft,
    NotHidden,
    NotPublished,
    Readiness,
    check_can_publish,
    check_still_readable,
)
from booking.catalogue.rules.slots import (
    AlreadyOffered,
    Capacity,
    TimesAreBooked,
    booking_window,
    check_capacity,
    check_room_for_taken,
    check_slot_times,
    days_before,
    slot_instants,
)
from booking.catalogue.search import index_activity
from booking.companies.models import Site
from booking.core import clock
from booking.core.dates import format_day
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l

# Columns that a draft gives as they are; levels are rows, and what a kind or a box makes meaningless is emptied.
_PLAIN = (
    "edition_id", "site_id", "contact_id", "kind", "title", "sector", "summary", "description", "access", "parking",
    "access_motor", "access_visual", "access_hearing", "access_mental", "access_note", "group_size_max",
    "adults_per_group", "equipment", "to_bring", "clothing", "minimum_age", "photo_rule", "identity_check",
    "confirmation", "answer_days", "waits_for_head", "option_days", "cancellation_days", "dates_to_agree", "yearly_cap", "area_km",
)  # fmt: skip


class SlotNotOpen(Refusal):
    code = "slot_not_open"

    def sentence(self) -> object:
        return _l("Ce créneau est annulé ou passé : il ne peut plus changer.")


class NotOnThatDay(Refusal):
    """day: the one of several. why: what refused it."""

    code = "not_on_that_day"
    day: date
    why: Refusal

    def sentence(self) -> object:
        return _l("%(day)s : %(why)s", day=format_day(self.day), why=self.why.message)


@dataclass(frozen=True)
class SlotDraft:
    """A slot as a host asks for it, wall clock local to the place. opens_days None: bookings open at once."""

    local_start: datetime
    local_end: datetime
    capacity: Capacity
    opens_days: int | None = None
    closes_days: int = 3
    audience: SlotAudience = SlotAudience.ALL


# ---- Activities


def create_activity(company_id: int, draft: ActivityDraft, *, entered_by_id: int | None = None) -> Activity:
    """A new draft of this company; entered_by_id: the officer who describes it for them. Refuses: what check_activity refuses, EditionOver, SiteNotYours, ContactNotMember."""
    draft = tidy(draft)
    check_activity(draft, known_words())
    check_edition_open(_edition(draft.edition_id), clock.now().date())
    _check_ours(company_id, draft)
    now = clock.now()
    activity = Activity(
        company_id=company_id, entered_by_id=entered_by_id, created_at=now, updated_at=now, **_columns(draft)
    )
    activity.levels = [ActivityLevel(level_code=code) for code in draft.levels]
    db.session.add(activity)
    db.session.flush()
    index_activity(activity)
    return activity


def edit_activity(activity_id: int, draft: ActivityDraft) -> list[str]:
    """Rewrite an activity; gives back the fields whose change the booked classes must hear of, in order.

    The caller that knows of bookings tells them (`bookings.services.rewrite_activity`); nobody is told here.
    Refuses: as create_activity, KindIsBooked, PlaceIsBooked, ZoneDiffers, EditionIsDated, and NotReady when a
    published activity would lose what made it fit to publish.
    """
    draft = tidy(draft)
    check_activity(draft, known_words())
    activity = hold_activity(activity_id)
    _check_ours(activity.company_id, draft)
    # Slots are held only when they may have to change: whoever then tells the booked classes locks those first.
    moves = (draft.edition_id, draft.site_id, draft.kind) != (activity.edition_id, activity.site_id, activity.kind)
    slots = _lock_slots(activity) if moves else []
    _check_edition_kept(activity, draft, slots)
    if draft.kind is not activity.kind and any(slot.is_wanted for slot in slots):
        raise KindIsBooked()
    if draft.site_id != activity.site_id:
        _move_to_site(draft.site_id, _not_over(slots))
    before = {field: getattr(activity, field) for field in TOLD_TO_CLASSES}
    for name, value in _columns(draft).items():
        setattr(activity, name, value)
    _set_levels(activity, draft.levels)
    if activity.state is PublicationState.PUBLISHED:
        check_still_readable(readiness_of(activity))
    db.session.flush()
    db.session.expire(activity, ["edition", "site", "contact"])
    index_activity(activity)
    return [field for field in TOLD_TO_CLASSES if getattr(activity, field) != before[field]]


def copy_activity(activity_id: int, person_id: int) -> Activity:
    """The same activity again, as a draft without dates that remembers where it comes from.

    It keeps its edition while that is open, else goes to the next open one; its contact while they are a member, else
    the person who copies. Refuses: EditionOver when no edition is open.
    """
    source = db.session.get_one(Activity, activity_id)
    editions = open_editions()
    edition = source.edition if source.edition in editions or not editions else editions[0]
    check_edition_open(edition, clock.now().date())
    return copy_into(source, edition, person_id)


def copy_into(source: Activity, edition: Edition, person_id: int) -> Activity:
    """The activity as a draft of this edition, without dates, label or anything that was booked."""
    now = clock.now()
    names = (*_PLAIN, "company_id", "subjects", "languages", "identity_notice_days")
    columns = {name: getattr(source, name) for name in names}
    columns |= {"edition_id": edition.id, "contact_id": _contact_of_copy(source, person_id)}
    copy = Activity(copied_from_id=source.id, created_at=now, updated_at=now, **columns)
    copy.levels = [ActivityLevel(level_code=code) for code in source.level_codes]
    db.session.add(copy)
    db.session.flush()
    return copy


def delete_draft(activity_id: int) -> None:
    """Delete an activity that was never published, with its dates. Refuses: NotADraft."""
    # Once public, classes may have booked and people have read it: it is withdrawn, never deleted.
    activity = hold_activity(activity_id)
    if not activity.is_never_published:
        raise NotADraft()
    db.session.execute(
        update(Activity).where(Activity.copied_from_id == activity.id).values(copied_from_id=activity.copied_from_id)
    )
    for slot in _lock_slots(activity):
        db.session.delete(slot)
    db.session.flush()
    db.session.expire(activity, ["slots"])
    db.session.delete(activity)
    db.session.flush()


def publish_activity(activity_id: int) -> Activity:
    """Put the activity in the programme, where it shows as soon as its company is trusted. Twice changes nothing.

    Refuses: NotReady with all that is missing, EditionOver, HiddenByOfficer.
    """
    activity = hold_activity(activity_id)
    if activity.state is PublicationState.PUBLISHED:
        return activity
    if activity.state is PublicationState.HIDDEN:
        raise HiddenByOfficer()
    check_edition_open(activity.edition, clock.now().date())
    check_can_publish(readiness_of(activity))
    activity.state = PublicationState.PUBLISHED
    activity.published_at = clock.now()
    db.session.flush()
    index_activity(activity)
    return activity


def unpublish_activity(activity_id: int) -> Activity:
    """Take the activity out of the programme: nobody books it any more, those who have booked come. Refuses: NotPublished."""
    activity = hold_activity(activity_id)
    # The slots are held too: a class that books meanwhile waits, then finds the activity gone.
    _lock_slots(activity)
    if activity.state is not PublicationState.PUBLISHED:
        raise NotPublished()
    activity.state = PublicationState.UNPUBLISHED
    db.session.flush()
    return activity


def hide_activity(activity_id: int) -> Activity:
    """Take an activity out of the programme whatever is booked: an officer found that it should not be there.

    Classes that booked keep their bookings; the host mends it, and publishes it again once an officer lets it.
    """
    activity = hold_activity(activity_id)
    activity.state = PublicationState.HIDDEN
    activity.updated_at = clock.now()
    db.session.flush()
    return activity


def allow_again(activity_id: int) -> Activity:
    """An officer has read the activity again: its host may publish it. Refuses: NotHidden."""
    activity = hold_activity(activity_id)
    if activity.state is not PublicationState.HIDDEN:
        raise NotHidden()
    activity.state = PublicationState.UNPUBLISHED
    db.session.flush()
    return activity


def readiness_of(activity: Activity) -> Readiness:
    """What publication looks at, read now."""
    coming = select(func.count()).where(
        Slot.activity_id == activity.id, Slot.state == SlotState.OPEN, Slot.starts_at > clock.now()
    )
    return Readiness(
        kind=activity.kind,
        title=activity.title,
        summary=activity.summary,
        description=activity.description,
        area_km=activity.area_km,
        coming_slots=db.session.scalar(coming) or 0,
        dates_to_agree=activity.dates_to_agree,
    )


# ---- Slots


def create_slot(activity_id: int, draft: SlotDraft) -> Slot:
    """A new open slot of the activity, at its site's hour; where it counts is frozen now (product, section 11).

    Refuses: EditionOver, AlreadyOffered, and what the rules refuse of times, booking window and capacity.
    """
    return create_slots(activity_id, [draft])[0]


def create_slots(activity_id: int, drafts: Sequence[SlotDraft]) -> list[Slot]:
    """Several open slots at once, all or none. Refuses: as create_slot; NotOnThatDay when there is more than one."""
    activity = hold_activity(activity_id)
    slots = []
    for draft in drafts:
        try:
            slots.append(_add_slot(activity, draft))
        except Refusal as refusal:
            if len(drafts) == 1:
                raise
            raise NotOnThatDay(day=draft.local_start.date(), why=refusal) from refusal
    return slots


def refusal_of(activity: Activity, draft: SlotDraft) -> Refusal | None:
    """Why this slot could not be created as things stand; nothing when it could. Reads only."""
    try:
        check_can_offer(activity, draft)
    except Refusal as refusal:
        return refusal
    return None


def check_can_offer(activity: Activity, draft: SlotDraft) -> None:
    """Refuses: as create_slot."""
    check_edition_open(activity.edition, clock.now().date())
    zone = activity.site.timezone
    _check_slot(draft, zone, activity.edition)
    _booking_window(draft, zone, None)
    _check_not_offered(activity, draft)


def date_refusal(edition: Edition, timezone: str, draft: SlotDraft) -> Refusal | None:
    """Why no activity of the edition could have this slot; nothing when one could. Reads only."""
    try:
        check_edition_open(edition, clock.now().date())
        _check_slot(draft, timezone, edition)
        _booking_window(draft, timezone, None)
    except Refusal as refusal:
        return refusal
    return None


def _add_slot(activity: Activity, draft: SlotDraft) -> Slot:
    check_can_offer(activity, draft)
    zone, now = activity.site.timezone, clock.now()
    slot = Slot(
        activity_id=activity.id,
        timezone=zone,
        departement_code=activity.site.departement_code,
        academie_code=activity.site.departement.academie_code,
        created_at=now,
        **_slot_columns(draft, zone),
    )
    db.session.add(slot)
    db.session.flush()
    return slot


def edit_slot(slot_id: int, draft: SlotDraft) -> Slot:
    """Change a slot. Once classes have booked, its date and hours stay, and it shrinks only down to what is taken.

    Refuses: SlotNotOpen, TimesAreBooked, BelowTaken, MoreAdultsAsked, and as create_slot.
    """
    slot = _lock_slot(slot_id)
    _check_changeable(slot)
    check_room_for_taken(
        draft.capacity,
        taken_classes=slot.taken_classes,
        taken_pupils=slot.taken_pupils,
        adults_asked=slot.adults_per_class,
    )
    if (draft.local_start, draft.local_end) != (slot.local_start, slot.local_end):
        if slot.is_wanted:
            raise TimesAreBooked()
        _check_not_offered(slot.activity, draft, except_id=slot.id)
        slot.sequence += 1
    _check_slot(draft, slot.timezone, slot.activity.edition, unchanged=slot)
    if (draft.capacity.min_pupils, draft.capacity.decision_on) != (slot.min_pupils, slot.decision_on):
        # Another minimum, or another day for it, is another question.
        slot.minimum_asked_at = slot.minimum_kept_at = None
    for name, value in _slot_columns(draft, slot.timezone, unchanged=slot).items():
        setattr(slot, name, value)
    db.session.flush()
    return slot


def slot_draft_of(slot: Slot) -> SlotDraft:
    """The slot as its host would ask for it today."""
    start, zone = slot.local_start, slot.timezone
    return SlotDraft(
        start,
        slot.local_end,
        Capacity(
            slot.max_classes,
            slot.max_pupils,
            slot.adults_per_class,
            slot.min_pupils,
            slot.decision_on,
            slot.kept_classes,
            slot.kept_until,
        ),
        opens_days=None if slot.opens_at is None else days_before(slot.opens_at, start, zone),
        closes_days=days_before(slot.closes_at, start, zone),
        audience=slot.audience,
    )


def close_slot(slot_id: int) -> Slot:
    """Take no more bookings on this slot; those it has stay. Refuses: SlotNotOpen."""
    return _set_slot_state(slot_id, SlotState.CLOSED)


def open_slot(slot_id: int) -> Slot:
    """Take bookings again on a closed slot. Refuses: SlotNotOpen."""
    return _set_slot_state(slot_id, SlotState.OPEN)


def _set_slot_state(slot_id: int, state: SlotState) -> Slot:
    slot = _lock_slot(slot_id)
    _check_changeable(slot)
    slot.state = state
    db.session.flush()
    return slot


# ---- What activities are made of


def _columns(draft: ActivityDraft) -> dict[str, Any]:
    return {
        **{name: getattr(draft, name) for name in _PLAIN},
        "subjects": list(draft.subjects),
        "languages": list(draft.languages) or ["fr"],
        "identity_notice_days": draft.identity_notice_days if draft.identity_check else None,
    }


def _set_levels(activity: Activity, codes: tuple[str, ...]) -> None:
    kept = [level for level in activity.levels if level.level_code in codes]
    new = [code for code in codes if code not in activity.level_codes]
    activity.levels = [*kept, *(ActivityLevel(level_code=code) for code in new)]


def _edition(edition_id: int) -> Edition:
    edition = db.session.get(Edition, edition_id)
    if edition is None:
        raise EditionUnknown()
    return edition


class EditionUnknown(Refusal):
    code = "edition_unknown"
    field = "edition_id"

    def sentence(self) -> object:
        return _l("Cette édition n’existe pas : choisissez-en une dans la liste.")


def _check_ours(company_id: int, draft: ActivityDraft) -> None:
    site = db.session.get(Site, draft.site_id)
    if site is None or site.company_id != company_id:
        raise SiteNotYours()
    if not _is_member(draft.contact_id, company_id):
        raise ContactNotMember()


def _is_member(person_id: int, company_id: int) -> bool:
    member = select(Membership.id).where(
        Membership.person_id == person_id,
        Membership.company_id == company_id,
        Membership.role.in_(COMPANY_ROLES),
        Membership.state == MemberState.ACTIVE,
    )
    return db.session.scalar(member.limit(1)) is not None


def _contact_of_copy(source: Activity, person_id: int) -> int:
    return source.contact_id if _is_member(source.contact_id, source.company_id) else person_id


def _check_edition_kept(activity: Activity, draft: ActivityDraft, slots: list[Slot]) -> None:
    if draft.edition_id == activity.edition_id:
        return
    if slots:
        raise EditionIsDated()
    check_edition_open(_edition(draft.edition_id), clock.now().date())


def _move_to_site(site_id: int, coming: list[Slot]) -> None:
    """Slots to come follow their activity to its new place, unless a class counts on the old one."""
    site = db.session.get_one(Site, site_id)
    if any(slot.is_wanted for slot in coming):
        raise PlaceIsBooked()
    if any(slot.timezone != site.timezone for slot in coming):
        raise ZoneDiffers()
    for slot in coming:
        slot.sequence += 1
        slot.departement_code = site.departement_code
        slot.academie_code = site.departement.academie_code


# ---- What slots are made of


def _check_slot(draft: SlotDraft, timezone: str, edition: Edition, unchanged: Slot | None = None) -> None:
    now = clock.now()
    if unchanged is None or (draft.local_start, draft.local_end) != (unchanged.local_start, unchanged.local_end):
        check_slot_times(draft.local_start, draft.local_end, timezone, now=now, edition=edition)
    today = now.astimezone(ZoneInfo(timezone)).date()
    if (
        unchanged is not None
        and unchanged.decision_on is not None
        and draft.capacity.decision_on == unchanged.decision_on
    ):
        # A decision day that has come does not keep its host from changing the rest.
        today = min(today, unchanged.decision_on)
    check_capacity(draft.capacity, day=draft.local_start.date(), today=today)


def _booking_window(draft: SlotDraft, timezone: str, unchanged: Slot | None) -> tuple[datetime | None, datetime]:
    if unchanged is not None:
        before = slot_draft_of(unchanged)
        # Bookings that have closed already do not keep the host from changing the rest.
        if (draft.local_start, draft.opens_days, draft.closes_days) == (
            before.local_start,
            before.opens_days,
            before.closes_days,
        ):
            return unchanged.opens_at, unchanged.closes_at
    return booking_window(
        draft.local_start, timezone, opens_days=draft.opens_days, closes_days=draft.closes_days, now=clock.now()
    )


def _slot_columns(draft: SlotDraft, timezone: str, unchanged: Slot | None = None) -> dict[str, Any]:
    opens_at, closes_at = _booking_window(draft, timezone, unchanged)
    starts_at, ends_at = slot_instants(draft.local_start, draft.local_end, timezone)
    return {
        "local_start": draft.local_start,
        "local_end": draft.local_end,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "max_classes": draft.capacity.max_classes,
        "max_pupils": draft.capacity.max_pupils,
        "adults_per_class": draft.capacity.adults_per_class,
        "min_pupils": draft.capacity.min_pupils,
        "kept_classes": draft.capacity.kept_classes,
        "kept_until": draft.capacity.kept_until if draft.capacity.kept_classes else None,
        "decision_on": draft.capacity.decision_on,
        "audience": draft.audience,
        "updated_at": clock.now(),
    }


def _check_not_offered(activity: Activity, draft: SlotDraft, except_id: int | None = None) -> None:
    # The activity is held: a button pressed twice cannot make two slots of one.
    twins = select(Slot.id).where(
        Slot.activity_id == activity.id,
        Slot.local_start == draft.local_start,
        Slot.local_end == draft.local_end,
        Slot.state != SlotState.CANCELLED,
    )
    if any(found != except_id for found in db.session.scalars(twins)):
        raise AlreadyOffered()


def _check_changeable(slot: Slot) -> None:
    if slot.state is SlotState.CANCELLED or slot.ends_at <= clock.now():
        raise SlotNotOpen()


def _not_over(slots: list[Slot]) -> list[Slot]:
    now = clock.now()
    return [slot for slot in slots if slot.state is not SlotState.CANCELLED and slot.ends_at > now]


# ---- Locks: written first, then read afresh; the activity before its slots, slots in the order of their ids


def hold_activity(activity_id: int) -> Activity:
    """The activity, which nobody else changes until the transaction ends."""
    db.session.execute(update(Activity).where(Activity.id == activity_id).values(updated_at=clock.now()))
    return db.session.scalars(
        select(Activity).where(Activity.id == activity_id).execution_options(populate_existing=True)
    ).one()


def _lock_slots(activity: Activity) -> list[Slot]:
    ids = select(Slot.id).where(Slot.activity_id == activity.id).order_by(Slot.id)
    return [_lock_slot(slot_id) for slot_id in db.session.scalars(ids).all()]


def _lock_slot(slot_id: int) -> Slot:
    db.session.execute(update(Slot).where(Slot.id == slot_id).values(updated_at=clock.now()))
    return db.session.scalars(select(Slot).where(Slot.id == slot_id).execution_options(populate_existing=True)).one()
