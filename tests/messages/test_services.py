"""Messages and questions on both databases: who reads them, by which mail, how often."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select

from booking.accounts.models import ScopeKind
from booking.bookings.rules.states import Actor, State
from booking.bookings.services.places import NotFound
from booking.catalogue.models import PublicationState
from booking.catalogue.rules.publication import HiddenByOfficer, NotHidden
from booking.catalogue.services import publish_activity
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from booking.mail.rules import Failure, Stage
from booking.messages import queries, services
from booking.messages.models import Message, Question, Report
from booking.messages.rules.reports import AlreadyDecided, Decision, Ground, ReasonNeeded, TooManyReports
from booking.messages.rules.writing import (
    PACES,
    Delivery,
    NobodyToWriteTo,
    NotAnswered,
    StillUnanswered,
    ThreadClosed,
    TooManyMessages,
)
from tests import make
from tests.bookings.test_mails import deliver

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def booking(app):
    return make.make_booking()


def write(booking, by=Actor.HOST, text="Entrez par la porte B.", key="k1"):
    person = booking.slot.activity.contact if by is Actor.HOST else booking.teacher
    with transaction():
        return services.write_on_booking(booking.id, person, by, text, key)


def ask(activity, teacher, text="Peut-on venir en train ?", key="q1") -> Question:
    with transaction():
        return services.ask(activity.id, teacher, teacher.memberships[0].school, text, key)


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def our_violations() -> list:
    """Rows made alone break what services keep; only this room's invariants are looked at."""
    return [found for found in violations() if found.code in ("question-thread", "message-told", "report-hidden")]


# ---- Messages on a booking


def test_a_hosts_message_reaches_the_teacher_without_any_address_and_is_kept(both_databases, booking):
    message = write(booking)
    (letter,) = deliver()
    assert (letter.kind, letter.to) == ("message", booking.teacher.email)
    assert letter.subject == "Message de Turbines du Hurepoix\u00a0: Dans les coulisses d’un atelier de turbines"
    host = booking.slot.activity.contact
    for words in (
        "Entrez par la porte B.", "Turbines du Hurepoix vous écrit",
        "mardi 12 janvier 2027 de 9\u00a0h\u00a000 à 11\u00a0h\u00a030", "12 rue des Ateliers",
        "répondre à cet e-mail n’atteint pas son auteur", f"/teacher/bookings/{booking.id}#messages",
    ):  # fmt: skip
        assert words in letter.flat, words
        assert words in letter.html, words
    assert host.email not in letter.message.as_string()
    assert str(letter.message["Reply-To"]) != host.email
    assert queries.messages_of_booking(booking.id) == [message]
    assert our_violations() == []


def test_a_teacher_answers_and_only_the_contact_is_told(both_databases, booking):
    write(booking, Actor.TEACHER, "Nous serons 26.")
    (letter,) = deliver()
    assert (letter.kind, letter.to) == ("message", booking.slot.activity.contact.email)
    assert "Claire Dupont (Collège Louis Pasteur, Brunoy) vous écrit" in letter.flat
    assert booking.teacher.email not in letter.message.as_string()


def test_a_message_reaches_the_colleague_who_booked_too(booking):
    booking.booked_by = make.make_teacher(booking.school)
    db.session.commit()
    write(booking)
    assert {letter.to for letter in deliver()} == {booking.teacher.email, booking.booked_by.email}


def test_a_double_click_writes_once(both_databases, booking):
    assert write(booking).id == write(booking).id
    assert (count(Message), len(deliver())) == (1, 1)


def test_nobody_is_flooded(both_databases, booking):
    for number in range(PACES[Actor.HOST].most):
        write(booking, key=f"k{number}")
    with pytest.raises(TooManyMessages):
        write(booking, key="one more")
    write(booking, Actor.TEACHER, key="the other side")
    assert count(OutgoingMail) == PACES[Actor.HOST].most + 1


def test_an_ended_booking_takes_no_message(booking):
    booking.state = State.CANCELLED
    db.session.commit()
    with pytest.raises(ThreadClosed):
        write(booking)
    assert count(OutgoingMail) == 0


