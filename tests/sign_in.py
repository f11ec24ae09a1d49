"""Signing in without the form, for the tests that are about something else."""

from __future__ import annotations

import time

from flask.testing import FlaskClient

from booking.accounts.models import Person


def signed_in(client: FlaskClient, person: Person) -> FlaskClient:
    """The client, signed in as this person, a moment ago (pages that ask for a fresh sign-in open too)."""
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = session["identity.id"] = person.fs_uniquifier
        session["_fresh"] = True
        session["fs_cc"] = "set"
        session["fs_paa"] = time.time()
    return client
