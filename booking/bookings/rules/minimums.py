"""From how many pupils a slot takes place: decided by its host on one day, kept when nothing is decided (product, §11)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from booking.bookings.rules.deadlines import END_OF_DAY, MORNING
from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _n


class NothingToDecide(Refusal):
    code = "nothing_to_decide"

    def sentence(self) -> Any:
        return _l("Il n’y a plus rien à décider : ce créneau a assez d’élèves, a commencé ou est annulé.")


def is_short(min_pupils: int | None, taken_pupils: int) -> bool:
    return min_pupils is not None and taken_pupils < min_pupils


def is_open_question(decision_on: date | None, local_now: datetime) -> bool:
    """On the day of decision, at the hours when people work: before, it is too early; after, silence has kept it."""
    return decision_on == local_now.date() and MORNING <= local_now.time() < END_OF_DAY


def minimum_words(
    min_pupils: int | None, taken_pupils: int, decision_on: date | None, *, is_kept: bool, local_now: datetime
) -> str:
    """What a booked class reads of the minimum; empty when it is reached, or when there is none."""
    if min_pupils is None or decision_on is None or not is_short(min_pupils, taken_pupils):
        return ""
    is_past = (local_now.date(), local_now.time()) >= (decision_on, END_OF_DAY)
    if is_kept or is_past:
        return _("Il y a moins d’élèves que prévu ; la visite est maintenue.")
    so_far = _n(
        "La visite a lieu à partir de %(min)d élèves ; %(num)d est inscrit.",
        "La visite a lieu à partir de %(min)d élèves ; %(num)d sont inscrits.",
        taken_pupils,
        min=min_pupils,
    )
    decides = _(
        "L’entreprise décide le %(day)s, avant 18 h. Sans décision de sa part, la visite est maintenue.",
        day=format_day(decision_on),
    )
    return f"{so_far} {decides}"
