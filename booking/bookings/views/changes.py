"""A teacher's pages to change a booking: who comes, another date, what was asked of the host, the date that suits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import signed_in_required
from booking.bookings import services
from booking.bookings.change_forms import CountsForm, OtherDateForm, seen_of
from booking.bookings.forms import TeacherCancelForm
from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.changes import CHANGE_STATE_WORDS, ChangeKind, changed_words
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.minimums import minimum_words
from booking.bookings.rules.states import Actor, Event, State, is_allowed
from booking.bookings.services.asked import change_due, latest_change
from booking.bookings.services.changes import explain_move, is_late, moving_with, slots_to_move_to, supervision_of
from booking.bookings.services.minimums import here_and_now
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("changes", __name__, url_prefix="/teacher/bookings/<int:booking_id>")

# Dates that are shown: the possible ones first, then the nearest of the others, with what stands in their way.
POSSIBLE_SHOWN, OTHERS_SHOWN = 6, 3


@bp.route("/head-count", methods=["GET", "POST"])
@signed_in_required
def head_count(booking_id: int) -> Any:
    """GET shows who comes; POST changes it, or asks the host when it is too late to do so alone."""
    booking = _mine_to_change_or_404(booking_id)
    form = CountsForm.of(booking)
    if form.validate_on_submit():
        try:
            with transaction():
                asked = services.change_counts(
                    booking_id, current_user, form.counts(), seen=seen_of(form.seen), note=form.note.data or ""
                )
        except Refusal as refusal:
            _refuse(form, refusal, booking_id)
        else:
            flash(_asked_words(asked) if asked else _("C’est noté : les nombres ci-dessous sont à jour."), "success")
            return _to_booking(booking_id)
    return _page(_mine_or_404(booking_id), counts_form=form)


@bp.route("/date", methods=["GET", "POST"])
@signed_in_required
def date(booking_id: int) -> Any:
    """GET shows the other dates of the activity; POST moves the booking there, or asks the host."""
    booking = _mine_to_change_or_404(booking_id)
    form = OtherDateForm(slots_to_move_to(booking))
    if form.validate_on_submit():
        try:
            with transaction():
                asked = services.move_booking(
                    booking_id, form.slot_id.data, current_user, seen=seen_of(form.seen), note=form.note.data or ""
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            _refuse(form, refusal, booking_id)
        else:
            flash(_asked_words(asked) if asked else _moved_words(booking_id), "success")
            return _to_booking(booking_id)
    return _page(_mine_or_404(booking_id), date_form=form)


@bp.route("/cancellation-request", methods=["GET", "POST"])
@signed_in_required
def cannot_come(booking_id: int) -> Any:
    """Too late to cancel alone: GET shows the form, POST tells the host at once that the class cannot come."""
    booking = _mine_to_change_or_404(booking_id)
    form = TeacherCancelForm(about=booking)
    if form.validate_on_submit():
        try:
            with transaction():
                asked = services.ask_to_cancel(
                    booking_id, current_user, reason=form.reason.data or None, note=form.note.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_asked_words(asked), "success")
            return _to_booking(booking_id)
    booking = _mine_or_404(booking_id)
    return render_template("bookings/changes/cannot_come.html", booking=booking, slot=booking.slot, form=form)


@bp.post("/changes/<int:change_id>/withdrawal")
@signed_in_required
def withdraw(booking_id: int, change_id: int) -> Any:
    """Take back what was asked of the host."""
    booking = _mine_or_404(booking_id)
    change = db.session.get(BookingChange, change_id)
    if change is None or change.booking_id != booking.id:
        abort(404)
    try:
        with transaction():
            services.withdraw_change(change_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Votre demande est retirée : la réservation reste comme elle est."), "success")
    return _to_booking(booking_id)


@bp.post("/reconfirmation")
@signed_in_required
def reconfirm(booking_id: int) -> Any:
    """The new date of the slot suits."""
    _mine_or_404(booking_id)
    try:
        with transaction():
            services.reconfirm(booking_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("C’est noté : vous venez à la nouvelle date, l’entreprise le voit."), "success")
    return _to_booking(booking_id)


def _page(booking: Booking, *, counts_form: CountsForm | None = None, date_form: OtherDateForm | None = None) -> str:
    options = _options(booking)
    form = counts_form or date_form
    seen = {"seen": str(booking.revision)}
    return render_template(
        "bookings/changes/change.html",
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        panel=change_panel(booking),
        is_late=is_late(booking),
        due=change_due(booking.slot, clock.now()),
        counts_form=counts_form or CountsForm.of(booking),
        date_form=date_form or OtherDateForm([slot for slot, _answer in options], data=seen),
        form=form if form and (form.errors or form.problems) else None,
        about_date=date_form is not None,
        options=options,
        may_move=is_allowed(booking.state, Event.MOVE, Actor.TEACHER),
        together=[each for each in moving_with(booking) if each.id != booking.id],
        needed=supervision_of(booking).needed(booking.pupils),
    )


def _options(booking: Booking) -> list[tuple[Slot, Explanation]]:
    """The dates to choose from with what stands in the way of each, for all the classes that would move together."""
    slots = slots_to_move_to(booking)
    answers = [explain_move(each, slots) for each in moving_with(booking)]
    worst = {slot.id: max((each[slot.id] for each in answers), key=lambda answer: len(answer.stops)) for slot in slots}
    possible = [slot for slot in slots if worst[slot.id].is_possible][:POSSIBLE_SHOWN]
    others = [slot for slot in slots if not worst[slot.id].is_possible][:OTHERS_SHOWN]
    return [(slot, worst[slot.id]) for slot in (*possible, *others)]


def _refuse(form: Any, refusal: Refusal, booking_id: int) -> None:
    """Show the refusal; the next press is made in full knowledge of what the page now shows."""
    form.refuse(refusal)
    form.seen.data = str(db.session.get_one(Booking, booking_id, populate_existing=True).revision)


def _asked_words(change: BookingChange) -> str:
    if change.kind is ChangeKind.CANCEL:
        return _("L’entreprise est prévenue que vous ne pouvez pas venir. Sa réponse vous arrive par e-mail.")
    return _("La demande est envoyée à l’entreprise. Sa réponse vous arrive par e-mail.")


def _moved_words(booking_id: int) -> str:
    booking = db.session.get_one(Booking, booking_id)
    if booking.state is State.CONFIRMED:
        return _("C’est fait : la réservation a changé de date, votre agenda se met à jour par e-mail.")
    return _("C’est fait : votre demande porte maintenant sur cette date.")


def _to_booking(booking_id: int) -> Any:
    return redirect(url_for("teacher.booking", booking_id=booking_id))


def _mine_or_404(booking_id: int) -> Booking:
    found = db.session.get(Booking, booking_id)
    if found is None or current_user.id not in (found.teacher_id, found.booked_by_id):
        abort(404)
    return found


def _mine_to_change_or_404(booking_id: int) -> Booking:
    booking = _mine_or_404(booking_id)
    if not is_allowed(booking.state, Event.CHANGE_COUNT, Actor.TEACHER):
        # A page kept open while the booking ended: its own page says what became of it.
        flash(_("Cette réservation ne se change plus : voici où elle en est."), "warning")
        abort(_to_booking(booking_id))
    return booking


# ---- What the booking's own pages say of changes


@dataclass(frozen=True)
class ChangePanel:
    """pending: what waits for the host. answered: the last one that does not, while nothing newer replaced it.

    may_change: numbers or date. may_reconfirm: the class is asked whether the new date of its slot suits.
    minimum: what the class reads of the minimum of pupils.
    """

    pending: BookingChange | None
    answered: BookingChange | None
    may_change: bool
    may_reconfirm: bool
    is_late: bool
    minimum: str


@bp.app_template_global("change_panel")
def change_panel(booking: Booking) -> ChangePanel:
    slot, now = booking.slot, clock.now()
    latest = latest_change(booking.id)
    is_to_come = slot.starts_at > now
    return ChangePanel(
        pending=latest if latest and latest.is_pending else None,
        answered=latest if latest and not latest.is_pending and is_to_come else None,
        may_change=is_to_come and is_allowed(booking.state, Event.CHANGE_COUNT, Actor.TEACHER),
        may_reconfirm=booking.state is State.CONFIRMED and bool(booking.reconfirm_by and booking.reconfirm_by > now),
        is_late=is_to_come and is_late(booking),
        minimum=_minimum_of(slot) if booking.is_alive and is_to_come else "",
    )


def _minimum_of(slot: Slot) -> str:
    return minimum_words(
        slot.min_pupils,
        slot.taken_pupils,
        slot.decision_on,
        is_kept=slot.minimum_kept_at is not None,
        local_now=here_and_now(slot),
    )


@bp.app_template_filter("change_words")
def change_words(change: BookingChange) -> str:
    """What is asked for, in words: « 30 élèves au lieu de 27 »; the girls' count is left out."""
    if change.kind is ChangeKind.CANCEL:
        return _("la classe ne peut pas venir")
    if change.kind is ChangeKind.COUNT:
        wanted, seen = change.wanted, change.seen
        names = [name for name in wanted if wanted[name] != seen.get(name)]
        details = {"was": {name: seen[name] for name in names}, "now": {name: wanted[name] for name in names}}
    else:
        details = {"was": change.seen, "now": change.wanted}
    return ", ".join(changed_words(details, is_staff=not change.booking.level_code))


@bp.app_template_filter("change_state_words")
def change_state_words(change: BookingChange) -> str:
    return str(CHANGE_STATE_WORDS[change.state])
