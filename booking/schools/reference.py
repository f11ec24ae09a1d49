"""Levels and subjects, as shipped: what a class is of, what a teacher teaches."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from booking.core.i18n import current_language
from booking.schools.models import SchoolKind

FOLDER = Path(__file__).parent / "data"
SCHOOLS = FOLDER / "schools.csv.gz"


@dataclass(frozen=True)
class Level:
    """A level. short_label: « 4ᵉ », « 2ᵈᵉ GT ». track: « generale », « techno », « pro », « segpa » and so on, or empty.

    kinds: the kinds of school that have it; empty when any may (« AUTRE ») or none here (apprentices).
    """

    rank: int
    code: str
    french: str
    english: str
    short_label: str
    cycle: str
    track: str
    kinds: frozenset[str]

    @property
    def label(self) -> str:
        """The level in the reader's language."""
        return self.french if current_language() == "fr" else self.english


@dataclass(frozen=True)
class Subject:
    """What somebody teaches, or does at the school. kinds: the kinds of school that have it; empty: all."""

    code: str
    french: str
    english: str
    kinds: frozenset[str]

    @property
    def label(self) -> str:
        """The subject in the reader's language."""
        return self.french if current_language() == "fr" else self.english


@cache
def levels() -> tuple[Level, ...]:
    """Every level, from nursery school to after the baccalauréat."""
    return tuple(
        Level(
            rank=int(row["ordre"]),
            code=row["code"],
            french=row["libelle"],
            english=row["label_en"],
            short_label=row["abrege"],
            cycle=row["cycle"],
            track=row["voie"],
            kinds=frozenset(row["types_etablissement"].split()),
        )
        for row in _rows("levels.csv")
    )


@cache
def levels_by_code() -> dict[str, Level]:
    return {level.code: level for level in levels()}


def levels_for(kind: SchoolKind | str | None = None) -> list[Level]:
    """The levels a class of this kind of school can have, « autre » last; all of them without a kind."""
    return [level for level in levels() if _suits(level.kinds, kind)]


@cache
def subjects() -> tuple[Subject, ...]:
    """Every subject or role."""
    return tuple(
        Subject(row["code"], row["libelle"], row["label_en"], frozenset(row["types_etablissement"].split()))
        for row in _rows("subjects.csv")
    )


@cache
def subjects_by_code() -> dict[str, Subject]:
    return {subject.code: subject for subject in subjects()}


def subjects_for(kind: SchoolKind | str | None = None) -> list[Subject]:
    """The subjects taught in this kind of school; all of them without a kind."""
    return [subject for subject in subjects() if _suits(subject.kinds, kind)]


def subject_label(code: str | None) -> str:
    """The subject in the reader's language; the code itself when it is not known, nothing when there is none."""
    subject = subjects_by_code().get(code or "")
    return subject.label if subject else code or ""


def _suits(kinds: frozenset[str], kind: SchoolKind | str | None) -> bool:
    return kind is None or not kinds or str(kind) in kinds


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
