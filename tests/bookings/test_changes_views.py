"""The pages of changes, for teacher and host: what they show, what they refuse, what a second press does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.action_links import new_link
from booking.accounts.models import ActionLink
from booking.bookings import services
from booking.bookings.models import BookingChange
from booking.bookings.rules.changes import ChangeState, Counts
from booking.bookings.rules.states import Event, State
from booking.catalogue.models import PublicationState, SlotState
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_mails import deliver
from tests.bookings.test_teacher_views import booked, words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

THURSDAY = datetime(2027, 1, 14, 9, 0)
LATE = datetime(2027, 1, 7, 9, 0, tzinfo=make.NOW.tzinfo)


@pytest.fixture
def company(app):
    return make.make_company()


@pytest.fixture
def host(company):
    return make.make_host(company)


@pytest.fixture
def activity(company, host):
    return make.make_activity(make.make_site(company), host)


@pytest.fixture
def booking(activity):
    return booked(make.make_slot(activity, max_classes=2, max_pupils=60), make.make_class())


@pytest.fixture
def teacher_page(client, booking):
    return signed_in(client, booking.teacher)


@pytest.fixture
def host_page(app, host):
    return signed_in(app.test_client(), host)


@pytest.fixture
def mine(booking):
    return f"/teacher/bookings/{booking.id}"


@pytest.fixture
def theirs(company, booking):
    return f"/company/{company.id}/bookings/{booking.id}"


def numbers(booking, **values):
    return {"pupils": 27, "adults": 3, "assistants": 0, "seen": booking.revision, **values}


def ask_for(booking, pupils=30):
    teacher = booking.teacher
    with transaction():
        return services.change_counts(booking.id, teacher, Counts(pupils, 3))


# ---- The teacher


def test_fewer_pupils_are_noted_and_both_sides_read_old_and_new(teacher_page, host_page, booking, mine, theirs):
    page = words_of(teacher_page.get(f"{mine}/head-count").text)
    assert "Vous changez librement jusqu’au mardi 5 janvier 2027, 9 h" in page
    answer = teacher_page.post(f"{mine}/head-count", data=numbers(booking, pupils=25, girls=12), follow_redirects=True)
    assert "C’est noté" in words_of(answer.text)
    assert "25 élèves au lieu de 27" in words_of(answer.text)
    assert "25 élèves au lieu de 27" in words_of(host_page.get(theirs).text)
    [letter] = [each for each in deliver() if each.to == booking.slot.activity.contact.email][-1:]
    assert "25 élèves et 3 accompagnateurs" in letter.flat


def test_the_girls_count_is_not_for_the_host(teacher_page, host_page, booking, mine, theirs):
    teacher_page.post(f"{mine}/head-count", data=numbers(booking, girls=12))
    assert "Nombre d’élèves modifié" in words_of(teacher_page.get(mine).text)
    assert "Nombre d’élèves modifié" not in words_of(host_page.get(theirs).text)


def test_a_number_that_does_not_fit_is_refused_beside_its_field_and_nothing_is_lost(teacher_page, booking, mine):
    answer = teacher_page.post(f"{mine}/head-count", data=numbers(booking, pupils=80, note="Toute la classe"))
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert "Ce créneau accueille 60 élèves au plus" in words_of(answer.text)
    assert "Toute la classe" in answer.text
    answer = teacher_page.post(f"{mine}/head-count", data={"pupils": "beaucoup", "adults": "3"})
    assert "en chiffres" in words_of(answer.text)


def test_a_page_of_before_is_told_so_and_then_knows_better(teacher_page, booking, mine):
    stale = numbers(booking, pupils=20)
    teacher_page.post(f"{mine}/head-count", data=numbers(booking, pupils=25))
    answer = teacher_page.post(f"{mine}/head-count", data=stale)
    assert "a changé depuis que vous avez ouvert la page" in words_of(answer.text)
    db.session.refresh(booking)
    assert booking.pupils == 25
    assert f'value="{booking.revision}"' in answer.text


def test_other_dates_are_listed_with_what_is_possible_and_one_is_taken(teacher_page, booking, mine, activity):
    there = make.make_slot(activity, local_start=THURSDAY)
    full = make.make_slot(activity, local_start=datetime(2027, 1, 19, 9))
    booked(full, make.make_class())
    page = words_of(teacher_page.get(f"{mine}/date").text)
    assert "jeudi 14 janvier 2027 de 9 h 00 à 11 h 30 32 places" in page
    assert "mardi 19 janvier 2027 de 9 h 00 à 11 h 30 complet" in page
    answer = teacher_page.post(
        f"{mine}/date", data={"slot_id": there.id, "seen": booking.revision}, follow_redirects=True
    )
    words = words_of(answer.text)
    assert "la réservation a changé de date" in words
    assert "jeudi 14 janvier 2027 de 9 h 00 à 11 h 30 au lieu de mardi 12 janvier 2027 de 9 h 00 à 11 h 30" in words
    refused = teacher_page.post(f"{mine}/date", data={"slot_id": full.id})
    assert "Ce créneau est complet" in words_of(refused.text)


def test_a_date_of_another_activity_is_not_found_and_none_at_all_is_asked_for(teacher_page, booking, mine):
    assert teacher_page.post(f"{mine}/date", data={"slot_id": make.make_slot().id}).status_code == 404
    assert teacher_page.post(f"{mine}/date", data={"slot_id": "999999"}).status_code == 404
    for wrong in ({}, {"slot_id": "9" * 30}, {"slot_id": "demain"}):
        assert "Choisissez une date" in words_of(teacher_page.post(f"{mine}/date", data=wrong).text)


@pytest.mark.parametrize("path", ["/head-count", "/date", "/cancellation-request"])
def test_somebody_elses_booking_is_not_found(client, booking, mine, path):
    stranger = signed_in(client, make.make_teacher())
    assert stranger.get(f"{mine}{path}").status_code == 404
    assert stranger.post(f"{mine}{path}", data=numbers(booking)).status_code == 404
    assert stranger.post(f"{mine}/reconfirmation").status_code == 404


def test_complaint_21_a_cancelled_booking_is_not_changed_from_an_old_page(teacher_page, booking, mine):
    data = numbers(booking, pupils=20)
    teacher = booking.teacher
    with transaction():
        services.cancel_booking(booking.id, teacher, "teacher", reason="transport")
    answer = teacher_page.post(f"{mine}/head-count", data=data, follow_redirects=True)
    assert "ne se change plus" in words_of(answer.text)
    assert (booking.state, booking.pupils) == (State.CANCELLED, 27)


def test_too_late_the_page_says_that_a_rise_is_asked_for_and_until_when(teacher_page, booking, mine, set_now):
    set_now(LATE)
    page = words_of(teacher_page.get(f"{mine}/head-count").text)
    assert "Venir moins nombreux reste libre" in page
    assert "répond avant le lundi 11 janvier 2027, 18 h. Sans réponse de sa part, c’est non" in page
    data = numbers(booking, pupils=30)
    words = words_of(teacher_page.post(f"{mine}/head-count", data=data, follow_redirects=True).text)
    assert "La demande est envoyée" in words
    assert "Vous avez demandé : 30 élèves au lieu de 27" in words
    again = teacher_page.post(f"{mine}/head-count", data=data, follow_redirects=True)
    assert again.status_code == 200
    assert len(db.session.scalars(select(BookingChange)).all()) == 1
    change = db.session.scalar(select(BookingChange))
    other = booked(make.make_slot(local_start=THURSDAY), make.make_class())
    wrong = f"/teacher/bookings/{other.id}/changes/{change.id}/withdrawal"
    assert signed_in(teacher_page, other.teacher).post(wrong).status_code == 404
    page = signed_in(teacher_page, booking.teacher)
    words = words_of(page.post(f"{mine}/changes/{change.id}/withdrawal", follow_redirects=True).text)
    assert "Votre demande est retirée" in words


def test_complaint_28_a_class_that_cannot_come_says_so_in_time_for_the_host(
    teacher_page, host_page, booking, mine, company, set_now
):
    set_now(LATE)
    assert f"{mine}/cancellation-request" in teacher_page.get(mine).text
    assert "Choisissez une raison" in words_of(teacher_page.post(f"{mine}/cancellation-request", data={}).text)
    answer = teacher_page.post(
        f"{mine}/cancellation-request", data={"reason": "transport", "note": "Pas de car"}, follow_redirects=True
    )
    assert "L’entreprise est prévenue" in words_of(answer.text)
    home = words_of(host_page.get(f"/company/{company.id}/").text)
    assert "1 changement attend votre réponse" in home
    assert "la classe ne peut pas venir" in home
    [letter] = [each for each in deliver() if each.kind == "change-asked"]
    assert "ne pourra pas venir le mardi 12 janvier 2027" in letter.flat
    assert "Pas de car" in letter.flat


# ---- The host


def test_a_change_stands_on_top_of_the_firms_home_and_is_accepted_once(host_page, booking, theirs, company, set_now):
    set_now(LATE)
    change = ask_for(booking)
    home = words_of(host_page.get(f"/company/{company.id}/").text)
    assert "30 élèves au lieu de 27" in home
    assert home.index("1 changement attend votre réponse") < home.index("Créneaux à venir")
    url = f"{theirs}/changes/{change.id}"
    assert "c’est non : la réservation reste comme elle est" in words_of(host_page.get(url).text)
    assert booking.pupils == 27
    for _ in range(2):
        answer = host_page.post(url, data={"answer": "accept", "note": "D’accord"}, follow_redirects=True)
        assert "Le changement est fait" in words_of(answer.text)
    db.session.refresh(booking)
    assert booking.pupils == 30
    answer = host_page.post(url, data={"answer": "refuse"})
    assert "n’attend plus de réponse" in words_of(answer.text)


def test_a_refused_change_is_read_by_the_teacher(teacher_page, host_page, booking, mine, theirs, set_now):
    set_now(LATE)
    change = ask_for(booking)
    host_page.post(f"{theirs}/changes/{change.id}", data={"answer": "refuse", "note": "L’atelier est petit"})
    words = words_of(teacher_page.get(mine).text)
    assert "Votre demande (30 élèves au lieu de 27) : refusée" in words
    assert "L’atelier est petit" in words


def test_another_companys_change_is_not_found(client, booking, theirs, company, set_now):
    set_now(LATE)
    change = ask_for(booking)
    other = make.make_company("Ailleurs")
    stranger = signed_in(client, make.make_host(other))
    assert stranger.get(f"{theirs}/changes/{change.id}").status_code == 404
    assert stranger.post(f"/company/{other.id}/bookings/{booking.id}/changes/{change.id}").status_code == 404
    assert stranger.post(f"/company/{other.id}/slots/{booking.slot_id}/minimum").status_code == 404
    assert stranger.get(f"/company/{other.id}/activities/{booking.slot.activity_id}/cancellation").status_code == 404
    assert stranger.get(f"/company/{other.id}/bookings/{booking.id}/head-count").status_code == 404
    assert change.state is ChangeState.PENDING


def test_a_host_changes_a_head_count_and_keeps_what_it_is_not_shown(host_page, booking, theirs):
    booking.girls, booking.assistants = 12, 1
    db.session.commit()
    page = host_page.get(f"{theirs}/head-count")
    assert "filles" not in page.text
    data = {"pupils": 24, "adults": 2, "seen": booking.revision, "note": "Vu au téléphone"}
    assert "C’est noté" in words_of(host_page.post(f"{theirs}/head-count", data=data, follow_redirects=True).text)
    db.session.refresh(booking)
    assert (booking.pupils, booking.adults, booking.girls, booking.assistants) == (24, 2, 12, 1)


def test_complaint_9_an_activity_is_cancelled_whole_after_saying_what_is_lost(host_page, booking, company, activity):
    url = f"/company/{company.id}/activities/{activity.id}/cancellation"
    assert "1 classe perd sa visite" in words_of(host_page.get(url).text)
    assert "Choisissez une raison" in words_of(host_page.post(url, data={}).text)
    answer = host_page.post(url, data={"reason": "production", "note": "Usine arrêtée"}, follow_redirects=True)
    assert "La classe inscrite est prévenue" in words_of(answer.text)
    db.session.refresh(booking)
    assert (booking.state, activity.state) == (State.CANCELLED, PublicationState.UNPUBLISHED)
    assert "il n’y a rien à annuler" in words_of(host_page.get(url).text)


# ---- A moved slot


@pytest.fixture
def moved(booking, host):
    with transaction():
        services.move_slot(booking.slot_id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    return booking


def test_complaint_30_the_teacher_says_that_the_new_date_suits_and_the_host_sees_who_said_yes(
    teacher_page, host_page, moved, mine, company
):
    slot_url = f"/company/{company.id}/slots/{moved.slot_id}"
    assert "pas encore de réponse" in words_of(host_page.get(slot_url).text)
    assert "La nouvelle date convient" in words_of(teacher_page.get(mine).text)
    for _ in range(2):
        answer = teacher_page.post(f"{mine}/reconfirmation", follow_redirects=True)
        assert "vous venez à la nouvelle date" in words_of(answer.text)
    assert "La nouvelle date convient" not in words_of(teacher_page.get(mine).text)
    assert "la date convient (réponse du mardi 24 novembre 2026" in words_of(host_page.get(slot_url).text)


def link_of_the_mail(booking) -> str:
    [letter] = [each for each in deliver() if each.to == booking.teacher.email]
    lines = letter.text.splitlines()
    return lines[lines.index(next(line for line in lines if "La nouvelle date convient" in line)) + 1].strip()


def test_complaint_20_the_link_of_the_mail_shows_and_only_its_button_says_yes(client, booking, host):
    deliver()
    with transaction():
        services.move_slot(booking.slot_id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    path = link_of_the_mail(booking).removeprefix("http://127.0.0.1:5000")
    for _ in range(2):
        page = words_of(client.get(path).text)
        assert "jeudi 14 janvier 2027 de 9 h 00 à 11 h 00" in page
    db.session.refresh(booking)
    assert booking.reconfirm_by is not None
    for _ in range(2):
        assert "C’est noté" in words_of(client.post(path).text)
    db.session.refresh(booking)
    assert booking.reconfirm_by is None
    assert [event.event for event in booking.events].count(Event.RECONFIRM) == 1
    assert booking.events[-1].person_id == booking.teacher_id


def test_complaint_21_a_link_of_an_older_date_says_nothing_about_the_newer_one(client, booking, host):
    deliver()
    with transaction():
        services.move_slot(booking.slot_id, host, THURSDAY, THURSDAY + timedelta(hours=2))
    path = link_of_the_mail(booking).removeprefix("http://127.0.0.1:5000")
    with transaction():
        services.move_slot(booking.slot_id, host, datetime(2027, 1, 21, 9), datetime(2027, 1, 21, 11))
    assert "La date a encore changé" in words_of(client.get(path).text)
    assert client.post(path).status_code == 409
    db.session.refresh(booking)
    assert booking.reconfirm_by is not None
    assert db.session.scalar(select(ActionLink)).used_at is None


def test_a_link_to_a_booking_that_is_over_only_says_so(client, booking):
    with transaction():
        token = new_link("reconfirm", f"booking/{booking.id}", valid_for=timedelta(days=3))
    teacher = booking.teacher
    with transaction():
        services.cancel_booking(booking.id, teacher, "teacher", reason="transport")
    assert "n’a plus cours" in words_of(client.get(f"/a/{token}").text)


# ---- Complaint 25: a minimum of pupils


@pytest.fixture
def short_slot(booking):
    slot = booking.slot
    slot.min_pupils, slot.decision_on = 40, datetime(2027, 1, 7).date()
    db.session.commit()
    return slot


def test_complaint_25_below_its_minimum_a_slot_is_asked_about_on_its_day_and_silence_keeps_it(
    teacher_page, host_page, mine, short_slot, company, set_now
):
    assert "L’entreprise décide le jeudi 7 janvier 2027" in words_of(teacher_page.get(mine).text)
    assert services.due_minimums() == []
    set_now(LATE)
    for _ in range(2):
        for slot_id in services.due_minimums():
            with transaction():
                services.ask_minimum(slot_id)
    [letter] = [each for each in deliver() if each.kind == "minimum-asked"]
    assert "Sans décision de votre part, le créneau est maintenu" in letter.flat
    home = words_of(host_page.get(f"/company/{company.id}/").text)
    assert "27 élèves inscrits pour un minimum de 40" in home
    set_now(LATE + timedelta(days=1))
    assert "la visite est maintenue" in words_of(teacher_page.get(mine).text)
    assert "pour un minimum" not in words_of(host_page.get(f"/company/{company.id}/").text)
    assert short_slot.state is SlotState.OPEN


def test_a_host_keeps_a_slot_below_its_minimum_and_the_class_reads_it(
    teacher_page, host_page, mine, short_slot, company, set_now
):
    set_now(LATE)
    url = f"/company/{company.id}/slots/{short_slot.id}"
    assert "ce créneau a-t-il lieu" in words_of(host_page.get(url).text)
    for _ in range(2):
        assert "ce créneau a lieu" in words_of(host_page.post(f"{url}/minimum", follow_redirects=True).text)
    assert "la visite est maintenue" in words_of(teacher_page.get(mine).text)
    short_slot.minimum_kept_at, short_slot.min_pupils = None, 20
    db.session.commit()
    assert "plus rien à décider" in words_of(host_page.post(f"{url}/minimum", follow_redirects=True).text)
