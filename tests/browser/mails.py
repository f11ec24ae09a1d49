"""The mails of the served site, as their reader opens them."""

from __future__ import annotations

import email
import email.policy
import re

from tests.browser.conftest import Site


def texts_to(site: Site, address: str) -> list[str]:
    """What the mails to this address say, once the worker has sent what waits."""
    site.run("worker", "--once")
    messages = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in site.mails.rglob("*.eml")
    ]
    return [message.get_body(("plain",)).get_content() for message in messages if address in message["To"]]


def link_of_the_mail(site: Site, address: str, about: str) -> str:
    """The first link to this site that holds `about`, in a mail to this address."""
    for text in texts_to(site, address):
        if found := re.search(rf"\S+/{about}(/\S+)?", text):
            return found.group(0)
    raise AssertionError(f"no mail to {address} with a link to {about}")
