"""How a booking's steps and its authorisation are said on pages: filters for their templates."""

from __future__ import annotations

from flask import Blueprint

from booking.bookings.authorisation_models import AuthorisationSigner
from booking.bookings.models import Booking
from booking.bookings.participations import ParticipationOf, participation_of
from booking.bookings.queries import asks_head_first, journey_of
from booking.bookings.rules.authorisations import SIGNER_WORDS, SignerRole, capacity_words, signed_words
from booking.bookings.rules.journey import Journey
from booking.bookings.rules.outing import OutingFacts, OutingStep, coach_words, outing_steps
from booking.core import clock

bp = Blueprint("outing", __name__)


def outing_facts(booking: Booking) -> OutingFacts:
    """What the steps of a booking are worked out from."""
    slot, authorisation = booking.slot, booking.authorisation
    activity = slot.activity
    asked = [signer.last_sent_at for signer in authorisation.signers if signer.last_sent_at] if authorisation else []
    return OutingFacts(
        state=booking.state,
        timezone=slot.timezone,
        now=clock.now(),
        day=slot.local_start.date(),
        ends_at=slot.ends_at,
        company=activity.company.name,
        is_workshop=activity.comes_to_class,
        firm_is_last=activity.waits_for_head,
        head=authorisation.answer if authorisation else booking.head_answer,
        head_comes_first=booking.head_answer is not None or asks_head_first(booking.school, activity),
        head_due=booking.head_answer_due_at,
        head_asked_at=min(asked) if asked else None,
        awaits_names=authorisation is not None and authorisation.awaits_names,
        host=booking.host_answer,
        host_due=booking.host_answer_due_at,
        until=booking.deadline_at,
        coach=booking.coach,
        coach_on=booking.coach_on,
        leaves=booking.coach_leaves,
    )


@bp.app_template_filter("outing_steps")
def _outing_steps(booking: Booking) -> list[OutingStep]:
    return outing_steps(outing_facts(booking))


@bp.app_template_filter("coach_words")
def _coach_words(booking: Booking) -> str:
    return coach_words(booking.coach, booking.coach_on, booking.coach_leaves)


@bp.app_template_filter("participation")
def _participation(booking: Booking) -> ParticipationOf | None:
    return participation_of(booking)


@bp.app_template_filter("journey")
def _journey(booking: Booking) -> Journey | None:
    return journey_of(booking.slot, booking.school)


@bp.app_template_filter("signer_words")
def _signer_words(role: SignerRole) -> str:
    return str(SIGNER_WORDS[role])


@bp.app_template_filter("signed_words")
def _signed_words(signer: AuthorisationSigner) -> str:
    """« Hélène Roux (chef d’établissement…), par le lien du message »."""
    if signer.capacity is None or signer.answered_via is None:
        return ""
    return signed_words(
        {"role": signer.role, "signed_by": signer.signed_by, "capacity": signer.capacity, "via": signer.answered_via}
    )


@bp.app_template_filter("capacity_words")
def _capacity(signer: AuthorisationSigner) -> str:
    return capacity_words(signer.role, signer.capacity) if signer.capacity else ""
