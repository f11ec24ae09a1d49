"""« Pour votre classe » and the habit of answering, read from the rows, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.accounts.models import Person
from booking.bookings.answering import answering_of
from booking.bookings.queries import alternatives
from booking.bookings.rules.states import CancelReason
from booking.bookings.services import answer_request, expire_due, request_places
from booking.bookings.suggestions import suggestions
from booking.catalogue.models import ConfirmationMode, PublicationState
from booking.core.db import db, transaction
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("app", "both_databases", "now")

FAR = dict(latitude=49.9, longitude=2.3)  # Amiens


def ask(slot, school_class=None):
    school_class = school_class or make.make_class()
    with transaction():
        return request_places(slot.id, school_class.id, db.session.get_one(Person, school_class.owner_id))


def answered(slot, host, set_now, *, after_days, accept=True):
    booking = ask(slot)
    set_now(make.NOW + timedelta(days=after_days))
    with transaction():
        answer_request(booking.id, host, accept=accept, reason=None if accept else CancelReason.NO_GUIDE)
    set_now(make.NOW)


def left_to_expire(slot, set_now):
    booking = ask(slot)
    set_now(booking.deadline_at)
    with transaction():
        expire_due(booking.id)
    set_now(make.NOW)


@pytest.fixture
def asked_slot(app):
    activity = make.make_activity(confirmation=ConfirmationMode.APPROVAL)
    return make.make_slot(activity, max_classes=20, max_pupils=600)


def test_an_answer_s_days_are_working_days_and_silence_is_counted_beside(asked_slot, set_now):
    host = asked_slot.activity.contact
    answered(asked_slot, host, set_now, after_days=0)
    answered(asked_slot, host, set_now, after_days=1, accept=False)
    answered(asked_slot, host, set_now, after_days=6)  # from Tuesday to the next Monday: four working days
    left_to_expire(asked_slot, set_now)
    company_id = asked_slot.activity.company_id
    found = answering_of({company_id})[company_id]
    assert (sorted(found.days), found.unanswered) == ([0, 1, 4], 1)


def test_nobody_is_judged_on_requests_of_more_than_a_year_ago(asked_slot, set_now):
    left_to_expire(asked_slot, set_now)
    set_now(make.NOW + timedelta(days=400))
    assert answering_of({asked_slot.activity.company_id}) == {}


def test_the_nearest_visit_for_the_level_is_suggested_first_and_only_what_can_be_booked():
    school_class = make.make_class()
    near = make.make_slot(make.make_activity(title="Tout près"))
    middling = make.make_site(latitude=48.85, longitude=2.1)
    far = make.make_slot(make.make_activity(middling, title="Plus loin"))
    make.make_slot(make.make_activity(make.make_site(**FAR), title="Amiens"))
    make.make_slot(make.make_activity(title="Lycée", levels=("TG",)))
    make.make_slot(make.make_activity(title="Brouillon", state=PublicationState.DRAFT))
    make.make_slot(make.make_activity(title="Complet"), max_pupils=20)
    found = suggestions(school_class)
    assert [each.slot.id for each in found] == [near.id, far.id]
    assert found[0].score.points > found[1].score.points


def test_one_date_of_each_activity_is_enough():
    activity = make.make_activity()
    first = make.make_slot(activity)
    make.make_slot(activity, local_start=datetime(2027, 1, 14, 9))
    assert [each.slot.id for each in suggestions(make.make_class())] == [first.id]


def test_a_date_on_which_the_class_is_elsewhere_is_not_suggested():
    school_class = make.make_class()
    ask(make.make_slot(), school_class)
    make.make_slot(make.make_activity(title="Le même jour"))
    assert suggestions(school_class) == []


def test_near_alternatives_put_the_same_activity_first_then_the_same_theme():
    """Field, section 4, 4: three dated places on refusal."""
    activity = make.make_activity()
    full = make.make_slot(activity, max_pupils=20)
    other_theme = make.make_slot(make.make_activity(sector="chimie", kind="classroom_workshop"))
    same_theme = make.make_slot(make.make_activity())
    other_day = make.make_slot(activity, local_start=datetime(2027, 1, 26, 9))
    found = [slot.id for slot in alternatives(full, make.make_class())]
    assert found == [other_day.id, same_theme.id, other_theme.id]


def test_a_teacher_reads_the_suggestions_and_their_reasons_at_home(client):
    school_class = make.make_class()
    make.make_slot(make.make_activity(title="Tout près"))
    other = make.make_class(db.session.get_one(Person, school_class.owner_id), name="3e A", level_code="3E")
    page = signed_in(client, db.session.get_one(Person, school_class.owner_id))
    text = page.get(f"/teacher/?class_id={school_class.id}").get_data(as_text=True)
    assert "Pour la 4e B" in text
    assert "min de car" in text
    assert "prévu pour ce niveau" in text
    assert "Pour la 3e A" in page.get(f"/teacher/?class_id={other.id}").get_data(as_text=True)


def test_the_activity_says_how_the_firm_usually_answers_only_with_enough_answers(client, asked_slot, set_now):
    host, address = asked_slot.activity.contact, f"/programme/{asked_slot.activity_id}"
    for _ in range(4):
        answered(asked_slot, host, set_now, after_days=1)
    assert "en général sous" not in client.get(address, follow_redirects=True).get_data(as_text=True)
    answered(asked_slot, host, set_now, after_days=1)
    assert "des demandes, en général sous 1" in client.get(address, follow_redirects=True).get_data(as_text=True)
