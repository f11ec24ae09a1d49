"""A company's pages: what awaits an answer, who comes and when, moving or cancelling a slot."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings import queries, services
from booking.bookings.day_sheets import EXPECTED, line_of
from booking.bookings.forms import AnswerForm, HostCancelForm, MoveForm, SlotCancelForm
from booking.bookings.line import host_line
from booking.bookings.models import Booking
from booking.bookings.rules.capacity import groups_of
from booking.bookings.rules.line_words import fitting_words
from booking.bookings.rules.states import ALIVE, Actor, Answer, Event, State, is_allowed
from booking.calendars.downloads import download_response
from booking.calendars.models import Side
from booking.catalogue.models import Slot, SlotState
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n

bp = Blueprint("company", __name__, url_prefix="/company/<int:company_id>")

PAST_SHOWN = timedelta(days=400)
# Places are counted for these; the others of a slot are shown apart.
COMING = (State.HELD, State.REQUESTED, State.CONFIRMED, State.OFFERED, State.ATTENDED)


@bp.get("/")
@signed_in_required
def home(company_id: int) -> str:
    company = company_or_404(company_id)
    now = clock.now()
    bookings = queries.bookings_of_company(company.id)
    by_slot: dict[int, list[Booking]] = defaultdict(list)
    for booking in bookings:
        by_slot[booking.slot_id].append(booking)
    slots = queries.slots_of_company(company.id, since=now - PAST_SHOWN)
    waiting = [booking for booking in bookings if _awaits_host(booking) and booking.slot.ends_at > now]
    to_come = [slot for slot in slots if slot.ends_at > now]
    chosen = {booking.slot_id for booking in bookings if booking.state in (*COMING, State.WAITING)}
    return render_template(
        "bookings/company/home.html",
        company=company,
        waiting=sorted(waiting, key=lambda booking: (booking.host_answer_due_at or booking.slot.starts_at, booking.id)),
        answer_forms={booking.id: AnswerForm(about=booking) for booking in waiting},
        to_come=[slot for slot in to_come if slot.id in chosen],
        empty=[slot for slot in to_come if slot.id not in chosen],
        past=[slot for slot in reversed(slots) if slot.ends_at <= now],
        by_slot=by_slot,
        coming=COMING,
    )


def _awaits_host(booking: Booking) -> bool:
    return booking.state is State.REQUESTED and booking.host_answer is Answer.PENDING


# ---- One booking


@bp.get("/bookings/<int:booking_id>")
@signed_in_required
def booking(company_id: int, booking_id: int) -> str:
    company = company_or_404(company_id)
    return _booking_page(company, _booking_or_404(company, booking_id))


@bp.get("/bookings/<int:booking_id>.ics")
@signed_in_required
def calendar_file(company_id: int, booking_id: int) -> Response:
    company = company_or_404(company_id)
    return download_response(_booking_or_404(company, booking_id), Side.COMPANY, current_user)


@bp.route("/bookings/<int:booking_id>/answer", methods=["GET", "POST"])
@signed_in_required
def answer(company_id: int, booking_id: int) -> Any:
    """GET shows the request with the form of a refusal open; POST answers."""
    company = company_or_404(company_id)
    booking = _booking_or_404(company, booking_id)
    form = AnswerForm(about=booking)
    if form.validate_on_submit() and _answered(booking, form):
        flash(_answered_words(booking), "success")
        return redirect(url_for(".home", company_id=company.id))
    return _booking_page(company, booking, answer_form=form)


def _answered(booking: Booking, form: AnswerForm) -> bool:
    """Whether the booking now has this answer. A second press of the button finds what the first one did: no error."""
    try:
        with transaction():
            services.answer_request(
                booking.id,
                current_user,
                accept=form.accepts,
                reason=form.reason.data or None,
                note=form.note.data or "",
            )
    except Refusal as refusal:
        if not _has_answer(booking, accept=form.accepts):
            form.refuse(refusal)
            return False
    return True


def _has_answer(booking: Booking, *, accept: bool) -> bool:
    if accept:
        return booking.host_answer is Answer.YES and booking.state in (State.REQUESTED, State.CONFIRMED)
    return booking.host_answer is Answer.NO and booking.state is State.DECLINED


def _answered_words(booking: Booking) -> str:
    names = {"name": booking.class_name, "school": booking.school.name}
    if booking.state is State.DECLINED:
        return _("Demande refusée : %(school)s en est informé et reçoit d’autres idées de visites.", **names)
    if booking.state is State.CONFIRMED:
        return _("C’est confirmé : la %(name)s (%(school)s) vient. L’invitation part vers votre agenda.", **names)
    return _("Vous avez accepté la %(name)s (%(school)s). Il manque encore l’accord du chef d’établissement.", **names)


@bp.route("/bookings/<int:booking_id>/cancellation", methods=["GET", "POST"])
@signed_in_required
def cancel(company_id: int, booking_id: int) -> Any:
    """GET shows the booking with the form open; POST cancels."""
    company = company_or_404(company_id)
    booking = _booking_or_404(company, booking_id)
    form = HostCancelForm(about=booking)
    if form.validate_on_submit():
        try:
            with transaction():
                services.cancel_booking(
                    booking.id, current_user, Actor.HOST, reason=form.reason.data, note=form.note.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                _(
                    "La venue de la %(name)s est annulée : %(school)s en est informé.",
                    name=booking.class_name,
                    school=booking.school.name,
                ),
                "success",
            )
            return redirect(url_for(".booking", company_id=company.id, booking_id=booking.id))
    return _booking_page(company, booking, cancel_form=form)


def _booking_page(
    company: Company,
    booking: Booking,
    *,
    answer_form: AnswerForm | None = None,
    cancel_form: HostCancelForm | None = None,
) -> str:
    is_over = booking.slot.ends_at <= clock.now()
    return render_template(
        "bookings/company/booking.html",
        company=company,
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        may_answer=_awaits_host(booking) and not is_over,
        may_cancel=is_allowed(booking.state, Event.CANCEL, Actor.HOST) and not is_over,
        answer_form=answer_form or AnswerForm(about=booking),
        cancel_form=cancel_form or HostCancelForm(about=booking),
        form=answer_form or cancel_form,
        is_declining=answer_form is not None,
        is_cancelling=cancel_form is not None,
        knows_teacher=booking.is_alive or booking.state is State.ATTENDED,
        groups=groups_of(booking.pupils, booking.slot.activity.group_size_max),
        mobile=_mobile_of_the_day(booking),
        has_file=booking.state is State.CONFIRMED,
    )


def _mobile_of_the_day(booking: Booking) -> str:
    """The teacher's mobile, given from the day before to the day after."""
    return line_of(booking).mobile if booking.state in EXPECTED else ""


