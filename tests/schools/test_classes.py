"""Saved classes: what makes sense for a school, who may be named, what editing and archiving change."""

from __future__ import annotations

from datetime import date

import pytest

from booking.core.dates import school_year
from booking.core.db import transaction
from booking.schools import classes
from booking.schools.classes import ClassValues, LevelMissing, LevelNotHere, MoreThanPupils, NameTaken, SubjectNotHere
from booking.schools.models import Audience, SchoolKind
from tests import make

pytestmark = pytest.mark.usefixtures("app", "now")


def values(**changes) -> ClassValues:
    return ClassValues(
        **{**dict(name="4e B", audience=Audience.PUPILS, pupils=27, adults=3, level_code="4E"), **changes}
    )


def save(teacher=None, **changes):
    teacher = teacher or make.make_teacher()
    with transaction():
        return classes.save_class(teacher.id, teacher.memberships[0].school, values(**changes))


def test_a_class_is_saved_for_its_teacher_school_and_school_year(both_databases):
    teacher = make.make_teacher()
    saved = save(teacher, subject_code="TECHNO", girls=12, assistants=1)
    assert (saved.owner_id, saved.school_id) == (teacher.id, teacher.memberships[0].school_id)
    assert (saved.pupils, saved.adults, saved.assistants, saved.girls) == (27, 3, 1, 12)
    assert saved.school_year == 2026


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"level_code": None}, LevelMissing, "level_code"),
        ({"level_code": "TG"}, LevelNotHere, "level_code"),
        ({"level_code": "<script>"}, LevelNotHere, "level_code"),
        ({"subject_code": "PHILO"}, SubjectNotHere, "subject_code"),
        ({"girls": 28}, MoreThanPupils, "girls"),
        ({"wheelchairs": 28}, MoreThanPupils, "wheelchairs"),
    ],
)
def test_what_makes_no_sense_for_the_school_is_refused_beside_its_field(changes, refusal, field):
    with pytest.raises(refusal) as caught:
        save(**changes)
    assert caught.value.field == field


def test_a_mixed_group_is_of_no_level_in_particular_in_any_school():
    school = make.make_school(kind=SchoolKind.LYCEE)
    assert save(make.make_teacher(school), level_code="AUTRE").level_code == "AUTRE"


def test_a_group_of_staff_has_neither_level_nor_accompanying_adults_nor_girls_counted():
    saved = save(audience=Audience.STAFF, level_code="4E", girls=5, assistants=2)
    assert (saved.level_code, saved.adults, saved.assistants, saved.girls) == (None, 0, 0, None)


def test_a_second_click_does_not_make_a_second_class():
    teacher = make.make_teacher()
    save(teacher)
    with pytest.raises(NameTaken):
        save(teacher)
    assert len(classes.classes_of_owner(teacher.id)) == 1


def test_a_colleague_may_have_a_class_of_the_same_name():
    school = make.make_school()
    save(make.make_teacher(school))
    assert save(make.make_teacher(school)).name == "4e B"


def test_editing_keeps_the_name_and_changes_the_rest():
    saved = save()
    with transaction():
        classes.edit_class(saved, values(pupils=25))
    assert (saved.name, saved.pupils) == ("4e B", 25)


def test_an_archived_class_is_no_longer_offered_and_comes_back_unless_its_name_was_taken():
    teacher = make.make_teacher()
    first = save(teacher)
    with transaction():
        classes.archive_class(first)
    assert classes.classes_of_schools([first.school_id], first_owner_id=teacher.id) == []
    assert classes.classes_of_owner(teacher.id, archived=True) == [first]
    second = save(teacher)
    with pytest.raises(NameTaken), transaction():
        classes.restore_class(first)
    with transaction():
        classes.archive_class(second)
    with transaction():
        classes.restore_class(first)
    assert classes.classes_of_owner(teacher.id) == [first]


def test_ones_own_classes_come_before_those_of_colleagues():
    school = make.make_school()
    me, colleague = make.make_teacher(school), make.make_teacher(school)
    theirs, mine = save(colleague, name="3e A"), save(me, name="6e Z", level_code="6E")
    save(make.make_teacher(), name="d’ailleurs")
    assert classes.classes_of_schools([school.id], first_owner_id=me.id) == [mine, theirs]


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 9, 1), 2026), (date(2027, 7, 31), 2026), (date(2027, 8, 1), 2027)]
)
def test_the_school_year_is_named_after_its_september(day, year):
    assert school_year(day) == year
