"""The public pages, as a visitor and as a teacher see them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from booking.catalogue.models import ActivityKind, ConfirmationMode, PublicationState
from booking.catalogue.rules.wording import id_of_ref, in_departement, ref_of, slug_of
from booking.core.db import db
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

MORNING = datetime(2027, 1, 12, 9, 0)


def address(activity, query: str = "") -> str:
    return f"/programme/{ref_of(activity)}{query}"


def words_of(html: str) -> str:
    """The text of a page as it reads."""
    without_tags = re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").replace("&#39;", "’")
    return " ".join(without_tags.split())


def statements_of(client, path: str) -> int:
    """How many statements the page sends to the database."""
    seen: list[str] = []

    def hear(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return len(seen)


# ---- Home


def test_home_leads_to_the_departement_with_the_most_open_slots(client):
    make.make_departement("94", "Val-de-Marne", "24", "Créteil")
    make.make_slot(make.make_activity(site=make.make_site(departement="94")))
    activity = make.make_activity()
    for n in range(2):
        make.make_slot(activity, local_start=MORNING + timedelta(days=n))

    text = client.get("/").text

    assert 'href="/programme?departement=91">Voir le programme en Essonne</a>' in text
    assert "94 – Val-de-Marne (1 créneau)" in text
    assert "Prochains créneaux libres" in text


def test_home_stands_before_anything_is_published(client):
    answer = client.get("/")

    assert answer.status_code == 200
    assert "Voir le programme" in answer.text


def test_the_board_is_for_whoever_follows_a_territory_others_are_told_how(client):
    door = r'href="([^"]+)">Tableau de bord</a>'
    assert re.findall(door, client.get("/").text) == ["/territory/"]
    assert re.findall(door, signed_in(client, make.make_teacher()).get("/").text) == ["/authorities"]


# ---- The programme


def test_the_programme_shows_tickets_whose_numbers_say_what_they_mean(client):
    make.make_slot(make.make_activity(title="Turbines"), taken_pupils=14, max_classes=2, taken_classes=1)
    make.make_slot(make.make_activity(title="Puces", kind=ActivityKind.CLASSROOM_WORKSHOP))
    make.make_slot(make.make_activity(title="Verre"), taken_pupils=32, taken_classes=1)

    words = words_of(client.get("/programme").text)

    assert "18 places sur 32" in words
    assert "1 classe" in words
    assert "vient dans votre établissement" in words
    assert "complet" in words
    assert "18/32" not in words


def test_chips_lead_to_each_kind_with_its_count_and_keep_the_search(client):
    make.make_slot(make.make_activity(kind=ActivityKind.FORUM))

    text = client.get("/programme?departement=91&page=2").text

    assert '<a class="chip" href="/programme?departement=91&amp;kind=forum">Forums d’information <b>1</b></a>' in text
    assert 'href="/programme?departement=91&amp;free=1">Avec places libres <b>1</b>' in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("edition=1789", "Cette édition n’existe pas"),
        ("departement=999", "Ce département n’existe pas"),
        ("academie=zz", "Cette académie n’existe pas"),
        ("kind=picnic", "Ce genre d’activité n’existe pas"),
        ("sector=magic", "Ce secteur n’existe pas"),
        ("level=0E", "Ce niveau n’existe pas"),
        ("from=demain", "La date « demain » n’est pas lisible"),
        ("to=2027-02-30", "La date « 2027-02-30 » n’est pas lisible"),
        ("from=2027-02-01&to=2027-01-01", "elles ont été échangées"),
        ("lat=north&lon=2&radius=5", "La distance demandée n’est pas lisible"),
        ("lat=nan&lon=2&radius=5", "La distance demandée n’est pas lisible"),
        ("lat=48&lon=2&radius=99999", "La distance demandée n’est pas lisible"),
        ("weekday=lundi", "Ce jour de la semaine n’existe pas"),
        ("half=night", "Cette demi-journée n’existe pas"),
        ("place=Nulle+Part", "Aucune commune ne répond à « Nulle Part »"),
        ("near=99999", "Aucune commune ne répond à « 99999 »"),
        ("q=de+la", "« de la » est trop courant"),
    ],
)
def test_a_value_that_means_nothing_is_ignored_with_a_sentence(client, query, sentence):
    make.make_slot(make.make_activity(title="Turbines"))

    answer = client.get(f"/programme?{query}")

    assert answer.status_code == 200
    assert sentence in words_of(answer.text)
    assert "Turbines" in answer.text


@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=0", "page=x", "page=99999999999999999999", "page=٣", "q=%00", "q=%F0%9F%98%80", "q=%25_%27", "free=no",
     "q=" + "a" * 5000, "radius=5", "lat=48&lon=2", "kind=&level=&sector=", "q=1&q=2", "lat=1e400&lon=2&radius=5",
     "weekday=&half=&noon=&comes=", "noon=no", "near=%00", "place=%27%25_", "weekday=1&weekday=x&weekday=7", "place=" + "9" * 400],
)  # fmt: skip
def test_odd_queries_are_answered(client, query):
    make.make_slot()

    assert client.get(f"/programme?{query}").status_code == 200


def test_what_was_asked_stays_in_the_form(client):
    make.make_slot()

    text = client.get("/programme?q=<turbines>&departement=91&level=4E&sector=eau&from=2027-01-01&free=1").text

    assert 'value="&lt;turbines&gt;"' in text
    for value in ("91", "4E", "eau"):
        assert f'<option value="{value}" selected>' in text
    assert 'value="2027-01-01"' in text
    assert re.search(r'name="free"[^>]*checked', text)
    assert "Filtrer · 6 critères en cours" in text


def test_an_empty_search_offers_wider_ones_with_their_counts(client):
    make.make_slot()

    text = client.get("/programme?q=chocolat&departement=91").text

    assert "Aucune activité ne répond à tout cela" in text
    assert '<a href="/programme?departement=91">sans les mots cherchés</a>' in text
    assert "(1 activité)" in text


def test_a_teacher_may_ask_for_what_is_near_the_school(client):
    make.make_slot()
    signed_in(client, make.make_teacher(make.make_school(latitude=48.702, longitude=2.495)))

    text = client.get("/programme").text

    assert 'name="lat" value="48.702"' in text
    assert "À moins de 15 km" in text
    assert 'name="lat"' not in client.application.test_client().get("/programme").text


def test_a_visitor_types_a_commune_and_sees_what_is_around_it(client):
    make.make_commune("91114", "Brunoy", "91800", latitude=48.6949, longitude=2.5042)
    make.make_slot(make.make_activity(title="Tout près"))
    make.make_slot(make.make_activity(title="À Marseille", site=make.make_site(latitude=43.3, longitude=5.4)))

    text = client.get("/programme?place=brunoy").text

    assert "Tout près" in text
    assert "À Marseille" not in text
    assert 'name="place" value="Brunoy 91800"' in text
    assert "à moins de 30 km de Brunoy 91800" in words_of(text)
    assert "À Marseille" in client.get("/programme?place=brunoy&radius=").text
    assert 'href="/programme/print?near=91114&amp;radius=30"' in text


def test_a_commune_that_is_not_found_stays_in_the_field(client):
    make.make_slot()

    assert 'name="place" value="Brunnoy-sur-Mer"' in client.get("/programme?place=Brunnoy-sur-Mer").text


def test_each_criterion_in_use_is_a_chip_that_drops_it(client):
    make.make_slot()

    text = client.get("/programme?q=turbines&weekday=tue&weekday=thu&half=am&noon=1&page=2").text

    chips = re.findall(r'<a class="chip drop" href="([^"]+)">([^<]+)<', text)
    assert [(label, address.replace("&amp;", "&")) for address, label in chips] == [
        ("«\u00a0turbines\u00a0»", "/programme?weekday=tue&weekday=thu&half=am&noon=1"),
        ("mardi, jeudi", "/programme?q=turbines&half=am&noon=1"),
        ("le matin", "/programme?q=turbines&weekday=tue&weekday=thu&noon=1"),
        ("retour avant midi", "/programme?q=turbines&weekday=tue&weekday=thu&half=am"),
    ]
    assert "Tout enlever" in text
    assert "chip drop" not in client.get("/programme").text


def test_the_other_filters_stay_folded_until_one_is_in_use(client):
    make.make_slot()

    assert '<details class="more">' in client.get("/programme?q=turbines").text
    text = client.get("/programme?weekday=wed&comes=1").text
    assert '<details class="more" open>' in text
    assert re.search(r'value="wed" checked', text)
    assert re.search(r'name="comes"[^>]* checked', text)


def test_back_before_noon_says_what_it_counts(client):
    make.make_commune("91114", "Brunoy", "91800", latitude=48.6949, longitude=2.5042)
    make.make_slot()

    assert "Visites finies à 11 h 45" in words_of(client.get("/programme?noon=1").text)
    text = words_of(client.get("/programme?noon=1&place=brunoy").text)
    assert "Rentrés à 12 h 15 au plus tard, trajet en car estimé depuis Brunoy." in text
    signed_in(client, make.make_teacher(make.make_school("Collège Pasteur", latitude=48.702, longitude=2.495)))
    assert "trajet en car estimé depuis Collège Pasteur." in words_of(client.get("/programme?noon=1").text)


def test_a_mistyped_word_is_corrected_and_the_page_says_so(client):
    make.make_slot(make.make_activity(title="Visite d’une usine – aéronautique"))

    words = words_of(client.get("/programme?q=usinne+aeronotique").text)

    assert "Aucune activité pour « usinne aeronotique » : résultats pour « usine aéronautique »." in words
    assert "Visite d’une usine – aéronautique" in words


def test_no_correction_is_claimed_when_it_finds_nothing_either(client):
    make.make_slot(make.make_activity(title="Une usine", sector="eau"))
    make.make_slot(make.make_activity(title="Des turbines", kind=ActivityKind.FORUM, summary=""))

    text = client.get("/programme?q=usinne+turbinnes&kind=forum").text

    assert "résultats pour" not in text
    assert "Aucune activité ne répond à tout cela" in text


def test_an_empty_search_offers_to_drop_the_new_criteria_too(client):
    make.make_slot()

    text = client.get("/programme?weekday=sat").text

    assert '<a href="/programme">tous les jours de la semaine</a>' in text


@pytest.mark.parametrize("query", ["departement=91", "q=visite&weekday=tue&half=am&noon=1&place=Brunoy", "q=visitte"])
def test_the_programme_page_reads_the_database_a_constant_number_of_times(client, query):
    make.make_commune("91114", "Brunoy", "91800", latitude=48.6949, longitude=2.5042)
    make.make_slot(make.make_activity(title="Visite"))
    few = statements_of(client, f"/programme?{query}")
    for n in range(10):
        make.make_slot(make.make_activity(title=f"Visite {n}"), local_start=MORNING + timedelta(days=n))

    assert statements_of(client, f"/programme?{query}") == few <= 11


# ---- One activity


def test_a_wrong_slug_leads_to_the_right_address_and_keeps_the_query(client):
    activity = make.make_activity(title="Dans les coulisses d’un atelier de turbines")

    answer = client.get(f"/programme/autre-chose-{activity.id}?slot=3")

    assert answer.status_code == 301
    assert answer.location == f"/programme/dans-les-coulisses-d-un-atelier-de-turbines-{activity.id}?slot=3"
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "ref", ["x", "turbines", "turbines-", "turbines-0", "turbines-999", "turbines-99999999999999", "-1-", "1.5"]
)
def test_an_activity_that_does_not_exist_is_a_404(client, ref):
    assert client.get(f"/programme/{ref}").status_code == 404


def test_an_activity_that_is_not_public_is_a_404(client):
    draft = make.make_activity(state=PublicationState.DRAFT)
    waiting = make.make_activity(site=make.make_site(make.make_company(trusted=False)))

    assert client.get(address(draft)).status_code == 404
    assert client.get(address(waiting)).status_code == 404


def test_a_visitor_is_invited_to_sign_in_and_comes_back_to_the_slot(client):
    slot = make.make_slot()

    text = client.get(address(slot.activity)).text

    assert "Se connecter pour réserver" in text
    assert f"next=/programme/{ref_of(slot.activity)}?slot%3D{slot.id}" in text.replace("%2F", "/").replace("%3F", "?")
    assert "csrf_token" not in text


def test_a_teacher_without_a_class_is_invited_to_save_one(client):
    slot = make.make_slot()
    signed_in(client, make.make_teacher())

    text = client.get(address(slot.activity)).text

    assert "Enregistrez d’abord votre classe" in text
    assert "/teacher/classes/new?next=" in text


def test_the_button_names_the_class_and_posts_to_its_slot(client):
    slot = make.make_slot()
    teacher = make.make_teacher()
    school_class = make.make_class(teacher, name="4e B", adults=3)
    signed_in(client, teacher)

    text = client.get(address(slot.activity)).text

    assert f'<form method="post" action="/teacher/slots/{slot.id}/book">' in text
    assert f'name="class_id" value="{school_class.id}"' in text
    assert "Réserver pour la 4e B" in text
    assert "Votre classe peut venir au complet" in text


def test_each_slot_has_its_verdict_for_the_class(client):
    activity = make.make_activity()
    make.make_slot(activity)
    make.make_slot(activity, local_start=MORNING + timedelta(days=2), max_classes=2, taken_classes=1, taken_pupils=14)
    make.make_slot(activity, local_start=MORNING + timedelta(days=3), taken_classes=1, taken_pupils=32)
    teacher = make.make_teacher()
    make.make_class(teacher, name="4e B", pupils=27)
    signed_in(client, teacher)

    words = words_of(client.get(address(activity)).text)

    assert "Pour la 4e B (27 élèves)" in words
    assert "18 places pour 27 élèves" in words
    assert "complet" in words
    assert "18 sur 32" in words


def test_the_slot_asked_for_is_the_one_of_the_panel_and_says_why_not(client):
    activity = make.make_activity()
    free = make.make_slot(activity)
    full = make.make_slot(activity, local_start=MORNING + timedelta(days=3), taken_classes=1, taken_pupils=32)
    teacher = make.make_teacher()
    make.make_class(teacher)
    signed_in(client, teacher)

    text = client.get(address(activity, f"?slot={full.id}")).text

    assert "Ce créneau est complet." in text
    assert f"/teacher/slots/{full.id}/book" not in text
    assert f"slot={free.id}" in text
    assert "Pistes proches" in text


def test_too_few_adults_do_not_hide_the_form_that_asks_for_them(client):
    slot = make.make_slot(adults_per_class=4)
    teacher = make.make_teacher()
    make.make_class(teacher, adults=1)
    signed_in(client, teacher)

    text = client.get(address(slot.activity)).text

    assert "L’entreprise demande 4 accompagnateurs" in text
    assert 'name="adults"' in text


def test_the_class_asked_for_is_used_and_somebody_elses_is_not(client):
    slot = make.make_slot()
    teacher = make.make_teacher()
    make.make_class(teacher, name="4e B")
    other = make.make_class(teacher, name="3e A", level_code="3E")
    stranger = make.make_class(name="5e Z")
    signed_in(client, teacher)

    assert "Réserver pour la 3e A" in client.get(address(slot.activity, f"?class_id={other.id}")).text
    text = client.get(address(slot.activity, f"?class_id={stranger.id}")).text
    assert "Cette classe n’est pas dans vos classes" in text
    assert "5e Z" not in text


@pytest.mark.parametrize(
    "query", ["?slot=x", "?slot=-1", "?slot=999999999999", "?class_id=%00", "?class_id=1e9&slot=٣"]
)
def test_odd_choices_are_answered(client, query):
    slot = make.make_slot()
    teacher = make.make_teacher()
    make.make_class(teacher)
    signed_in(client, teacher)

    assert client.get(address(slot.activity, query)).status_code == 200


def test_the_panel_says_who_answers_until_when(client):
    on_approval = make.make_slot(make.make_activity(confirmation=ConfirmationMode.APPROVAL, answer_days=5))
    at_once = make.make_slot(make.make_activity(confirmation=ConfirmationMode.INSTANT))

    assert "avant le mardi 1er décembre 2026, 18 h" in words_of(client.get(address(on_approval.activity)).text)
    assert "confirmée aussitôt" in client.get(address(at_once.activity)).text


def test_the_panel_says_that_the_head_answers_first_where_the_school_wants_it(client):
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.INSTANT))
    teacher = make.make_teacher(make.make_school(head_authorises_first=True))
    make.make_class(teacher)
    signed_in(client, teacher)

    text = client.get(address(slot.activity)).text

    assert "votre chef d’établissement répond avant le" in text
    assert "confirmée aussitôt, et" not in text


def test_a_teacher_who_waits_to_be_trusted_is_told_that_the_company_answers(client):
    slot = make.make_slot(make.make_activity(confirmation=ConfirmationMode.INSTANT))
    teacher = make.make_teacher(trusted=False)
    make.make_class(teacher)
    signed_in(client, teacher)

    assert "l’entreprise répond avant le" in client.get(address(slot.activity)).text


def test_a_teachers_visit_is_said_to_be_for_staff(client):
    slot = make.make_slot(make.make_activity(kind=ActivityKind.TEACHERS_VISIT))
    teacher = make.make_teacher()
    make.make_class(teacher)
    signed_in(client, teacher)

    text = client.get(address(slot.activity)).text

    assert "se réserve pour un groupe de personnel, sans élèves" in text
    assert "Réserver pour la 4e B" not in text


def test_somebody_of_a_company_is_told_who_books(client):
    slot = make.make_slot()
    signed_in(client, make.make_host())

    assert "Seuls les membres d’un établissement scolaire réservent" in client.get(address(slot.activity)).text


def test_an_activity_without_dates_says_so(client):
    agree = make.make_activity(dates_to_agree=True)
    none = make.make_activity()

    assert "elle convient du jour" in client.get(address(agree)).text
    assert "Aucune date n’est ouverte" in client.get(address(none)).text


def test_what_a_host_wrote_is_escaped(client):
    activity = make.make_activity(title="<b>Aubes</b>", summary="<script>alert(1)</script>", clothing="<i>bottes</i>")
    make.make_slot(activity)

    for text in (client.get(address(activity)).text, client.get("/programme").text):
        assert "<b>Aubes" not in text
        assert "<script>alert" not in text
        assert "<i>bottes" not in text


def test_the_page_reads_the_same_number_of_times_whatever_the_dates(client):
    activity = make.make_activity()
    teacher = make.make_teacher()
    make.make_class(teacher)
    signed_in(client, teacher)
    make.make_slot(activity)
    few = statements_of(client, address(activity))
    for n in range(1, 6):
        make.make_slot(activity, local_start=MORNING + timedelta(days=n))

    assert statements_of(client, address(activity)) == few


# ---- Words of addresses and places


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("L’œuvre d’Étampes : à voir !", "l-oeuvre-d-etampes-a-voir"),
        ("???", "activite"),
        ("mot " * 40, "-".join(["mot"] * 15)),
    ],
)
def test_a_slug_is_short_and_plain(title, slug):
    assert slug_of(title) == slug


def test_only_the_number_of_an_address_counts():
    assert id_of_ref("turbines-12") == id_of_ref("12") == 12
    assert id_of_ref("turbines-12a") is None


def test_each_departement_has_its_own_little_word(app):
    with app.test_request_context("/"):
        assert in_departement("91", "Essonne") == "en Essonne"
        assert in_departement("94", "Val-de-Marne") == "dans le Val-de-Marne"
        assert in_departement("01", "Ain") == "dans l’Ain"
        assert in_departement("974", "La Réunion") == "à La Réunion"
