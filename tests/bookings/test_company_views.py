"""The company's pages: what awaits an answer, who comes, moving and cancelling a slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.accounts.models import MemberRole
from booking.bookings import services
from booking.bookings.rules.states import Actor, Answer, CancelReason, State
from booking.catalogue.models import ConfirmationMode, SlotState
from booking.companies.models import Trust
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_teacher_views import booked, field_with_error, the_booking, words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def company(app):
    return make.make_company()


@pytest.fixture
def host(company):
    return make.make_host(company)


@pytest.fixture
def page(client, host):
    """The browser of a host."""
    return signed_in(client, host)


@pytest.fixture
def base(company):
    return f"/company/{company.id}"


@pytest.fixture
def activity(company, host):
    return make.make_activity(make.make_site(company), host, confirmation=ConfirmationMode.APPROVAL)


@pytest.fixture
def slot(activity):
    return make.make_slot(activity)


@pytest.fixture
def request_(slot):
    return booked(slot, make.make_class(), message="La classe étudie les matériaux.")


def confirm(booking) -> None:
    with transaction():
        services.answer_request(booking.id, booking.slot.activity.contact, accept=True)


# ---- Home


def test_requests_stand_on_top_with_their_deadline_then_slots_with_who_comes(page, base, request_):
    words = words_of(page.get(f"{base}/").text)
    assert words.index("1 demande attend votre réponse") < words.index("Créneaux à venir")
    for fact in (
        "4e B, Collège Louis Pasteur",
        "27 élèves, 3 accompagnateurs",
        "Claire Dupont",
        "« La classe étudie les matériaux. »",
        "Répondez avant le mardi 1er décembre 2026, 18 h. Sans réponse de votre part, la demande expire",
        "27 élèves sur 32 complet",
    ):
        assert fact in words


def test_slots_without_a_class_are_folded_and_say_how_many_places_they_have(page, base, slot):
    text = page.get(f"{base}/").text
    assert "1 créneau sans inscription" in words_of(text)
    assert "32 places" in words_of(text)
    assert '<details class="more" open>' in text
    booked(make.make_slot(slot.activity, local_start=datetime(2027, 1, 14, 9)), make.make_class())
    assert '<details class="more">' in page.get(f"{base}/").text


def test_past_slots_come_last_with_their_numbers(page, base, activity, set_now):
    booking = booked(make.make_slot(activity), make.make_class())
    confirm(booking)
    set_now(booking.slot.ends_at + timedelta(days=1))
    words = words_of(page.get(f"{base}/").text)
    assert "Créneaux passés" in words
    assert "Aucun créneau à venir" in words


@pytest.mark.parametrize(
    ("trust", "words"), [(Trust.PENDING, "Vérification en cours"), (Trust.REFUSED, "Entreprise non vérifiée")]
)
def test_a_company_that_is_not_trusted_reads_where_it_stands(client, trust, words):
    company = make.make_company(trusted=False, trust_due_at=datetime(2026, 11, 27, 17, tzinfo=UTC))
    company.trust = trust
    db.session.commit()
    text = words_of(signed_in(client, make.make_host(company)).get(f"/company/{company.id}/").text)
    assert words in text
    assert ("avant le vendredi 27 novembre 2026, 18 h" in text) is (trust is Trust.PENDING)


def test_a_visitor_signs_in_and_a_stranger_finds_nothing(app, base, request_):
    booking, slot = request_.id, request_.slot_id
    paths = ["/", f"/bookings/{booking}", f"/bookings/{booking}.ics", f"/slots/{slot}"]
    strangers = [make.make_host(), make.make_teacher(), make.make_officer()]
    for path in paths:
        assert "/login" in app.test_client().get(base + path).location
        for stranger in strangers:
            assert signed_in(app.test_client(), stranger).get(base + path).status_code == 404


@pytest.mark.parametrize("role", [MemberRole.HOST, MemberRole.HOST_MANAGER])
def test_every_host_of_the_company_may_answer(client, company, base, request_, role):
    page = signed_in(client, make.make_host(company, role=role))
    page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": "accept"})
    assert the_booking().state is State.CONFIRMED


# ---- Answering


def test_accepting_confirms_and_says_so(page, base, request_):
    answer = page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": "accept"}, follow_redirects=True)
    assert "C’est confirmé : la 4e B (Collège Louis Pasteur) vient." in words_of(answer.text)
    assert "1 demande attend" not in words_of(answer.text)
    assert the_booking().host_answer is Answer.YES


@pytest.mark.parametrize("answer", [{"answer": "accept"}, {"answer": "decline", "reason": "production"}])
def test_a_second_press_finds_what_the_first_did(page, base, request_, answer):
    presses = [
        words_of(page.post(f"{base}/bookings/{request_.id}/answer", data=answer, follow_redirects=True).text)
        for _press in range(2)
    ]
    said = "C’est confirmé" if answer["answer"] == "accept" else "Demande refusée"
    assert [said in words for words in presses] == [True, True]


def test_accepting_a_declined_request_is_still_an_error(page, base, request_):
    path = f"{base}/bookings/{request_.id}/answer"
    page.post(path, data={"answer": "decline", "reason": "production"})
    assert "cette action n’est plus possible" in words_of(page.post(path, data={"answer": "accept"}).text)


def test_accepting_before_the_head_says_who_is_awaited(page, base, slot):
    school = make.make_school(head_authorises_first=True)
    booking = booked(slot, make.make_class(make.make_teacher(school)))
    answer = page.post(f"{base}/bookings/{booking.id}/answer", data={"answer": "accept"}, follow_redirects=True)
    assert "Il manque encore l’accord du chef d’établissement" in words_of(answer.text)
    assert the_booking().state is State.REQUESTED
    assert "le chef d’établissement donne son autorisation avant le" in words_of(
        page.get(f"{base}/bookings/{booking.id}").text
    )


def test_declining_needs_a_reason_and_keeps_what_was_typed(page, base, request_):
    path = f"{base}/bookings/{request_.id}/answer"
    asked = page.post(path, data={"answer": "decline", "reason": "", "note": "Arrêt de la ligne"})
    assert "Choisissez une raison" in field_with_error(asked.text, "reason")
    assert "Arrêt de la ligne</textarea>" in asked.text
    assert the_booking().state is State.REQUESTED
    page.post(path, data={"answer": "decline", "reason": "production", "note": "Arrêt de la ligne"})
    booking = the_booking()
    assert (booking.state, booking.end_reason) == (State.DECLINED, "production")
    words = words_of(page.get(f"{base}/bookings/{request_.id}").text)
    assert "contrainte de production sur le site" in words
    assert "« Arrêt de la ligne »" in words


@pytest.mark.parametrize("answer", ["", "maybe", "yes\x00"])
def test_an_answer_that_is_neither_yes_nor_no_changes_nothing(page, base, request_, answer):
    got = page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": answer, "reason": "production"})
    assert "Accepter" in words_of(got.text)
    assert the_booking().state is State.REQUESTED


@pytest.mark.parametrize("reason", ["transport", "nonsense", "x" * 3000])
def test_only_a_hosts_reasons_are_accepted(page, base, request_, reason):
    answer = page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": "decline", "reason": reason})
    assert "ligne de la liste" in field_with_error(answer.text, "reason")
    assert the_booking().state is State.REQUESTED


def test_answering_a_request_that_has_changed_in_between_says_so(page, base, request_):
    with transaction():
        services.cancel_booking(request_.id, request_.teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    answer = page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": "accept"})
    assert answer.status_code == 200
    assert "cette action n’est plus possible" in words_of(answer.text)


def test_a_get_answers_nothing(page, base, request_):
    assert page.get(f"{base}/bookings/{request_.id}/answer").status_code == 200
    assert page.get(f"{base}/bookings/{request_.id}/cancellation").status_code == 200
    assert the_booking().state is State.REQUESTED


def test_another_companys_booking_or_slot_is_a_404_under_my_own_address(page, base):
    foreign = booked(make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL)), make.make_class())
    for path in (f"bookings/{foreign.id}", f"slots/{foreign.slot_id}", f"bookings/{foreign.id}.ics"):
        assert page.get(f"{base}/{path}").status_code == 404
    posts = {
        f"bookings/{foreign.id}/answer": {"answer": "accept"},
        f"bookings/{foreign.id}/cancellation": {"reason": "safety"},
        f"slots/{foreign.slot_id}/cancellation": {"reason": "safety"},
        f"slots/{foreign.slot_id}/move": {"day": "2027-01-13", "start": "09:00", "end": "11:00"},
    }
    for path, data in posts.items():
        assert page.post(f"{base}/{path}", data=data).status_code == 404
    assert the_booking().state is State.REQUESTED


def test_a_post_without_the_pages_token_is_refused(app, page, base, request_):
    app.config["WTF_CSRF_ENABLED"] = True
    answer = page.post(f"{base}/bookings/{request_.id}/answer", data={"answer": "accept"})
    assert answer.status_code == 400
    assert the_booking().state is State.REQUESTED


# ---- One booking


def test_the_host_reads_that_there_are_needs_never_which(page, base, slot):
    booking = booked(slot, make.make_class(wheelchairs=1, other_needs="Diabète"))
    text = page.get(f"{base}/bookings/{booking.id}").text
    assert "à voir avec l’enseignant" in text
    assert "Diabète" not in text
    assert "fauteuil" not in text


def test_the_teachers_mobile_is_given_from_the_day_before_to_the_day_after(page, base, slot, set_now):
    booking = booked(slot, make.make_class(make.make_teacher(mobile="06 11 22 33 44")))
    confirm(booking)
    path = f"{base}/bookings/{booking.id}"
    for moment, is_given in (
        (slot.starts_at - timedelta(days=3), False),
        (slot.starts_at - timedelta(hours=20), True),
        (slot.ends_at + timedelta(hours=20), True),
        (slot.ends_at + timedelta(days=3), False),
    ):
        set_now(moment)
        assert ("06 11 22 33 44" in page.get(path).text) is is_given


def test_the_host_cancels_with_a_reason_and_the_teacher_reads_it(app, page, base, request_):
    confirm(request_)
    path = f"{base}/bookings/{request_.id}/cancellation"
    assert "Choisissez une raison" in field_with_error(page.post(path, data={}).text, "reason")
    page.post(path, data={"reason": "safety", "note": "Travaux"})
    assert the_booking().state is State.CANCELLED
    teacher = signed_in(app.test_client(), request_.teacher)
    words = words_of(teacher.get(f"/teacher/bookings/{request_.id}").text)
    assert "L’entreprise a annulé : raison de sécurité." in words
    assert "« Travaux »" in words


def test_the_hosts_calendar_file(page, base, request_):
    confirm(request_)
    answer = page.get(f"{base}/bookings/{request_.id}.ics")
    assert answer.mimetype == "text/calendar"
    assert b"entreprise@" in answer.data.replace(b"\r\n ", b"")


# ---- One slot


def test_the_slot_page_shows_who_comes_and_who_left(page, base, activity):
    slot = make.make_slot(activity, max_classes=3, max_pupils=90)
    confirm(booked(slot, make.make_class(name="4e A")))
    gone = booked(slot, make.make_class(name="4e C"))
    with transaction():
        services.cancel_booking(gone.id, gone.teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    words = words_of(page.get(f"{base}/slots/{slot.id}").text)
    assert words.index("Qui vient") < words.index("4e A") < words.index("Sans suite") < words.index("4e C")


def move(page, base, slot, **changes):
    typed = {"day": "2027-01-13", "start": "10:00", "end": "12:00", "note": "", **changes}
    return page.post(f"{base}/slots/{slot.id}/move", data=typed, follow_redirects=True)


def test_moving_tells_every_class_and_asks_again(app, page, base, slot, request_):
    confirm(request_)
    page_before = words_of(page.get(f"{base}/slots/{slot.id}").text)
    assert "sans réponse de sa part, elle vient à la nouvelle date" in page_before
    words = words_of(move(page, base, slot, note="Livraison avancée").text)
    assert "La classe inscrite est prévenue ; sans réponse de sa part, elle vient." in words
    assert "mercredi 13 janvier 2027 de 10 h 00 à 12 h 00" in words
    teacher = words_of(signed_in(app.test_client(), request_.teacher).get(f"/teacher/bookings/{request_.id}").text)
    assert "Si la nouvelle date ne convient pas, annulez avant le" in teacher
    assert "« Livraison avancée »" in teacher


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"day": ""}, "day", "Indiquez la date"),
        ({"day": "demain"}, "day", "Cette date n’existe pas"),
        ({"day": "2027-02-30"}, "day", "Cette date n’existe pas"),
        ({"day": "2020-01-13"}, "day", "déjà passée"),
        ({"day": "0001-01-01"}, "day", "quatre chiffres"),
        ({"day": "9999-12-31"}, "day", "trop lointaine"),
        ({"day": "2027-08-13"}, "day", "hors de l’édition"),
        ({"day": "2027-03-28", "start": "02:30"}, "start", "cette heure n’existe pas"),
        ({"start": "25:00"}, "start", "Cette heure n’existe pas"),
        ({"end": ""}, "end", "Indiquez l’heure de fin"),
        ({"end": "09:00"}, "end", "après l’heure de début"),
        ({"note": "x" * 501}, "note", "500 caractères au plus"),
    ],
)
def test_a_wrong_date_or_hour_gets_its_sentence_and_moves_nothing(page, base, slot, request_, changes, field, sentence):
    answer = move(page, base, slot, **changes)
    assert answer.status_code == 200
    assert sentence in field_with_error(answer.text, field)
    db.session.refresh(slot)
    assert slot.local_start == datetime(2027, 1, 12, 9)


def test_a_date_written_as_people_do_is_understood(page, base, slot):
    move(page, base, slot, day="13/01/2027")
    db.session.refresh(slot)
    assert slot.local_start == datetime(2027, 1, 13, 10)


def test_cancelling_a_slot_needs_a_reason_and_ends_every_booking(app, page, base, slot, request_):
    path = f"{base}/slots/{slot.id}/cancellation"
    assert "Choisissez une raison" in field_with_error(page.post(path, data={"reason": ""}).text, "reason")
    answer = page.post(path, data={"reason": "no_guide"}, follow_redirects=True)
    words = words_of(answer.text)
    assert "Le créneau est annulé" in words
    assert "pas d’intervenant disponible" in words
    assert "Déplacer ce créneau" not in words
    db.session.refresh(slot)
    assert (slot.state, the_booking().state) == (SlotState.CANCELLED, State.CANCELLED)
    again = page.post(path, data={"reason": "no_guide"})
    assert "passé ou déjà annulé" in words_of(again.text)


def test_a_cancelled_slot_shows_as_such_on_the_companys_page(page, base, slot):
    page.post(f"{base}/slots/{slot.id}/cancellation", data={"reason": "no_guide"})
    words = words_of(page.get(f"{base}/").text)
    assert "annulé pas d’intervenant disponible" in words
    alone = words_of(page.get(f"{base}/slots/{slot.id}").text)
    assert "annulé pas d’intervenant disponible" in alone
    assert "places sur" not in alone
