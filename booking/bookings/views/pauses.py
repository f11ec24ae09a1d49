"""A company that takes no new request for a time: it says so, comes back in one click, signed in or by the link of a mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from booking.accounts.action_links import action_page
from booking.accounts.models import ActionLink, MemberRole
from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings.mails.nudges import BACK
from booking.companies import services
from booking.companies.forms import PauseForm
from booking.companies.models import Company
from booking.companies.pauses import is_paused
from booking.core import clock
from booking.core.dates import format_day
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("pauses", __name__, url_prefix="/company/<int:company_id>")


@bp.app_template_test("paused")
def _paused(company: Company) -> bool:
    return is_paused(company, clock.now().date())


@bp.route("/pause", methods=["GET", "POST"])
@signed_in_required
def pause(company_id: int) -> Any:
    """Take no new request until a day."""
    company = company_or_404(company_id, MemberRole.HOST_MANAGER)
    form = PauseForm()
    if form.validate_on_submit():
        until = form.until.data
        assert until is not None
        try:
            with transaction():
                services.pause_company(company_id, until)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est noté : aucune nouvelle demande jusqu’au %(day)s.", day=format_day(until)), "success")
            return redirect(url_for("company.home", company_id=company_id))
    return render_template("hosting/pause.html", company=company, form=form)


@bp.post("/return")
@signed_in_required
def come_back(company_id: int) -> Any:
    """Take requests again, in one click. Any member may: whoever reads the mail answers it."""
    company_or_404(company_id)
    with transaction():
        services.bring_back(company_id)
    flash(_("Vous êtes de retour : les classes peuvent de nouveau vous écrire."), "success")
    return redirect(url_for("company.home", company_id=company_id))


@action_page(BACK)
def come_back_by_link(link: ActionLink, token: str) -> Any:
    """The same, from the mail and without an account. A GET shows the button, a POST acts; again, it changes nothing."""
    company_id = int(link.object_key.partition("/")[2])
    if request.method == "POST":
        with transaction():
            services.bring_back(company_id)
    company = db.session.get_one(Company, company_id)
    return render_template("hosting/come_back.html", company=company, is_done=request.method == "POST")
