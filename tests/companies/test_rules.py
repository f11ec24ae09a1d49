import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from booking.companies import reference
from booking.companies.rules import (
    WrongSiren,
    WrongSiret,
    WrongSiretKey,
    WrongSiretLength,
    check_siren,
    check_siret,
    sector_label,
    sector_of_ape,
    sectors,
)
from booking.core.errors import Refusal
from booking.core.i18n import speaking
from tests import make


@given(st.integers(1, 99_999_999), st.integers(0, 9999))
def test_a_siret_with_a_right_key_is_accepted_and_with_another_refused(number, site):
    siren = f"{number:08d}" + luhn.calc_check_digit(f"{number:08d}")
    right = make.siret(siren, site)
    if siren == "356000000":
        return
    assert check_siret(right) == right
    with pytest.raises(WrongSiretKey):
        check_siret(right[:-1] + str((int(right[-1]) + 1) % 10))


def test_a_number_of_zeros_passes_the_arithmetic_and_is_refused():
    for check, number in ((check_siret, "0" * 14), (check_siren, "0" * 9)):
        with pytest.raises(Refusal):
            check(number)


@pytest.mark.parametrize(
    "text", ["73282932000074", " 732 829 320 00074 ", "732.829.320-00074", "732\u00a0829\u00a0320\u202f00074"]
)
def test_a_siret_is_accepted_however_it_is_typed(text):
    assert check_siret(text) == "73282932000074"


@pytest.mark.parametrize("text", ["35600000049837", "35600000000048"])
def test_the_sites_of_la_poste_have_a_key_of_their_own(text):
    assert check_siret(text) == text


@pytest.mark.parametrize(
    ("text", "refusal", "words"),
    [
        ("", WrongSiret, "14 chiffres, sans lettre"),
        ("FR73282932000", WrongSiret, "sans lettre"),
        ("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", WrongSiret, "sans lettre"),
        ("7328293200007", WrongSiretLength, "vous en avez écrit 13."),
        ("732829320", WrongSiretLength, "C’est un numéro SIREN"),
        ("73282932000075", WrongSiretKey, "sa clé de contrôle est fausse"),
        ("73282932100074", WrongSiretKey, "sa clé de contrôle est fausse"),
    ],
)
def test_a_wrong_siret_is_refused_with_what_is_wrong(app, text, refusal, words):
    with pytest.raises(WrongSiret) as refused:
        check_siret(text)
    assert type(refused.value) is refusal
    assert refused.value.field == "siret"
    assert words in refused.value.message


def test_a_siren_is_checked_the_same_way(app):
    assert check_siren("732 829 320") == "732829320"
    for text in ("", "73282932", "732829321", "abcdefghi"):
        with pytest.raises(WrongSiren) as refused:
            check_siren(text)
        assert "SIREN" in refused.value.message


def test_every_ape_code_of_industry_falls_in_its_sector():
    with (reference.FOLDER / "naf_rev2_industrie.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 329
    assert {row["code_ape"]: sector_of_ape(row["code_ape"]) for row in rows} == {
        row["code_ape"]: row["secteur"] for row in rows
    }


@pytest.mark.parametrize(
    ("code", "sector"),
    [
        ("30.30Z", "aeronautique-spatial"), ("3030z", "aeronautique-spatial"), ("33.16Z", "aeronautique-spatial"),
        ("32.50A", "sante-pharmacie"), ("32.40Z", "autres-manufacturieres"), ("62.01Z", None), ("", None), ("x", None),
    ],
)  # fmt: skip
def test_the_longest_beginning_decides(code, sector):
    assert sector_of_ape(code) == sector


def test_sectors_are_named_in_the_readers_language(app):
    assert len(sectors()) == 28
    assert sector_label("energie") == "Énergie (nucléaire, renouvelables, réseaux)"
    with speaking("en"):
        assert dict(sectors())["ferroviaire"] == "Rail"
    assert sector_label("gone") == "gone"
