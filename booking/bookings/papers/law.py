"""The law as shipped, and as an administrator has corrected it since."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy import select

from booking.bookings.papers.models import LegalRule
from booking.bookings.papers.rules import Rule, RuleState, in_force
from booking.core.db import db

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "legal_rules.toml"


@cache
def shipped_rules() -> tuple[Rule, ...]:
    rows = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["rule"]
    return tuple(
        Rule(
            key=row["key"],
            effective_from=row["from"],
            subject=row["subject"],
            sentence=row["sentence"],
            citation=row["citation"],
            source=row["source"],
            state=RuleState(row["state"]),
            papers=tuple(row["papers"]),
            value=row.get("value", ""),
        )
        for row in rows
    )


def all_rules() -> list[Rule]:
    """The shipped lines and the administrators', by subject in the order of the file, the oldest first."""
    shipped = shipped_rules()
    order = list(dict.fromkeys(rule.key for rule in shipped))
    written = [
        _written(row, next(rule for rule in shipped if rule.key == row.key))
        for row in db.session.scalars(select(LegalRule).where(LegalRule.key.in_(order)).order_by(LegalRule.id))
    ]
    return sorted([*shipped, *written], key=lambda rule: (order.index(rule.key), rule.effective_from, rule.is_ours))


def _written(row: LegalRule, shipped: Rule) -> Rule:
    """An administrator's line; its subject and where it is printed stay the shipped ones."""
    return replace(
        shipped,
        effective_from=row.effective_from,
        sentence=row.sentence,
        citation=row.citation,
        source=row.source,
        state=row.state,
        value=row.value,
        is_ours=True,
    )


def law_on(day: date) -> dict[str, Rule]:
    """The line in force of each key on a day."""
    return in_force(all_rules(), day)
