"""An application that sends to a mail server of the test, and messages to queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests.mail.servers import Post, smtp_server


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    """A mail server the application sends to."""
    with smtp_server() as server:
        point_to(app, server.port)
        yield server


def point_to(app: Flask, port: int) -> None:
    """Send to this port from now on."""
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_ALLOWED_DOMAINS=("example.org",))
    mailer = app.extensions["mail"]
    mailer.server, mailer.port = "127.0.0.1", port


@pytest.fixture
def queue(app: Flask, now) -> Callable[..., Any]:
    """Queue an account mail, in a transaction of its own; returns its id."""
    numbers = iter(range(1, 1000))

    def queue_one(to: str = "claire@example.org", **values: Any) -> Any:
        number = next(numbers)
        payload = {"subject": f"Message {number}", "text": f"Bonjour {number}", "html": f"<p>Bonjour {number}</p>"}
        with transaction():
            mail = outbox.queue("account", to, payload=payload, **{"dedupe_key": f"test/{number}", **values})
            found = mail.id if mail else None
        db.session.remove()
        return found

    return queue_one


@pytest.fixture
def read(app: Flask) -> Callable[[Any], OutgoingMail]:
    """The row as it is now, detached: reading it leaves no transaction open."""

    def read_one(mail_id: Any) -> OutgoingMail:
        mail = db.session.get_one(OutgoingMail, mail_id, populate_existing=True)
        db.session.expunge(mail)
        db.session.rollback()
        return mail

    return read_one
