import csv
import gzip
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.i18n import speaking
from booking.schools import reference
from booking.schools.models import SchoolKind
from booking.schools.reference import levels, levels_by_code, levels_for, subject_label, subjects, subjects_for
from booking.schools.rules import (
    UAI_LETTERS,
    UnknownUaiPlace,
    WrongUai,
    WrongUaiLetter,
    check_uai,
    departements_of_uai,
    guess_official_email,
    level_label,
    level_span_words,
    levels_for_school,
    readable_name,
    search_terms,
    search_text,
    subjects_for_school,
    uai_letter,
)

GT = {level.code for level in levels() if {"generale", "techno"} & set(level.track.split())}
PRO = {"2PRO", "1PRO", "TPRO"}


def shipped():
    with gzip.open(reference.SCHOOLS, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- UAI


def test_every_shipped_school_has_the_letter_and_the_departement_its_number_says():
    for row in shipped():
        assert check_uai(row["uai"]) == row["uai"]
        assert row["departement"] in departements_of_uai(row["uai"]), row


@pytest.mark.parametrize("text", ["0910620E", " 0910620e ", "091 0620 E", "091-0620.e"])
def test_a_uai_is_accepted_however_it_is_typed(text):
    assert check_uai(text) == "0910620E"


@pytest.mark.parametrize("text", ["", "091062E", "0910620", "0910620EE", "O910620E", "٠٩١٠٦٢٠E", "0910620É", "\0"])
def test_what_has_not_the_shape_of_a_uai_is_refused(app, text):
    with pytest.raises(WrongUai) as refused:
        check_uai(text)
    assert (refused.value.code, refused.value.field) == ("wrong_uai", "uai")
    assert "sept chiffres et une lettre" in refused.value.message


@given(st.integers(0, 9_999_999), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_one_letter_only_fits_seven_digits(number, letter):
    digits = f"{number:07d}"
    if letter == uai_letter(digits):
        assert check_uai(digits + letter) == digits + letter
    else:
        with pytest.raises(WrongUaiLetter):
            check_uai(digits + letter)


@given(st.integers(0, 9_999_999), st.integers(0, 6), st.integers(0, 9))
def test_one_wrong_digit_is_always_noticed(number, place, digit):
    right = f"{number:07d}"
    wrong = right[:place] + str(digit) + right[place + 1 :]
    if wrong != right:
        with pytest.raises(WrongUaiLetter):
            check_uai(wrong + uai_letter(right))


def test_the_letter_is_said_to_be_wrong_without_giving_the_right_one(app):
    with pytest.raises(WrongUaiLetter) as refused:
        check_uai("0910620F")
    assert (
        refused.value.message == "La lettre de 0910620F ne correspond pas à ses chiffres\u00a0: vérifiez le code UAI."
    )


@pytest.mark.parametrize(
    ("prefix", "departements"),
    [
        ("091", ("91",)), ("620", ("2A",)), ("720", ("2B",)), ("971", ("971", "977", "978")), ("974", ("974",)),
        ("983", ("988",)), ("984", ("987",)), ("987", ("986",)),
    ],
)  # fmt: skip
def test_the_first_three_digits_say_the_departement(prefix, departements):
    assert departements_of_uai(f"{prefix}0001X") == departements


@pytest.mark.parametrize("prefix", ["000", "020", "096", "200", "555", "999"])
def test_digits_of_no_departement_are_refused(prefix):
    with pytest.raises(UnknownUaiPlace):
        departements_of_uai(f"{prefix}0001X")


def test_the_alphabet_of_check_letters_has_23():
    assert len(set(UAI_LETTERS)) == 23
    assert not set("IOQ") & set(UAI_LETTERS)


def test_the_official_mailbox_is_guessed_in_lower_case():
    assert guess_official_email("0910620E", "ac-versailles.fr") == "ce.0910620e@ac-versailles.fr"


# ---- Names and search


@pytest.mark.parametrize(
    ("ministry", "ours"),
    [
        ("ECOLE ELEMENTAIRE ALBERT CAMUS", "École élémentaire Albert Camus"),
        ("ECOLE PRIMAIRE PRIVEE DE L'ETOILE", "École primaire privée de l'Etoile"),
        ("LP ROSA-PARKS", "LP Rosa-Parks"),
        ("Collège Boris GAMALEYA", "Collège Boris GAMALEYA"),
        ("Ecole secondaire privée", "École secondaire privée"),
        ("", ""),
    ],
)
def test_a_name_in_capitals_is_made_readable(ministry, ours):
    assert readable_name(ministry) == ours


def test_abbreviations_are_written_out():
    assert search_terms("Clg St-Exupéry") == ["college", "saint", "exupery"]
    assert search_terms("LP Ste Marie") == ["lycee", "professionnel", "sainte", "marie"]


def test_what_is_searched_holds_name_commune_postcode_kind_and_uai():
    text = search_text("0910620E", "LPO Jean Perrin", SchoolKind.LYCEE, "LYCEE PROFESSIONNEL", "L’Haÿ", "94240")
    assert text == "/ lycee jean perrin / l hay 94240 / 0910620e lycee professionnel"


# ---- Levels and subjects


def test_the_levels_of_each_kind_of_school():
    assert [level.code for level in levels_for(SchoolKind.COLLEGE)][:4] == ["6E", "5E", "4E", "3E"]
    assert "AUTRE" in {level.code for level in levels_for(SchoolKind.ECOLE)}
    assert "TG" not in {level.code for level in levels_for(SchoolKind.COLLEGE)}
    assert len(levels_for()) == len(levels()) == 52
    lycee = SimpleNamespace(kind=SchoolKind.LYCEE)
    assert levels_for_school(lycee) == levels_for("lycee")
    assert "SI" in {subject.code for subject in subjects_for_school(lycee)}


def test_the_subjects_of_each_kind_of_school():
    assert len(subjects()) == 43
    assert "TECHNO" in {subject.code for subject in subjects_for(SchoolKind.COLLEGE)}
    assert "TECHNO" not in {subject.code for subject in subjects_for(SchoolKind.LYCEE)}


def test_labels_are_in_the_readers_language(app):
    assert subject_label("MATHS") == "Mathématiques"
    assert levels_by_code()["4E"].label == "Quatrième"
    with speaking("en"):
        assert subject_label("MATHS") == "Mathematics"
        assert levels_by_code()["4E"].label == "4ᵉ (third year of collège)"
    assert (subject_label(None), subject_label("GONE")) == ("", "GONE")


def test_every_level_and_subject_is_named_in_both_languages():
    assert all(one.french and one.english for one in (*levels(), *subjects()))
    assert all(level.short_label for level in levels())
    assert not any("'" in one.french for one in (*levels(), *subjects()))


@pytest.mark.parametrize(
    ("code", "label"), [("4E", "4ᵉ"), ("2GT", "2ᵈᵉ GT"), ("TSTI2D", "Tˡᵉ STI2D"), ("CAP1", "CAP 1ʳᵉ année"), (None, "")]
)
def test_short_labels(code, label):
    assert level_label(code) == label


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((), "tous niveaux"),
        (set(levels_by_code()), "tous niveaux"),
        (("4E",), "4ᵉ"),
        (("3E", "4E"), "4ᵉ et 3ᵉ"),
        (("CM1", "CM2", "6E"), "CM1 à 6ᵉ"),
        (("6E", "4E", "3E"), "6ᵉ, 4ᵉ et 3ᵉ"),
        ({"4E", "3E", "CAP1", "CAP2"} | GT | PRO, "4ᵉ à terminale, CAP"),
        ({"4E", "3E"} | GT, "4ᵉ et 3ᵉ, 2ᵈᵉ à terminale GT"),
        (("2GT", "1G", "TG"), "2ᵈᵉ à terminale générales"),
        (("1G",), "1ʳᵉ générale"),
        (PRO, "2ᵈᵉ à terminale pro"),
        (("1STI2D", "TSTI2D"), "1ʳᵉ et terminale STI2D"),
        (("6E-SEGPA", "5E-SEGPA", "4E-SEGPA"), "6ᵉ à 4ᵉ Segpa"),
        (("AUTRE", "BTS1", "ULIS-LYCEE"), "Ulis lycée, BTS 1ʳᵉ année, Groupe mixte"),
        (("4E", "GONE"), "4ᵉ, GONE"),
    ],
)
def test_several_levels_read_in_few_words(app, codes, words):
    assert level_span_words(codes) == words


def test_a_span_of_levels_can_be_read_in_english(app):
    with speaking("en"):
        assert level_span_words(("CM1", "CM2", "6E")).startswith("CM1 ")
