"""Sign-up, confirmation, sign-in by link, the person's own page, a company's people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security import login_user, logout_user
from flask_security.confirmable import confirm_email_token_status
from flask_security.utils import get_message

from booking.accounts import links, queries, services
from booking.accounts.forms import CompanySignUpForm, EmailForm, ProfileForm, TeacherSignUpForm
from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.accounts.permissions import company_or_404, my_memberships, safe_next, signed_in_required
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _l

bp = Blueprint("accounts", __name__)

ROLE_WORDS = {
    MemberRole.TEACHER: _l("Enseignant"),
    MemberRole.HEAD: _l("Chef d’établissement"),
    MemberRole.DELEGATE: _l("Délégué du chef d’établissement"),
    MemberRole.HOST: _l("Accueille les classes"),
    MemberRole.HOST_MANAGER: _l("Responsable"),
    MemberRole.OFFICER: _l("Suit un territoire"),
    MemberRole.ADMIN: _l("Administre le service"),
}


@bp.app_template_global()
def role_words(membership: Membership, *, short: bool = False) -> str:
    """« Enseignant – Collège Louis Pasteur, Brunoy »; the role alone when short."""
    role = str(ROLE_WORDS[membership.role])
    place = "" if short else queries.place_words(membership)
    return f"{role} – {place}" if place else role


# ---- Sign-up


@bp.get("/signup")
def sign_up() -> Any:
    """The two doors."""
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    return render_template("accounts/sign_up.html", next_path=safe_next("") or None)


@bp.route("/signup/teacher", methods=["GET", "POST"])
def sign_up_teacher() -> Any:
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    form = TeacherSignUpForm()
    if request.method == "POST" and not form.wants_search and form.validate():
        try:
            with transaction():
                services.sign_up_teacher(form.newcomer(), form.school_choice(), form.next.data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _mail_is_on_its_way(form)
    return render_template("accounts/sign_up_teacher.html", form=form)


@bp.route("/signup/company", methods=["GET", "POST"])
def sign_up_company() -> Any:
    if current_user.is_authenticated:
        return redirect(safe_next(url_for(".my_home")))
    form = CompanySignUpForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.sign_up_company(form.newcomer(), form.firm(), form.next.data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _mail_is_on_its_way(form)
    return render_template("accounts/sign_up_company.html", form=form)


def _mail_is_on_its_way(form: Any) -> Any:
    session["mail_sent_to"] = form.email.data
    return redirect(url_for(".mail_sent", next=form.next.data or None))


@bp.get("/signup/mail")
def mail_sent() -> Any:
    """The same page whether or not the address had an account."""
    return render_template(
        "accounts/mail_sent.html", email=session.get("mail_sent_to"), next_path=safe_next("") or None
    )


# ---- Confirmation and sign-in by a link


def confirm_email(token: str) -> Any:
    """Takes the place of Flask-Security's view of `/confirm/<token>`, which confirms at the first GET.

    A mail scanner opens every link: here a GET shows a button, and the POST confirms and signs in.
    """
    expired, invalid, person = confirm_email_token_status(token)
    next_path = safe_next("") or None
    if expired or invalid or person is None or not person.active:
        within = _("sept jours")
        message = (
            get_message("CONFIRMATION_EXPIRED", within=within) if expired else get_message("INVALID_CONFIRMATION_TOKEN")
        )
        flash(*message)
        return redirect(url_for("security.send_confirmation", next=next_path))
    if person.confirmed_at is not None:
        flash(*get_message("ALREADY_CONFIRMED"))
        return redirect(
            safe_next(url_for(".my_home")) if person == current_user else url_for("security.login", next=next_path)
        )
    if request.method == "GET":
        return render_template("accounts/confirm.html", person=person, next_path=next_path)
    with transaction():
        services.confirm_address(person)
        flash(*get_message("EMAIL_CONFIRMED"))
        return _enter(person, "confirm")


@bp.route("/login/link", methods=["GET", "POST"])
def ask_sign_in_link() -> Any:
    form = EmailForm()
    if form.validate_on_submit():
        with transaction():
            services.ask_sign_in_link(form.email.data, form.next.data)
        return _mail_is_on_its_way(form)
    return render_template("accounts/ask_sign_in_link.html", form=form)


@bp.route("/login/link/<token>", methods=["GET", "POST"])
def sign_in_by_link(token: str) -> Any:
    person = links.person_of_sign_in_token(token)
    next_path = safe_next("") or None
    if person is None:
        flash(
            _("Ce lien de connexion a expiré ou a déjà servi. Demandez-en un autre, il arrivera par e-mail."), "error"
        )
        return redirect(url_for(".ask_sign_in_link", next=next_path))
    if request.method == "GET":
        return render_template("accounts/sign_in_by_link.html", person=person, next_path=next_path)
    with transaction():
        services.confirm_address(person)
        return _enter(person, "link")


def _enter(person: Person, via: str) -> Any:
    """Sign in, by way of the second factor for whoever has one, then go where the person was going."""
    if current_user.is_authenticated and current_user != person:
        logout_user()
    target = safe_next(url_for("accounts.my_home"))
    second_factor = current_app.extensions["security"].two_factor_plugins.tf_enter(person, False, via, next_loc=target)
    if second_factor:
        return second_factor
    login_user(person, authn_via=[via])
    return redirect(target)


# ---- The person's own pages

HOMES: tuple[tuple[MemberRole, str, Callable[[Any], dict[str, Any]]], ...] = (
    (MemberRole.TEACHER, "teacher.home", lambda m: {}),
    (MemberRole.HEAD, "school.home", lambda m: {"uai": m.school.uai}),
    (MemberRole.DELEGATE, "school.home", lambda m: {"uai": m.school.uai}),
    (MemberRole.HOST_MANAGER, "company.home", lambda m: {"company_id": m.company_id}),
    (MemberRole.HOST, "company.home", lambda m: {"company_id": m.company_id}),
    (MemberRole.OFFICER, "tracking.home", lambda m: {}),
)


@bp.get("/me")
@signed_in_required
def my_home() -> Any:
    """Where a person's work is: the page of the first of their roles."""
    return redirect(home_of_roles(my_memberships()))


def home_of_roles(memberships: list[Membership]) -> str:
    for role, endpoint, values in HOMES:
        for membership in memberships:
            if membership.role is role:
                return url_for(endpoint, **values(membership))
    return url_for("accounts.profile")


@bp.route("/account/", methods=["GET", "POST"])
@signed_in_required
def profile() -> Any:
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        with transaction():
            services.update_profile(current_user, **form.values())
        flash(_("C’est enregistré."), "success")
        return redirect(url_for(".profile"))
    return render_template("accounts/profile.html", form=form)


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


def _answer(company_id: int, membership_id: int, service: Any, done: str) -> Any:
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
