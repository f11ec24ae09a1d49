"""A slot that its host moves and the class says yes to; a late change that the host accepts. Without a script."""

from __future__ import annotations

import email
from datetime import timedelta
from email.policy import SMTP

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from booking.bookings import services
from booking.bookings.models import Booking
from booking.core.db import db, transaction
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard
from tests.conftest import NOW


@pytest.fixture
def booking(app, now) -> Booking:
    company = make.make_company()
    host = make.make_host(company, email="karim@example.org")
    slot = make.make_slot(make.make_activity(make.make_site(company), host))
    teacher = make.make_teacher(email="claire@example.org")
    school_class = make.make_class(teacher)
    with transaction():
        return services.request_places(slot.id, school_class.id, teacher)


@pytest.fixture
def keyboard(page: Page, site: Site) -> Keyboard:
    return Keyboard(page)


def fresh(booking_id: int) -> Booking:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Booking).where(Booking.id == booking_id)).one()


def link_of_the_mail(site: Site, words: str) -> str:
    """The address that follows these words in a mail that left for the teacher."""
    for file in sorted(site.mails.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=SMTP)
        lines = message.get_body(("plain",)).get_content().splitlines()
        for number, line in enumerate(lines):
            if line.startswith(words):
                return lines[number + 1].strip()
    raise AssertionError(f"no mail holds « {words} »")


def test_a_slot_is_moved_by_its_host_and_the_class_says_from_the_mail_that_the_date_suits(
    page: Page, site: Site, booking: Booking, keyboard: Keyboard
):
    booking_id, slot_page = booking.id, f"/company/{booking.slot.activity.company_id}/slots/{booking.slot_id}"
    keyboard.sign_in("karim@example.org")
    page.goto(slot_page)
    page.get_by_text("Déplacer ce créneau").click()
    page.get_by_label("Nouvelle date").fill("2027-01-14")
    page.get_by_role("button", name="Déplacer et prévenir les classes").click()
    assert page.get_by_text("pas encore de réponse").is_visible()

    # The class reads it in its mail, and says yes there without signing in: opening the link alone says nothing
    site.run("worker", "--once")
    keyboard.sign_out()
    page.goto(link_of_the_mail(site, "La nouvelle date convient"))
    assert page.get_by_text("jeudi 14 janvier 2027").is_visible()
    assert fresh(booking_id).reconfirm_by is not None
    keyboard.press("La nouvelle date convient")
    assert page.get_by_text("la classe vient à cette date").is_visible()
    assert fresh(booking_id).reconfirm_by is None

    # The host sees who said yes
    keyboard.sign_in("karim@example.org")
    page.goto(slot_page)
    assert page.get_by_text("la date convient").is_visible()


def test_a_late_change_is_asked_for_and_the_host_accepts_it(
    page: Page, site: Site, booking: Booking, keyboard: Keyboard
):
    booking_id, company_id = booking.id, booking.slot.activity.company_id
    with transaction():
        fresh(booking_id).cancellable_until = NOW - timedelta(days=1)
    keyboard.sign_in("claire@example.org")
    page.goto(f"/teacher/bookings/{booking_id}")
    keyboard.press("Modifier l’effectif ou la date")
    assert page.get_by_text("La date limite est passée").is_visible()
    keyboard.type("Élèves", "30")
    keyboard.press("Enregistrer, ou demander à l’entreprise")
    assert page.get_by_text("30 élèves au lieu de 27").first.is_visible()
    assert fresh(booking_id).pupils == 27

    keyboard.sign_out()
    keyboard.sign_in("karim@example.org")
    page.goto(f"/company/{company_id}/")
    assert page.get_by_text("1 changement attend votre réponse").is_visible()
    keyboard.press("4e B, Collège Louis Pasteur")
    keyboard.press("Accepter le changement")
    assert page.get_by_text("Le changement est fait").is_visible()
    assert fresh(booking_id).pupils == 30
