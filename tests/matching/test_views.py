"""The pages of needs: what each side sees, what it is refused, and that bad input gets a sentence."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import Slot, SlotAudience
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.matching.models import Need, NeedState
from booking.matching.rules import Half, Wish
from booking.matching.services import post_need
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def activity(app):
    make.make_edition()
    return make.make_activity(dates_to_agree=True, yearly_cap=3)


@pytest.fixture
def school_class(activity):
    return make.make_class()


@pytest.fixture
def teacher(school_class):
    return db.session.get_one(Person, school_class.owner_id)


@pytest.fixture
def need(activity, school_class, teacher):
    wishes = [Wish(date(2027, 1, 16), date(2027, 1, 22), Half.AFTERNOON)]
    with transaction():
        return post_need(activity.id, school_class.id, teacher, wishes, "Nous étudions l’énergie.")


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def typed(school_class, **changes):
    values = {
        "wish-class_id": school_class.id,
        "wish-first_on_1": "2027-01-12",
        "wish-last_on_1": "",
        "wish-half_1": "am",
        "wish-half_2": "any",
        "wish-half_3": "any",
        "wish-message": "Bonjour",
    }
    return {**values, **{f"wish-{name}": value for name, value in changes.items()}}


def offered(**changes):
    values = {
        "day": "2027-01-18",
        "start": "14:00",
        "end": "16:00",
        "max_classes": "1",
        "max_pupils": "30",
        "adults_per_class": "1",
    }
    return {**values, **changes}


# ---- On the activity's page


def test_the_activity_says_that_dates_are_to_agree_and_how_many_classes_are_left(client, activity):
    text = text_of(client.get(f"/programme/{activity.id}", follow_redirects=True))
    assert "elle convient du jour avec chaque classe" in text
    assert "3 classes par an au plus\u00a0: il en reste 3" in client.get(
        f"/programme/{activity.id}", follow_redirects=True
    ).get_data(as_text=True)
    assert "Se connecter pour demander une date" in text


def test_a_teacher_asks_on_the_activity_s_page_and_follows_the_need(client, activity, school_class, teacher):
    page = signed_in(client, teacher)
    text = text_of(page.get(f"/programme/{activity.id}", follow_redirects=True))
    assert f'action="/teacher/activities/{activity.id}/needs/new"' in text
    data = typed(school_class, first_on_2="18/01/2027", last_on_2="22/01/2027")
    answer = page.post(f"/teacher/activities/{activity.id}/needs/new", data=data, follow_redirects=True)
    assert "La demande est envoyée" in text_of(answer)
    assert "mardi 12 janvier 2027, le matin" in text_of(answer)
    assert "du 18 janvier 2027 au 22 janvier 2027" in text_of(answer)
    home = text_of(page.get("/teacher/"))
    assert "Demandes de dates" in home
    assert "attend l’entreprise" in home


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"class_id": ""}, "class_id", "ligne de la liste"),
        ({"class_id": "999"}, "class_id", "ligne de la liste"),
        ({"first_on_1": ""}, "first_on_1", "au moins une date"),
        ({"first_on_1": "demain"}, "first_on_1", "Cette date n’existe pas"),
        ({"first_on_1": "24/11/2026"}, "first_on_1", "à partir de demain"),
        ({"first_on_1": "2027-08-30"}, "first_on_1", "Cette activité a lieu du"),
        ({"last_on_1": "2027-01-11"}, "last_on_1", "avant son début"),
        ({"last_on_2": "2027-01-11"}, "last_on_2", "le début de cette période"),
        ({"half_1": "night"}, "half_1", "ligne de la liste"),
        ({"message": "x" * 1001}, "message", "1000 caractères au plus"),
    ],
)
def test_a_bad_wish_gets_a_sentence_beside_its_field_and_nothing_typed_is_lost(
    client, activity, school_class, teacher, changes, field, sentence
):
    page = signed_in(client, teacher)
    data = typed(school_class, **{"message": "Bonjour", **changes})
    answer = page.post(f"/teacher/activities/{activity.id}/needs/new", data=data)
    beside = re.search(rf'<div id="wish-{field}-error">(.*?)</div>', text_of(answer))
    assert answer.status_code == 200
    assert beside, f"nothing beside {field}"
    assert sentence in beside.group(1)
    assert db.session.scalars(select(Need)).all() == []


def test_an_activity_without_dates_to_agree_or_unknown_has_no_such_page(client, teacher):
    plain = make.make_activity()
    page = signed_in(client, teacher)
    assert page.get(f"/teacher/activities/{plain.id}/needs/new").status_code == 404
    assert page.post("/teacher/activities/424242/needs/new").status_code == 404


def test_asking_twice_is_said_on_the_form(client, activity, school_class, teacher, need):
    answer = signed_in(client, teacher).post(f"/teacher/activities/{activity.id}/needs/new", data=typed(school_class))
    assert "déjà une demande en cours" in text_of(answer)


def test_a_visitor_is_sent_to_sign_in(client, activity):
    assert client.get(f"/teacher/activities/{activity.id}/needs/new").status_code == 302


def test_a_teacher_withdraws_their_own_need_and_nobody_else_s(client, need, teacher):
    stranger = signed_in(client, make.make_teacher())
    assert stranger.get(f"/teacher/needs/{need.id}").status_code == 404
    assert stranger.post(f"/teacher/needs/{need.id}/withdrawal").status_code == 404
    answer = signed_in(client, teacher).post(f"/teacher/needs/{need.id}/withdrawal", follow_redirects=True)
    assert "est retirée" in text_of(answer)
    assert "n’est plus en cours" in text_of(client.post(f"/teacher/needs/{need.id}/withdrawal", follow_redirects=True))


# ---- The firm


@pytest.fixture
def base(activity):
    return f"/company/{activity.company_id}/needs"


@pytest.fixture
def page(client, activity):
    return signed_in(client, activity.contact)


def test_the_firm_sees_who_asks_until_when_and_a_date_already_filled_in(page, need, base, activity):
    home = text_of(page.get(f"/company/{activity.company_id}/"))
    assert "1 demande de dates" in home
    answer = page.get(f"{base}/{need.id}")
    assert "du 16 janvier 2027 au 22 janvier 2027, l’après-midi" in text_of(answer)
    assert 'value="2027-01-18"' in answer.text  # the first weekday of the period
    assert 'value="14:00"' in answer.text
    assert text_of(page.get(base)).count("4e B") >= 1


def navigation_of(answer) -> str:
    return re.sub(
        r"\s+", " ", re.search(r"<nav aria-label=\"Navigation principale\">.*?</nav>", answer.text, re.S).group()
    )


def test_the_navigation_of_the_firm_counts_the_classes_that_wait_for_a_date(page, client, need, base, activity):
    elsewhere = f"/company/{activity.company_id}/activities"
    link = f'<a href="{base}">Demandes de dates'
    assert f'{link} <span class="count">1<span class="visually-hidden"> en attente' in navigation_of(
        page.get(elsewhere)
    )
    page.post(f"{base}/{need.id}/refusal", data={"reason": "production"})
    assert f"{link}</a>" in navigation_of(page.get(elsewhere))
    other = signed_in(client, make.make_host())
    assert "count" not in navigation_of(other.get("/programme"))


def test_of_several_firms_the_one_that_is_looked_at_unfolds_with_its_own_count(client, need, base, activity):
    host, second = activity.contact, make.make_company()
    make.make_host(second, email="autre@example.org")
    db.session.add(
        Membership(person_id=host.id, role=MemberRole.HOST, company_id=second.id, created_at=need.created_at)
    )
    db.session.commit()
    page = signed_in(client, host)
    assert "Demandes de dates" not in navigation_of(page.get("/programme"))
    here = navigation_of(page.get(f"/company/{activity.company_id}/"))
    assert 'class="count">1<' in here and second.name in here
    there = navigation_of(page.get(f"/company/{second.id}/"))
    assert "Demandes de dates" in there and "count" not in there


def test_a_date_that_is_offered_and_accepted_is_a_firm_booking(page, client, need, base, teacher):
    answer = page.post(f"{base}/{need.id}/offer", data=offered(), follow_redirects=True)
    assert "La date est proposée à la 4e B" in text_of(answer)
    booking = db.session.scalars(select(Booking)).one()
    slot = db.session.scalars(select(Slot)).one()
    assert (slot.audience, slot.closes_at < slot.starts_at) == (SlotAudience.RESERVED, True)
    own = signed_in(client, teacher)
    shown = text_of(own.get(f"/teacher/bookings/{booking.id}"))
    assert "Acceptez la place avant le vendredi 27 novembre 2026, 18 h" in shown
    assert "l’offre tombe" in shown
    assert "Refuser cette place" in shown
    assert own.get(f"/teacher/bookings/{booking.id}/acceptance").status_code == 405
    accepted = own.post(f"/teacher/bookings/{booking.id}/acceptance", follow_redirects=True)
    assert "C’est réservé" in text_of(accepted)
    assert booking.state is State.CONFIRMED
    again = own.post(f"/teacher/bookings/{booking.id}/acceptance", follow_redirects=True)
    assert "n’est plus possible" in text_of(again)
    assert violations() == []


def test_nobody_accepts_another_teacher_s_offer(page, client, need, base):
    page.post(f"{base}/{need.id}/offer", data=offered())
    booking = db.session.scalars(select(Booking)).one()
    stranger = signed_in(client, make.make_teacher())
    assert stranger.post(f"/teacher/bookings/{booking.id}/acceptance").status_code == 404
    assert booking.state is State.OFFERED


def test_the_other_places_are_for_all_when_the_firm_says_so(page, need, base):
    page.post(f"{base}/{need.id}/offer", data=offered(max_classes="2", max_pupils="60", is_open_to_all="y"))
    slot = db.session.scalars(select(Slot)).one()
    assert (slot.audience, slot.free_classes) == (SlotAudience.ALL, 1)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"day": ""}, "day", "Choisissez un jour"),
        ({"day": "2026-11-20"}, "day", "déjà passée"),
        ({"day": "2027-08-30"}, "day", "hors de l’édition"),
        ({"start": "25:00"}, "start", "Cette heure n’existe pas"),
        ({"end": "13:00"}, "end", "après l’heure de début"),
        ({"max_pupils": "20"}, "max_pupils", ""),
        ({"max_classes": "0"}, "max_classes", "entre 1 et 50"),
    ],
)
def test_a_bad_date_gets_a_sentence_and_creates_nothing(page, need, base, changes, field, sentence):
    answer = page.post(f"{base}/{need.id}/offer", data=offered(**changes))
    assert answer.status_code == 200
    assert "Il reste quelque chose à corriger" in text_of(answer)
    beside = re.search(rf'<div id="{field}-error">(.*?)</div>', text_of(answer))
    if sentence:
        assert beside
        assert sentence in beside.group(1)
    assert db.session.scalars(select(Slot)).all() == []
    assert db.session.get_one(Need, need.id).state is NeedState.OPEN


def test_a_firm_declines_with_a_reason_that_the_teacher_reads(page, client, need, base, teacher):
    assert "Choisissez une raison" in text_of(page.post(f"{base}/{need.id}/refusal", data={"reason": ""}))
    answer = page.post(
        f"{base}/{need.id}/refusal", data={"reason": "no_guide", "note": "Désolé"}, follow_redirects=True
    )
    assert "Demande refusée" in text_of(answer)
    shown = text_of(signed_in(client, teacher).get(f"/teacher/needs/{need.id}"))
    assert "pas d’intervenant disponible" in shown
    assert "Désolé" in shown


def test_another_company_sees_and_answers_nothing(client, need, base):
    stranger = signed_in(client, make.make_host())
    assert stranger.get(base).status_code == 404
    assert stranger.get(f"{base}/{need.id}").status_code == 404
    own = db.session.scalars(select(Person).order_by(Person.id.desc())).first()
    theirs = f"/company/{own.memberships[0].company_id}/needs/{need.id}"
    for path, data in ((theirs, None), (f"{theirs}/offer", offered()), (f"{theirs}/refusal", {"reason": "other"})):
        answer = stranger.get(path) if data is None else stranger.post(path, data=data)
        assert answer.status_code == 404
    assert db.session.get_one(Need, need.id).state is NeedState.OPEN


def test_an_ended_need_says_so_and_offers_no_form(page, need, base):
    page.post(f"{base}/{need.id}/refusal", data={"reason": "other"})
    shown = text_of(page.get(f"{base}/{need.id}"))
    assert "Proposer cette date" not in shown
    late = page.post(f"{base}/{need.id}/offer", data=offered())
    assert "n’est plus en cours" in text_of(late)
