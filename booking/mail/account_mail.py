"""Flask-Security's mails, through the outbox: sign-up, confirmation, reset, sign-in by link."""

from __future__ import annotations

import uuid
from typing import Any

from flask_security import MailUtil

from booking.core.i18n import current_language
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.models import OutgoingMail


class OutboxMailUtil(MailUtil):
    """Give it to Security as `mail_util_cls`: what it sends is queued in the transaction that asks for it."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        user = kwargs.get("user")
        name, address = recipient if isinstance(recipient, tuple) else (getattr(user, "name", "") or "", recipient)
        outbox.queue(
            "account",
            address,
            name="" if name == address else name,
            # The texts come ready made in the language of the page that asked for them.
            language=current_language(),
            payload={"subject": str(subject), "text": body or "", "html": html or ""},
            dedupe_key=f"account/{template}/{uuid.uuid4()}",
            person_id=getattr(user, "id", None),
            # Somebody is waiting in front of the screen.
            priority=1,
        )


@composer("account")
def compose_account_mail(mail: OutgoingMail) -> Content:
    """The message as Flask-Security's templates wrote it."""
    text = mail.payload
    # The bytes now hold it; a link that opens an account is not kept twice.
    mail.payload = {}
    return Content(subject=text["subject"], text=text["text"], html=text["html"])
