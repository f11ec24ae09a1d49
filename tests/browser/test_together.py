"""An option that becomes a booking; two classes booked and cancelled together. By keyboard alone, without a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.core.db import db
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard

TITLE = "Dans les coulisses d’un atelier de turbines"


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    """Of a teacher with two classes, signed in; one slot takes them both."""
    teacher = make.make_teacher(email="claire@example.org")
    make.make_class(teacher, name="4e B")
    make.make_class(teacher, name="3e A", level_code="3E", pupils=24)
    make.make_slot(max_classes=2, max_pupils=60)
    keyboard = Keyboard(page)
    keyboard.sign_in("claire@example.org")
    return keyboard


def states() -> list[State]:
    db.session.expire_all()
    db.session.rollback()
    return list(db.session.scalars(select(Booking.state).order_by(Booking.id)))


def open_booking_form(page: Page, keyboard: Keyboard) -> None:
    page.goto("/programme")
    keyboard.press(TITLE)
    keyboard.press("Poser une option, écrire à l’entreprise")


def test_an_option_becomes_a_confirmed_booking(page: Page, site: Site, keyboard: Keyboard):
    open_booking_form(page, keyboard)
    keyboard.press("Poser une option")
    assert page.get_by_text("option posée", exact=True).is_visible()
    assert page.get_by_text("Confirmez l’option avant le").first.is_visible()
    assert page.get_by_text("elle tombe et les places sont rendues").first.is_visible()
    assert states() == [State.HELD]

    keyboard.press("Transformer l’option en réservation")
    assert page.get_by_text("C’est réservé pour la").is_visible()
    assert page.get_by_text("confirmée", exact=True).is_visible()
    assert states() == [State.CONFIRMED]

    # The mails: the option, then the confirmation to both sides
    site.run("worker", "--once")
    page.goto("/dev/mail")
    assert page.get_by_text("Réservation confirmée").count() == 2


def test_two_classes_are_booked_and_cancelled_together(page: Page, site: Site, keyboard: Keyboard):
    open_booking_form(page, keyboard)
    keyboard.press("Réserver pour plusieurs classes")
    keyboard.go_to("de la 4e B", field=True)  # the 3e A, first of the list, comes already
    page.keyboard.press("ArrowDown")
    keyboard.press("Réserver pour ces classes")

    # Both stand, and each says what it depends on
    assert page.get_by_text("C’est réservé, ensemble").is_visible()
    assert page.get_by_text("Toutes ou aucune").is_visible()
    assert states() == [State.CONFIRMED, State.CONFIRMED]

    keyboard.go_to("Annuler cette réservation")
    page.keyboard.press("Enter")
    assert page.get_by_text("l’annuler les annule aussi").is_visible()
    keyboard.go_to("Raison", field=True)
    page.keyboard.press("ArrowDown")
    keyboard.press("Annuler la réservation")
    assert states() == [State.CANCELLED, State.CANCELLED]
    keyboard.press("Mes réservations")
    assert page.get_by_text("annulée", exact=True).count() == 2
