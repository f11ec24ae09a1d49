"""What was thought of visits: to the two sides their own, to a territory in sum; never to the public by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.bookings.models import Booking, Feedback
from booking.bookings.rules.feedback import FEWEST_FOR_AN_AVERAGE, WORKED, Hands, average
from booking.bookings.rules.states import Actor, State
from booking.catalogue.models import Activity, Slot
from booking.core.db import db


@dataclass(frozen=True)
class Results:
    """answers: how many. mean: absent under the minimum. again: how many would do it again. worked: (words, how many),
    the most often named first. hands: raised before and after, summed over the classes that counted both; girls, boys."""

    answers: int
    mean: float | None
    again: int
    worked: list[tuple[Any, int]]
    hands: Hands | None
    comments: list[Feedback]


def hands_of(feedback: Feedback) -> Hands:
    return Hands(feedback.before_girls, feedback.before_boys, feedback.after_girls, feedback.after_boys)


def feedback_of(booking_id: int, side: Actor) -> Feedback | None:
    return db.session.scalar(select(Feedback).where(Feedback.booking_id == booking_id, Feedback.side == side))


def answered(side: Actor) -> Any:
    """The answers of one side about visits that took place, to be narrowed to a company or a territory."""
    return (
        select(Feedback)
        .join(Feedback.booking)
        .join(Booking.slot)
        .join(Slot.activity)
        .where(Feedback.side == side, Feedback.answered_at.is_not(None), Booking.state == State.ATTENDED)
        .options(joinedload(Feedback.booking).joinedload(Booking.slot).joinedload(Slot.activity))
        .order_by(Feedback.answered_at.desc(), Feedback.id)
    )


def of_company(company_id: int) -> list[tuple[Activity, Results]]:
    """What teachers answered about each activity of the company, which is a party: no minimum for its own."""
    rows = db.session.scalars(answered(Actor.TEACHER).where(Activity.company_id == company_id)).all()
    by_activity: dict[int, list[Feedback]] = {}
    for row in rows:
        by_activity.setdefault(row.booking.slot.activity_id, []).append(row)
    found = [(rows[0].booking.slot.activity, summed(rows, fewest=1)) for rows in by_activity.values()]
    return sorted(found, key=lambda pair: (pair[0].title, pair[0].id))


def summed(rows: Sequence[Feedback], *, fewest: int = FEWEST_FOR_AN_AVERAGE) -> Results:
    """The answers together. fewest: under so many, no figure at all but their number."""
    is_enough = len(rows) >= fewest
    named = Counter(code for row in rows for code in row.worked if code in WORKED)
    return Results(
        answers=len(rows),
        mean=average([row.rating for row in rows if row.rating], fewest=fewest),
        again=sum(bool(row.again) for row in rows) if is_enough else 0,
        worked=[(WORKED[code], count) for code, count in named.most_common()] if is_enough else [],
        hands=_summed_hands(rows) if is_enough else None,
        comments=[row for row in rows if row.comment],
    )


def _summed_hands(rows: Sequence[Feedback]) -> Hands | None:
    """Before and after are only compared where the same class counted both."""
    counted = [hands_of(row) for row in rows]
    both = [
        hands
        for hands in counted
        if None not in (hands.before_girls, hands.before_boys, hands.after_girls, hands.after_boys)
    ]
    if not both:
        return None
    names = ("before_girls", "before_boys", "after_girls", "after_boys")
    return Hands(*(sum(getattr(hands, name) for hands in both) for name in names))
