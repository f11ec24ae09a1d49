"""A class before an account: typed once, kept in the address, saved with its first booking."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from booking.bookings.models import Booking
from booking.bookings.rules.capacity import GroupTooLarge
from booking.bookings.rules.states import State
from booking.bookings.services.new_classes import save_class_and_book
from booking.bookings.services.requests import KeyReused
from booking.catalogue.models import ActivityKind
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.schools.classes import ClassValues
from booking.schools.models import Audience, SchoolClass
from booking.schools.rules import search_text
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def school(app):
    return findable(make.make_school())


def findable(school):
    school.search_text = search_text(
        school.uai, school.name, school.kind, school.nature, school.commune_name, school.postcode
    )
    db.session.commit()
    return school


def words_of(text: str) -> str:
    without_tags = re.sub(r"<[^>]+>", " ", text.split("<main", 1)[-1])
    return " ".join(html.unescape(without_tags).replace("\u00a0", " ").split())


def typed(place, /, **changes) -> dict:
    return {"school": place.name, "class_level": "4E", "pupils": "27", "adults": "3", **changes}


def query_of(school, **changes) -> str:
    return urlencode({"uai": school.uai, "class_level": "4E", "pupils": 27, "adults": 3, **changes})


def address(activity, query: str = "") -> str:
    return f"/programme/{ref_of(activity)}?{query}"


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


# ---- Typing the class


def test_a_class_typed_at_home_leads_to_the_programme_of_its_level_and_departement(client, school):
    answer = client.get("/class", query_string=typed(school))

    parts = urlsplit(answer.location)
    assert parts.path == "/programme"
    assert dict(parse_qsl(parts.query)) == {
        "level": "4E", "departement": "91", "uai": school.uai, "class_level": "4E", "pupils": "27", "adults": "3",
    }  # fmt: skip
    assert "Set-Cookie" not in answer.headers


def test_the_page_one_was_on_comes_back_with_its_filters_and_another_class(client, school):
    before = "/programme?q=turbine&weekday=mon&weekday=tue&near=91228&page=3&level=3E&uai=0000000A&pupils=9"
    answer = client.get("/class", query_string=typed(school, next=before))

    kept = parse_qs(urlsplit(answer.location).query)
    assert kept["q"] == ["turbine"]
    assert kept["weekday"] == ["mon", "tue"]
    assert kept["level"] == ["4E"]
    assert kept["uai"] == [school.uai]
    assert "page" not in kept
    assert "departement" not in kept


def test_another_site_is_never_where_the_form_leads(client, school):
    for target in ("//evil.example/x", "https://evil.example", "/\\evil.example"):
        assert client.get("/class", query_string=typed(school, next=target)).location.startswith("/programme?")


def test_several_schools_of_one_name_are_offered_to_pick_from(client, school):
    other = findable(make.make_school(name="Collège Louis Pasteur", commune_name="Longjumeau"))
    asked = client.get("/class", query_string=typed(school, next="/programme/turbines-1"))

    assert "à corriger" not in words_of(asked.text)
    assert "Lequel de ces établissements" in words_of(asked.text)
    again = client.get("/class", query_string=typed(school, asked=school.name))
    assert "Choisissez votre établissement dans la liste" in words_of(again.text)
    assert f'value="{other.uai}"' in asked.text
    assert 'value="27"' in asked.text
    answer = client.get("/class", query_string=typed(school, uai=other.uai, next="/programme/turbines-1"))
    assert answer.location == f"/programme/turbines-1?{query_of(other)}"


def test_a_uai_or_the_full_name_finds_the_very_school(client, school):
    findable(make.make_school(name="Collège Louis Pasteur", commune_name="Longjumeau"))
    for text in (school.uai, school.uai.lower(), school.one_line):
        assert school.uai in client.get("/class", query_string=typed(school, school=text)).location


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"school": ""}, "Indiquez votre établissement"),
        ({"school": "zzzz"}, "Aucun établissement ne répond à « zzzz »"),
        ({"school": "x" * 5000}, "200 caractères au plus"),
        ({"school": "\x00'%_"}, "Aucun établissement ne répond"),
        ({"class_level": ""}, "Choisissez le niveau"),
        ({"class_level": "TG"}, "Ce niveau n’existe pas dans cet établissement"),
        ({"class_level": "0E"}, "ligne de la liste"),
        ({"pupils": ""}, "Indiquez le nombre d’élèves"),
        ({"pupils": "0"}, "entre 1 et 200"),
        ({"pupils": "vingt"}, "nombre entier"),
        ({"pupils": "9" * 400}, "nombre"),
        ({"adults": "99"}, "entre 0 et 40"),
        ({"uai": "\x00"}, ""),
    ],
)
def test_a_slip_gets_its_sentence_and_what_was_typed_stays(client, school, changes, sentence):
    answer = client.get("/class", query_string=typed(school, **changes))

    if not sentence:
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    assert sentence in words_of(answer.text)


def test_the_form_opens_with_the_class_of_the_address(client, school):
    text = client.get(f"/class?{query_of(school)}&next=/programme").text

    assert html.escape(school.one_line) in text
    assert 'value="27"' in text
    assert '<option selected value="4E">' in text


# ---- Kept from page to page


def test_programme_tickets_say_what_is_possible_and_when_to_leave(client, school):
    make.make_slot(make.make_activity(title="Turbines"))
    make.make_slot(make.make_activity(title="Petite visite"), max_pupils=12)
    make.make_slot(make.make_activity(title="Atelier", kind=ActivityKind.CLASSROOM_WORKSHOP))

    words = words_of(client.get(f"/programme?{query_of(school)}").text)

    assert "Ce qui est possible pour votre classe : 4ᵉ – 27 élèves, 3 accompagnateurs" in words
    assert "départ 8 h 10, retour 12 h 10" in words
    assert words.count("départ 8 h 10") == 2
    assert "possible" in words
    assert "12 élèves au plus" in words


def test_the_class_follows_every_link_of_the_programme(client, school):
    activity = make.make_activity()
    make.make_slot(activity)
    query = query_of(school)
    for path in (f"/programme?{query}", f"/programme?{query}&q=rien", f"/?{query}", address(activity, query)):
        text = client.get(path).text
        links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', text)]
        inside = [link for link in links if re.match(r"/(programme|signup/teacher|login)[/?]", link)]
        # Neither a print, nor a département's whole programme, nor a word to say that something is wrong is about the class.
        elsewhere = ("/programme/print", "/programme/departements", "/programme/report/")
        kept = [link for link in inside if "/programme.ics" not in link and not link.startswith(elsewhere)]
        without = [link for link in kept if school.uai not in link]
        forgets = [link for link in without if f'href="{html.escape(link)}">Oublier' in text]
        assert without == forgets, path
        assert any("/programme/" in link for link in kept) or "rien" in path
        assert any(link.startswith("/login?next=") for link in kept)
    assert f'<input type="hidden" name="uai" value="{school.uai}">' in client.get(f"/programme?{query}").text


def test_downloads_speak_of_no_class(client, school):
    make.make_slot()
    text = client.get(f"/programme?{query_of(school)}").text
    for link in re.findall(r'href="([^"]*programme(?:\.ics|\.csv|\.json|/print)[^"]*)"', text):
        assert "uai" not in link


@pytest.mark.parametrize(
    "query",
    ["uai=0000000A&class_level=4E&pupils=27", "uai={uai}&class_level=TG&pupils=27", "uai={uai}&class_level=4E&pupils=0",
     "uai={uai}&class_level=4E&pupils=9999", "uai={uai}&class_level=4E&pupils=²", "uai=%00&class_level=4E&pupils=3",
     "uai={uai}&class_level=4E&pupils=27&adults=-1", "class_level=4E", "uai={uai}"],
)  # fmt: skip
def test_a_class_that_makes_no_sense_is_said_so_and_harms_nothing(client, school, query):
    slot = make.make_slot()
    query = query.format(uai=school.uai)

    listing = client.get(f"/programme?{query}")
    assert listing.status_code == 200
    assert "n’est pas lisible" in words_of(listing.text)
    for path in ("/", f"/programme/{ref_of(slot.activity)}"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_adults_may_be_left_out(client, school):
    make.make_slot()
    words = words_of(client.get(f"/programme?uai={school.uai}&class_level=4E&pupils=27").text)
    assert "4ᵉ – 27 élèves, 2 accompagnateurs" in words


def test_an_old_address_of_an_activity_keeps_the_class(client, school):
    activity = make.make_slot().activity
    answer = client.get(f"/programme/old-words-{activity.id}?{query_of(school)}")
    assert answer.location == address(activity, query_of(school))


# ---- The activity, as a visitor


def test_a_visitor_reads_what_is_possible_and_keeps_the_class_through_sign_up(client, school):
    slot = make.make_slot()
    text = client.get(address(slot.activity, query_of(school))).text
    words = words_of(text)

    assert "Votre classe peut venir au complet" in words
    assert "De porte à porte : départ de l’établissement à 8 h 10, retour à 12 h 10" in words
    assert "Aucune autre sortie" not in words
    link = html.unescape(re.search(r'href="(/signup/teacher[^"]+)"', text).group(1))
    back = dict(parse_qsl(urlsplit(link).query))["next"]
    assert dict(parse_qsl(urlsplit(back).query))["slot"] == str(slot.id)
    form = client.get(link).text
    assert re.search(rf'<input[^>]*checked[^>]*value="{school.uai}"', form)


def test_where_dates_are_to_agree_the_typed_class_waits_in_the_form_after_sign_up(client, school):
    activity = make.make_activity(dates_to_agree=True, yearly_cap=5)
    text = client.get(address(activity, query_of(school))).text
    link = html.unescape(re.search(r'href="(/signup/teacher[^"]+wishes)"', text).group(1))
    back = dict(parse_qsl(urlsplit(link).query))["next"]

    signed_in(client, make.make_teacher(school))
    page = client.get(back).text
    new_class = html.unescape(re.search(r'href="(/teacher/classes/new[^"]+)"', page).group(1))
    form = client.get(new_class).text

    assert re.search(r'<option selected value="4E"', form)
    assert re.search(r'name="pupils"[^>]*value="27"', form)
    assert client.get("/teacher/classes/new?class_level=zz&pupils=beaucoup&uai=x").status_code == 200


def test_a_visitor_whose_class_cannot_come_sees_why_and_other_dates_with_the_class(client, school):
    activity = make.make_activity()
    full = make.make_slot(activity, max_classes=1, taken_classes=1, taken_pupils=32)
    free = make.make_slot(activity, local_start=full.local_start.replace(day=14))
    text = client.get(address(activity, f"{query_of(school)}&slot={full.id}")).text

    assert "Ce créneau est complet" in words_of(text)
    other = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', text) if f"slot={free.id}" in link]
    assert other
    assert all(school.uai in link for link in other)


def test_the_button_that_stays_in_reach_on_a_phone_promises_only_what_is_possible(client, school):
    slot = make.make_slot(max_pupils=20)
    in_reach = re.compile(r'class="sticky-action phone-only">(.*?)</p>', re.S)

    fits = client.get(address(slot.activity, query_of(school, pupils=20)))
    assert words_of(in_reach.search(fits.text).group(1)) == "Réserver le 12 janvier"
    too_many = client.get(address(slot.activity, query_of(school)))
    assert words_of(in_reach.search(too_many.text).group(1)) == "Le 12 janvier, pas pour la 4ᵉ : que faire ?"


def test_a_visitor_without_a_class_finds_the_form_in_the_panel(client, school):
    slot = make.make_slot()
    text = client.get(address(slot.activity)).text
    assert 'action="/class"' in text
    assert f'name="next" value="/programme/{ref_of(slot.activity)}?slot={slot.id}#book"' in text


def test_pages_of_a_visitor_with_a_class_set_no_cookie(client, school):
    slot = make.make_slot()
    for path in (f"/?{query_of(school)}", f"/programme?{query_of(school)}", address(slot.activity, query_of(school))):
        assert "Set-Cookie" not in client.get(path).headers


# ---- Saved with its first booking


def first_booking(slot, **changes) -> tuple[str, dict]:
    values = {"name": "4e", "audience": "pupils", "level_code": "4E", "pupils": "27", "adults": "3", "key": "abc"}
    return f"/teacher/slots/{slot.id}/first-booking", {**values, **changes}


def test_after_sign_up_the_page_saves_the_class_and_books_in_one_form(client, school):
    slot = make.make_slot()
    page = signed_in(client, make.make_teacher(school))
    text = page.get(address(slot.activity, f"{query_of(school)}&slot={slot.id}")).text

    assert "Enregistrer cette classe et réserver" in text
    form = re.search(rf'<form method="post" action="/teacher/slots/{slot.id}/first-booking">.*?</form>', text, re.S)
    fields = {
        name: value
        for tag in re.findall(r"<input[^>]+>", form.group(0))
        for name, value in [(re.search(r'name="([^"]+)"', tag)[1], re.search(r'value="([^"]*)"', tag)[1])]
    }
    assert fields["name"] == "4e"
    answer = page.post(f"/teacher/slots/{slot.id}/first-booking", data=fields, follow_redirects=True)
    assert "C’est réservé pour la 4e" in words_of(answer.text)
    booking = db.session.scalars(select(Booking)).one()
    assert (booking.state, booking.pupils, booking.adults, booking.level_code) == (State.CONFIRMED, 27, 3, "4E")
    assert booking.school_class.name == "4e"


def test_a_second_click_saves_no_second_class(client, school):
    slot = make.make_slot()
    page = signed_in(client, make.make_teacher(school))
    path, fields = first_booking(slot)
    first = page.post(path, data=fields)
    again = page.post(path, data=fields)

    assert first.location == again.location
    assert (count(SchoolClass), count(Booking)) == (1, 1)


def test_what_cannot_be_booked_is_not_saved_either(client, school):
    slot = make.make_slot(max_pupils=20)
    page = signed_in(client, make.make_teacher(school))
    path, fields = first_booking(slot)
    refused = page.post(path, data=fields)

    assert "20 élèves au plus" in words_of(refused.text)
    assert 'value="4e"' in refused.text
    assert (count(SchoolClass), count(Booking)) == (0, 0)


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"pupils": "x"}, {"level_code": "TG"}, {"adults": "-1"}, {"audience": "cats"}, {"name": "x" * 61}],
)
def test_a_slip_in_the_first_booking_gets_a_sentence(client, school, changes):
    slot = make.make_slot()
    page = signed_in(client, make.make_teacher(school))
    path, fields = first_booking(slot, **changes)
    answer = page.post(path, data=fields)

    assert answer.status_code == 200
    assert "Il reste quelque chose à corriger" in words_of(answer.text)
    assert count(SchoolClass) == 0


def test_somebody_of_no_school_saves_nothing(client):
    slot = make.make_slot()
    path, fields = first_booking(slot)
    assert client.post(path, data=fields).status_code == 302
    page = signed_in(client, make.make_host())
    assert page.get(path).status_code == 404
    assert page.post(path, data=fields).status_code == 404


def test_the_typed_class_of_somebody_of_another_school_becomes_a_class_of_theirs(client, school):
    slot, mine = make.make_slot(), make.make_school(name="Collège à moi")
    page = signed_in(client, make.make_teacher(mine))
    text = page.get(address(slot.activity, query_of(school))).text
    assert f'name="school_id" value="{mine.id}"' in text


def test_a_typed_class_that_is_saved_by_now_is_the_saved_one(client, school):
    slot, teacher = make.make_slot(), make.make_teacher(school)
    make.make_class(teacher, name="4e A", pupils=24)
    make.make_class(teacher, name="4e C", pupils=27)
    page = signed_in(client, teacher)
    words = words_of(page.get(address(slot.activity, query_of(school))).text)
    assert "Réserver pour la 4e C" in words
    other = words_of(page.get(address(slot.activity, query_of(school, pupils=22))).text)
    assert "Enregistrer cette classe et réserver" in other
    assert "4e A – 24 élèves" in other


def test_a_typed_class_never_becomes_a_colleagues_that_looks_like_it(client, school):
    slot = make.make_slot()
    make.make_class(make.make_teacher(school), name="4e C", pupils=27)
    page = signed_in(client, make.make_teacher(school))
    words = words_of(page.get(address(slot.activity, query_of(school))).text)
    assert "Enregistrer cette classe et réserver" in words
    assert "Réserver pour la 4e C" not in words


def test_a_teacher_reads_when_the_saved_class_leaves_and_is_back(client, school):
    slot, teacher = make.make_slot(), make.make_teacher(school)
    saved = make.make_class(teacher)
    other = make.make_class(teacher, name="3e A", level_code="3E")
    page = signed_in(client, teacher)
    assert "départ 8 h 10, retour 12 h 10" in words_of(page.get(address(slot.activity)).text)
    listing = page.get(f"/programme?class_id={other.id}").text
    assert "départ 8 h 10, retour 12 h 10" in words_of(listing)
    assert f'<option value="{other.id}" selected>' in listing
    assert f"class_id={other.id}" in listing
    assert saved.name in listing


def test_a_class_is_saved_and_booked_or_neither_on_both_databases(both_databases, app):
    teacher = make.make_teacher()
    school, slot, other = teacher.memberships[0].school, make.make_slot(), make.make_slot(max_pupils=20)
    values = ClassValues("4e", Audience.PUPILS, pupils=27, adults=3, level_code="4E")
    with transaction():
        first = save_class_and_book(slot.id, teacher, school, values, key="abc")
    with transaction():
        assert save_class_and_book(slot.id, teacher, school, values, key="abc") is first
    with pytest.raises(KeyReused), transaction():
        save_class_and_book(other.id, teacher, school, values, key="abc")
    renamed = ClassValues("4e bis", Audience.PUPILS, pupils=27, adults=3, level_code="4E")
    with pytest.raises(GroupTooLarge), transaction():
        save_class_and_book(other.id, teacher, school, renamed, key="def")
    assert (count(SchoolClass), count(Booking)) == (1, 1)
