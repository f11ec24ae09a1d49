"""When people are reminded of a visit, and what may still be missing (product, section 5)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.bookings.rules.outing import Coach
from booking.core.i18n import _l


@dataclass(frozen=True)
class Reminder:
    """days_before: the due day, counted from the visit's. late_days: how late it may still go, after a breakdown.

    rest_days: whoever learnt the date more recently than that knows it already, and is left alone.
    """

    days_before: int
    rest_days: int
    late_days: int = 0


REMINDERS = (Reminder(7, rest_days=3, late_days=2), Reminder(1, rest_days=1))
# Nobody is written to earlier or later than that, by the clock of the place.
HOURS = (time(8, 0), time(18, 0))


@dataclass(frozen=True)
class DueReminder:
    """due_on: the day it stands for, once for ever. expires_at: what it says is stale from then on."""

    days_before: int
    due_on: date
    expires_at: datetime


def reminder_due(local_start: datetime, timezone: str, known_on: date, now: datetime) -> DueReminder | None:
    """The reminder to send now for a visit, if any. known_on: the day, there, when its date was last told."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    if not HOURS[0] <= local.time() < HOURS[1]:
        return None
    for reminder in REMINDERS:
        due_on = local_start.date() - timedelta(days=reminder.days_before)
        last_on = due_on + timedelta(days=reminder.late_days)
        if due_on <= local.date() <= last_on and (due_on - known_on).days >= reminder.rest_days:
            midnight = datetime.combine(last_on + timedelta(days=1), time(), zone)
            return DueReminder(reminder.days_before, due_on, midnight)
    return None


class Lacking(enum.StrEnum):
    """What a class may not have yet, shortly before it comes."""

    OUTING = "outing"
    COMING_IN = "coming_in"
    COACH_UNSAID = "coach_unsaid"
    COACH_QUOTE = "coach_quote"


LACKING_WORDS: dict[Lacking, Any] = {
    Lacking.OUTING: _l("L’autorisation de sortie de votre chef d’établissement n’est pas enregistrée ici."),
    Lacking.COMING_IN: _l(
        "L’accord de votre chef d’établissement pour faire entrer les intervenants n’est pas enregistré ici."
    ),
    Lacking.COACH_UNSAID: _l("Le car : vous n’avez pas dit s’il en faut un, ni s’il est commandé."),
    Lacking.COACH_QUOTE: _l("Le car : le devis est demandé, la commande n’est pas enregistrée ici."),
}


def still_lacking(*, is_staff: bool, is_workshop: bool, head_said_yes: bool, coach: Coach | None) -> list[Lacking]:
    """What nobody has recorded for a firm booking; colleagues who go without pupils need no authorisation of this kind."""
    found = []
    if not is_staff and not head_said_yes:
        found.append(Lacking.COMING_IN if is_workshop else Lacking.OUTING)
    if not is_workshop and coach in _COACH_LACKS:
        found.append(_COACH_LACKS[coach])
    return found


_COACH_LACKS: dict[Coach | None, Lacking] = {None: Lacking.COACH_UNSAID, Coach.QUOTE_ASKED: Lacking.COACH_QUOTE}
