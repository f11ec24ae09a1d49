"""Links of mails that act without an account: rows, each for one purpose, with an end (product, section 11).

    token = new_link("school-notice", "membership/12", valid_for=timedelta(days=30))
    site_link("accounts.action", token=token)

The room that knows the purpose declares its page with `action_page`; `/a/<token>` calls it. A GET shows, a POST acts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from booking.accounts.models import ActionLink
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.core.i18n import _l

TOKEN_BYTES = 24  # 192 bits: nobody guesses one

Page = Callable[[ActionLink, str], Any]
_PAGES: dict[str, Page] = {}


class LinkUsed(Refusal):
    code = "link_used"

    def sentence(self) -> Any:
        return _l("Ce lien a déjà servi : la réponse est enregistrée.")


def action_page(purpose: str) -> Callable[[Page], Page]:
    """Declare the view of a purpose: it gets the link and its token, for a GET and for a POST, and returns a response."""

    def declare(page: Page) -> Page:
        _PAGES[purpose] = page
        return page

    return declare


def page_of(link: ActionLink) -> Page:
    return _PAGES[link.purpose]


def new_link(purpose: str, object_key: str, *, valid_for: timedelta, details: dict[str, Any] | None = None) -> str:
    """The token of a new link: shown once, here; the database keeps its hash."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = clock.now()
    db.session.add(
        ActionLink(
            purpose=purpose,
            token_hash=_hash(token),
            object_key=object_key,
            details=details or {},
            created_at=now,
            expires_at=now + valid_for,
        )
    )
    db.session.flush()
    return token


def lasting_token(purpose: str, object_key: str) -> str:
    """The token of the object's lasting link: the same each time, until that link is revoked, then another.

    Derived from the secret key, so that a code can be printed again while the database still opens nothing.
    """
    revoked = select(func.count(ActionLink.id)).where(
        ActionLink.purpose == purpose, ActionLink.object_key == object_key, ActionLink.revoked_at.is_not(None)
    )
    message = f"{purpose}/{object_key}/{db.session.scalar(revoked)}"
    digest = hmac.digest(current_app.config["SECRET_KEY"].encode(), message.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def lasting_link(purpose: str, object_key: str, *, expires_at: datetime) -> str:
    """Make the object's lasting link, or give it another end; its token. The caller holds the object's row."""
    token = lasting_token(purpose, object_key)
    link = db.session.scalar(select(ActionLink).where(ActionLink.token_hash == _hash(token)))
    if link is None:
        link = ActionLink(purpose=purpose, token_hash=_hash(token), object_key=object_key, created_at=clock.now())
        db.session.add(link)
    link.expires_at = expires_at
    db.session.flush()
    return token


def link_of(token: str) -> ActionLink | None:
    """The link of this token, used or not; None when it is unknown, expired or revoked, which nobody can tell apart."""
    link = db.session.scalar(select(ActionLink).where(ActionLink.token_hash == _hash(token)))
    if link is None or link.revoked_at is not None or link.expires_at <= clock.now():
        return None
    return link


def use_link(link_id: int) -> ActionLink:
    """Mark the link as used: of two that act at once, the second is refused. Refuses: LinkUsed."""
    now = clock.now()
    used = (
        update(ActionLink)
        .where(
            ActionLink.id == link_id,
            ActionLink.used_at.is_(None),
            ActionLink.revoked_at.is_(None),
            ActionLink.expires_at > now,
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(used) != 1:
        raise LinkUsed
    return db.session.get_one(ActionLink, link_id, populate_existing=True)


def revoke_links(purpose: str, object_key: str) -> int:
    """End the links of this object that have not been used; how many there were."""
    return rows_changed(
        update(ActionLink)
        .where(
            ActionLink.purpose == purpose,
            ActionLink.object_key == object_key,
            ActionLink.used_at.is_(None),
            ActionLink.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
