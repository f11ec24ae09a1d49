"""Load the demo, or take it away. Everything here flushes; the command opens the transactions."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.catalogue.models import Activity, Edition, Slot
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.demo.rules import season_of
from booking.demo.services import (
    bookings,
    editions,
    labels,
    messages,
    national,
    needs,
    offers,
    papers,
    past,
    people,
    rounds,
    today,
    unavailable,
)
from booking.schools.models import School
from booking.territory.models import Academie, Commune, Departement, SchoolHoliday
from booking.territory.queries import holiday_calendar

# Days of class are those of Essonne: zone C, like most of its neighbours.
DEPARTEMENT = "91"
REFERENCE = (Academie, Departement, Commune, SchoolHoliday, School)


@dataclass(frozen=True)
class Loaded:
    """How much the demo holds."""

    companies: int
    activities: int
    slots: int
    bookings: int
    people: int


def has_reference() -> bool:
    """Whether communes and schools have been imported."""
    return all(db.session.scalar(select(func.count()).select_from(model).limit(1)) for model in (Commune, School))


def is_empty() -> bool:
    """Whether nobody has used this database: reference data alone does not count."""
    return not any(db.session.scalar(select(model.id).limit(1)) for model in (Person, Company, Edition))


def load_demo(*, is_national: bool = False) -> Loaded:
    """Build the whole demo for the day of `clock.now()`: the same day gives the same demo.

    is_national: with a teacher in every school, and an edition as large as the country's.

    Refuses: ReferenceIncomplete when a commune or a school it stands on is missing.
    """
    this_day = clock.now().astimezone(ZoneInfo("Europe/Paris")).date()
    calendar = holiday_calendar(DEPARTEMENT)
    season = season_of(this_day, lambda day: not calendar.is_day_off_for_school(day))
    known = editions.make_editions(season)
    cast = people.make_people(season)
    offered = offers.make_offers(season, known, cast)
    past.make_past_editions(season, known, cast, offered)
    labels.make_labels(known.current, cast, offered)
    bookings.make_bookings(season, cast, offered)
    papers.make_papers(cast)
    needs.make_needs(season, cast, offered)
    messages.make_messages(cast)
    today.make_today(season, lambda day: not calendar.is_day_off_for_school(day), cast, offered)
    unavailable.make_unavailable(season, cast)
    rounds.make_rounds(season, known.current, cast)
    if is_national:
        db.session.flush()
        national.make_national(season, known, cast)
    db.session.flush()
    return Loaded(*(_count(model) for model in (Company, Activity, Slot, Booking, Person)))


def erase() -> None:
    """Empty every table but the reference data, which loses what was typed into it."""
    kept = {model.__tablename__ for model in REFERENCE}
    for table in reversed(db.metadata.sorted_tables):
        if table.name not in kept:
            db.session.execute(delete(table))
    db.session.execute(update(School).values(official_email=None, head_authorises_first=False))
    db.session.expire_all()


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
