"""The mails of the served site, as their reader opens them."""

from __future__ import annotations

import email
import email.policy
import re

from tests.browser.conftest import Site


def link_of_the_mail(site: Site, address: str, about: str) -> str:
    """The first link to this site that holds `about`, in a mail to this address."""
    site.run("worker", "--once")
    for path in site.mails.rglob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        text = message.get_body(("plain",)).get_content()
        if address in message["To"] and (found := re.search(rf"\S+/{about}(/\S+)?", text)):
            return found.group(0)
    raise AssertionError(f"no mail to {address} with a link to {about}")
