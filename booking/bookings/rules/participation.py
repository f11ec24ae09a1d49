"""Whether pupils must take part in an outing: it follows from the hours it takes, from door to door (rule 10).

An outing within the hours of the timetable is compulsory and free, the break at noon may be part of it; any other is
optional and its families agree in writing. Source: circulaire du 13 juin 2023, Bulletin officiel n° 26 du 29 juin 2023,
in force since 1 September 2023. The usual hours are a line of the law file, which the administrator sets.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime, time

from booking.bookings.papers.rules import Hours, Nature
from booking.core.dates import format_day, format_hour
from booking.core.i18n import _
from booking.schools.models import SchoolKind


class Participation(enum.StrEnum):
    """UNKNOWN: the way is not known, and the visit alone fits: nobody can tell."""

    COMPULSORY = "compulsory"
    OPTIONAL = "optional"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SchoolWeek:
    """Which days have class, and until when on Wednesdays. Ours, for want of the class's own timetable.

    wednesday_ends: None where Wednesday has no class.
    """

    decided_on: date
    wednesday_ends: time | None

    def hours(self, day: date, usual: Hours) -> Hours | None:
        """From the first to the last bell of a day, the break at noon included; None without class."""
        if day.weekday() in WEEKEND or (day.weekday() == WEDNESDAY and self.wednesday_ends is None):
            return None
        if day.weekday() == WEDNESDAY and self.wednesday_ends is not None:
            return Hours(usual.first, min(usual.last, self.wednesday_ends))
        return usual


WEDNESDAY, WEEKEND = 2, frozenset({5, 6})
DECIDED_ON = date(2026, 11, 25)
WEEKS: dict[SchoolKind, SchoolWeek] = {
    SchoolKind.ECOLE: SchoolWeek(DECIDED_ON, None),
    SchoolKind.COLLEGE: SchoolWeek(DECIDED_ON, time(12, 30)),
    SchoolKind.LYCEE: SchoolWeek(DECIDED_ON, time(12, 30)),
}


@dataclass(frozen=True)
class Away:
    """When the class is not at school. is_door_to_door: the way is in it; else it is the visit alone."""

    leaves_at: datetime
    back_at: datetime
    is_door_to_door: bool
    is_day_off: bool = False


def participation(away: Away, hours: Hours | None, said: Nature = Nature.BY_HOURS) -> Participation:
    """Whether the outing is compulsory: as the school says, else as its hours do. hours: of class on that day, if any."""
    if said is not Nature.BY_HOURS:
        return Participation(said.value)
    fits = (
        hours is not None
        and not away.is_day_off
        and away.leaves_at.date() == away.back_at.date()
        and hours.first <= away.leaves_at.time()
        and away.back_at.time() <= hours.last
    )
    if not fits:
        return Participation.OPTIONAL
    return Participation.COMPULSORY if away.is_door_to_door else Participation.UNKNOWN


def participation_words(away: Away, hours: Hours | None, said: Nature = Nature.BY_HOURS) -> str:
    """The answer, why, and what families get: whoever knows the class's timetable can correct it."""
    answer = participation(away, hours, said)
    if said is Nature.COMPULSORY:
        return _("Obligatoire et gratuite, a précisé l’enseignant. Une note informe les familles.")
    if said is Nature.OPTIONAL:
        return _("Facultative, a précisé l’enseignant. L’accord écrit des familles est nécessaire.")
    if answer is Participation.UNKNOWN:
        return _(
            "Obligatoire si le trajet tient aussi dans les heures de cours, sinon facultative : les heures de départ et de retour ne sont pas connues."
        )
    if hours is None or away.is_day_off:
        return _(
            "Facultative : %(day)s n’est pas un jour de cours. L’accord écrit des familles est nécessaire.",
            day=format_day(away.leaves_at, year=False),
        )
    first, last = (format_hour(bell, short=True) for bell in (hours.first, hours.last))
    if answer is Participation.COMPULSORY:
        return _(
            "Obligatoire et gratuite : de porte à porte, elle tient dans les heures de cours habituelles (%(first)s à %(last)s). Une note informe les familles.",
            first=first,
            last=last,
        )
    return _(
        "Facultative : elle dépasse les heures de cours habituelles (%(first)s à %(last)s). L’accord écrit des familles est nécessaire.",
        first=first,
        last=last,
    )
