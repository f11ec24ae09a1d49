"""A firm from sign-up to a published visit, and the colleague who joins it. By keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from booking.companies.models import Company
from booking.core.db import db
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard
from tests.browser.mails import link_of_the_mail

TITLE = "Une journée chez les tourneurs"
FOUNDER, COLLEAGUE = "ines@tourneurs.example.org", "paul@tourneurs.example.org"
PASSWORD = "quatre mots sans lien"
SIREN = make.siren()


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    make.make_edition()
    make.make_commune()
    make.make_officer(email="odile@example.org")
    return Keyboard(page)


def sign_up(page: Page, site: Site, keyboard: Keyboard, siret: str, first_name: str, address: str) -> None:
    """From the home page to a confirmed address."""
    page.goto("/")
    keyboard.press("Accueillir une classe")
    keyboard.type("SIRET", siret)
    keyboard.type("Nom de l’entreprise", "Tourneurs de l’Yvette")
    keyboard.go_to("Secteur", field=True)
    page.keyboard.type("Métal")
    keyboard.type("Numéro et rue", "3 quai des Tours")
    keyboard.type("Code postal", "91000")
    keyboard.type("Commune", "evry courcouronnes")
    keyboard.type("Prénom", first_name)
    keyboard.type("Nom", "Tourneur")
    keyboard.type("Adresse e-mail", address)
    keyboard.type("Téléphone", "01 60 00 00 00")
    keyboard.type("Mot de passe", PASSWORD)
    keyboard.press("Créer mon compte")
    page.goto(link_of_the_mail(site, address, "confirm"))
    keyboard.press("Confirmer et continuer")


def test_a_firm_signs_up_describes_a_visit_and_publishes_it(page: Page, site: Site, keyboard: Keyboard):
    # Who: the SIRET as one finds it on an invoice, with a wrong digit first
    siret = make.siret(SIREN)
    page.goto("/signup/company")
    wrong = siret[:-1] + str((int(siret[-1]) + 1) % 10)
    keyboard.type("SIRET", wrong)
    keyboard.press("Créer mon compte")
    assert page.get_by_text("sa clé de contrôle est fausse").first.is_visible()
    sign_up(page, site, keyboard, f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}", "Inès", FOUNDER)
    assert page.get_by_text("Vérification en cours").first.is_visible()

    # What: one page
    keyboard.press("Mes activités")
    keyboard.press("Décrire une première activité")
    keyboard.go_to("Visite d’entreprise")
    page.keyboard.press("Space")
    keyboard.type("Titre", TITLE)
    keyboard.type("Résumé", "Du barreau d’acier à la pièce finie.")
    keyboard.type("Description", "La classe suit une pièce, du plan au contrôle.")
    keyboard.go_to("Tous niveaux")
    page.keyboard.press("Space")
    keyboard.press("Enregistrer")
    assert page.get_by_text("enregistrée en brouillon").is_visible()

    # When
    keyboard.press("Ajouter un créneau")
    for name, value in (("Jour", "2027-01-12"), ("Début", "09:00"), ("Fin", "11:00")):
        page.get_by_label(name, exact=True).fill(value)  # a browser's own picker, whose keys depend on its language
    keyboard.press("Ajouter le créneau")
    assert page.get_by_text("Le créneau est ajouté").is_visible()
    keyboard.press("Publier")
    assert page.get_by_text("publique dès que votre entreprise sera vérifiée").is_visible()
    keyboard.sign_out()
    page.goto("/programme")
    assert page.get_by_text(TITLE).count() == 0

    # An officer vouches for the firm
    keyboard.sign_in("odile@example.org")
    page.goto("/")
    keyboard.press("Tableau de bord")
    keyboard.press("Comptes à vérifier")
    keyboard.press("Accepter Tourneurs de l’Yvette")
    keyboard.sign_out()

    # Anybody finds it, by words that are not quite those of the title
    page.goto("/programme")
    keyboard.type("Que cherchez-vous", "tourneur evry")
    keyboard.enter()
    keyboard.press(TITLE)
    assert page.get_by_text("3 quai des Tours").first.is_visible()
    assert page.get_by_text("mardi 12 janvier").first.is_visible()


def test_a_colleague_of_the_same_siren_joins_once_accepted(
    page: Page, site: Site, keyboard: Keyboard, complaints: list[str]
):
    company = make.make_company("Tourneurs de l’Yvette", siren=SIREN)
    make.make_site(company)
    make.make_host(company, email=FOUNDER)

    # The second of a SIREN, from another site, asks
    sign_up(page, site, keyboard, make.siret(SIREN, 77), "Paul", COLLEAGUE)
    assert page.get_by_text("doit accepter votre demande").is_visible()
    assert page.goto(f"/company/{company.id}/").status == 404
    complaints.clear()
    keyboard.sign_out()

    # The first reads who, in a mail, and accepts
    keyboard.sign_in(FOUNDER)
    page.goto(link_of_the_mail(site, FOUNDER, f"company/{company.id}/people"))
    assert page.get_by_text(COLLEAGUE).is_visible()
    keyboard.press("Accepter Paul Tourneur")
    assert page.get_by_text("Votre collègue a rejoint l’entreprise").is_visible()
    keyboard.sign_out()

    # Who joined is told, comes to the firm's pages, and may be named as a contact; there is still one company
    page.goto(link_of_the_mail(site, COLLEAGUE, "me"))
    keyboard.type("Adresse", COLLEAGUE)
    keyboard.type("Mot de passe", PASSWORD)
    keyboard.enter()
    assert page.locator("h1").inner_text() == company.name
    keyboard.press("Mes activités")
    keyboard.press("Décrire une première activité")
    assert page.get_by_label("Personne à contacter").locator("option", has_text="Paul Tourneur").count() == 1
    keyboard.press("Mon entreprise")
    assert page.get_by_text("Seul un responsable").is_visible()
    db.session.rollback()
    assert db.session.query(Company).count() == 1
