"""What the demo is made of, as shipped: companies, activities, schools, people and what happens to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"
PASSWORD = "etabli-demo"  # noqa: S105  (printed at the end of `flask demo`: it is meant to be known)

# What an activity says of its site when it takes place there; a speaker who comes to the school says none of it.
SITE_FACTS = (
    "access", "parking", "clothing", "equipment", "safety", "photo_rule", "access_note", "identity_notice_days",
    "motor", "visual", "hearing", "mental",
)  # fmt: skip


@dataclass(frozen=True)
class DemoActivity:
    """An activity as written. facts: the practical ones, its company's where it says nothing itself.

    hours: « 09:00-11:30 », one is drawn for each slot. free_visit: its first slot stays free, in the edition's week.
    """

    key: str
    company: str
    kind: str
    title: str
    summary: str
    description: str
    levels: tuple[str, ...]
    subjects: tuple[str, ...]
    languages: tuple[str, ...]
    facts: dict[str, Any]
    is_instant: bool
    is_draft: bool
    slots: int
    hours: tuple[str, ...]
    classes: int
    pupils: int
    adults: int
    min_pupils: int | None
    area_km: int | None
    yearly_cap: int | None
    answer_days: int
    free_visit: bool
    wednesdays_only: bool


@dataclass(frozen=True)
class DemoCompany:
    """A company with its one site and its people, the first of whom manages it."""

    key: str
    name: str
    sector: str
    ape: str
    commune: str
    postcode: str
    address: str
    description: str
    hosts: tuple[str, ...]
    phone: str
    is_trusted: bool
    facts: dict[str, Any]
    activities: tuple[DemoActivity, ...]


@dataclass(frozen=True)
class DemoClass:
    """A saved class; no level: a group of staff."""

    name: str
    level: str
    pupils: int
    adults: int
    subject: str
    assistants: int = 0
    wheelchairs: int = 0
    girls: int | None = None


@dataclass(frozen=True)
class DemoTeacher:
    name: str
    classes: tuple[DemoClass, ...]


@dataclass(frozen=True)
class DemoSchool:
    uai: str
    teachers: tuple[DemoTeacher, ...]


@dataclass(frozen=True)
class Step:
    """One thing that happens. then: what follows the booking, if anything. classes: none to draw `count` of them."""

    activity: str
    classes: tuple[str, ...] = ()
    count: int = 0
    option: bool = False
    wait: bool = False
    then: str = ""
    reason: str | None = None
    note: str = ""
    message: str = ""


@dataclass(frozen=True)
class Story:
    steps: tuple[Step, ...]
    messages: tuple[str, ...] = field(default=())


@cache
def companies() -> tuple[DemoCompany, ...]:
    """Every company, its activities of the current edition with it."""
    return tuple(_company(row) for name in ("companies_1", "companies_2") for row in _read(name)["company"])


@cache
def all_year_activities() -> tuple[DemoActivity, ...]:
    """The activities of the permanent edition."""
    by_key = {row["key"]: row for name in ("companies_1", "companies_2") for row in _read(name)["company"]}
    return tuple(_activity(row, by_key[row["company"]]) for row in _read("all_year")["activity"])


@cache
def schools() -> tuple[DemoSchool, ...]:
    return tuple(
        DemoSchool(
            row["uai"],
            tuple(
                DemoTeacher(each["name"], tuple(DemoClass(*values) for values in each["classes"]))
                for each in row["teacher"]
            ),
        )
        for row in _read("people")["school"]
    )


@cache
def cast() -> dict[str, str]:
    """The people whose addresses are known in advance, and where they belong."""
    return dict(_read("people")["cast"])


@cache
def story() -> Story:
    content = _read("story")
    steps = tuple(Step(**{**row, "classes": tuple(row.get("classes", ()))}) for row in content["step"])
    return Story(steps, tuple(content["messages"]))


def _company(row: dict[str, Any]) -> DemoCompany:
    return DemoCompany(
        **{name: row[name] for name in ("key", "name", "sector", "ape", "commune", "postcode", "address")},
        description=row["description"],
        hosts=tuple(row["hosts"]),
        phone=row["phone"],
        is_trusted=row.get("trust") != "pending",
        facts={name: row[name] for name in SITE_FACTS if name in row},
        activities=tuple(_activity(activity, row) for activity in row["activity"]),
    )


def _activity(row: dict[str, Any], company: dict[str, Any]) -> DemoActivity:
    at_site = row["kind"] != "classroom_workshop"
    facts = {name: company[name] for name in SITE_FACTS if at_site and name in company}
    named = (*SITE_FACTS, "group_size_max", "adults_per_group", "minimum_age", "to_bring")
    facts |= {name: row[name] for name in named if name in row}
    return DemoActivity(
        key=row.get("key", ""),
        company=company["key"],
        kind=row["kind"],
        title=row["title"],
        summary=row["summary"],
        description=row["description"].strip(),
        levels=tuple(dict.fromkeys(code for name in row["levels"] for code in _level_sets()[name])),
        subjects=tuple(row.get("subjects", ())),
        languages=tuple(row.get("languages", ("fr",))),
        facts=facts,
        is_instant=row.get("instant", False),
        is_draft=row.get("state") == "draft",
        slots=row["slots"],
        hours=tuple(row.get("hours", ())),
        classes=row["classes"],
        pupils=row["pupils"],
        adults=row.get("adults", 1),
        min_pupils=row.get("min_pupils"),
        area_km=row.get("area_km"),
        yearly_cap=row.get("yearly_cap"),
        answer_days=row.get("answer_days", 5),
        free_visit=row.get("free_visit", False),
        wednesdays_only=row.get("wednesday", False),
    )


def _level_sets() -> dict[str, list[str]]:
    return dict(_read("people")["levels"])


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
