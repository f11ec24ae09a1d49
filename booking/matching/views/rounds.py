"""A round as everybody reads it, and as a teacher takes part: rank wishes, follow, complain."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.permissions import signed_in_required
from booking.bookings.queries import saved_classes, travel_to
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.matching.rounds import queries, services
from booking.matching.rounds.forms import ComplaintForm
from booking.matching.rounds.models import AllocationRound, RoundEntry
from booking.matching.rounds.reports import COACH, ROAD_FACTOR, report_of, standing_of, weights_shown
from booking.matching.rounds.rules import (
    SHOWN_RESULT,
    STATE_WORDS,
    by_positions,
    masked_count,
    moved,
    private_line,
)
from booking.schools.models import Audience, SchoolClass

bp = Blueprint("rounds", __name__)
STEPS = {"up": -1, "down": 1}
# Above so many slots a class reads those it can have first, and the rest is left out.
MOST_SHOWN = 200


@bp.app_template_global("round_state")
def _round_state(each: AllocationRound) -> tuple[Any, str]:
    """The words of the state, as the clock has it, and its tone."""
    if each.state == "open" and not each.takes_wishes(clock.now()):
        return STATE_WORDS[type(each.state).CLOSED]
    return STATE_WORDS[each.state]


@bp.app_template_global("round_of_slot")
def _round_of_slot(slot: Slot) -> AllocationRound | None:
    return queries.round_holding(slot.id) if slot.round_until else None


@bp.app_template_global("rounds_of_activity")
def _rounds_of_activity(activity: Activity) -> list[AllocationRound]:
    found = {each.id: each for slot in activity.slots if slot.round_until and (each := queries.round_holding(slot.id))}
    return list(found.values())


@bp.app_template_global("my_rounds")
def _my_rounds() -> tuple[list[AllocationRound], list[RoundEntry]]:
    """For a teacher's home: the rounds that take wishes, and those the person's classes took part in."""
    classes = _my_classes()
    entries = queries.entries_of_person(current_user.id, [each.id for each in classes])
    mine = {each.id for each in classes}
    return list(queries.open_rounds()) if classes else [], [
        each for each in entries if each.class_id in mine and each.wishes
    ]


# ---- Everybody


@bp.get("/rounds")
def index() -> str:
    """The rounds that were announced."""
    return render_template("matching/rounds/index.html", rounds=queries.announced())


@bp.get("/rounds/<int:round_id>")
def show(round_id: int) -> str:
    """The rule of a round and, once it is published, what came out; without names."""
    each = _announced_or_404(round_id)
    run = queries.applied_run(each.id) if each.state in SHOWN_RESULT else None
    slots = queries.slots_of(each.id)
    return render_template(
        "matching/rounds/show.html",
        round=each,
        run=run,
        report=report_of(run) if run else None,
        entries=masked_count(queries.count_entries(each.id)),
        slots=slots,
        places=sum(slot.max_classes for slot in slots),
        takes_wishes=each.takes_wishes(clock.now()),
        factor=COACH,
        road_factor=ROAD_FACTOR,
        **weights_shown(each),
    )


# ---- The teacher


@bp.get("/teacher/rounds/<int:round_id>")
@signed_in_required
def choose(round_id: int) -> Any:
    """Which class takes part; with a single one, its wishes at once."""
    each = _announced_or_404(round_id)
    classes = _my_classes()
    if len(classes) == 1:
        return redirect(url_for(".wishes", round_id=round_id, class_id=classes[0].id))
    entries = {school_class.id: queries.entry_of(round_id, school_class.id) for school_class in classes}
    return render_template("matching/rounds/choose.html", round=each, classes=classes, entries=entries)


@bp.get("/teacher/rounds/<int:round_id>/classes/<int:class_id>")
@signed_in_required
def wishes(round_id: int, class_id: int) -> str:
    """The class's wishes, what else there is to wish for, and, once published, what became of them."""
    return _page(_announced_or_404(round_id), _mine_or_404(class_id), ComplaintForm(prefix="complaint"))


