"""Slots kept for invited schools: a private link for each, named or for the first school that opens it.

What counts is the school: the link shows the slot, and grants nothing to whoever merely holds it. A slot of a company
that waits to be verified is reached in the same way, for one school (product, section 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import joinedload

from booking.accounts.action_links import new_link, revoke_links
from booking.accounts.models import ActionLink
from booking.catalogue.models import Activity, PublicationState, Slot, SlotAudience, SlotInvitation, SlotState
from booking.companies.models import Trust
from booking.core import clock
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.core.i18n import _l

PURPOSE = "slot-invitation"
SCHOOLS_WHILE_WAITING = 1


class SlotOpenToAll(Refusal):
    code = "slot_open_to_all"

    def sentence(self) -> object:
        return _l("Ce créneau est ouvert à toutes les classes : donnez simplement l’adresse de la page publique.")


class NothingToInviteTo(Refusal):
    code = "nothing_to_invite_to"

    def sentence(self) -> object:
        return _l("Publiez l’activité et gardez le créneau ouvert : sans cela, le lien ne mènerait à rien.")


class OneSchoolWhileWaiting(Refusal):
    code = "one_school_while_waiting"

    def sentence(self) -> object:
        return _l(
            "Tant que votre entreprise n’est pas vérifiée, vous pouvez inviter un seul établissement : retirez d’abord l’autre invitation."
        )


class InvitedAlready(Refusal):
    code = "invited_already"
    field = "school_search"

    def sentence(self) -> object:
        return _l("Cet établissement est déjà invité à ce créneau : retirez son invitation pour refaire un lien.")


class InvitationTaken(Refusal):
    code = "invitation_taken"

    def sentence(self) -> object:
        return _l("Cette invitation a servi à un autre établissement : demandez la vôtre à l’entreprise.")


@dataclass(frozen=True)
class NewInvitation:
    """token: shown once, never kept."""

    invitation: SlotInvitation
    token: str


def invite(slot_id: int, person_id: int, school_id: int | None) -> NewInvitation:
    """A private link to the slot until its bookings close; without a school, the first one that accepts it is meant.

    Refuses: NothingToInviteTo, SlotOpenToAll, OneSchoolWhileWaiting, InvitedAlready.
    """
    slot = _lock_slot_and_activity(slot_id)
    now = clock.now()
    company = slot.activity.company
    is_open = slot.state is SlotState.OPEN and slot.closes_at > now
    if not is_open or slot.activity.state is not PublicationState.PUBLISHED or company.trust is Trust.REFUSED:
        raise NothingToInviteTo()
    if company.trust is Trust.TRUSTED and slot.audience is SlotAudience.ALL:
        raise SlotOpenToAll()
    if company.trust is not Trust.TRUSTED and _kept_by_company(company.id) >= SCHOOLS_WHILE_WAITING:
        raise OneSchoolWhileWaiting()
    if school_id is not None and slot_id in invited_slots(school_id):
        raise InvitedAlready()
    invitation = SlotInvitation(
        slot_id=slot_id, school_id=school_id, created_by_id=person_id, created_at=now, expires_at=slot.closes_at
    )
    db.session.add(invitation)
    db.session.flush()
    return NewInvitation(invitation, new_link(PURPOSE, _key(invitation.id), valid_for=slot.closes_at - now))


def revoke_invitation(invitation_id: int) -> None:
    """End an invitation and its link; what the school has booked stays. Twice changes nothing."""
    db.session.execute(
        update(SlotInvitation)
        .where(SlotInvitation.id == invitation_id, SlotInvitation.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    revoke_links(PURPOSE, _key(invitation_id))


def accept_invitation(invitation_id: int, school_id: int) -> None:
    """Grant the slot to the school of the teacher who opened a link that names none. Again changes nothing.

    Refuses: InvitationTaken when another school was first, or the invitation has ended.
    """
    changed = rows_changed(
        update(SlotInvitation)
        .where(
            SlotInvitation.id == invitation_id,
            or_(SlotInvitation.school_id.is_(None), SlotInvitation.school_id == school_id),
            SlotInvitation.revoked_at.is_(None),
            SlotInvitation.expires_at > clock.now(),
        )
        .values(school_id=school_id)
    )
    if changed != 1:
        raise InvitationTaken()


def invited_slots(school_id: int) -> set[int]:
    """The ids of the slots that this school is invited to at this moment."""
    query = select(SlotInvitation.slot_id).where(SlotInvitation.school_id == school_id, *_is_live(clock.now()))
    return set(db.session.scalars(query))


def invitations_by_school(school_ids: Select[Any]) -> dict[int, set[int]]:
    """The same for many schools, in one read. school_ids: a query of their ids."""
    query = select(SlotInvitation.school_id, SlotInvitation.slot_id).where(
        SlotInvitation.school_id.in_(school_ids), *_is_live(clock.now())
    )
    found: dict[int, set[int]] = {}
    for school_id, slot_id in db.session.execute(query):
        found.setdefault(school_id, set()).add(slot_id)
    return found


def invitations_of(slot: Slot) -> Sequence[SlotInvitation]:
    """Every invitation to the slot, the latest first."""
    query = (
        select(SlotInvitation)
        .where(SlotInvitation.slot_id == slot.id)
        .options(joinedload(SlotInvitation.school))
        .order_by(SlotInvitation.id.desc())
    )
    return db.session.scalars(query).all()


def invitation_of_link(link: ActionLink) -> SlotInvitation:
    """The invitation that a link of this purpose opens."""
    return db.session.get_one(SlotInvitation, int(link.object_key.partition("/")[2]))


def _key(invitation_id: int) -> str:
    return f"slot_invitation/{invitation_id}"


def _is_live(now: datetime) -> tuple[Any, ...]:
    return SlotInvitation.revoked_at.is_(None), SlotInvitation.expires_at > now


def _kept_by_company(company_id: int) -> int:
    """Invitations of the whole company that were not taken back, over or not: a school that came has counted."""
    query = (
        select(func.count())
        .select_from(SlotInvitation)
        .join(Slot, Slot.id == SlotInvitation.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Activity.company_id == company_id, SlotInvitation.revoked_at.is_(None))
    )
    return db.session.scalar(query) or 0


def _lock_slot_and_activity(slot_id: int) -> Slot:
    """Hold the company's activities, then the slot: two invitations at once cannot both be the only one."""
    slot = db.session.get_one(Slot, slot_id)
    db.session.execute(
        update(Activity)
        .where(Activity.company_id == slot.activity.company_id)
        .values(state=Activity.state)
        .execution_options(synchronize_session=False)
    )
    return db.session.get_one(Slot, slot_id, populate_existing=True)
