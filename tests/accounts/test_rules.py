from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.accounts.models import ScopeKind
from booking.accounts.permissions import is_local_path
from booking.accounts.rules import (
    PasswordTooEasy,
    Scope,
    WrongScope,
    check_password,
    is_trusted_address,
    read_scope,
    trust_deadline,
)


@pytest.mark.parametrize(
    "password", ["motdepasse", "Mot de passe 123", "AZERTYUIOP", "1234567890", "aaaaaaaaaaaa", "ababababab"]
)
def test_the_first_guesses_of_anybody_are_refused(password):
    with pytest.raises(PasswordTooEasy):
        check_password(password)


@pytest.mark.parametrize("password", ["Claire.Dupont@ac-versailles.fr", "claireduponTAC versailles fr"])
def test_one_s_own_address_is_refused_however_it_is_written(password):
    with pytest.raises(PasswordTooEasy):
        check_password(password, ["claire.dupont@ac-versailles.fr", "Claire", ""])


@pytest.mark.parametrize(
    "password", ["etabli-demo", "cheval agrafe pile juste", "!?#%&*+-=/@$", "Dupont mange une pomme"]
)
def test_any_other_password_will_do_without_capitals_or_signs(password):
    check_password(password, ["claire.dupont@ac-versailles.fr", "Claire", "Dupont"])


@pytest.mark.parametrize(
    ("email", "domain", "trusted"),
    [
        ("claire@ac-versailles.fr", "ac-versailles.fr", True),
        ("Claire@AC-Versailles.FR", "ac-versailles.fr", True),
        ("claire@ac-creteil.fr", "ac-versailles.fr", False),
        ("claire@fake-ac-versailles.fr", "ac-versailles.fr", False),
        ("claire@ac-versailles.fr.example.org", "ac-versailles.fr", False),
        ('"x@ac-versailles.fr"@example.org', "ac-versailles.fr", False),
        ("claire@example.org", None, False),
        ("claire@", "", False),
    ],
)
def test_only_an_address_of_the_school_s_own_academie_is_trusted(email, domain, trusted):
    assert is_trusted_address(email, domain) is trusted


def test_somebody_looks_at_a_membership_within_five_working_days_holidays_apart():
    wednesday = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    assert trust_deadline(wednesday) == datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert trust_deadline(datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("national", Scope(ScopeKind.NATIONAL)),
        ("region_academique:Île-de-France", Scope(ScopeKind.REGION_ACADEMIQUE, "Île-de-France")),
        ("academie:25", Scope(ScopeKind.ACADEMIE, "25")),
        (" Departement : 2A ", Scope(ScopeKind.DEPARTEMENT, "2A")),
        ("prefecture:91", Scope(ScopeKind.PREFECTURE, "91")),
        ("group:12", Scope(ScopeKind.GROUP, "12")),
    ],
)
def test_a_territory_is_read_from_its_words(text, scope):
    assert read_scope(text) == scope


@pytest.mark.parametrize("text", ["", "national:91", "academie", "academie:", "commune:91228", "group", "91"])
def test_words_that_name_no_territory_are_refused_with_examples(app, text):
    with pytest.raises(WrongScope) as refused:
        read_scope(text)
    assert "academie:25" in refused.value.message


@pytest.mark.parametrize("path", ["/", "/teacher/", "/programme?q=acier&page=2", "/en/programme/x-12#slots"])
def test_a_path_of_this_site_may_be_a_next(path):
    assert is_local_path(path)


@pytest.mark.parametrize(
    "target",
    ["", "https://example.org/", "//example.org", "/\\example.org", "\\/example.org", "/\t/example.org", "/\n/example.org",
     "javascript:alert(1)", "/a b", "http://[", " /x"],
)  # fmt: skip
def test_anything_else_may_not(target):
    assert not is_local_path(target)


@given(st.text())
def test_a_local_path_never_names_a_host(text):
    from urllib.parse import urlsplit

    if is_local_path(text):
        parts = urlsplit(text.replace("\\", "/"))
        assert (parts.scheme, parts.netloc) == ("", "")
