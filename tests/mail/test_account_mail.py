"""Flask-Security's mails go through the outbox."""

from __future__ import annotations

import email
from email.policy import SMTP

from booking.core.db import db, transaction
from booking.core.i18n import speaking
from booking.mail import outbox
from booking.mail.account_mail import OutboxMailUtil
from booking.mail.models import MailState, OutgoingMail
from tests import make


def send(app, person) -> None:
    with transaction(), speaking("en"):
        OutboxMailUtil(app).send_mail(
            "welcome", "Bienvenue", person.email, "ignored@example.org", "Bonjour\nhttps://x.example/secret", "<p>Bonjour</p>",
            user=person,
        )  # fmt: skip


def test_an_account_mail_is_queued_before_the_others_in_the_readers_language(app, now):
    person = make.make_person()
    send(app, person)
    [mail] = db.session.scalars(db.select(OutgoingMail))
    assert (mail.kind, mail.recipient, mail.recipient_name, mail.person_id) == (
        "account", person.email, "Claire Dupont", person.id,
    )  # fmt: skip
    assert (mail.language, mail.priority, mail.state) == ("en", 1, MailState.PENDING)


def test_an_account_mail_says_what_its_template_said_and_its_link_is_kept_once(app, now):
    send(app, make.make_person())
    parcel = outbox.claim()
    message = email.message_from_bytes(parcel.body, policy=SMTP)
    assert message["X-Message-Kind"] == "account"
    assert message["Subject"] == "Bienvenue"
    assert "https://x.example/secret" in message.get_body(("plain",)).get_content()
    assert db.session.get(OutgoingMail, parcel.id).payload == {}
