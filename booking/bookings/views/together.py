"""Booking several classes at once: for one slot, or each on its own slot of the same day."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.permissions import my_schools, signed_in_required
from booking.bookings import queries, services
from booking.bookings.forms import TogetherForm, class_words, together_form
from booking.bookings.models import Booking
from booking.bookings.queries import Choice
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.states import LinkRule, State
from booking.bookings.services.places import NotFound
from booking.bookings.services.requests import KeyReused, answer_due
from booking.bookings.views.teacher import bookable_slot_or_404
from booking.catalogue.models import BookedBy, ConfirmationMode, Slot
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import Audience, SchoolClass

bp = Blueprint("together", __name__, url_prefix="/teacher")

FEWEST = 2
# Each class that is answered for costs some reads: beyond so many, those that are chosen are answered for.
MOST_ANSWERED = 8


@bp.route("/slots/<int:slot_id>/book-together", methods=["GET", "POST"])
@signed_in_required
def book(slot_id: int) -> Any:
    """Two classes or more: all of them or none."""
    slot = bookable_slot_or_404(slot_id)
    if slot.activity.booked_by is not BookedBy.CLASS:
        abort(404)
    classes = [each for each in queries.saved_classes(current_user) if each.audience is Audience.PUPILS]
    slots = _this_first(slot)
    form = together_form(classes, slots, _first_class(classes))
    if form.validate_on_submit():
        chosen = form.chosen()
        if len(chosen) < FEWEST:
            form.problems.append(_("Choisissez deux classes au moins, ou réservez pour une seule."))
        elif bookings := _booked(form, chosen):
            flash(_booked_words(bookings), "success")
            return redirect(url_for("teacher.booking", booking_id=_mine_first(bookings).id))
    return _page(slot, slots, classes, form)


def _booked(form: TogetherForm, chosen: dict[int, tuple[int, int | None]]) -> list[Booking]:
    """The bookings, or nothing when they were refused: the form then says why."""
    wishes = [services.Wish(slot_id, class_id, adults) for class_id, (slot_id, adults) in chosen.items()]
    try:
        with transaction():
            return services.request_together(
                wishes,
                current_user,
                rule=LinkRule(form.rule.data),
                key=form.key.data,
                message=form.message.data or "",
                as_option=form.wants_option,
            )
    except NotFound:
        abort(404)
    except Refusal as refusal:
        # Whose obstacle it is, the page says class by class.
        form.problems.append(
            refusal.message if isinstance(refusal, KeyReused) else _("Ces classes ne peuvent pas venir ensemble ainsi.")
        )
        form.renew_key()
        return []


def _page(slot: Slot, slots: list[Slot], classes: list[SchoolClass], form: TogetherForm) -> str:
    chosen = form.chosen()
    return render_template(
        "bookings/together/book.html",
        slot=slot,
        slots=slots,
        activity=slot.activity,
        form=form,
        mine=[each for each in classes if each.owner_id == current_user.id],
        others=[each for each in classes if each.owner_id != current_user.id],
        owners=queries.owner_names(classes),
        class_words=class_words,
        chosen=chosen,
        answers=_answers(slot, slots, classes, chosen if request.method == "POST" else {}),
        journeys={each.id: queries.journey_of(slot, each.school) for each in classes},
        asks_host=slot.activity.confirmation is ConfirmationMode.APPROVAL
        or any(not queries.is_trusted_at(current_user.id, school.id) for school in my_schools()),
        answer_due=answer_due(slot, clock.now()),
    )


def _answers(
    slot: Slot, slots: list[Slot], classes: list[SchoolClass], chosen: dict[int, tuple[int, int | None]]
) -> dict[int, Explanation]:
    """For each class that was chosen, with the others; before anything is, for each class alone."""
    by_id = {each.id: each for each in slots}
    if chosen:
        known = {each.id: each for each in classes}
        return queries.explain_together(
            [Choice(by_id[slot_id], known[class_id], adults) for class_id, (slot_id, adults) in chosen.items()]
        )
    return {each.id: queries.explain(slot, each) for each in classes[:MOST_ANSWERED]}


def _this_first(slot: Slot) -> list[Slot]:
    return sorted(queries.slots_of_day(slot), key=lambda each: (each.id != slot.id, each.starts_at, each.id))


def _first_class(classes: list[SchoolClass]) -> SchoolClass | None:
    wanted = request.args.get("class_id", "")
    return next((each for each in classes if str(each.id) == wanted), None)


def _mine_first(bookings: list[Booking]) -> Booking:
    return min(bookings, key=lambda each: (each.teacher_id != current_user.id, each.id))


def _booked_words(bookings: list[Booking]) -> str:
    names = ", ".join(booking.class_name for booking in bookings)
    states = {booking.state for booking in bookings}
    if states == {State.CONFIRMED}:
        return _("C’est réservé, ensemble\u00a0: %(names)s. Les invitations partent par e-mail.", names=names)
    if states == {State.HELD}:
        return _("Les places sont gardées, ensemble\u00a0: %(names)s.", names=names)
    return _("Les demandes sont envoyées, ensemble\u00a0: %(names)s.", names=names)
