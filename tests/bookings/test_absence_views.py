"""Days when a class, or a school, cannot come: said by a teacher or a head, heeded by what may be booked."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, Person
from booking.bookings.queries import explain
from booking.bookings.rules.explain import ClassAway
from booking.bookings.rules.sentences import EVENT_WORDS
from booking.bookings.rules.states import Event, State
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.schools import absences
from booking.schools.absences import Period, PeriodBackwards, PeriodPast, PeriodTooLong, check_absence
from booking.schools.models import Absence
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

DAY = date(2027, 1, 12)
DATES = {"first_on": "2027-01-11", "last_on": "2027-01-15", "reason": "stage"}


def make_head(school) -> Person:
    head = make.make_person(first_name="Hélène")
    db.session.add(Membership(person_id=head.id, role=MemberRole.HEAD, school_id=school.id, created_at=make.NOW,
                              trusted_at=make.NOW))  # fmt: skip
    db.session.commit()
    return head


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (DAY, DAY, None),
        (date(2026, 9, 1), DAY, None),
        (DAY, DAY - timedelta(days=1), PeriodBackwards),
        (date(2026, 11, 1), date(2026, 11, 23), PeriodPast),
        (DAY, date(2072, 1, 12), PeriodTooLong),
    ],
)
def test_an_absence_goes_forward_is_not_over_and_lasts_a_year_at_most(first, last, refusal):
    if refusal is None:
        check_absence(Period(first, last), make.NOW.date())
    else:
        with pytest.raises(refusal):
            check_absence(Period(first, last), make.NOW.date())


def test_an_absence_keeps_its_class_from_booking_and_a_schools_keeps_all(app, both_databases):
    school = make.make_school()
    teacher = make.make_teacher(school)
    one, other = make.make_class(teacher), make.make_class(teacher, name="3e")
    slot = make.make_slot()
    with transaction():
        own = absences.save_absence(school.id, one.id, Period(DAY, DAY, "stage"))
        again = absences.save_absence(school.id, one.id, Period(DAY, DAY, "stage de seconde"))

    assert again.id == own.id
    assert [type(stop) for stop in explain(slot, one).stops] == [ClassAway]
    assert "stage de seconde" in explain(slot, one).stops[0].message
    assert explain(slot, other).is_possible
    with transaction():
        absences.save_absence(school.id, None, Period(DAY, DAY, "examens"))
    assert not explain(slot, other).is_possible
    assert [len(found) for found in absences.absences_by_class([one, other]).values()] == [2, 1]
    assert violations() == []


def test_a_teacher_adds_changes_and_removes_the_absence_of_a_class(client):
    school_class = make.make_class(make.make_teacher())
    path = f"/teacher/classes/{school_class.id}/absences"
    signed_in(client, db.session.get_one(Person, school_class.owner_id))

    page = client.post(path, data=DATES, follow_redirects=True).text
    assert "C’est noté" in page
    assert "stage" in page
    assert "Absente du 11 janvier au 15 janvier 2027 (stage)" in client.get("/teacher/classes").text
    absence = db.session.scalar(select(Absence))
    assert 'value="2027-01-11"' in client.get(f"{path}/{absence.id}").text
    client.post(f"{path}/{absence.id}", data={**DATES, "last_on": "2027-01-20"})
    assert db.session.scalar(select(Absence)).last_on == date(2027, 1, 20)
    client.post(f"{path}/{absence.id}/removal")
    assert db.session.scalar(select(Absence)) is None


def test_an_absence_over_a_booking_warns_and_shows_it_and_cancels_nothing(client):
    school_class = make.make_class(make.make_teacher())
    booking = make.make_booking(school_class=school_class)
    make.make_booking(make.make_slot(local_start=datetime(2027, 1, 16, 9)), school_class)
    signed_in(client, booking.teacher)

    page = client.post(f"/teacher/classes/{school_class.id}/absences", data=DATES, follow_redirects=True).text

    assert "1 réservation tombe sur ces jours" in page
    assert page.count(f"/teacher/bookings/{booking.id}") == 1
    assert booking.state is State.CONFIRMED


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"first_on": ""}, "Indiquez le premier jour"),
        ({"last_on": ""}, "Indiquez le dernier jour"),
        ({"last_on": "2027-01-01"}, "Le dernier jour vient avant le premier"),
        ({"first_on": "2026-01-01", "last_on": "2026-01-02"}, "Ces jours sont passés"),
        ({"reason": "x" * 101}, "100"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, values, sentence):
    school_class = make.make_class(make.make_teacher())
    signed_in(client, db.session.get_one(Person, school_class.owner_id))

    page = client.post(f"/teacher/classes/{school_class.id}/absences", data={**DATES, **values}).text

    assert sentence in page
    assert values.get("reason", "stage") in page
    assert db.session.scalar(select(Absence)) is None


def test_the_head_speaks_for_the_whole_school_and_its_teachers_read_it(client):
    school = make.make_school()
    teacher, head = make.make_teacher(school), make_head(school)
    school_class = make.make_class(teacher)
    path = f"/school/{school.uai}/absences"
    signed_in(client, head)
    assert path in client.get(f"/school/{school.uai}/").text
    client.post(path, data={**DATES, "reason": "brevet blanc"})
    absence = db.session.scalar(select(Absence))
    assert (absence.school_id, absence.class_id) == (school.id, None)

    signed_in(client, teacher)
    page = client.get(f"/teacher/classes/{school_class.id}/absences").text
    assert "brevet blanc" in page
    assert "Dit par l’établissement" in page
    assert f"/absences/{absence.id}" not in page
    assert client.get(path).status_code == 403
    assert client.post(f"{path}/{absence.id}/removal").status_code == 403
    assert client.post(f"/teacher/classes/{school_class.id}/absences/{absence.id}/removal").status_code == 404


def test_somebody_elses_class_school_or_absence_is_a_404(client):
    mine, theirs = make.make_class(make.make_teacher()), make.make_class(make.make_teacher())
    with transaction():
        other = absences.save_absence(theirs.school_id, theirs.id, Period(DAY, DAY))
    other_id, uai = other.id, theirs.school.uai
    signed_in(client, db.session.get_one(Person, mine.owner_id))

    for path in (f"/teacher/classes/{theirs.id}/absences", f"/teacher/classes/{mine.id}/absences/{other_id}",
                 f"/school/{uai}/absences"):  # fmt: skip
        assert client.get(path).status_code == 404
        assert client.post(path, data=DATES).status_code == 404
    assert client.post(f"/teacher/classes/{mine.id}/absences/{other_id}/removal").status_code == 404
    assert len(list(db.session.scalars(select(Absence)))) == 1


def test_every_event_has_words_for_the_history():
    assert set(EVENT_WORDS) == set(Event)


def test_an_absence_of_another_schools_class_is_a_violation(app):
    school_class = make.make_class()
    db.session.add(Absence(school_id=make.make_school().id, class_id=school_class.id, first_on=DAY, last_on=DAY))
    db.session.commit()

    assert [each.code for each in violations()] == ["absence-school"]
