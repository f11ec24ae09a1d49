"""A host's pages about changes: answering what a class asks for, head-counts, minimums, cancelling a whole activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings import queries, services
from booking.bookings.change_forms import ChangeAnswerForm, HostCountsForm, seen_of
from booking.bookings.forms import SlotCancelForm
from booking.bookings.models import Booking, BookingChange
from booking.bookings.queries_of_changes import changes_awaiting, said_yes_to_move, slots_to_decide
from booking.bookings.rules.changes import ChangeKind, ChangeState, Counts
from booking.bookings.rules.states import ALIVE, Actor, Event, State, is_allowed
from booking.bookings.services.minimums import is_asked_now
from booking.catalogue import hosting
from booking.catalogue.models import Activity, PublicationState, Slot
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n

bp = Blueprint("company_changes", __name__, url_prefix="/company/<int:company_id>")


@bp.route("/bookings/<int:booking_id>/changes/<int:change_id>", methods=["GET", "POST"])
@signed_in_required
def answer(company_id: int, booking_id: int, change_id: int) -> Any:
    """GET shows what is asked for; POST accepts or refuses it."""
    company = company_or_404(company_id)
    booking = _booking_or_404(company, booking_id)
    change = db.session.get(BookingChange, change_id)
    if change is None or change.booking_id != booking.id:
        abort(404)
    form = ChangeAnswerForm(about=change_id)
    if form.validate_on_submit():
        try:
            with transaction():
                services.answer_change(change_id, current_user, accept=form.accepts, note=form.note.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_answered_words(change), "success")
            return redirect(url_for("company.booking", company_id=company_id, booking_id=booking_id))
        change = db.session.get_one(BookingChange, change_id)
    return render_template(
        "bookings/changes/answer.html",
        company=company, change=change, booking=change.booking, slot=change.booking.slot, form=form,
    )  # fmt: skip


def _answered_words(change: BookingChange) -> str:
    if change.state is ChangeState.REFUSED:
        return _("C’est noté : la réservation reste comme elle est, l’enseignant en est informé.")
    if change.kind is ChangeKind.CANCEL:
        return _("La venue de la classe est annulée : ses places sont rendues.")
    return _("Le changement est fait : l’enseignant et les agendas sont à jour.")


@bp.route("/bookings/<int:booking_id>/head-count", methods=["GET", "POST"])
@signed_in_required
def head_count(company_id: int, booking_id: int) -> Any:
    """The numbers agreed on with the class: GET shows them, POST changes them and tells both sides."""
    company = company_or_404(company_id)
    booking = _booking_or_404(company, booking_id)
    if not is_allowed(booking.state, Event.CHANGE_COUNT, Actor.HOST):
        abort(404)
    form = HostCountsForm.of(booking)
    if form.validate_on_submit():
        # What the host is not shown stays as the teacher said it.
        counts = Counts(form.pupils.data or 0, form.adults.data or 0, booking.assistants, _girls(booking, form))
        try:
            with transaction():
                services.change_counts(
                    booking_id, current_user, counts, actor=Actor.HOST, seen=seen_of(form.seen),
                    note=form.note.data or "",
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
            form.seen.data = str(db.session.get_one(Booking, booking_id, populate_existing=True).revision)
        else:
            flash(_("C’est noté : l’enseignant en est informé, les agendas sont à jour."), "success")
            return redirect(url_for("company.booking", company_id=company_id, booking_id=booking_id))
    booking = _booking_or_404(company, booking_id)
    return render_template(
        "bookings/changes/host_head_count.html", company=company, booking=booking, slot=booking.slot, form=form
    )


def _girls(booking: Booking, form: HostCountsForm) -> int | None:
    """Kept while it can still be true of a smaller class."""
    return booking.girls if booking.girls is not None and booking.girls <= (form.pupils.data or 0) else None


@bp.post("/slots/<int:slot_id>/minimum")
@signed_in_required
def keep(company_id: int, slot_id: int) -> Any:
    """The slot takes place although its minimum is not reached."""
    company = company_or_404(company_id)
    slot = db.session.get(Slot, slot_id)
    if slot is None or slot.activity.company_id != company.id:
        abort(404)
    try:
        with transaction():
            services.keep_slot(slot_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("C’est noté : ce créneau a lieu. Les classes inscrites le lisent sur leur page."), "success")
    return redirect(url_for("company.slot", company_id=company_id, slot_id=slot_id))


@bp.route("/activities/<int:activity_id>/cancellation", methods=["GET", "POST"])
@signed_in_required
def cancel_activity(company_id: int, activity_id: int) -> Any:
    """GET says what would be lost; POST cancels every date to come, and every class is told."""
    company = company_or_404(company_id)
    activity = hosting.activity_of(company, activity_id)
    if activity is None:
        abort(404)
    form = SlotCancelForm()
    if form.validate_on_submit():
        try:
            with transaction():
                told = services.cancel_activity(
                    activity_id, current_user, reason=form.reason.data or None, note=form.note.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_cancelled_words(told), "success")
            return redirect(url_for("hosting.activity", company_id=company_id, activity_id=activity_id))
    activity = db.session.get_one(Activity, activity_id)
    slots = hosting.slots_to_come(activity)
    return render_template(
        "bookings/changes/cancel_activity.html",
        company=company,
        activity=activity,
        form=form,
        slots=slots,
        losing=sum(len(queries.bookings_of_slot(slot.id, *ALIVE)) for slot in slots),
        is_possible=bool(slots) or activity.state is PublicationState.PUBLISHED,
    )


def _cancelled_words(told: int) -> str:
    if not told:
        return _("L’activité est annulée et n’est plus au programme. Personne n’était inscrit.")
    return _n(
        "L’activité est annulée et n’est plus au programme. La classe inscrite est prévenue et reçoit d’autres idées de visites.",
        "L’activité est annulée et n’est plus au programme. Les %(num)d classes inscrites sont prévenues et reçoivent d’autres idées de visites.",
        told,
    )


def _booking_or_404(company: Company, booking_id: int) -> Booking:
    found = db.session.get(Booking, booking_id)
    if found is None or found.slot.activity.company_id != company.id:
        abort(404)
    return found


# ---- What the host's own pages say of changes

bp.add_app_template_global(changes_awaiting)


@bp.app_template_global("slots_to_decide")
def _slots_to_decide(company_id: int) -> list[Slot]:
    return [slot for slot in slots_to_decide(company_id) if is_asked_now(slot)]


@bp.app_template_test("to_decide")
def _is_to_decide(slot: Slot) -> bool:
    return is_asked_now(slot)


@dataclass(frozen=True)
class MoveReply:
    """What a class said of the new date. yes_at: when it said that it suits; until: until when it may still say."""

    booking: Booking
    yes_at: datetime | None
    until: datetime | None


@bp.app_template_global("replies_to_move")
def replies_to_move(slot: Slot) -> list[MoveReply]:
    """Of a slot that moved and is still to come: who said yes, who is silent until when, who was silent and comes."""
    if slot.starts_at <= clock.now():
        return []
    coming = queries.bookings_of_slot(slot.id, State.CONFIRMED)
    moved, yes = said_yes_to_move([booking.id for booking in coming])
    return [
        MoveReply(booking, yes.get(booking.id), booking.reconfirm_by) for booking in coming if booking.id in moved
    ]  # fmt: skip
