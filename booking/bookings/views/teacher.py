"""A teacher's pages: bookings, saved classes, booking a slot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import joinedload

from booking.accounts.permissions import my_schools, safe_next, signed_in_required
from booking.bookings import queries, services
from booking.bookings.day_sheets import EXPECTED
from booking.bookings.forms import MAX_ADULTS, MAX_PUPILS, BookForm, ClassForm, TeacherCancelForm
from booking.bookings.models import Booking
from booking.bookings.queries import clocks_of
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.sentences import next_step
from booking.bookings.rules.states import ENDED, Actor, Event, LinkRule, State, is_allowed
from booking.bookings.services.places import NotFound
from booking.bookings.services.requests import KeyReused, answer_due
from booking.calendars.downloads import download_response
from booking.calendars.models import Side
from booking.catalogue.invitations import invited_slots
from booking.catalogue.models import Activity, ConfirmationMode, Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools import classes
from booking.schools.absences import absences_by_class
from booking.schools.models import School, SchoolClass

bp = Blueprint("teacher", __name__, url_prefix="/teacher")

# Obstacles that the teacher can lift on the very form: another slot would be no help.
ON_THE_FORM = frozenset({"adults_missing"})
NOT_ABOUT_THE_SLOT = ON_THE_FORM | {"booked_already", "waits_already"}


@bp.get("/")
@signed_in_required
def home() -> str:
    """My bookings: those to come first, then the others."""
    now = clock.now()
    bookings = queries.bookings_of_teacher(current_user)
    to_come = [booking for booking in bookings if booking.is_alive and booking.slot.ends_at > now]
    over = [booking for booking in reversed(bookings) if booking not in to_come]
    return render_template("bookings/teacher/home.html", to_come=to_come, over=over, schools=my_schools())


# ---- Saved classes


@bp.get("/classes", endpoint="classes")
@signed_in_required
def my_classes() -> str:
    mine = classes.classes_of_owner(current_user.id)
    return render_template(
        "classes/list.html",
        mine=mine,
        absences=absences_by_class(mine),
        archived=classes.classes_of_owner(current_user.id, archived=True),
        schools=my_schools(),
    )


@bp.route("/classes/new", methods=["GET", "POST"])
@signed_in_required
def class_new() -> Any:
    schools = my_schools()
    if not schools:
        return redirect(url_for(".classes"))
    form = ClassForm(schools, data=_typed_class(schools) if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            with transaction():
                saved = classes.save_class(current_user.id, form.school, form.values())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La classe %(name)s est enregistrée.", name=saved.name), "success")
            return redirect(_with_class(safe_next(url_for(".classes")), saved))
    return render_template("classes/form.html", form=form, school_class=None)


def _typed_class(schools: Sequence[School]) -> dict[str, Any]:
    """What the address says of a class typed before there was an account: the form checks it like anything typed."""
    args = request.args
    typed = {
        "school_id": next((school.id for school in schools if school.uai == args.get("uai")), None),
        "level_code": args.get("class_level"),
        "pupils": args.get("pupils", type=int),
        "adults": args.get("adults", type=int),
    }
    return {name: value for name, value in typed.items() if value is not None}


def _with_class(target: str, school_class: SchoolClass) -> str:
    """The page the teacher came from, now with the class in its query: the booking form then shows it."""
    if target == url_for(".classes") or "class_id=" in target or "#" in target:
        return target
    return f"{target}{'&' if '?' in target else '?'}class_id={school_class.id}"


@bp.route("/classes/<int:class_id>", methods=["GET", "POST"])
@signed_in_required
def class_edit(class_id: int) -> Any:
    school_class = _my_class_or_404(class_id)
    form = ClassForm([school_class.school], obj=school_class)
    if form.validate_on_submit():
        try:
            with transaction():
                classes.edit_class(school_class, form.values())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La classe %(name)s est à jour.", name=school_class.name), "success")
            return redirect(safe_next(url_for(".classes")))
    return render_template("classes/form.html", form=form, school_class=school_class)


@bp.post("/classes/<int:class_id>/archive")
@signed_in_required
def class_archive(class_id: int) -> Any:
    school_class = _my_class_or_404(class_id)
    with transaction():
        classes.archive_class(school_class)
    flash(_("La classe %(name)s est archivée. Ses réservations restent.", name=school_class.name), "success")
    return redirect(url_for(".classes"))


@bp.post("/classes/<int:class_id>/restoration")
@signed_in_required
def class_restore(class_id: int) -> Any:
    school_class = _my_class_or_404(class_id)
    try:
        with transaction():
            classes.restore_class(school_class)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("La classe %(name)s est de retour.", name=school_class.name), "success")
    return redirect(url_for(".classes"))


def _my_class_or_404(class_id: int) -> SchoolClass:
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None or school_class.owner_id != current_user.id:
        abort(404)
    return school_class


# ---- Booking a slot


@bp.route("/slots/<int:slot_id>/book", methods=["GET", "POST"])
@signed_in_required
def book(slot_id: int) -> Any:
    slot = bookable_slot_or_404(slot_id)
    choice = queries.saved_classes(current_user)
    form = BookForm(choice)
    refused: Refusal | None = None
    if form.validate_on_submit():
        try:
            with transaction():
                booking = services.request_places(
                    slot.id,
                    form.class_id.data,
                    current_user,
                    adults=form.adults.data,
                    pupils=form.pupils.data,
                    key=form.key.data,
                    message=form.message.data or "",
                    as_option=form.wants_option,
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            refused = refusal
            form.refuse(refusal)
            if isinstance(refusal, KeyReused):
                form.renew_key()
        else:
            flash(booked_words(booking), "success")
            return redirect(url_for(".booking", booking_id=booking.id))
    return _booking_form_page(slot, choice, form, refused)


def _booking_form_page(slot: Slot, choice: list[SchoolClass], form: BookForm, refused: Refusal | None) -> str:
    chosen = _chosen_class(slot, choice, form)
    answer = Explanation()
    alternatives: list[Slot] = []
    if chosen:
        form.class_id.data = chosen.id
        if request.method == "GET":
            form.adults.data = request.args.get("adults", chosen.adults, type=int)
        answer = _explanation(slot, chosen, form)
        codes = {stop.code for stop in answer.stops} | ({refused.code} if refused else set())
        if codes - NOT_ABOUT_THE_SLOT:
            alternatives = queries.alternatives(slot, chosen)
    return render_template(
        "bookings/teacher/book.html",
        slot=slot,
        activity=slot.activity,
        form=form,
        choice=choice,
        chosen=chosen,
        explanation=answer,
        said_already=refused.code if refused else "",
        can_try=all(stop.field for stop in answer.stops),
        may_wait=answer.may_ask_to_wait,
        asks_host=slot.activity.confirmation is ConfirmationMode.APPROVAL
        or bool(chosen and not queries.is_trusted_at(current_user.id, chosen.school_id)),
        answer_due=answer_due(slot, clock.now()),
        existing=_existing_booking(slot, chosen),
        alternatives=alternatives,
        me=current_user.id,
        colleague=colleague_of(chosen),
        journey=queries.journey_of(slot, chosen.school) if chosen else None,
        schools=my_schools(),
    )


def colleague_of(chosen: SchoolClass | None) -> str:
    """The name of the colleague whose class it is; nothing for one's own."""
    return queries.owner_names([chosen])[chosen.owner_id] if chosen and chosen.owner_id != current_user.id else ""


