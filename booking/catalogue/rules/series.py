"""Several dates at once: every chosen weekday between two days, and days typed one by one. Plain dates, no clock."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta

from booking.catalogue.rules.slots import DecisionMissing, DecisionWithoutMinimum
from booking.core.errors import Refusal
from booking.core.i18n import _l

MOST_DATES = 60
# From one summer to the summer after next: nobody plans further, and no list grows out of hand.
LONGEST_SPAN = timedelta(days=800)
_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")


class NoDates(Refusal):
    code = "no_dates"
    field = "dates"

    def sentence(self) -> object:
        return _l("Choisissez des jours de la semaine entre deux dates, ou écrivez des dates.")


class NothingTicked(Refusal):
    code = "nothing_ticked"

    def sentence(self) -> object:
        return _l("Cochez au moins une date à créer.")


class SeriesIncomplete(Refusal):
    code = "series_incomplete"

    def sentence(self) -> object:
        if self.field == "weekdays":
            return _l("Cochez au moins un jour de la semaine, ou effacez les deux dates.")
        return _l("Donnez la première et la dernière date de la série.")


class SeriesBackwards(Refusal):
    code = "series_backwards"
    field = "last_on"

    def sentence(self) -> object:
        return _l("La dernière date vient avant la première : échangez-les.")


class SeriesTooLong(Refusal):
    code = "series_too_long"
    field = "last_on"

    def sentence(self) -> object:
        return _l("Cette série dure plus de deux ans : choisissez une dernière date plus proche.")


class TooManyDates(Refusal):
    """count: dates that were asked for. most: how many at once."""

    code = "too_many_dates"
    count: int
    most: int

    def sentence(self) -> object:
        return _l(
            "Cela fait %(count)d dates, et %(most)d au plus se créent à la fois : faites-le en plusieurs fois.",
            count=self.count,
            most=self.most,
        )


class UnreadableDate(Refusal):
    """text: what was typed."""

    code = "unreadable_date"
    field = "dates"
    text: str

    def sentence(self) -> object:
        return _l("« %(text)s » n’est pas une date : écrivez par exemple 12/01/2027.", text=self.text)


def series_of(first_on: date | None, last_on: date | None, weekdays: Collection[int], typed: str) -> list[date]:
    """The days asked for, each once, in order. weekdays: 0 is Monday. typed: days apart by spaces, commas or lines.

    Refuses: NoDates, SeriesIncomplete, SeriesBackwards, SeriesTooLong, UnreadableDate, TooManyDates.
    """
    days = {*weekly_days(first_on, last_on, weekdays), *typed_days(typed)}
    if not days:
        raise NoDates()
    if len(days) > MOST_DATES:
        raise TooManyDates(count=len(days), most=MOST_DATES, field="dates" if typed.strip() else "last_on")
    return sorted(days)


def decision_day(day: date, min_pupils: int | None, days_before: int | None) -> date | None:
    """When the host decides on one date of a series whose minimum of pupils is not reached; none without a minimum.

    Refuses: DecisionMissing, DecisionWithoutMinimum.
    """
    if min_pupils is None and days_before is not None:
        raise DecisionWithoutMinimum()
    if min_pupils is None:
        return None
    if days_before is None:
        raise DecisionMissing(field="decision_days")
    return day - timedelta(days=days_before)


def weekly_days(first_on: date | None, last_on: date | None, weekdays: Collection[int]) -> list[date]:
    """Every chosen weekday from the first day to the last, both included; none when nothing was asked for."""
    if first_on is None and last_on is None and not weekdays:
        return []
    if first_on is None or last_on is None:
        raise SeriesIncomplete(field="first_on" if first_on is None else "last_on")
    if not weekdays:
        raise SeriesIncomplete(field="weekdays")
    if last_on < first_on:
        raise SeriesBackwards()
    if last_on - first_on > LONGEST_SPAN:
        raise SeriesTooLong()
    span = (first_on + timedelta(days=number) for number in range((last_on - first_on).days + 1))
    return [day for day in span if day.weekday() in weekdays]


def typed_days(text: str) -> list[date]:
    """The days of a typed list. Refuses: UnreadableDate with the first that is none."""
    return [_day_of(word) for word in re.split(r"[\s,;]+", text.strip()) if word]


def _day_of(word: str) -> date:
    for form in _FORMATS:
        try:
            day = datetime.strptime(word, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
        if day.year >= 1000:
            return day
    raise UnreadableDate(text=word[:40])
