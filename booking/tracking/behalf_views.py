"""An officer books for a teacher who asked: by telephone, without a computer. The booking is the teacher's."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, RadioField, SelectChoice, ValidationError

from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.bookings import services
from booking.bookings.forms import class_words
from booking.bookings.queries import is_public, owner_names
from booking.bookings.services.places import NotFound
from booking.bookings.services.requests import KeyReused
from booking.catalogue.models import Activity, BookedBy, Slot, SlotState
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.fields import CountField, clean_line
from booking.core.forms import Form
from booking.core.i18n import _, _l
from booking.schools.classes import classes_of_schools
from booking.schools.models import School, SchoolClass
from booking.schools.queries import school_by_uai, search_schools
from booking.tracking.scope import Scope, scope_of
from booking.tracking.views import bp

MOST_SCHOOLS = 12


class BehalfForm(Form):
    """Which class of the school comes, with how many, when that differs from what its teacher saved."""

    class_id = RadioField(_l("Pour quelle classe ?"), coerce=int, choices=[], validate_choice=False)
    pupils = CountField(
        _l("Élèves"), least=1, most=200, required=False, description=_l("Laissez vide pour l’effectif enregistré.")
    )
    adults = CountField(_l("Accompagnateurs"), most=40, required=False, description=_l("Laissez vide de même."))
    key = HiddenField(filters=[clean_line])

    def __init__(self, classes: list[SchoolClass], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        names = owner_names(classes)
        self.class_id.choices = [SelectChoice(each.id, _class_words(each, names[each.owner_id])) for each in classes]
        self.known = {each.id for each in classes}
        if len(classes) == 1 and self.class_id.data is None:
            self.class_id.data = classes[0].id
        if not self.key.data or len(self.key.data) > 80:
            self.key.data = secrets.token_urlsafe(18)

    def validate_class_id(self, field: Any) -> None:
        if field.data not in self.known:
            raise ValidationError(_("Choisissez une classe."))


def _class_words(school_class: SchoolClass, teacher: str) -> str:
    return f"{class_words(school_class)} ({teacher})"


@bp.app_template_test("bookable_for_somebody")
def _is_bookable(slot: Slot) -> bool:
    return (
        slot.state is SlotState.OPEN
        and slot.starts_at > clock.now()
        and slot.activity.booked_by is not BookedBy.NONE
    )  # fmt: skip


@bp.route("/<int:membership_id>/slots/<int:slot_id>/booking", methods=["GET", "POST"])
@signed_in_required
def book_for(membership_id: int, slot_id: int) -> Any:
    """A class of a school of the territory onto a slot of the programme. The address names the school."""
    membership = officer_membership_or_404(membership_id)
    scope = scope_of(membership)
    _slot_or_404(slot_id)
    question = request.args.get("q", "")[:120].strip()
    school = _school_here(scope, request.args.get("school", ""))
    classes = classes_of_schools({school.id}, first_owner_id=0) if school else []
    form = BehalfForm(classes)
    if school and form.validate_on_submit():
        try:
            with transaction():
                booking_id = services.request_on_behalf(
                    slot_id,
                    form.class_id.data,
                    current_user,
                    adults=form.adults.data,
                    pupils=form.pupils.data,
                    key=form.key.data,
                ).id
        except NotFound:
            abort(404)
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, KeyReused):
                form.key.data = secrets.token_urlsafe(18)
        else:
            flash(
                _("C’est fait, pour l’enseignant : lui et l’entreprise lisent que vous l’avez saisi pour lui."),
                "success",
            )
            return redirect(url_for(".visit", membership_id=membership_id, booking_id=booking_id))
    return render_template(
        "tracking/behalf.html",
        membership=membership,
        scope=scope,
        slot=_slot_or_404(slot_id),
        school=school,
        classes=classes,
        question=question,
        found=_found(scope, question),
        form=form,
    )


def _slot_or_404(slot_id: int) -> Slot:
    slot = db.session.get(Slot, slot_id, options=[joinedload(Slot.activity).joinedload(Activity.company)])
    if slot is None or not is_public(slot.activity) or slot.activity.booked_by is BookedBy.NONE:
        abort(404)
    return slot


def _school_here(scope: Scope, uai: str) -> School | None:
    """The school of that code; one of another territory is a 404."""
    if not uai:
        return None
    found = school_by_uai(uai[:20]) or abort(404)
    return db.session.scalar(scope.school_rows(select(School).where(School.id == found.id))) or abort(404)


def _found(scope: Scope, question: str) -> list[School]:
    found = [school.id for school in search_schools(question, limit=40)] if question else []
    here = db.session.scalars(scope.school_rows(select(School).where(School.id.in_(found)))).all()
    return sorted(here, key=lambda school: found.index(school.id))[:MOST_SCHOOLS]
