"""Days when a class, or the whole school, cannot come: a teacher says it of their classes, the head of the school."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from booking.accounts.models import MemberRole
from booking.accounts.permissions import my_memberships, school_or_404, signed_in_required
from booking.bookings.forms import AbsenceForm
from booking.bookings.queries import bookings_in_absence
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n
from booking.schools import absences
from booking.schools.models import Absence, School, SchoolClass

bp = Blueprint("absences", __name__)


@bp.route("/teacher/classes/<int:class_id>/absences", methods=["GET", "POST"])
@bp.route("/teacher/classes/<int:class_id>/absences/<int:absence_id>", methods=["GET", "POST"])
@signed_in_required
def of_class(class_id: int, absence_id: int | None = None) -> Any:
    """A class's absences, with the form for another one, or for the one of the address."""
    school_class = _my_class_or_404(class_id)
    absence = _absence_or_404(absence_id, school_class.school_id, class_id)
    here = url_for(".of_class", class_id=class_id)
    return _page(absences.absences_of_class(school_class), school_class.school, school_class, absence, here)


@bp.route("/school/<uai>/absences", methods=["GET", "POST"])
@bp.route("/school/<uai>/absences/<int:absence_id>", methods=["GET", "POST"])
@signed_in_required
def of_school(uai: str, absence_id: int | None = None) -> Any:
    """The absences of the whole school: for its head and the delegates."""
    school = _headed_school_or_404(uai)
    absence = _absence_or_404(absence_id, school.id, None)
    here = url_for(".of_school", uai=school.uai)
    return _page(absences.absences_of_school(school.id), school, None, absence, here)


@bp.post("/teacher/classes/<int:class_id>/absences/<int:absence_id>/removal")
@signed_in_required
def remove_of_class(class_id: int, absence_id: int) -> Any:
    school_class = _my_class_or_404(class_id)
    return _remove(absence_id, school_class.school_id, class_id, url_for(".of_class", class_id=class_id))


@bp.post("/school/<uai>/absences/<int:absence_id>/removal")
@signed_in_required
def remove_of_school(uai: str, absence_id: int) -> Any:
    school = _headed_school_or_404(uai)
    return _remove(absence_id, school.id, None, url_for(".of_school", uai=school.uai))


def _page(
    known: Sequence[Absence], school: School, school_class: SchoolClass | None, absence: Absence | None, here: str
) -> Any:
    form = AbsenceForm(obj=absence)
    if form.validate_on_submit():
        try:
            with transaction():
                if absence:
                    saved = absences.edit_absence(absence, form.period())
                else:
                    saved = absences.save_absence(school.id, school_class.id if school_class else None, form.period())
                touched = len(bookings_in_absence(saved))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            _say_saved(touched)
            return redirect(here)
    return render_template(
        "classes/absences.html",
        school=school,
        school_class=school_class,
        absence=absence,
        absences=known,
        covered={each.id: bookings_in_absence(each, only_of=school_class) for each in known},
        form=form,
        here=here,
        me=current_user.id,
    )


def _say_saved(touched: int) -> None:
    if touched:
        flash(
            _n(
                "C’est noté. Attention : %(num)d réservation tombe sur ces jours. Elle n’est pas annulée : elle est montrée ci-dessous.",
                "C’est noté. Attention : %(num)d réservations tombent sur ces jours. Elles ne sont pas annulées : elles sont montrées ci-dessous.",
                touched,
            ),
            "warning",
        )
    else:
        flash(_("C’est noté : ces jours-là, aucune visite n’est proposée."), "success")


def _remove(absence_id: int, school_id: int, class_id: int | None, here: str) -> Any:
    absence = _absence_or_404(absence_id, school_id, class_id)
    assert absence is not None
    with transaction():
        absences.remove_absence(absence)
    flash(_("L’absence est retirée : ces jours sont de nouveau possibles."), "success")
    return redirect(here)


def _absence_or_404(absence_id: int | None, school_id: int, class_id: int | None) -> Absence | None:
    """The absence of this very class, or of this very school as a whole."""
    if absence_id is None:
        return None
    absence = db.session.get(Absence, absence_id)
    if absence is None or (absence.school_id, absence.class_id) != (school_id, class_id):
        abort(404)
    return absence


def _my_class_or_404(class_id: int) -> SchoolClass:
    school_class = db.session.get(SchoolClass, class_id)
    if school_class is None or school_class.owner_id != current_user.id:
        abort(404)
    return school_class


def _headed_school_or_404(uai: str) -> School:
    """The school, for those who answer for its outings; 403 for its other members, 404 for anybody else."""
    school = school_or_404(uai, MemberRole.HEAD, MemberRole.DELEGATE)
    if not any(m.is_trusted for m in my_memberships(MemberRole.HEAD, MemberRole.DELEGATE) if m.school_id == school.id):
        abort(403)
    return school
