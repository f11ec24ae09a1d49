"""The head's pages: what awaits an answer, one request, several at once, and how the school authorises."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.models import MemberRole
from booking.accounts.permissions import my_memberships, school_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.authorisation_forms import SchoolRulesForm, VerdictForm
from booking.bookings.authorisation_models import Authorisation
from booking.bookings.authorisation_queries import authorisation_of_school, awaiting_head, signer_email
from booking.bookings.rules.authorisations import Capacity, SignerRole
from booking.bookings.views.authorisations import may_answer
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n
from booking.schools.models import School

bp = Blueprint("school_authorisations", __name__, url_prefix="/school/<uai>")


@bp.post("/authorisations")
@signed_in_required
def grant(uai: str) -> Any:
    """Say yes to all that are ticked."""
    school, capacity = head_of_or_404(uai)
    school_id = school.id
    ticked = {int(text) for text in request.form.getlist("authorisation") if text.isdecimal() and len(text) < 10}
    asked = [each.id for each in awaiting_head(school_id) if each.id in ticked]
    with transaction():
        granted = services.grant_several(asked, current_user, capacity)
    if granted:
        flash(_n("Une autorisation est donnée.", "%(num)d autorisations sont données.", granted), "success")
    else:
        flash(_("Aucune autorisation n’est donnée : cochez celles qui attendent encore."), "warning")
    return redirect(url_for("school.home", uai=uai), 303)


@bp.route("/authorisations/<int:authorisation_id>", methods=["GET", "POST"])
@signed_in_required
def show(uai: str, authorisation_id: int) -> Any:
    """One request, all that it says, and the head's answer."""
    school, capacity = head_of_or_404(uai)
    authorisation = authorisation_of_school(authorisation_id, school.id)
    if authorisation is None:
        abort(404)
    form = VerdictForm()
    if not form.validate_on_submit():
        return _page(school, authorisation, form)
    if not form.is_answered:
        abort(400)
    try:
        with transaction():
            services.answer_as_head(authorisation_id, current_user, capacity, form.verdict())
    except Refusal as refusal:
        form.refuse(refusal)
        school, _capacity = head_of_or_404(uai)
        fresh = authorisation_of_school(authorisation_id, school.id)
        assert fresh is not None
        return _page(school, fresh, form), 409
    flash(_("Votre réponse est enregistrée : l’enseignant en est informé."), "success")
    return redirect(url_for("school.home", uai=uai), 303)


def _page(school: School, authorisation: Authorisation, form: VerdictForm) -> str:
    signer = next(each for each in authorisation.signers if each.role is SignerRole.HEAD)
    return render_template(
        "bookings/authorisations/school_show.html",
        school=school,
        authorisation=authorisation,
        booking=authorisation.booking,
        signer=signer,
        form=form,
        may_answer=may_answer(signer),
        is_refusing=form.answer.data == "refuse",
    )


@bp.route("/settings", methods=["GET", "POST"])
@signed_in_required
def settings(uai: str) -> Any:
    """Whether the head comes first, and who signs."""
    school, _capacity = head_of_or_404(uai)
    saved = {role.value: signer_email(school.id, role) for role in SignerRole}
    form = SchoolRulesForm(data={"head_first": school.head_authorises_first, **saved})
    if form.validate_on_submit():
        with transaction():
            services.set_school_rules(school, head_first=form.head_first.data, emails=form.emails())
        flash(_("C’est enregistré, pour les réservations à venir."), "success")
        return redirect(url_for("school.home", uai=uai), 303)
    return render_template("bookings/authorisations/settings.html", school=school, form=form)


def head_of_or_404(uai: str) -> tuple[School, Capacity]:
    """The school and in what capacity its head or delegate answers; whoever is not vouched for may not (403)."""
    school = school_or_404(uai, MemberRole.HEAD, MemberRole.DELEGATE)
    roles = {
        m.role
        for m in my_memberships(MemberRole.HEAD, MemberRole.DELEGATE)
        if m.is_trusted and m.school_id == school.id
    }
    if not roles:
        abort(403)
    return school, Capacity.HOLDER if MemberRole.HEAD in roles else Capacity.DELEGATE