def test_a_message_to_a_slot_reaches_each_class_alone_and_not_those_who_wait(both_databases, app):
    slot = make.make_slot(max_classes=4, max_pupils=120)
    states = (State.CONFIRMED, State.HELD, State.REQUESTED, State.WAITING, State.CANCELLED)
    bookings = [make.make_booking(slot, make.make_class(), state=state) for state in states]
    with transaction():
        services.write_to_slot(slot.id, slot.activity.contact, "Le parking est fermé.", "k")
    letters = deliver()
    assert {letter.to for letter in letters} == {booking.teacher.email for booking in bookings[:3]}
    for letter in letters:
        others = [booking.teacher.email for booking in bookings if booking.teacher.email != letter.to]
        assert not any(email in letter.message.as_string() for email in others)


def test_a_slot_without_a_class_has_nobody_to_write_to(app):
    slot = make.make_slot()
    with pytest.raises(NobodyToWriteTo), transaction():
        services.write_to_slot(slot.id, slot.activity.contact, "Bonjour", "k")


def test_a_message_rolled_back_leaves_no_mail(both_databases, booking):
    with pytest.raises(RuntimeError), transaction():
        services.write_on_booking(booking.id, booking.teacher, Actor.TEACHER, "Bonjour", "k")
        raise RuntimeError
    assert (count(Message), count(OutgoingMail)) == (0, 0)


def test_48_the_sender_sees_that_the_address_refuses(both_databases, booking):
    message = write(booking)
    assert queries.deliveries_of([message]) == {message.id: Delivery.WAITING}
    outbox.settle_failed(outbox.claim(), Failure(Stage.RECIPIENT, 550, "no such user"))
    assert queries.deliveries_of([message]) == {message.id: Delivery.REFUSED}


# ---- Questions


@pytest.fixture
def activity(app):
    return make.make_activity()


def test_a_question_reaches_the_host_and_its_answer_the_teacher(both_databases, activity):
    teacher = make.make_teacher()
    question = ask(activity, teacher)
    (to_host,) = deliver()
    assert (to_host.kind, to_host.to) == ("question", activity.contact.email)
    assert "Claire Dupont vous pose une question" in to_host.flat
    assert f"/company/{activity.company_id}/questions/{question.id}" in to_host.text
    assert [q.id for q in queries.inbox_of(activity.company_id).waiting_questions] == [question.id]
    with transaction():
        services.write_on_question(question.id, activity.contact, Actor.HOST, "Oui, ligne D.", "a")
    (to_teacher,) = deliver()
    assert (to_teacher.kind, to_teacher.to) == ("question", teacher.email)
    assert "Oui, ligne D." in to_teacher.flat
    assert f"/teacher/questions/{question.id}" in to_teacher.text
    for letter, other in ((to_host, teacher), (to_teacher, activity.contact)):
        assert other.email not in letter.message.as_string()
    assert queries.inbox_of(activity.company_id).waiting == 0
    assert our_violations() == []


def test_a_second_question_waits_for_the_answer_to_the_first(both_databases, activity):
    teacher = make.make_teacher()
    first = ask(activity, teacher)
    assert ask(activity, teacher).id == first.id
    with pytest.raises(StillUnanswered) as refused:
        ask(activity, teacher, "Et à vélo ?", key="q2")
    assert refused.value.question_id == first.id
    ask(make.make_activity(), teacher, "Et à vélo ?", key="q2")


def test_an_activity_that_is_not_public_takes_no_question(activity):
    activity.state = PublicationState.DRAFT
    db.session.commit()
    with pytest.raises(NotFound):
        ask(activity, make.make_teacher())


def test_only_an_answered_question_becomes_public_in_the_hosts_words(both_databases, activity):
    question = ask(activity, make.make_teacher(), "Ici Claire, de Pasteur : peut-on venir en train ?")
    with pytest.raises(NotAnswered), transaction():
        services.publish_answer(question.id, "Peut-on venir en train ?", "Oui.")
    with transaction():
        services.write_on_question(question.id, activity.contact, Actor.HOST, "Oui.", "a")
    with transaction():
        services.publish_answer(question.id, "Peut-on venir en train ?", "Oui.")
    assert [q.public_question for q in queries.public_answers(activity.id)] == ["Peut-on venir en train ?"]
    with transaction():
        services.withdraw_answer(question.id)
    assert queries.public_answers(activity.id) == []


