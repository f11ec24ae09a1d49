"""From a full date to an accepted place: two teachers, by keyboard alone, without a script."""

from __future__ import annotations

from playwright.sync_api import Page

from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard

TITLE = "Dans les coulisses d’un atelier de turbines"


def test_a_class_waits_is_offered_the_place_that_another_gives_back_and_accepts_it(page: Page, site: Site):
    make.make_class(make.make_teacher(email="claire@example.org"), name="4e B")
    make.make_class(make.make_teacher(email="mounir@example.org"), name="3e A", level_code="3E")
    make.make_slot()
    keyboard = Keyboard(page)

    # The only place is taken
    keyboard.sign_in("mounir@example.org")
    page.goto("/programme")
    keyboard.press(TITLE)
    keyboard.press("Réserver pour la 3e A")
    taken = page.url

    # Another class joins the list
    keyboard.sign_out()
    keyboard.sign_in("claire@example.org")
    page.goto("/programme")
    keyboard.press(TITLE)
    keyboard.press("Rejoindre la liste d’attente")
    assert page.get_by_text("sont gardées pour vous 3 jours d’école").is_visible()
    keyboard.press("Rejoindre la liste d’attente")
    assert page.get_by_text("Vous êtes en tête de liste").is_visible()
    waiting = page.url

    # The place comes back
    keyboard.sign_out()
    keyboard.sign_in("mounir@example.org")
    page.goto(taken)
    keyboard.go_to("Annuler cette réservation")
    page.keyboard.press("Enter")
    keyboard.go_to("Raison", field=True)
    page.keyboard.press("ArrowDown")
    keyboard.press("Annuler la réservation")

    # It is offered at once, said by mail, and accepted
    keyboard.sign_out()
    keyboard.sign_in("claire@example.org")
    page.goto(waiting)
    assert page.get_by_text("Acceptez la place avant le").first.is_visible()
    assert page.get_by_text("elle est proposée à la classe suivante").first.is_visible()
    keyboard.press("Accepter la place")
    assert page.get_by_text("confirmée", exact=True).is_visible()
    site.run("worker", "--once")
    page.goto("/dev/mail")
    keyboard.type("Chercher", "claire@example.org")
    keyboard.enter()
    for subject in ("En liste d’attente", "Places proposées", "Réservation confirmée"):
        assert page.get_by_text(subject).first.is_visible(), subject
