"""The waiting list for a teacher: joining it for one date or several of an activity, leaving it in one press."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.permissions import signed_in_required
from booking.bookings import line, queries, services
from booking.bookings.forms import MAX_ADULTS, MAX_PUPILS, WaitForm
from booking.bookings.jobs import serve_line
from booking.bookings.models import Booking
from booking.bookings.rules import line_words
from booking.bookings.rules.states import OFFERED_BY_HOST, State
from booking.bookings.services.places import NotFound, take_freed
from booking.bookings.views.teacher import bookable_slot_or_404, my_booking_or_404
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n
from booking.core.jobs import place_of
from booking.schools.models import SchoolClass

log = logging.getLogger(__name__)
bp = Blueprint("waiting", __name__, url_prefix="/teacher")
bp.add_app_template_filter(line_words.skipped_words)


@bp.after_app_request
def _serve_freed_lines(response: Response) -> Response:
    """Offer at once what this request has freed. A failure is the worker's to mend: the answer is already given."""
    for slot_id in take_freed():
        try:
            serve_line(slot_id)
        except Exception as error:
            log.error("the line of a slot was not served at once: %s", place_of(error))
    return response


@bp.route("/slots/<int:slot_id>/wait", methods=["GET", "POST"])
@signed_in_required
def join(slot_id: int) -> Any:
    """GET says what waiting means and which dates would do; POST joins."""
    slot = bookable_slot_or_404(slot_id)
    school_class = _class_or_404()
    acceptable = line.acceptable_slots(slot, school_class)
    form = WaitForm([each for each, _answer in acceptable], slot)
    if request.method == "GET":
        form.adults.data = _asked("adults", MAX_ADULTS) or school_class.adults
        form.pupils.data = _asked("pupils", MAX_PUPILS)
    refused = None
    if form.validate_on_submit():
        try:
            with transaction():
                joined = services.join_line(
                    form.slot_ids(), school_class.id, current_user, adults=form.adults.data, pupils=form.pupils.data
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            refused = refusal
            form.refuse(refusal)
        else:
            flash(_joined_words(joined), "success")
            first = next((booking for booking in joined if booking.slot_id == slot.id), joined[0])
            return redirect(url_for("teacher.booking", booking_id=first.id))
    return _page(slot, school_class, form, refused)


def _page(slot: Slot, school_class: SchoolClass, form: WaitForm, refused: Refusal | None) -> str:
    answer = queries.explain(slot, school_class)
    return render_template(
        "bookings/waiting/join.html",
        slot=slot,
        activity=slot.activity,
        school_class=school_class,
        form=form,
        explanation=answer,
        may_wait=answer.may_ask_to_wait,
        refused=refused,
        in_line=slot.waiting_classes,
        rule=line_words.rule_words(clock.now(), slot.closes_at),
        alternatives=queries.alternatives(slot, school_class),
    )


def _class_or_404() -> SchoolClass:
    """The class of the address, or the person's usual one."""
    classes = queries.saved_classes(current_user)
    wanted = request.values.get("class_id", type=int)
    chosen = next((each for each in classes if each.id == wanted), None)
    return chosen or (wanted is None and queries.usual_class(classes, current_user.id)) or abort(404)


def _asked(name: str, most: int) -> int | None:
    number = request.args.get(name, type=int)
    return number if number is not None and 0 < number <= most else None


def _joined_words(joined: list[Booking]) -> str:
    return _n(
        "C’est noté : la %(name)s est en liste d’attente. Nous vous écrivons dès que c’est son tour.",
        "C’est noté : la %(name)s est en liste d’attente pour %(num)d dates. Nous vous écrivons dès que c’est son tour pour l’une d’elles.",
        len(joined),
        name=joined[0].class_name,
    )


@bp.post("/bookings/<int:booking_id>/departure")
@signed_in_required
def leave(booking_id: int) -> Any:
    """Leave the line, or decline the place it offers: one press."""
    booking = my_booking_or_404(booking_id)
    was_offered = booking.state is State.OFFERED
    try:
        with transaction():
            services.leave_line(booking.id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("La place est refusée : elle est proposée à la classe suivante.")
            if was_offered
            else _("Votre classe n’est plus sur la liste d’attente."),
            "success",
        )
    return redirect(url_for("teacher.booking", booking_id=booking.id))


@bp.app_template_global()
def line_place(booking: Booking) -> dict[str, Any] | None:
    """What the page of a waiting booking says of its line; nothing for another booking."""
    if booking.state is not State.WAITING:
        return None
    place = line.place_of(booking)
    return {
        "where": line_words.where_words(place.rank, place.ahead_pupils, place.is_workshop),
        "places": line_words.places_words(place),
        "standing": line_words.standing_words(place),
        "away": line_words.away_words(place),
        "rule": line_words.rule_words(clock.now(), booking.slot.closes_at),
        "others": line.other_waits(booking),
    }


@bp.app_template_test("from_the_line")
def _is_from_the_line(booking: Booking) -> bool:
    """Whether it waits, or holds a place that the list offers: then it is left in one press."""
    return booking.state is State.WAITING or (booking.state is State.OFFERED and booking.origin not in OFFERED_BY_HOST)
