"""The waiting list on the pages: from the activity to the list, from the list to a place; what the host sees."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_teacher_views import words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def teacher(app):
    return make.make_teacher(make.make_school())


@pytest.fixture
def school_class(teacher):
    return make.make_class(teacher)


@pytest.fixture
def page(client, teacher):
    return signed_in(client, teacher)


def other_class(pupils: int = 30, **values):
    return make.make_class(school=make.make_school("Lycée Jean Perrin"), pupils=pupils, name="2de 4",
                           level_code="3E", **values)  # fmt: skip


def book(slot, school_class) -> Booking:
    person = db.session.get(make.Person, school_class.owner_id)
    with transaction():
        return services.request_places(slot.id, school_class.id, person)


def join(slot, school_class) -> Booking:
    person = db.session.get(make.Person, school_class.owner_id)
    with transaction():
        return services.join_line([slot.id], school_class.id, person)[0]


@pytest.fixture
def slot(app):
    """A full slot."""
    slot = make.make_slot()
    book(slot, other_class())
    return slot


def my_booking(teacher) -> Booking:
    query = select(Booking).where(Booking.teacher_id == teacher.id).execution_options(populate_existing=True)
    return db.session.scalars(query.order_by(Booking.id.desc())).first()


def test_the_activity_page_leads_to_the_list_of_a_full_date_and_to_visits_nearby(page, slot, school_class):
    make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0))
    text = page.get(f"/programme/{ref_of(slot.activity)}?slot={slot.id}&class_id={school_class.id}").text
    assert f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}" in text
    assert "Pistes proches" in text


def test_a_date_for_another_level_offers_no_list(page, slot, teacher):
    other = make.make_class(teacher, name="6e A", level_code="6E")
    assert "/wait?" not in page.get(f"/programme/{ref_of(slot.activity)}?class_id={other.id}").text
    assert "Rejoindre la liste d’attente" not in page.get(f"/teacher/slots/{slot.id}/wait?class_id={other.id}").text


def test_a_booking_refused_for_lack_of_places_offers_the_list_with_what_was_typed(page, slot, school_class):
    form = {"class_id": school_class.id, "adults": 4, "pupils": 25, "key": "k"}
    text = page.post(f"/teacher/slots/{slot.id}/book", data=form).text.replace("&amp;", "&")
    assert f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}&adults=4&pupils=25" in text


def test_the_page_says_how_long_an_offer_stands_before_one_joins(page, slot, school_class):
    text = words_of(page.get(f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}").text)
    assert "gardées pour vous 3 jours d’école" in text
    assert "un seul dans la semaine qui précède la clôture" in text
    assert "Personne n’est encore sur la liste" in text
    assert my_booking(db.session.get(make.Person, school_class.owner_id)) is None


def test_joining_shows_ones_place_and_nothing_of_the_others(page, slot, teacher, school_class):
    join(slot, other_class(31))
    answer = page.post(f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}", data={"slots": slot.id, "adults": 3},
                       follow_redirects=True)  # fmt: skip
    text = words_of(answer.text)
    assert "Vous êtes deuxième ; la classe devant vous demande 31 places." in text
    assert "La liste ferme le" in text
    assert "Jean Perrin" not in text
    assert "2de 4" not in text
    assert my_booking(teacher).state is State.WAITING


def test_several_dates_are_joined_in_one_go(page, slot, teacher, school_class):
    other = make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0))
    book(other, other_class())
    data = {"slots": [slot.id, other.id], "adults": 3}
    text = page.post(f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}", data=data, follow_redirects=True).text
    assert "pour 2 dates" in text
    assert "La classe attend aussi" in text
    assert (slot.waiting_classes, other.waiting_classes) == (1, 1)


def test_no_date_ticked_is_said_beside_the_dates(page, slot, school_class):
    book(make.make_slot(slot.activity, datetime(2027, 1, 14, 9, 0)), other_class())
    answer = page.post(f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}", data={"adults": 3})
    assert "Cochez une date au moins." in answer.text
    assert slot.waiting_classes == 0


def test_a_class_without_enough_adults_is_told_beside_the_field(page, slot, school_class):
    answer = page.post(
        f"/teacher/slots/{slot.id}/wait?class_id={school_class.id}", data={"slots": slot.id, "adults": 0}
    )
    assert "L’entreprise demande 1 accompagnateur" in words_of(answer.text)
    assert slot.waiting_classes == 0


def test_somebody_elses_class_or_booking_is_not_found(page, slot):
    other = join(slot, other_class())
    assert page.get(f"/teacher/slots/{slot.id}/wait?class_id={other.class_id}").status_code == 404
    assert page.post(f"/teacher/bookings/{other.id}/departure").status_code == 404
    assert other.state is State.WAITING


def test_looking_joins_and_leaves_nothing(page, slot, school_class):
    booking = join(slot, school_class)
    assert page.get(f"/teacher/bookings/{booking.id}/departure").status_code == 405
    assert booking.state is State.WAITING


def test_one_press_leaves_the_list(page, slot, school_class):
    booking = join(slot, school_class)
    assert "Quitter la liste d’attente" in page.get(f"/teacher/bookings/{booking.id}").text
    text = page.post(f"/teacher/bookings/{booking.id}/departure", follow_redirects=True).text
    assert "n’est plus sur la liste" in text
    assert "L’établissement a quitté la liste d’attente" in text
    assert (booking.state, slot.waiting_classes) == (State.CANCELLED, 0)


def test_a_place_given_back_on_a_page_is_offered_at_once(client, slot, school_class):
    waiting = join(slot, school_class)
    [gone] = services.slots_to_promote() or db.session.scalars(select(Booking).where(Booking.state == State.CONFIRMED))
    browser = signed_in(client, gone.teacher)
    browser.post(f"/teacher/bookings/{gone.id}/cancellation", data={"reason": "transport"})
    assert waiting.state is State.OFFERED


def test_more_places_on_the_hosts_page_serve_the_line_at_once(client, slot, school_class):
    waiting = join(slot, school_class)
    activity = slot.activity
    form = {"day": "2027-01-12", "start": "09:00", "end": "11:30", "max_classes": 2, "max_pupils": 64,
            "adults_per_class": 1, "closes_days": 3, "audience": "all", "opens": "now"}  # fmt: skip
    host = signed_in(client, activity.contact)
    answer = host.post(f"/company/{activity.company_id}/activities/{activity.id}/slots/{slot.id}/edit", data=form)
    assert answer.status_code == 302, words_of(answer.text)
    assert waiting.state is State.OFFERED


def test_a_failed_promotion_does_not_spoil_the_answer(client, slot, school_class, monkeypatch):
    join(slot, school_class)
    gone = db.session.scalars(select(Booking).where(Booking.state == State.CONFIRMED)).one()
    monkeypatch.setattr(services, "promote_from_line", lambda slot_id: 1 / 0)
    browser = signed_in(client, gone.teacher)
    answer = browser.post(f"/teacher/bookings/{gone.id}/cancellation", data={"reason": "transport"})
    assert answer.status_code == 302
    assert gone.state is State.CANCELLED


def offered(slot, school_class) -> Booking:
    waiting = join(slot, school_class)
    gone = db.session.scalars(select(Booking).where(Booking.state == State.CONFIRMED)).one()
    with transaction():
        services.cancel_booking(gone.id, gone.teacher, Actor.TEACHER, reason=CancelReason.TRANSPORT)
    with transaction():
        services.promote_from_line(slot.id)
    return waiting


def test_the_offer_says_until_when_and_what_happens_otherwise_and_is_accepted(page, slot, school_class):
    booking = offered(slot, school_class)
    text = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    assert "Acceptez la place avant le vendredi 27 novembre 2026, 18 h" in text
    assert "elle est proposée à la classe suivante" in text
    assert "Accepter la place" in text
    page.post(f"/teacher/bookings/{booking.id}/acceptance")
    assert booking.state is State.CONFIRMED


def test_the_offer_is_declined_in_one_press(page, slot, school_class):
    booking = offered(slot, school_class)
    text = page.post(f"/teacher/bookings/{booking.id}/departure", follow_redirects=True).text
    assert "La place est refusée" in text
    assert "L’établissement a refusé la place proposée" in text


def test_free_places_that_are_awaited_lead_a_newcomer_to_the_list(page, school_class):
    slot = make.make_slot()
    gone = book(slot, other_class())
    join(slot, other_class(20))
    with transaction():
        services.cancel_booking(gone.id, gone.teacher, Actor.TEACHER, reason=CancelReason.TRANSPORT)
    text = page.get(f"/teacher/slots/{slot.id}/book?class_id={school_class.id}").text
    assert "Des classes attendent ces places." in text
    assert "Rejoindre la liste d’attente" in text


def test_the_host_sees_the_line_in_its_order_with_pupils_and_skips(client, slot):
    first, second = join(slot, other_class(31)), join(slot, other_class(24))
    second.skip_count = 2
    db.session.commit()
    company_id = slot.activity.company_id
    text = words_of(signed_in(client, slot.activity.contact).get(f"/company/{company_id}/slots/{slot.id}").text)
    line = text.split("En liste d’attente", 1)[1]
    assert "passée 2 fois" in line
    assert line.index("24 élèves") < line.index("31 élèves")
    assert "il faudrait 53 élèves et 2 classes de plus" in line
    assert first.state is State.WAITING
