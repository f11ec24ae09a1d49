"""Days when a class, or a whole school, cannot come: internships, exams. Said, changed and taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import Absence, SchoolClass

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Period:
    """From one day to another, both included, and why."""

    first_on: date
    last_on: date
    reason: str = ""


class PeriodBackwards(Refusal):
    code = "period_backwards"
    field = "last_on"

    def sentence(self) -> object:
        return _l("Le dernier jour vient avant le premier.")


class PeriodPast(Refusal):
    code = "period_past"
    field = "last_on"

    def sentence(self) -> object:
        return _l("Ces jours sont passés.")


class PeriodTooLong(Refusal):
    code = "period_too_long"
    field = "last_on"

    def sentence(self) -> object:
        return _l("Une absence dure un an au plus : vérifiez l’année.")


def check_absence(period: Period, today: date) -> None:
    """Refuses: PeriodBackwards, PeriodPast, PeriodTooLong."""
    if period.last_on < period.first_on:
        raise PeriodBackwards()
    if period.last_on < today:
        raise PeriodPast()
    if period.last_on - period.first_on > timedelta(days=LONGEST_DAYS):
        raise PeriodTooLong()


def save_absence(school_id: int, class_id: int | None, period: Period) -> Absence:
    """An absence of a class, or of the whole school without one; the same one twice is one. Refuses as check_absence."""
    check_absence(period, clock.now().date())
    same = select(Absence).where(
        Absence.school_id == school_id,
        Absence.class_id == class_id if class_id else Absence.class_id.is_(None),
        Absence.first_on == period.first_on,
        Absence.last_on == period.last_on,
    )
    absence = db.session.scalars(same).first()
    if absence is None:
        absence = Absence(school_id=school_id, class_id=class_id, first_on=period.first_on, last_on=period.last_on)
        db.session.add(absence)
    absence.reason = period.reason
    db.session.flush()
    return absence


def edit_absence(absence: Absence, period: Period) -> Absence:
    """Refuses as check_absence."""
    check_absence(period, clock.now().date())
    absence.first_on, absence.last_on, absence.reason = period.first_on, period.last_on, period.reason
    db.session.flush()
    return absence


def remove_absence(absence: Absence) -> None:
    db.session.delete(absence)
    db.session.flush()


def absences_of_class(school_class: SchoolClass) -> Sequence[Absence]:
    """The class's own, not over yet, the soonest first."""
    return absences_by_class([school_class]).get(school_class.id, [])


def absences_by_class(classes: Collection[SchoolClass]) -> dict[int, list[Absence]]:
    """The absences of each class that are not over, its school's among them, by class id; the soonest first."""
    schools = {each.school_id for each in classes}
    query = (
        _not_over()
        .where(
            Absence.school_id.in_(schools),
            or_(Absence.class_id.is_(None), Absence.class_id.in_([each.id for each in classes])),
        )
        .order_by(Absence.first_on, Absence.id)
    )
    found: dict[int, list[Absence]] = {each.id: [] for each in classes}
    for absence in db.session.scalars(query):
        for each in classes:
            if absence.school_id == each.school_id and absence.class_id in (None, each.id):
                found[each.id].append(absence)
    return found


def absences_of_school(school_id: int) -> Sequence[Absence]:
    """Those of the whole school that are not over, the soonest first."""
    query = _not_over().where(Absence.school_id == school_id, Absence.class_id.is_(None))
    return db.session.scalars(query.order_by(Absence.first_on, Absence.id)).all()


def _not_over():
    # Overseas it may still be yesterday.
    return select(Absence).where(Absence.last_on >= clock.now().date() - timedelta(days=1))
