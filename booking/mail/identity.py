"""In whose name mails leave, and where their links lead: all configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import current_app

SITE_NAME = "Établi"


@dataclass(frozen=True)
class Mailbox:
    name: str
    address: str


@dataclass(frozen=True)
class Organizer:
    """Who a calendar shows as the organiser (specs/invitations §2.3). sent_by: the From address when it differs."""

    name: str
    address: str
    sent_by: str | None = None


def sender() -> Mailbox:
    return Mailbox(SITE_NAME, current_app.config["MAIL_SENDER"])


def reply_to() -> Mailbox:
    return Mailbox(SITE_NAME, current_app.config["MAIL_REPLY_TO"] or current_app.config["MAIL_SENDER"])


def envelope_sender() -> str:
    """Where bounces go."""
    return current_app.config["MAIL_BOUNCE"] or current_app.config["MAIL_SENDER"]


def organizer_address() -> str:
    """The From address; a mailbox that people read when From is one that nobody reads."""
    address: str = current_app.config["MAIL_SENDER"]
    return reply_to().address if re.match(r"(do-?not-?|no-?|ne-?pas-?)(reply|repondre)", address, re.I) else address


def organizer(address: str) -> Organizer:
    """The organiser of a calendar object that was made with this address: it is the same for ever."""
    from_address = sender().address
    return Organizer(SITE_NAME, address, None if address.lower() == from_address.lower() else from_address)


def mail_domain() -> str:
    """The domain of Message-IDs: the sender's, never the machine's name."""
    return current_app.config["MAIL_SENDER"].rpartition("@")[2]


def is_sink() -> bool:
    """Whether messages land as files because no mail server is configured."""
    return not current_app.config["MAIL_SERVER"]


def absolute_url(path: str, language: str = "fr") -> str:
    """The full address of a page of this site, in the reader's language."""
    prefix = "" if language == "fr" else f"/{language}"
    return f"{current_app.config['BASE_URL']}{prefix}{path}"
