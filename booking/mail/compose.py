"""From what a message says to its bytes: the MIME tree and headers of specs/invitations §3, with `email` alone."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from booking.mail.composers import Content
from booking.mail.identity import Mailbox, reply_to, sender
from booking.mail.kinds import SUBSCRIBED
from booking.mail.models import OutgoingMail
from booking.mail.queries import earlier_message_ids
from booking.mail.rules import many_lines, one_line
from booking.mail.text import wrapped

SUBJECT_MAX = 150
REFERENCES_MAX = 10
_POLICY = SMTP.clone(cte_type="7bit")


def message_bytes(mail: OutgoingMail, content: Content, now: datetime) -> bytes:
    """The whole message, 7-bit, with CRLF; the same bytes serve every attempt to send it."""
    message = EmailMessage(policy=_POLICY)
    _put_bodies(message, content)
    for name, value in _headers(mail, content, now):
        message[name] = value
    # Last: the library moves every Content-* header that is there into the first part when it adds alternatives.
    message["Content-Language"] = mail.language
    return message.as_bytes()


def _headers(mail: OutgoingMail, content: Content, now: datetime) -> list[tuple[str, object]]:
    headers: list[tuple[str, object]] = [
        ("From", _mailbox(sender())),
        ("To", _mailbox(Mailbox(mail.recipient_name, mail.recipient))),
        ("Reply-To", _mailbox(reply_to())),
        ("Subject", header_text(content.subject, SUBJECT_MAX)),
        ("Date", now.replace(microsecond=0)),
        ("Message-ID", mail.message_id),
    ]
    if earlier := earlier_message_ids(mail):
        kept = earlier if len(earlier) <= REFERENCES_MAX else [earlier[0], *earlier[-(REFERENCES_MAX - 1) :]]
        headers += [("In-Reply-To", earlier[-1]), ("References", " ".join(kept))]
    headers += [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("X-Message-Kind", content.kind or mail.kind),
    ]
    if content.unsubscribe_url and mail.kind in SUBSCRIBED:
        headers += [
            ("List-Unsubscribe", f"<{content.unsubscribe_url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    return headers


def _put_bodies(message: EmailMessage, content: Content) -> None:
    message.set_content(wrapped(many_lines(content.text)) + "\n", charset="utf-8", cte="quoted-printable")
    # The blank lines that template tags leave would travel as "=20" by the dozen.
    page = re.sub(r"\n\s*\n", "\n", content.html.strip()) + "\n"
    message.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
    if content.calendar is None:
        return
    parameters = {"method": content.method, "charset": "utf-8"}
    message.add_alternative(content.calendar, maintype="text", subtype="calendar", cte="base64", params=parameters)
    message.add_attachment(
        content.calendar, maintype="application", subtype="ics", cte="base64", filename="invite.ics",
        params={"name": "invite.ics"},
    )  # fmt: skip


def _mailbox(box: Mailbox) -> Address:
    return Address(display_name=header_text(box.name, 100), addr_spec=box.address)


def header_text(value: str, length: int) -> str:
    """A text fit for a header: one line, cut at a word when too long, and nothing in it that reads as encoded."""
    # "=?" would be decoded by whoever reads the header: typed by a user, it could hide anything.
    text = re.sub(r"=(?=\?)", "= ", one_line(value))
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:\u00a0") + "…"
