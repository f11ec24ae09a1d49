"""Letters that a person may stop with one click, without signing in (specs/invitations §3.3).

The token is signed, good for one person and one kind of letter, and does not expire: a letter of last year stops them too.
"""

from __future__ import annotations

import enum

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from booking.accounts.models import Person
from booking.core.db import db
from booking.mail.identity import absolute_url


class Letters(enum.StrEnum):
    """What one can stop, by the name of the column that says it is wanted."""

    REMINDERS = "wants_reminders"
    DIGEST = "wants_digest"
    ALERTS = "wants_alerts"


def unsubscribe_url(person_id: int, letters: Letters, language: str) -> str:
    """The address for List-Unsubscribe and for the foot of the letter: a GET shows a button, a POST acts."""
    return absolute_url(f"/a/letters/{_serializer().dumps([person_id, letters])}", language)


def subscription_of(token: str) -> tuple[Person, Letters] | None:
    """Whose letters the token stops, and which; None when it is forged or its person is gone."""
    try:
        person_id, letters = _serializer().loads(token)
    except BadSignature:
        return None
    person = db.session.get(Person, person_id)
    return (person, Letters(letters)) if person and person.closed_at is None else None


def stop_letters(person_id: int, letters: Letters) -> Person:
    """The person gets no more of these letters. Again, it changes nothing."""
    person = db.session.get_one(Person, person_id)
    setattr(person, letters, False)
    db.session.flush()
    return person


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="accounts-stop-letters")
