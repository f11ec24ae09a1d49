"""The day itself: the host's sheet, the same by its own link without an account, and the teacher's page on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.action_links import action_page
from booking.accounts.models import ActionLink, Person
from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings import queries, services
from booking.bookings.day_forms import VisitForm, pressed_at, sent_key, sent_minutes
from booking.bookings.day_sheets import Sheet, line_of, sheet_of_slot, sheets_of_day
from booking.bookings.models import Booking, VisitRecord
from booking.bookings.rules.day import DELAYS_MIN
from booking.bookings.rules.sentences import recorder_words
from booking.bookings.rules.states import Actor, Event, State, is_allowed
from booking.bookings.services.day_links import PURPOSE, day_sheet_token
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.dates import format_day, format_hour
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("day", __name__)

# Forms with what is wrong in them, by booking; nothing when the deed is done.
Wrong = dict[int, VisitForm]


@bp.route("/company/<int:company_id>/days/<day>", methods=["GET", "POST"])
@signed_in_required
def sheet(company_id: int, day: str) -> Any:
    """All the company's slots of a day, by site. A POST is one deed about one class, or about a slot's own link."""
    company = company_or_404(company_id)
    on = _day_or_404(day)
    sites = sheets_of_day(company.id, on)
    sheets = [each for _site, sheets in sites for each in sheets]
    here = url_for(".sheet", company_id=company.id, day=on.isoformat())
    wrong: Wrong = {}
    if request.method == "POST":
        if request.form.get("what") in ("open-link", "close-link"):
            slot = _pick((each.slot for each in sheets), "slot_id")
            _change_link(slot)
            return redirect(f"{here}#slot-{slot.id}")
        booking, wrong = _act(sheets, Actor.HOST, current_user)
        if not wrong:
            return redirect(f"{here}#class-{booking.id}")
        sites = sheets_of_day(company.id, on)
        sheets = [each for _site, sheets in sites for each in sheets]
    return render_template(
        "bookings/day/company.html",
        company=company,
        day=on,
        sites=sites,
        sheets=sheets,
        forms=_forms(sheets, wrong),
        wrong=next(iter(wrong.values()), None),
        link_of=_link_of,
        around=(on - timedelta(days=1), on + timedelta(days=1)),
    )


def _day_or_404(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _link_of(slot: Slot) -> str | None:
    """The address of the sheet's own link, when it was made."""
    token = day_sheet_token(slot)
    return url_for("accounts.action", token=token) if token else None


def _change_link(slot: Slot) -> None:
    slot_id = slot.id
    try:
        with transaction():
            if request.form["what"] == "open-link":
                services.open_day_sheet(slot_id)
            else:
                services.close_day_sheet(slot_id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("Le lien est prêt : il s’ouvre de la veille au surlendemain de la visite.")
            if request.form["what"] == "open-link"
            else _("Le lien est retiré : il n’ouvre plus rien."),
            "success",
        )


@action_page(PURPOSE)
def sheet_by_link(link: ActionLink, token: str) -> Any:
    """One slot's sheet for whoever receives the class. Before the day before, it says when it opens."""
    slot = db.session.get(Slot, int(link.object_key.partition("/")[2])) or abort(404)
    shown = sheet_of_slot(slot)
    if not shown.day.opens_sheet(clock.now()):
        return render_template("bookings/day/not_yet.html", slot=slot, day=shown.day)
    wrong: Wrong = {}
    if request.method == "POST":
        booking, wrong = _act([shown], Actor.HOST, None)
        if not wrong:
            return redirect(url_for("accounts.action", token=token) + f"#class-{booking.id}")
        shown = sheet_of_slot(slot)
    return render_template(
        "bookings/day/by_link.html",
        sheet=shown,
        slot=slot,
        forms=_forms([shown], wrong),
        wrong=next(iter(wrong.values()), None),
    )