# ---- Reports


def report(activity, message=None, person=None, address="192.0.2.1", ground=Ground.FALSE) -> Report:
    with transaction():
        return services.report(activity, message, ground, "", person=person, address=address)


def test_a_report_is_told_to_the_officer_of_the_place_and_to_no_other(both_databases, activity):
    officer = make.make_officer()
    make.make_departement("69", "Rhône", academie="10", academie_name="Lyon", zone="A")
    make.make_officer(ScopeKind.ACADEMIE, "10")
    report(activity)
    assert [(letter.kind, letter.to) for letter in deliver()] == [("report", officer.email)]
    report(activity)
    assert (count(Report), len(deliver())) == (1, 0)


def test_a_reader_who_reports_everything_is_stopped(both_databases, app):
    activities = [make.make_activity() for _each in range(6)]
    for activity in activities[:5]:
        report(activity)
    with pytest.raises(TooManyReports):
        report(activities[5])
    report(activities[5], address="192.0.2.2")


def test_hiding_an_activity_takes_it_out_of_the_programme_and_tells_its_host_why(both_databases, activity):
    officer = make.make_officer()
    make.make_booking(make.make_slot(activity, taken_classes=1, taken_pupils=27))
    first, second = report(activity), report(activity, address="192.0.2.9")
    deliver()
    with pytest.raises(ReasonNeeded), transaction():
        services.decide(first.id, officer, Decision.HIDDEN, "")
    with transaction():
        services.decide(first.id, officer, Decision.HIDDEN, "Ce n’est pas une visite.")
    assert activity.state is PublicationState.HIDDEN
    assert second.decision is Decision.HIDDEN
    (letter,) = deliver()
    assert (letter.kind, letter.to) == ("report-decision", activity.contact.email)
    assert "Raison\u00a0: Ce n’est pas une visite." in letter.flat
    with pytest.raises(AlreadyDecided), transaction():
        services.decide(second.id, officer, Decision.NOTHING, "")


def test_what_officers_hid_is_published_again_only_with_their_word(app, activity):
    officer, contact = make.make_officer(), activity.contact
    make.make_slot(activity)
    with pytest.raises(NotHidden), transaction():
        services.ask_review(activity.id)
    found = report(activity)
    with transaction():
        services.decide(found.id, officer, Decision.HIDDEN, "Trop risqué.")
    with pytest.raises(HiddenByOfficer), transaction():
        publish_activity(activity.id)
    deliver()
    for _again in range(2):
        with transaction():
            services.ask_review(activity.id)
    (letter,) = deliver()
    assert (letter.kind, letter.to) == ("report", officer.email)
    with transaction():
        services.allow_again(activity.id)
    assert [letter.to for letter in deliver()] == [contact.email]
    with transaction():
        publish_activity(activity.id)
    assert activity.state is PublicationState.PUBLISHED


def test_a_hidden_message_is_not_mailed_any_more_and_its_author_hears_why(both_databases, booking):
    officer, message = make.make_officer(), write(booking)
    found = report(booking.slot.activity, message, booking.teacher)
    with transaction():
        services.decide(found.id, officer, Decision.HIDDEN, "Propos déplacés.")
    assert message.hidden_reason == "Propos déplacés."
    assert sorted(letter.kind for letter in deliver()) == ["report", "report-decision"]
    assert our_violations() == []


def test_leaving_a_page_alone_tells_nobody_and_is_kept(activity):
    officer, found = make.make_officer(), report(activity)
    deliver()
    with transaction():
        services.decide(found.id, officer, Decision.DISMISSED, "")
    assert (found.decided_by_id, activity.state, deliver()) == (officer.id, PublicationState.PUBLISHED, [])


# ---- What `flask check` finds


def test_check_finds_a_message_that_nobody_was_told(booking):
    write(booking)
    db.session.execute(delete(OutgoingMail))
    db.session.commit()
    assert [found.code for found in our_violations()] == ["message-told"]


def test_check_finds_a_public_question_without_an_answer(activity):
    question = ask(activity, make.make_teacher())
    with db.session.no_autoflush:
        question.public_question = question.public_answer = "Oui"
        question.published_at = question.asked_at
    db.session.commit()
    assert [found.code for found in our_violations()] == ["question-thread"]
