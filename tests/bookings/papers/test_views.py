"""Who sees which papers, and how a paper is made without a script."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership
from booking.bookings.papers import queries
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.models import LegalRule, Paper
from booking.bookings.rules.states import State
from booking.core.db import db
from tests import make
from tests.bookings.papers.conftest import text_of
from tests.bookings.test_teacher_views import field_with_error
from tests.conftest import NOW
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


def url(booking, path="") -> str:
    return f"/teacher/bookings/{booking.id}/papers{path}"


def school_url(booking, path="") -> str:
    return f"/school/{booking.school.uai}/bookings/{booking.id}/papers{path}"


def company_url(booking, path="") -> str:
    return f"/company/{booking.slot.activity.company_id}/bookings/{booking.id}/papers{path}"


@pytest.fixture
def page(client, booking):
    return signed_in(client, booking.teacher)


def make_head(school, trusted=True):
    person = make.make_person()
    db.session.add(Membership(person_id=person.id, role=MemberRole.HEAD, school_id=school.id, created_at=NOW,
                              trusted_at=NOW if trusted else None))  # fmt: skip
    db.session.commit()
    return person


def html(answer) -> str:
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_the_file_lists_what_this_outing_needs_and_makes_nothing(page, booking):
    shown = html(page.get(url(booking)))
    for words in ("Convention de visite", "Demande de sortie", "Note aux familles", "Liste de noms à remplir"):
        assert words in shown
    assert "Attestation" not in shown and "Feuille du jour" not in shown
    assert db.session.scalar(select(Paper)) is None
    assert "Dossier de sortie" in html(page.get(f"/teacher/bookings/{booking.id}"))


def test_a_paper_is_made_by_a_button_and_read_as_a_private_pdf(page, booking):
    made = page.post(url(booking, "/convention"))
    assert made.status_code == 303
    answer = page.get(made.location)
    assert answer.content_type == "application/pdf" and answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f'inline; filename="convention-{booking.id}-v1.pdf"'
    shown = html(page.get(url(booking)))
    assert "Convention de visite, version 1" in shown and "à jour" in shown


def test_a_get_makes_nothing_and_an_unknown_paper_or_version_is_not_there(page, booking):
    for path in ("/convention", "/convention-v1.pdf", "/convention-v99.pdf", "/feuille-du-jour-v1.pdf", "/x-v1.pdf"):
        assert page.get(url(booking, path)).status_code in (404, 405), path
    assert page.post(url(booking, "/feuille-du-jour")).status_code == 404
    assert page.post(url(booking, "/rien")).status_code == 404


def test_a_change_says_that_the_paper_is_to_be_made_again_and_the_earlier_one_stays(page, booking):
    page.post(url(booking, "/convention"))
    booking.pupils = 25
    db.session.commit()
    assert "Établir l’avenant" in html(page.get(url(booking)))
    page.post(url(booking, "/convention"))
    first, second = (page.get(url(booking, f"/convention-v{number}.pdf")).data for number in (1, 2))
    assert "Avenant n° 1" in text_of(second) and "Avenant" not in text_of(first).split("Entre les soussignés")[0]


def test_what_is_typed_is_kept_and_a_slip_loses_nothing(page, booking):
    details = {"transport": "Car #1", "nature": "by_hours", "board_on": "31/02/2027", "clauses": "*gilets*"}
    slip = page.post(url(booking, "/details"), data=details)
    assert field_with_error(html(slip), "board_on") and "*gilets*" in html(slip)
    kept = page.post(url(booking, "/details"), data={**details, "board_on": "03/11/2026"})
    assert kept.status_code == 302
    file = queries.file_of(booking)
    assert (file.transport, file.board_on, file.clauses) == ("Car #1", date(2026, 11, 3), "*gilets*")
    made = page.post(url(booking, "/convention"))
    assert "Car #1" in text_of(page.get(made.location).data) and "*gilets*" in text_of(page.get(made.location).data)


def test_the_step_of_the_list_of_names_has_its_date(page, booking):
    page.post(url(booking, "/names"), data={"names_sent_on": "15/12/2026"})
    assert queries.file_of(booking).names_sent_on == date(2026, 12, 15)
    assert 'value="2026-12-15"' in html(page.get(url(booking)))


def test_the_message_is_plain_text_in_a_box_that_can_be_selected(page, booking):
    shown = html(page.get(url(booking, "/message")))
    assert "<textarea" in shown and "readonly" in shown
    assert "Sortie scolaire obligatoire" in shown and "mardi 12 janvier 2027" in shown


def test_another_teacher_finds_nothing(client, booking):
    signed_in(client, make.make_teacher(booking.school))
    for path in ("", "/message", "/convention-v1.pdf"):
        assert client.get(url(booking, path)).status_code == 404
    for path in ("/convention", "/details", "/names"):
        assert client.post(url(booking, path)).status_code == 404


def test_nobody_reads_a_paper_without_signing_in(client, booking, made):
    made(booking, PaperKind.CONVENTION)
    for path in ("", "/convention-v1.pdf"):
        answer = client.get(url(booking, path))
        assert answer.status_code == 302 and "/login" in answer.location


def test_the_head_reads_and_makes_the_papers_of_the_school_and_of_no_other(client, booking):
    head = make_head(booking.school)
    signed_in(client, head)
    assert client.get(school_url(booking)).status_code == 200
    made = client.post(school_url(booking, "/demande-de-sortie"))
    assert client.get(made.location).content_type == "application/pdf"
    assert "dossier" in html(client.get(f"/school/{booking.school.uai}/"))
    elsewhere = make.make_booking(make.make_slot(booking.slot.activity), make.make_class())
    assert client.get(f"/school/{booking.school.uai}/bookings/{elsewhere.id}/papers").status_code == 404
    assert client.get(school_url(elsewhere)).status_code == 404


def test_a_member_who_does_not_answer_for_the_school_is_refused_at_its_door(client, booking):
    signed_in(client, make.make_teacher(booking.school))
    assert client.get(school_url(booking)).status_code == 403
    assert client.get(f"/school/{booking.school.uai}/terms").status_code == 403
    signed_in(client, make_head(booking.school, trusted=False))
    assert client.get(school_url(booking)).status_code == 403


def test_the_head_puts_clauses_in_every_convention(client, booking, made):
    signed_in(client, make_head(booking.school))
    client.post(f"/school/{booking.school.uai}/terms", data={"clauses": "Gilets prêtés.", "insurance": "MAIF"})
    assert "Gilets prêtés." in str(made(booking, PaperKind.CONVENTION).content)


def test_the_host_reads_the_convention_once_it_is_made_and_nothing_of_the_schools_own(client, booking, made):
    host = signed_in(client, booking.slot.activity.contact)
    assert "Convention de visite" not in html(host.get(company_url(booking))).split("<h2")[0] + "x"
    assert host.get(company_url(booking, "/convention-v1.pdf")).status_code == 404
    for kind in (PaperKind.CONVENTION, PaperKind.FAMILY_NOTE, PaperKind.OUTING_REQUEST):
        made(booking, kind)
    assert host.get(company_url(booking, "/convention-v1.pdf")).status_code == 200
    assert host.get(company_url(booking, "/note-aux-familles-v1.pdf")).status_code == 404
    assert host.post(company_url(booking, "/convention")).status_code == 404
    assert host.post(company_url(booking, "/details")).status_code == 404
    shown = html(host.get(company_url(booking)))
    assert "Convention de visite, version 1" in shown and "Note aux familles" not in shown


def test_another_company_finds_nothing(client, booking, made):
    made(booking, PaperKind.CONVENTION)
    stranger = make.make_host(make.make_company(name="Ailleurs"))
    signed_in(client, stranger)
    other = stranger.memberships[0].company_id
    for company_id in (other, booking.slot.activity.company_id):
        base = f"/company/{company_id}"
        assert client.get(f"{base}/bookings/{booking.id}/papers").status_code == 404
        assert client.get(f"{base}/bookings/{booking.id}/papers/convention-v1.pdf").status_code == 404
        assert client.post(f"{base}/slots/{booking.slot_id}/day-sheet").status_code == 404


def test_the_host_prints_the_day_sheet_of_a_slot(client, booking):
    host = signed_in(client, booking.slot.activity.contact)
    slot_page = f"/company/{booking.slot.activity.company_id}/slots/{booking.slot_id}"
    assert "Feuille du jour à imprimer" in html(host.get(slot_page))
    made = host.post(f"{slot_page}/day-sheet")
    assert made.status_code == 303
    answer = host.get(made.location)
    assert answer.content_type == "application/pdf" and "Feuille du jour" in text_of(answer.data)
    assert host.get(f"{slot_page}/day-sheet-v2.pdf").status_code == 404


# ---- Verification


def test_anybody_verifies_a_certificate_and_reads_nobodys_name(client, visited, made):
    paper = made(visited, PaperKind.CLASS_CERTIFICATE)
    shown = html(client.get(f"/verification/{paper.code}"))
    assert "authentique et en vigueur" in shown
    assert visited.school.name in shown and "Turbines du Hurepoix" in shown and ">25<" in shown
    for person in (visited.teacher, visited.slot.activity.contact):
        assert person.last_name not in shown
    assert visited.class_name not in shown
    answer = client.get(f"/verification/{paper.code}")
    assert "Set-Cookie" not in answer.headers and answer.headers["X-Robots-Tag"] == "noindex"


def test_a_code_is_typed_as_it_is_printed(client, visited, made):
    code = made(visited, PaperKind.CLASS_CERTIFICATE).code
    typed = client.get("/verification", query_string={"code": f" {code[:4].lower()}-{code[4:]} "})
    assert typed.status_code == 302 and typed.location.endswith(f"/verification/{code}")
    assert "Code de l’attestation" in html(client.get("/verification"))


@pytest.mark.parametrize("code", ["ABCD", "2" * 16, "é", "%00", "X" * 500])
def test_an_unknown_code_is_simply_no_certificate(client, app, code):
    answer = client.get(f"/verification/{code}")
    assert answer.status_code == 404
    assert "Aucune attestation ne porte ce code." in html(answer)


def test_a_certificate_that_was_corrected_says_that_it_no_longer_stands(client, visited, made):
    old = made(visited, PaperKind.CLASS_CERTIFICATE).code
    visited.present_pupils = 20
    db.session.commit()
    new = made(visited, PaperKind.CLASS_CERTIFICATE).code
    assert "ne fait plus foi" in html(client.get(f"/verification/{old}"))
    assert "en vigueur" in html(client.get(f"/verification/{new}"))
    visited.present_pupils = visited.present_adults = None
    visited.state = State.MISSED
    db.session.commit()
    assert "ne fait plus foi" in html(client.get(f"/verification/{new}"))


def test_a_count_under_five_is_not_published(client, visited, made):
    visited.present_pupils = 4
    db.session.commit()
    shown = html(client.get(f"/verification/{made(visited, PaperKind.CLASS_CERTIFICATE).code}"))
    assert "moins de 5" in shown and ">4<" not in shown


# ---- The law


def test_an_administrator_writes_a_newer_line_and_nobody_else_sees_the_page(client, app, booking):
    for person in (booking.teacher, make.make_officer(), make_head(booking.school)):
        signed_in(client, person)
        assert client.get("/admin/legal-rules").status_code == 404
        assert client.post("/admin/legal-rules/visit-days").status_code == 404
    signed_in(client, make.make_admin())
    assert "à vérifier" in html(client.get("/admin/legal-rules"))
    assert client.get("/admin/legal-rules/rien").status_code == 404
    values = {
        "effective_from": "01/01/2027", "sentence": "Une visite dure un jour.", "citation": "Circulaire", "source": "BO",
        "value": "1", "state": "checked",
    }  # fmt: skip
    assert client.post("/admin/legal-rules/visit-days", data=values).status_code == 302
    assert db.session.scalar(select(LegalRule)).sentence == "Une visite dure un jour."
    wrong = client.post("/admin/legal-rules/lunch-hours", data={**values, "value": "midi"})
    assert field_with_error(html(wrong), "value")