@bp.route("/teacher/bookings/<int:booking_id>/day", methods=["GET", "POST"])
@signed_in_required
def teacher(booking_id: int) -> Any:
    """When to leave, where to go, whom to call; late, arrived, who came: each in one tap."""
    booking = db.session.get(Booking, booking_id)
    if booking is None or current_user.id not in (booking.teacher_id, booking.booked_by_id):
        abort(404)
    shown = sheet_of_slot(booking.slot)
    mine = [line.booking for line in shown.lines if line.booking.id == booking.id] or abort(404)
    wrong: Wrong = {}
    if request.method == "POST":
        _booking, wrong = _deed(mine, Actor.TEACHER, current_user)
        if not wrong:
            return redirect(url_for(".teacher", booking_id=booking.id) + f"#class-{booking.id}")
    now = clock.now()
    return render_template(
        "bookings/day/teacher.html",
        line=line_of(booking),
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        journey=queries.journey_of(booking.slot, booking.school),
        delays=DELAYS_MIN,
        is_today=shown.day.is_on(now) and booking.state is State.CONFIRMED,
        may_arrive=shown.can_record and is_allowed(booking.state, Event.ARRIVE, Actor.TEACHER) and not booking.arrival,
        can_record=shown.can_record,
        keys=Sheet(booking.slot, shown.day, [line_of(booking)], shown.can_record).keys,
        visit_form=wrong.get(booking.id) or VisitForm(booking, formdata=None),
        wrong=wrong.get(booking.id),
    )


@bp.app_template_filter("local_hour")
def _local_hour(moment: datetime, timezone: str) -> str:
    """The hour of an instant, as the clock of the place says."""
    return format_hour(moment.astimezone(ZoneInfo(timezone)))


@bp.app_template_filter("local_day")
def _local_day(moment: datetime, timezone: str) -> str:
    return format_day(moment.astimezone(ZoneInfo(timezone)))


@bp.app_template_filter("recorder_words")
def _recorder_words(record: VisitRecord) -> str:
    return recorder_words(record.actor, record.told_by)


# ---- One deed about one class


def _act(sheets: Iterable[Sheet], actor: Actor, person: Person | None) -> tuple[Booking, Wrong]:
    return _deed([line.booking for each in sheets for line in each.lines], actor, person)


def _deed(bookings: Iterable[Booking], actor: Actor, person: Person | None) -> tuple[Booking, Wrong]:
    """Do what the posted form asks about one of these bookings; the form with what is wrong when it cannot be done."""
    booking = _pick(bookings, "booking_id")
    what = request.form.get("what", "")
    deed = _DEEDS.get((what, actor)) or _DEEDS.get((what, None)) or abort(400)
    # A single button posts no counts: what it may have to show again is the form as it stands.
    form = VisitForm(booking) if deed is _record else VisitForm(booking, formdata=None)
    if deed is _record and not form.validate():
        return booking, {booking.id: form}
    try:
        with transaction():
            said = deed(booking.id, actor, person, form)
    except Refusal as refusal:
        form.refuse(refusal)
        return booking, {booking.id: form}
    flash(*said)
    return booking, {}


def _pick(choices: Iterable[Any], name: str) -> Any:
    """The one of these whose number was posted; another's is a 404."""
    wanted = request.form.get(name, type=int)
    return next((each for each in choices if each.id == wanted), None) or abort(404)


def _late(booking_id: int, _actor: Actor, person: Person | None, _form: VisitForm) -> tuple[str, str]:
    services.announce_delay(booking_id, person, sent_minutes(), key=sent_key())
    return _("L’entreprise est prévenue du retard."), "success"


def _arrive(booking_id: int, actor: Actor, person: Person | None, _form: VisitForm) -> tuple[str, str]:
    booking = services.note_arrival(booking_id, actor, person, key=sent_key(), pressed_at=pressed_at())
    return _("Arrivée de la classe notée : %(name)s.", name=booking.class_name), "success"


def _record(booking_id: int, actor: Actor, person: Person | None, form: VisitForm) -> tuple[str, str]:
    record = services.record_visit(
        booking_id, actor, person, form.result(), key=form.key.data or "", seen_id=form.seen_id
    )
    if record.stands:
        return _("C’est noté."), "success"
    return _(
        "Quelqu’un l’avait déjà noté : votre relevé est gardé à côté. Relisez, et corrigez s’il le faut."
    ), "warning"


_Deed = Callable[[int, Actor, Person | None, VisitForm], tuple[str, str]]
# By what the form asks and who sends it; None: either side.
_DEEDS: Mapping[tuple[str, Actor | None], _Deed] = {
    ("late", Actor.TEACHER): _late,
    ("arrive", None): _arrive,
    ("record", None): _record,
}


def _forms(sheets: Iterable[Sheet], wrong: Wrong) -> Wrong:
    """A form for each class of the sheets; the one that was refused, as it was typed."""
    bookings = [line.booking for each in sheets for line in each.lines]
    return {booking.id: wrong.get(booking.id) or VisitForm(booking, formdata=None) for booking in bookings}
