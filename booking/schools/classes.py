"""The classes and groups that teachers save once: new, edited, archived. Counts only; no pupil is ever named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.core import clock
from booking.core.dates import school_year
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import Audience, School, SchoolClass
from booking.schools.reference import levels_for, subjects_for


@dataclass(frozen=True)
class ClassValues:
    """What a teacher says of a class or group. girls: only when the teacher wants to say it."""

    name: str
    audience: Audience
    pupils: int
    adults: int
    level_code: str | None = None
    subject_code: str | None = None
    assistants: int = 0
    wheelchairs: int = 0
    other_needs: str = ""
    girls: int | None = None


class LevelMissing(Refusal):
    code = "level_missing"
    field = "level_code"

    def sentence(self) -> object:
        return _l("Choisissez le niveau de la classe ; pour un groupe mélangé, « Autre ou groupe multi-niveaux ».")


class LevelNotHere(Refusal):
    code = "level_not_here"
    field = "level_code"

    def sentence(self) -> object:
        return _l("Ce niveau n’existe pas dans cet établissement : choisissez-en un autre.")


class SubjectNotHere(Refusal):
    code = "subject_not_here"
    field = "subject_code"

    def sentence(self) -> object:
        return _l("Cette discipline n’existe pas dans cet établissement : choisissez-en une autre.")


class MoreThanPupils(Refusal):
    """field: girls or wheelchairs. pupils: the head-count."""

    code = "more_than_pupils"
    pupils: int

    def sentence(self) -> object:
        return _l("La classe compte %(pupils)d élèves : ce nombre ne peut pas les dépasser.", pupils=self.pupils)


class NameTaken(Refusal):
    code = "class_name_taken"
    field = "name"

    def sentence(self) -> object:
        return _l(
            "Vous avez déjà une classe de ce nom dans cet établissement : modifiez-la ou choisissez un autre nom."
        )


def check_class(values: ClassValues, school: School) -> None:
    """Whether these values make sense for a class of this school.

    Refuses: LevelMissing, LevelNotHere, SubjectNotHere, MoreThanPupils.
    """
    if values.audience is Audience.PUPILS:
        if not values.level_code:
            raise LevelMissing()
        if values.level_code not in {level.code for level in levels_for(school.kind)}:
            raise LevelNotHere()
    if values.subject_code and values.subject_code not in {subject.code for subject in subjects_for(school.kind)}:
        raise SubjectNotHere()
    if values.wheelchairs > values.pupils:
        raise MoreThanPupils(pupils=values.pupils, field="wheelchairs")
    if values.girls is not None and values.girls > values.pupils:
        raise MoreThanPupils(pupils=values.pupils, field="girls")


def save_class(owner_id: int, school: School, values: ClassValues) -> SchoolClass:
    """A new class of this teacher in this school. Refuses: what check_class refuses, NameTaken."""
    check_class(values, school)
    now = clock.now()
    _check_name(owner_id, school.id, values.name)
    school_class = SchoolClass(
        owner_id=owner_id, school_id=school.id, school_year=school_year(now.date()), created_at=now, **_columns(values)
    )
    db.session.add(school_class)
    db.session.flush()
    return school_class


def edit_class(school_class: SchoolClass, values: ClassValues) -> SchoolClass:
    """Change a saved class. Bookings keep the numbers they were made with. Refuses as save_class does."""
    check_class(values, school_class.school)
    _check_name(school_class.owner_id, school_class.school_id, values.name, except_id=school_class.id)
    for name, value in _columns(values).items():
        setattr(school_class, name, value)
    db.session.flush()
    return school_class


def archive_class(school_class: SchoolClass) -> SchoolClass:
    """Put a class away: no longer offered for booking. Its bookings stay. Archiving twice changes nothing."""
    if school_class.archived_at is None:
        school_class.archived_at = clock.now()
        db.session.flush()
    return school_class


def restore_class(school_class: SchoolClass) -> SchoolClass:
    """Take an archived class back. Refuses: NameTaken when another one bears its name by now."""
    if school_class.archived_at is not None:
        _check_name(school_class.owner_id, school_class.school_id, school_class.name, except_id=school_class.id)
        school_class.archived_at = None
        db.session.flush()
    return school_class


def classes_of_owner(owner_id: int, *, archived: bool = False) -> list[SchoolClass]:
    """The classes that this person saved, by school and name; the archived ones when asked."""
    state = SchoolClass.archived_at.is_not(None) if archived else SchoolClass.archived_at.is_(None)
    query = select(SchoolClass).where(SchoolClass.owner_id == owner_id, state).options(joinedload(SchoolClass.school))
    return list(db.session.scalars(query.order_by(SchoolClass.school_id, SchoolClass.name, SchoolClass.id)))


def classes_of_schools(school_ids: Collection[int], *, first_owner_id: int) -> list[SchoolClass]:
    """The classes of these schools that can be booked for: this person's own first, then the colleagues'."""
    query = (
        select(SchoolClass)
        .where(SchoolClass.school_id.in_(school_ids), SchoolClass.archived_at.is_(None))
        .options(joinedload(SchoolClass.school))
        .order_by(SchoolClass.owner_id != first_owner_id, SchoolClass.name, SchoolClass.id)
    )
    return list(db.session.scalars(query))


def _columns(values: ClassValues) -> dict[str, object]:
    is_staff = values.audience is Audience.STAFF
    return {
        "name": values.name,
        "audience": values.audience,
        "level_code": None if is_staff else values.level_code,
        "subject_code": values.subject_code,
        "pupils": values.pupils,
        "adults": 0 if is_staff else values.adults,
        "assistants": 0 if is_staff else values.assistants,
        "wheelchairs": values.wheelchairs,
        "other_needs": values.other_needs,
        "girls": None if is_staff else values.girls,
    }


def _check_name(owner_id: int, school_id: int, name: str, *, except_id: int | None = None) -> None:
    # A second click on "Enregistrer" must not make a second class.
    query = select(SchoolClass.id).where(
        SchoolClass.owner_id == owner_id,
        SchoolClass.school_id == school_id,
        SchoolClass.name == name,
        SchoolClass.archived_at.is_(None),
    )
    if any(found != except_id for found in db.session.scalars(query)):
        raise NameTaken()
