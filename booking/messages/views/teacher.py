"""A teacher's side: messages on a booking, questions before one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.permissions import my_schools, signed_in_required
from booking.bookings.models import Booking
from booking.bookings.queries import is_public
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.messages import queries, services
from booking.messages.forms import LONGEST_QUESTION, AskForm, MessageForm
from booking.messages.models import Question
from booking.messages.rules.writing import StillUnanswered
from booking.messages.views.shown import message_form, thread_of_question

bp = Blueprint("teacher_messages", __name__, url_prefix="/teacher")


@bp.route("/bookings/<int:booking_id>/messages", methods=["GET", "POST"])
@signed_in_required
def booking(booking_id: int) -> Any:
    """The thread alone with its form; the booking's page shows it too."""
    found = db.session.get(Booking, booking_id)
    if found is None or current_user.id not in (found.teacher_id, found.booked_by_id):
        abort(404)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.write_on_booking(
                    found.id, current_user, Actor.TEACHER, form.text.data or "", form.key.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le message est parti : l’entreprise le reçoit par e-mail et le lit sur sa page."), "success")
            return redirect(url_for("teacher.booking", booking_id=found.id, _anchor="messages"))
    return render_template(
        "messages/booking.html",
        booking=found,
        company=None,
        message_side="teacher",
        form=form if form.errors or form.problems else message_form(),
    )


@bp.get("/questions")
@signed_in_required
def questions() -> str:
    return render_template("messages/questions.html", questions=queries.questions_of_person(current_user.id))


@bp.route("/activities/<int:activity_id>/questions/new", methods=["GET", "POST"])
@signed_in_required
def ask(activity_id: int) -> Any:
    """The question typed on the activity's page, in the address: signing in keeps it. POST sends it."""
    activity = db.session.get(Activity, activity_id)
    if activity is None or not is_public(activity):
        abort(404)
    schools = my_schools()
    form = AskForm(schools) if request.method == "POST" else AskForm(
        schools, formdata=None, data={"text": request.args.get("question", "")[:LONGEST_QUESTION]}
    )  # fmt: skip
    waiting: int | None = None
    if schools and form.validate_on_submit():
        try:
            with transaction():
                asked = services.ask(activity.id, current_user, form.school, form.text.data or "", form.key.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
            waiting = refusal.question_id if isinstance(refusal, StillUnanswered) else None
        else:
            flash(_("La question est partie. La réponse vous arrive par e-mail et se lit ici."), "success")
            return redirect(url_for(".question", question_id=asked.id))
    return render_template("messages/ask.html", activity=activity, form=form, schools=schools, waiting=waiting)


@bp.route("/questions/<int:question_id>", methods=["GET", "POST"])
@signed_in_required
def question(question_id: int) -> Any:
    found = db.session.get(Question, question_id)
    if found is None or found.asker_id != current_user.id:
        abort(404)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.write_on_question(
                    found.id, current_user, Actor.TEACHER, form.text.data or "", form.key.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le message est parti."), "success")
            return redirect(url_for(".question", question_id=found.id))
    return render_template(
        "messages/question_teacher.html",
        question=found,
        activity=found.activity,
        is_shown=is_public(found.activity),
        thread=thread_of_question(found, Actor.TEACHER),
        form=form if form.errors or form.problems else message_form(),
    )
