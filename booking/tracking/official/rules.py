"""An official list as a file: found out what it is, read line by line, each slip with its sentence. No database."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook  # type: ignore[import-untyped]

from booking.bookings.declared.rules import firm_key
from booking.core.errors import Refusal
from booking.core.i18n import _, _l
from booking.territory.rules import fold

MOST_BYTES = 700_000
MOST_LINES = 5000
# A workbook is a zip: what it unfolds to is bounded before anything is read of it.
MOST_UNZIPPED = 40_000_000

# What the columns are called, folded; the first that a file has is taken.
HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("numero", "numero de label", "n de label", "n label", "label", "n", "id", "identifiant"),
    "title": ("titre", "intitule", "nom de l evenement", "evenement", "nom", "title"),
    "company": ("entreprise", "organisateur", "structure", "organisme", "company"),
    "departement": ("departement", "code departement", "dept", "dep"),
    "postcode": ("code postal", "cp"),
    "commune": ("commune", "ville"),
    "starts_on": ("date de debut", "debut", "date", "jour", "du"),
    "ends_on": ("date de fin", "fin", "au"),
    "url": ("lien", "url", "adresse internet", "site"),
}
NEEDED = ("title", "company", "starts_on")
_LENGTHS = {"number": 60, "title": 200, "company": 160, "commune": 80, "url": 300}


class UnreadableList(Refusal):
    code = "unreadable_list"
    field = "file"

    def sentence(self) -> Any:
        return _l("Ce fichier ne se lit pas : enregistrez-le en csv ou en xlsx, puis recommencez.")


class ListTooLarge(Refusal):
    code = "list_too_large"
    field = "file"

    def sentence(self) -> Any:
        return _l("Ce fichier est trop grand : 700 ko et 5 000 lignes au plus. Coupez-le en plusieurs.")


class ColumnsMissing(Refusal):
    """missing: what the columns that are not there would say."""

    code = "columns_missing"
    field = "file"
    missing: str

    def sentence(self) -> Any:
        return _l("La première ligne doit nommer les colonnes. Il manque : %(missing)s.", missing=self.missing)


@dataclass(frozen=True)
class Event:
    """A line that makes sense. line: its number in the file."""

    line: int
    number: str
    title: str
    company: str
    departement: str
    commune: str
    starts_on: date
    ends_on: date
    url: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from another, whatever its number."""
        return key_of(self.title, self.company, self.departement, self.starts_on)


@dataclass(frozen=True)
class Problem:
    line: int
    sentence: str


@dataclass(frozen=True)
class Limits:
    """Which lines are taken. departements: code by folded name or code; here: None for everywhere."""

    departements: Mapping[str, str]
    here: Collection[str] | None
    first_on: date
    last_on: date


def key_of(title: str, company: str, departement: str, starts_on: date) -> tuple[Any, ...]:
    return (fold(title), firm_key(company), departement, starts_on)


def read_list(content: bytes, limits: Limits) -> tuple[list[Event], list[Problem]]:
    """The events of a file, and what is wrong with the other lines.

    Refuses: ListTooLarge, UnreadableList, ColumnsMissing.
    """
    table = _table(content)
    if not table:
        raise UnreadableList()
    columns = _columns(table[0])
    events, problems = [], []
    for line, cells in enumerate(table[1:], start=2):
        values = {name: _cell(cells, place) for name, place in columns.items()}
        if not any(values.values()):
            continue
        try:
            events.append(_event(line, values, limits))
        except ValueError as slip:
            problems.append(Problem(line, str(slip)))
    return events, problems


def _table(content: bytes) -> list[Sequence[Any]]:
    if len(content) > MOST_BYTES:
        raise ListTooLarge()
    rows = _of_workbook(content) if content.startswith(b"PK") else _of_text(content)
    if len(rows) > MOST_LINES + 1:
        raise ListTooLarge()
    return rows


