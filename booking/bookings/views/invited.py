"""The page of a private link: the activity with the one slot that the link is about."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.action_links import action_page
from booking.accounts.models import ActionLink
from booking.accounts.permissions import my_schools
from booking.bookings.views.programme import activity_page
from booking.catalogue.invitations import PURPOSE, InvitationTaken, accept_invitation, invitation_of_link
from booking.catalogue.models import PublicationState, SlotInvitation, SlotState
from booking.companies.models import Trust
from booking.core.db import transaction
from booking.core.i18n import _
from booking.schools.models import School


@action_page(PURPOSE)
def invited(link: ActionLink, token: str) -> Any:
    """A GET shows the slot. A POST, of a signed-in teacher, takes an invitation that names no school for theirs."""
    invitation = invitation_of_link(link)
    slot = invitation.slot
    activity = slot.activity
    here = url_for("accounts.action", token=token)
    if activity.state is not PublicationState.PUBLISHED or activity.company.trust is Trust.REFUSED:
        return render_template("hosting/invitation_over.html"), 410
    schools = my_schools()
    if request.method == "POST":
        _accept(invitation, schools)
        return redirect(here)
    return activity_page(
        activity,
        [slot] if slot.state is SlotState.OPEN else [],
        address=here,
        invitation=invitation,
        invited=_invited_here(invitation, schools),
        my_schools=schools,
    )


def _accept(invitation: SlotInvitation, schools: list[School]) -> None:
    chosen = next((s for s in schools if str(s.id) == request.form.get("school_id", "")), None)
    if not current_user.is_authenticated or chosen is None:
        flash(_("Connectez-vous avec le compte d’un établissement scolaire pour accepter l’invitation."), "warning")
        return
    name = chosen.name
    try:
        with transaction():
            accept_invitation(invitation.id, chosen.id)
    except InvitationTaken as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("L’invitation est pour %(school)s : vous pouvez réserver.", school=name), "success")


def _invited_here(invitation: SlotInvitation, schools: list[School]) -> bool:
    return any(school.id == invitation.school_id for school in schools)
