"""The report of two pages: the board's own figures, parts that add up, two pages whatever the territory holds."""

from __future__ import annotations

import re
from datetime import date, datetime
from zlib import crc32

import pypdfium2 as pdfium
import pytest

from booking.accounts.models import ScopeKind
from booking.bookings.rules.states import State
from booking.core.db import transaction
from booking.schools import groups
from booking.tracking.figures import EVERYTHING, Counts, board
from booking.tracking.scope import Scope
from booking.tracking.summary.facts import Part, shortened, summary_of
from booking.tracking.summary.paper import TILES, content_of, of_schools
from booking.tracking.views import shares_of
from tests import make
from tests.sign_in import signed_in

HERE = Scope("Essonne (91)", frozenset({"91"}))
VERSAILLES = Scope("Académie de Versailles", frozenset({"78", "91"}))


def visit(commune: str, pupils: int, day: int = 12, state=State.CONFIRMED, departement="91", **values):
    school = make.make_school(
        f"Collège de {commune}",
        departement,
        commune_insee=f"{departement}{crc32(commune.encode()) % 1000:03}",
        commune_name=commune,
    )
    slot = make.make_slot(make.make_activity(**values), datetime(2027, 1, day, 9))
    make.make_booking(slot, make.make_class(school=school, pupils=pupils), state=state)
    return school


def pages_of(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf)]


@pytest.fixture
def edition(app, now):
    make.make_departement("91")
    make.make_departement("78", "Yvelines")
    return make.make_edition()


@pytest.mark.usefixtures("both_databases")
def test_the_parts_add_up_to_the_board_and_are_those_counted_by_hand(edition):
    visit("Massy", 27)
    visit("Massy", 20)
    visit("Évry", 30)
    visit("Massy", 12, state=State.CANCELLED)
    visit("Versailles", 25, departement="78")
    make.make_school("Collège silencieux", "91", commune_insee="91999", commune_name="Brunoy")
    summary = summary_of(HERE, edition, EVERYTHING, [edition])
    assert [(part.label, part.counts.classes, part.counts.pupils, part.counts.schools) for part in summary.places] == [
        ("Massy", 2, 47, 2), ("Évry", 1, 30, 1),
    ]  # fmt: skip
    assert sum((part.counts for part in summary.places), Counts()) == board(HERE, edition).reached.total
    assert (summary.schools, summary.percent_of_schools) == (5, 60)
    both = summary_of(VERSAILLES, edition, EVERYTHING, [edition])
    assert [(part.label, part.counts.pupils) for part in both.places] == [("Essonne (91)", 77), ("Yvelines (78)", 25)]
    assert [part.label for part in both.communes] == ["Massy", "Évry", "Versailles"]


@pytest.mark.usefixtures("both_databases")
def test_a_school_of_two_groups_is_in_both_lines_and_once_in_the_total(edition):
    school = visit("Massy", 27)
    with transaction():
        for name in ("Bassin d’Évry", "CLEE Nord"):
            groups.add_schools(groups.create_group("25", name).id, [school.uai])
        groups.create_group("25", "Bassin vide")
    summary = summary_of(HERE, edition, EVERYTHING, [edition])
    assert [(part.label, part.counts.pupils, part.schools) for part in summary.groups] == [
        ("Bassin d’Évry", 27, 1), ("CLEE Nord", 27, 1),
    ]  # fmt: skip
    assert summary.figure("pupils").value == 27


def test_what_is_beyond_the_page_is_added_up():
    parts = [Part(str(number), Counts(schools=1, pupils=10 - number), 4) for number in range(5)]
    *kept, others = shortened(parts, 3)
    assert kept == parts[:2]
    assert (others.counts, others.schools) == (Counts(schools=3, pupils=21), 12)
    assert shortened(parts, 5) == parts


def test_the_paper_says_the_figures_of_the_screen_in_french_numbers(edition, client):
    before = make.make_edition(
        "2026", starts_on=date(2026, 1, 12), ends_on=date(2026, 1, 18), window_starts_on=date(2025, 12, 1),
        window_ends_on=date(2026, 2, 20), name="Semaine 2026",
    )  # fmt: skip
    visit("Massy", 54)
    visit("Massy", 25, edition=before)
    summary = summary_of(HERE, edition, EVERYTHING, [edition, before])
    content = content_of(summary, shares_of(summary.board.reached), [])
    shown = {code: tile["value"] for (code, _words), tile in zip(TILES, content["tiles"], strict=True)}
    assert shown == {code: board(HERE, edition).value(code) and summary.figure(code).words for code, _w in TILES} | {
        "attended": "0"
    }
    assert content["kind"] == "Bilan provisoire"
    assert ["Élèves différents", "54", "25", "+116\u00a0%"] in content["compared"]
    assert content["lead"].startswith("54\u00a0élèves de 1\u00a0classe, dans 1\u00a0établissement sur 2 (50\u00a0%)")
    assert of_schools(1234, 2000) == ["1\u202f234 sur 2\u202f000", "61.7"]
    officer = make.make_officer(ScopeKind.DEPARTEMENT, "91")
    signed_in(client, officer)
    address = f"/territory/{officer.memberships[0].id}/"
    cells = {
        what: re.findall(r"<dt>.*?élèves différents.*?</dt>\s*<dd>(.*?)</dd>", client.get(address + what).text, re.S)
        for what in ("", "report")
    }
    assert "54" in re.sub("<.*?>", "", cells[""][0])
    assert cells["report"] == ["54"]
    made = client.get(f"{address}report.pdf")
    assert made.headers["Cache-Control"] == "private, no-store"
    pages = pages_of(made.data)
    assert "54 élèves" in " ".join(pages[0].split())
    assert client.get(f"{address}report.pdf?edition=2026").status_code == 200


def test_it_is_two_pages_when_nothing_is_booked_and_when_there_is_more_than_a_page_holds(edition, client):
    officer = make.make_officer()
    signed_in(client, officer)
    address = f"/territory/{officer.memberships[0].id}/report.pdf?departement=91"
    assert len(pages_of(client.get(address).data)) == 2
    schools = [visit(f"Saint-Germain-lès-Corbeil-sur-la-Rivière-Longue {number}", 20 + number) for number in range(15)]
    with transaction():
        for number in range(10):
            group = groups.create_group(
                "25", f"Comité local école entreprise du grand bassin de la vallée de l’Orge {number}"
            )
            groups.add_schools(group.id, [school.uai for school in schools])
    made = client.get(address).data
    pages = pages_of(made)
    assert len(pages) == 2
    assert "2 autres groupes touchés" in " ".join(pages[1].split())
