"""Addresses that change: a person's own, a school's mailbox; and the end of an account."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from booking.accounts import mails, queries
from booking.accounts.action_links import new_link, revoke_links, use_link
from booking.accounts.models import Membership, MemberState, Person
from booking.accounts.services.memberships import end_membership, lock_person
from booking.accounts.services.trust import tell_school, trust_by_address
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School
from booking.schools.queries import official_mailbox

CHANGE_VALID = timedelta(days=2)
TAKE_BACK_VALID = timedelta(days=7)
# Reserved for names that never exist (RFC 2606): nothing is ever sent there.
CLOSED_DOMAIN = "compte-ferme.invalid"


class SameAddress(Refusal):
    code = "same_address"
    field = "email"

    def sentence(self) -> Any:
        return _("C’est déjà votre adresse\u00a0: écrivez la nouvelle.")


class AddressTaken(Refusal):
    """Only whoever reads mail at the new address learns this."""

    code = "address_taken"

    def sentence(self) -> Any:
        return _(
            "Un autre compte porte déjà cette adresse. Connectez-vous à ce compte, ou choisissez une autre adresse."
        )


def ask_new_address(person_id: int, email: str) -> None:
    """Send the link that proves the new address there, and word of it to the old one. Refuses: SameAddress.

    An address that has an account is answered alike: its owner is told, and nobody else learns it.
    """
    person = lock_person(person_id)
    new = email.strip().lower()
    if new == person.email:
        raise SameAddress
    revoke_links("email-change", _key(person))
    revoke_links("email-take-back", _key(person))
    token = new_link("email-change", _key(person), valid_for=CHANGE_VALID, details={"email": new})
    back = new_link("email-take-back", _key(person), valid_for=TAKE_BACK_VALID, details={"email": person.email})
    owner = queries.person_by_email(new)
    if owner is None:
        mails.ask_to_confirm_new_address(person, new, token)
    else:
        mails.say_already_known(owner)
    mails.say_address_asked(person, back)


def take_new_address(link_id: int) -> Person:
    """The new address is shown to be the person's: it signs in and receives from now on.

    Refuses: LinkUsed, AddressTaken.
    """
    link = use_link(link_id)
    person = lock_person(_person_id(link.object_key))
    old, new = person.email, str(link.details["email"])
    _write_address(person, new)
    person.confirmed_at = person.confirmed_at or clock.now()
    for membership in person.memberships:
        trust_by_address(membership)
    mails.say_address_changed(person, old)
    db.session.flush()
    return person


def take_back_address(link_id: int) -> Person:
    """The owner of the old address didn't ask for the change: it is undone, and whoever is signed in is signed out.

    Refuses: LinkUsed, AddressTaken.
    """
    link = use_link(link_id)
    person = lock_person(_person_id(link.object_key))
    revoke_links("email-change", link.object_key)
    if person.email != link.details["email"]:
        _write_address(person, str(link.details["email"]))
    # Sessions and remembered devices are bound to it; so are the links already sent.
    person.fs_uniquifier = uuid.uuid4().hex
    db.session.flush()
    return person


def correct_mailbox(school_id: int, email: str) -> School:
    """The school's official address as somebody who knows it types it in; empty: back to the guess.

    What was sent in vain about people who still wait is sent again, to the new address.
    """
    school = db.session.get_one(School, school_id, populate_existing=True)
    before = official_mailbox(school)
    school.official_email = email.strip().lower() or None
    db.session.flush()
    after = official_mailbox(school)
    if after and (before is None or after.address != before.address):
        for membership in queries.people_of_school(school, MemberState.ACTIVE):
            if not membership.is_trusted and queries.was_told_of(membership):
                tell_school(membership)
    return school


def close_account(person_id: int) -> Person:
    """The end: memberships over, what is personal blank, nobody signs in any more. The row stays, counted by its bookings.

    What the person leaves behind is settled before, in the rooms that know it. Refuses: LastManager.
    """
    person = lock_person(person_id)
    mails.say_closed(person)
    for membership in _current(person):
        end_membership(membership.id)
    for purpose in ("email-change", "email-take-back"):
        revoke_links(purpose, _key(person))
    person.email = f"{person.id}-{uuid.uuid4().hex[:12]}@{CLOSED_DOMAIN}"
    person.first_name = person.last_name = person.phone = person.mobile = ""
    person.password = person.tf_totp_secret = person.tf_primary_method = person.mf_recovery_codes = None
    person.tf_phone_number = person.us_totp_secrets = person.us_phone_number = None
    person.last_login_ip = person.current_login_ip = None
    person.wants_reminders = person.wants_digest = person.wants_alerts = False
    person.active, person.closed_at, person.fs_uniquifier = False, clock.now(), uuid.uuid4().hex
    db.session.flush()
    return person


def _current(person: Person) -> list[Membership]:
    over = (MemberState.ENDED, MemberState.REFUSED)
    query = select(Membership).where(Membership.person_id == person.id, Membership.state.not_in(over))
    return list(db.session.scalars(query.order_by(Membership.id)))


def _write_address(person: Person, email: str) -> None:
    try:
        with db.session.begin_nested():
            person.email = email
            db.session.flush()
    except IntegrityError as error:
        raise AddressTaken from error


def _key(person: Person) -> str:
    return f"person/{person.id}"


def _person_id(object_key: str) -> int:
    return int(object_key.partition("/")[2])
