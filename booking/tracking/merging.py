"""Two schools become one when a UAI changes: everything the old one had follows, and its code leads to the new one.

The verb stands here since it moves rows of every room. What has a column for a school is found in the tables themselves,
so that one added later follows too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from booking.accounts.models import Membership, MemberState, Person
from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.rules.states import TAKEN
from booking.bookings.services.places import lock_class, lock_school
from booking.catalogue.models import Edition
from booking.core import clock
from booking.core.db import Model, db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.schools.models import School, SchoolClass, SchoolGroup, SchoolGroupMember
from booking.tracking.models import SchoolMerge

# These have at most one row a school, a role or an edition: each is settled by its own rule below.
_ON_THEIR_OWN = {
    "membership",
    "school_group_member",
    "school_in_edition",
    "school_signer",
    "school_terms",
    "school_merge",
}


class SameSchool(Refusal):
    code = "same_school"
    field = "new"

    def sentence(self) -> Any:
        return _l("C’est deux fois le même établissement : indiquez l’ancien code, puis le nouveau.")


class MergedAlready(Refusal):
    """uai: the code that is merged already."""

    code = "merged_already"
    uai: str

    def sentence(self) -> Any:
        return _l("%(uai)s est déjà réuni à un autre établissement : choisissez celui-ci.", uai=self.uai)


class OverTheCap(Refusal):
    """edition: the name of the one whose cap both schools together pass."""

    code = "over_the_cap"
    edition: str
    together: int
    cap: int

    def sentence(self) -> Any:
        return _l(
            "Dans « %(edition)s », les deux établissements ont ensemble %(together)d réservations, pour %(cap)d au plus : "
            "relevez ce plafond d’abord. Aucune réservation n’est perdue.",
            edition=self.edition, together=self.together, cap=self.cap,
        )  # fmt: skip


@dataclass(frozen=True)
class Moving:
    """What a merge would move, or has moved."""

    bookings: int
    classes: int
    members: int
    groups: int


def what_moves(old: School) -> Moving:
    def count(model: Any) -> int:
        return db.session.scalar(select(func.count()).select_from(model).where(model.school_id == old.id)) or 0

    return Moving(count(Booking), count(SchoolClass), count(Membership), count(SchoolGroupMember))


def check_merge(old: School, new: School) -> None:
    """Refuses: SameSchool, MergedAlready, OverTheCap."""
    if old.id == new.id:
        raise SameSchool()
    for school, field in ((old, "old"), (new, "new")):
        if school.merged_into_id is not None:
            refusal = MergedAlready(uai=school.uai)
            refusal.field = field
            raise refusal
    taken = (
        select(Edition.name, func.count(), Edition.bookings_per_school)
        .join(Booking, Booking.edition_id == Edition.id)
        .where(
            Booking.school_id.in_([old.id, new.id]), Booking.state.in_(TAKEN), Edition.bookings_per_school.is_not(None)
        )
        .group_by(Edition.id, Edition.name, Edition.bookings_per_school)
        .order_by(Edition.id)
    )
    for name, together, cap in db.session.execute(taken):
        if together > cap:
            raise OverTheCap(edition=name, together=together, cap=cap)


def merge_schools(old_id: int, new_id: int, person: Person | None) -> SchoolMerge:
    """The new school takes over the old one: people, classes, bookings, groups, all that names it. Refuses as check_merge.

    Bookings keep what they froze: the place, the département and the académie of their day.
    """
    # Every edition, in the one order of locks: whoever books for the old school meanwhile waits, then books for the new.
    for school_id, edition_id in sorted(
        (school, edition) for school in (old_id, new_id) for edition in db.session.scalars(select(Edition.id))
    ):
        lock_school(school_id, edition_id)
    for class_id in db.session.scalars(
        select(SchoolClass.id).where(SchoolClass.school_id == old_id).order_by("id")
    ).all():
        lock_class(class_id)
    old, new = (db.session.get_one(School, id_, populate_existing=True) for id_ in (old_id, new_id))
    check_merge(old, new)
    moving = what_moves(old)
    for table, column in _naming_a_school():
        if table.name not in _ON_THEIR_OWN:
            db.session.execute(update(table).where(column == old.id).values({column: new.id}))
    _move_members(old, new)
    _move_groups(old, new)
    _move_counters(old, new)
    _move_alone("school_signer", old, new, "role")
    _move_alone("school_terms", old, new)
    # A guess at the old mailbox is none at the new one; what somebody typed in follows.
    new.official_email = new.official_email or old.official_email
    new.head_authorises_first = new.head_authorises_first or old.head_authorises_first
    old.merged_into_id, old.is_listed = new.id, False
    merge = SchoolMerge(
        old_id=old.id, new_id=new.id, person_id=person.id if person else None, merged_at=clock.now(),
        bookings=moving.bookings, classes=moving.classes, members=moving.members,
    )  # fmt: skip
    db.session.add(merge)
    db.session.flush()
    # Rows went past the session: what it holds of them is old.
    db.session.expire_all()
    return merge


def merges() -> Sequence[SchoolMerge]:
    return db.session.scalars(select(SchoolMerge).order_by(SchoolMerge.id.desc())).all()


def _naming_a_school() -> Iterator[tuple[Table, Any]]:
    """Every column that names a school; also the schools merged into the old one before."""
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == "school" for key in column.foreign_keys):
                yield table, column


def _move_members(old: School, new: School) -> None:
    """Somebody of both schools keeps one membership, the stronger; the other one ends and stays with the old school."""
    here = {
        (member.person_id, member.role): member
        for member in db.session.scalars(select(Membership).where(Membership.school_id == new.id))
    }
    for member in db.session.scalars(select(Membership).where(Membership.school_id == old.id)).all():
        twin = here.get((member.person_id, member.role))
        if twin is None:
            member.school_id = new.id
            continue
        if member.state is MemberState.ACTIVE and (twin.state is not MemberState.ACTIVE or not twin.trusted_at):
            twin.state, twin.trusted_at = member.state, twin.trusted_at or member.trusted_at
        member.state = MemberState.ENDED
    db.session.flush()


def _move_groups(old: School, new: School) -> None:
    """The groups of the new school's académie follow; another académie's does not follow a school out of it."""
    there = select(SchoolGroupMember.group_id).where(SchoolGroupMember.school_id == new.id)
    of_academie = select(SchoolGroup.id).where(SchoolGroup.academie_code == new.academie_code)
    of_old = SchoolGroupMember.school_id == old.id
    db.session.execute(
        update(SchoolGroupMember)
        .where(of_old, SchoolGroupMember.group_id.not_in(there), SchoolGroupMember.group_id.in_(of_academie))
        .values(school_id=new.id)
    )
    db.session.execute(delete(SchoolGroupMember).where(of_old))


def _move_counters(old: School, new: School) -> None:
    """The new school's share of each edition is what both had."""
    taken = {
        row.edition_id: row.taken_bookings
        for row in db.session.execute(
            select(SchoolInEdition.edition_id, SchoolInEdition.taken_bookings).where(
                SchoolInEdition.school_id == old.id
            )
        )
    }
    for edition_id, number in sorted(taken.items()):
        db.session.execute(
            update(SchoolInEdition)
            .where(SchoolInEdition.school_id == new.id, SchoolInEdition.edition_id == edition_id)
            .values(taken_bookings=SchoolInEdition.taken_bookings + number)
        )
    db.session.execute(update(SchoolInEdition).where(SchoolInEdition.school_id == old.id).values(taken_bookings=0))


def _move_alone(name: str, old: School, new: School, *keys: str) -> None:
    """A row of which a school has one at most: the new school's own stands, else the old one's follows."""
    table = Model.metadata.tables[name]
    has = table.alias()
    same = [has.c.school_id == new.id, *(has.c[key] == table.c[key] for key in keys)]
    free = ~select(has.c.school_id).where(*same).exists()
    db.session.execute(update(table).where(table.c.school_id == old.id, free).values(school_id=new.id))
