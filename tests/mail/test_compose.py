"""The bytes of a message, read back with the standard library (specs/invitations §3)."""

from __future__ import annotations

import email
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.compose import header_text, message_bytes
from booking.mail.composers import Content
from booking.mail.models import MailState, OutgoingMail
from tests.conftest import NOW

AWKWARD = 'Dupont, Marie : "prof" ; CE2/CM1'
CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def row(**values) -> OutgoingMail:
    mail_id = uuid.uuid4()
    defaults = dict(id=mail_id, kind="account", recipient="claire@example.org", recipient_name="Claire Dupont",
                    language="fr", message_id=f"<{mail_id}@etabli.example>", payload={}, created_at=NOW)  # fmt: skip
    return OutgoingMail(**{**defaults, **values})


def content(**values) -> Content:
    return Content(**{"subject": "Bonjour", "text": "Bonjour é", "html": "<p>Bonjour é</p>", **values})


def parsed(mail: OutgoingMail, said: Content) -> EmailMessage:
    raw = message_bytes(mail, said, NOW)
    raw.decode("ascii")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = email.message_from_bytes(raw, policy=SMTP)
    assert not message.defects
    return message


def test_a_message_without_calendar_is_text_then_html(app):
    message = parsed(row(), content())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert part.get_content_charset() == "utf-8"
        assert part["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
        assert part["Content-Language"] is None


def test_an_invitation_has_the_tree_that_every_client_reads(app):
    message = parsed(row(kind="booking-confirmed"), content(method="REQUEST", calendar=CALENDAR))
    assert message.get_content_type() == "multipart/mixed"
    alternative, attachment = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    text, html, calendar = alternative.iter_parts()
    assert [part.get_content_type() for part in (text, html, calendar)] == ["text/plain", "text/html", "text/calendar"]
    assert (calendar.get_param("method"), calendar.get_param("charset")) == ("REQUEST", "utf-8")
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert calendar["Content-ID"] is None
    assert attachment.get_content_type() == "application/ics"
    assert attachment.get_param("name") == attachment.get_filename() == "invite.ics"
    assert attachment.get_content_disposition() == "attachment"
    assert calendar.get_payload(decode=True) == attachment.get_payload(decode=True) == CALENDAR


def test_the_headers_say_who_what_when_and_that_a_machine_wrote_it(app):
    app.config["MAIL_REPLY_TO"] = "contact@etabli.example"
    message = parsed(row(), content(subject="Réservation confirmée\u00a0: « é »"))
    assert (message["From"].addresses[0].addr_spec, message["From"].addresses[0].display_name) == (
        "rendez-vous@etabli.example", "Établi",
    )  # fmt: skip
    assert [address.addr_spec for address in message["To"].addresses] == ["claire@example.org"]
    assert message["Reply-To"].addresses[0].addr_spec == "contact@etabli.example"
    assert message["Subject"] == "Réservation confirmée\u00a0: « é »"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Message-Kind"] == "account"
    assert message["Content-Language"] == "fr"
    for absent in ("Cc", "Bcc", "Precedence", "List-Unsubscribe", "In-Reply-To", "References"):
        assert message[absent] is None
    for once in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"):
        assert len(message.get_all(once)) == 1


def test_only_reminders_and_digests_can_be_unsubscribed_from(app):
    url = "https://etabli.example/a/" + "x" * 90
    message = parsed(row(kind="digest"), content(unsubscribe_url=url))
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed(row(kind="booking-confirmed"), content(unsubscribe_url=url))["List-Unsubscribe"] is None


def test_awkward_names_and_titles_arrive_unharmed(app):
    title = f"Visite {AWKWARD} é, ; \\ fin"
    message = parsed(row(recipient_name=AWKWARD), content(subject=title, text=title))
    assert message["To"].addresses[0].display_name == AWKWARD
    assert message["Subject"] == title
    assert message.get_body(("plain",)).get_content().replace("\n", " ").strip() == title


@pytest.mark.parametrize(
    "title",
    [
        "Visite\r\nBcc: x@y.example",
        "Visite\nBcc: x@y.example\n\nCorps",
        "Visite\u2028Bcc: x@y.example",
        "Visite =?utf-8?q?a=0D=0ABcc:_x@y.example?=",
        "Visite\x0b\x0cBcc: x@y.example",
    ],
)
def test_a_line_break_in_a_title_or_a_name_adds_no_header_and_no_recipient(app, title):
    message = parsed(row(recipient_name=title), content(subject=title, text=title))
    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["claire@example.org"]
    assert "\n" not in message["Subject"]


@settings(max_examples=150)
@given(name=st.text(max_size=120), title=st.text(max_size=300), words=st.text(max_size=600))
def test_whatever_is_typed_the_message_keeps_its_shape(shared_app, name, title, words):
    message = parsed(row(recipient_name=name), content(subject=title or "x", text=words))
    assert [address.addr_spec for address in message["To"].addresses] == ["claire@example.org"]
    assert message["Subject"] == header_text(title or "x", 150)
    assert len(message["Subject"]) <= 150
    assert len(message.get_all("To")) == 1
    assert message["Bcc"] is None


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory):
    """An application without tables, for the examples that hypothesis draws."""
    from tests.applications import make_app

    app = make_app("sqlite://", tmp_path_factory.mktemp("compose"))
    with app.app_context():
        yield app


def test_a_long_subject_is_cut_at_a_word(app):
    subject = str(parsed(row(), content(subject="Réservation " + "très longue " * 30))["Subject"])
    assert len(subject) <= 150
    assert subject.endswith(("longue…", "très…"))


def test_a_message_answers_the_earlier_ones_of_the_same_booking_to_the_same_person(app, now, set_now):
    ids = []
    for number in range(13):
        set_now(NOW + timedelta(minutes=number))
        with transaction():
            mail = outbox.queue(
                "account", "claire@example.org", payload={"subject": "s", "text": "t", "html": "h"},
                dedupe_key=f"k{number}", booking_id=7,
            )  # fmt: skip
            ids.append(mail.message_id)
        if number != 5:
            outbox.settle_sent(outbox.claim())
        else:
            with transaction():
                db.session.scalars(db.select(OutgoingMail).filter_by(message_id=ids[5])).one().state = MailState.DEAD
    with transaction():
        outbox.queue("account", "karim@example.org", payload={}, dedupe_key="other", booking_id=7)
    mail = db.session.scalars(db.select(OutgoingMail).filter_by(message_id=ids[12])).one()
    message = email.message_from_bytes(mail.body, policy=SMTP)
    assert message["In-Reply-To"] == ids[11]
    left = [ids[0], *(ids[number] for number in (2, 3, 4, 6, 7, 8, 9, 10, 11))]
    assert message["References"].split() == [left[0], *left[-9:]]


def test_the_date_is_when_it_was_composed_and_has_a_numeric_zone(app):
    raw = message_bytes(row(), content(), datetime(2026, 11, 24, 9, 0, 0, 5, tzinfo=UTC))
    assert b"\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n" in raw


def test_long_lines_of_text_are_folded_and_links_are_not(app):
    url = "https://etabli.example/" + "a" * 120
    text = parsed(row(), content(text="mot " * 60 + f"\n{url}\n9\u00a0h\u00a000")).get_body(("plain",)).get_content()
    assert url in text.splitlines()
    assert all(len(line) <= 78 or line == url for line in text.splitlines())
    assert "9\u00a0h\u00a000" in text
