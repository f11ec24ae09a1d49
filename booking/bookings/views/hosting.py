"""A company's own activities: described, published, given dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.mails import site_link
from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings.services import rewrite_activity
from booking.bookings.services.places import note_freed
from booking.catalogue import hosting, invitations, services
from booking.catalogue.choices import level_groups
from booking.catalogue.forms import (
    ActivityForm,
    InvitationForm,
    SeriesForm,
    SlotForm,
    activity_values,
    first_slot_values,
    slot_values,
)
from booking.catalogue.models import Activity, PublicationState, Slot, SlotState
from booking.catalogue.rules.publication import missing_for_publication
from booking.catalogue.rules.series import NothingTicked
from booking.catalogue.rules.slots import (
    AlreadyOffered,
    remarks_on_capacity,
    remarks_on_day,
    remarks_on_unknown_holidays,
)
from booking.catalogue.rules.wording import ref_of
from booking.companies.models import Company
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _n
from booking.schools.models import School
from booking.schools.queries import school_by_uai, search_schools
from booking.territory.queries import holiday_calendar

bp = Blueprint("hosting", __name__, url_prefix="/company/<int:company_id>/activities")

STATE_WORDS = {
    PublicationState.DRAFT: (_l("brouillon"), "plain"),
    PublicationState.SUBMITTED: (_l("brouillon"), "plain"),
    PublicationState.PUBLISHED: (_l("publiée"), "ok"),
    PublicationState.UNPUBLISHED: (_l("dépubliée"), "warn"),
    PublicationState.HIDDEN: (_l("masquée par les services académiques"), "stop"),
}
SLOT_WORDS = {
    SlotState.OPEN: (_l("ouvert"), "ok"),
    SlotState.CLOSED: (_l("fermé aux réservations"), "warn"),
    SlotState.CANCELLED: (_l("annulé"), "stop"),
}


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "state_words": STATE_WORDS,
        "slot_words": SLOT_WORDS,
        "is_awaiting_trust": hosting.is_awaiting_trust,
        "ref_of": ref_of,
    }


# ---- Activities


@bp.get("")
@signed_in_required
def activities(company_id: int) -> str:
    company = company_or_404(company_id)
    return render_template("hosting/activities.html", company=company, hosted=hosting.activities_of(company))


@bp.route("/new", methods=["GET", "POST"])
@signed_in_required
def activity_new(company_id: int) -> str | Response:
    company = company_or_404(company_id)
    form = _activity_form(company, None, {"sector": company.sector, "contact_id": current_user.id, "languages": ["fr"]})
    if form.validate_on_submit():
        try:
            with transaction():
                activity_id = services.create_activity(company_id, form.draft()).id
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’activité est enregistrée en brouillon. Donnez-lui des dates, puis publiez-la."), "success")
            return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))
    return _activity_page(form, company, None)


@bp.get("/<int:activity_id>")
@signed_in_required
def activity(company_id: int, activity_id: int) -> str:
    company, activity = _ours_or_404(company_id, activity_id)
    return _show(company, activity)


@bp.route("/<int:activity_id>/edit", methods=["GET", "POST"])
@signed_in_required
def activity_edit(company_id: int, activity_id: int) -> str | Response:
    company, activity = _ours_or_404(company_id, activity_id)
    form = _activity_form(company, activity, activity_values(activity))
    if form.validate_on_submit():
        try:
            with transaction():
                told = rewrite_activity(activity_id, current_user, form.draft())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’activité est enregistrée."), "success")
            if told:
                flash(
                    _n(
                        "La classe qui vient est prévenue, et son invitation mise à jour.",
                        "Les %(num)d classes qui viennent sont prévenues, et leurs invitations mises à jour.",
                        told,
                    ),
                    "success",
                )
            return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))
    return _activity_page(form, company, activity)


@bp.post("/<int:activity_id>/duplicate")
@signed_in_required
def activity_copy(company_id: int, activity_id: int) -> Response | tuple[str, int]:
    company, activity = _ours_or_404(company_id, activity_id)
    try:
        with transaction():
            copy_id = services.copy_activity(activity_id, current_user.id).id
    except Refusal as refusal:
        return _show(company, activity, refusal), 409
    flash(_("L’activité est copiée en brouillon, sans ses dates. Changez ce qui doit l’être."), "success")
    return redirect(url_for(".activity_edit", company_id=company_id, activity_id=copy_id))


@bp.post("/<int:activity_id>/delete")
@signed_in_required
def activity_delete(company_id: int, activity_id: int) -> Response | tuple[str, int]:
    company, activity = _ours_or_404(company_id, activity_id)
    try:
        with transaction():
            services.delete_draft(activity_id)
    except Refusal as refusal:
        return _show(company, activity, refusal), 409
    flash(_("Le brouillon est supprimé."), "success")
    return redirect(url_for(".activities", company_id=company_id))


@bp.post("/<int:activity_id>/publish")
@signed_in_required
def publish(company_id: int, activity_id: int) -> str | Response | tuple[str, int]:
    company, activity = _ours_or_404(company_id, activity_id)
    try:
        with transaction():
            services.publish_activity(activity_id)
    except Refusal as refusal:
        return _show(company, activity, refusal), 409
    if hosting.is_awaiting_trust(activity):
        flash(_("L’activité est prête. Elle sera publique dès que votre entreprise sera vérifiée."), "success")
    else:
        flash(_("L’activité est publiée : les enseignants peuvent la trouver."), "success")
    return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))


@bp.post("/<int:activity_id>/unpublish")
@signed_in_required
def unpublish(company_id: int, activity_id: int) -> str | Response | tuple[str, int]:
    company, activity = _ours_or_404(company_id, activity_id)
    try:
        with transaction():
            services.unpublish_activity(activity_id)
    except Refusal as refusal:
        return _show(company, activity, refusal), 409
    flash(_("L’activité n’est plus au programme. Vous pouvez la publier de nouveau à tout moment."), "success")
    if coming := sum(slot.taken_classes for slot in hosting.slots_to_come(activity)):
        flash(
            _n(
                "%(num)d classe a réservé : elle vient toujours.",
                "%(num)d classes ont réservé : elles viennent toujours.",
                coming,
            ),
            "warning",
        )
    return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))


# ---- Slots


@bp.route("/<int:activity_id>/slots/new", methods=["GET", "POST"])
@signed_in_required
def slot_new(company_id: int, activity_id: int) -> str | Response:
    """A new slot; `?copy=<slot>` proposes another of the activity, a week later."""
    company, activity = _ours_or_404(company_id, activity_id)
    copied = _slot_or_404(activity, request.args["copy"]) if "copy" in request.args else None
    form = SlotForm(data=slot_values(copied, weeks_later=1) if copied else first_slot_values(activity))
    if form.validate_on_submit():
        try:
            with transaction():
                slot_id = services.create_slot(activity_id, form.draft()).id
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _slot_saved(company_id, activity_id, slot_id, _("Le créneau est ajouté."))
    return render_template(
        "hosting/slot_form.html", form=form, company=company, activity=activity, slot=None, copied=copied
    )


@bp.route("/<int:activity_id>/slots/series", methods=["GET", "POST"])
@signed_in_required
def slot_series(company_id: int, activity_id: int) -> str | Response:
    """Several dates alike. POST looks at them one by one (step « preview »), then creates those that stay ticked."""
    company, activity = _ours_or_404(company_id, activity_id)
    form = SeriesForm(data=first_slot_values(activity))
    proposals: list[hosting.Proposal] = []
    ticked: set[str] = set()
    if form.step.data != "edit" and form.validate_on_submit():
        try:
            proposals = _proposals(activity, form)
            ticked = {str(each.day) for each in proposals if each.is_advised}
            if form.step.data == "create":
                ticked = set(request.form.getlist("days"))
                count = _create_ticked(activity_id, proposals, ticked)
                flash(
                    _n("%(num)d créneau est ajouté.", "%(num)d créneaux sont ajoutés.", count),
                    "success",
                )
                return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))
        except Refusal as refusal:
            if form.step.data == "create" and _are_there_already(activity, form, ticked):
                # The same button pressed twice.
                flash(_("Ces créneaux sont déjà créés."), "success")
                return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))
            form.refuse(refusal)
    return render_template(
        "hosting/series_preview.html" if proposals else "hosting/series_form.html",
        form=form, company=company, activity=activity, proposals=proposals, ticked=ticked,
    )  # fmt: skip


def _proposals(activity: Activity, form: SeriesForm) -> list[hosting.Proposal]:
    """What each date would be. Refuses: what the form does; and what is wrong with every date, when a field says it."""
    proposals = hosting.proposals(activity, form.drafts())
    refusals = [each.refusal for each in proposals if each.refusal]
    is_one = len(refusals) == len(proposals) and len({refusal.code for refusal in refusals}) == 1
    if is_one and refusals[0].field in form:
        raise refusals[0]
    return proposals


def _create_ticked(activity_id: int, proposals: list[hosting.Proposal], ticked: set[str]) -> int:
    drafts = [each.draft for each in proposals if each.refusal is None and str(each.day) in ticked]
    if not drafts:
        raise NothingTicked()
    with transaction():
        return len(services.create_slots(activity_id, drafts))


def _are_there_already(activity: Activity, form: SeriesForm, ticked: set[str]) -> bool:
    """Whether each of these dates has its slot, as things stand now."""
    wanted = [each for each in hosting.proposals(activity, form.drafts()) if str(each.day) in ticked]
    return bool(wanted) and all(isinstance(each.refusal, AlreadyOffered) for each in wanted)


@bp.route("/<int:activity_id>/slots/<int:slot_id>/edit", methods=["GET", "POST"])
@signed_in_required
def slot_edit(company_id: int, activity_id: int, slot_id: int) -> str | Response:
    company, activity = _ours_or_404(company_id, activity_id)
    slot = _slot_or_404(activity, slot_id)
    form = SlotForm(data=slot_values(slot))
    if form.validate_on_submit():
        try:
            with transaction():
                services.edit_slot(slot_id, form.draft())
                note_freed(slot_id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _slot_saved(company_id, activity_id, slot_id, _("Le créneau est enregistré."))
    return render_template(
        "hosting/slot_form.html", form=form, company=company, activity=activity, slot=slot, copied=None
    )


@bp.post("/<int:activity_id>/slots/<int:slot_id>/close")
@signed_in_required
def slot_close(company_id: int, activity_id: int, slot_id: int) -> Response:
    _company, activity = _ours_or_404(company_id, activity_id)
    _slot_or_404(activity, slot_id)
    with transaction():
        services.close_slot(slot_id)
    flash(_("Ce créneau ne prend plus de réservation. Celles qu’il a restent."), "success")
    return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))


@bp.post("/<int:activity_id>/slots/<int:slot_id>/open")
@signed_in_required
def slot_open(company_id: int, activity_id: int, slot_id: int) -> Response:
    _company, activity = _ours_or_404(company_id, activity_id)
    _slot_or_404(activity, slot_id)
    with transaction():
        services.open_slot(slot_id)
        note_freed(slot_id)
    flash(_("Ce créneau prend de nouveau des réservations."), "success")
    return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))


# ---- Schools invited by a private link


@bp.route("/<int:activity_id>/slots/<int:slot_id>/invitations", methods=["GET", "POST"])
@signed_in_required
def slot_invitations(company_id: int, activity_id: int, slot_id: int) -> str | Response:
    """The schools invited to a slot. The answer to a POST shows the new link, this once: only its hash is kept."""
    company, activity = _ours_or_404(company_id, activity_id)
    slot = _slot_or_404(activity, slot_id)
    form = InvitationForm()
    made = None
    if form.validate_on_submit():
        school = form.offer(_schools_meant(form.school_search.data)) if form.school_search.data else None
        if school or not form.school_search.data:
            try:
                with transaction():
                    made = invitations.invite(slot_id, current_user.id, school.id if school else None)
            except Refusal as refusal:
                form.refuse(refusal)
    page = make_response(
        render_template(
            "hosting/invitations.html",
            form=InvitationForm(formdata=None) if made else form,
            company=company,
            activity=activity,
            slot=slot,
            invitations=invitations.invitations_of(slot),
            made=made.invitation if made else None,
            link=site_link("accounts.action", token=made.token) if made else "",
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _schools_meant(text: str) -> Sequence[School]:
    """The school of that very UAI, even when no list has it; else those that answer to the words."""
    exact = school_by_uai(text)
    return [exact] if exact else search_schools(text)


@bp.post("/<int:activity_id>/slots/<int:slot_id>/invitations/<int:invitation_id>/revocation")
@signed_in_required
def invitation_revoke(company_id: int, activity_id: int, slot_id: int, invitation_id: int) -> Response:
    _company, activity = _ours_or_404(company_id, activity_id)
    slot = _slot_or_404(activity, slot_id)
    if invitation_id not in {invitation.id for invitation in invitations.invitations_of(slot)}:
        abort(404)
    with transaction():
        invitations.revoke_invitation(invitation_id)
    flash(_("L’invitation est retirée : son lien ne mène plus nulle part. Ce qui est réservé le reste."), "success")
    return redirect(url_for(".slot_invitations", company_id=company_id, activity_id=activity_id, slot_id=slot_id))


# ---- Behind the pages


def _ours_or_404(company_id: int, activity_id: int) -> tuple[Company, Activity]:
    company = company_or_404(company_id)
    activity = hosting.activity_of(company, activity_id)
    if activity is None:
        abort(404)
    return company, activity


def _slot_or_404(activity: Activity, slot_id: int | str) -> Slot:
    # Nine digits: any number a row can have, and no more than a database can compare.
    found = str(slot_id).isascii() and str(slot_id).isdigit() and len(str(slot_id)) <= 9
    slot = hosting.slot_of(activity, int(slot_id)) if found else None
    if slot is None:
        abort(404)
    return slot


def _activity_form(company: Company, activity: Activity | None, values: dict[str, Any]) -> ActivityForm:
    return ActivityForm(company, hosting.contacts_of(company), hosting.editions_for(activity), data=values)


def _activity_page(form: ActivityForm, company: Company, activity: Activity | None) -> str:
    return render_template(
        "hosting/activity_form.html", form=form, company=company, activity=activity, level_groups=level_groups()
    )


def _show(company: Company, activity: Activity, refusal: Refusal | None = None) -> str:
    slots = hosting.slots_to_come(activity)
    calendar = holiday_calendar(activity.site.departement_code)
    return render_template(
        "hosting/activity.html",
        company=company,
        activity=activity,
        slots=slots,
        slots_gone=hosting.slots_gone(activity),
        remarks={slot.id: remarks_on_day(slot.local_start.date(), calendar) for slot in slots},
        missing=missing_for_publication(services.readiness_of(activity)),
        refusal=refusal,
    )


def _slot_saved(company_id: int, activity_id: int, slot_id: int, sentence: str) -> Response:
    """Back to the activity, with what is worth pointing out about the day and the numbers."""
    flash(sentence, "success")
    _company, activity = _ours_or_404(company_id, activity_id)
    slot = _slot_or_404(activity, slot_id)
    day, calendar = slot.local_start.date(), holiday_calendar(slot.departement_code)
    for remark in [
        *remarks_on_day(day, calendar),
        *remarks_on_unknown_holidays(day, calendar),
        *remarks_on_capacity(slot.max_classes, slot.max_pupils),
    ]:
        flash(remark, "warning")
    return redirect(url_for(".activity", company_id=company_id, activity_id=activity_id))
