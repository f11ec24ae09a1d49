"""Whether two visits are one and the same: a class, a firm and a day; and which edition a day belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.territory.rules import fold

# What a firm's name may have or not have without being another firm.
_LEGAL_FORMS = frozenset(
    {"sa", "sas", "sasu", "sarl", "eurl", "snc", "scop", "ste", "societe", "ets", "etablissements"}
)
_ORDINAL = re.compile(r"(\d)(?:eme|ere|er|re|nde|de|e)(?![a-z])|(\d)(?:eme|ere|nde|e)\s*(?=[a-z]\b)")


@dataclass(frozen=True)
class Visit:
    """What tells a visit from another. company_id: of a firm known here; firm: its name. booking_id: None of a declaration."""

    school_id: int
    level_code: str | None
    class_name: str
    company_id: int | None
    firm: str
    day: date
    booking_id: int | None = None
    declared_id: int | None = None


@dataclass(frozen=True)
class Span:
    """An edition's days. is_permanent: it holds what no campaign does."""

    id: int
    first_on: date
    last_on: date
    is_permanent: bool


class VisitKnown(Refusal):
    """The same class, firm and day are written down already. alike: those visits."""

    code = "visit_known"
    alike: Sequence[Visit]

    def sentence(self) -> Any:
        return _l(
            "Cette visite ressemble à une autre, déjà comptée : regardez-la ci-dessous. "
            "Si c’en est bien une autre, cochez la case et enregistrez."
        )


class NoEditionThatDay(Refusal):
    code = "no_edition_that_day"
    field = "visited_on"

    def sentence(self) -> Any:
        return _l("Aucune édition ne couvre ce jour : vérifiez la date.")


class NotYetCome(Refusal):
    code = "not_yet_come"
    field = "present_pupils"

    def sentence(self) -> Any:
        return _l("La visite n’a pas encore eu lieu : laissez vide, et complétez après.")


class ComeWithoutPupils(Refusal):
    code = "come_without_pupils"
    field = "present_pupils"

    def sentence(self) -> Any:
        return _l("Indiquez aussi combien d’élèves sont venus.")


def firm_key(name: str) -> str:
    """A firm's name as it is compared: « Les Turbines du Hurepoix S.A.S. » is « turbines du hurepoix »."""
    plain = re.sub(r"\b((?:[a-z] ){1,4}[a-z])\b", lambda found: found[0].replace(" ", ""), fold(name))
    words = [word for word in plain.split() if word not in _LEGAL_FORMS and word not in ("les", "la", "le", "l")]
    return " ".join(words) or plain


def class_key(name: str) -> str:
    """A class's name as it is compared: « 4e B », « 4ème B » and « 4B » are one."""
    return _ORDINAL.sub(lambda found: found[1] or found[2], fold(name)).replace(" ", "")


def is_same(one: Visit, other: Visit) -> bool:
    """Same school, day, firm and class. A class that has no name may be any of its level."""
    if (one.school_id, one.day, one.level_code) != (other.school_id, other.day, other.level_code):
        return False
    mine, its = class_key(one.class_name), class_key(other.class_name)
    return (not mine or not its or mine == its) and is_same_firm(one, other)


def is_same_firm(one: Visit, other: Visit) -> bool:
    if one.company_id and other.company_id:
        return one.company_id == other.company_id
    return firm_key(one.firm) == firm_key(other.firm)


def alike(visit: Visit, known: Iterable[Visit]) -> list[Visit]:
    """Those of the known visits that are this one, itself left out."""
    return [
        other
        for other in known
        if is_same(visit, other) and (other.declared_id is None or other.declared_id != visit.declared_id)
    ]


def edition_of(day: date, spans: Iterable[Span]) -> int:
    """The edition whose period holds the day: the shortest, a campaign before the permanent one.

    Refuses: NoEditionThatDay.
    """
    holding = [span for span in spans if span.first_on <= day <= span.last_on]
    if not holding:
        raise NoEditionThatDay()
    return min(holding, key=lambda span: (span.is_permanent, span.last_on - span.first_on, span.id)).id


def check_presence(day: date, today: date, pupils: int | None, adults: int | None) -> None:
    """Nobody came before the day. Refuses: NotYetCome, ComeWithoutPupils."""
    if pupils is None and adults is None:
        return
    if day > today:
        raise NotYetCome()
    if pupils is None:
        raise ComeWithoutPupils()
