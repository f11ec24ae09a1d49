"""Whether a class must take part in its outing, as its hours, the law file and its teacher say: one answer for all pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from booking.bookings.models import Booking
from booking.bookings.papers.law import law_on
from booking.bookings.papers.queries import file_of
from booking.bookings.papers.rules import Nature, Rule, read_hours
from booking.bookings.queries import journey_of
from booking.bookings.rules.participation import WEEKS, Away, Participation, participation, participation_words
from booking.schools.models import Audience
from booking.territory.queries import holiday_calendar


@dataclass(frozen=True)
class ParticipationOf:
    """The answer, and the sentence that says why."""

    answer: Participation
    words: str


def participation_of(booking: Booking) -> ParticipationOf | None:
    """Compulsory or optional; None for a workshop in class and for a group of staff, whom no family lets go."""
    if booking.slot.activity.comes_to_class or booking.school_class.audience is Audience.STAFF:
        return None
    law = law_on(booking.slot.local_start.date())
    return participation_under(booking, law, file_of(booking).nature)


def participation_under(booking: Booking, law: Mapping[str, Rule], said: Nature) -> ParticipationOf:
    """The same under a given state of the law and for what the teacher says of it."""
    slot, school = booking.slot, booking.school
    day = slot.local_start.date()
    journey = journey_of(slot, school)
    leaves_at, back_at = (journey.leaves_at, journey.back_at) if journey else (slot.local_start, slot.local_end)
    if booking.coach_leaves and journey:
        leaves_at = datetime.combine(leaves_at.date(), booking.coach_leaves)
    is_off = holiday_calendar(school.departement_code).is_day_off_for_school(day)
    away = Away(leaves_at, back_at, is_door_to_door=journey is not None, is_day_off=is_off)
    hours = WEEKS[school.kind].hours(day, read_hours(law["usual-hours"].value))
    return ParticipationOf(participation(away, hours, said), participation_words(away, hours, said))
