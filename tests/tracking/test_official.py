"""The official list of labelled events: whatever the file, read line by line; known events recognised; nothing written unasked."""

from __future__ import annotations

import base64
import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from booking.accounts.models import ScopeKind
from booking.core.db import db, transaction
from booking.tracking.official.models import ListedEvent
from booking.tracking.official.rules import (
    ColumnsMissing,
    Limits,
    ListTooLarge,
    UnreadableList,
    fresh,
    read_list,
)
from booking.tracking.official.services import import_list, preview_list
from booking.tracking.scope import scope_of
from tests import make
from tests.sign_in import signed_in

LIMITS = Limits({"91": "91", "essonne": "91", "01": "01", "2a": "2A", "974": "974", "33": "33"}, {"91", "01", "2A", "974"},
                date(2026, 9, 1), date(2027, 7, 2))  # fmt: skip
HEADINGS = "N° de label;Intitulé;Organisateur;Département;Date de début;Date de fin;Lien"
LINE = "FR-1;Journée à l’atelier;Société Éclair;91;12/01/2027;;https://example.org/1"


def csv_of(*lines: str, headings: str = HEADINGS) -> bytes:
    return "\r\n".join([headings, *lines]).encode()


@pytest.mark.parametrize(
    "content",
    [
        csv_of(LINE),
        b"\xef\xbb\xbf" + csv_of(LINE),
        csv_of(LINE).decode().encode("cp1252"),
        csv_of(LINE).decode().encode("utf-16"),
        csv_of(LINE.replace(";", ","), headings=HEADINGS.replace(";", ",")),
        csv_of(LINE.replace(";", "\t"), headings=HEADINGS.replace(";", "\t")),
    ],
    ids=["utf8", "bom", "latin", "utf16", "comma", "tab"],
)
def test_encodings_and_delimiters_are_recognised(content):
    [event], problems = read_list(content, LIMITS)
    assert problems == []
    assert (event.number, event.title, event.company, event.departement) == (
        "FR-1",
        "Journée à l’atelier",
        "Société Éclair",
        "91",
    )
    assert (event.line, event.starts_on, event.ends_on) == (2, date(2027, 1, 12), date(2027, 1, 12))


def workbook(*rows) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_workbook_reads_its_dates_and_numbers_and_refuses_formulas():
    rows = [
        ["Titre", "Entreprise", "Code postal", "Date", "Fin"],
        ["Portes ouvertes", "Éclair", 91000, datetime(2027, 1, 12, 9), date(2027, 1, 14)],
        ["Ain", "Éclair", 1000, date(2027, 1, 12), None],
        ['=HYPERLINK("http://x")', "Éclair", "91000", date(2027, 1, 12), None],
    ]
    events, problems = read_list(workbook(*rows), LIMITS)
    assert [(event.departement, event.ends_on.day) for event in events] == [("91", 14), ("01", 12)]
    assert [(problem.line, "formule" in problem.sentence) for problem in problems] == [(4, True)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (";;Éclair;91;12/01/2027;;", "titre manque"),
        (";Atelier;;91;12/01/2027;;", "organisateur manque"),
        (";Atelier;Éclair;;12/01/2027;;", "département"),
        (";Atelier;Éclair;Atlantide;12/01/2027;;", "département"),
        (";Atelier;Éclair;33;12/01/2027;;", "hors de votre territoire"),
        (";Atelier;Éclair;91;demain;;", "ne se lit pas"),
        (";Atelier;Éclair;91;;;", "date de début manque"),
        (";Atelier;Éclair;91;12/01/2027;11/01/2027;", "fin est avant"),
        (";Atelier;Éclair;91;12/01/2029;;", "hors de la période"),
        (";Atelier;Éclair;91;12/01/2027;;javascript:alert(1)", "lien"),
        (";=1+1;Éclair;91;12/01/2027;;", "formule"),
        (f";{'a' * 201};Éclair;91;12/01/2027;;", "trop long"),
    ],
)
def test_each_slip_of_a_line_has_its_sentence_and_the_others_are_read(line, word):
    events, problems = read_list(csv_of(LINE, line), LIMITS)
    assert len(events) == 1
    assert [problem.line for problem in problems] == [3]
    assert word in problems[0].sentence


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", UnreadableList),
        (b"PK\x03\x04broken", UnreadableList),
        (b"a\x00b;c", UnreadableList),
        (b"x" * 700_001, ListTooLarge),
        (csv_of(*[LINE] * 5001)[:699_000], ListTooLarge),
        (b"titre;date\nAtelier;12/01/2027", ColumnsMissing),
    ],
    ids=["empty", "broken", "nul", "bytes", "lines", "columns"],
)
def test_files_that_cannot_be_read_are_refused_whole(content, refusal):
    with pytest.raises(refusal):
        read_list(content, LIMITS)


