"""After the visit: when it is asked, what may be answered, and from how many answers on an average is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.bookings.rules.day import DayOf
from booking.core.errors import Refusal
from booking.core.i18n import _, _l
from booking.territory.rules import add_open_days

# Nobody is written to at night, nor when the visit is forgotten; the reminder comes a week of school later.
FROM, UNTIL = time(9, 0), time(18, 0)
ASKED_WITHIN = timedelta(days=60)
REMINDED_AFTER_DAYS = 5
LINK_VALID = timedelta(days=45)
# An average of fewer answers would say what one person thought (product, section 6).
FEWEST_FOR_AN_AVERAGE = 5
LONGEST_COMMENT = 600

WORKED: dict[str, Any] = {
    "welcome": _l("l’accueil"),
    "explanations": _l("les explications, à la portée des élèves"),
    "lesson": _l("le lien avec ce qu’ils étudient"),
    "people": _l("la rencontre de gens de métier"),
    "practice": _l("ce qu’ils ont vu fonctionner ou fait eux-mêmes"),
    "organisation": _l("l’organisation et les horaires"),
}


class FeedbackGiven(Refusal):
    code = "feedback_given"

    def sentence(self) -> Any:
        return _l("Votre avis est déjà enregistré : merci.")


class TooManyHands(Refusal):
    """field: the count that cannot be. most: how many could have raised their hand."""

    code = "too_many_hands"
    most: int

    def sentence(self) -> Any:
        return _("Il n’y avait que %(most)d élèves pour lever la main.", most=self.most)


@dataclass(frozen=True)
class Hands:
    """Hands raised at « could you see yourself working here? », before and after; None where nobody counted."""

    before_girls: int | None = None
    before_boys: int | None = None
    after_girls: int | None = None
    after_boys: int | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, each.name) is None for each in fields(self))


def may_ask(now: datetime, day: DayOf, is_off: Callable[[date], bool]) -> bool:
    """Whether it is the hour to write: from the next open day on, in the day, local to the reader's place."""
    local = now.astimezone(ZoneInfo(day.timezone))
    return local.date() > day.ends_on and not is_off(local.date()) and FROM <= local.time() < UNTIL


def may_remind(now: datetime, asked_at: datetime, timezone: str, is_off: Callable[[date], bool]) -> bool:
    """Whether the one reminder may leave: some open days after the question, in the day."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    due = add_open_days(asked_at.astimezone(zone).date(), REMINDED_AFTER_DAYS, is_off)
    return local.date() >= due and not is_off(local.date()) and FROM <= local.time() < UNTIL


def check_hands(hands: Hands, pupils: int | None, girls: int | None) -> None:
    """Refuses: TooManyHands, when more are raised than came; girls and boys apart where girls were counted."""
    came = pupils or 0
    for moment in ("before", "after"):
        raised_girls, raised_boys = getattr(hands, f"{moment}_girls"), getattr(hands, f"{moment}_boys")
        most_girls, most_boys = (came, came) if girls is None else (girls, came - girls)
        if (raised_girls or 0) > most_girls:
            raise _too_many(f"{moment}_girls", most_girls)
        if (raised_boys or 0) > most_boys:
            raise _too_many(f"{moment}_boys", most_boys)
        if (raised_girls or 0) + (raised_boys or 0) > came:
            raise _too_many(f"{moment}_boys", came)


def _too_many(field: str, most: int) -> TooManyHands:
    refusal = TooManyHands(most=most)
    refusal.field = field
    return refusal


def average(ratings: Sequence[int], *, fewest: int = FEWEST_FOR_AN_AVERAGE) -> float | None:
    """The mean of the ratings; None under the number of answers that it needs to say nothing of one person."""
    return round(sum(ratings) / len(ratings), 1) if ratings and len(ratings) >= fewest else None
