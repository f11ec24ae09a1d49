"""The moment an edition's bookings open, on both databases: nobody before, by whatever door."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.explain import EditionNotOpen
from booking.bookings.rules.states import State
from booking.bookings.services.requests import Wish
from booking.core.checks import violations
from booking.core.dates import until_words
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

OPENS = NOW + timedelta(days=3, hours=1)
JUST_BEFORE = OPENS - timedelta(microseconds=1)


@pytest.fixture
def early(app, both_databases, now):
    """Two dates of an activity whose edition is not open yet, and a teacher's two classes."""
    activity = make.make_activity(edition=make.make_edition(bookings_open_at=OPENS))
    slots = [make.make_slot(activity), make.make_slot(activity, datetime(2027, 1, 14, 9), max_classes=1, max_pupils=27)]
    teacher = make.make_teacher()
    return slots, [make.make_class(teacher), make.make_class(teacher, name="4e C")]


def owner(school_class) -> Person:
    return db.session.get(Person, school_class.owner_id)


def alone(slots, classes) -> None:
    services.request_places(slots[0].id, classes[0].id, owner(classes[0]))


def an_option(slots, classes) -> None:
    services.request_places(slots[0].id, classes[0].id, owner(classes[0]), as_option=True)


def two_together(slots, classes) -> None:
    wishes = [Wish(slot.id, each.id) for slot, each in zip(slots, classes, strict=True)]
    services.request_together(wishes, owner(classes[0]))


def in_line(slots, classes) -> None:
    services.join_line([slots[0].id], classes[0].id, owner(classes[0]))


def by_an_offer(slots, classes) -> None:
    host = db.session.get(Person, slots[0].activity.contact_id)
    services.offer_places(slots[0].id, classes[0].id, owner(classes[0]), host)


@pytest.mark.parametrize("door", [alone, an_option, two_together, in_line, by_an_offer])
def test_a_microsecond_before_the_opening_no_door_leads_to_a_place(early, set_now, door):
    set_now(JUST_BEFORE)
    with pytest.raises(EditionNotOpen) as refused, transaction():
        door(*early)
    assert "27 novembre" in refused.value.message
    assert "Semaine de l’industrie 2027" in refused.value.message
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 0
    assert [(slot.taken_classes, slot.waiting_classes) for slot in early[0]] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("door", "state"), [(alone, State.CONFIRMED), (an_option, State.HELD), (two_together, State.CONFIRMED)]
)
def test_at_that_very_moment_the_same_doors_are_open(early, set_now, door, state):
    set_now(OPENS)
    with transaction():
        door(*early)
    assert set(db.session.scalars(select(Booking.state))) == {state}
    assert violations() == []


def test_nobody_moves_to_another_date_before_the_opening_either(early, set_now):
    slots, classes = early
    set_now(OPENS)
    with transaction():
        booking = services.request_places(slots[0].id, classes[0].id, owner(classes[0]))
    set_now(JUST_BEFORE)
    with pytest.raises(EditionNotOpen), transaction():
        services.move_booking(booking.id, slots[1].id, owner(classes[0]))


def test_the_pages_say_when_bookings_open_and_count_down_without_script(early, client, set_now):
    slots, classes = early
    signed_in(client, owner(classes[0]))
    activity = slots[0].activity
    public = client.get(f"/programme/x-{activity.id}", follow_redirects=True)
    for page in (
        public,
        client.get(f"/teacher/slots/{slots[0].id}/book"),
        client.get(f"/teacher/slots/{slots[0].id}/book-together"),
    ):
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert "Les réservations ne sont pas encore ouvertes" in text
        assert f'datetime="{OPENS.isoformat()}"' in text
        assert "dans 3 jours" in text
        assert "js/opening.js" in text
    assert "pas encore ouvert" in public.get_data(as_text=True)
    set_now(OPENS)
    text = client.get(f"/teacher/slots/{slots[0].id}/book").get_data(as_text=True)
    assert "pas encore ouvertes" not in text
    assert "opening.js" not in text


def test_what_is_left_is_never_said_too_short(app):
    with app.test_request_context():
        for left, words in (
            (timedelta(days=3, hours=23), "dans 3 jours"),
            (timedelta(hours=47, minutes=59, seconds=30), "dans 2 jours"),
            (timedelta(hours=26, minutes=4, seconds=30), "dans 26 h 05 min"),
            (timedelta(seconds=1), "dans 1 min"),
        ):
            assert until_words(NOW + left, NOW) == words
