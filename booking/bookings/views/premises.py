"""A company as its members see it: its name, its sites, how a class gets in; its managers correct them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.models import MemberRole
from booking.accounts.permissions import company_or_404, my_memberships, signed_in_required
from booking.bookings.services import rewrite_company, rewrite_site
from booking.companies.forms import CompanyForm, NewSiteForm, SiteForm, company_values, site_values
from booking.companies.models import Company, Site
from booking.companies.services import add_site
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n

bp = Blueprint("premises", __name__, url_prefix="/company/<int:company_id>")


@bp.get("/about")
@signed_in_required
def show(company_id: int) -> str:
    company = company_or_404(company_id)
    manages = any(m.company_id == company.id for m in my_memberships(MemberRole.HOST_MANAGER))
    return render_template("hosting/company.html", company=company, manages=manages)


@bp.route("/about/edit", methods=["GET", "POST"])
@signed_in_required
def edit(company_id: int) -> Any:
    company = company_or_404(company_id, MemberRole.HOST_MANAGER)
    form = CompanyForm(data=company_values(company))
    if form.validate_on_submit() and _kept(form, lambda: rewrite_company(company_id, current_user, form.draft())):
        return redirect(url_for(".show", company_id=company_id))
    return render_template("hosting/company_form.html", form=form, company=company)


@bp.route("/sites/new", methods=["GET", "POST"])
@signed_in_required
def site_new(company_id: int) -> Any:
    company = company_or_404(company_id, MemberRole.HOST_MANAGER)
    form = NewSiteForm(data={"name": company.name})
    if form.validate_on_submit():
        try:
            with transaction():
                add_site(company_id, form.siret.data or "", form.draft())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le site est ajouté : vos activités peuvent s’y tenir."), "success")
            return redirect(url_for(".show", company_id=company_id))
    return render_template("hosting/site_form.html", form=form, company=company, site=None)


@bp.route("/sites/<int:site_id>/edit", methods=["GET", "POST"])
@signed_in_required
def site_edit(company_id: int, site_id: int) -> Any:
    company, site = _site_or_404(company_id, site_id)
    form = SiteForm(data=site_values(site))
    if form.validate_on_submit() and _kept(form, lambda: rewrite_site(site_id, current_user, form.draft())):
        return redirect(url_for(".show", company_id=company_id))
    return render_template("hosting/site_form.html", form=form, company=company, site=site)


def _kept(form: Any, service: Callable[[], int]) -> bool:
    """Whether the correction was made; says then how many classes hear of it."""
    try:
        with transaction():
            told = service()
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    flash(_("C’est enregistré."), "success")
    if told:
        flash(
            _n("La classe concernée est prévenue.", "Les %(num)d classes concernées sont prévenues.", told), "success"
        )
    return True


def _site_or_404(company_id: int, site_id: int) -> tuple[Company, Site]:
    """The company's own site, for a manager: another's is a 404 before a small role is a 403."""
    company = company_or_404(company_id)
    site = next((site for site in company.sites if site.id == site_id), None)
    if site is None:
        abort(404)
    return company_or_404(company_id, MemberRole.HOST_MANAGER), site
