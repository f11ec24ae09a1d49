"""Reads about authorisations: who is asked, what awaits an answer, whether the messages arrived, what the head reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from booking.accounts.queries import heads_of
from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner, SchoolSigner
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import ASKED_IN, SignerRole
from booking.bookings.rules.states import Answer
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.db import db
from booking.mail.models import MailAddress, MailState, OutgoingMail
from booking.schools.queries import official_mailbox


@dataclass(frozen=True)
class Recipient:
    """Where a request goes. person_id: of the account that has the address, if one has."""

    address: str
    name: str = ""
    language: str = "fr"
    person_id: int | None = None


def signer_roles(school_id: int) -> list[SignerRole]:
    """Who signs for a school: its head, and whoever else the school says."""
    others = db.session.scalars(select(SchoolSigner.role).where(SchoolSigner.school_id == school_id))
    known = {SignerRole.HEAD, *others}
    return [role for role in SignerRole if role in known]


def signer_email(school_id: int, role: SignerRole) -> str:
    """The address that the school gave for this signer; empty when it gave none."""
    query = select(SchoolSigner.email).where(SchoolSigner.school_id == school_id, SchoolSigner.role == role)
    return db.session.scalar(query) or ""


def recipients_of(signer: AuthorisationSigner, *, also_sent_to: bool = False) -> list[Recipient]:
    """Where to write to a signer: the address that the school gave, else its head's and delegates', else its mailbox.

    also_sent_to: a request sent again goes where it was last sent, which somebody may have corrected.
    """
    school = signer.authorisation.booking.school
    heads = {head.email.lower(): head for head in heads_of(school)} if signer.role is SignerRole.HEAD else {}
    if also_sent_to and signer.sent_to:
        addresses = signer.sent_to
    elif given := signer_email(school.id, signer.role):
        addresses = [given]
    elif heads:
        addresses = [head.email for head in heads.values()]
    else:
        mailbox = official_mailbox(school) if signer.role is SignerRole.HEAD else None
        addresses = [mailbox.address] if mailbox else []
    return [
        Recipient(head.email, head.name, head.language, head.id)
        if (head := heads.get(address.lower()))
        else Recipient(address)
        for address in addresses
    ]


def _with_all(query):
    return query.options(
        selectinload(Authorisation.signers),
        joinedload(Authorisation.booking).joinedload(Booking.school),
        joinedload(Authorisation.booking).joinedload(Booking.teacher),
        joinedload(Authorisation.booking).joinedload(Booking.school_class),
        joinedload(Authorisation.booking).joinedload(Booking.slot).joinedload(Slot.activity).joinedload(Activity.site),
        joinedload(Authorisation.booking)
        .joinedload(Booking.slot)
        .joinedload(Slot.activity)
        .joinedload(Activity.company),
    )


def awaiting_head(school_id: int) -> list[Authorisation]:
    """What awaits the head's answer in a school, the nearest visit first."""
    query = (
        select(Authorisation)
        .join(Authorisation.booking)
        .join(Booking.slot)
        .join(Authorisation.signers)
        .where(
            Booking.school_id == school_id,
            Booking.state.in_(ASKED_IN),
            Slot.starts_at > clock.now(),
            AuthorisationSigner.role == SignerRole.HEAD,
            AuthorisationSigner.answer == Answer.PENDING,
        )
        .order_by(Slot.starts_at, Authorisation.id)
    )
    found = db.session.scalars(_with_all(query)).unique()
    return [each for each in found if not each.awaits_names]


def asked_of_address(school_id: int, address: str) -> list[AuthorisationSigner]:
    """What this address was asked about the school's visits to come, the nearest first."""
    query = (
        select(AuthorisationSigner)
        .join(AuthorisationSigner.authorisation)
        .join(Authorisation.booking)
        .join(Booking.slot)
        .where(Booking.school_id == school_id, Booking.state.in_(ASKED_IN), Slot.starts_at > clock.now())
        .options(joinedload(AuthorisationSigner.authorisation).joinedload(Authorisation.booking))
        .order_by(Slot.starts_at, AuthorisationSigner.id)
    )
    wanted = address.lower()
    return [each for each in db.session.scalars(query) if wanted in {sent.lower() for sent in each.sent_to}]


def authorisation_of_school(authorisation_id: int, school_id: int) -> Authorisation | None:
    query = select(Authorisation).join(Authorisation.booking)
    return (
        db.session.scalars(_with_all(query.where(Authorisation.id == authorisation_id, Booking.school_id == school_id)))
        .unique()
        .first()
    )


# ---- Whether the messages arrived


@dataclass(frozen=True)
class Delivery:
    """What became of the last message to one address. state: `waiting`, `sent` or `failed`."""

    address: str
    state: str
    at: datetime | None


def deliveries_of(signer: AuthorisationSigner) -> list[Delivery]:
    """The last message to each address of a signer, and its fate: a bounce is shown, and blocks nothing."""
    found = []
    for address in signer.sent_to:
        query = (
            select(OutgoingMail)
            .where(
                OutgoingMail.object_key.like(f"authorisation/{signer.id}/%"),
                OutgoingMail.recipient == address,
            )
            .order_by(OutgoingMail.created_at.desc())
            .limit(1)
        )
        found.append(_delivery(address, db.session.scalar(query)))
    return found


def _delivery(address: str, mail: OutgoingMail | None) -> Delivery:
    bounced = db.session.get(MailAddress, address.lower())
    if (mail and mail.state is MailState.DEAD) or (bounced and bounced.failures_in_a_row):
        return Delivery(address, "failed", bounced.failed_at if bounced else None)
    if mail and mail.state is MailState.SENT:
        return Delivery(address, "sent", mail.sent_at)
    return Delivery(address, "waiting", mail.created_at if mail else None)
