"""The programme of a département, by day and commune, on a page and on paper: public, without a cookie, without contacts."""

from __future__ import annotations

from datetime import datetime

import pypdfium2 as pdfium
import pytest

from booking.bookings.views.departements import by_day
from booking.catalogue.models import ActivityKind, LabelState, PublicationState
from tests import make


@pytest.fixture
def essonne(app, now):
    make.make_departement("91")
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    massy, evry = (make.make_site(commune_name=name) for name in ("Massy", "Évry"))
    labelled = make.make_activity(massy, title="Fonderie", label_state=LabelState.GRANTED, label_number="91-0042")
    visit = make.make_activity(evry, title="Turbines, écrire à lea@usine.example")
    return [
        make.make_slot(labelled, datetime(2027, 1, 12, 14)), make.make_slot(labelled, datetime(2027, 1, 12, 9)),
        make.make_slot(visit, datetime(2027, 1, 12, 10)),
        make.make_slot(make.make_activity(make.make_site(departement="77", commune_name="Melun"), title="Ailleurs"), datetime(2027, 1, 12, 9), departement_code="77"),
        make.make_slot(make.make_activity(evry, title="Brouillon", state=PublicationState.DRAFT), datetime(2027, 1, 12, 9)),
    ]  # fmt: skip


def test_slots_are_in_the_order_of_days_communes_and_hours(essonne):
    comes = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP), datetime(2027, 1, 11, 9))
    afternoon, morning, evry, *_others = essonne
    first, second = by_day([afternoon, morning, evry, comes])
    assert [(name, [slot.id for slot in slots]) for name, slots in second[1]] == [
        ("Évry", [evry.id]), ("Massy", [morning.id, afternoon.id]),
    ]  # fmt: skip
    assert [name for name, _slots in first[1]] == [""]


def test_the_page_is_for_everybody_and_says_what_is_public_there(essonne, client):
    page = client.get("/programme/departements/91")
    assert "Set-Cookie" not in page.headers
    text = page.text
    assert text.index("Évry") < text.index("Massy")
    assert "91-0042" in text
    for word in ("lea@usine.example", "Ailleurs", "Brouillon"):
        assert word not in text
    assert "Essonne" in client.get("/programme/departements").text
    assert client.get("/programme/departements/999").status_code == 404


def test_the_sheets_say_the_same_with_the_way_to_book(essonne, client):
    answer = client.get("/programme/departements/91.pdf")
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("application/pdf", "public, max-age=900")
    assert "Set-Cookie" not in answer.headers
    text = " ".join(page.get_textpage().get_text_range() for page in pdfium.PdfDocument(answer.data))
    assert "/programme/departements/91" in "".join(text.replace("\u200b", "").split())
    for words in (
        "Programme en Essonne",
        "Pour réserver",
        "91-0042",
        "Fonderie",
        "12 janvier 2027",
    ):
        assert words in text
    for word in ("lea@usine.example", "Ailleurs", "Brouillon"):
        assert word not in text
    again = client.get("/programme/departements/91.pdf", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_empty_programme_is_a_sheet_that_says_so(essonne, client):
    make.make_departement("78", "Yvelines")
    text = pdfium.PdfDocument(client.get("/programme/departements/78.pdf").data)[0].get_textpage().get_text_range()
    assert "Aucune date" in text
