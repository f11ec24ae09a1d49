"""A company's side: what was written to it, its answers, a word to all the classes of a slot."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings.models import Booking
from booking.bookings.queries import bookings_of_slot
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity, Slot
from booking.companies.models import Company
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n
from booking.messages import queries, services
from booking.messages.forms import MessageForm, PublishForm
from booking.messages.models import Question
from booking.messages.views.shown import message_form, thread_of_question

bp = Blueprint("company_messages", __name__, url_prefix="/company/<int:company_id>")


@bp.get("/messages")
@signed_in_required
def inbox(company_id: int) -> str:
    company = company_or_404(company_id)
    return render_template("messages/inbox.html", company=company, inbox=queries.inbox_of(company.id))


@bp.post("/activities/<int:activity_id>/review")
@signed_in_required
def ask_review(company_id: int, activity_id: int) -> Any:
    """The host has mended what officers hid, and asks them to read it again."""
    company = company_or_404(company_id)
    activity = db.session.get(Activity, activity_id)
    if activity is None or activity.company_id != company.id:
        abort(404)
    try:
        with transaction():
            services.ask_review(activity_id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Les services académiques sont prévenus : ils reliront l’activité."), "success")
    return redirect(url_for("hosting.activity", company_id=company.id, activity_id=activity_id))


@bp.route("/bookings/<int:booking_id>/messages", methods=["GET", "POST"])
@signed_in_required
def booking(company_id: int, booking_id: int) -> Any:
    """The thread alone with its form; the booking's page shows it too."""
    company = company_or_404(company_id)
    found = db.session.get(Booking, booking_id)
    if found is None or found.slot.activity.company_id != company.id:
        abort(404)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.write_on_booking(found.id, current_user, Actor.HOST, form.text.data or "", form.key.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le message est parti : l’enseignant le reçoit par e-mail et le lit sur sa page."), "success")
            return redirect(url_for("company.booking", company_id=company.id, booking_id=found.id, _anchor="messages"))
    return render_template(
        "messages/booking.html",
        booking=found,
        company=company,
        message_side="host",
        form=form if form.errors or form.problems else message_form(found.slot),
    )


@bp.route("/slots/<int:slot_id>/messages", methods=["GET", "POST"])
@signed_in_required
def slot(company_id: int, slot_id: int) -> Any:
    """One message to every class that comes."""
    company = company_or_404(company_id)
    found = db.session.get(Slot, slot_id)
    if found is None or found.activity.company_id != company.id:
        abort(404)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                written = services.write_to_slot(found.id, current_user, form.text.data or "", form.key.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                _n(
                    "Le message est parti vers %(num)d classe.",
                    "Le message est parti vers %(num)d classes, chacune le reçoit seule.",
                    len(written),
                ),
                "success",
            )
            return redirect(url_for("company.slot", company_id=company.id, slot_id=found.id))
    return render_template(
        "messages/slot.html",
        company=company,
        slot=found,
        readers=bookings_of_slot(found.id, *services.WRITTEN_TO),
        form=form if form.errors or form.problems else message_form(found),
    )


@bp.route("/questions/<int:question_id>", methods=["GET", "POST"])
@signed_in_required
def question(company_id: int, question_id: int) -> Any:
    company = company_or_404(company_id)
    found = _question_or_404(company, question_id)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.write_on_question(
                    found.id, current_user, Actor.HOST, form.text.data or "", form.key.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La réponse est partie : l’enseignant la reçoit par e-mail."), "success")
            return redirect(url_for(".question", company_id=company.id, question_id=found.id))
    return _question_page(company, found, form=form if form.errors or form.problems else message_form())


@bp.post("/questions/<int:question_id>/publication")
@signed_in_required
def publish(company_id: int, question_id: int) -> Any:
    """Show question and answer to everybody, in the host's wording."""
    company = company_or_404(company_id)
    found = _question_or_404(company, question_id)
    form = PublishForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.publish_answer(found.id, form.question.data or "", form.answer.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Question et réponse se lisent maintenant sur la page de l’activité, sans dire qui a demandé."), "success")  # fmt: skip
            return redirect(url_for(".question", company_id=company.id, question_id=found.id))
    return _question_page(company, found, publish_form=form)


@bp.post("/questions/<int:question_id>/withdrawal")
@signed_in_required
def withdraw(company_id: int, question_id: int) -> Any:
    company = company_or_404(company_id)
    found = _question_or_404(company, question_id)
    with transaction():
        services.withdraw_answer(found.id)
    flash(_("La question et sa réponse ne sont plus publiques."), "success")
    return redirect(url_for(".question", company_id=company.id, question_id=found.id))


def _question_page(
    company: Company, found: Question, *, form: MessageForm | None = None, publish_form: PublishForm | None = None
) -> str:
    own = [message for message in found.messages if message.written_by is Actor.HOST]
    words = {
        "question": found.public_question or found.messages[0].text,
        "answer": found.public_answer or (own[-1].text if own else ""),
    }
    return render_template(
        "messages/question_company.html",
        company=company,
        question=found,
        activity=found.activity,
        thread=thread_of_question(found, Actor.HOST),
        form=publish_form or form,
        message_form=form or message_form(),
        publish_form=publish_form or PublishForm(formdata=None, data=words),
        is_publishing=publish_form is not None,
        has_answer=bool(own),
    )


def _question_or_404(company: Company, question_id: int) -> Question:
    found = db.session.get(Question, question_id)
    if found is None or found.activity.company_id != company.id:
        abort(404)
    return found
