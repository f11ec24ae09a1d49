"""« Pour votre classe »: the visits that suit a saved class best, each with its next date and its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import cos, radians

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from booking.bookings.answering import answering_of
from booking.bookings.queries import explain_all, fit_of
from booking.bookings.rules.scores import Score, score
from booking.catalogue.models import (
    BOOKED_BY,
    Activity,
    ActivityLevel,
    BookedBy,
    PublicationState,
    Slot,
    SlotAudience,
    SlotState,
)
from booking.companies.models import Company, Site, Trust
from booking.companies.pauses import takes_requests
from booking.core import clock
from booking.core.db import db
from booking.schools.models import Audience, School, SchoolClass

# Beyond an hour and a half of coach nothing more is worth an outing (see scores.WEIGHTS): looked for no farther.
FARTHEST_KM = 80
KM_PER_DEGREE = 111.2
AHEAD = timedelta(days=120)
MOST_READ = 300


@dataclass(frozen=True)
class Suggestion:
    """An activity's next date that the class could book, and how well it suits."""

    slot: Slot
    score: Score


def suggestions(school_class: SchoolClass, *, most: int = 3) -> list[Suggestion]:
    """The activities that suit the class best and that it could book today, at most one date of each; the best first."""
    if school_class.audience is not Audience.PUPILS:
        return []
    first: dict[int, Slot] = {}
    for slot in _bookable_slots(school_class):
        first.setdefault(slot.activity_id, slot)
    habits = answering_of({slot.activity.company_id for slot in first.values()})
    found = [Suggestion(slot, score(fit_of(slot.activity, school_class, habits))) for slot in first.values()]
    found.sort(key=lambda each: (-each.score.points, each.slot.starts_at, each.slot.id))
    shortlist = found[: most * 6]
    answers = explain_all([each.slot for each in shortlist], school_class)
    # Adults that are missing can be found.
    possible = (each for each in shortlist if all(stop.field == "adults" for stop in answers[each.slot.id].stops))
    return [each for each, _number in zip(possible, range(most), strict=False)]


def _bookable_slots(school_class: SchoolClass) -> Sequence[Slot]:
    """Slots to come with room for the class, of activities for its level within reach of its school, the next first."""
    now = clock.now()
    levels = select(ActivityLevel.activity_id)
    suits = Activity.id.in_(levels.where(ActivityLevel.level_code == school_class.level_code))
    query = (
        select(Slot)
        .join(Slot.activity)
        .join(Activity.company)
        .join(Activity.site)
        .where(
            Slot.state == SlotState.OPEN,
            Slot.audience == SlotAudience.ALL,
            Slot.closes_at > now,
            Slot.starts_at < now + AHEAD,
            Slot.taken_classes < Slot.max_classes,
            Slot.max_pupils - Slot.taken_pupils >= school_class.pupils,
            Activity.state == PublicationState.PUBLISHED,
            Activity.kind.in_([kind for kind, who in BOOKED_BY.items() if who is BookedBy.CLASS]),
            Company.trust == Trust.TRUSTED,
            takes_requests(now.date()),
            Slot.round_until.is_(None),
            suits | Activity.id.not_in(levels),
            *_around(school_class.school),
        )
        .options(
            contains_eager(Slot.activity).contains_eager(Activity.site),
            contains_eager(Slot.activity).contains_eager(Activity.company),
            contains_eager(Slot.activity).joinedload(Activity.edition),
            contains_eager(Slot.activity).selectinload(Activity.levels),
        )
        .order_by(Slot.starts_at, Slot.id)
        .limit(MOST_READ)
    )
    return db.session.scalars(query).unique().all()


def _around(school: School) -> list[ColumnElement[bool]]:
    """A square around the school; without its position, its département."""
    if school.latitude is None or school.longitude is None:
        return [Slot.departement_code == school.departement_code]
    north = FARTHEST_KM / KM_PER_DEGREE
    east = north / max(0.1, cos(radians(school.latitude)))
    return [
        Site.latitude.between(school.latitude - north, school.latitude + north),
        Site.longitude.between(school.longitude - east, school.longitude + east),
    ]
