"""Visits arranged elsewhere in a territory: what officers, teachers and firms declared, and the officers' own form."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts.permissions import signed_in_required
from booking.bookings.declared import queries as declared
from booking.bookings.declared import services
from booking.bookings.declared.forms import DeclarationForm
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.rules.states import Actor
from booking.catalogue.rules.wording import kind_words
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School
from booking.schools.rules import level_label
from booking.tracking import figures, queries
from booking.tracking.figures.declared import is_among
from booking.tracking.scope import Scope
from booking.tracking.views import Asked, asked_of, bp, csv_answer


@bp.get("/<int:membership_id>/declared")
@signed_in_required
def declared_list(membership_id: int) -> str:
    """The declarations of the territory in an edition, and what they add to its bookings."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    page = queries.page_of(_listed(asked), request.args.get("page", 1, type=int))
    visits = [visit for (visit,) in page.rows]
    booked = declared.booked_visits({visit.school_id for visit in visits}, edition.id)
    return render_template(
        "tracking/declared.html",
        asked=asked,
        page=page,
        visits=visits,
        repeated={visit.id for visit in visits if not visit.is_apart and is_among(declared.visit_of(visit), booked)},
    )


@bp.get("/<int:membership_id>/declared.csv")
@signed_in_required
def declared_csv(membership_id: int) -> Response:
    """The same list, all of it; what a booking already counts is left out, as in the totals."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    headings = (
        _("Jour"), _("UAI"), _("Établissement"), _("Commune"), _("Niveau"), _("Classe"), _("Élèves"), _("Entreprise"),
        _("Genre"), _("Lieu"), _("Élèves venus"), _("Accompagnateurs venus"),
    )  # fmt: skip
    rows: list[list[Any]] = [
        [
            f"{visit.visited_on:%d/%m/%Y}", visit.school.uai, visit.school.name, visit.school.commune_name,
            level_label(visit.level_code), visit.class_name, visit.pupils, visit.company_name, kind_words(visit.kind),
            visit.place, visit.present_pupils, visit.present_adults,
        ]
        for visit in figures.declared_visits(asked.scope, edition, asked.filters)
    ]  # fmt: skip
    return csv_answer("visites-declarees", headings, rows)


@bp.route("/<int:membership_id>/declared/new", methods=["GET", "POST"])
@signed_in_required
def declare(membership_id: int) -> Any:
    """The form of a visit that somebody told an officer. The address may name the school."""
    asked = asked_of(membership_id)
    data = {"school": request.args.get("school", "")[:20]} if request.method == "GET" else None
    return _answer(asked, DeclarationForm(among=_is_here(asked.scope), data=data))


@bp.route("/<int:membership_id>/declared/<int:visit_id>", methods=["GET", "POST"])
@signed_in_required
def declared_visit(membership_id: int, visit_id: int) -> Any:
    """One declaration of the territory, whoever made it: corrected, or completed with who came."""
    asked = asked_of(membership_id)
    visit = _visit_or_404(asked.scope, visit_id)
    return _answer(asked, DeclarationForm(among=_is_here(asked.scope), visit=visit), visit)


@bp.post("/<int:membership_id>/declared/<int:visit_id>/withdrawal")
@signed_in_required
def withdraw_declared(membership_id: int, visit_id: int) -> Any:
    asked = asked_of(membership_id)
    visit = _visit_or_404(asked.scope, visit_id)
    with transaction():
        services.withdraw_visit(visit.id, current_user)
    flash(_("La déclaration est retirée : elle n’est plus comptée."), "success")
    return redirect(url_for(".declared_list", membership_id=membership_id))


def _answer(asked: Asked, form: DeclarationForm, visit: DeclaredVisit | None = None) -> Any:
    membership_id, visit_id = asked.membership.id, visit.id if visit else None
    if visit is not None and visit.is_withdrawn:
        abort(404)
    if form.validate_on_submit():
        try:
            with transaction():
                saved = services.save_visit(form.told(), current_user, Actor.OFFICER, visit_id)
                slug = saved.edition.slug
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est noté : la visite est comptée, à part des réservations et avec elles."), "success")
            return redirect(url_for(".declared_list", membership_id=membership_id, edition=slug))
    fresh = asked_of(membership_id)
    return render_template(
        "tracking/declare.html",
        asked=fresh,
        form=form,
        visit=_visit_or_404(fresh.scope, visit_id) if visit_id else None,
    )


def _listed(asked: Asked) -> Any:
    assert asked.edition is not None
    return declared.listed(figures.declared_in(asked.scope, asked.edition, asked.filters).order_by(None))


def _is_here(scope: Scope) -> Any:
    """Whether a school is of the territory: one of elsewhere is not found."""

    def here(school: School) -> bool:
        return db.session.scalar(scope.school_rows(select(School.id).where(School.id == school.id))) is not None

    return here


def _visit_or_404(scope: Scope, visit_id: int) -> DeclaredVisit:
    found = scope.declared(select(DeclaredVisit).where(DeclaredVisit.id == visit_id))
    return db.session.scalar(found) or abort(404)
