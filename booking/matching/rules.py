"""What a class may wish for, and when an activity takes wishes. Plain values, no database, no clock."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from booking.catalogue.rules.slots import EditionWindow
from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _ln
from booking.schools.rules import level_span_words

MOST_WISHES = 3
LONGEST_PERIOD = timedelta(days=92)
FARTHEST = timedelta(days=730)


class Half(enum.StrEnum):
    """Which part of the day suits the class."""

    ANY = "any"
    MORNING = "am"
    AFTERNOON = "pm"


HALF_WORDS: dict[Half, Any] = {
    Half.ANY: _l("toute la journée"),
    Half.MORNING: _l("le matin"),
    Half.AFTERNOON: _l("l’après-midi"),
}


@dataclass(frozen=True)
class Wish:
    """A day, or any day of a period, both ends included."""

    first_on: date
    last_on: date
    half: Half = Half.ANY

    def as_json(self) -> dict[str, str]:
        return {"first_on": self.first_on.isoformat(), "last_on": self.last_on.isoformat(), "half": self.half.value}

    @classmethod
    def from_json(cls, row: dict[str, str]) -> Wish:
        return cls(date.fromisoformat(row["first_on"]), date.fromisoformat(row["last_on"]), Half(row["half"]))

    def holds(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on

    @property
    def words(self) -> str:
        """« mardi 12 janvier 2027, le matin », « du 12 au … »; in the reader's language."""
        half = str(HALF_WORDS[self.half])
        if self.first_on == self.last_on:
            return _("%(day)s, %(half)s", day=format_day(self.first_on), half=half)
        return _(
            "du %(first)s au %(last)s, %(half)s",
            first=format_day(self.first_on, weekday=False),
            last=format_day(self.last_on, weekday=False),
            half=half,
        )


# ---- The wishes


class WishesMissing(Refusal):
    code = "wishes_missing"
    field = "first_on_1"

    def sentence(self) -> Any:
        return _l("Indiquez au moins une date ou une période.")


class WishBackwards(Refusal):
    code = "wish_backwards"

    def sentence(self) -> Any:
        return _l("La fin de la période vient avant son début : échangez les deux dates.")


class WishInPast(Refusal):
    code = "wish_in_past"

    def sentence(self) -> Any:
        return _l("Choisissez un jour à partir de demain : l’entreprise doit avoir le temps de répondre.")


class WishTooFar(Refusal):
    code = "wish_too_far"

    def sentence(self) -> Any:
        return _l("Cette date est trop lointaine : choisissez un jour dans les deux ans.")


class PeriodTooLong(Refusal):
    code = "period_too_long"

    def sentence(self) -> Any:
        return _l("Cette période est trop longue pour aider l’entreprise : trois mois au plus.")


class WishOutsideEdition(Refusal):
    """first, last: the days of the edition's window."""

    code = "wish_outside_edition"
    first: date
    last: date

    def sentence(self) -> Any:
        return _l(
            "Cette activité a lieu du %(first)s au %(last)s : choisissez un jour de cette période.",
            first=format_day(self.first, weekday=False),
            last=format_day(self.last, weekday=False),
        )


def check_wishes(wishes: Sequence[Wish], *, today: date, edition: EditionWindow | None) -> None:
    """Whether a firm could answer these. A refusal's field is the wish's own, counted from 1.

    edition: that of the activity; none where any visit would do.

    Refuses: WishesMissing, WishBackwards, WishInPast, WishTooFar, PeriodTooLong, WishOutsideEdition.
    """
    if not wishes:
        raise WishesMissing()
    for number, wish in enumerate(wishes[:MOST_WISHES], 1):
        if wish.last_on < wish.first_on:
            raise WishBackwards(field=f"last_on_{number}")
        if wish.first_on <= today:
            raise WishInPast(field=f"first_on_{number}")
        if wish.last_on - today > FARTHEST:
            raise WishTooFar(field=f"last_on_{number}")
        if wish.last_on - wish.first_on > LONGEST_PERIOD:
            raise PeriodTooLong(field=f"last_on_{number}")
        if edition is None:
            continue
        is_outside = wish.last_on < edition.window_starts_on or wish.first_on > edition.window_ends_on
        if is_outside and not edition.is_permanent:
            raise WishOutsideEdition(
                first=edition.window_starts_on, last=edition.window_ends_on, field=f"first_on_{number}"
            )


# ---- The activity


class NoDatesToAgree(Refusal):
    code = "no_dates_to_agree"

    def sentence(self) -> Any:
        return _l("Cette activité ne prend pas de demandes de dates : choisissez un de ses créneaux.")


class CompanyAway(Refusal):
    code = "company_away"

    def sentence(self) -> Any:
        return _l(
            "Cette entreprise ne reçoit pas de demande en ce moment : cherchez une autre visite, ou publiez une recherche."
        )


class CapReached(Refusal):
    """cap: classes a year."""

    code = "cap_reached"
    cap: int

    def sentence(self) -> Any:
        return _ln(
            "L’entreprise accueille %(num)d classe par an à une date convenue, et elle est déjà prise : cherchez une autre visite.",
            "L’entreprise accueille %(num)d classes par an à une date convenue, et elles sont déjà prises : cherchez une autre visite.",
            self.cap,
        )


class AskedAlready(Refusal):
    code = "asked_already"
    field = "class_id"

    def sentence(self) -> Any:
        return _l(
            "Cette classe a déjà une demande en cours pour cette activité : retrouvez-la dans « Mes réservations »."
        )


class LevelNotMet(Refusal):
    """levels: those of the activity, in words."""

    code = "level_not_met"
    field = "class_id"
    levels: str

    def sentence(self) -> Any:
        return _l("Cette activité s’adresse à d’autres niveaux : %(levels)s.", levels=self.levels)


class OtherAudience(Refusal):
    code = "other_audience"
    field = "class_id"

    def sentence(self) -> Any:
        return _l(
            "Cette activité ne s’adresse pas à ce groupe : vérifiez si elle est pour des élèves ou pour des personnels."
        )


class SchoolTooFar(Refusal):
    """area, distance: km."""

    code = "school_too_far"
    field = "class_id"
    area: int
    distance: int

    def sentence(self) -> Any:
        return _l(
            "L’intervenant se déplace à %(area)d km au plus ; votre établissement est à %(distance)d km.",
            area=self.area,
            distance=self.distance,
        )


@dataclass(frozen=True)
class Cap:
    """How many classes a year an activity takes at agreed dates, and how many it has. most None: no limit."""

    most: int | None
    taken: int

    @property
    def left(self) -> int | None:
        return None if self.most is None else max(0, self.most - self.taken)


def check_cap(cap: Cap) -> None:
    """Refuses: CapReached."""
    if cap.left == 0 and cap.most is not None:
        raise CapReached(cap=cap.most)


def check_level(levels: Sequence[str], level: str | None) -> None:
    """A mixed group ("AUTRE") is the teacher's judgment; an activity without levels takes them all."""
    if levels and level is not None and level not in levels and level != "AUTRE":
        raise LevelNotMet(levels=level_span_words(levels))


# ---- The need


class NeedOver(Refusal):
    code = "need_over"

    def sentence(self) -> Any:
        return _l("Cette demande n’est plus en cours : elle a reçu une réponse, a été retirée ou a expiré.")


class NeedReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"

    def sentence(self) -> Any:
        return _l("Choisissez une raison : elle est transmise à l’enseignant.")
