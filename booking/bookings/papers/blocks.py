"""The pieces that a paper is made of, as the layout (templates/bookings/papers/paper.typ) draws them: plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Block = dict[str, Any]
# A column's share of the width; "auto" as wide as its words.
Width = int | str


def heading(words: str) -> Block:
    return {"kind": "heading", "words": words}


def text(words: str) -> Block:
    return {"kind": "text", "words": words}


def strong(words: str) -> Block:
    return {"kind": "strong", "words": words}


def small(words: str) -> Block:
    return {"kind": "small", "words": words}


def items(words: Iterable[str]) -> Block:
    return {"kind": "list", "items": list(words)}


def fine_print(words: Iterable[str]) -> Block:
    return {"kind": "fine", "items": list(words)}


def together(*blocks: Block) -> Block:
    """Pieces that the end of a page does not part."""
    return {"kind": "together", "blocks": list(blocks)}


def facts(rows: Iterable[tuple[str, Any]]) -> Block:
    """Labels and values; what is empty is left out."""
    return {"kind": "facts", "rows": [[label, str(value)] for label, value in rows if value not in ("", 0, None)]}


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[Width]) -> Block:
    return {
        "kind": "table",
        "columns": list(columns),
        "rows": [[str(cell) for cell in row] for row in rows],
        "widths": list(widths),
    }


def blanks(
    columns: Sequence[str], count: int, widths: Sequence[Width], *, first: int = 1, height_mm: float = 9
) -> Block:
    """Numbered lines to be filled by hand. first: the number of the first one."""
    rows = [[str(number), *[""] * (len(columns) - 1)] for number in range(first, first + count)]
    return {"kind": "blanks", "columns": list(columns), "rows": rows, "widths": list(widths), "height": height_mm}


def choices(words: Iterable[str]) -> Block:
    return {"kind": "choices", "items": list(words)}


def dots(words: Iterable[str]) -> Block:
    """What is to be written by hand, each after its words."""
    return {"kind": "dots", "items": list(words)}


def note(title: str, words: str) -> Block:
    return {"kind": "note", "title": title, "words": words}


def signatures(*parties: tuple[str, str]) -> Block:
    return {"kind": "signatures", "parties": [list(party) for party in parties]}


def cut(words: str) -> Block:
    return {"kind": "cut", "words": words}


def new_page() -> Block:
    return {"kind": "page"}


def code(svg: str, alt: str, words: str) -> Block:
    return {"kind": "code", "svg": svg, "alt": alt, "words": words}
