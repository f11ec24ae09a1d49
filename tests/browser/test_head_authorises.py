"""The head of a school authorises an outing from the mail, without an account; it is then the firm's turn."""

from __future__ import annotations

from playwright.sync_api import Page

from booking.bookings.authorisation_models import SchoolSigner
from booking.bookings.rules.authorisations import SignerRole
from booking.catalogue.models import ConfirmationMode
from booking.core.db import db
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard
from tests.browser.mails import link_of_the_mail

ADDRESS = "principale@college.example"


def test_the_head_authorises_by_the_link_of_the_mail_with_no_account(page: Page, phone: Page, site: Site):
    school = make.make_school()
    db.session.add(SchoolSigner(school_id=school.id, role=SignerRole.HEAD, email=ADDRESS))
    teacher = make.make_teacher(school, email="claire@example.org")
    make.make_class(teacher, name="4e B")
    make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL, waits_for_head=True))
    keyboard = Keyboard(page)

    # The teacher asks; the page says who has the next step
    keyboard.sign_in("claire@example.org")
    page.goto("/teacher/slots/1/book")
    keyboard.press("Demander")
    assert page.get_by_text("donne d’abord son autorisation").first.is_visible()
    booking_page = page.url

    # The head opens the link on a phone, signed in nowhere
    keyboard.sign_out()
    link = link_of_the_mail(site, ADDRESS, "a")
    hand = Keyboard(phone)
    phone.goto(link)
    assert phone.locator("h1").inner_text() == "Autorisation de sortie"
    for fact in ("27 élèves, 3 accompagnateurs", "De porte à porte", "Obligatoire et gratuite"):
        assert phone.get_by_text(fact).first.is_visible()
    hand.type("Nom et prénom de qui signe", "Paul Petit")
    hand.go_to("chef d’établissement, ou directeur d’école")
    phone.keyboard.press("ArrowDown")
    hand.press("J’autorise")
    assert phone.get_by_text("Autorisée").is_visible()
    assert phone.get_by_text("Paul Petit (adjoint, par délégation").is_visible()
    assert phone.get_by_role("button", name="J’autorise").count() == 0

    # The teacher sees it, notes the coach, and that it is the firm's turn
    keyboard.sign_in("claire@example.org")
    page.goto(booking_page)
    assert page.get_by_text("a donné son autorisation").first.is_visible()
    keyboard.press("Noter où en est le car")
    page.get_by_label("car commandé").check()
    page.get_by_label("Départ du car").fill("08:10")
    keyboard.press("Enregistrer")
    assert page.get_by_text("départ du car à 8 h 10").is_visible()
    assert page.get_by_text("répond avant le").first.is_visible()
