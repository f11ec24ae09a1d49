"""A round from its opening to its published result: officer, teachers and firm, by keyboard, without a script."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page

from booking.core.db import db, transaction
from booking.matching.rounds.models import AllocationRound
from tests import make
from tests.browser.conftest import Site
from tests.browser.keyboard import Keyboard

TITLE = "Dans les coulisses d’un atelier de turbines"


def test_scarce_places_are_shared_out_by_a_round(page: Page, site: Site):
    make.make_edition(allocation_enabled=True)
    site_of_firm = make.make_site()
    host = make.make_host(site_of_firm.company, email="karim@example.org")
    activity = make.make_activity(site_of_firm, contact=host)
    slot = make.make_slot(activity)
    make.make_class(make.make_teacher(email="claire@example.org"), name="4e B")
    priority = make.make_school("Collège Rosa Parks", priority_education="REP+")
    make.make_class(make.make_teacher(priority, email="mounir@example.org"), name="3e A", level_code="3E")
    make.make_officer(email="odile@example.org")
    keyboard = Keyboard(page)

    # The officer writes the rule and opens the wishes
    keyboard.sign_in("odile@example.org")
    page.goto("/territory/")
    keyboard.press("Tours d’attribution")
    keyboard.press("Préparer un tour")
    keyboard.type("Nom du tour", "Places de janvier")
    for name, value in (
        ("Visites à partir du", "2027-01-04"), ("Jusqu’au", "2027-01-29"), ("Clôture des vœux, le", "2026-12-04"),
    ):  # fmt: skip
        page.get_by_label(name, exact=True).fill(value)  # a browser's own picker, whose keys depend on its language
    keyboard.press("Enregistrer")
    keyboard.press("Ouvrir les vœux")
    assert page.get_by_text("vœux ouverts").first.is_visible()
    officer_page = page.url
    keyboard.sign_out()

    # Two teachers wish for the only place; speed does not help the first
    for email, name in (("claire@example.org", "4e B"), ("mounir@example.org", "3e A")):
        keyboard.sign_in(email)
        page.goto("/teacher/")
        keyboard.press("Places de janvier")
        keyboard.press("Ajouter : " + TITLE)
        assert page.get_by_text(f"Vœux de la {name}").first.is_visible()
        assert page.get_by_text("Vos vœux sont enregistrés").is_visible()
        keyboard.sign_out()

    # The programme says why the date cannot be booked; the firm reads it too
    keyboard.sign_in("claire@example.org")
    page.goto("/programme")
    keyboard.press(TITLE)
    assert page.get_by_text("Un tour répartit ces places").first.is_visible()
    keyboard.sign_out()
    keyboard.sign_in("karim@example.org")
    page.goto(f"/company/{activity.company_id}/slots/{slot.id}")
    assert page.get_by_text("réparties par un tour").is_visible()
    keyboard.sign_out()

    # The deadline passes
    with transaction():
        each = db.session.scalars(db.select(AllocationRound)).one()
        each.deadline_at = make.NOW - timedelta(hours=1)
        slot.round_until = each.deadline_at
    site.run("worker", "--once")

    # Dry run, application, publication
    keyboard.sign_in("odile@example.org")
    page.goto(officer_page)
    keyboard.press("Lancer le calcul")
    assert page.get_by_text("Par ordre d’arrivée").first.is_visible()
    keyboard.press("Appliquer le résultat")
    keyboard.press("Publier le résultat")
    keyboard.sign_out()

    # The class of priority education accepts its place, the other reads why and waits
    keyboard.sign_in("mounir@example.org")
    page.goto("/teacher/")
    keyboard.press(TITLE)
    keyboard.press("Accepter la place")
    assert page.get_by_text("confirmée", exact=True).is_visible()
    keyboard.sign_out()
    keyboard.sign_in("claire@example.org")
    page.goto("/teacher/")
    keyboard.press("Places de janvier")
    assert page.get_by_text("à des classes de REP+").is_visible()
    page.goto("/teacher/")
    assert page.get_by_text("en liste d’attente").first.is_visible()
    keyboard.sign_out()

    # Anybody reads the report; the firm sees who comes
    page.goto("/rounds")
    keyboard.press("Places de janvier")
    assert page.get_by_text("Satisfaction par rang").is_visible()
    assert "Rosa Parks" not in page.content()
    keyboard.sign_in("karim@example.org")
    page.goto(f"/company/{activity.company_id}/slots/{slot.id}")
    assert page.get_by_text("Collège Rosa Parks").first.is_visible()
    assert site.run("check") is not None
    assert "same" in site.run("rounds", "replay", str(each.id))
