"""The four editions of the demo: one to come, one for the whole year, two past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from booking.catalogue.editions import create_edition
from booking.catalogue.models import Edition
from booking.core.dates import school_year
from booking.demo.rules import Season, last_november

OPENED_DAYS_AGO = 14


@dataclass(frozen=True)
class Editions:
    current: Edition
    all_year: Edition
    last: Edition
    first: Edition


def make_editions(season: Season) -> Editions:
    """The current edition, « Toute l’année », November of last year, and the very first one."""
    opened = datetime.combine(season.today - timedelta(days=OPENED_DAYS_AGO), time(8), ZoneInfo("Europe/Paris"))
    current = create_edition(
        f"{_month(season.week_starts_on)}-{season.week_starts_on.year}".replace("é", "e").replace("û", "u"),
        _name(season.week_starts_on),
        season.week_starts_on,
        season.week_ends_on,
        theme="Fabriquer près d’ici",
        window_starts_on=season.window_starts_on,
        window_ends_on=season.window_ends_on,
        bookings_open_at=opened.astimezone(UTC),
        bookings_per_school=20,
        dates_source="Édition de démonstration.",
    )
    year = school_year(season.today)
    all_year = create_edition(
        "toute-l-annee",
        "Toute l’année",
        date(year, 9, 1),
        date(year + 1, 8, 31),
        is_permanent=True,
        dates_source="Édition permanente : sa fenêtre ne limite pas les créneaux.",
    )
    monday = last_november(season.today)
    last = create_edition(
        f"novembre-{monday.year}",
        _name(monday),
        monday,
        monday + timedelta(days=6),
        window_starts_on=monday - timedelta(weeks=2),
        window_ends_on=monday + timedelta(weeks=4),
        dates_source="Édition de démonstration, troisième semaine de novembre.",
    )
    first = create_edition(
        "2011",
        "Semaine de l’industrie 2011",
        date(2011, 4, 4),
        date(2011, 4, 11),
        theme="Première édition",
        dates_source="Du 4 au 11 avril 2011 selon l’annonce de l’édition ; la presse donne du 4 au 10 avril.",
    )
    return Editions(current, all_year, last, first)


def _name(day: date) -> str:
    return f"Semaine de l’industrie, {_month(day)} {day.year}"


def _month(day: date) -> str:
    return str(format_date(day, "MMMM", "fr"))
