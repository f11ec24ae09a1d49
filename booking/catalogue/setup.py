"""The set-up of an edition by an administrator: its dates, its rules, the criteria of its label; and what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import joinedload

from booking.catalogue.editions import add_edition, record_change
from booking.catalogue.labelling.models import CriterionFact, LabelCriterion
from booking.catalogue.labelling.queries import criteria_of
from booking.catalogue.labelling.services import set_criteria
from booking.catalogue.models import Activity, Edition, EditionChange, EditionEvent, Slot, SlotState
from booking.catalogue.rules.editions import (
    BookedAlready,
    CriterionDraft,
    EditedMeanwhile,
    EditionDraft,
    SlotsOutside,
    check_criteria,
    check_edition,
)
from booking.core import clock
from booking.core.db import db


def set_up_edition(draft: EditionDraft, criteria: Sequence[CriterionDraft], person_id: int) -> Edition:
    """A new edition with the criteria of its label. Refuses: as add_edition, and what check_criteria refuses."""
    check_criteria(criteria, labelling_enabled=draft.labelling_enabled)
    edition = add_edition(draft, person_id)
    set_criteria(edition.id, _rows(criteria))
    return edition


def rewrite_edition(
    edition_id: int, draft: EditionDraft, criteria: Sequence[CriterionDraft], person_id: int, *, seen: int
) -> list[str]:
    """Change an edition; gives the names of what is different. Its address stays: it is in links and bookmarks.

    seen: the last change that the page showed, 0 for none.
    Refuses: as set_up_edition, EditedMeanwhile, BookedAlready, SlotsOutside.
    """
    db.session.execute(update(Edition).where(Edition.id == edition_id).values(slug=Edition.slug))
    edition = db.session.get_one(Edition, edition_id, populate_existing=True)
    if last_change(edition_id) != seen:
        raise EditedMeanwhile()
    draft = replace(draft, slug=edition.slug)
    check_edition(draft)
    check_criteria(criteria, labelling_enabled=draft.labelling_enabled)
    _check_opening(edition, draft)
    _check_window(edition, draft)
    changes: dict[str, list[Any]] = {
        name: [getattr(edition, name), value] for name, value in vars(draft).items() if getattr(edition, name) != value
    }
    for name, (_before, value) in changes.items():
        setattr(edition, name, value)
    before, rows = [_plain(row) for row in criteria_of(edition_id)], _rows(criteria)
    if before != (after := [_plain(row) for row in rows]):
        set_criteria(edition_id, rows)
        changes["criteria"] = [before, after]
    if changes:
        record_change(edition, EditionEvent.CHANGED, changes, person_id)
    return list(changes)


def last_change(edition_id: int) -> int:
    """The number of the last change of the edition, 0 when it has none."""
    return db.session.scalar(select(func.max(EditionChange.id)).where(EditionChange.edition_id == edition_id)) or 0


def changes_of(edition_id: int) -> Sequence[EditionChange]:
    """What was changed of the edition, the latest first."""
    query = select(EditionChange).where(EditionChange.edition_id == edition_id).order_by(EditionChange.id.desc())
    return db.session.scalars(query.options(joinedload(EditionChange.person))).all()


def newest_edition() -> Edition | None:
    """The dated edition of the latest week: what the next one starts from."""
    query = select(Edition).where(Edition.is_permanent.is_(False)).order_by(Edition.starts_on.desc(), Edition.id.desc())
    return db.session.scalars(query.limit(1)).first()


def _rows(criteria: Sequence[CriterionDraft]) -> list[LabelCriterion]:
    return [
        LabelCriterion(wording=each.wording, wording_en=each.wording_en, fact=CriterionFact(each.fact))
        for each in criteria
        if each.wording
    ]


def _plain(row: LabelCriterion) -> dict[str, str]:
    return {"wording": row.wording, "wording_en": row.wording_en, "fact": row.fact.value}


def _check_opening(edition: Edition, draft: EditionDraft) -> None:
    """Once bookings are open they stay open for those who have booked: their place would be one nobody can have."""
    now, was, will = clock.now(), edition.bookings_open_at, draft.bookings_open_at
    is_put_off = (was is None or was <= now) and will is not None and will > now
    if is_put_off and _count(edition.id, or_(Slot.taken_classes > 0, Slot.waiting_classes > 0)):
        raise BookedAlready()


def _check_window(edition: Edition, draft: EditionDraft) -> None:
    names = ("window_starts_on", "window_ends_on", "is_permanent")
    if draft.is_permanent or all(getattr(edition, name) == getattr(draft, name) for name in names):
        return
    first = datetime.combine(draft.window_starts_on, time())
    after = datetime.combine(draft.window_ends_on + timedelta(days=1), time())
    outside = _count(
        edition.id,
        or_(Slot.local_start < first, Slot.local_start >= after),
        Slot.state != SlotState.CANCELLED,
        Slot.ends_at > clock.now(),
    )
    if outside:
        raise SlotsOutside(count=outside)


def _count(edition_id: int, *conditions: Any) -> int:
    query = select(func.count(Slot.id)).join(Slot.activity).where(Activity.edition_id == edition_id, *conditions)
    return db.session.scalar(query) or 0
