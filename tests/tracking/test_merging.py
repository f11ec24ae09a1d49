"""Two schools become one: every row that named the old one follows, no booking is lost, the data still hold."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Membership, MemberState, ScopeKind
from booking.bookings import services as bookings
from booking.bookings.models import Booking, SchoolInEdition
from booking.bookings.rules.states import State
from booking.core.checks import violations
from booking.core.db import Model, db, transaction
from booking.schools import groups
from booking.schools.models import School, SchoolClass
from booking.schools.queries import school_by_uai, search_schools
from booking.tracking.merging import MergedAlready, OverTheCap, SameSchool, merge_schools
from booking.tracking.models import SchoolMerge
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def two(app, now):
    """Two schools, a teacher of each and one of both, a booking each through the door, and a group of the first."""
    old, new = make.make_school("Collège Ancien"), make.make_school("Collège Nouveau")
    slot = make.make_slot(max_classes=4, max_pupils=120)
    for school in (old, new):
        teacher = make.make_teacher(school)
        school_class = make.make_class(teacher)
        with transaction():
            bookings.request_places(slot.id, school_class.id, db.session.get(type(teacher), teacher.id))
    both = make.make_teacher(old)
    db.session.add(
        Membership(person_id=both.id, role="teacher", school_id=new.id, created_at=make.NOW, state=MemberState.ENDED)
    )
    db.session.commit()
    with transaction():
        groups.add_schools(groups.create_group("25", "Bassin").id, [old.uai])
    return old, new, slot


def merged(old, new, person=None):
    with transaction():
        return merge_schools(old.id, new.id, person).id


@pytest.mark.usefixtures("both_databases")
def test_everything_follows_and_no_booking_is_lost(two):
    old, new, _slot = two
    assert violations() == []
    merge = db.session.get_one(SchoolMerge, merged(old, new))
    assert (merge.bookings, merge.classes, merge.members) == (1, 1, 2)
    assert violations() == []
    found = db.session.scalars(select(Booking)).all()
    assert {(booking.school_id, booking.state) for booking in found} == {(new.id, State.CONFIRMED)}
    assert len(found) == 2
    assert {each.school_id for each in db.session.scalars(select(SchoolClass))} == {new.id}
    shares = {row.school_id: row.taken_bookings for row in db.session.scalars(select(SchoolInEdition))}
    assert shares == {new.id: 2, old.id: 0}
    # Whoever taught in both teaches in the new one, once.
    members = db.session.scalars(select(Membership).where(Membership.school_id == new.id)).all()
    assert sorted(member.state for member in members) == [MemberState.ACTIVE] * 3
    assert [school.id for school in groups.schools_of_group(1)] == [new.id]


@pytest.mark.usefixtures("both_databases")
def test_no_table_names_the_old_school_but_what_says_that_it_was(two):
    old, new, _slot = two
    merged(old, new)
    left = {}
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            names_a_school = any(key.column.table.name == "school" for key in column.foreign_keys)
            counted = select(func.count()).select_from(table).where(column == old.id)
            if names_a_school and (number := db.session.scalar(counted)):
                left[f"{table.name}.{column.name}"] = number
    # The second membership of whoever was in both, ended; a share of nothing; the merge itself.
    assert left == {"membership.school_id": 1, "school_in_edition.school_id": 1, "school_merge.old_id": 1}


@pytest.mark.usefixtures("both_databases")
def test_the_old_code_finds_the_new_school_through_any_number_of_merges(two, client):
    old, new, _slot = two
    last = make.make_school("Collège Dernier")
    merged(old, new)
    assert school_by_uai(old.uai).id == new.id
    merged(new, last)
    assert school_by_uai(old.uai).id == school_by_uai(new.uai).id == last.id
    assert old.uai not in {school.uai for school in search_schools("college ancien")}
    teacher = db.session.scalars(select(Membership).where(Membership.school_id == last.id)).first().person
    answer = signed_in(client, teacher).get(f"/school/{old.uai}/")
    assert (answer.status_code, answer.location) == (301, f"/school/{last.uai}/")
    assert client.get(answer.location).status_code == 200
    # Somebody of elsewhere learns nothing of it.
    assert signed_in(client, make.make_teacher()).get(f"/school/{old.uai}/").status_code == 404


@pytest.mark.usefixtures("both_databases")
def test_a_cap_that_both_pass_together_stops_it_whole(two):
    old, new, slot = two
    slot.activity.edition.bookings_per_school = 1
    db.session.commit()
    with pytest.raises(OverTheCap):
        merged(old, new)
    assert db.session.get_one(School, old.id).merged_into_id is None
    assert violations() == []
    with pytest.raises(SameSchool):
        merged(old, old)
    slot.activity.edition.bookings_per_school = 2
    db.session.commit()
    merged(old, new)
    with pytest.raises(MergedAlready):
        merged(old, new)


def test_an_officer_sees_what_would_follow_then_does_it(two, client):
    old, new, _slot = two
    officer = make.make_officer()
    page, codes = f"/territory/{officer.memberships[0].id}/schools/merge", {"old": old.uai, "new": new.uai}
    signed_in(client, officer)
    assert "Réunir ces établissements" in client.post(page, data={**codes, "step": "show"}).text
    assert db.session.scalar(select(SchoolMerge)) is None
    assert client.post(page, data={**codes, "step": "merge"}).status_code == 302
    assert db.session.scalars(select(SchoolMerge)).one().person_id == officer.id
    assert "Collège Ancien" in client.get(page).text
    assert "ne correspond pas" in client.post(page, data={**codes, "old": "0910620A"}).text


def test_other_territories_and_smaller_ones_merge_nothing(two, client):
    old, new, _slot = two
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    codes = {"old": old.uai, "new": new.uai, "step": "merge"}
    stranger, small = make.make_officer(ScopeKind.ACADEMIE, "04"), make.make_officer(ScopeKind.DEPARTEMENT, "91")
    answer = signed_in(client, stranger).post(f"/territory/{stranger.memberships[0].id}/schools/merge", data=codes)
    assert "Aucun établissement du territoire" in answer.text
    assert client.get(f"/territory/{small.memberships[0].id}/schools/merge").status_code == 404
    assert (
        signed_in(client, small).post(f"/territory/{small.memberships[0].id}/schools/merge", data=codes).status_code
        == 403
    )
    admin = make.make_admin()
    assert (
        signed_in(client, admin).post(f"/territory/{admin.memberships[0].id}/schools/merge", data=codes).status_code
        == 302
    )


def test_the_command_says_what_followed(two, app):
    old, new, _slot = two
    runner = app.test_cli_runner()
    done = runner.invoke(args=["school", "merge", old.uai, new.uai])
    assert done.exit_code == 0 and "1 bookings, 1 classes, 2 people" in done.output
    assert runner.invoke(args=["school", "merge", old.uai, new.uai]).exit_code == 1
