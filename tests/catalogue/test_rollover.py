"""Last edition's activities taken up again in one go, and firms invited to do so: never twice, on both databases."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Person, ScopeKind
from booking.catalogue import rollover
from booking.catalogue.models import Activity, PublicationState, ReturnInvitation, Slot, SlotState
from booking.catalogue.rollover import NothingPicked, NotOfLastEdition
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.territory.models import SchoolHoliday
from tests import make
from tests.conftest import NOW
from tests.processes import call_at_once
from tests.sign_in import signed_in


def make_editions():
    last = make.make_edition(
        "2026", name="Semaine 2026", starts_on=date(2026, 1, 14), ends_on=date(2026, 1, 20),
        window_starts_on=date(2025, 12, 1), window_ends_on=date(2026, 3, 31),
    )  # fmt: skip
    return last, make.make_edition()


def make_last_year(company=None, **values):
    """A firm's activity of the last edition, with a Tuesday, a Wednesday months later, and a date that was cancelled."""
    last, new = make_editions()
    activity = make.make_activity(make.make_site(company), edition=last, **values)
    make.make_slot(activity, datetime(2026, 1, 13, 9), max_classes=2, max_pupils=50)
    make.make_slot(activity, datetime(2026, 3, 4, 14))
    make.make_slot(activity, datetime(2026, 1, 15, 9), state=SlotState.CANCELLED)
    return activity, new


def resume(activity, new, *, with_dates=True, ids=None):
    with transaction():
        return rollover.resume_activities(
            activity.company_id, new.id, ids or [activity.id], activity.contact_id, with_dates=with_dates
        )


def copies(new) -> list[Activity]:
    return list(db.session.scalars(select(Activity).where(Activity.edition_id == new.id)))


def test_dates_keep_their_weekday_and_their_distance_to_the_week(app, both_databases, now):
    activity, new = make_last_year(label_number="91-1")
    db.session.add(SchoolHoliday(zone="C", name="Hiver", first_on=date(2027, 3, 1), last_on=date(2027, 3, 5)))  # fmt: skip
    db.session.commit()
    done = resume(activity, new)
    (copy,) = copies(new)
    assert (copy.state, copy.copied_from_id, copy.label_number) == (PublicationState.DRAFT, activity.id, "")
    # From the Monday of one week to that of the other there are 52 weeks; the Wednesday has fallen into holidays.
    assert [(slot.local_start, slot.max_classes, slot.max_pupils, slot.taken_classes) for slot in copy.slots] == [
        (datetime(2027, 1, 12, 9), 2, 50, 0)
    ]
    assert (done.activities, done.slots, done.left) == (1, 1, 1)


def test_without_dates_the_drafts_have_none(app, both_databases, now):
    activity, new = make_last_year()
    assert resume(activity, new, with_dates=False).slots == 0
    assert db.session.scalar(select(func.count(Slot.id)).where(Slot.activity_id == copies(new)[0].id)) == 0


def test_again_nothing_is_made_and_another_firms_activity_or_none_is_refused(app, both_databases, now):
    activity, new = make_last_year()
    other, _new = make_last_year()
    resume(activity, new)
    assert resume(activity, new).activities == 0
    assert len(copies(new)) == 1
    with pytest.raises(NotOfLastEdition):
        resume(activity, new, ids=[other.id])
    with pytest.raises(NothingPicked), transaction():
        rollover.resume_activities(activity.company_id, new.id, [], activity.contact_id, with_dates=False)


def resume_in_a_process(company_id: int, new_id: int, activity_id: int, person_id: int) -> int:
    from booking.core import clock

    clock.now = lambda: NOW
    with transaction():
        return rollover.resume_activities(company_id, new_id, [activity_id], person_id, with_dates=True).activities


@pytest.mark.deep_on_sqlite
def test_the_button_pressed_in_four_places_at_once_makes_one_copy(app, both_shared_databases, now):
    activity, new = make_last_year()
    call = {
        "company_id": activity.company_id, "new_id": new.id, "activity_id": activity.id, "person_id": activity.contact_id,
    }  # fmt: skip
    db.session.rollback()
    assert sorted(call_at_once(app, resume_in_a_process, [call] * 4)) == [0, 0, 0, 1]
    assert len(copies(new)) == 1


def test_the_page_shows_where_each_date_goes_and_takes_up_what_is_ticked(app, client, now):
    activity, _new = make_last_year(title="Tour de main")
    signed_in(client, db.session.get(Person, activity.contact_id))
    address = f"/company/{activity.company_id}/activities/again"
    text = client.get(address).get_data(as_text=True)
    assert "mardi 12 janvier 2027" in text
    none = client.post(address, data={"dates": "moved"}).get_data(as_text=True)
    assert "Choisissez au moins une activité" in none
    answer = client.post(address, data={"activities": [activity.id], "dates": "moved"}, follow_redirects=True)
    assert "1 activité est reprise en brouillon" in answer.get_data(as_text=True)
    assert "déjà reprise" in client.get(address).get_data(as_text=True)
    signed_in(client, make.make_host())
    assert client.get(address).status_code == 404


def test_firms_of_the_territory_are_invited_once_each_in_their_language(app, both_databases, client, now):
    activity, new = make_last_year()
    back, _new = make_last_year()
    resume(back, new)
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    last, _new = make_editions()
    make.make_activity(make.make_site(departement="33"), edition=last, title="Ailleurs")
    db.session.get(Person, activity.contact_id).language = "en"
    officer = make.make_officer(ScopeKind.ACADEMIE, "25")
    address = f"/territory/{officer.memberships[0].id}/returning"
    signed_in(client, officer)
    assert client.get(address).status_code == 200
    for _ in range(2):
        assert client.post(address).status_code == 302
    (mail,) = db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "return-invited"))
    assert mail.recipient == db.session.get(Person, activity.contact_id).email
    assert db.session.scalars(select(ReturnInvitation.company_id)).all() == [activity.company_id]
    signed_in(client, db.session.get(Person, activity.contact_id))
    assert client.get(address).status_code == 404
