"""Sending to real mail servers: their answers, their silences, and none at all (specs/invitations §4 and §10)."""

from __future__ import annotations

import email
import ssl
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from booking.mail.delivery import deliver_mail
from booking.mail.models import MailState
from tests.conftest import NOW
from tests.mail.conftest import point_to
from tests.mail.servers import free_port, rude_server, smtp_server


def message_ids(post) -> list[str]:
    return [str(email.message_from_bytes(mail.content, policy=SMTP)["Message-ID"]) for mail in post.received]


def test_a_message_arrives_whole_at_its_one_recipient(app, post, queue, read):
    mail_id = queue("claire@example.org")
    assert deliver_mail() == 1
    [received] = post.received
    assert received.recipients == ["claire@example.org"]
    assert received.sender == app.config["MAIL_SENDER"]
    mail = read(mail_id)
    assert (mail.state, mail.sent_at) == (MailState.SENT, NOW)
    assert received.content == mail.body


def test_bounces_go_to_the_bounce_mailbox(app, post, queue):
    app.config["MAIL_BOUNCE"] = "bounces@example.org"
    queue()
    deliver_mail()
    assert post.received[0].sender == "bounces@example.org"


def test_several_messages_are_several_transactions_on_one_connection(post, queue):
    for name in ("a", "b", "c"):
        queue(f"{name}@example.org")
    assert deliver_mail() == 3
    assert [mail.recipients for mail in post.received] == [["a@example.org"], ["b@example.org"], ["c@example.org"]]
    assert post.connections == 1


def test_busy_twice_then_yes_is_three_attempts_of_the_same_message(post, queue, read, set_now):
    mail_id = queue()
    post.at_data = ["451 4.3.0 later", "451 4.3.0 later"]
    for minute in (0, 2, 6):
        set_now(NOW + timedelta(minutes=minute))
        deliver_mail()
    mail = read(mail_id)
    assert (mail.state, mail.attempts, post.attempts) == (MailState.SENT, 3, 3)
    assert message_ids(post) == [mail.message_id]
    assert not mail.possibly_sent


@pytest.mark.parametrize("stage", ["at_rcpt", "at_data"])
def test_a_refusal_for_good_is_not_tried_again(post, queue, read, set_now, stage):
    refused, other = queue("nobody@example.org"), queue()
    getattr(post, stage).append("550 5.1.1 no such user")
    assert deliver_mail() == 1
    assert read(refused).state is MailState.DEAD
    assert "550" in read(refused).last_error
    assert read(other).state is MailState.SENT
    set_now(NOW + timedelta(days=1))
    assert deliver_mail() == 0


def test_an_hour_without_a_server_loses_nothing_and_doubles_nothing(app, queue, read, set_now):
    port = free_port()
    point_to(app, port)
    ids = [queue(f"{name}@example.org") for name in "abc"]
    for minute in range(60):
        set_now(NOW + timedelta(minutes=minute))
        assert deliver_mail() == 0
    assert {read(mail_id).state for mail_id in ids} == {MailState.PENDING}
    assert not any(read(mail_id).possibly_sent for mail_id in ids)
    with smtp_server(port) as post:
        set_now(NOW + timedelta(hours=3))
        deliver_mail()
    assert {read(mail_id).state for mail_id in ids} == {MailState.SENT}
    assert sorted(message_ids(post)) == sorted(read(mail_id).message_id for mail_id in ids)


@pytest.mark.parametrize("replies", [(), (b"500 no\r\n", b"550 no\r\n")], ids=["at the banner", "at EHLO"])
def test_a_server_that_refuses_us_pauses_the_deliveries_and_keeps_the_messages(
    app, queue, read, set_now, caplog, replies
):
    ids = [queue("a@example.org"), queue("b@example.org")]
    banner = b"220 hello\r\n" if replies else b"554 go away\r\n"
    with rude_server(banner, *replies) as port:
        point_to(app, port)
        assert deliver_mail() == 0
    assert [(read(i).state, read(i).attempts) for i in ids] == [(MailState.PENDING, 0)] * 2
    assert "refuses our configuration" in caplog.text
    assert "example.org" not in caplog.text
    with smtp_server() as post:
        point_to(app, post.port)
        set_now(NOW + timedelta(minutes=4, seconds=59))
        assert deliver_mail() == 0
        set_now(NOW + timedelta(minutes=5))
        assert deliver_mail() == 2


