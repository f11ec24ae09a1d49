"""The PDFs: tagged, in French, the same bytes for the same version, and nothing typed read as markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pypdfium2 as pdfium
import pytest
import typst
from flask import current_app

from booking.bookings.papers import blocks, services
from booking.bookings.papers.copies import copy_of, file_name
from booking.bookings.papers.glyphs import DRAWN
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.printing import FONTS, pdf_of, qr_svg
from booking.core.db import transaction
from tests import make
from tests.bookings.papers.conftest import pages_of, text_of
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("now", "request_context")

SHEET = {"title": "Essai", "subtitle": "", "author": "Collège", "reference": "", "footer": "", "statement": []}
HOSTILE = [
    "#panic(\"non\")", "$x^2$", "*gras* _penché_", "@renvoi", "\\ barre", "« guillemets » \"droits\" 'simples'",
    "`code` [crochet] {accolade}", "<svg onload=alert(1)> 🎉", "= Titre\n- liste\n/ terme: x", "//commentaire /* */", "~ -- ---",
    "x" * 400, "https://example.org/" + "a" * 200, "🎉👩‍🏭", "Иван 北京", "\u202e\u0000\ufeff", "",
]  # fmt: skip


def sheet(*words: str) -> bytes:
    return pdf_of({**SHEET, "wide": False, "blocks": [blocks.text(each) for each in words]}, NOW)


def test_nothing_that_people_typed_is_read_as_markup():
    text = text_of(sheet(*HOSTILE))
    for typed in HOSTILE[:5]:
        assert typed in text
    assert "= Titre - liste / terme: x" in text and "//commentaire /* */" in text and "~ -- ---" in text


def test_what_is_hostile_fits_every_kind_of_block_and_every_heading():
    for typed in HOSTILE:
        content = {
            **SHEET, "title": f"Essai {typed}", "subtitle": typed, "author": typed, "reference": typed, "footer": typed,
            "wide": False,
            "blocks": [
                blocks.heading(f"Titre {typed}"), blocks.text(typed), blocks.strong(typed), blocks.small(typed),
                blocks.items([typed]), blocks.fine_print([typed]), blocks.facts([(typed, typed)]),
                blocks.table([typed, typed], [[typed, typed]], (1, 1)), blocks.blanks([typed, typed], 2, ("auto", 1)),
                blocks.choices([typed]), blocks.dots([typed]), blocks.note(typed, typed),
                blocks.together(blocks.signatures((typed, typed), (typed, typed))), blocks.cut(typed),
                blocks.code(qr_svg("https://example.org"), f"code {typed}", typed), blocks.new_page(),
            ],
        }  # fmt: skip
        assert pages_of(pdf_of(content, NOW)) >= 1


def test_a_very_long_word_stays_within_the_page():
    page = pdfium.PdfDocument(sheet("x" * 400))[0]
    text = page.get_textpage()
    edges = [text.get_charbox(number)[2] for number in range(text.count_chars())]
    assert max(edges) < page.get_width() - 40


def test_every_letter_that_is_let_through_is_drawn_by_the_fonts():
    letters = "".join(sorted(DRAWN - {" "}))
    assert pages_of(sheet(*(letters[start : start + 30] for start in range(0, len(letters), 30)))) >= 1
    content = {**SHEET, "title": letters, "wide": False, "blocks": [blocks.strong(letters)]}
    assert pages_of(pdf_of(content, NOW)) >= 1


def test_only_our_own_fonts_are_used():
    folder = f"{current_app.static_folder}/{FONTS}"
    ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    assert sorted({font.family for font in ours.fonts()}) == ["Atkinson Hyperlegible Next", "Bricolage Grotesque"]
    names = set(re.findall(rb"/FontName\s*/\w+\+([\w-]+)", sheet("texte")))
    assert names <= {b"AtkinsonHyperlegibleNext-Regular", b"AtkinsonHyperlegibleNext-Bold", b"BricolageGrotesque-Bold"}


@pytest.fixture
def each_paper(booking, visited, made):
    """One of each kind."""
    workshop = make.make_activity(booking.slot.activity.site, kind="classroom_workshop")
    workshop_booking = make.make_booking(make.make_slot(workshop))
    papers = [
        *(made(booking, kind) for kind in (
            PaperKind.CONVENTION, PaperKind.OUTING_REQUEST, PaperKind.FAMILY_NOTE, PaperKind.SCHOOL_LIFE,
            PaperKind.CANTEEN, PaperKind.NAMES_LIST, PaperKind.ATTENDANCE,
        )),
        made(workshop_booking, PaperKind.INTERVENTION_REQUEST),
        *(made(visited, kind) for kind in (PaperKind.CLASS_CERTIFICATE, PaperKind.COMPANY_CERTIFICATE)),
    ]  # fmt: skip
    with transaction():
        papers.append(services.make_day_sheet(booking.slot_id, booking.teacher))
    return papers


def test_every_paper_is_tagged_titled_and_in_french_and_says_what_it_is(each_paper):
    assert {paper.kind for paper in each_paper} == set(PaperKind)
    for paper in each_paper:
        pdf = copy_of(paper)
        document = pdfium.PdfDocument(pdf)
        assert document.is_tagged(), paper.kind
        assert document.get_metadata_value("Title") == paper.content["title"]
        assert b"/Lang" in pdf and b"fr-FR" in pdf
        assert b"pdfuaid:part" in pdf
        assert b"/H1" in pdf
        text = text_of(pdf)
        assert paper.content["title"].replace("\u00a0", " ") in text
        assert paper.facts["when"].replace("\u00a0", " ") in text
        assert f"version {paper.version}" in text and " ".join(re.findall("....", paper.facts_hash[:16])) in text


# What each reader looks for first on their paper.
ESSENTIAL = {
    PaperKind.CONVENTION: ("Entre les soussignés :", "Article 8 – Durée", "Nom, qualité, date et signature"),
    PaperKind.OUTING_REQUEST: ("La sortie", "départ", "Noms des accompagnateurs :", "sortie autorisée", "sortie refusée", "Le chef d’établissement"),
    PaperKind.INTERVENTION_REQUEST: ("Les intervenants", "Identité vérifiée à l’arrivée", "intervention autorisée", "intervention refusée"),
    PaperKind.FAMILY_NOTE: ("Madame, Monsieur,", "La classe de votre enfant visite", "Casque prêté", "Sortie obligatoire"),
    PaperKind.SCHOOL_LIFE: ("La classe est absente de l’établissement.", "appel au départ et au retour", "27"),
    PaperKind.CANTEEN: ("absente à l’heure du repas", "repas à retirer des effectifs du jour", "paniers-repas"),
    PaperKind.NAMES_LIST: ("À remplir et à transmettre hors d’Établi", "À détruire après la visite.", "Transmise le :"),
    PaperKind.ATTENDANCE: ("Effectif prévu", "27 élèves, 3 accompagnateurs", "Départ", "Sur place", "Retour"),
    PaperKind.CLASS_CERTIFICATE: ("atteste avoir reçu", "25 élèves et 3 accompagnateurs", "d’après la présence enregistrée", "Code :"),
    PaperKind.COMPANY_CERTIFICATE: ("Attestation d’accueil", "a accueilli une classe", "25 élèves", "Code :"),
    PaperKind.DAY_SHEET: ("1 classe attendue", "27 élèves", "À l’arrivée", "groupe compté", "Visez ce code avec un téléphone"),
}  # fmt: skip


def test_every_paper_says_what_its_reader_looks_for(each_paper):
    assert ESSENTIAL.keys() == set(PaperKind)
    for paper in each_paper:
        text = text_of(copy_of(paper))
        missing = [words for words in ESSENTIAL[paper.kind] if words not in text]
        assert missing == [], (paper.kind, text)


def test_an_amendment_says_what_was_what_is_and_that_the_rest_stands(booking, made):
    made(booking, PaperKind.CONVENTION)
    with transaction():
        booking.pupils = 21
    text = text_of(copy_of(made(booking, PaperKind.CONVENTION)))
    for words in (
        "Avenant n° 1",
        "Nombre d’élèves 27 21",
        "Les autres dispositions de la convention restent applicables",
    ):
        assert words in text, words


def test_what_is_filled_by_hand_fits_on_one_page_for_a_class_and_the_request_with_all_it_may_say(booking, made):
    with transaction():
        booking.assistants, booking.pupils, booking.has_special_needs = 1, 28, True
    for kind in (PaperKind.ATTENDANCE, PaperKind.NAMES_LIST, PaperKind.OUTING_REQUEST):
        assert pages_of(copy_of(made(booking, kind))) == 1, kind
    with transaction():
        booking.pupils = 60
    assert pages_of(copy_of(made(booking, PaperKind.ATTENDANCE))) > 1


def test_the_same_version_gives_the_same_bytes(booking, made):
    paper = made(booking, PaperKind.CONVENTION)
    assert copy_of(paper) == copy_of(paper)


def test_a_request_to_the_head_is_one_page_with_its_signatures(each_paper):
    requests = [each for each in each_paper if each.kind in (PaperKind.OUTING_REQUEST, PaperKind.INTERVENTION_REQUEST)]
    assert [pages_of(copy_of(each)) for each in requests] == [1, 1]


def test_the_convention_lists_what_the_law_wants_listed(booking, made):
    text = text_of(copy_of(made(booking, PaperKind.CONVENTION)))
    for words in (
        "Objet et objectifs", "Élèves concernés", "27, désignés par leur nombre", "mardi 12 janvier 2027", "Encadrement",
        "Transport, repas et frais", "Assurances et responsabilité", "SIRET", "article D. 332-14",
        "Pour l’établissement", "Pour l’entreprise", "représenté par",
    ):  # fmt: skip
        assert words in text, words


def test_the_mobile_is_on_the_copies_of_three_days_and_in_no_stored_row(booking, set_now):
    with transaction():
        paper = services.make_day_sheet(booking.slot_id, booking.teacher)
    assert "06 12 34 56 78" not in str(paper.content) + str(paper.facts)
    day = booking.slot.starts_at
    seen = []
    for days in (-2, -1, 0, 1, 2):
        set_now(day + timedelta(days=days))
        seen.append("06 12 34 56 78" in text_of(copy_of(paper)))
    assert seen == [False, True, True, True, False]


def test_a_certificate_carries_its_code_and_where_to_verify_it(visited, made):
    paper = made(visited, PaperKind.COMPANY_CERTIFICATE)
    text = text_of(copy_of(paper))
    assert f"/verification/{paper.code}" in text.replace(" ", "")
    assert paper.code[:4] + "-" in text


def test_a_square_code_is_drawn_for_its_address():
    assert qr_svg("https://example.org/a") != qr_svg("https://example.org/b")
    assert qr_svg("https://example.org/a").count("M") > 100


def test_a_file_name_is_plain_letters_and_names_nobody(booking, made):
    assert file_name(made(booking, PaperKind.FAMILY_NOTE)) == f"note-aux-familles-{booking.id}-v1.pdf"


def test_a_school_without_a_name_for_its_teacher_gives_no_address_away(booking, made):
    booking.teacher.first_name = booking.teacher.last_name = ""
    assert "@" not in text_of(copy_of(made(booking, PaperKind.CONVENTION)))
