"""Signing in by a link received by mail.

Flask-Security has two ways of its own. Its "passwordless" feature is deprecated and takes the place of the password;
its "unified sign-in" accepts a six-digit code wherever a password is typed, at any time, which asks for a throttle,
and its link signs in at the first GET, which a mail scanner makes. Hence these few lines: a signed link that shows a
button, and is used up by any sign-in.
"""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy import select

from booking.accounts.models import Person
from booking.core.db import db

VALID_MINUTES = 30


def sign_in_token(person: Person) -> str:
    return _serializer().dumps([person.fs_uniquifier, person.login_count or 0])


def person_of_sign_in_token(token: str) -> Person | None:
    """Whom the token signs in; None when it is expired, forged, used, or older than a change of password."""
    try:
        uniquifier, login_count = _serializer().loads(token, max_age=VALID_MINUTES * 60)
    except (SignatureExpired, BadSignature):
        return None
    person = db.session.scalar(select(Person).where(Person.fs_uniquifier == uniquifier, Person.active))
    return person if person and (person.login_count or 0) == login_count else None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="accounts-sign-in-link")
