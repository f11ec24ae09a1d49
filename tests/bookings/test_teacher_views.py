"""The teacher's pages: bookings, classes, booking a slot, cancelling."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.accounts.models import MemberRole, Membership
from booking.bookings import services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.catalogue.models import ActivityKind, ConfirmationMode, PublicationState
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.schools.models import SchoolClass
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def school(app):
    return make.make_school()


@pytest.fixture
def teacher(school):
    return make.make_teacher(school)


@pytest.fixture
def page(client, teacher):
    """The browser of a teacher."""
    return signed_in(client, teacher)


@pytest.fixture
def school_class(teacher):
    return make.make_class(teacher)


def words_of(text: str) -> str:
    without_tags = re.sub(r"<[^>]+>", " ", text.split("<main", 1)[-1])
    return " ".join(html.unescape(without_tags).replace("\u00a0", " ").split())


def on_approval(**values):
    return make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL), **values)


def booked(slot, school_class, **values) -> Booking:
    with transaction():
        return services.request_places(
            slot.id, school_class.id, db.session.get(make.Person, school_class.owner_id), **values
        )


def count(model=Booking) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def the_booking() -> Booking:
    return db.session.scalars(select(Booking).execution_options(populate_existing=True)).one()


def field_with_error(text: str, name: str) -> str:
    """The words beside a field that is marked as wrong."""
    found = re.search(
        rf'<div class="field invalid[^"]*">(?:(?!<div class="field).)*?name="{name}".*?</div>', text, re.S
    )
    assert found, f"{name} is not marked as wrong"
    return words_of("<main" + found.group(0))


# ---- My bookings


def test_a_visitor_is_sent_to_sign_in_and_comes_back(client):
    answer = client.get("/teacher/")
    assert answer.status_code == 302
    assert "/login?next=" in answer.location


def test_nothing_booked_yet_leads_to_the_programme(page):
    text = page.get("/teacher/").text
    assert "Aucune visite à venir" in text
    assert "pour vos classes" in words_of(text)
    assert 'href="/programme?free=1"' in text


def test_bookings_to_come_stand_first_with_their_state_and_who_acts_next(page, school_class):
    booked(on_approval(), school_class)
    ended = booked(make.make_slot(local_start=datetime(2027, 1, 14, 9)), school_class)
    with transaction():
        services.cancel_booking(ended.id, ended.teacher, Actor.TEACHER, reason=CancelReason.TRANSPORT)
    words = words_of(page.get("/teacher/").text)
    assert words.index("À venir") < words.index("demande envoyée") < words.index("Passées ou sans suite")
    assert words.index("Passées ou sans suite") < words.index("annulée")
    assert "répond avant le mardi 1er décembre 2026, 18 h. Sans réponse, la demande expire" in words
    assert "pas de transport" in words


def test_another_teachers_booking_is_not_in_mine_and_is_a_404_by_its_number(page, school):
    theirs = booked(make.make_slot(), make.make_class(make.make_teacher(school)))
    assert "atelier de turbines" not in page.get("/teacher/").text
    for path in (f"/teacher/bookings/{theirs.id}", f"/teacher/bookings/{theirs.id}.ics"):
        assert page.get(path).status_code == 404
    answer = page.post(f"/teacher/bookings/{theirs.id}/cancellation", data={"reason": "transport"})
    assert answer.status_code == 404
    assert page.post(f"/teacher/bookings/{theirs.id}/confirmation").status_code == 404
    assert the_booking().state is State.CONFIRMED


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999"])
def test_a_booking_that_does_not_exist_is_a_404(page, number):
    assert page.get(f"/teacher/bookings/{number}").status_code == 404
    assert page.get(f"/teacher/slots/{number}/book").status_code == 404
    assert page.get(f"/teacher/classes/{number}").status_code == 404


# ---- Classes


def class_typed(**changes):
    return {
        "name": "4e B",
        "audience": "pupils",
        "pupils": "27",
        "adults": "3",
        "level_code": "4E",
        "subject_code": "",
        **changes,
    }


def test_a_class_is_saved_in_one_form_and_the_list_shows_it(page):
    answer = page.post("/teacher/classes/new", data=class_typed(), follow_redirects=True)
    assert answer.request.path == "/teacher/classes"
    assert "27 élèves, 3 accompagnateurs" in words_of(answer.text)


def test_the_class_form_comes_back_to_the_booking_with_the_new_class_chosen(page):
    answer = page.post("/teacher/classes/new?next=/teacher/slots/4/book", data=class_typed())
    saved = db.session.scalars(select(SchoolClass)).one()
    assert answer.location == f"/teacher/slots/4/book?class_id={saved.id}"


def test_another_site_is_never_where_the_class_form_leads(page):
    answer = page.post("/teacher/classes/new?next=//evil.example/x", data=class_typed())
    assert answer.location == "/teacher/classes"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": " "}, "name", "Donnez un nom"),
        ({"name": "x" * 61}, "name", "60 caractères au plus"),
        ({"pupils": ""}, "pupils", "Indiquez un nombre"),
        ({"pupils": "0"}, "pupils", "entre 1 et 200"),
        ({"pupils": "-3"}, "pupils", "entre 1 et 200"),
        ({"pupils": "vingt"}, "pupils", "nombre entier"),
        ({"pupils": "9" * 5000}, "pupils", "nombre entier"),
        ({"pupils": "1000"}, "pupils", "entre 1 et 200"),
        ({"adults": "41"}, "adults", "entre 0 et 40"),
        ({"girls": "28"}, "girls", "27 élèves"),
        ({"wheelchairs": "28"}, "wheelchairs", "27 élèves"),
        ({"level_code": ""}, "level_code", "Choisissez le niveau"),
        ({"level_code": "TG"}, "level_code", "ligne de la liste"),
        ({"subject_code": "PHILO"}, "subject_code", "ligne de la liste"),
        ({"other_needs": "x" * 201}, "other_needs", "200 caractères au plus"),
    ],
)
def test_a_wrong_value_gets_its_sentence_beside_the_field_and_nothing_typed_is_lost(page, changes, field, sentence):
    answer = page.post("/teacher/classes/new", data=class_typed(**changes))
    assert answer.status_code == 200
    assert sentence in field_with_error(answer.text, field)
    if field != "name":
        assert 'value="4e B"' in answer.text
    assert count(SchoolClass) == 0


def test_an_unknown_audience_and_control_characters_get_a_sentence_or_are_dropped(page):
    assert "Dites qui vient" in page.post("/teacher/classes/new", data=class_typed(audience="cats")).text
    page.post("/teacher/classes/new", data=class_typed(name="4e\x00 B\r\n"))
    assert db.session.scalars(select(SchoolClass.name)).all() == ["4e B"]


def test_the_levels_offered_are_those_of_the_school(page):
    text = page.get("/teacher/classes/new").text
    assert 'value="4E"' in text
    assert 'value="TG"' not in text


def test_a_person_of_several_schools_picks_the_school_and_no_other(page, teacher):
    other = make.make_school(name="Collège Neuf")
    foreign = make.make_school(name="Collège d’ailleurs")
    db.session.add(Membership(person_id=teacher.id, role=MemberRole.TEACHER, school_id=other.id, created_at=make.NOW))
    db.session.commit()
    refused = page.post("/teacher/classes/new", data=class_typed(school_id=foreign.id))
    assert "ligne de la liste" in field_with_error(refused.text, "school_id")
    page.post("/teacher/classes/new", data=class_typed(school_id=other.id))
    assert db.session.scalars(select(SchoolClass.school_id)).all() == [other.id]


def test_a_class_is_edited_archived_and_taken_back(page, school_class):
    path = f"/teacher/classes/{school_class.id}"
    assert 'value="27"' in page.get(path).text
    page.post(path, data=class_typed(pupils="25", girls=""))
    db.session.refresh(school_class)
    assert school_class.pupils == 25
    page.post(f"{path}/archive")
    assert "Classes archivées" in page.get("/teacher/classes").text
    page.post(f"{path}/restoration")
    assert "Classes archivées" not in page.get("/teacher/classes").text


def test_a_colleagues_class_is_not_mine_to_edit_or_archive(page, school):
    theirs = make.make_class(make.make_teacher(school))
    assert page.get(f"/teacher/classes/{theirs.id}").status_code == 404
    assert page.post(f"/teacher/classes/{theirs.id}", data=class_typed()).status_code == 404
    assert page.post(f"/teacher/classes/{theirs.id}/archive").status_code == 404
    db.session.refresh(theirs)
    assert theirs.archived_at is None


def test_somebody_of_no_school_is_told_so(client):
    page = signed_in(client, make.make_host())
    assert "rattaché à aucun établissement" in words_of(page.get("/teacher/classes").text)
    assert page.get("/teacher/classes/new").location == "/teacher/classes"
    assert "rattaché à aucun" in words_of(page.get(f"/teacher/slots/{make.make_slot().id}/book").text)


# ---- Booking a slot


def book_path(slot) -> str:
    return f"/teacher/slots/{slot.id}/book"


def test_the_form_answers_before_it_asks(page, school_class):
    words = words_of(page.get(book_path(make.make_slot())).text)
    assert "Votre classe peut venir au complet" in words
    assert "Réserver pour la 4e B" in words
    assert "confirmée aussitôt" in words


def test_the_form_begins_with_the_class_booked_last_if_the_visit_is_for_it_else_with_one_it_is_for(page, teacher):
    make.make_class(teacher, name="3e A", level_code="3E")
    late = make.make_class(teacher, name="4e Z")
    early = make.make_class(teacher, name="4e C")
    slot = make.make_slot(make.make_activity(levels=("4E",)))

    def begins_with(name):
        return f"Réserver pour la {name}" in words_of(page.get(book_path(slot)).text)

    assert begins_with("4e C") or begins_with("4e Z")
    for chosen in (early, late):
        booked(make.make_slot(local_start=datetime(2027, 1, 20 + chosen.id, 9)), chosen)
        assert begins_with(chosen.name)


def test_booking_leads_to_the_booking_with_a_confirmation(page, school_class):
    slot = make.make_slot()
    answer = page.post(
        book_path(slot), data={"class_id": school_class.id, "adults": "4", "message": "Bonjour"}, follow_redirects=True
    )
    booking = the_booking()
    assert answer.request.path == f"/teacher/bookings/{booking.id}"
    assert (booking.state, booking.adults, booking.pupils, booking.message) == (State.CONFIRMED, 4, 27, "Bonjour")
    assert "C’est réservé pour la 4e B" in words_of(answer.text)


def test_a_request_says_who_answers_and_until_when(page, school_class):
    slot = on_approval()
    assert "Demander une place pour la 4e B" in words_of(page.get(book_path(slot)).text)
    answer = page.post(book_path(slot), data={"class_id": school_class.id, "adults": "3"}, follow_redirects=True)
    words = words_of(answer.text)
    assert "La demande pour la 4e B est envoyée. L’entreprise Turbines du Hurepoix répond avant le" in words
    assert words.count("Sans réponse, la demande expire et les places sont rendues.") == 2


def test_fewer_pupils_may_come_than_the_class_has(page, school_class):
    slot = make.make_slot(max_pupils=20)
    refused = page.post(book_path(slot), data={"class_id": school_class.id, "adults": "3", "message": "Bonjour"})
    assert "20 élèves au plus" in field_with_error(refused.text, "pupils")
    assert "Bonjour</textarea>" in refused.text
    page.post(book_path(slot), data={"class_id": school_class.id, "adults": "3", "pupils": "14"})
    assert the_booking().pupils == 14


def test_missing_adults_are_said_beside_their_field_and_what_was_typed_stays(page, school_class):
    slot = make.make_slot(adults_per_class=5)
    answer = page.post(book_path(slot), data={"class_id": school_class.id, "adults": "2"})
    assert "demande 5 accompagnateurs" in field_with_error(answer.text, "adults")
    assert 'value="2"' in answer.text
    assert "Visites proches" not in answer.text
    assert count() == 0


def test_a_full_slot_shows_other_visits_and_no_form(page, school, school_class):
    activity = make.make_activity()
    slots = [make.make_slot(activity, datetime(2027, 1, day, 9)) for day in (12, 13, 14, 15)]
    booked(slots[0], make.make_class(make.make_teacher(school)))
    text = page.get(book_path(slots[0])).text
    assert "Ce créneau est complet." in text
    assert "Trois visites proches" in text
    assert all(f'href="{book_path(slot)}"' in text for slot in slots[1:])
    assert "Réserver pour la" not in text
    refused = page.post(book_path(slots[0]), data={"class_id": school_class.id, "adults": "3"})
    assert words_of(refused.text).count("Ce créneau est complet.") == 1
    assert "Trois visites proches" in refused.text


def test_a_class_short_of_adults_still_sees_other_visits(page, school, teacher):
    activity = make.make_activity()
    slots = [make.make_slot(activity, datetime(2027, 1, day, 9), adults_per_class=3) for day in (12, 13)]
    booked(slots[0], make.make_class(make.make_teacher(school)))
    make.make_class(teacher, name="4e D", adults=1)
    assert f'href="{book_path(slots[1])}"' in page.get(book_path(slots[0])).text


def test_a_second_click_returns_the_first_booking(page, school_class):
    slot = make.make_slot(max_classes=2, max_pupils=80)
    typed = {"class_id": school_class.id, "adults": "3", "key": "abc"}
    first = page.post(book_path(slot), data=typed)
    assert page.post(book_path(slot), data=typed).location == first.location
    assert count() == 1


def test_the_same_key_for_another_slot_is_refused_and_a_new_key_is_given(page, school_class):
    one, other = make.make_slot(), make.make_slot(local_start=datetime(2027, 1, 19, 9))
    typed = {"class_id": school_class.id, "adults": "3", "key": "abc"}
    page.post(book_path(one), data=typed)
    refused = page.post(book_path(other), data=typed)
    key = re.search(r'name="key"[^>]*value="([^"]+)"', refused.text).group(1)
    assert key != "abc"
    page.post(book_path(other), data={**typed, "key": key})
    assert count() == 2


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"adults": ""}, "adults", "Indiquez un nombre"),
        ({"adults": "-1"}, "adults", "entre 0 et 40"),
        ({"adults": "99"}, "adults", "entre 0 et 40"),
        ({"adults": "1e3"}, "adults", "nombre entier"),
        ({"pupils": "0"}, "pupils", "entre 1 et 200"),
        ({"pupils": "9" * 400}, "pupils", "nombre entier"),
        ({"message": "x" * 1001}, "message", "1000 caractères au plus"),
    ],
)
def test_absurd_values_get_a_sentence_and_book_nothing(page, school_class, changes, field, sentence):
    typed = {"class_id": school_class.id, "adults": "3", **changes}
    answer = page.post(book_path(make.make_slot()), data=typed)
    assert answer.status_code == 200
    assert sentence in field_with_error(answer.text, field)
    assert count() == 0


@pytest.mark.parametrize("class_id", ["", "abc", "-1", "999999999999999999999"])
def test_a_class_that_is_no_number_gets_a_sentence(page, school_class, class_id):
    answer = page.post(book_path(make.make_slot()), data={"class_id": class_id, "adults": "3"})
    assert answer.status_code == 200
    assert "Choisissez une ligne de la liste" in answer.text


def test_a_key_too_long_and_control_characters_do_no_harm(page, school_class):
    typed = {"class_id": school_class.id, "adults": "3", "key": "k" * 5000, "message": "a\x00b\r\nc"}
    page.post(book_path(make.make_slot()), data=typed)
    booking = the_booking()
    assert booking.message == "ab\nc"
    assert len(booking.idempotency_key) <= 80


def test_another_schools_class_is_not_in_the_list_and_cannot_be_booked(page, school_class):
    foreign = make.make_class(name="Classe lointaine")
    slot = make.make_slot()
    assert "Classe lointaine" not in page.get(book_path(slot)).text
    answer = page.post(book_path(slot), data={"class_id": foreign.id, "adults": "3"})
    assert "Choisissez une ligne de la liste" in answer.text
    assert count() == 0


def test_a_colleagues_class_can_be_booked_for_and_mine_come_first(page, school, school_class):
    theirs = make.make_class(make.make_teacher(school), name="3e A", level_code="3E")
    slot = make.make_slot()
    text = page.get(book_path(slot)).text
    assert text.index("Mes classes</") < text.index("4e B –") < text.index("Classes de mes collègues")
    page.post(book_path(slot), data={"class_id": theirs.id, "adults": "3"})
    booking = the_booking()
    assert booking.teacher_id == theirs.owner_id != booking.booked_by_id
    assert page.get(f"/teacher/bookings/{booking.id}").status_code == 200


def test_the_activity_keeps_colleagues_classes_apart_and_says_for_whom_one_books(page, school, school_class):
    paul = make.make_teacher(school, first_name="Paul", last_name="Martin")
    theirs = make.make_class(paul, name="3e A", level_code="3E")
    activity = make.make_slot(make.make_activity(levels=("3E",))).activity
    path = f"/programme/{ref_of(activity)}"
    mine = page.get(path).text
    assert f'<option value="{school_class.id}" selected>' in mine
    assert mine.index("4e B –") < mine.index('label="Classes de mes collègues"') < mine.index("3e A –")
    assert "Pour Paul Martin" not in words_of(mine)
    assert "Pour Paul Martin : c’est elle ou lui" in words_of(page.get(f"{path}?class_id={theirs.id}").text)


def test_a_booking_leads_to_the_activity_only_while_it_has_a_page(page, school_class):
    booking = make.make_booking(make.make_slot(), school_class)
    path = f"/programme/{ref_of(booking.slot.activity)}"
    assert f'href="{path}"' in page.get(f"/teacher/bookings/{booking.id}").text
    booking.slot.activity.state = PublicationState.DRAFT
    db.session.commit()
    assert path not in page.get(f"/teacher/bookings/{booking.id}").text


def test_whoever_only_says_to_teach_there_does_not_see_the_colleagues_classes(client, school):
    theirs = make.make_class(make.make_teacher(school), name="Classe des autres")
    newcomer = make.make_teacher(school, trusted=False)
    make.make_class(newcomer, name="La mienne")
    page = signed_in(client, newcomer)
    slot = make.make_slot()
    text = page.get(book_path(slot)).text
    assert "Classe des autres" not in text
    assert "votre compte est en cours de vérification" in words_of(text).lower()
    page.post(book_path(slot), data={"class_id": theirs.id, "adults": "3"})
    assert count() == 0


def test_without_a_class_the_page_leads_to_the_form_and_back(page):
    slot = make.make_slot()
    assert f'href="/teacher/classes/new?next={book_path(slot)}"' in page.get(book_path(slot)).text


def test_an_unpublished_activity_has_no_booking_page(page, school_class):
    slot = make.make_slot(make.make_activity(state=PublicationState.DRAFT))
    assert page.get(book_path(slot)).status_code == 404
    assert page.post(book_path(slot), data={"class_id": school_class.id, "adults": "3"}).status_code == 404


def test_a_visit_for_teachers_asks_no_accompanying_adults(page, teacher):
    slot = make.make_slot(make.make_activity(kind=ActivityKind.TEACHERS_VISIT, levels=()))
    staff = make.make_class(teacher, name="Équipe techno", audience="staff", level_code=None, pupils=8, adults=0)
    text = page.get(book_path(slot)).text
    assert "Réserver pour Équipe techno" in text
    assert "8 personnes" in text
    page.post(book_path(slot), data={"class_id": staff.id, "adults": "0"})
    assert the_booking().state is State.CONFIRMED


def test_a_post_without_the_pages_token_is_refused(app, page, school_class):
    app.config["WTF_CSRF_ENABLED"] = True
    slot = make.make_slot()
    answer = page.post(book_path(slot), data={"class_id": school_class.id, "adults": "3"})
    assert answer.status_code == 400
    assert count() == 0


# ---- An option


def test_an_option_keeps_the_places_until_it_is_confirmed(page, school_class):
    slot = on_approval()
    answer = page.post(
        book_path(slot), data={"class_id": school_class.id, "adults": "3", "as_option": "yes"}, follow_redirects=True
    )
    booking = the_booking()
    assert booking.state is State.HELD
    assert "Les places sont gardées pour la 4e B. Confirmez l’option avant le" in words_of(answer.text)
    page.post(f"/teacher/bookings/{booking.id}/confirmation")
    assert the_booking().state is State.REQUESTED
    again = page.post(f"/teacher/bookings/{booking.id}/confirmation", follow_redirects=True)
    assert "cette action n’est plus possible" in words_of(again.text)


# ---- One booking


def test_the_booking_page_says_all_that_the_visit_needs(page, school_class):
    site = make.make_site(access="Portail nord", parking="Un car", safety="Marquage au sol")
    activity = make.make_activity(
        site, equipment="Lunettes prêtées", clothing="Chaussures fermées", to_bring="Un carnet"
    )
    booking = booked(make.make_slot(activity), school_class)
    words = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    for fact in ("confirmée", "Portail nord", "Un car", "Marquage au sol", "Lunettes prêtées", "Chaussures fermées",
                 "Un carnet", "Karim Leroy", "01 60 00 00 00", "mardi 12 janvier 2027 de 9 h 00 à 11 h 30",
                 "Réservation confirmée", "Claire Dupont", "Ajouter à mon agenda"):  # fmt: skip
        assert fact in words


def test_the_calendar_file_is_for_its_teacher(page, school_class):
    booking = booked(make.make_slot(), school_class)
    answer = page.get(f"/teacher/bookings/{booking.id}.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"METHOD:PUBLISH" in answer.data


def test_cancelling_asks_a_reason_then_gives_the_places_back_and_offers_others(page, school_class):
    slot = make.make_slot()
    near = make.make_slot(slot.activity, datetime(2027, 1, 13, 9))
    booking = booked(slot, school_class)
    path = f"/teacher/bookings/{booking.id}/cancellation"
    asked = page.post(path, data={"reason": "", "note": "Le car est en panne"})
    assert "Choisissez une raison" in field_with_error(asked.text, "reason")
    assert "Le car est en panne</textarea>" in asked.text
    assert "<details" in asked.text
    assert the_booking().state is State.CONFIRMED
    answer = page.post(path, data={"reason": "transport", "note": "Le car est en panne"}, follow_redirects=True)
    words = words_of(answer.text)
    assert "L’établissement a annulé la réservation : pas de transport." in words
    assert "« Le car est en panne »" in words
    assert f'href="{book_path(near)}"' in answer.text
    db.session.refresh(slot)
    assert slot.taken_classes == 0


@pytest.mark.parametrize("reason", ["production", "linked", "nonsense", "x" * 5000])
def test_only_a_teachers_reasons_are_accepted(page, school_class, reason):
    booking = booked(make.make_slot(), school_class)
    answer = page.post(f"/teacher/bookings/{booking.id}/cancellation", data={"reason": reason})
    assert "ligne de la liste" in field_with_error(answer.text, "reason")
    assert the_booking().state is State.CONFIRMED


def test_after_the_limit_the_teacher_is_told_to_call(page, school_class, set_now):
    booking = booked(make.make_slot(), school_class)
    set_now(booking.slot.starts_at - timedelta(days=2))
    words = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    assert "Appelez le contact de l’entreprise" in words
    assert "Annuler cette réservation" not in words
    refused = page.post(f"/teacher/bookings/{booking.id}/cancellation", data={"reason": "transport"})
    assert "La date limite d’annulation est passée" in words_of(refused.text)
    assert the_booking().state is State.CONFIRMED


def test_a_booking_that_is_over_cannot_be_cancelled_again(page, school_class):
    booking = booked(make.make_slot(), school_class)
    path = f"/teacher/bookings/{booking.id}/cancellation"
    page.post(path, data={"reason": "transport"})
    assert "Annuler cette réservation" not in page.get(path).text
    again = page.post(path, data={"reason": "transport"})
    assert "cette action n’est plus possible" in words_of(again.text)


def test_a_refusal_is_explained_with_other_visits(page, school_class):
    slot = on_approval()
    make.make_slot(slot.activity, datetime(2027, 1, 13, 9))
    booking = booked(slot, school_class)
    with transaction():
        services.answer_request(booking.id, slot.activity.contact, accept=False, reason=CancelReason.PRODUCTION)
    words = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    assert "L’entreprise n’a pas pu accepter cette demande : contrainte de production sur le site." in words
    assert "Visites proches" in words
    assert "01 60 00 00 00" not in words


def test_a_get_changes_nothing(page, school_class):
    booking = booked(make.make_slot(), school_class)
    for path in ("", "/cancellation"):
        assert page.get(f"/teacher/bookings/{booking.id}{path}").status_code == 200
    assert page.get(f"/teacher/bookings/{booking.id}/confirmation").status_code == 405
    assert the_booking().state is State.CONFIRMED


def test_what_people_type_is_shown_as_text(page, school_class):
    booking = booked(make.make_slot(), school_class, message="<script>alert(1)</script>")
    assert "<script>alert" not in page.get(f"/teacher/bookings/{booking.id}").text
