"""How well a visit suits a class, as one number with its reasons in words (product, section 4). No database, no clock.

    score(Fit(travel=Travel(25), level=True, …))  ->  Score(points=87, reasons=[Reason("25 min de car, …"), …])

A criterion that is not asked about counts for nothing; one that is not known counts for half.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from booking.core.i18n import _l, _ln


@dataclass(frozen=True)
class Weights:
    """What each criterion weighs beside the others, and where the scale of minutes and of days ends.

    near_min: up to there a way costs nothing; far_min: from there it is worth nothing more; the same for days.
    """

    decided_on: date
    travel: int
    dates: int
    level: int
    subject: int
    sector: int
    access: int
    answers: int
    never_served: int
    same_activity: int
    same_kind: int
    near_min: int
    far_min: int
    far_days: int


# Ours, to be looked at again after an edition: an outing that does not fit in a morning is the first thing given up.
WEIGHTS = Weights(
    decided_on=date(2026, 11, 25),
    travel=30, dates=15, level=15, subject=10, sector=10, access=10, answers=10, never_served=10,
    same_activity=40, same_kind=20,
    near_min=15, far_min=90, far_days=60,
)  # fmt: skip


@dataclass(frozen=True)
class Travel:
    """minutes: of coach, one way, estimated; None where a position is not known. comes: the firm comes to the class."""

    minutes: int | None = None
    comes: bool = False


@dataclass(frozen=True)
class Reason:
    """is_good: speaks for it (True), against it (False), or only says something (None)."""

    words: Any
    is_good: bool | None = True


@dataclass(frozen=True)
class Score:
    """points: of a hundred. reasons: in the order of the criteria."""

    points: int
    reasons: list[Reason] = field(default_factory=list)


# ---- How a company answers


@dataclass(frozen=True)
class AnsweringRule:
    """enough: requests from which a habit can be spoken of. good, poor: shares answered, above and below which it is said."""

    decided_on: date
    enough: int
    good: float
    poor: float


ANSWERING = AnsweringRule(decided_on=date(2026, 11, 25), enough=5, good=0.8, poor=0.5)


@dataclass(frozen=True)
class Answering:
    """The requests of a year that a company answered, with the open days each took, and those it left to expire."""

    days: tuple[int, ...] = ()
    unanswered: int = 0

    @property
    def asked(self) -> int:
        return len(self.days) + self.unanswered

    @property
    def is_known(self) -> bool:
        """Whether there were enough requests to speak of a habit."""
        return self.asked >= ANSWERING.enough

    @property
    def rate(self) -> float:
        return len(self.days) / self.asked if self.asked else 0.0

    @property
    def usual_days(self) -> int | None:
        """The median of the open days that an answer took; None when none was ever given."""
        return round(median(self.days)) if self.days else None

    @property
    def words(self) -> Any:
        """« répond à 90 % des demandes, en général sous 1 jour ouvré »; nothing while too few requests speak."""
        if not self.is_known:
            return ""
        if self.rate < ANSWERING.poor:
            return _l("laisse souvent les demandes sans réponse")
        return _ln(
            "répond à %(share)d\u00a0%% des demandes, en général sous %(num)d jour ouvré",
            "répond à %(share)d\u00a0%% des demandes, en général sous %(num)d jours ouvrés",
            max(1, self.usual_days or 0),
            share=round(self.rate * 100),
        )


# ---- The score


@dataclass(frozen=True)
class Fit:
    """What is compared. None: not asked about.

    level: the activity names the class's (True), or takes all of them (None). on_wished_day: a date, or a half-day, that
    the class asked for. days_apart: from the date that was wanted. access: for pupils in a wheelchair.
    """

    travel: Travel | None = None
    on_wished_day: bool | None = None
    days_apart: int | None = None
    level: bool | None = None
    subject: bool | None = None
    sector: bool | None = None
    access: bool | None = None
    answering: Answering | None = None
    never_served: bool | None = None
    same_activity: bool | None = None
    same_kind: bool | None = None


@dataclass(frozen=True)
class _Part:
    """One criterion: its weight, the share of it that is earned, and what to say."""

    weight: int
    share: float
    reason: Reason | None = None


UNKNOWN = 0.5


def score(fit: Fit, weights: Weights = WEIGHTS) -> Score:
    """The number and its reasons: the same facts give the same ones, whoever reads them."""
    parts = [part for criterion in _CRITERIA if (part := criterion(fit, weights)) is not None]
    total = sum(part.weight for part in parts)
    earned = sum(part.weight * part.share for part in parts)
    points = round(100 * earned / total) if total else 0
    return Score(points, [part.reason for part in parts if part.reason])


def _travel(fit: Fit, weights: Weights) -> _Part | None:
    if fit.travel is None:
        return None
    if fit.travel.comes:
        return _Part(weights.travel, 1.0, Reason(_l("l’atelier a lieu dans l’établissement")))
    minutes = fit.travel.minutes
    if minutes is None:
        return _Part(weights.travel, UNKNOWN, Reason(_l("trajet inconnu"), None))
    words = _l("environ %(minutes)d min de car", minutes=minutes)
    share = _falling(minutes, weights.near_min, weights.far_min)
    return _Part(weights.travel, share, Reason(words, share >= 0.5 or None))


def _falling(value: float, near: float, far: float) -> float:
    """1 up to `near`, 0 from `far` on, a straight line between."""
    return min(1.0, max(0.0, (far - value) / (far - near)))


def _dates(fit: Fit, weights: Weights) -> _Part | None:
    if fit.on_wished_day is not None:
        good = fit.on_wished_day
        words = _l("à une date souhaitée") if good else _l("à une autre date que celles souhaitées")
        return _Part(weights.dates, 1.0 if good else 0.0, Reason(words, good))
    if fit.days_apart is not None:
        return _Part(weights.dates, _falling(fit.days_apart, 0, weights.far_days))
    return None


def _level(fit: Fit, weights: Weights) -> _Part | None:
    if fit.level is None:
        return None
    words = _l("prévu pour ce niveau") if fit.level else _l("prévu pour d’autres niveaux")
    return _Part(weights.level, float(fit.level), Reason(words, fit.level))


def _subject(fit: Fit, weights: Weights) -> _Part | None:
    """Another subject is no reason against: only the same one is said."""
    if fit.subject is None:
        return None
    return _Part(
        weights.subject, float(fit.subject), Reason(_l("dans la matière de la classe")) if fit.subject else None
    )


def _sector(fit: Fit, weights: Weights) -> _Part | None:
    if fit.sector is None:
        return None
    return _Part(weights.sector, float(fit.sector), Reason(_l("dans le secteur souhaité")) if fit.sector else None)


def _access(fit: Fit, weights: Weights) -> _Part | None:
    if fit.access is None:
        return None
    words = _l("accessible en fauteuil roulant") if fit.access else _l("accès en fauteuil à vérifier")
    return _Part(weights.access, float(fit.access), Reason(words, fit.access))


def _answers(fit: Fit, weights: Weights) -> _Part | None:
    """The share of requests answered; the days it takes are only said. Too few requests: nothing is held against it."""
    if fit.answering is None or not fit.answering.is_known:
        return None
    rate = fit.answering.rate
    good = True if rate >= ANSWERING.good else False if rate < ANSWERING.poor else None
    return _Part(weights.answers, rate, Reason(fit.answering.words, good))


def _never_served(fit: Fit, weights: Weights) -> _Part | None:
    if fit.never_served is None:
        return None
    reason = Reason(_l("établissement qui n’a encore fait aucune visite")) if fit.never_served else None
    return _Part(weights.never_served, float(fit.never_served), reason)


def _same_activity(fit: Fit, weights: Weights) -> _Part | None:
    return None if fit.same_activity is None else _Part(weights.same_activity, float(fit.same_activity))


def _same_kind(fit: Fit, weights: Weights) -> _Part | None:
    return None if fit.same_kind is None else _Part(weights.same_kind, float(fit.same_kind))


_CRITERIA = (
    _travel, _dates, _level, _subject, _sector, _access, _answers, _never_served, _same_activity, _same_kind,
)  # fmt: skip
