"""The main job, by keyboard alone, in French: from the programme to everybody's calendar and pages."""

from __future__ import annotations

from pathlib import Path

import icalendar
from playwright.sync_api import Page

from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard

TITLE = "Dans les coulisses d’un atelier de turbines"


def test_a_teacher_books_a_visit_and_everybody_knows(page: Page, site: Site):
    teacher = make.make_teacher(email="claire@example.org")
    make.make_class(teacher, name="4e B")
    company = make.make_company()
    host = make.make_host(company, email="karim@example.org")
    make.make_slot(make.make_activity(make.make_site(company), host))
    make.make_officer(email="odile@example.org")
    keyboard = Keyboard(page)

    # Search and open
    keyboard.sign_in("claire@example.org")
    page.goto("/")
    keyboard.press("Programme")
    keyboard.type("Que cherchez-vous", "turbine")
    keyboard.enter()
    keyboard.press(TITLE)
    assert page.locator("h1").inner_text() == TITLE

    # Book, and read what was booked
    keyboard.press("Réserver pour la 4e B")
    assert page.get_by_text("confirmée").first.is_visible()
    assert page.get_by_text("mardi 12 janvier 2027").first.is_visible()
    booking_page = page.url

    # The mail
    site.run("worker", "--once")
    page.goto("/dev/mail")
    assert page.get_by_text("Réservation confirmée").count() == 2
    keyboard.type("Chercher", "claire@example.org")
    keyboard.enter()
    keyboard.press("Réservation confirmée")
    assert page.get_by_text("mardi 12 janvier 2027 de 9 h 00 à 11 h 30").first.is_visible()

    # The calendar file
    page.goto(booking_page)
    keyboard.go_to("agenda")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    event = icalendar.Calendar.from_ical(Path(download.value.path()).read_bytes()).events[0]
    assert event["SUMMARY"].endswith(TITLE) or TITLE in event["SUMMARY"]
    assert event.start.isoformat() == "2027-01-12T09:00:00+01:00"

    # The firm's page
    keyboard.sign_out()
    keyboard.sign_in("karim@example.org")
    page.goto("/")
    keyboard.press("Mes créneaux")
    assert page.get_by_text("4e B").first.is_visible()
    assert page.get_by_text("Collège Louis Pasteur").first.is_visible()

    # The officer's page
    keyboard.sign_out()
    keyboard.sign_in("odile@example.org")
    page.goto("/")
    keyboard.press("Tableau de bord")
    keyboard.press("réservations")
    assert page.get_by_text("Collège Louis Pasteur").first.is_visible()
    assert page.get_by_text(TITLE).first.is_visible()
