"""Reference files: read them, say line by line what is wrong, bring their rows into a table without harm when repeated."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from booking.core.db import Model, db
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _n

CHUNK = 2000
# A file that unpacks to more is not one of ours.
LARGEST_BYTES = 200 * 1024 * 1024

OnProgress = Callable[[int], object]


class WrongFile(Refusal):
    """A file that cannot be read as a table."""

    code = "wrong_file"


@dataclass(frozen=True)
class Problem:
    """What is wrong on one line of a file, the header being line 1."""

    line: int
    words: str

    def __str__(self) -> str:
        return _("ligne %(line)d\u00a0: %(words)s", line=self.line, words=self.words)


class WrongRows(WrongFile):
    """Lines that cannot be imported; nothing of the file was. problems: one or more a line."""

    code = "wrong_rows"
    problems: list[Problem]

    def sentence(self) -> str:
        return _n(
            "Rien n’a été importé\u00a0: une ligne est à corriger.",
            "Rien n’a été importé\u00a0: %(num)d lignes sont à corriger.",
            len({problem.line for problem in self.problems}),
        )


@dataclass(frozen=True)
class Line:
    """A row of a file and its number there."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True)
class Header:
    """Where each column is, and how many cells a line has."""

    places: dict[str, int]
    width: int


@dataclass(frozen=True)
class Report:
    """How many rows an import made, changed, and found already right."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Report) -> Report:
        return Report(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def silent(_rows: int) -> None:
    """Nobody watches the progress."""


def read_lines(path: Path, columns: Collection[str]) -> list[Line]:
    """The rows of a CSV file, gzipped or not, UTF-8, separated by commas or semicolons.

    Refuses: WrongFile when it is not such a file, or lacks a column.
    """
    text = _read_text(path)
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        places = _places_of(columns, next(reader, []))
        return _lines_of(reader, places)
    except csv.Error:
        raise WrongFile(_l("La ligne %(line)d n’est pas du CSV lisible.", line=reader.line_num)) from None


def _read_text(path: Path) -> str:
    try:
        packed = path.read_bytes()
        content = _unpack(packed) if packed[:2] == b"\x1f\x8b" else packed
        text = content.decode("utf-8-sig")
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise WrongFile(_l("Le fichier compressé est abîmé ou incomplet.")) from None
    except UnicodeDecodeError:
        raise WrongFile(_l("Le fichier n’est pas en UTF-8\u00a0: enregistrez-le en CSV UTF-8.")) from None
    except OSError:
        raise WrongFile(_l("Le fichier ne peut pas être lu.")) from None
    if "\0" in text:
        raise WrongFile(_l("Le fichier n’est pas un texte CSV."))
    return text


def _unpack(packed: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise WrongFile(_l("Le fichier est trop grand."))
    return content


def _places_of(columns: Collection[str], header: Sequence[str]) -> Header:
    missing = [name for name in columns if name not in header]
    if missing:
        words = _n(
            "Il manque une colonne dans la première ligne\u00a0: %(names)s.",
            "Il manque des colonnes dans la première ligne\u00a0: %(names)s.",
            len(missing),
            names=", ".join(missing),
        )
        raise WrongFile(words)
    return Header({name: header.index(name) for name in columns}, len(header))


def _lines_of(reader: Any, header: Header) -> list[Line]:
    lines, problems = [], []
    for cells in reader:
        if len(cells) == header.width:
            values = {name: cells[place].strip() for name, place in header.places.items()}
            lines.append(Line(reader.line_num, values))
        elif cells:
            words = _(
                "la ligne n’a pas le même nombre de cellules que la première (%(found)d au lieu de %(wanted)d).",
                found=len(cells),
                wanted=header.width,
            )
            problems.append(Problem(reader.line_num, words))
    if problems:
        raise WrongRows(problems=problems)
    return lines


class Reader:
    """Reads the values of a file's lines, and keeps what is wrong with them for the end."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._line = Line(0, {})
        self._seen: dict[str, int] = {}

    def rows(
        self, lines: Sequence[Line], key: str, make_row: Callable[[Reader], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """What `make_row` makes of each line, once all of them are right.

        Refuses: WrongRows, when a value is wrong or when two lines have the same `key`.
        """
        made = []
        for line in lines:
            self._line = line
            try:
                made.append(make_row(self))
            except Refusal as refusal:
                self.complain(refusal.message)
            value = line.values[key].upper()
            first = self._seen.setdefault(value, line.number)
            if value and first != line.number:
                self.complain(_("%(key)s figure déjà à la ligne %(first)d.", key=value[:40], first=first))
        if self.problems:
            raise WrongRows(problems=self.problems)
        return made

    def complain(self, words: str) -> None:
        self.problems.append(Problem(self._line.number, words))

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        value = self._line.values[name]
        if required and not value:
            self.complain(_("« %(name)s » est vide.", name=name))
        elif len(value) > longest:
            self.complain(_("« %(name)s » compte plus de %(longest)d caractères.", name=name, longest=longest))
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str:
        value = self._line.values[name]
        if value not in allowed:
            self.complain(_("« %(name)s » vaut « %(value)s », qui n’est pas connu.", name=name, value=value[:40]))
        return value

    def whole(self, name: str, most: int = 100_000_000) -> int | None:
        """A count, or None when the cell is empty."""
        value = self._line.values[name]
        if not value:
            return None
        if not (value.isascii() and value.isdigit()) or len(value) > 9 or int(value) > most:
            self.complain(_("« %(name)s » vaut « %(value)s », qui n’est pas un nombre.", name=name, value=value[:40]))
            return None
        return int(value)

    def degrees(self, name: str, most: float) -> float | None:
        """A latitude (90) or a longitude (180) in degrees, or None when the cell is empty."""
        value = self._line.values[name]
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not -most <= number <= most:
            self.complain(
                _("« %(name)s » vaut « %(value)s », qui n’est pas une coordonnée.", name=name, value=value[:40])
            )
            return None
        return number

    def yes_no(self, name: str) -> bool | None:
        """« 1 » or « 0 », or None when it is not known."""
        value = self._line.values[name]
        if value not in {"", "0", "1"}:
            self.complain(
                _("« %(name)s » vaut « %(value)s »\u00a0: attendu 1, 0 ou rien.", name=name, value=value[:40])
            )
        return {"1": True, "0": False}.get(value)


def upsert(model: type[Model], rows: Sequence[dict[str, Any]], key: str, on_progress: OnProgress = silent) -> Report:
    """Bring rows into a table by their unique key: new ones are made, different ones changed, none is removed.

    Only the columns present in the rows are compared and written. Two imports at once leave the same rows as one.
    """
    if not rows:
        return Report()
    table, columns = model.__table__, list(rows[0])
    session = db.session()
    known = {row[0]: tuple(row[1:]) for row in session.execute(select(table.c[key], *(table.c[c] for c in columns)))}
    statement = _upsert_statement(table, columns, key)
    report = Report()
    for chunk in _chunks(rows):
        new = [row for row in chunk if row[key] not in known]
        changed = [row for row in chunk if row[key] in known and known[row[key]] != tuple(row.values())]
        if new or changed:
            session.connection().execute(statement, new + changed)
        report += Report(len(new), len(changed), len(chunk) - len(new) - len(changed))
        on_progress(len(chunk))
    # The rows went past the session: what it holds of them may be old.
    session.expire_all()
    return report


def _upsert_statement(table: Any, columns: Sequence[str], key: str) -> Any:
    dialect = postgresql if db.session().get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[key], set_={name: statement.excluded[name] for name in columns if name != key}
    )


def _chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
