"""The day on a telephone: late by the teacher's tap, arrived and counted by the receptionist, in spite of the network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.day import Counts, Outcome
from booking.bookings.rules.states import Actor, State
from booking.core import clock
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make
from tests.browser.conftest import PHONE, Site
from tests.browser.keyboard import Keyboard

MORNING = datetime(2027, 1, 12, 8, 5, tzinfo=UTC)


@pytest.fixture
def site_now() -> datetime:
    return MORNING


@pytest.fixture
def thumb(browser: Browser, site: Site):
    """A telephone in one hand: a narrow page that is touched. It loses its network, so its complaints are its own."""
    context = browser.new_context(
        base_url=site.url, locale="fr-FR", timezone_id="Europe/Paris", viewport=PHONE, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def one_visit() -> Booking:
    company = make.make_company()
    host = make.make_host(company, email="karim@example.org")
    slot = make.make_slot(make.make_activity(make.make_site(company), host, equipment="Casque et lunettes prêtés"))
    teacher = make.make_teacher(email="claire@example.org", mobile="06 11 22 33 44")
    return make.make_booking(
        slot, make.make_class(teacher), message="Nous venons en car.", cancellable_until=slot.closes_at
    )


def test_a_late_coach_then_arrival_and_counts_survive_a_lost_network(page: Page, thumb: Page, site: Site, monkeypatch):
    booking = one_visit()
    booking_id, slot_id = booking.id, booking.slot_id
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    with transaction():
        token = services.open_day_sheet(slot_id)
    db.session.remove()

    # In the coach
    Keyboard(page).sign_in("claire@example.org")
    page.set_viewport_size(PHONE)
    page.goto(f"/teacher/bookings/{booking_id}/day")
    page.get_by_role("button", name="+ 20 min").click()
    page.get_by_text("Retard annoncé : 20 min").wait_for()

    # At the gate, without an account: nothing is wider than the screen, each button takes a thumb
    thumb.goto(f"/a/{token}")
    assert thumb.get_by_text("attendue vers 9 h 20").is_visible()
    assert thumb.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    thumb.get_by_role("button", name="La classe est arrivée").tap()
    thumb.get_by_text("Arrivée à 9 h 05").wait_for()

    # The network goes; what is typed stays, in the page and after a reload
    thumb.get_by_text("Autre nombre, absence ou incident").tap()
    thumb.get_by_label("Élèves venus").fill("25")
    thumb.get_by_label("Incident ou remarque").fill("Un casque oublié dans le car")
    save = thumb.get_by_role("button", name="Enregistrer")
    assert save.bounding_box()["height"] >= 44
    thumb.context.set_offline(True)
    save.tap()
    thumb.get_by_text("Hors connexion, rien n’est perdu").locator("visible=true").wait_for()
    assert stored(booking_id) == (None, 0)
    thumb.context.set_offline(False)
    thumb.reload()
    assert thumb.get_by_label("Élèves venus").input_value() == "25"
    again = thumb.get_by_role("button", name="Envoyer de nouveau")
    again.tap()
    thumb.get_by_text("25 élèves venus, 3 accompagnateurs").wait_for()
    assert stored(booking_id) == (25, 1)
    assert thumb.evaluate("Object.keys(localStorage).length") == 0

    # The teacher sees it
    page.reload()
    assert page.get_by_text("25 élèves venus, 3 accompagnateurs").is_visible()
    assert page.get_by_text("Un casque oublié dans le car").first.is_visible()


def test_a_slip_comes_back_with_what_was_typed_with_script_and_without(browser: Browser, site: Site, monkeypatch):
    booking = one_visit()
    slot_id, booking_id = booking.slot_id, booking.id
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    with transaction():
        token = services.open_day_sheet(slot_id)
    db.session.remove()
    for script in (True, False):
        context = browser.new_context(base_url=site.url, locale="fr-FR", viewport=PHONE, java_script_enabled=script)
        page = context.new_page()
        page.goto(f"/a/{token}")
        page.get_by_text("Autre nombre, absence ou incident").click()
        page.get_by_label("Élèves venus").fill("vingt")
        page.get_by_label("Accompagnateurs venus").fill("4")
        page.get_by_role("button", name="Enregistrer").click()
        page.get_by_text("Indiquez un nombre entier, en chiffres.").first.wait_for()
        assert page.get_by_label("Accompagnateurs venus").input_value() == "4"
        context.close()
    assert stored(booking_id) == (None, 0)


def stored(booking_id: int) -> tuple[int | None, int]:
    db.session.rollback()
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    found = booking.present_pupils, len(booking.visit_records)
    db.session.remove()
    return found


@pytest.mark.parametrize("site_now", [MORNING + timedelta(days=1)])
def test_feedback_by_the_link_of_the_mail_in_two_minutes(page: Page, site: Site, monkeypatch):
    booking = one_visit()
    booking_id = booking.id
    monkeypatch.setattr(clock, "now", lambda: MORNING + timedelta(hours=3))
    with transaction():
        came = Outcome(State.ATTENDED, Counts(26, 3, 12))
        services.record_visit(booking_id, Actor.HOST, None, came, key="sheet")
    db.session.remove()
    site.run("worker", "--once")
    asked = db.session.scalars(select(OutgoingMail).where(OutgoingMail.recipient == "claire@example.org")).one()
    question = asked.payload["path"]
    page.set_viewport_size(PHONE)
    page.goto(question)
    page.get_by_label("5 – excellent").check()
    page.get_by_label("la rencontre de gens de métier").check()
    page.get_by_role("group", name="Reviendriez-vous").get_by_label("oui").check()
    page.get_by_label("Après : filles").fill("13")
    page.get_by_role("button", name="Envoyer mon avis").click()
    assert page.get_by_text("Il n’y avait que 12 élèves").first.is_visible()
    page.get_by_label("Après : filles").fill("9")
    page.get_by_role("button", name="Envoyer mon avis").click()
    assert page.get_by_text("Votre avis est enregistré").is_visible()
    assert page.get_by_text("9 filles").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
