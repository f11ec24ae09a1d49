"""Whether pupils must take part in an outing: it follows from the hours it takes, from door to door (rule 10)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from booking.core.dates import format_day, format_hour
from booking.core.i18n import _
from booking.schools.models import SchoolKind


class Participation(enum.StrEnum):
    """UNKNOWN: the way is not known, and the visit alone fits: nobody can tell."""

    COMPULSORY = "compulsory"
    OPTIONAL = "optional"
    UNKNOWN = "unknown"


Bells = tuple[time, time]


@dataclass(frozen=True)
class TeachingHours:
    """The first and the last bell by day of the week (Monday is 0), lunch included; no day off class is in it.

    An outing within the hours of the timetable is compulsory and free, the break at noon may be part of it; any other
    is optional and its families agree in writing. in_force_on and source are those of that principle; the hours are
    ours, the usual ones, for want of the class's own timetable.
    """

    in_force_on: date
    source: str
    days: Mapping[int, Bells]


IN_FORCE_ON = date(2023, 9, 1)
SOURCE = "circulaire du 13 juin 2023, Bulletin officiel n° 26 du 29 juin 2023"


def _week(day: Bells, wednesday: Bells | None) -> TeachingHours:
    days = {0: day, 1: day, 3: day, 4: day}
    return TeachingHours(IN_FORCE_ON, SOURCE, {**days, 2: wednesday} if wednesday else days)


HOURS: dict[SchoolKind, TeachingHours] = {
    SchoolKind.ECOLE: _week((time(8, 30), time(16, 30)), None),
    SchoolKind.COLLEGE: _week((time(8, 0), time(17, 30)), (time(8, 0), time(12, 30))),
    SchoolKind.LYCEE: _week((time(8, 0), time(18, 0)), (time(8, 0), time(13, 0))),
}


@dataclass(frozen=True)
class Away:
    """When the class is not at school. is_door_to_door: the way is in it; else it is the visit alone."""

    leaves_at: datetime
    back_at: datetime
    is_door_to_door: bool
    is_day_off: bool = False


def participation(away: Away, hours: TeachingHours) -> Participation:
    """Whether the outing is compulsory, as its hours say."""
    bells = hours.days.get(away.leaves_at.weekday())
    fits = (
        bells is not None
        and not away.is_day_off
        and away.leaves_at.date() == away.back_at.date()
        and bells[0] <= away.leaves_at.time()
        and away.back_at.time() <= bells[1]
    )
    if not fits:
        return Participation.OPTIONAL
    return Participation.COMPULSORY if away.is_door_to_door else Participation.UNKNOWN


def participation_words(away: Away, hours: TeachingHours) -> str:
    """The answer, why, and what families get: whoever knows the class's timetable can correct it."""
    answer, bells = participation(away, hours), hours.days.get(away.leaves_at.weekday())
    if answer is Participation.UNKNOWN:
        return _(
            "Obligatoire si le trajet tient aussi dans les heures de cours, sinon facultative : les heures de départ et de retour ne sont pas connues."
        )
    if bells is None or away.is_day_off:
        return _("Facultative : %(day)s n’est pas un jour de cours. L’accord écrit des familles est nécessaire.",
                 day=format_day(away.leaves_at, year=False))  # fmt: skip
    first, last = (format_hour(bell, short=True) for bell in bells)
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
