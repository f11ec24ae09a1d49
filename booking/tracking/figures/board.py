"""The figures of a territory in an edition, its bookings state by state, and why some ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func

from booking.bookings.models import Booking
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import Activity, Edition, Slot
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _l
from booking.tracking.figures import definitions
from booking.tracking.figures.answers import median_hours_to_answer
from booking.tracking.figures.counted import (
    EVERYTHING,
    bookings_in,
    public_activities,
    public_slots,
    pupils_of_booking,
    taken_bookings,
    total,
    when_class,
)
from booking.tracking.figures.declared import Together, together
from booking.tracking.figures.definitions import DEFINITIONS, FIRM, PENDING, Chapter, Ending, Figure, Line, StateLine
from booking.tracking.figures.moments import day_of
from booking.tracking.figures.schools import Reached, reached
from booking.tracking.filters import Filters
from booking.tracking.needs import unmet_needs
from booking.tracking.scope import Scope

Values = dict[str, int | None]


@dataclass(frozen=True)
class Board:
    """A territory in an edition, at one moment. reached: its classes and schools, by kind of school.

    together: what was booked, what was declared, and both. The other figures are those of the bookings.

    The lines of days, kinds, sectors and levels each add up to the whole. A slot may suit several levels: only bookings,
    participations and presences are told by level.
    """

    chapters: list[Chapter]
    days: list[Line]
    kinds: list[Line]
    sectors: list[Line]
    levels: list[Line]
    by_state: list[StateLine]
    endings: list[Ending]
    reached: Reached
    together: Together

    @property
    def weeks(self) -> list[Line]:
        """The days again, week by week, each by its Monday."""
        lines: dict[date, Line] = {}
        for day in self.days:
            monday = day.key - timedelta(days=day.key.weekday())
            _add(lines.setdefault(monday, Line(monday)), day)
        return list(lines.values())

    def figure(self, code: str) -> Figure:
        """One figure by its code."""
        return next(figure for chapter in self.chapters for figure in chapter.figures if figure.code == code)

    def value(self, code: str) -> int | None:
        return self.figure(code).value


def board(scope: Scope, edition: Edition, filters: Filters = EVERYTHING) -> Board:
    """All of it, in as many statements whatever the size of the territory."""
    places = _places(scope, edition, filters)
    supply = _offers(scope, edition, filters)
    supply |= {code: sum(place.numbers[code] for place in places) for code in ("slots", *PLACES)}
    tallies = _tallies(scope, edition, filters)
    parts = _parts(scope, edition, filters)
    classes = reached(scope, edition, filters)
    hours, answers = median_hours_to_answer(scope, edition, filters)
    taken = [tally for tally in tallies if tally.state in TAKEN]
    came = [tally for tally in tallies if tally.state is State.ATTENDED]
    every = classes.total
    values: dict[str, Values] = {
        "supply": {code: supply[code] for code in definitions.OFFERS},
        "places": {
            **{code: n for code, n in supply.items() if code not in definitions.OFFERS},
            "fill": _percent(supply["taken"], supply["offered"]),
        },
        "demand": {
            "bookings": _sum(taken, "bookings"),
            "confirmed": _sum(_of(tallies, FIRM), "bookings"),
            "pending": _sum(_of(tallies, PENDING), "bookings"),
            "classes": every.classes,
            "pupils": every.pupils,
            "participations": _sum(taken, "pupils"),
            "adults": _sum(taken, "adults"),
            "schools": every.schools,
            "girls": _sum(taken, "girls"),
            "boys": _sum(taken, "girls_among") - _sum(taken, "girls"),
        },
        "present": {
            "attended": _sum(came, "bookings"),
            "classes_present": every.classes_present,
            "pupils_present": _sum(came, "present_pupils"),
            "adults_present": _sum(came, "present_adults"),
            "girls_present": _sum(came, "present_girls"),
            "boys_present": _sum(came, "present_girls_among") - _sum(came, "present_girls"),
            "missed": _sum(_of(tallies, {State.MISSED}), "bookings"),
            "excused": _sum(_of(tallies, {State.EXCUSED}), "bookings"),
            "unrecorded": _sum(tallies, "unrecorded"),
        },
        "answers": {
            "answered": answers,
            "answer_hours": hours,
            "declined": _sum(_of(tallies, {State.DECLINED}), "bookings"),
            "expired": _sum(_of(tallies, {State.EXPIRED}), "bookings"),
            "cancelled": _sum(_of(tallies, {State.CANCELLED}), "bookings"),
            "waiting": _sum(_of(tallies, {State.WAITING}), "bookings"),
            "needs": len(unmet_needs(scope, edition, filters)),
        },
    }
    chapters = [Chapter(code, title, _figures(values[code])) for code, title in CHAPTERS.items()]
    chapters[1].lost = supply["offered"] - supply["taken"] - supply["free"]
    return Board(
        chapters,
        days=_days(places, taken),
        kinds=_lines(places, parts, lambda each: each.kind),
        sectors=_lines(places, parts, lambda each: each.sector),
        levels=_lines((), parts, lambda part: part.level),
        by_state=_by_state(tallies),
        endings=_endings(tallies),
        reached=classes,
        together=together(scope, edition, filters, every),
    )


CHAPTERS: dict[str, Any] = {
    "supply": _l("Ce qui est proposé"),
    "places": _l("Combien de classes et d’élèves"),
    "demand": _l("Ce qui est réservé"),
    "present": _l("Qui est vraiment venu"),
    "answers": _l("Réponses, annulations, attentes"),
}


def _figures(values: Values) -> list[Figure]:
    return [Figure(code, value, *DEFINITIONS[code]) for code, value in values.items()]


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _offers(scope: Scope, edition: Edition, filters: Filters) -> dict[str, int]:
    activities, companies = db.session.execute(
        public_activities(scope, edition, filters, func.count(), func.count(Activity.company_id.distinct()))
    ).one()
    return {"activities": activities, "companies": companies}


@dataclass(frozen=True)
class _Places:
    """The slots of a day, kind and sector, and what they can welcome."""

    day: date
    kind: Any
    sector: str
    numbers: dict[str, int]

    @property
    def line(self) -> Line:
        return Line(None, self.numbers["slots"], self.numbers["offered"], self.numbers["taken"])


def _places(scope: Scope, edition: Edition, filters: Filters) -> list[_Places]:
    """One read of the slots for all that adds up."""
    alike = (day_of(Slot.local_start), Activity.kind, Activity.sector)
    sums = (total(column) for column in PLACES.values())
    query = public_slots(scope, edition, filters, *alike, func.count(), *sums).group_by(*alike)
    return [
        _Places(day, kind, sector, dict(zip(("slots", *PLACES), map(int, numbers), strict=True)))
        for day, kind, sector, *numbers in db.session.execute(query)
    ]


# What a slot counts for.
PLACES: dict[str, Any] = {
    "classes_offered": Slot.max_classes,
    "classes_taken": Slot.taken_classes,
    "classes_free": Slot.max_classes - Slot.taken_classes,
    "offered": Slot.max_pupils,
    "taken": Slot.taken_pupils,
    "free": case((Slot.taken_classes < Slot.max_classes, Slot.max_pupils - Slot.taken_pupils), else_=0),
}


@dataclass(frozen=True)
class _Tally:
    """The bookings of a day that are in a state, or that ended for a reason, summed up. girls_among: pupils where girls are counted."""

    day: date
    state: State
    ended_by: Any
    reason: str | None
    bookings: int
    pupils: int
    adults: int
    girls: int
    girls_among: int
    present_pupils: int
    present_adults: int
    present_girls: int
    present_girls_among: int
    unrecorded: int


def _tallies(scope: Scope, edition: Edition, filters: Filters) -> list[_Tally]:
    """One read of the bookings for all that adds up."""
    ended = Booking.state.in_(sorted(definitions.ENDED_FOR_A_REASON))
    who, why = case((ended, Booking.ended_by)), case((ended, Booking.end_reason))
    sums = (
        pupils_of_booking(), when_class(Booking.adults), when_class(Booking.girls),
        case((Booking.girls.is_not(None), pupils_of_booking()), else_=0),
        when_class(Booking.present_pupils), when_class(Booking.present_adults), when_class(Booking.present_girls),
        case((Booking.present_girls.is_not(None), when_class(Booking.present_pupils)), else_=0),
        case((definitions.is_unrecorded(clock.now()), 1), else_=0),
    )  # fmt: skip
    day = day_of(Slot.local_start)
    columns = (day, Booking.state, who, why, func.count(), *(total(column) for column in sums))
    query = bookings_in(scope, edition, filters, State, *columns, reads=(Slot,)).group_by(day, Booking.state, who, why)
    return [_Tally(*row[:5], *(int(number) for number in row[5:])) for row in db.session.execute(query)]


def _of(tallies: Iterable[_Tally], states: Iterable[State]) -> list[_Tally]:
    kept = frozenset(states)
    return [tally for tally in tallies if tally.state in kept]


def _sum(tallies: Iterable[_Tally], name: str) -> int:
    return sum(getattr(tally, name) for tally in tallies)


def _by_state(tallies: Sequence[_Tally]) -> list[StateLine]:
    """How many bookings of the territory's schools are in each state, in the order of a booking's life."""
    lines = [(state, _of(tallies, {state})) for state in State]
    return [StateLine(state, _sum(found, "bookings"), _sum(found, "pupils")) for state, found in lines if found]


@dataclass(frozen=True)
class _Part:
    """The bookings that hold a place, of a kind, a sector and a level."""

    kind: Any
    sector: str
    level: str | None
    line: Line


def _parts(scope: Scope, edition: Edition, filters: Filters) -> list[_Part]:
    """Apart from the tallies: day by day and kind by kind at once, there would be as many groups as bookings."""
    alike = (Activity.kind, Activity.sector, Booking.level_code)
    sums = (func.count(), total(pupils_of_booking()), total(when_class(Booking.present_pupils)))
    query = taken_bookings(scope, edition, filters, *alike, *sums, reads=(Slot, Activity)).group_by(*alike)
    return [
        _Part(kind, sector, level, Line(None, 0, 0, 0, *map(int, numbers)))
        for kind, sector, level, *numbers in db.session.execute(query)
    ]


def _lines(places: Iterable[_Places], parts: Iterable[_Part], of: Callable[[Any], Any]) -> list[Line]:
    """The same numbers added up by what they have in common, in no order."""
    lines: dict[Any, Line] = {}
    every: list[Any] = [*places, *parts]
    for each in every:
        _add(lines.setdefault(of(each), Line(of(each))), each.line)
    return list(lines.values())


def _days(places: Iterable[_Places], taken: Iterable[_Tally]) -> list[Line]:
    """What is offered and what is booked, each day that has either."""
    lines = {line.key: line for line in _lines(places, (), lambda place: place.day)}
    for tally in taken:
        booked = Line(None, 0, 0, 0, tally.bookings, tally.pupils, tally.present_pupils)
        _add(lines.setdefault(tally.day, Line(tally.day)), booked)
    return [lines[day] for day in sorted(lines)]


def _add(line: Line, other: Line) -> None:
    for name in ("slots", "offered", "taken", "bookings", "participations", "pupils_present"):
        setattr(line, name, getattr(line, name) + getattr(other, name))


def _endings(tallies: Iterable[_Tally]) -> list[Ending]:
    """Refusals and cancellations by who and why, the most frequent first."""
    alike: dict[tuple[State, Any, str | None], list[_Tally]] = defaultdict(list)
    for tally in _of(tallies, definitions.ENDED_FOR_A_REASON):
        alike[tally.state, tally.ended_by or None, tally.reason].append(tally)
    lines = [
        Ending(state, by, reason, _sum(found, "bookings"), _sum(found, "pupils"))
        for (state, by, reason), found in alike.items()
    ]
    return sorted(lines, key=lambda line: (-line.bookings, line.state, line.ended_by or "", line.reason or ""))
