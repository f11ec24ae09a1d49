"""/dev/mail: only in development, and the messages cannot do there what they could not do in a mail program."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking.bookings import mails
from booking.bookings.rules.states import TRANSITIONS, Actor, Event
from booking.core.db import db, transaction
from booking.mail.delivery import deliver_mail
from tests import make


@pytest.fixture
def names(app, now) -> list[str]:
    """The names of the two messages of a confirmed booking, in development."""
    app.config["APP_ENV"] = "development"
    booking = make.make_booking()
    with transaction():
        mails.tell(booking, TRANSITIONS[(None, Event.CONFIRM)], event=Event.CONFIRM, actor=Actor.TEACHER)
    deliver_mail()
    db.session.rollback()
    return [path.stem for path in sorted(Path(app.config["MAIL_SINK_DIR"]).glob("*.eml"))]


@pytest.mark.parametrize("where", ["", "/{name}", "/{name}/html", "/{name}/source", "/{name}/files/0"])
@pytest.mark.parametrize("environment", ["production", "test"])
def test_elsewhere_than_in_development_there_is_nothing(app, client, names, where, environment):
    address = "/dev/mail" + where.format(name=names[0])
    assert client.get(address).status_code == 200
    app.config["APP_ENV"] = environment
    assert client.get(address).status_code == 404


def test_the_list_shows_each_message_and_finds_by_words(client, names):
    page = client.get("/dev/mail").text
    assert page.count("Réservation confirmée") == 2
    assert all(name in page for name in names)
    assert client.get("/dev/mail?q=Karim").text.count("Réservation confirmée") == 1
    assert "Aucun message ne contient ces mots" in client.get("/dev/mail?q=zzz").text


def test_an_empty_list_says_what_to_do(app, client):
    app.config["APP_ENV"] = "development"
    assert "flask worker" in client.get("/dev/mail").text


def test_a_message_shows_its_text_its_calendar_and_its_attachment(client, names):
    page = client.get(f"/dev/mail/{names[0]}").text
    assert "METHOD:REQUEST" in page
    assert "Télécharger invite.ics" in page
    assert "/bookings/1" in page
    assert "sandbox=" in page


def test_the_html_part_is_served_without_power(client, names):
    answer = client.get(f"/dev/mail/{names[0]}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in answer.text


def test_the_attachment_downloads_as_a_calendar(client, names):
    answer = client.get(f"/dev/mail/{names[0]}/files/0")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert answer.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert client.get(f"/dev/mail/{names[0]}/files/1").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "..%2Fsecret_key", "20261124T090000000000-" + "0" * 32, "%2e%2e"])
def test_a_name_that_is_no_message_is_not_found(app, client, names, name):
    (Path(app.config["MAIL_SINK_DIR"]) / "nothing.eml").write_text("From: x\r\n\r\n")
    assert client.get(f"/dev/mail/{name}").status_code == 404
