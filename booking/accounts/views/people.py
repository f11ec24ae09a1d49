"""The people of a company and of a school: who waits, who vouches, who manages; the school's official mailbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts import queries, services
from booking.accounts.forms import MailboxForm
from booking.accounts.models import OVERSIGHT_ROLES, SCHOOL_ROLES, MemberRole, Membership, MemberState
from booking.accounts.permissions import company_or_404, my_memberships, signed_in_required
from booking.accounts.views.blueprint import bp
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.mail.models import MailAddress
from booking.schools.models import School
from booking.schools.queries import official_mailbox, school_by_uai

# ---- A company's people


@bp.get("/company/<int:company_id>/people")
@signed_in_required
def company_people(company_id: int) -> Any:
    company = company_or_404(company_id)
    return render_template(
        "accounts/company_people.html",
        company=company,
        members=queries.people_of_company(company, MemberState.ACTIVE),
        waiting=queries.people_of_company(company, MemberState.PENDING),
        is_manager=bool([m for m in my_memberships(MemberRole.HOST_MANAGER) if m.company_id == company.id]),
    )


@bp.post("/company/<int:company_id>/people/<int:membership_id>/acceptance")
@signed_in_required
def accept_colleague(company_id: int, membership_id: int) -> Any:
    return _answer(company_id, membership_id, services.accept_colleague, _("Votre collègue a rejoint l’entreprise."))


@bp.post("/company/<int:company_id>/people/<int:membership_id>/refusal")
@signed_in_required
def refuse_colleague(company_id: int, membership_id: int) -> Any:
    return _answer(company_id, membership_id, services.refuse_colleague, _("La demande est refusée."))


@bp.post("/company/<int:company_id>/people/<int:membership_id>/management")
@signed_in_required
def name_manager(company_id: int, membership_id: int) -> Any:
    done = _("Votre collègue est maintenant responsable, comme vous.")
    return _answer(company_id, membership_id, services.name_manager, done)


def _answer(company_id: int, membership_id: int, service: Callable[[Any, int], Any], done: str) -> Any:
    company = company_or_404(company_id, MemberRole.HOST_MANAGER)
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.company_id != company.id:
        abort(404)
    try:
        with transaction():
            service(company, membership_id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(done, "success")
    return redirect(url_for(".company_people", company_id=company_id))


# ---- A school's people


@dataclass(frozen=True)
class Standing:
    """What the person of this request may do on the page of a school's people."""

    vouches: bool
    answers_for_school: bool


@bp.get("/school/<uai>/people")
@signed_in_required
def school_people(uai: str) -> Any:
    school, standing = _school_or_404(uai)
    return _school_page(school, standing, MailboxForm(data={"email": school.official_email}))


@bp.post("/school/<uai>/people/<int:membership_id>/trust")
@signed_in_required
def vouch(uai: str, membership_id: int) -> Any:
    school, standing = _school_or_404(uai)
    if not standing.vouches:
        abort(403)
    return _answer_at_school(
        school,
        membership_id,
        lambda: services.trust_member(membership_id, current_user, also_suspended=standing.answers_for_school),
        _("Merci : cette personne est vérifiée, et prévenue."),
    )


@bp.post("/school/<uai>/people/<int:membership_id>/suspension")
@signed_in_required
def deny(uai: str, membership_id: int) -> Any:
    school, standing = _school_or_404(uai)
    if not standing.answers_for_school:
        abort(403)
    return _answer_at_school(
        school,
        membership_id,
        lambda: services.suspend_member(membership_id, current_user),
        _(
            "C’est noté : cette personne ne réserve plus au nom de l’établissement, et les services académiques sont prévenus."
        ),
    )


def _answer_at_school(school: School, membership_id: int, service: Callable[[], Any], done: str) -> Any:
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.school_id != school.id:
        abort(404)
    if membership.person_id == current_user.id:
        abort(403)
    uai = school.uai
    try:
        with transaction():
            service()
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(done, "success")
    return redirect(url_for(".school_people", uai=uai))


@bp.post("/school/<uai>/mailbox")
@signed_in_required
def correct_mailbox(uai: str) -> Any:
    """Correct the school's official address; left empty, the guess comes back."""
    school, standing = _school_or_404(uai)
    if not standing.vouches:
        abort(403)
    form = MailboxForm()
    if not form.validate_on_submit():
        return _school_page(school, standing, form)
    with transaction():
        services.correct_mailbox(school.id, form.email.data or "")
    flash(_("L’adresse officielle est enregistrée."), "success")
    return redirect(url_for(".school_people", uai=uai))


def _school_or_404(uai: str) -> tuple[School, Standing]:
    """The school, for its members and the officers of its territory: 404 for anybody else."""
    school = school_by_uai(uai)
    if school is None:
        abort(404)
    mine = [m for m in my_memberships(*SCHOOL_ROLES) if m.school_id == school.id]
    oversees = any(queries.covers(m, school.departement) for m in my_memberships(*OVERSIGHT_ROLES))
    if not mine and not oversees:
        abort(404)
    trusted = {m.role for m in mine if m.is_trusted}
    heads = {MemberRole.HEAD, MemberRole.DELEGATE}
    return school, Standing(vouches=oversees or bool(trusted), answers_for_school=oversees or bool(trusted & heads))


def _school_page(school: School, standing: Standing, form: MailboxForm) -> str:
    people = queries.people_of_school(school, MemberState.ACTIVE, MemberState.SUSPENDED) if standing.vouches else []
    mailbox = official_mailbox(school)
    return render_template(
        "accounts/school_people.html",
        school=school,
        standing=standing,
        waiting=[m for m in people if m.is_active and not m.is_trusted],
        members=[m for m in people if m.is_trusted],
        suspended=[m for m in people if m.state is MemberState.SUSPENDED],
        mine=[m for m in my_memberships(*SCHOOL_ROLES) if m.school_id == school.id],
        mailbox=mailbox,
        bounced=db.session.get(MailAddress, mailbox.address.lower()) if mailbox else None,
        form=form,
    )
