"""Groups of schools that an académie follows together: made, renamed, filled and emptied."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, delete, func, insert, select

from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import School, SchoolGroup, SchoolGroupMember


class GroupNameTaken(Refusal):
    code = "group_name_taken"
    field = "name"
    name: str

    def sentence(self) -> object:
        return _l("Un groupe de cette académie s’appelle déjà « %(name)s ».", name=self.name)


class NotOfThisAcademie(Refusal):
    """uais: what is no school of the group's académie, in one text."""

    code = "not_of_this_academie"
    field = "uais"
    uais: str

    def sentence(self) -> object:
        return _l(
            "Aucun établissement de l’académie n’a ce code : %(uais)s. Rien n’est ajouté ; corrigez ou retirez-le.",
            uais=self.uais,
        )


def create_group(academie_code: str, name: str) -> SchoolGroup:
    """A new group, empty. Refuses: GroupNameTaken."""
    _check_name(academie_code, name)
    group = SchoolGroup(academie_code=academie_code, name=name, created_at=clock.now())
    db.session.add(group)
    db.session.flush()
    return group


def rename_group(group_id: int, name: str) -> None:
    """Refuses: GroupNameTaken."""
    group = db.session.get_one(SchoolGroup, group_id)
    _check_name(group.academie_code, name, but=group_id)
    group.name = name
    db.session.flush()


def add_schools(group_id: int, uais: Collection[str]) -> int:
    """The schools of these UAI are in the group; how many were not yet. All or none.

    Refuses: NotOfThisAcademie.
    """
    group = db.session.get_one(SchoolGroup, group_id)
    asked = {uai.upper() for uai in uais}
    here = School.uai.in_(sorted(asked)), School.academie_code == group.academie_code
    found = {school.uai: school.id for school in db.session.scalars(select(School).where(*here))}
    if unknown := sorted(asked - found.keys()):
        raise NotOfThisAcademie(uais=", ".join(unknown[:5]))
    already = set(db.session.scalars(_members(group_id)))
    new = [{"group_id": group_id, "school_id": id_} for id_ in sorted(set(found.values()) - already)]
    if new:
        db.session.execute(insert(SchoolGroupMember), new)
    return len(new)


def remove_schools(group_id: int, school_ids: Collection[int] | None = None) -> int:
    """These schools, or all of them, leave the group; how many did. What they booked is untouched."""
    gone = delete(SchoolGroupMember).where(SchoolGroupMember.group_id == group_id)
    if school_ids is not None:
        gone = gone.where(SchoolGroupMember.school_id.in_(school_ids))
    return len(db.session.execute(gone.returning(SchoolGroupMember.school_id)).all())


def schools_of_group(group_id: int) -> Sequence[School]:
    """By commune and name."""
    query = select(School).where(School.id.in_(_members(group_id)))
    return db.session.scalars(query.order_by(School.commune_name, School.name, School.id)).all()


def sizes_of_groups(group_ids: Collection[int]) -> dict[int, int]:
    """How many schools each holds; nothing for an empty one."""
    query = select(SchoolGroupMember.group_id, func.count()).where(SchoolGroupMember.group_id.in_(group_ids))
    return dict(db.session.execute(query.group_by(SchoolGroupMember.group_id)).tuples().all())


def _members(group_id: int) -> Select[tuple[int]]:
    return select(SchoolGroupMember.school_id).where(SchoolGroupMember.group_id == group_id)


def _check_name(academie_code: str, name: str, but: int | None = None) -> None:
    # Compared here: SQLite lowers ASCII letters only, and an académie has a few dozen groups.
    groups = db.session.scalars(select(SchoolGroup).where(SchoolGroup.academie_code == academie_code))
    if any(group.id != but and group.name.casefold() == name.casefold() for group in groups):
        raise GroupNameTaken(name=name)
