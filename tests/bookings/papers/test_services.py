"""Versions, amendments and certificates, on both databases."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner
from booking.bookings.papers import queries, services
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.law import law_on
from booking.bookings.papers.models import Paper
from booking.bookings.papers.rules import HoursWrong, Nature, PaperNotForThis, RuleState, hash_of
from booking.bookings.rules.authorisations import Capacity, Purpose, SignerRole, Via
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.states import Answer, State
from booking.core import clock
from booking.core.checks import violations
from booking.core.db import db, transaction
from tests import make

pytestmark = pytest.mark.usefixtures("both_databases", "now")

CONVENTION = PaperKind.CONVENTION


def words_of(paper: Paper) -> str:
    return str(paper.content)


def test_the_same_facts_give_the_same_version(booking, made):
    first, second = made(booking, CONVENTION), made(booking, CONVENTION)
    assert first.id == second.id and first.version == 1
    assert first.facts_hash == hash_of(first.facts)
    assert db.session.scalar(select(db.func.count()).select_from(Paper)) == 1


def test_a_changed_booking_makes_an_amendment_that_shows_the_difference(booking, made):
    made(booking, CONVENTION)
    with transaction():
        booking.pupils = 25
    second = made(booking, CONVENTION)
    assert second.version == 2
    assert second.content["title"].startswith("Avenant n°\u00a01")
    table = next(block for block in second.content["blocks"] if block["kind"] == "table")
    assert table["rows"] == [["Nombre d’élèves", "27", "25"]]


def test_an_earlier_version_is_never_changed_and_going_back_is_a_third_one(booking, made):
    first = made(booking, CONVENTION)
    kept = (first.facts_hash, str(first.content))
    for pupils in (25, 27):
        with transaction():
            booking.pupils = pupils
        made(booking, CONVENTION)
    versions = queries.versions_of(booking, CONVENTION)
    assert [each.version for each in versions] == [3, 2, 1]
    assert (versions[2].facts_hash, str(versions[2].content)) == kept
    assert versions[0].facts_hash == versions[2].facts_hash
    assert not {each.code for each in violations()} & {"paper-hash", "paper-versions", "paper-codes"}


def test_a_change_that_a_paper_does_not_say_leaves_it_as_it_is(booking, made):
    canteen, convention = made(booking, PaperKind.CANTEEN), made(booking, CONVENTION)
    with transaction():
        services.save_file(booking.id, {"insurance_school": "MAIF 123"}, booking.teacher)
    assert made(booking, PaperKind.CANTEEN).id == canteen.id
    assert made(booking, CONVENTION).version == convention.version + 1


def test_the_request_and_the_notice_say_the_coach_and_who_authorised(booking, made):
    asked, convention = made(booking, PaperKind.OUTING_REQUEST), made(booking, CONVENTION)
    assert "sortie refusée, pour la raison suivante" in words_of(asked)
    booking.coach, booking.coach_on, booking.coach_leaves = Coach.ORDERED, date(2026, 12, 4), time(8, 10)
    signer = AuthorisationSigner(
        role=SignerRole.HEAD, answer=Answer.YES, answered_at=clock.now(), answered_via=Via.LINK,
        signed_by="Hélène Roux", capacity=Capacity.DELEGATE,
    )  # fmt: skip
    booking.authorisation = Authorisation(
        purpose=Purpose.OUTING, due_at=clock.now() + timedelta(days=5), created_at=clock.now(), signers=[signer]
    )
    db.session.commit()
    granted, notice = made(booking, PaperKind.OUTING_REQUEST), made(booking, PaperKind.SCHOOL_LIFE)
    for paper in (granted, notice):
        assert "par Hélène Roux (adjoint, par délégation du chef d’établissement), par le lien du message" in words_of(
            paper
        )
        assert "car commandé le 4 décembre, départ à 8" in words_of(paper)
    assert "pour la raison suivante" not in words_of(granted)
    # Neither is agreed with the firm: its convention stands.
    assert made(booking, CONVENTION).id == convention.id


def test_what_the_school_typed_is_in_the_convention_its_own_clauses_too(booking, made):
    with transaction():
        services.save_terms(booking.school_id, "Le collège prête les gilets.", "MAIF 123", booking.teacher)
    with transaction():
        services.save_file(
            booking.id, {"board_number": "12", "board_on": date(2026, 11, 3), "clauses": "Retour avant midi."}, booking.teacher
        )  # fmt: skip
    words = words_of(made(booking, CONVENTION))
    assert "délibération n°\\xa012 du 3 novembre 2026" in words
    assert "Le collège prête les gilets.\\nRetour avant midi." in words and "MAIF 123" in words


def test_a_blank_is_left_for_the_boards_decision_in_a_public_college_only(booking, visited, made):
    assert "délibération" in words_of(made(booking, CONVENTION))
    with transaction():
        booking.school.is_public = False
    assert "conseil d’administration, délib" not in words_of(made(booking, CONVENTION))


def test_families_are_informed_within_school_hours_and_asked_outside_them(booking, made):
    note = made(booking, PaperKind.FAMILY_NOTE)
    assert "information" in note.content["title"] and "j’autorise" not in words_of(note)
    with transaction():
        services.save_file(booking.id, {"nature": Nature.OPTIONAL}, booking.teacher)
    asked = made(booking, PaperKind.FAMILY_NOTE)
    assert "autorisation" in asked.content["title"] and "j’autorise mon enfant" in words_of(asked)


def test_a_sheet_has_a_line_for_each_pupil_and_each_adult_and_no_name(booking, made):
    with transaction():
        booking.assistants = 1
    sheets = [block for block in made(booking, PaperKind.ATTENDANCE).content["blocks"] if block["kind"] == "blanks"]
    assert [len(sheet["rows"]) for sheet in sheets] == [booking.adults + 1, booking.pupils]
    assert all(cell == "" for sheet in sheets for row in sheet["rows"] for cell in row[1:])


def test_a_paper_that_the_outing_does_not_have_is_refused(booking, visited, made):
    for paper in (PaperKind.INTERVENTION_REQUEST, PaperKind.CLASS_CERTIFICATE, PaperKind.DAY_SHEET):
        with pytest.raises(PaperNotForThis):
            made(booking, paper)
    with pytest.raises(PaperNotForThis):
        made(visited, CONVENTION)


def test_a_certificate_says_who_was_really_there_and_a_correction_makes_a_new_one_with_its_own_code(visited, made):
    first = made(visited, PaperKind.CLASS_CERTIFICATE)
    assert first.facts["present_pupils"] == 25
    with transaction():
        visited.present_pupils = 24
    second = made(visited, PaperKind.CLASS_CERTIFICATE)
    assert first.code and second.code and first.code != second.code
    assert queries.certificate_of(first.code).id == first.id
    assert queries.certificate_of("") is None


def test_a_certificate_names_nobody(visited, made):
    for kind in (PaperKind.CLASS_CERTIFICATE, PaperKind.COMPANY_CERTIFICATE):
        paper = made(visited, kind)
        assert visited.teacher.last_name not in words_of(paper) + str(paper.facts)


def test_the_day_sheet_is_the_slots_and_counts_every_class_that_is_sure_to_come(booking):
    slot = booking.slot
    with transaction():
        slot.max_classes = 3
    make.make_booking(slot, state=State.REQUESTED)
    with transaction():
        alone = services.make_day_sheet(slot.id, booking.teacher)
    assert len(alone.facts["coming"]) == 1 and alone.slot_id == slot.id
    make.make_booking(slot, make.make_class(name="3e A", pupils=20, level_code="3E"))
    with transaction():
        both = services.make_day_sheet(slot.id, booking.teacher)
    assert both.version == 2 and len(both.facts["coming"]) == 2
    assert "2 classes attendues, 47 élèves" in words_of(both)


def test_no_day_sheet_for_a_slot_where_nobody_comes(activity):
    slot = make.make_slot(activity)
    with pytest.raises(PaperNotForThis), transaction():
        services.make_day_sheet(slot.id, activity.contact)


def test_a_newer_line_of_law_is_printed_from_its_day_on_and_older_papers_keep_theirs(booking, made):
    admin = make.make_admin()
    before = made(booking, CONVENTION)
    values = {
        "effective_from": date(2026, 11, 1), "sentence": "La visite dure un jour.", "citation": "Circulaire du jour",
        "source": "BO", "state": RuleState.CHECKED, "value": "1",
    }  # fmt: skip
    with transaction():
        services.write_rule("visit-days", values, admin)
    assert law_on(date(2026, 10, 31))["visit-days"].value == "2"
    assert law_on(date(2026, 11, 1))["visit-days"].value == "1"
    # The law is no part of what was agreed: no amendment for it.
    assert made(booking, CONVENTION).id == before.id
    with transaction():
        booking.pupils = 20
    assert "Circulaire du jour." in words_of(made(booking, CONVENTION))


def test_a_reference_that_nobody_has_checked_says_so_on_the_paper(booking, made):
    words = words_of(made(booking, CONVENTION))
    assert "article R. 421-20 – référence à vérifier par l’établissement." in words
    assert "article D. 331-9." in words


def test_hours_of_a_rule_must_be_hours(app):
    values = {"effective_from": date(2026, 11, 1), "sentence": "…", "state": RuleState.CHECKED, "value": "midi"}
    with pytest.raises(HoursWrong), transaction():
        services.write_rule("lunch-hours", values, make.make_admin())


def test_the_day_the_list_of_names_was_sent_is_kept_and_nothing_else_of_it(booking):
    with transaction():
        services.note_names_sent(booking.id, date(2026, 12, 15), booking.teacher)
    file = queries.file_of(booking)
    assert (file.names_sent_on, file.updated_by_id, file.aims) == (date(2026, 12, 15), booking.teacher_id, "")


def test_check_finds_a_paper_that_somebody_rewrote(booking, made):
    made(booking, CONVENTION)
    with transaction():
        paper = db.session.scalar(select(Paper))
        paper.facts = {**paper.facts, "pupils": 99}
        paper.version = 2
        paper.code = "X"
    assert {each.code for each in violations()} >= {"paper-hash", "paper-versions", "paper-codes"}
