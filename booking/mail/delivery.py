"""Delivery: over SMTP through Flask-Mail, or into files when no mail server is configured."""

from __future__ import annotations

import logging
import os
import re
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import flask_mail
from flask import Flask, current_app

from booking.core import clock
from booking.core.jobs import job, stop_asked
from booking.mail import outbox
from booking.mail.identity import envelope_sender, is_sink, mail_domain
from booking.mail.outbox import Parcel
from booking.mail.rules import CONFIGURATION_PAUSE, Failure, Stage, Verdict

log = logging.getLogger(__name__)

TIMEOUT_S = 30


class Delivery:
    """The application's way out. paused_until: the mail server refuses our configuration, no use in insisting."""

    def __init__(self, app: Flask) -> None:
        # Flask-Mail would keep mails in under TESTING and print conversations, addresses included, in debug mode.
        app.config.setdefault("MAIL_SUPPRESS_SEND", False)
        app.config.setdefault("MAIL_DEBUG", False)
        app.config.setdefault("MAIL_DEFAULT_SENDER", app.config["MAIL_SENDER"])
        self.flask_mail = flask_mail.Mail(app)
        self.paused_until: datetime | None = None

    def is_paused(self) -> bool:
        return self.paused_until is not None and clock.now() < self.paused_until


@job(every=2)
def deliver_mail() -> int:
    """Send everything that is due, one message a transaction; returns how many messages left."""
    outbox.free_expired_leases()
    return deliver_due()


@job(every=3600)
def erase_old_mail() -> int:
    """Forget the bytes of messages sent a month ago."""
    return outbox.erase_old_bytes()


def deliver_due() -> int:
    """Claim and send until nothing is due, the worker is asked to stop or the server cannot be reached.

    Returns how many left.
    """
    delivery: Delivery = current_app.extensions["delivery"]
    if delivery.is_paused():
        return 0
    left = 0
    with _Sink() if is_sink() else _SmtpLine() as line:
        while not stop_asked() and (parcel := outbox.claim()):
            failure = line.send(parcel)
            if failure is None:
                outbox.settle_sent(parcel)
                left += 1
                continue
            verdict = outbox.settle_failed(parcel, failure)
            if verdict is Verdict.CONFIGURATION:
                delivery.paused_until = clock.now() + CONFIGURATION_PAUSE
                log.error("the mail server refuses our configuration (%s at %s): paused", failure.code, failure.stage)
            if failure.stage is Stage.CONNECT or verdict is Verdict.CONFIGURATION:
                break
    return left


class ComposedMessage(flask_mail.Message):
    """A message whose bytes are already made: Flask-Mail's own composition cannot hold an invitation (§3.2)."""

    def __init__(self, parcel: Parcel) -> None:
        super().__init__(recipients=[parcel.recipient], sender=envelope_sender(), date=parcel.created_at.timestamp())
        self._bytes = parcel.body

    def as_bytes(self) -> bytes:
        return self._bytes

    def as_string(self) -> str:
        return self._bytes.decode("ascii")


class _WatchfulSMTP(smtplib.SMTP):
    """SMTP that knows how far it went: once the text itself was handed over, a lost answer may have been a yes."""

    stage = Stage.CONNECT
    _in_data = False

    def mail(self, sender: str, options: Any = ()) -> Any:
        self.stage = Stage.SENDER
        return super().mail(sender, options)

    def rcpt(self, recip: str, options: Any = ()) -> Any:
        self.stage = Stage.RECIPIENT
        return super().rcpt(recip, options)

    def data(self, msg: Any) -> Any:
        self.stage, self._in_data = Stage.DATA, True
        try:
            return super().data(msg)
        finally:
            self._in_data = False

    def send(self, s: Any) -> None:
        # Within data(), smtplib sends its commands as text and the message as bytes.
        if self._in_data and isinstance(s, bytes):
            self.stage = Stage.AFTER_DATA
        super().send(s)


