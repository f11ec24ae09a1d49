"""What a worker does in a process of its own: deliver what is due, or die after the server's yes."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from booking.core import clock
from booking.mail import outbox
from booking.mail.delivery import deliver_mail
from tests.make import NOW


def deliver() -> int:
    """Deliver everything that is due; how many messages left."""
    clock.now = lambda: NOW
    return deliver_mail()


def deliver_without_the_guard() -> int:
    """The same, but whoever looked at a message believes it is theirs."""

    def take(mail_id: Any, owner: str) -> bool:
        mail = outbox.db.session.get(outbox.Mail, mail_id)
        mail.state, mail.lease_owner, mail.attempts = outbox.MailState.SENDING, owner, mail.attempts + 1
        return True

    outbox._take = take
    return deliver()


def die_after_the_servers_yes(url: str, folder: str, port: str) -> None:
    """Start delivering; when the server has said 250 the process is killed, before it can write that down."""
    from tests.applications import make_app

    def die(_parcel: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    clock.now = lambda: NOW
    outbox.settle_sent = die
    app = make_app(
        url, Path(folder), MAIL_SERVER="127.0.0.1", MAIL_PORT=int(port), MAIL_ALLOWED_DOMAINS=("example.org",)
    )
    with app.app_context():
        deliver_mail()


if __name__ == "__main__":
    die_after_the_servers_yes(*sys.argv[1:])
