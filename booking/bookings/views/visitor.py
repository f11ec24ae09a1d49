"""A class before an account: typed in a small form, kept in the address from page to page, saved when it books."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.permissions import is_local_path, my_schools, signed_in_required
from booking.bookings import queries
from booking.bookings.forms import MAX_ADULTS, MAX_PUPILS, USUAL_ADULTS, GuestForm, NewClassBookForm
from booking.bookings.guests import ComingClass, GuestClass
from booking.bookings.rules.explain import Explanation
from booking.bookings.rules.journey import Journey
from booking.bookings.services.new_classes import save_class_and_book
from booking.bookings.services.places import NotFound
from booking.bookings.services.requests import answer_due
from booking.bookings.views.teacher import bookable_slot_or_404, booked_words
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.schools.models import Audience, SchoolClass
from booking.schools.queries import school_by_uai
from booking.schools.reference import levels_for

bp = Blueprint("visitor", __name__)

# What the address of a page says of the class, and what the class makes of the search.
CLASS_WORDS = ("uai", "class_level", "pupils", "adults", "class_id")
# Where the programme looks: with one of these in its address, the school's département is not added.
WHERE_WORDS = frozenset({"departement", "academie", "place", "near", "lat"})
# A mixed group has no level to look for.
MIXED = "AUTRE"
_KEPT = "booking.guest"


# ---- What the address says


@dataclass(frozen=True)
class Typed:
    """The class of the address, if it makes sense. is_unread: something was said of one, and it means nothing."""

    guest: GuestClass | None
    is_unread: bool


@bp.app_template_global()
def typed_class() -> Typed:
    """The class that the address of this request speaks of, read once."""
    if _KEPT not in request.environ:
        guest = _read(request.args)
        said = any(request.args.get(name) for name in ("uai", "class_level"))
        request.environ[_KEPT] = Typed(guest, is_unread=said and guest is None)
    typed: Typed = request.environ[_KEPT]
    return typed


def _read(args: Mapping[str, str]) -> GuestClass | None:
    """Absurd values make no class; the adults alone may be left out."""
    school = school_by_uai(args.get("uai", "")[:20])
    level = args.get("class_level", "")
    pupils = _number(args.get("pupils", ""), MAX_PUPILS)
    adults = _number(args.get("adults") or str(USUAL_ADULTS), MAX_ADULTS)
    if school is None or not pupils or adults is None:
        return None
    if level not in {known.code for known in levels_for(school.kind)}:
        return None
    person_id = current_user.id if current_user.is_authenticated else None
    return GuestClass(school, level, pupils, adults, person_id)


def _number(text: str, most: int) -> int | None:
    is_plausible = text.isascii() and text.isdigit() and len(text) < 4
    return int(text) if is_plausible and int(text) <= most else None


@bp.app_template_global()
def kept_class() -> dict[str, str]:
    """What the links of the programme repeat, so that the class stays: `url_for(…, **kept_class())`."""
    guest = typed_class().guest
    if guest is not None:
        return guest.query
    class_id = request.args.get("class_id", "")
    is_number = class_id.isascii() and class_id.isdigit() and len(class_id) < 10
    return {"class_id": class_id} if is_number and current_user.is_authenticated else {}


# ---- Which class comes, and what the pages say of it


@dataclass(frozen=True)
class Answer:
    """What a slot is for a class. journey: None when there is no way, or it is not known."""

    explanation: Explanation
    journey: Journey | None


def answers_for(slots: Iterable[Slot], coming: ComingClass | None) -> dict[int, Answer]:
    """The answer of each slot to the class, by slot id; nothing without a class."""
    if coming is None:
        return {}
    slots = list(slots)
    explanations = queries.explain_all(slots, coming)
    return {slot.id: Answer(explanations[slot.id], queries.journey_of(slot, coming.school)) for slot in slots}


def coming_class(classes: Sequence[SchoolClass], activity: Activity | None = None) -> ComingClass | None:
    """The class that pages speak of: the saved one asked for, else the one typed, else the usual one for this activity.

    A class that was typed and that its teacher has saved by now is that saved one; a colleague's that looks like it is not.
    """
    asked = next((each for each in classes if str(each.id) == request.args.get("class_id", "")), None)
    if asked:
        return asked
    guest = _guest_of_mine()
    if guest is None:
        return queries.usual_class(classes, current_user.id, activity) if classes else None
    saved = (each for each in classes if each.owner_id == current_user.id and _is_same(each, guest))
    return next(saved, guest)


def _guest_of_mine() -> GuestClass | None:
    """The class typed; of a teacher of another school, it becomes a class of that school."""
    guest, schools = typed_class().guest, my_schools()
    if guest is None or not schools or any(school.id == guest.school_id for school in schools):
        return guest
    return replace(guest, school=schools[0])


def _is_same(school_class: SchoolClass, guest: GuestClass) -> bool:
    same = (school_class.school_id, school_class.level_code, school_class.pupils)
    return same == (guest.school_id, guest.level_code, guest.pupils)


@bp.app_template_global()
def guest_form(next_address: str = "") -> GuestForm:
    """The small form of the programme's pages, with what the address says already."""
    guest = typed_class().guest
    known = {"next": next_address}
    if guest is None:
        return GuestForm(formdata=None, data=known)
    typed = {"school": guest.school.one_line, "class_level": guest.level_code}
    return GuestForm(formdata=None, data={**known, **typed, "pupils": guest.pupils, "adults": guest.adults})