@bp.post("/teacher/rounds/<int:round_id>/classes/<int:class_id>/wishes")
@signed_in_required
def change_wishes(round_id: int, class_id: int) -> Any:
    """One press: add, take back, raise or lower a wish, or the order typed in the boxes. `act` is « up:12 » or « order »."""
    _announced_or_404(round_id)
    _mine_or_404(class_id)
    entry = queries.entry_of(round_id, class_id)
    before = [wish.slot_id for wish in entry.wishes] if entry else []
    verb, _colon, number = request.form.get("act", "").partition(":")
    slot_id = _number(number)
    if verb == "order":
        after = by_positions(before, {slot: _number(request.form.get(f"rank-{slot}", "")) or 99 for slot in before})
    elif verb == "add" and slot_id:
        after = [*before, slot_id]
    elif verb == "remove":
        after = [slot for slot in before if slot != slot_id]
    elif verb in STEPS and slot_id in before:
        after = moved(before, slot_id, STEPS[verb])
    else:
        abort(400)
    try:
        with transaction():
            services.set_wishes(round_id, class_id, current_user, after)
    except NotFound:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Vos vœux sont enregistrés."), "success")
    return redirect(url_for(".wishes", round_id=round_id, class_id=class_id, _anchor="wishes"))


@bp.post("/teacher/rounds/<int:round_id>/classes/<int:class_id>/withdrawal")
@signed_in_required
def withdraw(round_id: int, class_id: int) -> Any:
    """The class takes no part any more."""
    return _done(round_id, class_id, _("La classe ne participe plus au tour."), services.withdraw_class)


@bp.post("/teacher/rounds/<int:round_id>/classes/<int:class_id>/complaint")
@signed_in_required
def complain(round_id: int, class_id: int) -> Any:
    each, school_class = _announced_or_404(round_id), _mine_or_404(class_id)
    form = ComplaintForm(prefix="complaint")
    if not form.validate_on_submit():
        return _page(each, school_class, form)
    return _done(round_id, class_id, _("Votre réclamation est transmise."), services.complain, form.words.data or "")


def _done(round_id: int, class_id: int, said: str, verb: Any, *more: Any) -> Any:
    _announced_or_404(round_id)
    _mine_or_404(class_id)
    try:
        with transaction():
            verb(round_id, class_id, current_user, *more)
    except NotFound:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(said, "success")
    return redirect(url_for(".wishes", round_id=round_id, class_id=class_id))


def _page(each: AllocationRound, school_class: SchoolClass, form: ComplaintForm) -> str:
    entry = queries.entry_of(each.id, school_class.id)
    slots = {slot.id: slot for slot in queries.slots_of(each.id)}
    chosen = [slots[wish.slot_id] for wish in entry.wishes] if entry else []
    is_open = each.takes_wishes(clock.now())
    others = [slot for slot in slots.values() if slot not in chosen] if is_open else []
    stops = queries.obstacles_to_wishes(others, school_class)
    possible = [slot for slot in others if stops[slot.id] is None]
    is_shown = each.state in SHOWN_RESULT
    run = queries.applied_run(each.id) if is_shown else None
    standing = standing_of(run, school_class.id) if run else None
    return render_template(
        "matching/rounds/wishes.html",
        round=each,
        school_class=school_class,
        entry=entry,
        chosen=chosen,
        is_open=is_open,
        may_withdraw=not is_open and entry is not None and each.state in ("open", "closed", "solved"),
        possible=possible[:MOST_SHOWN],
        most_shown=MOST_SHOWN,
        impossible=[(slot, stops[slot.id]) for slot in others if stops[slot.id] is not None][:MOST_SHOWN],
        contested=queries.contested(each.id),
        travel=lambda slot: travel_to(slot.activity, school_class.school),
        outcome=private_line(standing) if standing else None,
        is_served=bool(standing and standing.ranks),
        is_shown=is_shown,
        complaint=queries.complaint_of(each.id, school_class.id),
        may_complain=is_shown and bool(each.complaints_until and clock.now() < each.complaints_until),
        form=form,
    )


def _announced_or_404(round_id: int) -> AllocationRound:
    each = queries.round_of(round_id)
    if each is None or each.opened_at is None:
        abort(404)
    return each


def _mine_or_404(class_id: int) -> SchoolClass:
    return next((each for each in _my_classes() if each.id == class_id), None) or abort(404)


def _my_classes() -> list[SchoolClass]:
    return [each for each in saved_classes(current_user) if each.audience is Audience.PUPILS]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
