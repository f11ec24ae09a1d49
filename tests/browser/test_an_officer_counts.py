"""An officer narrows the board of a territory, and takes away a table whose totals are the screen's. By keyboard alone."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page

from booking.accounts.models import Person
from booking.bookings.services import request_places
from booking.catalogue.models import Activity, ActivityKind
from booking.core import clock
from booking.core.db import db, transaction
from tests import make
from tests.browser.keyboard import Keyboard
from tests.conftest import NOW


def book(activity: Activity, day: int, **values: object) -> None:
    slot = make.make_slot(activity, local_start=datetime(2027, 1, day, 9, 0))
    school_class = make.make_class(**values)
    with transaction():
        request_places(slot.id, school_class.id, db.session.get_one(Person, school_class.owner_id))


def number(text: str) -> int | None:
    """The figure that is shown; none where there is nothing to count."""
    digits = "".join(sign for sign in text if sign.isdigit())
    return int(digits) if digits else None


def figures_of(page: Page) -> dict[str, int | None]:
    """By its words, each figure of the board that has a value, as it is shown; folded ones too."""
    words = page.locator(".figure dt").all_text_contents()
    values = page.locator(".figure dd").all_text_contents()
    return {label.strip(): number(value) for label, value in zip(words, values, strict=True) if value != "–"}


def table(page: Page, keyboard: Keyboard, link: str) -> list[dict[str, str]]:
    """The rows of the file behind a link, read as a French spreadsheet reads them."""
    keyboard.go_to(link)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_an_officer_filters_the_board_and_exports_what_it_shows(page: Page, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    make.make_officer(email="odile@example.org")
    visit = make.make_activity(title="Visite")
    workshop = make.make_activity(title="Atelier", kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=50)
    book(visit, 11, pupils=27)
    book(visit, 12, name="3e A", level_code="3E", pupils=24)
    book(workshop, 13, pupils=30)
    make.make_departement("59", "Nord", academie="09", academie_name="Lille")
    book(make.make_activity(make.make_site(departement="59")), 14, school=make.make_school("Ailleurs", "59"))
    keyboard = Keyboard(page)

    # The whole territory, and none but it
    keyboard.sign_in("odile@example.org")
    page.goto("/")
    keyboard.press("Tableau de bord")
    everything = figures_of(page)
    assert (everything["activités publiées"], everything["réservations"]) == (2, 3)
    assert everything["participations d’élèves"] == 81

    # Narrowed to visits: the address says so, and can be kept or sent
    keyboard.go_to("Filtres")
    page.keyboard.press("Enter")
    keyboard.go_to("Genre d’activité", field=True)
    page.keyboard.type("Visite d")
    keyboard.press("Afficher")
    assert "kind=site_visit" in page.url
    narrowed = figures_of(page)
    assert (narrowed["activités publiées"], narrowed["réservations"]) == (1, 2)
    assert narrowed["participations d’élèves"] == 51

    # The figures, as a table: the same, one for one
    exported = table(page, keyboard, "csv")
    assert {row["Chiffre"]: int(row["Valeur"]) for row in exported if row["Valeur"]} == narrowed

    # The rows behind a figure: their sum is the figure, on the screen and in the file
    page.reload()
    keyboard.go_to("Ce qui est réservé")
    page.keyboard.press("Enter")
    keyboard.press("participations d’élèves")
    assert page.locator("tbody tr").count() == 2
    assert "kind=site_visit" in page.url
    rows = table(page, keyboard, "csv")
    assert sum(int(row["Élèves"]) for row in rows) == narrowed["participations d’élèves"]
    assert len(rows) == narrowed["réservations"]
