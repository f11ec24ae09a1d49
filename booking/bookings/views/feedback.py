"""What one thinks of a visit: by the link of a mail, or signed in; and what a company's visitors thought, together."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask_login import current_user

from booking.accounts.action_links import action_page
from booking.accounts.models import ActionLink, Person
from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.feedback_forms import FORMS
from booking.bookings.feedback_results import feedback_of, of_company
from booking.bookings.models import Booking, Feedback
from booking.bookings.rules.feedback import WORKED
from booking.bookings.rules.states import Actor, State
from booking.bookings.services.feedback import PURPOSE
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.schools.models import Audience

bp = Blueprint("feedback", __name__)


@action_page(PURPOSE)
def by_link(link: ActionLink, token: str) -> Any:
    """The question of a mail. A GET shows, a POST answers; afterwards the same link shows what was answered."""
    asked = db.session.get(Feedback, int(link.object_key.partition("/")[2])) or abort(404)
    return _page(asked.booking, asked.side, None)


@bp.route("/teacher/bookings/<int:booking_id>/feedback", methods=["GET", "POST"])
@signed_in_required
def teacher(booking_id: int) -> Any:
    booking = db.session.get(Booking, booking_id)
    if booking is None or current_user.id not in (booking.teacher_id, booking.booked_by_id):
        abort(404)
    return _page(booking, Actor.TEACHER, current_user)


@bp.route("/company/<int:company_id>/bookings/<int:booking_id>/feedback", methods=["GET", "POST"])
@signed_in_required
def host(company_id: int, booking_id: int) -> Any:
    company = company_or_404(company_id)
    booking = db.session.get(Booking, booking_id)
    if booking is None or booking.slot.activity.company_id != company.id:
        abort(404)
    return _page(booking, Actor.HOST, current_user)


@bp.get("/company/<int:company_id>/feedback")
@signed_in_required
def company(company_id: int) -> str:
    """What teachers thought of each activity of the company."""
    company = company_or_404(company_id)
    return render_template("bookings/feedback/company.html", company=company, results=of_company(company.id))


def _page(booking: Booking, side: Actor, person: Person | None) -> Any:
    form = FORMS[side]()
    if request.method == "POST" and _is_awaited(booking, side) and form.validate():
        try:
            with transaction():
                services.give_feedback(booking.id, side, person, form.opinion())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(request.path)
    other = Actor.HOST if side is Actor.TEACHER else Actor.TEACHER
    mine = feedback_of(booking.id, side)
    return render_template(
        "bookings/feedback/page.html",
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        is_teacher=side is Actor.TEACHER,
        is_awaited=_is_awaited(booking, side),
        mine=mine if mine and mine.answered_at else None,
        theirs=feedback_of(booking.id, other),
        has_pupils=booking.school_class.audience is not Audience.STAFF,
        worked_words=WORKED,
        form=form,
    )


def _is_awaited(booking: Booking, side: Actor) -> bool:
    """A visit that took place, and that this side has not spoken of. Asked again on each press: nobody answers twice."""
    given = feedback_of(booking.id, side)
    return booking.state is State.ATTENDED and not (given and given.answered_at)