def _explanation(slot: Slot, chosen: SchoolClass, form: BookForm) -> Explanation:
    """As the form stands, when its numbers are plausible; else as the class is saved."""
    adults = form.adults.data if form.adults.data in range(MAX_ADULTS + 1) else None
    pupils = form.pupils.data if form.pupils.data in range(1, MAX_PUPILS + 1) else None
    return queries.explain(slot, chosen, adults=adults, pupils=pupils)


def _chosen_class(slot: Slot, choice: list[SchoolClass], form: BookForm) -> SchoolClass | None:
    """The class asked for, else the usual one."""
    wanted = form.class_id.data if request.method == "POST" else request.args.get("class_id", type=int)
    asked = next((one for one in choice if one.id == wanted), None)
    return asked or queries.usual_class(choice, current_user.id, slot.activity)


def _existing_booking(slot: Slot, chosen: SchoolClass | None) -> Booking | None:
    """My own booking of this class on this slot, to lead there instead of booking twice."""
    if chosen is None:
        return None
    mine = queries.bookings_of_slot(slot.id)
    return next((b for b in mine if b.class_id == chosen.id and b.is_alive and _is_mine(b)), None)


def bookable_slot_or_404(slot_id: int) -> Slot:
    """A slot of the public programme, or one that a school of the person is invited to; a cancelled one says so."""
    slot = db.session.get(
        Slot,
        slot_id,
        options=[
            joinedload(Slot.activity).joinedload(Activity.site),
            joinedload(Slot.activity).joinedload(Activity.company),
        ],
    )
    if slot is None or not (queries.is_public(slot.activity) or _is_invited(slot)):
        abort(404)
    return slot