def test_the_same_event_is_known_by_its_number_or_by_what_it_says():
    lines = [LINE, LINE.replace("FR-1", ""), LINE.replace("Journée", "Soirée"), ";Autre;Éclair;91;12/01/2027;;"]
    events, _problems = read_list(csv_of(*lines), LIMITS)
    assert fresh(events, set(), set()) == {2: True, 3: False, 4: False, 5: True}


@pytest.fixture
def list_of_two(app, now):
    """An activity published here that the list has too, and one of elsewhere."""
    activity = make.make_activity(
        title="Journée à l’atelier", site=make.make_site(make.make_company("Société Éclair SAS"))
    )
    return activity, csv_of(LINE, ";Autre chose;Fonderie;91;13/01/2027;;")


@pytest.mark.usefixtures("both_databases")
def test_an_import_recognises_the_activities_of_here_and_what_was_imported_before(list_of_two):
    activity, content = list_of_two
    officer = make.make_officer()
    scope, edition_id = scope_of(officer.memberships[0]), activity.edition_id
    preview = preview_list(content, activity.edition, scope)
    assert (len(preview.new), preview.matched, preview.known) == (2, 1, 0)
    assert db.session.scalar(select(ListedEvent)) is None
    for new in (2, 0):
        with transaction():
            assert len(import_list(content, edition_id, scope, officer).new) == new
    events = db.session.scalars(select(ListedEvent).order_by(ListedEvent.id)).all()
    assert [event.activity_id for event in events] == [activity.id, None]


def test_an_officer_sees_the_file_before_anything_is_written(list_of_two, client):
    _activity, content = list_of_two
    officer = make.make_officer()
    page = f"/territory/{officer.memberships[0].id}/official"
    signed_in(client, officer)
    text = client.post(page, data={"file": (io.BytesIO(content + b"\r\n;;;;;;x"), "liste.csv"), "step": "preview"}).text
    assert "Ligne 4" in text and "Importer ces événements" in text and "publié ici" in text
    assert db.session.scalar(select(ListedEvent)) is None
    sent = {"content": base64.b64encode(content).decode(), "step": "import"}
    assert client.post(page, data=sent).status_code == 302
    assert len(db.session.scalars(select(ListedEvent)).all()) == 2
    assert "Fonderie" in client.get(page).text
    assert "Choisissez un fichier" in client.post(page, data={"step": "preview"}).text
    assert client.post(page, data={**sent, "content": "é"}).status_code == 400
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    stranger = make.make_officer(ScopeKind.DEPARTEMENT, "33")
    there = f"/territory/{stranger.memberships[0].id}/official"
    assert "Fonderie" not in signed_in(client, stranger).get(there).text
    assert client.get(page).status_code == 404


def test_the_command_writes_only_when_told_to(list_of_two, app, tmp_path):
    activity, content = list_of_two
    file = tmp_path / "liste.csv"
    file.write_bytes(content)
    run = app.test_cli_runner().invoke
    args = ["import", "labelled", str(file), "--edition", activity.edition.slug]
    assert "2 to import" in run(args=args).output
    assert db.session.scalar(select(ListedEvent)) is None
    assert "2 imported, 1 of them published here" in run(args=[*args, "--write"]).output
    assert run(args=["import", "labelled", str(file), "--edition", "rien"]).exit_code == 1
