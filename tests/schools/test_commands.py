import csv
import gzip

import pytest
from sqlalchemy import func, select

from booking.core.db import db
from booking.schools import reference
from booking.schools.models import School
from booking.schools.services import COLUMNS
from booking.territory.models import Commune, Departement

PASTEUR = {
    "uai": "0910009R", "nom": "Collège Louis Pasteur", "type": "college", "nature": "COLLEGE", "secteur": "public",
    "code_insee": "91114", "commune": "Brunoy", "departement": "91", "latitude": "48.7", "longitude": "2.5",
}  # fmt: skip


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["import", *map(str, arguments)])


def write(path, *rows, columns=COLUMNS):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def schools_count() -> int:
    return db.session.scalar(select(func.count()).select_from(School))


def test_schools_come_from_a_file_plain_or_gzipped(app, tmp_path):
    plain = write(tmp_path / "schools.csv", PASTEUR)
    packed = tmp_path / "schools.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert "ajoutées 1, modifiées 0, inchangées 0" in run(app, "schools", plain).output
    assert "ajoutées 0, modifiées 0, inchangées 1" in run(app, "schools", packed).output
    assert db.session.scalars(select(Departement.code)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uai": "0910009X"}, "La lettre de 0910009X ne correspond pas à ses chiffres"),
        ({"uai": "Brunoy"}, "sept chiffres et une lettre"),
        ({"uai": ""}, "« uai » est vide"),
        ({"uai": "0910009R"}, "0910009R figure déjà à la ligne 2."),
        ({"departement": "9Z"}, "« departement » vaut « 9Z »"),
        ({"type": "fac"}, "« type » vaut « fac »"),
        ({"secteur": ""}, "« secteur » vaut «  »"),
        ({"latitude": "nord"}, "qui n’est pas une coordonnée"),
        ({"nb_eleves": "-3"}, "qui n’est pas un nombre"),
        ({"segpa": "oui"}, "attendu 1, 0 ou rien"),
        ({"nom": "x" * 161}, "« nom » compte plus de 160 caractères"),
    ],
)
def test_one_wrong_line_stops_the_whole_file_and_is_named(app, tmp_path, change, words):
    file = write(tmp_path / "schools.csv", PASTEUR, {**PASTEUR, "uai": "0910016Y", **change})
    result = run(app, "schools", file)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "ligne 3\u00a0: " in result.output
    assert words in result.output
    assert "Rien n’a été importé" in result.output
    assert schools_count() == 0


def test_missing_columns_are_named(app, tmp_path):
    file = write(tmp_path / "schools.csv", PASTEUR, columns=["uai", "nom", "type"])
    result = run(app, "schools", file)
    assert result.exit_code == 1
    assert "secteur" in result.output
    assert schools_count() == 0


@pytest.mark.deep
def test_the_whole_of_france_is_imported_and_again_without_a_change(app, sqlite_file):
    first = run(app, "reference")
    assert first.exit_code == 0, first.output
    assert "Établissements\u00a0: lignes ajoutées 43754, modifiées 0, inchangées 0." in first.output
    assert (schools_count(), db.session.scalar(select(func.count()).select_from(Commune))) == (43_754, 35_014)
    second = run(app, "reference")
    assert "Établissements\u00a0: lignes ajoutées 0, modifiées 0, inchangées 43754." in second.output
    assert "Communes\u00a0: lignes ajoutées 0, modifiées 0, inchangées 35014." in second.output
    assert "Territoires\u00a0: lignes ajoutées 0, modifiées 0, inchangées 193." in second.output
    hidden = db.session.scalar(select(func.count()).select_from(School).where(~School.is_listed))
    assert 800 < hidden < 900
    assert reference.SCHOOLS.stat().st_size < 2_000_000
