"""A need met end to end: a teacher posts what a class looks for, a firm holds a date, the teacher accepts. By keyboard."""

from __future__ import annotations

from playwright.sync_api import Page

from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard

TITLE = "Dans les coulisses d’un atelier de turbines"


def test_a_class_looks_for_a_visit_and_a_firm_holds_a_date_for_it(page: Page, site: Site):
    company = make.make_company()
    activity = make.make_activity(
        contact=make.make_host(company, email="karim@example.org"), site=make.make_site(company)
    )
    make.make_slot(activity)
    make.make_class(make.make_teacher(email="claire@example.org"), name="4e B")
    keyboard = Keyboard(page)

    # What the class looks for
    keyboard.sign_in("claire@example.org")
    page.goto("/teacher/")
    keyboard.press("Publier une recherche de visite")
    keyboard.type("Ce que vous aimeriez voir", "turbines")
    page.get_by_label("Le, ou à partir du").first.fill("2027-01-11")  # a browser's own picker
    page.get_by_label("Jusqu’au (période)").first.fill("2027-01-15")
    keyboard.press("Publier la recherche")
    need = page.url
    keyboard.sign_out()

    # A firm that could meet it holds a date in one press
    keyboard.sign_in("karim@example.org")
    page.goto(f"/company/{company.id}/")
    keyboard.press("Recherches de visite")
    keyboard.press("Collège Louis Pasteur")
    keyboard.press("Proposer")
    assert page.get_by_text("les places sont gardées pour la classe").is_visible()
    keyboard.sign_out()

    # The teacher accepts: it is firm, and the search is over
    keyboard.sign_in("claire@example.org")
    page.goto(need)
    keyboard.press("Accepter")
    assert page.get_by_text("confirmée", exact=True).is_visible()
    page.goto(need)
    assert page.get_by_text("La classe a sa visite").is_visible()
    site.run("worker", "--once")
    page.goto("/dev/mail")
    keyboard.type("Chercher", "claire@example.org")
    keyboard.enter()
    for subject in ("Date proposée", "Réservation confirmée"):
        assert page.get_by_text(subject).first.is_visible(), subject
