"""Editions that take activities now, and the making of a new one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import or_, select, true

from booking.catalogue.models import Edition
from booking.catalogue.rules.editions import SlugTaken, check_edition
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
    theme: str = "",
    window_starts_on: date | None = None,
    window_ends_on: date | None = None,
    bookings_open_at: datetime | None = None,
    bookings_per_school: int | None = None,
    is_permanent: bool = False,
    dates_source: str = "",
) -> Edition:
    """Add an edition; without a wider window, its week is the window.

    Refuses: SlugUnreadable, DatesOutOfOrder, SlugTaken.
    """
    window_starts_on, window_ends_on = window_starts_on or starts_on, window_ends_on or ends_on
    check_edition(slug, starts_on, ends_on, window_starts_on, window_ends_on)
    if db.session.scalar(select(Edition.id).where(Edition.slug == slug)) is not None:
        raise SlugTaken()
    edition = Edition(
        slug=slug,
        name=name,
        theme=theme,
        starts_on=starts_on,
        ends_on=ends_on,
        window_starts_on=window_starts_on,
        window_ends_on=window_ends_on,
        bookings_open_at=bookings_open_at,
        bookings_per_school=bookings_per_school,
        is_permanent=is_permanent,
        dates_source=dates_source,
        created_at=clock.now(),
    )
    db.session.add(edition)
    db.session.flush()
    return edition
