"""Visits arranged elsewhere, as a teacher or a firm declares them. Officers have their own pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.models import SCHOOL_ROLES
from booking.accounts.permissions import company_or_404, my_memberships, signed_in_required
from booking.bookings.declared import queries, services
from booking.bookings.declared.forms import DeclarationForm
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.rules.states import Actor
from booking.companies.models import Trust
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School

bp = Blueprint("declared", __name__)


# ---- A teacher


@bp.get("/teacher/declared")
@signed_in_required
def of_teacher() -> str:
    visits = queries.declared_by_side(
        DeclaredVisit.declared_by_id == current_user.id, DeclaredVisit.actor == Actor.TEACHER
    )
    return render_template("bookings/declared/teacher.html", visits=visits, may_declare=bool(_trusted_schools()))


@bp.route("/teacher/declared/new", methods=["GET", "POST"])
@signed_in_required
def teacher_new() -> Any:
    form = DeclarationForm(_trusted_schools() or abort(404))
    return _answer(form, Actor.TEACHER, url_for(".of_teacher"), "bookings/declared/teacher_form.html")


@bp.route("/teacher/declared/<int:visit_id>", methods=["GET", "POST"])
@signed_in_required
def teacher_edit(visit_id: int) -> Any:
    visit = _of_teacher_or_404(visit_id)
    schools = {school.id: school for school in (visit.school, *_trusted_schools())}
    form = DeclarationForm(list(schools.values()), visit=visit)
    return _answer(form, Actor.TEACHER, url_for(".of_teacher"), "bookings/declared/teacher_form.html", visit)


@bp.post("/teacher/declared/<int:visit_id>/withdrawal")
@signed_in_required
def teacher_withdraw(visit_id: int) -> Any:
    return _withdrawn(_of_teacher_or_404(visit_id), url_for(".of_teacher"))


def _trusted_schools() -> list[School]:
    """Where the person is trusted: what others declare of a school counts for its académie."""
    mine = [m for m in my_memberships(*SCHOOL_ROLES) if m.trusted_at and m.school]
    return list({m.school.id: m.school for m in mine if m.school}.values())


def _of_teacher_or_404(visit_id: int) -> DeclaredVisit:
    visit = db.session.get(DeclaredVisit, visit_id)
    if visit is None or visit.declared_by_id != current_user.id or visit.actor is not Actor.TEACHER:
        abort(404)
    return visit


# ---- A firm


@bp.get("/company/<int:company_id>/declared")
@signed_in_required
def of_company(company_id: int) -> str:
    company = company_or_404(company_id)
    visits = queries.declared_by_side(DeclaredVisit.company_id == company.id, DeclaredVisit.actor == Actor.HOST)
    return render_template(
        "bookings/declared/company.html", company=company, visits=visits, may_declare=company.trust is Trust.TRUSTED
    )


@bp.route("/company/<int:company_id>/declared/new", methods=["GET", "POST"])
@signed_in_required
def company_new(company_id: int) -> Any:
    company = company_or_404(company_id)
    if company.trust is not Trust.TRUSTED:
        abort(404)
    back, page = url_for(".of_company", company_id=company_id), "bookings/declared/company_form.html"
    return _answer(DeclarationForm(company=company), Actor.HOST, back, page, company=company)


@bp.route("/company/<int:company_id>/declared/<int:visit_id>", methods=["GET", "POST"])
@signed_in_required
def company_edit(company_id: int, visit_id: int) -> Any:
    company = company_or_404(company_id)
    visit = _of_company_or_404(company_id, visit_id)
    back, page = url_for(".of_company", company_id=company_id), "bookings/declared/company_form.html"
    return _answer(DeclarationForm(company=company, visit=visit), Actor.HOST, back, page, visit, company=company)


@bp.post("/company/<int:company_id>/declared/<int:visit_id>/withdrawal")
@signed_in_required
def company_withdraw(company_id: int, visit_id: int) -> Any:
    company_or_404(company_id)
    return _withdrawn(_of_company_or_404(company_id, visit_id), url_for(".of_company", company_id=company_id))


def _of_company_or_404(company_id: int, visit_id: int) -> DeclaredVisit:
    visit = db.session.get(DeclaredVisit, visit_id)
    if visit is None or visit.company_id != company_id or visit.actor is not Actor.HOST:
        abort(404)
    return visit


# ---- Both


def _answer(
    form: DeclarationForm, actor: Actor, back: str, template: str, visit: DeclaredVisit | None = None, **context: Any
) -> Any:
    if visit is not None and visit.is_withdrawn:
        return redirect(back)
    if form.validate_on_submit():
        try:
            with transaction():
                services.save_visit(form.told(), current_user, actor, visit.id if visit else None)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est noté : la visite est comptée, à part des réservations et avec elles."), "success")
            return redirect(back)
    if visit is not None:
        visit = db.session.get(DeclaredVisit, visit.id)
    return render_template(template, form=form, visit=visit, back=back, **context)


def _withdrawn(visit: DeclaredVisit, back: str) -> Any:
    with transaction():
        services.withdraw_visit(visit.id, current_user)
    flash(_("La déclaration est retirée : elle n’est plus comptée."), "success")
    return redirect(back)