def _of_workbook(content: bytes) -> list[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNZIPPED:
                raise ListTooLarge()
        # Formulas are not worked out: a cell that holds one says so, and is refused.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        return list(sheet.iter_rows(values_only=True, max_row=MOST_LINES + 2, max_col=60))
    except Refusal:
        raise
    except Exception as error:  # a broken workbook fails in many ways, none of which is ours
        raise UnreadableList() from error


def _of_text(content: bytes) -> list[Sequence[Any]]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(";\t,", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableList() from error


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else what Western spreadsheets write."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in content:
        raise UnreadableList()
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableList()


def _columns(headings: Sequence[Any]) -> dict[str, int]:
    known = {fold(str(heading)): place for place, heading in reversed(list(enumerate(headings))) if heading}
    found = {name: next((known[each] for each in names if each in known), None) for name, names in HEADINGS.items()}
    words = {"title": _("titre"), "company": _("organisateur"), "starts_on": _("date de début")}
    missing = [words[name] for name in NEEDED if found[name] is None]
    if found["departement"] is None and found["postcode"] is None:
        missing.append(_("département ou code postal"))
    if missing:
        raise ColumnsMissing(missing=", ".join(missing))
    return {name: place for name, place in found.items() if place is not None}


def _cell(cells: Sequence[Any], place: int) -> Any:
    value = cells[place] if place < len(cells) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or isinstance(value, (date, datetime)):
        return value
    kept = "".join(sign if sign.isprintable() else " " for sign in str(value))
    # The apostrophe by which a spreadsheet, or our own export, says that a cell is text.
    return re.sub(r"^'(?=[=+\-@])", "", " ".join(kept.split()))


def _event(line: int, values: Mapping[str, Any], limits: Limits) -> Event:
    """Raises ValueError with the sentence of the first slip."""
    texts = {name: str(values.get(name) or "") for name in _LENGTHS}
    for name, text in texts.items():
        if text.startswith("="):
            raise ValueError(_("Une cellule contient une formule : remplacez-la par sa valeur."))
        if len(text) > _LENGTHS[name]:
            raise ValueError(
                _("« %(text)s… » est trop long : %(most)d caractères au plus.", text=text[:30], most=_LENGTHS[name])
            )
    if not texts["title"]:
        raise ValueError(_("Le titre manque."))
    if not texts["company"]:
        raise ValueError(_("L’organisateur manque."))
    if texts["url"] and not re.match(r"https?://[^\s/]+", texts["url"]):
        raise ValueError(_("Le lien ne commence pas par https:// : corrigez-le ou laissez-le vide."))
    departement = _departement(values, limits)
    starts_on = _day(values.get("starts_on"))
    if starts_on is None:
        raise ValueError(_("La date de début manque."))
    ends_on = _day(values.get("ends_on")) or starts_on
    if ends_on < starts_on:
        raise ValueError(_("La fin est avant le début."))
    if ends_on < limits.first_on or starts_on > limits.last_on:
        raise ValueError(_("La date est hors de la période de l’édition."))
    return Event(
        line, texts["number"], texts["title"], texts["company"], departement, texts["commune"], starts_on, ends_on,
        texts["url"],
    )  # fmt: skip


def _departement(values: Mapping[str, Any], limits: Limits) -> str:
    typed, postcode = str(values.get("departement") or ""), str(values.get("postcode") or "").zfill(5)
    code = limits.departements.get(fold(typed)) or limits.departements.get(fold(typed.zfill(2))) if typed else None
    if not typed and re.fullmatch(r"\d{5}", postcode) and postcode != "00000":
        corsica = {"200": "2a", "201": "2a", "202": "2b", "206": "2b"}.get(postcode[:3])
        code = limits.departements.get(corsica or (postcode[:3] if postcode[:2] in ("97", "98") else postcode[:2]))
    if code is None:
        raise ValueError(_("Le département n’est pas reconnu : écrivez son numéro, par exemple 91."))
    if limits.here is not None and code not in limits.here:
        raise ValueError(_("Cet événement est hors de votre territoire."))
    return code


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value is None or value == "":
        return value or None
    text = str(value).partition(" ")[0].partition("T")[0]
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    raise ValueError(_("La date « %(text)s » ne se lit pas : écrivez par exemple 12/01/2027.", text=str(value)[:20]))


def fresh(events: Iterable[Event], numbers: Collection[str], keys: Collection[tuple[Any, ...]]) -> dict[int, bool]:
    """By line, whether nothing known, nor an earlier line, is the same event: by its number, or by what it says."""
    seen_numbers, seen_keys = set(numbers), set(keys)
    verdicts = {}
    for event in events:
        number = fold(event.number)
        verdicts[event.line] = (not number or number not in seen_numbers) and event.key not in seen_keys
        seen_keys.add(event.key)
        if number:
            seen_numbers.add(number)
    return verdicts
