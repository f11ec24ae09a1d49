"""The fixed table of zones says what the tz database says, for the next five years."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from booking.calendars.ics import timezone_component
from booking.calendars.zones import ZONES, Zone
from booking.core.dates import ZONE_NAMES

FIRST_YEAR = datetime.now(UTC).year


def changes_by_the_table(zone: Zone) -> list[tuple[datetime, timedelta]]:
    """When each offset begins, as a calendar program works it out from the rules: instants without a zone, in UTC."""
    if zone.daylight is None:
        return [(zone.standard.start - zone.standard.offset_from, zone.standard.offset_to)]
    first, last = datetime(FIRST_YEAR - 1, 1, 1), datetime(FIRST_YEAR + 5, 12, 31)
    return sorted(
        (local - observance.offset_from, observance.offset_to)
        for observance in (zone.standard, zone.daylight)
        for local in rrulestr(observance.rule, dtstart=observance.start).between(first, last)
    )


@pytest.mark.parametrize("tzid", sorted(ZONES))
def test_the_table_agrees_with_the_tz_database_every_hour_for_five_years(tzid):
    changes, moment = changes_by_the_table(ZONES[tzid]), datetime(FIRST_YEAR, 1, 1)
    starts = [start for start, _offset in changes]
    while moment.year < FIRST_YEAR + 5:
        expected = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(tzid)).utcoffset()
        assert changes[bisect_right(starts, moment) - 1][1] == expected, moment
        moment += timedelta(hours=1)


def test_every_zone_that_is_not_paris_has_a_name_for_its_readers():
    assert set(ZONES) - {"Europe/Paris"} == set(ZONE_NAMES)


@pytest.mark.parametrize("tzid", sorted(ZONES))
def test_a_zone_has_one_standard_and_one_daylight_at_most_and_no_list_of_dates(tzid):
    text = timezone_component(tzid).to_ical(sorted=False).decode()
    assert text.count("BEGIN:STANDARD") == 1
    assert text.count("BEGIN:DAYLIGHT") == (1 if tzid in ("Europe/Paris", "America/Miquelon") else 0)
    assert "RDATE" not in text
    assert "UNTIL" not in text
