from sqlalchemy import func, select

from booking.core.db import db
from booking.territory.models import Commune

HEADER = "code_insee,nom,type,commune_parente,codes_postaux,departement,population,latitude,longitude\n"
BRUNOY = "91114,Brunoy,commune,,91800,91,25000,48.69,2.5\n"


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["import", *map(str, arguments)])


def test_communes_come_from_a_file_and_the_counts_are_said(app, tmp_path):
    file = tmp_path / "communes.csv"
    file.write_text(HEADER + BRUNOY, encoding="utf-8")
    first, second = run(app, "communes", file), run(app, "communes", file)
    assert first.exit_code == 0
    assert "Communes\u00a0: lignes ajoutées 1, modifiées 0, inchangées 0." in first.output
    assert "lignes ajoutées 0, modifiées 0, inchangées 1." in second.output


def test_one_wrong_line_stops_the_whole_file_and_is_named(app, tmp_path):
    file = tmp_path / "communes.csv"
    file.write_text(HEADER + BRUNOY + "91115,,commune,,91800,9Z,beaucoup,48,2\n", encoding="utf-8")
    result = run(app, "communes", file)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "ligne 3\u00a0: « nom » est vide." in result.output
    assert "« departement » vaut « 9Z », qui n’est pas connu." in result.output
    assert "Rien n’a été importé\u00a0: une ligne est à corriger." in result.output
    assert db.session.scalar(select(func.count()).select_from(Commune)) == 0


def test_many_wrong_lines_are_cut_short(app, tmp_path):
    file = tmp_path / "communes.csv"
    file.write_text(HEADER + "x,,commune,,,91,,,\n" * 60, encoding="utf-8")
    result = run(app, "communes", file)
    assert result.exit_code == 1
    assert "autres problèmes" in result.output
    assert "60 lignes sont à corriger" in result.output


def test_a_missing_column_or_file_is_said_without_a_traceback(app, tmp_path):
    file = tmp_path / "communes.csv"
    file.write_text("code_insee,nom\n91114,Brunoy\n", encoding="utf-8")
    result = run(app, "communes", file)
    assert result.exit_code == 1
    assert "Il manque des colonnes" in result.output
    assert run(app, "communes", tmp_path / "nowhere.csv").exit_code == 2
