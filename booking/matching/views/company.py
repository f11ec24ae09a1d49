"""A company's side of needs: who asks for a date, and the answer."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.catalogue.rules.slots import remarks_on_day, remarks_on_unknown_holidays
from booking.companies.models import Company
from booking.core import clock
from booking.core.dates import format_moment
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.matching import queries, services
from booking.matching.forms import DeclineForm, OfferForm, offer_values
from booking.matching.models import Need, NeedState
from booking.territory.queries import holiday_calendar

bp = Blueprint("company_needs", __name__, url_prefix="/company/<int:company_id>/needs")


@bp.get("")
@signed_in_required
def index(company_id: int) -> str:
    company = company_or_404(company_id)
    return render_template(
        "matching/company_list.html",
        company=company,
        waiting=queries.open_needs_of_company(company.id),
        past=queries.past_needs_of_company(company.id),
    )


@bp.get("/<int:need_id>")
@signed_in_required
def show(company_id: int, need_id: int) -> str:
    company, need = _ours_or_404(company_id, need_id)
    return _page(company, need)


@bp.post("/<int:need_id>/offer")
@signed_in_required
def offer(company_id: int, need_id: int) -> Any:
    """Answer with a date: the slot is created and its places are kept for the class."""
    company, need = _ours_or_404(company_id, need_id)
    form = OfferForm()
    if form.validate_on_submit():
        try:
            with transaction():
                booking = services.answer_need(
                    need_id, current_user, form.draft(_today(need)), is_open_to_all=form.is_open_to_all.data
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            slot = booking.slot
            flash(
                _(
                    "La date est proposée à la %(name)s : l’enseignant répond avant le %(moment)s, et les places lui sont gardées.",
                    name=booking.class_name,
                    moment=format_moment(booking.deadline_at, slot.timezone) if booking.deadline_at else "",
                ),
                "success",
            )
            calendar = holiday_calendar(need.school.departement_code)
            day = slot.local_start.date()
            for remark in [*remarks_on_day(day, calendar), *remarks_on_unknown_holidays(day, calendar)]:
                flash(remark, "warning")
            return redirect(url_for("company.booking", company_id=company.id, booking_id=booking.id))
    return _page(company, need, offer_form=form)


@bp.post("/<int:need_id>/refusal")
@signed_in_required
def decline(company_id: int, need_id: int) -> Any:
    company, need = _ours_or_404(company_id, need_id)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.decline_need(need_id, current_user, reason=form.reason.data, note=form.note.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Demande refusée : l’enseignant en est informé."), "success")
            return redirect(url_for(".index", company_id=company.id))
    return _page(company, need, decline_form=form)


def _page(
    company: Company, need: Need, *, offer_form: OfferForm | None = None, decline_form: DeclineForm | None = None
) -> str:
    assert need.activity is not None
    return render_template(
        "matching/company_need.html",
        company=company,
        need=need,
        activity=need.activity,
        is_open=need.state is NeedState.OPEN and need.deadline_at > clock.now(),
        cap=queries.cap_of(need.activity),
        offer_form=offer_form or OfferForm(formdata=None, data=offer_values(need)),
        decline_form=decline_form or DeclineForm(formdata=None),
        form=offer_form or decline_form,
        is_declining=decline_form is not None,
    )


def _today(need: Need) -> date:
    assert need.activity is not None
    return clock.now().astimezone(ZoneInfo(need.activity.site.timezone)).date()


def _ours_or_404(company_id: int, need_id: int) -> tuple[Company, Need]:
    company = company_or_404(company_id)
    need = queries.need_of_company(company.id, need_id)
    if need is None:
        abort(404)
    return company, need
