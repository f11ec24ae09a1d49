import re

import pytest
from sqlalchemy import func, select

from booking.accounts.models import MemberRole, Person, ScopeKind
from booking.core.db import db
from tests.make import make_departement, make_person


@pytest.fixture
def run(app):
    make_departement()
    return app.test_cli_runner().invoke


def person_of(email) -> Person:
    return db.session.scalars(
        select(Person).where(Person.email == email).execution_options(populate_existing=True)
    ).one()


def test_an_officer_is_made_and_the_link_printed_sets_a_password_once(run, client):
    done = run(
        args=[
            "officer",
            "create",
            "Odile@Example.org",
            "--scope",
            "academie:25",
            "--first-name",
            "Odile",
            "--last-name",
            "Martin",
        ]
    )
    assert done.exit_code == 0, done.output
    (link,) = re.findall(r"http://127\.0\.0\.1:5000(/reset/\S+)", done.output)
    officer = person_of("odile@example.org")
    assert officer.name == "Odile Martin"
    assert [(m.role, m.scope_kind, m.scope_code) for m in officer.memberships] == [
        (MemberRole.OFFICER, ScopeKind.ACADEMIE, "25")
    ]
    words = {"password": "cheval agrafe pile juste", "password_confirm": "cheval agrafe pile juste"}
    assert client.post(link, data=words).location == "/login"
    assert client.post("/login", data={"email": "odile@example.org", "password": words["password"]}).location == "/me"
    client.post("/logout")
    assert client.post(link, data=words).location == "/reset", "the link served twice"


@pytest.mark.parametrize("scope", ["academie:99", "commune:91228", "departement", "national:91"])
def test_a_wrong_territory_is_a_sentence_and_exit_1(run, scope):
    done = run(args=["officer", "create", "odile@example.org", "--scope", scope])
    assert done.exit_code == 1
    assert "est inconnu. Écrivez national" in done.output
    assert "Traceback" not in done.output
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


@pytest.mark.parametrize(
    "command", [["officer", "create", "odile", "--scope", "national"], ["admin", "create", "odile"]]
)
def test_an_address_that_is_none_is_a_sentence_and_exit_1(run, command):
    done = run(args=command)
    assert done.exit_code == 1
    assert "Cette adresse e-mail n’est pas valable." in done.output


def test_an_administrator_may_get_a_typed_password(run, client):
    done = run(
        args=["admin", "create", "ada@example.org", "--ask-password"], input="cheval agrafe pile\ncheval agrafe pile\n"
    )
    assert done.exit_code == 0, done.output
    assert "cheval" not in done.output
    assert client.post("/login", data={"email": "ada@example.org", "password": "cheval agrafe pile"}).location == "/me"


def test_a_typed_password_that_is_too_short_makes_nobody(run):
    done = run(args=["admin", "create", "ada@example.org", "--ask-password"], input="court\ncourt\n")
    assert done.exit_code == 1
    assert "10 caractères au moins" in done.output
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_somebody_with_an_account_keeps_it_and_its_names(run):
    make_person("odile@example.org", first_name="Odile", last_name="Martin")
    assert run(args=["officer", "create", "odile@example.org", "--scope", "national"]).exit_code == 0
    assert person_of("odile@example.org").name == "Odile Martin"


def test_somebody_who_signs_in_already_keeps_the_password_and_gets_no_link(run, now):
    make_person("claire@example.org", last_login_at=now)
    done = run(args=["officer", "create", "claire@example.org", "--scope", "academie:25"])
    assert done.exit_code == 0, done.output
    assert "garde son mot de passe" in done.output
    assert "/reset/" not in done.output
