"""Editions that take activities now, and the making of a new one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, true

from booking.catalogue.models import Edition, EditionChange, EditionEvent
from booking.catalogue.rules.editions import EditionDraft, SlugTaken, check_edition
from booking.core import clock
from booking.core.db import db


def open_editions() -> list[Edition]:
    """The editions an activity can be added to: those not over yet, the earliest first, then the permanent ones."""
    today = clock.now().date()
    query = (
        select(Edition)
        .where(or_(Edition.window_ends_on >= today, Edition.is_permanent == true()))
        .order_by(Edition.is_permanent, Edition.starts_on, Edition.id)
    )
    return list(db.session.scalars(query))


def create_edition(
    slug: str,
    name: str,
    starts_on: date,
    ends_on: date,
    *,
    window_starts_on: date | None = None,
    window_ends_on: date | None = None,
    **values: Any,
) -> Edition:
    """Add an edition; without a wider window, its week is the window. values: as EditionDraft.

    Refuses: as add_edition.
    """
    draft = EditionDraft(
        slug, name, starts_on, ends_on, window_starts_on or starts_on, window_ends_on or ends_on, **values
    )
    return add_edition(draft)


def add_edition(draft: EditionDraft, person_id: int | None = None) -> Edition:
    """Add an edition. person_id: whose doing it is; nobody's when it comes from a command.

    Refuses: SlugUnreadable, the subclasses of DatesOutOfOrder, OpensTooLate, SlugTaken.
    """
    check_edition(draft)
    if db.session.scalar(select(Edition.id).where(Edition.slug == draft.slug)) is not None:
        raise SlugTaken()
    edition = Edition(created_at=clock.now(), **vars(draft))
    db.session.add(edition)
    db.session.flush()
    record_change(edition, EditionEvent.CREATED, {}, person_id)
    return edition


def record_change(
    edition: Edition, event: EditionEvent, changes: dict[str, Any], person_id: int | None = None
) -> EditionChange:
    """Keep who changed what of an edition, and when. changes: what it was and what it is, by column."""
    change = EditionChange(
        edition_id=edition.id, event=event, person_id=person_id, at=clock.now(), changes=_as_stored(changes)
    )
    db.session.add(change)
    db.session.flush()
    return change


def _as_stored(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_stored(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(each) for each in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def switch_rounds(edition: Edition, on: bool, person_id: int | None = None) -> None:
    """Let an edition open rounds, or not any more."""
    if edition.allocation_enabled is not on:
        edition.allocation_enabled = on
        record_change(edition, EditionEvent.CHANGED, {"allocation_enabled": [not on, on]}, person_id)
