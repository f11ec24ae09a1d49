"""Stopping letters from the letter itself: `/a/letters/<token>`. No account, no cookie; a GET changes nothing."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template

from booking.accounts.subscriptions import stop_letters, subscription_of
from booking.accounts.views.blueprint import bp
from booking.core import csrf
from booking.core.db import transaction


@bp.get("/a/letters/<token>")
def letters(token: str) -> str:
    """What would be stopped, and the button that does it: those who scan mails follow GET."""
    return _page(token)


# The click comes from a mail program: it has no token of a form, and the signed address is its right to act.
@bp.post("/a/letters/<token>")
@csrf.exempt
def letters_stopped(token: str) -> str:
    person, kind = subscription_of(token) or abort(404)
    person_id = person.id
    with transaction():
        stop_letters(person_id, kind)
    return _page(token)


def _page(token: str) -> Any:
    person, kind = subscription_of(token) or abort(404)
    return render_template("accounts/letters.html", is_wanted=getattr(person, kind), kind=kind.value)
