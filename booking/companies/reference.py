"""Industrial sectors, as shipped: our own grouping over the NAF."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from booking.core.i18n import current_language

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Sector:
    """A sector of industry. prefixes: beginnings of APE codes of NAF rév. 2; examples: products, in French."""

    slug: str
    french: str
    english: str
    prefixes: tuple[str, ...]
    examples: str

    @property
    def label(self) -> str:
        """The sector in the reader's language."""
        return self.french if current_language() == "fr" else self.english


@cache
def sectors() -> tuple[Sector, ...]:
    """Every sector, in the order of the file."""
    with (FOLDER / "industry_sectors.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Sector(row["slug"], row["libelle"], row["label_en"], tuple(row["prefixes_naf"].split()), row["exemples"])
            for row in csv.DictReader(file)
        )