# ---- Typing the class


@bp.get("/class")
def choose() -> str | Response:
    """Read the form, ask which school when several answer, and go back with the class in the address."""
    if "school" not in request.args:
        return render_template("bookings/visitor/choose.html", form=guest_form(request.args.get("next", "")))
    form = GuestForm(request.args)
    if form.validate() and form.chosen_school:
        return redirect(_back_with(form.guest(), form.next.data or ""))
    return render_template("bookings/visitor/choose.html", form=form)


def _back_with(guest: GuestClass, target: str) -> str:
    programme = url_for("programme.listing")
    parts = urlsplit(target if is_local_path(target) else programme)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in (*CLASS_WORDS, "page")]
    if parts.path == programme:
        query = [(name, value) for name, value in query if name != "level"]
        # The level of the class is what one looks for; where its school is, only when nothing says where.
        query += [("level", guest.level_code)] if guest.level_code != MIXED else []
        query += [("departement", guest.school.departement_code)] if not WHERE_WORDS & set(dict(query)) else []
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}?{urlencode([*query, *guest.query.items()])}{fragment}"


# ---- Saving it with its first booking


@bp.route("/teacher/slots/<int:slot_id>/first-booking", methods=["GET", "POST"])
@signed_in_required
def save_and_book(slot_id: int) -> Any:
    """The class typed before there was an account: saved and booked by one button."""
    slot, schools = bookable_slot_or_404(slot_id), my_schools()
    if not schools:
        abort(404)
    form = new_class_form()
    if form.validate_on_submit():
        try:
            with transaction():
                booking = save_class_and_book(
                    slot.id, current_user, form.school, form.values(), key=form.key.data, as_option=form.wants_option
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(booked_words(booking), "success")
            return redirect(url_for("teacher.booking", booking_id=booking.id))
    return render_template(
        "bookings/visitor/save_and_book.html",
        form=form,
        slot=slot,
        activity=slot.activity,
        answer_due=answer_due(slot, clock.now()),
    )


def new_class_form() -> NewClassBookForm:
    """The class of the address, ready to be saved: only its name is still to be given, and one is proposed."""
    guest = _guest_of_mine()
    if guest is None or request.method == "POST":
        return NewClassBookForm(my_schools(), data={"audience": Audience.PUPILS.value})
    return NewClassBookForm(
        my_schools(),
        formdata=None,
        data={
            "school_id": guest.school_id,
            "name": plain_name(guest),
            "audience": Audience.PUPILS.value,
            "level_code": guest.level_code,
            "pupils": guest.pupils,
            "adults": guest.adults,
        },
    )


def plain_name(guest: GuestClass) -> str:
    """« 4e », as a keyboard writes « 4ᵉ »."""
    return unicodedata.normalize("NFKC", guest.name)
