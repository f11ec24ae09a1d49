"""What the mails of a booking say: after a move, of a cancelled slot, of a workshop, of groups; what they add."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from booking.bookings.mails.names import group_name
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Answer, Event, Origin, State
from booking.calendars.downloads import download_response
from booking.calendars.models import Side
from booking.catalogue.models import Activity, ActivityKind
from booking.core.db import db, transaction
from booking.core.i18n import speaking
from booking.schools.models import Audience
from tests import make
from tests.bookings.test_mails import Letter, assert_reads_well, cancel, confirm, deliver, do, move, reword, to_teacher
from tests.calendars.readers import read_with_ical_js
from tests.conftest import NOW

N = "\u00a0"
DUE = NOW + timedelta(days=3)
RECONFIRM = f"vendredi 27 novembre 2026, 10{N}h"
CLASH = {"title": "Visite de la laiterie", "when": "mercredi 13 janvier 2027 de 9 h 00 à 12 h 00"}


@pytest.fixture
def booking(app, now) -> Booking:
    return make.make_booking(cancellable_until=DUE)


def keep(booking: Booking, **values: Any) -> None:
    booking_id = booking.id
    with transaction():
        db.session.execute(update(Booking).where(Booking.id == booking_id).values(**values))


def to_company(letters: list[Letter], booking: Booking) -> Letter:
    [letter] = [each for each in letters if each.to == booking.slot.activity.contact.email]
    return letter


# A slot that moves


def test_the_hosts_word_on_a_move_reaches_the_class(booking):
    confirm(booking)
    deliver()
    move(booking, days=1, note="Le mardi, la chaîne est arrêtée : désolés")
    [letter] = to_teacher(deliver(), booking)
    assert f"Message de Turbines du Hurepoix{N}:" in letter.flat
    assert f"Le mardi, la chaîne est arrêtée{N}: désolés" in letter.flat
    assert f"<blockquote>Le mardi, la chaîne est arrêtée{N}: désolés</blockquote>" in letter.html


def test_a_rewording_that_takes_the_place_of_a_move_keeps_its_deadline_and_its_word(booking):
    confirm(booking)
    deliver()
    keep(booking, reconfirm_by=DUE)
    move(booking, days=1, note="La chaîne est arrêtée le mardi")
    reword(booking, "Un autre titre")
    letters = deliver()
    [letter] = to_teacher(letters, booking)
    assert f"annulez avant le {RECONFIRM}" in letter.flat
    assert "La chaîne est arrêtée le mardi" in letter.flat
    assert f"La classe peut annuler jusqu’au {RECONFIRM}" in to_company(letters, booking).flat


def test_a_rewording_after_the_move_was_told_does_not_ask_again(booking):
    confirm(booking)
    keep(booking, reconfirm_by=DUE)
    deliver()
    move(booking, days=1, note="La chaîne est arrêtée le mardi")
    deliver()
    reword(booking, "Un autre titre")
    [letter] = to_teacher(deliver(), booking)
    assert RECONFIRM not in letter.flat
    assert "La chaîne" not in letter.flat


def test_a_move_that_was_taken_back_leaves_no_word_behind(booking):
    confirm(booking)
    deliver()
    keep(booking, reconfirm_by=DUE)
    move(booking, days=1, note="La chaîne est arrêtée le mardi")
    move(booking, days=-1)
    assert deliver() == []
    reword(booking, "Un autre titre")
    [letter] = to_teacher(deliver(), booking)
    assert "La chaîne" not in letter.flat
    assert RECONFIRM not in letter.flat


def test_a_move_before_the_confirmation_left_still_asks_whether_the_date_suits(booking):
    confirm(booking)
    keep(booking, reconfirm_by=DUE)
    move(booking, days=1, note="La chaîne est arrêtée le mardi")
    [letter] = to_teacher(deliver(), booking)
    assert letter.kind == "booking-confirmed"
    assert f"annulez avant le {RECONFIRM}" in letter.flat
    assert "La chaîne est arrêtée le mardi" in letter.flat


def test_a_deadline_that_has_passed_is_not_asked_for(booking, set_now):
    confirm(booking)
    deliver()
    keep(booking, reconfirm_by=DUE)
    move(booking, days=1)
    set_now(DUE + timedelta(minutes=1))
    [letter] = to_teacher(deliver(), booking)
    assert RECONFIRM not in letter.flat


def test_a_move_onto_another_outing_says_which_and_what_silence_does(booking):
    confirm(booking)
    deliver()
    keep(booking, reconfirm_by=DUE)
    move(booking, days=1, clash=CLASH)
    letters = deliver()
    [letter] = to_teacher(letters, booking)
    assert f"déjà prise par «{N}Visite de la laiterie{N}», mercredi 13 janvier 2027 de 9{N}h{N}00" in letter.flat
    assert f"Sans réponse de votre part d’ici le {RECONFIRM}, cette réservation sera annulée." in letter.flat
    assert "est maintenue" not in letter.flat
    company = to_company(letters, booking)
    assert "Sans réponse de sa part" in company.flat
    assert "laiterie" not in company.text + company.html


def test_a_cancellation_for_a_clash_names_the_other_outing_to_the_class_alone(booking):
    confirm(booking)
    deliver()
    cancel(booking, Actor.SERVICE, reason="clash", note="Visite de la laiterie, mercredi 13 janvier 2027")
    letters = deliver()
    assert f"Autre sortie{N}: Visite de la laiterie, mercredi 13 janvier 2027." in to_teacher(letters, booking)[0].flat
    company = to_company(letters, booking)
    assert "laiterie" not in company.text + company.html
    assert "laiterie" not in company.calendar.decode()


@pytest.mark.parametrize(
    ("state", "origin", "told"),
    [
        (State.HELD, Origin.DIRECT, ["Votre option suit la nouvelle date.", "Confirmez l’option avant le"]),
        (State.REQUESTED, Origin.DIRECT, ["attend toujours une réponse", "L’entreprise Turbines du Hurepoix répond avant le"]),
        (State.WAITING, Origin.WAITING, ["Vous gardez votre rang"]),
        (State.OFFERED, Origin.WAITING, ["elle est proposée à la classe suivante"]),
        (State.OFFERED, Origin.NEED, ["l’offre tombe et les places sont rendues"]),
    ],
)  # fmt: skip
def test_what_is_not_firm_follows_its_slot_and_repeats_its_deadline(app, now, state, origin, told):
    is_asked = state is State.REQUESTED
    booking = make.make_booking(
        state=state, origin=origin, deadline_at=DUE, host_answer=Answer.PENDING if is_asked else None,
        host_answer_due_at=DUE if is_asked else None,
    )  # fmt: skip
    move(booking, days=1, note="La chaîne est arrêtée le mardi")
    [letter] = deliver()
    assert (letter.kind, letter.to) == ("booking-moved", booking.teacher.email)
    assert letter.subject.startswith(f"Date changée{N}: mercredi 13 janvier 2027, ")
    assert letter.calendar is None
    for words in (*told, "La chaîne est arrêtée le mardi", "avant mardi 12 janvier 2027"):
        assert words in letter.flat
    assert (RECONFIRM in letter.flat) is (state is not State.WAITING)
    assert_reads_well(letter, "fr")


def test_a_moved_option_that_clashes_says_so_too(app, now):
    booking = make.make_booking(state=State.HELD, deadline_at=DUE, reconfirm_by=DUE)
    move(booking, days=1, clash=CLASH)
    [letter] = deliver()
    assert "Visite de la laiterie" in letter.flat
    assert "cette réservation sera annulée" in letter.flat
    assert_reads_well(letter, "fr")


# The end of a booking


@pytest.mark.parametrize("state", [State.HELD, State.REQUESTED, State.WAITING, State.OFFERED])
def test_a_cancelled_slot_refuses_nobodys_option_or_request(app, now, state):
    booking = make.make_booking(state=state)
    do(booking, Event.SLOT_CANCELLED, Actor.HOST, reason="no_guide")
    [letter] = deliver()
    assert letter.subject.startswith(f"Créneau annulé{N}: mardi 12 janvier 2027, ")
    assert "a annulé ce créneau" in letter.flat
    for wrong in ("refusée", "abouti", "places sont rendues"):
        assert wrong not in letter.text + letter.html
    assert_reads_well(letter, "fr")


def test_a_booking_that_ends_brings_other_visits_and_the_programme_for_this_level(app, now):
    booking = make.make_booking()
    activity = make.make_activity(title="Les fours : une matinée")
    other = make.make_slot(activity, local_start=datetime(2027, 1, 14, 14))
    confirm(booking)
    deliver()
    cancel(booking, Actor.HOST, reason="production")
    letters = deliver()
    letter = to_teacher(letters, booking)[0]
    assert "D’autres idées de visites" in letter.flat
    assert f"Les fours{N}: une matinée" in letter.flat
    assert f"jeudi 14 janvier 2027 de 14{N}h{N}00" in letter.flat
    assert f"-{activity.id}?slot={other.id}" in letter.text
    assert "/programme?departement=91&level=4E&free=1" in letter.text
    assert_reads_well(letter, "fr")
    company = to_company(letters, booking)
    assert "D’autres idées" not in company.text
    assert "fours" not in company.text


@pytest.mark.parametrize(
    ("state", "event", "kind"),
    [
        (State.REQUESTED, Event.HOST_DECLINE, "booking-declined"),
        (State.REQUESTED, Event.LAPSE, "request-expired"),
    ],
)
def test_a_request_that_fails_brings_other_visits_too(app, now, state, event, kind):
    booking = make.make_booking(state=state)
    other = make.make_slot(make.make_activity(), local_start=datetime(2027, 1, 14, 14))
    do(booking, event, Actor.HOST)
    letter = to_teacher(deliver(), booking)[0]
    assert letter.kind == kind
    assert f"?slot={other.id}" in letter.text


def test_another_reason_is_no_reason(booking):
    confirm(booking)
    deliver()
    cancel(booking, Actor.HOST, reason="other")
    letter = to_teacher(deliver(), booking)[0]
    assert "Raison" not in letter.text + letter.html
    assert "autre raison" not in letter.calendar.decode()


# A request


def test_the_host_reads_what_the_teacher_wrote(app, now):
    booking = make.make_booking(state=State.REQUESTED, message="Mes élèves préparent un exposé :\nl’énergie !")
    do(booking, Event.REQUEST, new=True)
    letters = deliver()
    company = to_company(letters, booking)
    assert f"Message de Claire Dupont{N}: Mes élèves préparent un exposé{N}: l’énergie{N}!" in company.flat
    assert f"<blockquote>Mes élèves préparent un exposé{N}:\nl’énergie{N}!</blockquote>" in company.html.replace(
        "\r\n", "\n"
    )
    assert "exposé" not in to_teacher(letters, booking)[0].text


# Workshops


def workshop(**values: Any) -> Booking:
    activity = make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP, title="Un atelier de soudure", area_km=50)
    return make.make_booking(slot=make.make_slot(activity), **values)


def test_a_workshop_comes_to_the_class(app, now):
    booking = workshop()
    confirm(booking)
    letters = deliver()
    teacher, company = to_teacher(letters, booking)[0], to_company(letters, booking)
    assert "Turbines du Hurepoix vient dans votre classe le mardi 12 janvier 2027" in teacher.flat
    assert "vous venez en classe le mardi 12 janvier 2027" in company.flat
    for letter in (teacher, company):
        assert "L’atelier" in letter.text
        assert "La visite" not in letter.text + letter.html
        assert_reads_well(letter, "fr")


@pytest.mark.parametrize(
    ("state", "event", "actor"),
    [
        (State.REQUESTED, Event.HOST_DECLINE, Actor.HOST),
        (State.REQUESTED, Event.LAPSE, Actor.SERVICE),
        (State.REQUESTED, Event.SLOT_CANCELLED, Actor.HOST),
        (State.HELD, Event.LAPSE, Actor.SERVICE),
        (State.CONFIRMED, Event.CANCEL, Actor.HOST),
        (State.CONFIRMED, Event.SLOT_MOVED, Actor.HOST),
        (None, Event.REQUEST, Actor.TEACHER),
        (None, Event.HOLD, Actor.TEACHER),
        (None, Event.OFFER, Actor.HOST),
    ],
)
def test_no_mail_of_a_workshop_sends_the_class_on_a_visit(app, now, state, event, actor):
    booking = workshop(state=state or State.REQUESTED, deadline_at=DUE, reconfirm_by=DUE)
    if state is State.CONFIRMED:
        confirm(booking)
        deliver()
    if event is Event.SLOT_MOVED:
        move(booking, days=1)
    else:
        do(booking, event, actor, new=state is None)
    letters = deliver()
    assert letters
    for letter in letters:
        for wrong in ("La visite", "la visite", "attend la", "à venir avec", "accueillir", "places sont"):
            assert wrong not in letter.flat, letter.flat
        assert "L’atelier" in letter.text
        assert_reads_well(letter, "fr")


# What a class must know


def test_a_confirmation_says_who_must_show_papers_who_may_come_and_what_may_be_pictured(app, now):
    activity = make.make_activity(
        identity_check=True, identity_notice_days=10, minimum_age=14, photo_rule="Aucune photo dans l’atelier",
        access_motor=True, access_hearing=False, access_note="Ascenseur : badge à demander",
    )  # fmt: skip
    booking = make.make_booking(slot=make.make_slot(activity))
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    for words in (
        f"Identité{N}: Pièce d’identité des accompagnateurs, à annoncer 10 jours avant la visite",
        f"Âge minimum{N}: 14 ans",
        f"Photos{N}: Aucune photo dans l’atelier",
        f"Accessibilité{N}: accès en fauteuil roulant",
        "non adapté aux élèves malentendants",
        f"Ascenseur{N}: badge à demander",
    ):
        assert words in letter.flat, words
        assert words in " ".join(letter.event["description"].split("\n")), words


def test_silence_on_pictures_means_that_no_pupil_is_recognised(booking):
    confirm(booking)
    letters = deliver()
    assert f"Photos{N}: aucun élève reconnaissable" in to_teacher(letters, booking)[0].flat
    assert "Photos" not in to_company(letters, booking).text


def test_a_new_rule_at_the_gate_is_told(booking):
    confirm(booking)
    deliver()
    with transaction():
        db.session.execute(update(Activity).values(identity_check=True, identity_notice_days=5))
    do(booking, Event.SLOT_REWORDED, Actor.HOST)
    [letter] = deliver()
    assert letter.to == booking.teacher.email
    assert f"Identité{N}: avant –{N}; maintenant Pièce d’identité" in letter.flat


# Groups and dates inside sentences


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("4e B", "la 4e B"),
        ("3ème 2", "la 3ème 2"),
        ("6B", "la 6B"),
        ("2nde GT 4", "la 2nde GT 4"),
        ("1re STI2D", "la 1re STI2D"),
        ("Tle Pro", "la Tle Pro"),
        ("Terminale S", "la Terminale S"),
        ("CM2", "la classe de CM2"),
        ("CE2/CM1", "la classe de CE2/CM1"),
        ("ULIS", "la classe d’ULIS"),
        ("Classe de 4e B", "la classe de 4e B"),
        ("Groupe robotique", "le groupe robotique"),
        ("4e A et 4e B", f"le groupe «{N}4e A et 4e B{N}»"),
        ("Option techno", f"le groupe «{N}Option techno{N}»"),
        ("Les éco-délégués", "les éco-délégués"),
        ("Équipe de sciences", "l’équipe de sciences"),
    ],
)
def test_a_group_is_called_as_people_say_it(app, name, said):
    with speaking("fr"):
        assert group_name({"class_name": name}) == said


def test_a_staff_group_is_a_team(app):
    with speaking("fr"):
        assert group_name({"class_name": "Mathématiques", "is_staff": True}) == f"l’équipe «{N}Mathématiques{N}»"


def test_sentences_give_groups_and_dates_their_articles(app, now):
    teacher = make.make_teacher()
    booking = make.make_booking(school_class=make.make_class(teacher, name="Option techno", audience=Audience.PUPILS))
    confirm(booking)
    letters = deliver()
    assert f"attend le groupe «{N}Option techno{N}» le mardi 12 janvier 2027 de" in to_teacher(letters, booking)[0].flat
    assert f"vous attendez le groupe «{N}Option techno{N}» (Collège" in to_company(letters, booking).flat


# Spaces of what people typed


def test_typed_titles_and_facts_get_no_break_spaces_in_french_alone(app, now):
    activity = make.make_activity(title="Voir : les fours !", to_bring="À prévoir : un stylo", access="Gare ; puis bus")
    booking = make.make_booking(slot=make.make_slot(activity))
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    for words in (f"Voir{N}: les fours{N}!", f"À prévoir{N}: un stylo", f"Gare{N}; puis bus"):
        assert words in letter.flat
    assert letter.subject.endswith(f"Voir{N}: les fours{N}!")
    assert letter.event["summary"].startswith(f"Voir{N}: les fours{N}!")
    with speaking("fr"):
        french = download_response(booking, Side.CLASS, booking.teacher)
    with speaking("en"):
        english = download_response(booking, Side.CLASS, booking.teacher)
    assert read_with_ical_js(french.data)["events"][0]["summary"] == letter.event["summary"]
    assert read_with_ical_js(english.data)["events"][0]["summary"].startswith("Voir : les fours !")
