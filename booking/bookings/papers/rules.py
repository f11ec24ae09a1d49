"""Versions, hashes and differences of papers; the law in force on a day; whether an outing is compulsory. Pure."""

from __future__ import annotations

import enum
import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from booking.bookings.papers.kinds import CERTIFICATES, FACTS_OF, PaperKind
from booking.core.errors import Refusal
from booking.core.i18n import _l

Facts = dict[str, Any]

# Without the letters and figures that are taken for one another when read aloud or typed from paper.
CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16  # 80 bits: nobody guesses one


class PaperNotForThis(Refusal):
    code = "paper_not_for_this"

    def sentence(self) -> Any:
        return _l("Cette réservation n’a pas, ou plus, ce document : relisez la liste ci-dessous.")


class HoursWrong(Refusal):
    code = "hours_wrong"
    field = "value"

    def sentence(self) -> Any:
        return _l("Écrivez deux heures dans l’ordre, par exemple 08:00-17:30.")


# ---- Versions


def facts_of_kind(kind: PaperKind, facts: Mapping[str, Any]) -> Facts:
    """What this paper agrees on, of all that is known of the booking; nothing that is empty."""
    return {name: facts[name] for name in FACTS_OF[kind] if facts.get(name) not in (None, "", 0, [])}


def hash_of(facts: Mapping[str, Any]) -> str:
    """The hash of what is agreed: the same facts give the same, in whatever order they were read."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """One fact that is not what it was; None where it was not, or is no longer, said."""

    name: str
    old: Any
    new: Any


def differences(kind: PaperKind, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """What changed between two versions, in the order in which the paper says it."""
    changed = [name for name in FACTS_OF[kind] if old.get(name) != new.get(name)]
    return [Difference(name, old.get(name), new.get(name)) for name in changed]


def new_code(kind: PaperKind) -> str | None:
    """The code by which a certificate is verified; none for other papers."""
    return "".join(secrets.choice(CODE_SIGNS) for _each in range(CODE_LENGTH)) if kind in CERTIFICATES else None


def code_words(code: str) -> str:
    """« 7K2M-Q9XA-… », as it is printed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(typed: str) -> str:
    """The code of what somebody typed, with or without its dashes; it may well be nobody's."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper())[:CODE_LENGTH]


# ---- The law in force


class RuleState(enum.StrEnum):
    CHECKED = "checked"
    TO_CHECK = "to_check"


@dataclass(frozen=True)
class Rule:
    """A sentence of the law with its source, from a day on. papers: where it is printed, if anywhere."""

    key: str
    effective_from: date
    subject: str
    sentence: str
    citation: str
    source: str
    state: RuleState
    papers: tuple[str, ...] = ()
    value: str = ""
    is_ours: bool = False

    @property
    def is_checked(self) -> bool:
        return self.state is RuleState.CHECKED


def in_force(rules: Iterable[Rule], day: date) -> dict[str, Rule]:
    """The last line of each key that has begun on that day. rules: of each key, the oldest first."""
    return {rule.key: rule for rule in rules if rule.effective_from <= day}


def printed_on(rules: Mapping[str, Rule], *papers: str) -> list[Rule]:
    """What is printed on these papers, in the order of the file."""
    return [rule for rule in rules.values() if set(papers) & set(rule.papers)]


@dataclass(frozen=True)
class Hours:
    first: time
    last: time


def read_hours(value: str) -> Hours:
    """The hours of « 08:00-17:30 ». Refuses: HoursWrong."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)\s*", value)
    try:
        first, last = (time(int(found[one]), int(found[one + 1])) for one in (1, 3)) if found else (None, None)
    except ValueError:
        raise HoursWrong from None
    if first is None or last is None or first >= last:
        raise HoursWrong
    return Hours(first, last)


# ---- Compulsory or optional


class Nature(enum.StrEnum):
    """What the school says of an outing; BY_HOURS: what follows from its hours."""

    BY_HOURS = "by_hours"
    COMPULSORY = "compulsory"
    OPTIONAL = "optional"


def is_away_at(leaves: datetime, back: datetime, hours: Hours) -> bool:
    """Whether the class is away during some part of these hours."""
    return leaves.date() != back.date() or (leaves.time() < hours.last and back.time() > hours.first)