class _WatchfulSMTPSSL(_WatchfulSMTP, smtplib.SMTP_SSL):
    pass


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection with a timeout and a verified certificate, which it does not ask for by itself."""

    host: _WatchfulSMTP | None

    def configure_host(self) -> Any:
        mail = self.mail
        context = ssl.create_default_context()
        options: dict[str, Any] = {"timeout": TIMEOUT_S, "local_hostname": mail_domain()}
        host: _WatchfulSMTP
        if mail.use_ssl:
            host = _WatchfulSMTPSSL(mail.server, mail.port, context=context, **options)
        else:
            host = _WatchfulSMTP(mail.server, mail.port, **options)
        try:
            host.ehlo_or_helo_if_needed()
            if mail.use_tls:
                host.starttls(context=context)
                host.ehlo_or_helo_if_needed()
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, exc_type: type[BaseException], exc_value: BaseException, tb: TracebackType) -> None:
        if self.host is not None:
            try:
                self.host.quit()
            except (smtplib.SMTPException, OSError):
                self.host.close()


class _SmtpLine:
    """One connection to the mail server, opened for the first message and again after it was lost."""

    def __init__(self) -> None:
        self._connection: _Connection | None = None

    def __enter__(self) -> _SmtpLine:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._hang_up()

    def send(self, parcel: Parcel) -> Failure | None:
        """Hand the message over. None: the server took it; else what went wrong and how far it went."""
        failure = self._open() or self._hand_over(parcel)
        if failure and failure.closes_connection:
            self._hang_up()
        return failure

    def _open(self) -> Failure | None:
        if self._connection:
            return None
        connection = _Connection(current_app.extensions["mail"])
        failure = _failure_of(lambda: connection.__enter__(), lambda: Stage.CONNECT)
        if failure is None:
            self._connection = connection
        return failure

    def _hand_over(self, parcel: Parcel) -> Failure | None:
        connection = self._connection
        assert connection is not None and connection.host is not None
        host = connection.host
        host.stage = Stage.SENDER
        return _failure_of(lambda: connection.send(ComposedMessage(parcel)), lambda: host.stage)

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.__exit__(None, None, None)  # type: ignore[arg-type]
            self._connection = None


def _failure_of(step: Callable[[], object], stage: Callable[[], Stage]) -> Failure | None:
    """Run the step and say how it failed, if it did."""
    try:
        step()
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return Failure(Stage.RECIPIENT, code, _words(text))
    except smtplib.SMTPHeloError as error:
        return Failure(Stage.CONNECT, error.smtp_code, _words(error.smtp_error))
    except smtplib.SMTPResponseException as error:
        # An answer after DATA is an answer: nothing about it is uncertain.
        place = Stage.DATA if stage() is Stage.AFTER_DATA else stage()
        # smtplib uses -1 for an answer that is not SMTP.
        return Failure(place, error.smtp_code if error.smtp_code > 0 else None, _words(error.smtp_error))
    except smtplib.SMTPNotSupportedError:
        # STARTTLS or AUTH is asked by our settings and not offered there.
        return Failure(Stage.CONNECT, 504, "the server does not offer what the configuration asks")
    except ssl.SSLCertVerificationError:
        return Failure(Stage.CONNECT, None, "the certificate cannot be verified")
    except (smtplib.SMTPException, OSError) as error:
        return Failure(stage(), None, type(error).__name__)
    return None


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return re.sub(r"\s+", " ", text)


class _Sink:
    """Messages as `.eml` files in MAIL_SINK_DIR, named by their moment and id: a second attempt writes the same file."""

    def __enter__(self) -> _Sink:
        self.folder = Path(current_app.config["MAIL_SINK_DIR"])
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_exc: object) -> None:
        pass

    def send(self, parcel: Parcel) -> Failure | None:
        name = f"{parcel.created_at:%Y%m%dT%H%M%S%f}-{parcel.id.hex}.eml"
        draft = self.folder / f".{name}.{os.getpid()}"
        draft.write_bytes(parcel.body)
        draft.replace(self.folder / name)
        return None
