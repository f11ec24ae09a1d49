"""Reporting a page or a message. Anybody may report a page, without an account; only its readers a message."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.models import COMPANY_ROLES
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.bookings.queries import is_public
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.messages import services
from booking.messages.forms import ReportForm
from booking.messages.models import Message
from booking.messages.rules.reports import Ground

bp = Blueprint("reports", __name__)


@bp.route("/programme/report/<int:activity_id>", methods=["GET", "POST"])
def activity(activity_id: int) -> Any:
    """A form of its own: the activity's page stays without a cookie."""
    found = db.session.get(Activity, activity_id)
    if found is None or not is_public(found):
        abort(404)
    return _page(found, None, url_for("programme.activity", ref=ref_of(found)))


@bp.route("/messages/<int:message_id>/report", methods=["GET", "POST"])
@signed_in_required
def message(message_id: int) -> Any:
    found = db.session.get(Message, message_id)
    if found is None or found.hidden_at or not _was_sent_to_me(found):
        abort(404)
    return _page(found.activity, found, _page_of(found))


def _page(activity: Activity, message: Message | None, back: str) -> Any:
    form = ReportForm()
    # A program that fills in every field is thanked like anybody, and nothing is kept.
    if form.validate_on_submit() and (form.website.data or _reported(activity, message, form)):
        flash(_("Merci. Les services académiques liront votre signalement."), "success")
        return redirect(back)
    return render_template("messages/report.html", activity=activity, message=message, form=form, back=back)


def _reported(activity: Activity, message: Message | None, form: ReportForm) -> bool:
    person = current_user if current_user.is_authenticated else None
    try:
        with transaction():
            services.report(
                activity,
                message,
                Ground(form.ground.data),
                form.text.data or "",
                person=person,
                address=request.remote_addr or "",
            )
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    return True


def _was_sent_to_me(message: Message) -> bool:
    """Of a message only whoever received it may say that it should not be there."""
    if message.written_by is Actor.TEACHER:
        return any(m.company_id == message.activity.company_id for m in my_memberships(*COMPANY_ROLES))
    booking, question = message.booking, message.question
    readers = (booking.teacher_id, booking.booked_by_id) if booking else (question.asker_id,)  # type: ignore[union-attr]
    return current_user.id in readers


def _page_of(message: Message) -> str:
    company_id = message.activity.company_id
    if message.written_by is Actor.HOST:
        if message.booking_id:
            return url_for("teacher.booking", booking_id=message.booking_id)
        return url_for("teacher_messages.question", question_id=message.question_id)
    if message.booking_id:
        return url_for("company.booking", company_id=company_id, booking_id=message.booking_id)
    return url_for("company_messages.question", company_id=company_id, question_id=message.question_id)
