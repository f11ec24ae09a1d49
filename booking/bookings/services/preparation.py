"""What is settled on the way to a visit: the coach, by the teacher; the names of the people who come in, by their host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import NothingToAuthorise, Purpose
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.states import Actor, Event
from booking.bookings.services import authorisations
from booking.bookings.services.places import lock_booking
from booking.bookings.services.transitions import step
from booking.core.errors import Refusal
from booking.core.i18n import _l

MOST_SPEAKERS = 12


class SpeakersMissing(Refusal):
    code = "speakers_missing"
    field = "speakers"

    def sentence(self) -> Any:
        return _l("Donnez au moins un nom : l’établissement doit savoir qui entre.")


class TooManySpeakers(Refusal):
    code = "too_many_speakers"
    field = "speakers"

    def sentence(self) -> Any:
        return _l("Douze intervenants au plus : donnez les noms de ceux qui viennent en classe.")


@dataclass(frozen=True)
class CoachStep:
    """coach: where it stands. on: when the quote was asked, or the coach ordered. leaves: the hour it leaves."""

    coach: Coach
    on: date | None = None
    leaves: time | None = None


def settle_coach(booking_id: int, person: Person, plan: CoachStep) -> Booking:
    """Note where the coach stands; the history keeps each change, nobody is written to. Refuses: NotPossibleNow."""
    booking = lock_booking(booking_id)
    on, leaves = (None, None) if plan.coach is Coach.NOT_NEEDED else (plan.on, plan.leaves)
    if (booking.coach, booking.coach_on, booking.coach_leaves) == (plan.coach, on, leaves):
        return booking
    booking.coach, booking.coach_on, booking.coach_leaves = plan.coach, on, leaves
    details = {
        "coach": plan.coach,
        "on": on.isoformat() if on else None,
        "leaves": leaves.isoformat("minutes") if leaves else None,
    }
    return step(booking, Event.COACH, Actor.TEACHER, person, details=details)


def name_speakers(booking_id: int, person: Person, names: Sequence[str], *, show_identity: bool) -> Booking:
    """Keep who comes into the school: its head is asked to allow them, again when they are others.

    Refuses: SpeakersMissing, TooManySpeakers, NothingToAuthorise, NotPossibleNow.
    """
    speakers = list(dict.fromkeys(name for name in names if name))
    if not speakers:
        raise SpeakersMissing()
    if len(speakers) > MOST_SPEAKERS:
        raise TooManySpeakers()
    booking = lock_booking(booking_id)
    authorisation = booking.authorisation
    if authorisation is None or authorisation.purpose is not Purpose.INTERVENTION:
        raise NothingToAuthorise()
    authorisations.check_is_asked(booking)
    if authorisations.name_speakers(authorisation, speakers, show_identity=show_identity):
        step(booking, Event.NAME_SPEAKERS, Actor.HOST, person)
    return booking
