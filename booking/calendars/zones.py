"""The time zones of our places, as calendars want them: one fixed table, checked against the tz database by a test.

Only Paris and Miquelon have summer time (Miquelon by the North American calendar). Libraries that work VTIMEZONE out
write lists of dates that Outlook ignores, an hour wrong for half the year (specs/invitations §2.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Observance:
    """One half of the year, or all of it when there is no rule: the offset before and after `start`, local time."""

    start: datetime
    offset_from: timedelta
    offset_to: timedelta
    name: str
    rule: str | None = None


@dataclass(frozen=True)
class Zone:
    tzid: str
    standard: Observance
    daylight: Observance | None = None


def _fixed(tzid: str, hours: int, name: str) -> Zone:
    offset = timedelta(hours=hours)
    return Zone(tzid, Observance(datetime(1970, 1, 1), offset, offset, name))  # noqa: DTZ001  (local by definition)


def _seasonal(tzid: str, winter: tuple[datetime, str, int, str], summer: tuple[datetime, str, int, str]) -> Zone:
    (winter_start, winter_name, winter_h, winter_rule), (summer_start, summer_name, summer_h, summer_rule) = (
        winter,
        summer,
    )
    low, high = timedelta(hours=winter_h), timedelta(hours=summer_h)
    return Zone(
        tzid,
        standard=Observance(winter_start, high, low, winter_name, winter_rule),
        daylight=Observance(summer_start, low, high, summer_name, summer_rule),
    )


_TABLE = (
    _seasonal(
        "Europe/Paris",
        winter=(datetime(1970, 10, 25, 3), "CET", 1, "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),  # noqa: DTZ001
        summer=(datetime(1970, 3, 29, 2), "CEST", 2, "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),  # noqa: DTZ001
    ),
    _seasonal(
        "America/Miquelon",
        winter=(datetime(2007, 11, 4, 2), "-03", -3, "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),  # noqa: DTZ001
        summer=(datetime(2007, 3, 11, 2), "-02", -2, "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),  # noqa: DTZ001
    ),
    _fixed("America/Martinique", -4, "AST"),
    _fixed("America/Guadeloupe", -4, "AST"),
    _fixed("America/Cayenne", -3, "-03"),
    _fixed("Indian/Reunion", 4, "+04"),
    _fixed("Indian/Mayotte", 3, "EAT"),
    _fixed("Pacific/Noumea", 11, "+11"),
    _fixed("Pacific/Tahiti", -10, "-10"),
    _fixed("Pacific/Wallis", 12, "+12"),
)

ZONES: dict[str, Zone] = {zone.tzid: zone for zone in _TABLE}
