"""What an officer does beside counting: labels an activity; finds a school never reached and prepares the call."""

from __future__ import annotations

from playwright.sync_api import Page

from booking.accounts.models import ScopeKind
from booking.catalogue.models import ActivityKind
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard
from tests.browser.mails import texts_to


def test_an_activity_receives_the_label_that_its_firm_asked_for(page: Page, site: Site):
    activity = make.make_activity(title="Visite des turbines", edition=make.make_labelling())
    make.make_slot(activity)
    activity.contact.email = "karim@example.org"
    make.make_officer(ScopeKind.ACADEMIE, "25", email="odile@example.org")
    keyboard = Keyboard(page)

    # The firm says that each criterion is met, and asks
    keyboard.sign_in("karim@example.org")
    page.goto(f"/company/{activity.company_id}/activities/{activity.id}")
    keyboard.press("Demander le label")
    for box in page.get_by_role("checkbox").all():
        box.focus()
        page.keyboard.press("Space")
    keyboard.press("Envoyer la demande")

    # The officer's queue leads to it; the number is given
    keyboard.sign_out()
    keyboard.sign_in("odile@example.org")
    page.goto("/territory/labels")
    keyboard.press("Visite des turbines")
    keyboard.type("Numéro du label", "IDF-2027-0042")
    keyboard.press("Labelliser et prévenir l’entreprise")
    assert "labels" in page.url and page.get_by_role("link", name="Visite des turbines").count() == 0
    keyboard.sign_out()

    # The firm is told, and anybody sees it in the programme
    assert any("IDF-2027-0042" in text for text in texts_to(site, "karim@example.org"))
    page.goto("/programme")
    keyboard.press("Visite des turbines")
    assert page.get_by_text("IDF-2027-0042").first.is_visible()


def test_a_school_that_nobody_has_booked_for_is_found_and_its_call_prepared(page: Page, site: Site):
    make.make_school()
    silent = make.make_school("Collège La Forêt", "91", commune_insee="91114", commune_name="Brunoy")
    make.make_slot(make.make_activity(title="Visite des turbines", kind=ActivityKind.SITE_VISIT))
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91", email="odile@example.org")
    keyboard = Keyboard(page)

    keyboard.sign_in("odile@example.org")
    page.goto(f"/territory/{officer.memberships[0].id}/silence")
    keyboard.press("Collège La Forêt")
    # What is free near it, and a letter to read on the telephone or to send
    assert page.get_by_text("Visite des turbines").first.is_visible()
    letter = page.get_by_label("Texte à copier, ou à lire au téléphone").input_value()
    assert "Visite des turbines" in letter
    assert page.get_by_role("link", name="Ouvrir dans ma messagerie").get_attribute("href").startswith("mailto:")

    # The call is noted, and the list says so
    keyboard.go_to("Appelé", field=True)
    page.keyboard.press("Space")
    keyboard.type("Note", "Le principal rappelle jeudi.")
    keyboard.press("Noter")
    assert page.get_by_text("Le principal rappelle jeudi.").is_visible()
    page.goto(f"/territory/{officer.memberships[0].id}/silence")
    assert page.locator("tr", has_text=silent.name).get_by_text("Appelé").is_visible()
