"""The pages of the need board: what each side sees, what it is refused, and that bad input gets a sentence."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.bookings.services import accept_offer
from booking.core.db import db, transaction
from booking.matching.board import services
from booking.matching.board.rules import NeedDraft
from booking.matching.models import Need, NeedState
from booking.matching.rules import Wish
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("app", "now")


@pytest.fixture
def school_class(app):
    return make.make_class()


@pytest.fixture
def teacher(school_class):
    return db.session.get_one(Person, school_class.owner_id)


@pytest.fixture
def need(school_class, teacher):
    draft = NeedDraft(
        wishes=(Wish(date(2027, 1, 11), date(2027, 1, 22)),), theme="robots", message="Une ligne de robots."
    )
    with transaction():
        return services.post_to_board(school_class.id, teacher, draft)


@pytest.fixture
def slot(app):
    return make.make_slot()


@pytest.fixture
def host(slot):
    return slot.activity.contact


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def typed(school_class, **changes):
    values = {
        "wish-class_id": school_class.id, "wish-theme": "robots", "wish-radius_km": "30", "wish-can_travel": "y",
        "wish-first_on_1": "2027-01-12", "wish-last_on_1": "", "wish-half_1": "am", "wish-half_2": "any",
        "wish-half_3": "any", "wish-message": "Bonjour",
    }  # fmt: skip
    return {**values, **{f"wish-{name}": value for name, value in changes.items()}}


def board(company, *more) -> str:
    return "/".join([f"/company/{company.id}/board", *map(str, more)])


def test_a_teacher_posts_edits_and_takes_back_a_need(client, school_class, teacher):
    page = signed_in(client, teacher)
    answer = page.post("/teacher/needs/new", data=typed(school_class), follow_redirects=True)
    assert "La recherche est publiée" in text_of(answer)
    need = db.session.scalars(select(Need)).one()
    assert "robots" in text_of(page.get("/teacher/"))
    page.post(f"/teacher/needs/{need.id}/edit", data=typed(school_class, theme="chimie", sectors=["chimie"]))
    assert (need.theme, need.sectors) == ("chimie", ["chimie"])
    answer = page.post(f"/teacher/needs/{need.id}/withdrawal", follow_redirects=True)
    assert "La recherche est retirée" in text_of(answer)
    assert need.state is NeedState.WITHDRAWN


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"class_id": "999"}, "class_id", "ligne de la liste"),
        ({"first_on_1": ""}, "first_on_1", "au moins une date"),
        ({"first_on_1": "demain"}, "first_on_1", "Cette date n’existe pas"),
        ({"theme": "x" * 121}, "theme", "120 caractères"),
        ({"radius_km": "7"}, "radius_km", "ligne de la liste"),
        ({"sectors": ["magie"]}, "sectors", "ligne de la liste"),
        ({"can_travel": "", "kinds": ["site_visit"]}, "can_travel", "Ateliers en classe"),
    ],
)
def test_a_bad_need_gets_a_sentence_beside_its_field_and_nothing_typed_is_lost(
    client, school_class, teacher, changes, field, sentence
):
    data = {name: value for name, value in typed(school_class, **changes).items() if value != ""}
    answer = signed_in(client, teacher).post("/teacher/needs/new", data=data)
    beside = re.search(rf'<div id="wish-{field}-error">(.*?)</div>', text_of(answer))
    assert beside, f"nothing beside {field}"
    assert sentence in beside.group(1)
    assert "Bonjour" in text_of(answer)
    assert db.session.scalars(select(Need)).all() == []


def test_an_empty_search_offers_to_post_the_need_and_keeps_its_filters(client, school_class, teacher):
    """Field, section 4, 4 and product, section 8: nothing dead-ends."""
    make.make_edition()
    query = "q=robots&sector=chimie&level=4E&from=2027-01-12&to=2027-01-14&comes=1"
    listing = text_of(client.get(f"/programme?{query}"))
    link = re.search(r'href="(/teacher/needs/new\?[^"]*)"', listing).group(1).replace("&amp;", "&")
    form = text_of(signed_in(client, teacher).get(link))
    assert 'value="robots"' in form
    assert 'value="2027-01-12"' in form
    assert 'value="2027-01-14"' in form
    assert (
        re.search(r'checked[^>]*value="chimie"|value="chimie"[^>]*checked', form) or 'checked id="wish-sectors' in form
    )
    assert not re.search(r'<input checked[^>]*name="wish-can_travel"', form)


def test_a_search_with_nonsense_fills_in_what_it_can(client, school_class, teacher):
    address = "/teacher/needs/new?radius=abc&from=demain&kind=magie&level=ZZ&sector=magie&half=night&class_id=x"
    assert signed_in(client, teacher).get(address).status_code == 200


def test_a_firm_sees_the_class_its_school_and_why_but_not_who_teaches_it(client, need, slot, host, teacher):
    text = text_of(signed_in(client, host).get(board(slot.activity.company)))
    for words in (
        "robots",
        "Collège Louis Pasteur",
        "27 élèves",
        "Brunoy",
        "min de car",
        "sur 100",
        '<svg class="map"',
    ):
        assert words in text
    page = text_of(signed_in(client, host).get(board(slot.activity.company, need.id)))
    for hidden in (teacher.last_name, teacher.email, "4e B"):
        assert hidden not in text + page


def test_a_firm_offers_a_slot_in_one_click_and_then_knows_the_teacher(client, need, slot, host, teacher):
    page = signed_in(client, host)
    assert "date souhaitée" in text_of(page.get(board(slot.activity.company, need.id)))
    answer = page.post(board(slot.activity.company, need.id, "slots", slot.id), follow_redirects=True)
    assert f"{teacher.name} répond avant" in text_of(answer)
    assert slot.taken_classes == 1
    assert teacher.name in text_of(page.get(board(slot.activity.company, need.id)))
    assert "place proposée" in text_of(page.get(board(slot.activity.company)))


def test_a_firm_makes_a_new_date_and_bad_hours_get_a_sentence(client, need, slot, host):
    page, company = signed_in(client, host), slot.activity.company
    values = {"activity_id": slot.activity_id, "day": "2027-01-14", "start": "14:00", "end": "13:00", "max_classes": "1",
              "max_pupils": "30", "adults_per_class": "1"}  # fmt: skip
    answer = page.post(board(company, need.id, "slots"), data=values)
    assert answer.status_code == 200
    assert "error-summary" in text_of(answer)
    answer = page.post(board(company, need.id, "slots"), data={**values, "activity_id": "999", "end": "16:00"})
    assert "ligne de la liste" in text_of(answer)
    answer = page.post(board(company, need.id, "slots"), data={**values, "end": "16:00"}, follow_redirects=True)
    assert "La date est proposée" in text_of(answer)


def test_the_teacher_accepts_from_the_page_of_the_need(client, need, slot, host, teacher):
    with transaction():
        booking = services.offer_slot(need.id, slot.activity.company_id, slot.id, host)
    page = signed_in(client, teacher)
    assert "1 date proposée" in text_of(page.get("/teacher/"))
    text = text_of(page.get(f"/teacher/needs/{need.id}"))
    assert f'action="/teacher/bookings/{booking.id}/acceptance"' in text
    page.post(f"/teacher/bookings/{booking.id}/acceptance")
    assert booking.state is State.CONFIRMED
    assert "La classe a sa visite" in text_of(page.get(f"/teacher/needs/{need.id}"))


def test_a_firm_that_comes_too_late_is_told_kindly(client, need, slot, host):
    other = make.make_slot(local_start=datetime(2027, 1, 13, 9))
    with transaction():
        booking = services.offer_slot(need.id, other.activity.company_id, other.id, other.activity.contact)
    with transaction():
        accept_offer(booking.id, booking.teacher)
    page = signed_in(client, host)
    answer = page.post(board(slot.activity.company, need.id, "slots", slot.id), follow_redirects=True)
    assert "Merci d’y avoir pensé" in text_of(answer)
    assert "Une ligne de robots" not in text_of(answer)
    assert slot.taken_classes == 0


def test_another_s_need_company_or_slot_is_a_404_and_reading_changes_nothing(client, need, slot, host, teacher):
    company, stranger = slot.activity.company, make.make_teacher()
    assert signed_in(client, stranger).get(f"/teacher/needs/{need.id}").status_code == 404
    assert signed_in(client, stranger).post(f"/teacher/needs/{need.id}/edit").status_code == 404
    assert signed_in(client, stranger).post(f"/teacher/needs/{need.id}/withdrawal").status_code == 404
    assert signed_in(client, stranger).get(board(company)).status_code == 404
    far = make.make_activity(make.make_site(latitude=43.3, longitude=5.4))
    assert signed_in(client, far.contact).get(board(far.company, need.id)).status_code == 404
    assert signed_in(client, far.contact).post(board(far.company, need.id, "slots", slot.id)).status_code == 404
    page = signed_in(client, host)
    foreign = make.make_slot()
    assert page.post(board(company, need.id, "slots", foreign.id)).status_code == 404
    assert page.post(board(company, 4242, "slots", slot.id)).status_code == 404
    assert page.get(board(company, need.id, "slots", slot.id)).status_code == 405
    assert db.session.scalars(select(Booking)).all() == []


def test_a_visitor_is_sent_to_sign_in(client, need):
    assert client.get("/teacher/needs/new?q=robots").status_code == 302
    assert client.get("/company/1/board").status_code == 302
