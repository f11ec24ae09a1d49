"""The pages of messages, questions and reports: each side, a stranger, a visitor without an account."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from booking.bookings.rules.states import Actor, State
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.messages import services
from booking.messages.models import Message, Question, Report
from tests import make
from tests.bookings.test_mails import deliver
from tests.bookings.test_teacher_views import words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def booking(app):
    return make.make_booking()


@pytest.fixture
def activity(booking):
    return booking.slot.activity


@pytest.fixture
def host(activity):
    return activity.contact


def base(activity) -> str:
    return f"/company/{activity.company_id}"


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def key_in(page: str) -> str:
    return re.search(r'name="key"[^>]*value="([^"]+)"', page)[1]


def test_both_sides_write_and_read_on_the_page_of_the_booking(client, booking, activity, host):
    page = signed_in(client, host)
    address = f"{base(activity)}/bookings/{booking.id}"
    assert "Écrire à l’enseignant" in page.get(address).text
    key = key_in(page.get(address).text)
    answer = page.post(f"{address}/messages", data={"text": "Entrez par la porte B.", "key": key})
    assert answer.location.endswith(f"{address}#messages")
    shown = words_of(page.get(address).text)
    assert "Entrez par la porte B." in shown
    assert "e-mail en attente d’envoi" in shown
    deliver()
    assert "remis par e-mail" in words_of(page.get(address).text)
    teacher = signed_in(client, booking.teacher)
    read = words_of(teacher.get(f"/teacher/bookings/{booking.id}").text)
    assert "Entrez par la porte B." in read
    assert "remis par e-mail" not in read
    teacher.post(f"/teacher/bookings/{booking.id}/messages", data={"text": "Merci !", "key": "t"})
    page = signed_in(client, host)
    assert "1 message attend votre réponse" in words_of(page.get(f"{base(activity)}/").text)
    assert "Merci" in page.get(f"{base(activity)}/messages").text


def test_an_empty_message_is_said_beside_its_field(client, booking, activity, host):
    page = signed_in(client, host).post(f"{base(activity)}/bookings/{booking.id}/messages", data={"text": " "})
    assert "Écrivez un message." in page.text
    assert count(Message) == 0


def test_too_many_messages_keep_what_was_typed_and_say_from_when(client, booking, activity, host):
    page = signed_in(client, host)
    for number in range(6):
        answer = page.post(
            f"{base(activity)}/bookings/{booking.id}/messages", data={"text": f"Message {number}", "key": f"k{number}"}
        )
    assert "personne ne doit être submergé" in answer.text
    assert "Message 5" in answer.text


def test_a_common_message_fills_in_the_form_without_script(client, booking, activity, host):
    page = signed_in(client, host).get(f"{base(activity)}/slots/{booking.slot_id}/messages?draft=arrival").text
    assert "1 classe reçoit votre message" in words_of(page)
    assert "présentez-vous à l’entrée" in page
    odd = client.get(f"{base(activity)}/slots/{booking.slot_id}/messages?draft=nonsense").text
    assert re.search(r"<textarea[^>]*>\s*</textarea>", odd)


def test_a_host_writes_to_all_the_classes_of_a_slot(client, booking, activity, host):
    page = signed_in(client, host)
    assert f"/slots/{booking.slot_id}/messages" in page.get(f"{base(activity)}/slots/{booking.slot_id}").text
    answer = page.post(f"{base(activity)}/slots/{booking.slot_id}/messages", data={"text": "À demain.", "key": "k"})
    assert answer.location == f"{base(activity)}/slots/{booking.slot_id}"
    assert "Le message est parti vers 1 classe." in page.get(answer.location).text


@pytest.mark.parametrize("path", ["/company/{c}/bookings/{b}/messages", "/teacher/bookings/{b}/messages",
                                  "/company/{c}/slots/{s}/messages", "/company/{c}/messages",
                                  "/company/{c}/questions/{q}", "/teacher/questions/{q}", "/messages/{m}/report"])  # fmt: skip
def test_a_stranger_finds_nothing(client, booking, activity, host, path):
    with transaction():
        message = services.write_on_booking(booking.id, host, Actor.HOST, "Bonjour", "k")
        question = services.ask(activity.id, booking.teacher, booking.school, "Quoi ?", "q")
    address = path.format(c=activity.company_id, b=booking.id, s=booking.slot_id, q=question.id, m=message.id)
    for stranger in (make.make_teacher(), make.make_host()):
        assert signed_in(client, stranger).get(address).status_code == 404
        assert signed_in(client, stranger).post(address, data={"text": "x"}).status_code in (404, 405)
    other = make.make_host()
    own = path.replace("/company/{c}", f"/company/{other.memberships[0].company_id}")
    if own != path and "{" in own:
        own = own.format(b=booking.id, s=booking.slot_id, q=question.id)
        assert signed_in(client, other).get(own).status_code == 404


# ---- Questions


def test_a_visitor_types_a_question_signs_in_and_finds_it_again(client, activity):
    page = client.get(f"/programme/{ref_of(activity)}")
    assert "Une question avant de réserver" in page.text
    assert "Set-Cookie" not in page.headers
    text = "Peut-on venir à vélo ? À 27 élèves & 3 adultes"
    asked = client.get(f"/teacher/activities/{activity.id}/questions/new", query_string={"question": text})
    assert asked.status_code == 302
    back = parse_qs(urlsplit(asked.location).query)["next"][0]
    teacher = make.make_teacher()
    form = signed_in(client, teacher).get(back)
    assert "Peut-on venir à vélo" in form.text
    assert "27 élèves &amp; 3 adultes" in form.text
    assert count(Question) == 0
    sent = client.post(
        f"/teacher/activities/{activity.id}/questions/new", data={"text": text, "key": key_in(form.text)}
    )
    question = db.session.scalars(select(Question)).one()
    assert sent.location == f"/teacher/questions/{question.id}"
    assert "L’entreprise a reçu votre question" in client.get(sent.location).text
    assert "en attente" in client.get("/teacher/questions").text


def test_a_second_question_leads_to_the_first(client, activity):
    page = signed_in(client, make.make_teacher())
    address = f"/teacher/activities/{activity.id}/questions/new"
    page.post(address, data={"text": "Une ?", "key": "a"})
    again = page.post(address, data={"text": "Deux ?", "key": "b"})
    assert "attend encore une réponse" in again.text
    assert "Deux ?" in again.text.replace("\u00a0", " ")
    assert f"/teacher/questions/{db.session.scalars(select(Question)).one().id}" in again.text


def test_somebody_of_no_school_is_led_to_join_one(client, activity):
    page = signed_in(client, make.make_person()).get(f"/teacher/activities/{activity.id}/questions/new")
    assert "rattachez d’abord votre compte" in page.text


def test_the_host_answers_and_makes_it_public_without_saying_who_asked(client, booking, activity, host):
    with transaction():
        question = services.ask(activity.id, booking.teacher, booking.school, "Ici Claire Dupont. Le train ?", "q")
    page = signed_in(client, host)
    inbox = words_of(page.get(f"{base(activity)}/messages").text)
    assert "1 attend votre réponse" in inbox
    address = f"{base(activity)}/questions/{question.id}"
    assert "Rendre la réponse publique" not in page.get(address).text
    page.post(address, data={"text": "Oui, la ligne D.", "key": "k"})
    assert "Rendre la réponse publique" in page.get(address).text
    missing = page.post(f"{address}/publication", data={"question": "Le train ?", "answer": ""})
    assert "Écrivez la réponse." in missing.text
    page.post(f"{address}/publication", data={"question": "Vient-on en train ?", "answer": "Oui, la ligne D."})
    public = client.application.test_client().get(f"/programme/{ref_of(activity)}").text
    assert "Oui, la ligne D." in public
    assert "Claire" not in public
    assert booking.school.name not in public
    page.post(f"{address}/withdrawal")
    assert "ligne D" not in client.application.test_client().get(f"/programme/{ref_of(activity)}").text


# ---- Reports


def test_anybody_reports_a_page_without_an_account(client, activity):
    address = f"/programme/report/{activity.id}"
    assert address in client.get(f"/programme/{ref_of(activity)}").text
    assert "Choisissez une ligne de la liste." in client.post(address, data={}).text
    assert "Choisissez une ligne de la liste." in client.post(address, data={"ground": "nonsense"}).text
    sent = client.post(address, data={"ground": "false", "text": "Cette entreprise a fermé."})
    assert sent.location == f"/programme/{ref_of(activity)}"
    kept = db.session.scalars(select(Report)).one()
    assert (kept.reporter_id, kept.text, kept.departement_code) == (None, "Cette entreprise a fermé.", "91")
    assert "127.0.0.1" not in kept.source


def test_a_program_that_fills_in_every_field_is_thanked_and_nothing_is_kept(client, activity):
    sent = client.post(f"/programme/report/{activity.id}", data={"ground": "false", "website": "http://spam.example"})
    assert sent.status_code == 302
    assert count(Report) == 0


def test_only_who_received_a_message_reports_it(client, booking, host):
    with transaction():
        message = services.write_on_booking(booking.id, host, Actor.HOST, "Bonjour", "k")
    address = f"/messages/{message.id}/report"
    assert signed_in(client, host).get(address).status_code == 404
    teacher = signed_in(client, booking.teacher)
    assert address in teacher.get(f"/teacher/bookings/{booking.id}").text
    sent = teacher.post(address, data={"ground": "personal"})
    assert sent.location == f"/teacher/bookings/{booking.id}"
    assert db.session.scalars(select(Report)).one().reporter_id == booking.teacher_id


def test_the_officer_of_the_territory_decides(client, booking, activity, host):
    officer, admin = make.make_officer(), make.make_admin()
    client.post(f"/programme/report/{activity.id}", data={"ground": "dangerous"})
    kept = db.session.scalars(select(Report)).one()
    queue = f"/territory/{officer.memberships[0].id}/reports"
    page = signed_in(client, officer)
    assert "C’est dangereux" in page.get(queue).text
    tried = page.post(f"{queue}/{kept.id}/decision", data={f"r{kept.id}-decision": "hidden"})
    assert "Dites pourquoi" in tried.text
    page.post(
        f"{queue}/{kept.id}/decision", data={f"r{kept.id}-decision": "hidden", f"r{kept.id}-note": "Trop risqué."}
    )
    assert "Trop risqué." in page.get(queue).text
    assert client.get(f"/programme/{ref_of(activity)}").status_code == 404
    asked = signed_in(client, host)
    here = f"/company/{activity.company_id}/activities/{activity.id}"
    assert f"{here}/publish" not in asked.get(here).text
    assert asked.post(f"{here}/review").location == here
    assert asked.post(f"{here}/publish").status_code == 409
    allowance = f"/territory/{officer.memberships[0].id}/reports/activities/{activity.id}/allowance"
    page = signed_in(client, officer)
    assert allowance in page.get(queue).text
    assert page.post(allowance).status_code == 302
    assert page.post(allowance).status_code == 404
    assert "Décisions" in signed_in(client, admin).get("/territory/reports", follow_redirects=True).text


def test_another_territory_and_a_teacher_see_no_report(client, booking, activity):
    client.post(f"/programme/report/{activity.id}", data={"ground": "dangerous"})
    kept = db.session.scalars(select(Report)).one()
    make.make_departement("69", "Rhône", academie="10", academie_name="Lyon", zone="A")
    other = make.make_officer(scope_code="10")
    queue = f"/territory/{other.memberships[0].id}/reports"
    page = signed_in(client, other)
    assert "C’est dangereux" not in page.get(queue).text
    assert page.post(f"{queue}/{kept.id}/decision", data={f"r{kept.id}-decision": "nothing"}).status_code == 404
    assert signed_in(client, booking.teacher).get(queue).status_code == 404


def test_a_message_that_is_hidden_says_so_to_its_reader_and_why_to_its_author(client, booking, activity, host):
    with transaction():
        message = services.write_on_booking(booking.id, host, Actor.HOST, "Injures", "k")
    message.hidden_at, message.hidden_reason = datetime(2026, 11, 24, tzinfo=UTC), "Propos déplacés"
    db.session.commit()
    read = signed_in(client, booking.teacher).get(f"/teacher/bookings/{booking.id}").text
    assert "masqué par les services académiques" in read
    assert "Injures" not in read
    assert "Propos déplacés" not in read
    assert "Propos déplacés" in signed_in(client, host).get(f"{base(activity)}/bookings/{booking.id}").text


def test_an_ended_booking_without_messages_shows_no_form(client, booking):
    booking.state = State.DECLINED
    db.session.commit()
    assert 'id="messages"' not in signed_in(client, booking.teacher).get(f"/teacher/bookings/{booking.id}").text
