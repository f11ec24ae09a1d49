"""Going: handing a booking over, leaving a school or a company, closing the account, taking a colleague out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from flask_security import logout_user

from booking.accounts.models import COMPANY_ROLES, SCHOOL_ROLES, MemberRole, Membership, MemberState
from booking.accounts.permissions import company_or_404, my_memberships, signed_in_required
from booking.bookings import services
from booking.bookings.forms import CloseForm, HeirForm
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Event, is_allowed
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("leaving", __name__)

LEAVABLE = (MemberState.ACTIVE, MemberState.PENDING, MemberState.SUSPENDED)


@bp.route("/account/memberships/<int:membership_id>/leave", methods=["GET", "POST"])
@signed_in_required
def leave(membership_id: int) -> Any:
    """GET shows what would be left behind, and who could take it; POST leaves."""
    membership = _mine_or_404(membership_id)
    form = HeirForm(services.colleagues_of(membership))
    if form.validate_on_submit():
        try:
            with transaction():
                services.leave(membership_id, current_user, form.heir_id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est fait : vous n’en faites plus partie."), "success")
            return redirect(url_for("accounts.profile"))
        membership = _mine_or_404(membership_id)
    bookings, classes, activities = services.left_behind(membership)
    return render_template(
        "bookings/leaving/leave.html",
        membership=membership,
        form=form,
        bookings=bookings,
        classes=classes,
        activities=activities,
    )


@bp.route("/account/close", methods=["GET", "POST"])
@signed_in_required
def close() -> Any:
    """GET says what closing does; POST closes the account for good, and signs out."""
    form = CloseForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.close_account(current_user.id)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            logout_user()
            flash(_("Votre compte est fermé. Au revoir !"), "success")
            return redirect(url_for("programme.home"))
    return render_template("bookings/leaving/close.html", form=form)


@bp.route("/teacher/bookings/<int:booking_id>/hand-over", methods=["GET", "POST"])
@signed_in_required
def hand_over(booking_id: int) -> Any:
    """GET shows the colleagues who could follow the booking; POST hands it over."""
    booking, actor, membership = _to_hand_over_or_404(booking_id)
    form = HeirForm([each for each in services.colleagues_of(membership) if each.id != booking.teacher_id])
    if form.validate_on_submit():
        try:
            with transaction():
                services.hand_over(booking_id, form.heir_id or 0, current_user, actor=actor)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La réservation est confiée à votre collègue, qui en est prévenu."), "success")
            uai = booking.school.uai
            return redirect(url_for("teacher.home") if actor is Actor.TEACHER else url_for("school.home", uai=uai))
        booking = db.session.get_one(Booking, booking_id)
    back = (
        url_for("teacher.booking", booking_id=booking_id)
        if actor is Actor.TEACHER
        else url_for("school.home", uai=booking.school.uai)
    )
    return render_template("bookings/leaving/hand_over.html", booking=booking, form=form, back=back)


@bp.post("/company/<int:company_id>/people/<int:membership_id>/removal")
@signed_in_required
def remove_colleague(company_id: int, membership_id: int) -> Any:
    """A manager takes a colleague out; what they were the contact of comes to the manager."""
    company = company_or_404(company_id, MemberRole.HOST_MANAGER)
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.company_id != company.id or membership.person_id == current_user.id:
        abort(404)
    try:
        with transaction():
            services.remove_colleague(membership_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Votre collègue ne fait plus partie de l’entreprise."), "success")
    return redirect(url_for("accounts.company_people", company_id=company_id))


def _mine_or_404(membership_id: int) -> Membership:
    membership = db.session.get(Membership, membership_id)
    if membership is None or membership.person_id != current_user.id or membership.state not in LEAVABLE:
        abort(404)
    if membership.role not in SCHOOL_ROLES | COMPANY_ROLES:
        abort(404)
    return membership


def _to_hand_over_or_404(booking_id: int) -> tuple[Booking, Actor, Membership]:
    """The booking, for the teachers who follow it and for the head of its school; in whose name they hand it over."""
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        abort(404)
    mine = [m for m in my_memberships(*SCHOOL_ROLES) if m.school_id == booking.school_id]
    heads = [m for m in mine if m.is_trusted and m.role in (MemberRole.HEAD, MemberRole.DELEGATE)]
    is_own = current_user.id in (booking.teacher_id, booking.booked_by_id)
    if not mine or not (is_own or heads):
        abort(404)
    actor = Actor.TEACHER if is_own else Actor.HEAD
    if not is_allowed(booking.state, Event.HAND_OVER, actor):
        abort(404)
    return booking, actor, (mine if is_own else heads)[0]
