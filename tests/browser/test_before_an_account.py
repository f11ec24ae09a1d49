"""A visitor types « 4e, 27 » and books after signing up, without typing it again. By keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page

from booking.core.db import db
from booking.schools.models import School
from booking.schools.rules import search_text
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard
from tests.browser.mails import link_of_the_mail

TITLE = "Dans les coulisses d’un atelier de turbines"
ADDRESS = "claire.dupont@ac-versailles.fr"


def a_school_that_is_found() -> School:
    school = make.make_school()
    school.search_text = search_text(
        school.uai, school.name, school.kind, school.nature, school.commune_name, school.postcode
    )
    db.session.commit()
    return school


def test_a_visitor_types_the_class_once_and_books_after_signing_up(page: Page, site: Site):
    school = a_school_that_is_found()
    make.make_slot(make.make_activity(title=TITLE))
    make.make_slot(make.make_activity(title="Pour les grands", levels=("TG",)))
    keyboard = Keyboard(page)

    # « 4e, 27 », once
    page.goto("/")
    keyboard.type("Votre établissement", "pasteur brunoy")
    keyboard.go_to("Niveau", field=True)
    page.keyboard.type("Quat")
    keyboard.type("Élèves", "27")
    keyboard.press("Voir ce qui est possible")

    # Find and open
    assert page.get_by_text("départ 8 h 10, retour 12 h 10").is_visible()
    assert page.get_by_text("Pour les grands").count() == 0
    keyboard.press(TITLE)
    assert page.get_by_text("Votre classe peut venir au complet").is_visible()

    # Sign up: the school is there already
    keyboard.press("Créer mon compte enseignant")
    assert page.locator(f"input[value='{school.uai}']").is_checked()
    keyboard.type("Prénom", "Claire")
    keyboard.type("Nom", "Dupont")
    keyboard.type("Adresse e-mail", ADDRESS)
    keyboard.type("Mot de passe", "quatre mots sans lien")
    keyboard.press("Créer mon compte")
    assert page.get_by_text(ADDRESS).first.is_visible()

    # Confirm by the link of the mail
    page.goto(link_of_the_mail(site, ADDRESS, "confirm"))
    keyboard.press("Confirmer et continuer")
    assert page.locator("h1").inner_text() == TITLE
    assert page.get_by_text("4ᵉ – 27 élèves").first.is_visible()

    # Book: the name alone could be changed
    keyboard.press("Enregistrer cette classe et réserver")
    assert page.get_by_text("C’est réservé pour la 4e").is_visible()
    assert page.get_by_text("27 élèves, 2 accompagnateurs").first.is_visible()
    keyboard.press("Mes classes")
    assert page.get_by_text("27 élèves, 2 accompagnateurs").is_visible()
