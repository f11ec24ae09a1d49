"""What keeps classes and outings away: a class on its internship, outings suspended elsewhere; and a private calendar."""

from __future__ import annotations

from datetime import timedelta

from booking.bookings.rules.states import CancelReason
from booking.bookings.services import suspend_outings
from booking.calendars.addresses import make_address, subjects_of
from booking.demo.rules import Season
from booking.demo.services.people import Cast
from booking.schools.absences import Period, save_absence

AWAY_CLASS, AWAY_REASON = "3e A", "stage d’observation"
# Not where the demo's teacher and host are: their outings go on.
SUSPENDED, SUSPENDED_NOTE = "78", "Neige et verglas annoncés : les cars ne circulent pas."


def make_unavailable(season: Season, cast: Cast) -> None:
    """A week without visits for one of the teacher's classes, a day without outings in another département, and an
    address by which the teacher's agenda follows the bookings."""
    away = cast.own[AWAY_CLASS]
    monday = season.window_ends_on + timedelta(days=7 - season.window_ends_on.weekday())
    save_absence(away.school_id, away.id, Period(monday, monday + timedelta(days=4), AWAY_REASON))
    day = season.week_days[-1]
    suspend_outings(SUSPENDED, day, day, cast.officer, reason=CancelReason.WEATHER, note=SUSPENDED_NOTE)
    make_address(cast.teacher, subjects_of(cast.teacher)[0])
