"""Dates and hours as people here write them: « lundi 29 mars 2027 de 9 h 00 à 11 h 00 »."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date

from booking.core.i18n import _, _n, current_language

NBSP = "\u00a0"

SCHOOL_YEAR_STARTS_IN = 8  # August: classes are saved, and visits planned, before the first day of September

# Named beside the hour when a place does not live on Paris time (specs/invitations §3.4).
ZONE_NAMES: dict[str, dict[str, str]] = {
    "America/Martinique": {"fr": "heure de la Martinique", "en": "Martinique time"},
    "America/Guadeloupe": {"fr": "heure de la Guadeloupe", "en": "Guadeloupe time"},
    "America/Cayenne": {"fr": "heure de Guyane", "en": "French Guiana time"},
    "America/Miquelon": {"fr": "heure de Saint-Pierre-et-Miquelon", "en": "Saint Pierre and Miquelon time"},
    "Indian/Reunion": {"fr": "heure de La Réunion", "en": "Réunion time"},
    "Indian/Mayotte": {"fr": "heure de Mayotte", "en": "Mayotte time"},
    "Pacific/Noumea": {"fr": "heure de Nouméa", "en": "Nouméa time"},
    "Pacific/Tahiti": {"fr": "heure de Tahiti", "en": "Tahiti time"},
    "Pacific/Wallis": {"fr": "heure de Wallis-et-Futuna", "en": "Wallis and Futuna time"},
}


def format_day(day: date | datetime, *, year: bool = True, weekday: bool = True) -> str:
    """« lundi 29 mars 2027 », « lundi 1er mars »; in English « Monday 29 March 2027 »."""
    language = current_language()
    number = "1er" if day.day == 1 and language == "fr" else str(day.day)
    parts = [babel_date(day, "EEEE", language) if weekday else "", number, babel_date(day, "MMMM", language)]
    if year:
        parts.append(str(day.year))
    return " ".join(part for part in parts if part)


def school_year(day: date) -> int:
    """The school year of a day, named after the year of its September: 2026 from August 2026 to July 2027."""
    return day.year if day.month >= SCHOOL_YEAR_STARTS_IN else day.year - 1


def format_hour(moment: time | datetime, *, short: bool = False) -> str:
    """« 9 h 00 » in French with no-break spaces, « 9 h » when short and on the hour; « 9:00 » in English."""
    if current_language() != "fr":
        return f"{moment.hour}:{moment.minute:02d}"
    if short and moment.minute == 0:
        return f"{moment.hour}{NBSP}h"
    return f"{moment.hour}{NBSP}h{NBSP}{moment.minute:02d}"


def zone_note(timezone: str) -> str:
    """« (heure de La Réunion) » for a place that is not on Paris time, else nothing."""
    names = ZONE_NAMES.get(timezone)
    return f"({names.get(current_language(), names['fr'])})" if names else ""


def format_span(start: datetime, end: datetime, timezone: str) -> str:
    """When, in full, local to the place: « lundi 29 mars 2027 de 9 h 00 à 11 h 00 »."""
    if current_language() != "fr":
        text = f"{format_day(start)}, {format_hour(start)} to {format_hour(end)}"
        if start.date() != end.date():
            text = f"{format_day(start)}, {format_hour(start)} to {format_day(end)}, {format_hour(end)}"
    elif start.date() != end.date():
        text = f"du {format_day(start)} à {format_hour(start)} au {format_day(end)} à {format_hour(end)}"
    else:
        text = f"{format_day(start)} de {format_hour(start)} à {format_hour(end)}"
    return f"{text} {zone_note(timezone)}".strip()


def until_words(moment: datetime, now: datetime) -> str:
    """How long until then, never too little: « dans 12 jours », « dans 26 h 05 min », « dans 3 min »."""
    minutes = max(0, math.ceil((moment - now).total_seconds() / 60))
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return _n("dans %(num)d jour", "dans %(num)d jours", days)
    if hours:
        return _("dans %(hours)d h %(minutes)s min", hours=hours, minutes=f"{minutes % 60:02d}")
    return _("dans %(minutes)d min", minutes=minutes)


def format_moment(moment: datetime, timezone: str = "Europe/Paris") -> str:
    """An instant as a deadline reads: « mercredi 22 septembre, 18 h »; with the year when it is not this one's."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{format_day(local)}, {format_hour(local, short=True)}"
