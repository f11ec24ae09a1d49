import gzip

import pytest

from booking.territory.reference_files import Line, Reader, WrongFile, WrongRows, read_lines

COLUMNS = ("code", "nom")


def write(tmp_path, content: bytes):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "code,nom,reste\n1,Évry,x\n".encode(),
        "\ufeffcode;nom\r\n1;Évry\r\n".encode(),
        gzip.compress("nom,code\n Évry ,1\n\n".encode(), mtime=0),
    ],
)
def test_commas_or_semicolons_plain_or_gzipped_read_alike(app, tmp_path, content):
    assert read_lines(write(tmp_path, content), COLUMNS) == [Line(2, {"code": "1", "nom": "Évry"})]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "colonnes"),
        (b"code\n1\n", "Il manque une colonne dans la première ligne\u00a0: nom."),
        ("code,nom\n1,Évry\n".encode("latin-1"), "UTF-8"),
        (b"code,nom\n1,\0\n", "texte CSV"),
        (gzip.compress(b"code,nom\n", mtime=0)[:-4], "abîmé"),
        (b"\x1f\x8b not gzip at all", "abîmé"),
        (b'code,nom\n1,"open\n', "ligne"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_words(app, tmp_path, content, words):
    with pytest.raises(WrongFile) as refused:
        read_lines(write(tmp_path, content), COLUMNS)
    assert words in refused.value.message


def test_lines_of_another_width_are_named(app, tmp_path):
    with pytest.raises(WrongRows) as refused:
        read_lines(write(tmp_path, b"code,nom\n1,a\n2\n3,c,d\n"), COLUMNS)
    assert [problem.line for problem in refused.value.problems] == [3, 4]
    assert str(refused.value.problems[0]).startswith("ligne 3\u00a0: ")
    assert "(1 au lieu de 2)" in refused.value.problems[0].words


def test_every_wrong_value_is_reported_with_its_line(app):
    lines = [
        Line(2, {"code": "a", "nom": "", "n": "x", "lat": "nan", "oui": "2"}),
        Line(3, {"code": "A", "nom": "y" * 30, "n": "-1", "lat": "91", "oui": "1"}),
    ]

    def make_row(line: Reader):
        return {
            "nom": line.text("nom", 20, required=True),
            "n": line.whole("n"),
            "lat": line.degrees("lat", 90),
            "oui": line.yes_no("oui"),
            "choix": line.choice("code", {"A"}),
        }

    with pytest.raises(WrongRows) as refused:
        Reader().rows(lines, "code", make_row)
    assert [problem.line for problem in refused.value.problems] == [2] * 5 + [3] * 4
    assert "A figure déjà à la ligne 2." in refused.value.problems[-1].words
    assert "2 lignes sont à corriger" in refused.value.message
