import pytest

from booking.accounts.models import MemberRole, ScopeKind
from booking.core.checks import violations
from tests.make import make_company, make_departement, make_host, make_officer, make_person

pytestmark = pytest.mark.usefixtures("both_databases")


def codes() -> list[str]:
    return [violation.code for violation in violations()]


def test_a_sound_world_breaks_nothing(app):
    make_departement()
    make_officer()
    make_officer(ScopeKind.NATIONAL, None)
    make_officer(ScopeKind.DEPARTEMENT, "91")
    make_officer(ScopeKind.REGION_ACADEMIQUE, "Île-de-France")
    company = make_company()
    make_host(company)
    make_host(company, role=MemberRole.HOST)
    assert codes() == []


def test_an_address_in_capitals_is_seen(app):
    make_person("Claire@example.org")
    assert codes() == ["person-address"]


@pytest.mark.parametrize(
    "scope", [(ScopeKind.ACADEMIE, "99"), (ScopeKind.DEPARTEMENT, None), (ScopeKind.ACADEMIE, "Versailles")]
)
def test_an_officer_of_nowhere_is_seen(app, scope):
    make_departement()
    make_officer(*scope)
    assert codes() == ["officer-territory"]


def test_a_company_that_nobody_manages_is_seen(app):
    make_host(make_company(), role=MemberRole.HOST)
    assert codes() == ["company-manager"]
