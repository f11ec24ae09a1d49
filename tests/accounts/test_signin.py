"""Flask-Security inside this house: Argon2, and its POSTs on a busy SQLite."""

import sqlite3

import pytest
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from booking.accounts.models import Person
from booking.core.db import db
from tests.applications import make_app
from tests.make import make_person

WORDS = "cheval agrafe pile juste"


@pytest.fixture
def hardened(tmp_path):
    """The application with the password scheme of production."""
    app = make_app("sqlite://", tmp_path, SECURITY_PASSWORD_HASH="argon2", SECURITY_PASSWORD_SCHEMES=["argon2"])
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


def test_passwords_are_kept_by_argon2_and_open_the_door(hardened):
    person = make_person("claire@example.org", password=hash_password(WORDS))
    assert person.password.startswith("$argon2id$")
    client = hardened.test_client()
    assert client.post("/login", data={"email": "claire@example.org", "password": "another one"}).status_code == 200
    assert client.post("/login", data={"email": "claire@example.org", "password": WORDS}).location == "/me"


def test_the_long_lived_settings_of_production_hold(hardened):
    settings = hardened.config
    assert settings["SECURITY_RETURN_GENERIC_RESPONSES"]
    assert settings["SECURITY_LOGOUT_METHODS"] == ["POST"]
    assert settings["SECURITY_PASSWORD_LENGTH_MIN"] == 10
    assert settings["SESSION_COOKIE_HTTPONLY"]
    assert not any(
        rule.endpoint in {"security.register", "security.token_login"} for rule in hardened.url_map.iter_rules()
    )
    assert not {"users", "roles"} & set(hardened.cli.commands)


@pytest.fixture
def on_file(tmp_path):
    app = make_app(f"sqlite:///{tmp_path / 'file.sqlite'}", tmp_path)
    with app.app_context():
        db.create_all()
        make_person("claire@example.org")
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


def write_meanwhile(monkeypatch, path) -> list[str]:
    """While the password is checked, after the read, another process writes. What it was answered."""
    answers: list[str] = []
    check = Person.verify_and_update_password

    def checked(person, password):
        other = sqlite3.connect(path, timeout=0)
        try:
            other.execute("UPDATE person SET phone = '1'")
            other.commit()
            answers.append("written")
        except sqlite3.OperationalError as error:
            answers.append(str(error))
        finally:
            other.close()
        return check(person, password)

    monkeypatch.setattr(Person, "verify_and_update_password", checked)
    return answers


def test_a_sign_in_holds_the_write_lock_so_that_no_other_can_come_between(on_file, tmp_path, monkeypatch):
    answers = write_meanwhile(monkeypatch, tmp_path / "file.sqlite")
    done = on_file.test_client().post("/login", data={"email": "claire@example.org", "password": "etabli-demo"})
    assert done.location == "/me"
    assert answers == ["database is locked"]
    assert db.session.scalars(select(Person)).one().login_count == 1


def test_twin_without_it_the_sign_in_itself_is_locked_out(on_file, tmp_path, monkeypatch):
    on_file.view_functions["security.login"] = on_file.view_functions["security.login"].__wrapped__
    answers = write_meanwhile(monkeypatch, tmp_path / "file.sqlite")
    with pytest.raises(OperationalError, match="database is locked"):
        on_file.test_client().post("/login", data={"email": "claire@example.org", "password": "etabli-demo"})
    assert answers == ["written"]


def test_an_error_in_a_sign_in_page_undoes_everything(on_file, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("flask_security.views.send_reset_password_instructions", broken)
    with pytest.raises(ZeroDivisionError):
        on_file.test_client().post("/reset", data={"email": "claire@example.org"})
    assert not db.session.info.get("writing")