def test_a_password_that_is_refused_is_our_configuration(app, post, queue, read):
    mailer = app.extensions["mail"]
    mailer.username, mailer.password = "etabli", "wrong"
    mail_id = queue()
    assert deliver_mail() == 0
    assert (read(mail_id).state, read(mail_id).attempts) == (MailState.PENDING, 0)


def test_a_server_without_tls_is_not_spoken_to_when_tls_is_asked(app, post, queue, read):
    app.extensions["mail"].use_tls = True
    mail_id = queue()
    assert deliver_mail() == 0
    assert post.received == []
    assert read(mail_id).state is MailState.PENDING


def test_a_sender_that_is_refused_is_our_configuration(post, queue, read):
    mail_id = queue()
    post.at_mail = ["553 5.1.8 sender unknown"]
    assert deliver_mail() == 0
    assert (read(mail_id).state, read(mail_id).attempts) == (MailState.PENDING, 0)


def test_told_to_leave_the_next_message_takes_a_new_connection(post, queue, read):
    first, second = queue("a@example.org"), queue("b@example.org")
    post.at_rcpt = ["421 4.3.2 closing"]
    assert deliver_mail() == 1
    assert post.connections == 2
    assert read(first).state is MailState.PENDING
    assert read(second).state is MailState.SENT


CONVERSATION = (b"250 mail.example\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n")


def test_a_connection_lost_after_the_text_counts_as_perhaps_sent(app, queue, read):
    mail_id = queue()
    with rude_server(b"220 mail.example\r\n", *CONVERSATION, b"") as port:
        point_to(app, port)
        assert deliver_mail() == 0
    mail = read(mail_id)
    assert (mail.state, mail.possibly_sent) == (MailState.PENDING, True)


def test_a_connection_lost_before_the_text_certainly_sent_nothing(app, queue, read):
    mail_id = queue()
    with rude_server(b"220 mail.example\r\n", *CONVERSATION[:2]) as port:
        point_to(app, port)
        assert deliver_mail() == 0
    mail = read(mail_id)
    assert (mail.state, mail.possibly_sent, mail.attempts) == (MailState.PENDING, False, 1)


@pytest.mark.parametrize("allowed", [(), ("other.example",)])
def test_outside_production_nothing_reaches_a_domain_that_is_not_listed(app, post, queue, read, allowed):
    app.config["MAIL_ALLOWED_DOMAINS"] = allowed
    mail_id = queue("real.person@example.org")
    assert deliver_mail() == 0
    assert post.attempts == 0
    mail = read(mail_id)
    assert mail.state is MailState.DEAD
    assert "MAIL_ALLOWED_DOMAINS" in mail.last_error


def test_without_a_server_messages_land_as_files(app, queue, read):
    mail_id = queue()
    assert deliver_mail() == 1
    [path] = Path(app.config["MAIL_SINK_DIR"]).iterdir()
    assert path.suffix == ".eml"
    assert path.read_bytes() == read(mail_id).body
    assert read(mail_id).state is MailState.SENT


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(app, queue, read, tmp_path):
    with smtp_server(tls=self_signed(tmp_path)) as post:
        point_to(app, post.port)
        app.extensions["mail"].use_tls = True
        mail_id = queue()
        assert deliver_mail() == 0
    assert post.attempts == 0
    mail = read(mail_id)
    assert (mail.state, mail.possibly_sent) == (MailState.PENDING, False)
    assert "certificate" in mail.last_error


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that a server made for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    no_password = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