def _is_invited(slot: Slot) -> bool:
    if not queries.is_private(slot.activity):
        return False
    return any(slot.id in invited_slots(school.id) for school in my_schools())


def booked_words(booking: Booking) -> str:
    step = next_step(clocks_of(booking), Actor.TEACHER)
    if booking.state is State.CONFIRMED:
        return _(
            "C’est réservé pour la %(name)s. L’invitation part vers votre agenda par e-mail.", name=booking.class_name
        )
    if booking.state is State.HELD:
        return _("Les places sont gardées pour la %(name)s. %(step)s", name=booking.class_name, step=step)
    if booking.state is State.REQUESTED:
        return _("La demande pour la %(name)s est envoyée. %(step)s", name=booking.class_name, step=step)
    return step


# ---- One booking


@bp.get("/bookings/<int:booking_id>")
@signed_in_required
def booking(booking_id: int) -> str:
    return _booking_page(my_booking_or_404(booking_id))


@bp.get("/bookings/<int:booking_id>.ics")
@signed_in_required
def calendar_file(booking_id: int) -> Response:
    return download_response(my_booking_or_404(booking_id), Side.CLASS, current_user)


@bp.post("/bookings/<int:booking_id>/confirmation")
@signed_in_required
def confirm(booking_id: int) -> Any:
    """Turn an option into a request or a firm booking."""
    booking = my_booking_or_404(booking_id)
    try:
        with transaction():
            services.confirm_option(booking.id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(booked_words(booking), "success")
    return redirect(url_for(".booking", booking_id=booking.id))


@bp.post("/bookings/<int:booking_id>/acceptance")
@signed_in_required
def accept(booking_id: int) -> Any:
    """Take an offered place."""
    booking = my_booking_or_404(booking_id)
    try:
        with transaction():
            services.accept_offer(booking.id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(booked_words(booking), "success")
    return redirect(url_for(".booking", booking_id=booking.id))


@bp.route("/bookings/<int:booking_id>/cancellation", methods=["GET", "POST"])
@signed_in_required
def cancel(booking_id: int) -> Any:
    """GET shows the booking with the form open; POST cancels."""
    booking = my_booking_or_404(booking_id)
    form = TeacherCancelForm(about=booking)
    if form.validate_on_submit():
        try:
            with transaction():
                services.cancel_booking(
                    booking.id, current_user, Actor.TEACHER, reason=form.reason.data, note=form.note.data or ""
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(
                _(
                    "La réservation est annulée. %(company)s en est informée.",
                    company=booking.slot.activity.company.name,
                ),
                "success",
            )
            return redirect(url_for(".booking", booking_id=booking.id))
    return _booking_page(booking, form)


def _booking_page(booking: Booking, form: TeacherCancelForm | None = None) -> str:
    now = clock.now()
    slot = booking.slot
    may_cancel = is_allowed(booking.state, Event.CANCEL, Actor.TEACHER) and slot.ends_at > now
    is_late = booking.state is State.CONFIRMED and bool(booking.cancellable_until and now > booking.cancellable_until)
    ended = booking.state in ENDED
    return render_template(
        "bookings/teacher/booking.html",
        booking=booking,
        slot=slot,
        activity=slot.activity,
        cancel_form=form or TeacherCancelForm(about=booking),
        form=form,
        may_cancel=may_cancel,
        is_late=is_late,
        is_open=form is not None,
        knows_contact=booking.state in (State.REQUESTED, State.CONFIRMED, State.HELD, State.OFFERED),
        has_file=booking.state is State.CONFIRMED,
        has_papers=booking.state not in ENDED | {State.WAITING, State.MISSED, State.EXCUSED},
        has_day=booking.state in EXPECTED,
        alternatives=queries.alternatives(slot, booking.school_class) if ended and slot.starts_at > now else [],
        ended=ended,
        goes_with_others=booking.group is not None and booking.group.rule is LinkRule.BOTH_OR_NEITHER,
        linked=queries.linked_bookings(booking),
        is_mine=_is_mine,
        is_for_colleague=booking.teacher_id != current_user.id,
    )


def my_booking_or_404(booking_id: int) -> Booking:
    found = db.session.get(Booking, booking_id)
    if found is None or not _is_mine(found):
        abort(404)
    return found


def _is_mine(booking: Booking) -> bool:
    return current_user.id in (booking.teacher_id, booking.booked_by_id)
