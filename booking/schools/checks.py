"""What must always be true of schools and their classes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from booking.core.checks import invariant
from booking.core.db import db
from booking.schools.models import Absence, School, SchoolClass, SchoolGroup, SchoolGroupMember


@invariant("absence-school")
def absence_is_of_its_school() -> Iterator[tuple[str, str]]:
    """An absence of a class is of the class's own school: another school reads nothing of it."""
    query = select(Absence.id).join(SchoolClass, SchoolClass.id == Absence.class_id)
    for absence_id in db.session.scalars(query.where(SchoolClass.school_id != Absence.school_id)):
        yield f"absence {absence_id}", "is of a class of another school"


@invariant("group-academie")
def group_holds_schools_of_its_academie() -> Iterator[tuple[str, str]]:
    """Whoever follows a group would read the bookings of another académie's school."""
    query = (
        select(SchoolGroup.id, School.uai)
        .join(SchoolGroupMember, SchoolGroupMember.group_id == SchoolGroup.id)
        .join(School, School.id == SchoolGroupMember.school_id)
        .where(School.academie_code.is_distinct_from(SchoolGroup.academie_code))
    )
    for group_id, uai in db.session.execute(query):
        yield f"group {group_id}", f"holds {uai}, a school of another académie"
