"""The Monday letter of officers and their alerts: to whom, when, with what, never twice, and how they are stopped."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Person, ScopeKind
from booking.bookings import services as bookings
from booking.bookings.rules.states import CancelReason
from booking.catalogue.labelling.models import LabelStep, LabelStepKind
from booking.catalogue.models import LabelState
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.tracking.digests import services
from booking.tracking.digests.jobs import send_officers_alerts, send_officers_digests
from booking.tracking.digests.rules import is_alerted, may_alert, week_due
from tests import make
from tests.bookings.test_mails import deliver
from tests.conftest import NOW
from tests.sign_in import signed_in

FRENCH = ("Bonjour", "semaine", "attend", "élève", "aucune", "Voir", "Visites", "Créneau", "Annul", "annul")


def letters(kind: str) -> list:
    send_officers_digests()
    send_officers_alerts()
    return [letter for letter in deliver() if letter.kind == kind]


@pytest.fixture
def territory(app, now):
    """Essonne: a class that booked last week, one that comes this week, and a firm that waits to be verified."""
    make.make_departement("91")
    slot = make.make_slot(make.make_activity(), datetime(2027, 1, 12, 9))
    make.make_booking(slot, make.make_class(pupils=24), created_at=NOW - timedelta(days=5))
    soon = make.make_slot(slot.activity, datetime(2026, 11, 26, 9))
    make.make_booking(soon, make.make_class(pupils=12), created_at=NOW - timedelta(days=30))
    new = make.make_company("Ateliers neufs", trusted=False)
    make.make_site(new)
    make.make_host(new)
    return slot.activity.edition


@pytest.mark.parametrize(
    ("local", "week"),
    [
        (datetime(2026, 11, 23, 7, 59), None), (datetime(2026, 11, 23, 8), date(2026, 11, 23)),
        (datetime(2026, 11, 25, 17), date(2026, 11, 23)), (datetime(2026, 11, 26, 10), None), (datetime(2026, 11, 29, 10), None),
    ],
)  # fmt: skip
def test_the_letter_leaves_on_monday_at_work_or_a_little_later(local, week):
    assert week_due(local) == week


def test_alerts_wait_for_working_hours_and_spare_who_follows_the_whole_country():
    assert may_alert(datetime(2026, 11, 27, 17))
    assert not may_alert(datetime(2026, 11, 28, 10))
    assert not may_alert(datetime(2026, 11, 27, 18))
    assert is_alerted(ScopeKind.GROUP)
    assert not is_alerted(ScopeKind.NATIONAL)


def test_an_officer_reads_the_week_once_and_again_the_next(both_databases, territory, set_now):
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    (letter,) = letters("officer-digest")
    assert "1 compte attend votre accord." in letter.flat
    assert letter.to == officer.email
    assert letter.subject == "La semaine du 23 novembre 2026\u00a0: Essonne (91)"
    assert "Réservations faites la semaine dernière\u00a0: 1, 24 élèves" in letter.flat
    assert "Visites faites la semaine dernière\u00a0: aucune" in letter.flat
    assert "Visites prévues cette semaine\u00a0: 1, 12 élèves" in letter.flat
    assert "36 élèves de 2 classes dans 2 établissements" in letter.flat
    assert letters("officer-digest") == []
    set_now(NOW + timedelta(days=1))
    assert letters("officer-digest") == []
    set_now(NOW + timedelta(days=7))
    assert len(letters("officer-digest")) == 1


def test_another_territory_is_not_in_it_and_nothing_to_say_sends_nothing(territory):
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    make.make_officer(ScopeKind.DEPARTEMENT, "33")
    assert letters("officer-digest") == []


def test_two_workers_write_one_letter_and_one_alert(both_databases, territory):
    make.make_officer(ScopeKind.DEPARTEMENT, "91")
    fall_silent()
    for _worker in range(2):
        for person_id in services.due_alerts():
            with transaction():
                services.send_digest(person_id)
                services.send_alert(person_id)
    count = (
        select(OutgoingMail.kind, func.count()).where(OutgoingMail.kind.like("officer-%")).group_by(OutgoingMail.kind)
    )
    assert dict(db.session.execute(count).tuples().all()) == {"officer-digest": 1, "officer-alert": 1}


def fall_silent(since=NOW - timedelta(hours=2)) -> None:
    make.make_site(make.make_company("Forges muettes", silent_since=since))


def cancelled_slot(classes: int) -> None:
    activity = make.make_activity(title="Coulisses d’une fonderie")
    slot = make.make_slot(activity, datetime(2027, 1, 13, 9), max_classes=5, max_pupils=150)
    for _number in range(classes):
        school_class = make.make_class()
        with transaction():
            bookings.request_places(slot.id, school_class.id, db.session.get_one(Person, school_class.owner_id))
    with transaction():
        bookings.cancel_slot(slot.id, slot.activity.contact, reason=CancelReason.OTHER)


def label_waiting(days: int) -> None:
    activity = make.make_activity(title="Une turbine à cœur ouvert", label_state=LabelState.ASKED)
    db.session.add(LabelStep(activity_id=activity.id, round=1, kind=LabelStepKind.ASKED, at=NOW - timedelta(days=days),
                             person_id=activity.contact_id, due_at=NOW + timedelta(days=1)))  # fmt: skip
    db.session.commit()


def test_what_does_not_wait_for_monday_is_told_once(both_databases, territory, set_now):
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    make.make_officer(ScopeKind.NATIONAL, None)
    assert letters("officer-alert") == []
    label_waiting(days=6)
    cancelled_slot(classes=3)
    fall_silent()
    (letter,) = letters("officer-alert")
    assert letter.to == officer.email
    assert letter.subject == "3 choses à voir dans votre territoire"
    for words in ("Une turbine à cœur ouvert", "3 classes perdent leur place", "Forges muettes"):
        assert words in letter.flat
    assert letters("officer-alert") == []
    set_now(NOW + timedelta(days=1))
    assert letters("officer-alert") == []


def test_what_is_small_old_or_recent_is_no_alert(territory):
    make.make_officer(ScopeKind.DEPARTEMENT, "91")
    label_waiting(days=1)
    cancelled_slot(classes=2)
    fall_silent(NOW - timedelta(days=10))
    assert letters("officer-alert") == []


def test_an_alert_that_was_settled_before_it_leaves_is_not_sent(territory):
    make.make_officer(ScopeKind.DEPARTEMENT, "91")
    fall_silent()
    send_officers_alerts()
    db.session.execute(db.update(make.Company).values(silent_since=None))
    db.session.commit()
    assert [letter for letter in deliver() if letter.kind == "officer-alert"] == []


@pytest.mark.parametrize(("kind", "column"), [("officer-digest", "wants_digest"), ("officer-alert", "wants_alerts")])
def test_one_click_stops_each_kind_alone(territory, client, kind, column):
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    fall_silent()
    (letter,) = letters(kind)
    address = str(letter.message["List-Unsubscribe"]).strip("<>")
    assert address in letter.flat
    client.post(re.sub(r"^https?://[^/]+", "", address), data={"List-Unsubscribe": "One-Click"})
    person = db.session.get_one(Person, officer.id, populate_existing=True)
    assert [name for name in ("wants_digest", "wants_alerts") if not getattr(person, name)] == [column]


def test_alerts_are_a_choice_of_officers_and_others_keep_theirs(territory, client):
    teacher = make.make_teacher()
    signed_in(client, teacher)
    assert "wants_alerts" not in client.get("/account/").text
    client.post("/account/", data={"first_name": "Claire", "last_name": "Dupont", "language": "fr"})
    assert db.session.get_one(Person, teacher.id, populate_existing=True).wants_alerts


def test_the_letters_in_english_have_no_french_in_them(territory):
    make.make_officer(ScopeKind.DEPARTEMENT, "91", language="en")
    label_waiting(days=6)
    fall_silent()
    cancelled_slot(classes=3)
    send_officers_digests()
    send_officers_alerts()
    found = [letter for letter in deliver() if letter.kind.startswith("officer-")]
    assert len(found) == 2
    for letter in found:
        text = letter.flat.replace("Une turbine à cœur ouvert", "").replace("Semaine de l’industrie", "")
        assert [word for word in FRENCH if word in text] == []
