"""An officer publishes an activity for a firm of the territory that asks: by telephone, without a computer."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.accounts.models import Membership
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.catalogue import entering as services
from booking.catalogue import hosting
from booking.catalogue.choices import level_groups
from booking.catalogue.forms import ActivityForm, SlotForm, activity_values, first_slot_values
from booking.catalogue.models import Activity, PublicationState
from booking.catalogue.rules.publication import missing_for_publication
from booking.catalogue.services import readiness_of
from booking.companies.models import Company, Site, Trust
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.fields import clean_line
from booking.core.i18n import _
from booking.tracking.people import queue_scope
from booking.tracking.scope import Scope
from booking.tracking.views import bp

MOST_COMPANIES = 12


@bp.get("/<int:membership_id>/entering")
@signed_in_required
def entering(membership_id: int) -> str:
    """Which firm asks; and the drafts that officers have begun in the territory."""
    membership, scope = _officer_or_404(membership_id)
    question = clean_line(request.args.get("q", "")[:120]) or ""
    begun = (
        _entered(scope)
        .where(Activity.state == PublicationState.DRAFT, Activity.published_at.is_(None))
        .options(joinedload(Activity.company))
        .order_by(Activity.id.desc())
        .limit(50)
    )
    return render_template(
        "tracking/entering.html",
        membership=membership,
        scope=scope,
        question=question,
        found=_companies(scope, question) if question else [],
        begun=db.session.scalars(begun).all(),
    )


@bp.route("/<int:membership_id>/entering/<int:company_id>", methods=["GET", "POST"])
@signed_in_required
def enter(membership_id: int, company_id: int) -> Any:
    """The firm's own form, filled in by the officer."""
    membership, scope = _officer_or_404(membership_id)
    company = _company_or_404(scope, company_id)
    contacts = hosting.contacts_of(company)
    contact_id = contacts[0][0] if contacts else None
    form = _form(scope, company, None, {"sector": company.sector, "contact_id": contact_id, "languages": ["fr"]})
    if form.validate_on_submit():
        try:
            with transaction():
                activity_id = services.enter_activity(company_id, form.draft(), current_user).id
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’activité est enregistrée en brouillon. Donnez-lui des dates, puis publiez-la."), "success")
            return redirect(url_for(".entered", membership_id=membership_id, activity_id=activity_id))
    return _form_page(membership, scope, company, None, form)


@bp.get("/<int:membership_id>/entered/<int:activity_id>")
@signed_in_required
def entered(membership_id: int, activity_id: int) -> str:
    """The activity as the officer entered it: what is missing, its dates, the button to publish."""
    membership, scope = _officer_or_404(membership_id)
    return _show(membership, scope, _activity_or_404(scope, activity_id))


@bp.route("/<int:membership_id>/entered/<int:activity_id>/edit", methods=["GET", "POST"])
@signed_in_required
def entered_edit(membership_id: int, activity_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    activity = _activity_or_404(scope, activity_id)
    form = _form(scope, activity.company, activity, activity_values(activity))
    if form.validate_on_submit():
        try:
            with transaction():
                services.rewrite_entered(activity_id, form.draft())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’activité est enregistrée."), "success")
            return redirect(url_for(".entered", membership_id=membership_id, activity_id=activity_id))
    return _form_page(membership, scope, activity.company, activity, form)


@bp.route("/<int:membership_id>/entered/<int:activity_id>/slots/new", methods=["GET", "POST"])
@signed_in_required
def entered_slot(membership_id: int, activity_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    activity = _activity_or_404(scope, activity_id)
    form = SlotForm(data=first_slot_values(activity))
    if form.validate_on_submit():
        try:
            with transaction():
                services.add_date(activity_id, form.draft())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le créneau est ajouté."), "success")
            return redirect(url_for(".entered", membership_id=membership_id, activity_id=activity_id))
    return render_template(
        "tracking/entered_slot.html",
        membership=membership,
        scope=scope,
        company=activity.company,
        activity=activity,
        form=form,
        slot=None,
        copied=None,
    )


@bp.post("/<int:membership_id>/entered/<int:activity_id>/publication")
@signed_in_required
def entered_publish(membership_id: int, activity_id: int) -> Any:
    membership, scope = _officer_or_404(membership_id)
    activity = _activity_or_404(scope, activity_id)
    try:
        with transaction():
            services.publish_entered(activity_id, current_user)
    except Refusal as refusal:
        return _show(membership, scope, _activity_or_404(scope, activity_id), refusal), 409
    flash(_("L’activité est publiée : %(company)s reçoit un message qui dit que vous l’avez saisie.", company=activity.company.name), "success")  # fmt: skip
    return redirect(url_for(".entered", membership_id=membership_id, activity_id=activity_id))


def _officer_or_404(membership_id: int) -> tuple[Membership, Scope]:
    # A group of schools is only followed: it has no firms.
    membership = officer_membership_or_404(membership_id)
    return membership, queue_scope(membership)


def _companies(scope: Scope, question: str) -> list[Company]:
    """The trusted firms of the territory whose name holds these words, or of that SIREN."""
    here = scope.site_rows(select(Site.company_id))
    named = Company.name.icontains(question, autoescape=True) | (Company.siren == question.replace(" ", ""))
    query = select(Company).where(Company.id.in_(here), Company.trust == Trust.TRUSTED, named)
    return list(db.session.scalars(query.order_by(Company.name, Company.id).limit(MOST_COMPANIES)))


def _company_or_404(scope: Scope, company_id: int) -> Company:
    here = scope.site_rows(select(Site.company_id))
    query = select(Company).where(Company.id == company_id, Company.id.in_(here), Company.trust == Trust.TRUSTED)
    return db.session.scalar(query) or abort(404)


def _entered(scope: Scope) -> Any:
    """What officers entered at the sites of the territory."""
    return scope.site_rows(select(Activity).join(Activity.site).where(Activity.entered_by_id.is_not(None)))


def _activity_or_404(scope: Scope, activity_id: int) -> Activity:
    found: Activity | None = db.session.scalar(_entered(scope).where(Activity.id == activity_id))
    return found or abort(404)


def _form(scope: Scope, company: Company, activity: Activity | None, values: dict[str, Any]) -> ActivityForm:
    """The firm's form, with those of its sites that stand in the territory."""
    form = ActivityForm(company, hosting.contacts_of(company), hosting.editions_for(activity), data=values)
    here = set(db.session.scalars(scope.site_rows(select(Site.id).where(Site.company_id == company.id))))
    form.site_id.choices = [choice for choice in form.site_id.choices if choice.value in here]
    return form


def _form_page(
    membership: Membership, scope: Scope, company: Company, activity: Activity | None, form: ActivityForm
) -> str:
    return render_template(
        "tracking/entered_form.html",
        membership=membership,
        scope=scope,
        company=company,
        activity=activity,
        form=form,
        level_groups=level_groups(),
    )


def _show(membership: Membership, scope: Scope, activity: Activity, refusal: Refusal | None = None) -> str:
    return render_template(
        "tracking/entered.html",
        membership=membership,
        scope=scope,
        activity=activity,
        company=activity.company,
        slots=hosting.slots_to_come(activity),
        missing=missing_for_publication(readiness_of(activity)),
        refusal=refusal,
    )
