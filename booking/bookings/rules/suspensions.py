"""When school outings may be suspended, and how a suspension is said. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from booking.bookings.rules.states import CancelReason
from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _, _l

REASONS = (CancelReason.WEATHER, CancelReason.SAFETY, CancelReason.OTHER)


class PeriodReversed(Refusal):
    code = "period_reversed"
    field = "last_on"

    def sentence(self) -> Any:
        return _l("Le dernier jour vient avant le premier.")


class PeriodOver(Refusal):
    code = "period_over"
    field = "last_on"

    def sentence(self) -> Any:
        return _l("Ces jours sont passés : il n’y a plus rien à suspendre.")


class AlreadySuspended(Refusal):
    """period: the other one's, in words."""

    code = "already_suspended"
    field = "first_on"
    period: str

    def sentence(self) -> Any:
        return _l("Les sorties y sont déjà suspendues %(period)s. Levez d’abord cette suspension.", period=self.period)


class AlreadyLifted(Refusal):
    code = "already_lifted"

    def sentence(self) -> Any:
        return _l("Cette suspension est déjà levée ou finie : personne n’a été prévenu de nouveau.")


def check_period(first_on: date, last_on: date | None, today: date) -> None:
    """Refuses: PeriodReversed, PeriodOver."""
    if last_on is not None and last_on < first_on:
        raise PeriodReversed()
    if last_on is not None and last_on < today:
        raise PeriodOver()


def overlap(first_on: date, last_on: date | None, other_first: date, other_last: date | None) -> bool:
    """Whether two periods share a day; None: without end."""
    return (last_on is None or other_first <= last_on) and (other_last is None or first_on <= other_last)


def period_words(first_on: date, last_on: date | None) -> str:
    """« du lundi 11 au mercredi 13 janvier 2027 », to follow « suspendues »."""
    first = format_day(first_on)
    if last_on is None:
        return _("à partir du %(first)s et jusqu’à nouvel ordre", first=first)
    if first_on == last_on:
        return _("le %(first)s", first=first)
    return _("du %(first)s au %(last)s", first=first, last=format_day(last_on))