def _booking_or_404(company: Company, booking_id: int) -> Booking:
    found = db.session.get(Booking, booking_id)
    if found is None or found.slot.activity.company_id != company.id:
        abort(404)
    return found


# ---- One slot


@bp.get("/slots/<int:slot_id>")
@signed_in_required
def slot(company_id: int, slot_id: int) -> str:
    company = company_or_404(company_id)
    return _slot_page(company, _slot_or_404(company, slot_id))


@bp.route("/slots/<int:slot_id>/move", methods=["GET", "POST"])
@signed_in_required
def slot_move(company_id: int, slot_id: int) -> Any:
    """GET shows the slot with the form open; POST moves it."""
    company = company_or_404(company_id)
    slot = _slot_or_404(company, slot_id)
    form = _move_form(slot)
    if form.validate_on_submit():
        start, end = form.times()
        try:
            with transaction():
                services.move_slot(slot.id, current_user, start, end, note=form.note.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_moved_words(slot), "success")
            return redirect(url_for(".slot", company_id=company.id, slot_id=slot.id))
    return _slot_page(company, slot, move_form=form)


def _moved_words(slot: Slot) -> str:
    told = len(queries.bookings_of_slot(slot.id, *ALIVE))
    if not told:
        return _("Le créneau est déplacé.")
    return _n(
        "Le créneau est déplacé. La classe inscrite est prévenue ; sans réponse de sa part, elle vient.",
        "Le créneau est déplacé. Les %(num)d classes inscrites sont prévenues ; sans réponse de leur part, elles viennent.",
        told,
    )


@bp.route("/slots/<int:slot_id>/cancellation", methods=["GET", "POST"])
@signed_in_required
def slot_cancel(company_id: int, slot_id: int) -> Any:
    """GET shows the slot with the form open; POST cancels it whole."""
    company = company_or_404(company_id)
    slot = _slot_or_404(company, slot_id)
    form = SlotCancelForm(about=slot)
    if form.validate_on_submit():
        try:
            with transaction():
                services.cancel_slot(slot.id, current_user, reason=form.reason.data, note=form.note.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                _("Le créneau est annulé. Chaque classe inscrite est prévenue et reçoit d’autres idées de visites."),
                "success",
            )
            return redirect(url_for(".slot", company_id=company.id, slot_id=slot.id))
    return _slot_page(company, slot, cancel_form=form)


def _move_form(slot: Slot) -> MoveForm:
    start, end = slot.local_start, slot.local_end
    return MoveForm(data={"day": start.date(), "start": start.time(), "end": end.time()})


def _slot_page(
    company: Company, slot: Slot, *, move_form: MoveForm | None = None, cancel_form: SlotCancelForm | None = None
) -> str:
    bookings = queries.bookings_of_slot(slot.id)
    waiting = [booking for booking in bookings if booking.state is State.WAITING]
    line, in_order = host_line(slot, waiting)
    return render_template(
        "bookings/company/slot.html",
        company=company,
        slot=slot,
        activity=slot.activity,
        coming=[booking for booking in bookings if booking.state in COMING],
        in_line=list(zip(in_order, line.order, strict=True)),
        fitting=fitting_words(line, slot.activity.comes_to_class),
        gone=[booking for booking in bookings if booking.state not in (*COMING, State.WAITING)],
        told=sum(booking.is_alive for booking in bookings),
        may_change=slot.state is not SlotState.CANCELLED and slot.ends_at > clock.now(),
        is_over=slot.ends_at <= clock.now(),
        move_form=move_form or _move_form(slot),
        cancel_form=cancel_form or SlotCancelForm(about=slot),
        form=move_form or cancel_form,
        is_moving=move_form is not None,
        is_cancelling=cancel_form is not None,
    )


def _slot_or_404(company: Company, slot_id: int) -> Slot:
    found = db.session.get(Slot, slot_id)
    if found is None or found.activity.company_id != company.id:
        abort(404)
    return found
