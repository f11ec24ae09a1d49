"""Tables for the spreadsheets people have: semicolons, and a mark that says UTF-8, as a French one expects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

CSV_TYPE = "text/csv; charset=utf-8"
# A cell that begins with one of these would be worked out as a formula by whoever opens the file.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_bytes(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table as a file: a byte order mark, semicolons, CRLF. None is an empty cell; text is never a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([safe_cell(str(heading)) for heading in headings])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def csv_lines(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The same file a thousand rows at a time, for tables that are not held in memory."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow([safe_cell(str(heading)) for heading in headings])
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(cell) for cell in row])
        if number % 1000 == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows as it is: text that looks like a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text
