"""The pages where a company describes, dates and publishes its activities."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.bookings.services import move_slot, request_places
from booking.catalogue.models import Activity, ConfirmationMode, PublicationState, Slot, SlotAudience, SlotState
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from booking.territory.models import SchoolHoliday
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def site(app):
    make.make_edition()
    return make.make_site()


@pytest.fixture
def host(site):
    return make.make_host(site.company)


@pytest.fixture
def page(client, host):
    """The browser of a host of the company."""
    return signed_in(client, host)


@pytest.fixture
def base(site):
    return f"/company/{site.company_id}/activities"


def typed(site, host, **changes):
    """What the activity form sends."""
    values = {
        "kind": "site_visit",
        "title": "Dans un atelier",
        "summary": "Une phrase.",
        "description": "Une visite.",
        "sector": "metallurgie-mecanique",
        "levels": ["4E", "3E"],
        "languages": ["fr"],
        "site_id": site.id,
        "contact_id": host.id,
        "edition_id": make.make_edition().id,
        "adults_per_group": "1",
        "confirmation": "approval",
        "answer_days": "5",
        "option_days": "5",
        "cancellation_days": "7",
    }
    return {**values, **changes}


def slot_typed(**changes):
    values = {
        "day": "2027-01-12",
        "start": "09:00",
        "end": "11:00",
        "max_classes": "2",
        "max_pupils": "60",
        "adults_per_class": "2",
        "closes_days": "3",
    }
    return {**values, **changes}


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def add_activity(site, host, **values) -> Activity:
    return make.make_activity(site, host, **{"state": PublicationState.DRAFT, "published_at": None, **values})


def add_published(site, host, **values) -> Activity:
    return add_activity(site, host, state=PublicationState.PUBLISHED, published_at=make.NOW, **values)


# ---- Who may


def test_a_visitor_is_sent_to_sign_in(client, base):
    assert client.get(base).status_code == 302


@pytest.mark.parametrize("path", ["", "/new", "/1", "/1/edit", "/1/slots/new", "/1/slots/1/edit"])
def test_another_company_s_pages_do_not_exist(client, site, host, base, path):
    make.make_slot(add_activity(site, host))
    signed_in(client, make.make_host())
    assert client.get(base + path).status_code == 404
    signed_in(client, make.make_teacher())
    assert client.get(base + path).status_code == 404


@pytest.mark.parametrize("path", ["/publish", "/unpublish", "/slots/1/close", "/slots/1/open"])
def test_another_company_s_buttons_do_not_exist(client, site, host, base, path):
    slot = make.make_slot(add_activity(site, host))
    signed_in(client, make.make_host())
    assert client.post(f"{base}/1{path}").status_code == 404
    assert db.session.get(Activity, slot.activity_id).state is PublicationState.DRAFT
    assert db.session.get(Slot, slot.id).state is SlotState.OPEN


def test_one_s_own_address_does_not_open_another_company_s_activity(page, base):
    other = make.make_slot()
    assert page.get(f"{base}/{other.activity_id}").status_code == 404
    assert page.get(f"{base}/{other.activity_id}/edit").status_code == 404
    assert page.post(f"{base}/{other.activity_id}/publish").status_code == 404


def test_a_slot_belongs_to_the_activity_of_its_address(page, site, host, base):
    mine, other = add_activity(site, host), make.make_slot()
    assert page.get(f"{base}/{mine.id}/slots/{other.id}/edit").status_code == 404
    assert page.get(f"{base}/{mine.id}/slots/new?copy={other.id}").status_code == 404
    assert page.get(f"{base}/{mine.id}/slots/new?copy=abc").status_code == 404
    assert page.get(f"{base}/{mine.id}/slots/new?copy={10**30}").status_code == 404


def test_a_plain_host_edits_as_a_manager_does(client, site, base):
    signed_in(client, make.make_host(site.company, role=MemberRole.HOST))
    assert client.get(f"{base}/new").status_code == 200


def test_numbers_no_row_can_have_are_not_found(page, base):
    assert page.get(f"{base}/{10**30}").status_code == 404


def test_reading_changes_nothing(page, site, host, base):
    activity = add_activity(site, host)
    for path in ("/publish", "/unpublish"):
        assert page.get(f"{base}/{activity.id}{path}").status_code == 405


# ---- The list and the page


def test_an_empty_list_says_how_to_begin(page, base):
    assert "Décrire une première activité" in text_of(page.get(base))


def test_the_list_says_the_state_the_dates_and_the_numbers(page, site, host, base):
    make.make_slot(
        add_activity(site, host, state=PublicationState.PUBLISHED), max_classes=3, taken_classes=1, taken_pupils=20
    )
    text = text_of(page.get(base))
    assert "publiée" in text
    assert "mardi 12 janvier 2027 de 9 h 00 à 11 h 30" in text
    assert "1 classe inscrite" in text
    assert "de la place pour 2 classes" in text


def test_a_company_that_waits_reads_what_waits_and_until_when(client, app):
    make.make_edition()
    company = make.make_company(trusted=False, trust_due_at=datetime(2026, 11, 30, 17, tzinfo=make.UTC))
    site, host = make.make_site(company), make.make_host(company)
    activity = add_activity(site, host, dates_to_agree=True)
    signed_in(client, host)
    base = f"/company/{company.id}/activities"
    client.post(f"{base}/{activity.id}/publish")
    for path in (base, f"{base}/{activity.id}"):
        text = text_of(client.get(path))
        assert "Vérification en cours" in text
        assert "lundi 30 novembre" in text
        assert "vérification en cours" in text


def test_the_page_lists_what_is_missing(page, site, host, base):
    activity = add_activity(site, host, summary="", levels=())
    text = text_of(page.get(f"{base}/{activity.id}"))
    assert "Avant de publier" in text
    assert "Résumez l’activité" in text
    assert "Ajoutez au moins un créneau" in text


# ---- Writing an activity


def test_an_activity_is_written_then_shown_as_a_draft(page, site, host, base):
    answer = page.post(f"{base}/new", data=typed(site, host), follow_redirects=True)
    assert "enregistrée en brouillon" in text_of(answer)
    activity = db.session.scalars(db.select(Activity)).one()
    assert activity.state is PublicationState.DRAFT
    assert activity.company_id == site.company_id


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"title": "   "}, "Donnez un titre"),
        ({"title": "x" * 121}, "trop long"),
        ({"summary": "x" * 301}, "300 signes au plus"),
        ({"description": "x" * 5001}, "5000 signes au plus"),
        ({"kind": "party"}, "Choisissez une ligne de la liste"),
        ({"sector": "magie"}, "Choisissez une ligne de la liste"),
        ({"levels": []}, "Choisissez au moins un niveau"),
        ({"levels": ["9E"]}, "Choisissez une ligne de la liste"),
        ({"all_levels": "y"}, "pas les deux"),
        ({"area_km": "-3"}, "entre 1 et 300"),
        ({"group_size_max": "0"}, "entre 1 et 200"),
        ({"adults_per_group": "plein"}, "en chiffres"),
        ({"adults_per_group": ""}, "Indiquez un nombre"),
        ({"minimum_age": "99"}, "entre 3 et 25"),
        ({"answer_days": "9" * 40}, "entre 1 et 30"),
        ({"identity_check": "y"}, "combien de jours avant"),
        ({"yearly_cap": "3"}, "dates à convenir"),
        ({"site_id": "abc"}, "Choisissez une ligne de la liste"),
        ({"site_id": "9" * 30}, "Choisissez une ligne de la liste"),
        ({"contact_id": ""}, "Choisissez qui"),
        ({"edition_id": "424242"}, "Choisissez une ligne de la liste"),
        ({"access_motor": "perhaps"}, "Choisissez une ligne de la liste"),
        ({"confirmation": "never"}, "Choisissez une ligne de la liste"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_typed_is_lost(page, site, host, base, changes, sentence):
    data = typed(site, host, **{"clothing": "Chaussures fermées", **changes})
    answer = page.post(f"{base}/new", data=data)
    text = text_of(answer)
    assert answer.status_code == 200
    assert sentence in text
    assert 'class="error"' in text
    assert text.count('class="error"') <= 2
    assert "Chaussures fermées" in text
    if changes.get("title", "Dans un atelier").strip():
        assert str(changes.get("title", "Dans un atelier")) in text
    assert db.session.scalar(db.select(db.func.count(Activity.id))) == 0


def test_the_site_of_another_company_is_refused_beside_the_site(page, site, host, base):
    other = make.make_site()
    text = text_of(page.post(f"{base}/new", data=typed(site, host, site_id=other.id)))
    assert 'id="site_id-error"' in text
    assert db.session.scalar(db.select(db.func.count(Activity.id))) == 0


def test_signs_that_a_database_refuses_are_dropped(page, site, host, base):
    page.post(f"{base}/new", data=typed(site, host, title="Un\x00 titre", description="a\x00\r\nb"))
    activity = db.session.scalars(db.select(Activity)).one()
    assert (activity.title, activity.description) == ("Un titre", "a\nb")


def test_a_page_without_any_edition_or_site_says_so(client, app):
    host = make.make_host()
    company_id = host.memberships[0].company_id
    text = text_of(signed_in(client, host).get(f"/company/{company_id}/activities/new"))
    assert "pas encore de site" in text
    assert "Aucune édition n’est ouverte" in text


def test_an_activity_is_edited_from_what_it_says(page, site, host, base):
    activity = add_activity(site, host, access_motor=False, clothing="Chaussures fermées")
    text = text_of(page.get(f"{base}/{activity.id}/edit"))
    assert "Chaussures fermées" in text
    assert '<option selected value="no">' in text
    answer = page.post(
        f"{base}/{activity.id}/edit",
        data=typed(site, host, title="Autre titre", all_levels="y", levels=[], access_motor=""),
    )
    assert answer.status_code == 302
    db.session.refresh(activity)
    assert (activity.title, activity.levels, activity.access_motor) == ("Autre titre", [], None)


# ---- Publishing


def test_publishing_too_early_lists_what_is_missing(page, site, host, base):
    activity = add_activity(site, host, summary="")
    answer = page.post(f"{base}/{activity.id}/publish")
    assert answer.status_code == 409
    assert "Résumez l’activité" in text_of(answer)
    assert "Ajoutez au moins un créneau" in text_of(answer)


def test_publishing_and_withdrawing(page, site, host, base):
    activity = add_activity(site, host)
    slot = make.make_slot(activity)
    assert "est publiée" in text_of(page.post(f"{base}/{activity.id}/publish", follow_redirects=True))
    slot.taken_classes, slot.taken_pupils = 1, 27
    db.session.commit()
    withdrawn = text_of(page.post(f"{base}/{activity.id}/unpublish", follow_redirects=True))
    assert "plus au programme" in withdrawn
    assert "1 classe a réservé : elle vient toujours" in withdrawn


# ---- Slots


def test_a_slot_is_added_and_shown(page, site, host, base):
    activity = add_activity(site, host)
    text = text_of(page.post(f"{base}/{activity.id}/slots/new", data=slot_typed(), follow_redirects=True))
    assert "Le créneau est ajouté" in text
    assert "2 classes attendues" in text
    assert db.session.scalars(db.select(Slot)).one().local_start == datetime(2027, 1, 12, 9)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"day": ""}, "day", "Choisissez un jour"),
        ({"day": "demain"}, "day", "Cette date n’existe pas"),
        ({"day": "2027-02-30"}, "day", "Cette date n’existe pas"),
        ({"day": "0027-01-12"}, "day", "quatre chiffres"),
        ({"day": "9999-12-31"}, "day", "trop lointaine"),
        ({"day": "2026-11-24"}, "day", "déjà passée"),
        ({"day": "2025-01-12"}, "day", "déjà passée"),
        ({"day": "2027-08-30"}, "day", "hors de l’édition"),
        ({"day": "2027-03-28", "start": "02:30"}, "start", "cette heure n’existe pas ce jour-là"),
        ({"start": "25:00"}, "start", "Cette heure n’existe pas"),
        ({"end": ""}, "end", "Indiquez l’heure de fin"),
        ({"end": "08:00"}, "end", "après l’heure de début"),
        ({"end": "09:00"}, "end", "après l’heure de début"),
        ({"max_classes": "0"}, "max_classes", "entre 1 et 50"),
        ({"max_classes": "-1"}, "max_classes", "entre 1 et 50"),
        ({"max_classes": ""}, "max_classes", "Indiquez un nombre"),
        ({"max_pupils": "1"}, "max_pupils", "moins d’élèves que de classes"),
        ({"max_pupils": "9" * 40}, "max_pupils", "entre 1 et 5000"),
        ({"max_pupils": "trente"}, "max_pupils", "en chiffres"),
        ({"adults_per_class": "-2"}, "adults_per_class", "entre 0 et 40"),
        ({"opens_days": "0"}, "opens_days", "entre 1 et 365"),
        ({"opens_days": "2"}, "opens_days", "après leur clôture"),
        ({"closes_days": "61"}, "closes_days", "entre 0 et 60"),
        ({"closes_days": ""}, "closes_days", "Indiquez un nombre"),
        ({"day": "2026-11-26"}, "closes_days", "seraient closes"),
        ({"min_pupils": "10"}, "decision_on", "jusqu’à quel jour"),
        ({"min_pupils": "61", "decision_on": "2027-01-05"}, "min_pupils", "ne peut pas dépasser"),
        ({"min_pupils": "10", "decision_on": "2027-01-12"}, "decision_on", "la veille"),
        ({"decision_on": "2027-01-05"}, "min_pupils", "que cette date concerne"),
    ],
)
def test_a_bad_slot_gets_a_sentence_beside_its_field(page, site, host, base, changes, field, sentence):
    activity = add_activity(site, host)
    answer = page.post(f"{base}/{activity.id}/slots/new", data=slot_typed(**changes))
    text = text_of(answer)
    assert answer.status_code == 200
    beside = re.search(rf'<div id="{field}-error">(.*?)</div>', text)
    assert beside, f"nothing beside {field}"
    assert sentence in beside.group(1)
    for name, value in changes.items():
        assert value in text, f"{name} was lost"
    assert db.session.scalar(db.select(db.func.count(Slot.id))) == 0


def test_the_repeated_hour_is_refused_too(page, host, base, site, set_now):
    set_now(datetime(2026, 9, 20, 9, tzinfo=make.UTC))
    activity = add_activity(site, host)
    answer = page.post(f"{base}/{activity.id}/slots/new", data=slot_typed(day="2026-10-25", start="02:30"))
    assert "cette heure a lieu deux fois" in text_of(answer)


def test_dates_and_hours_typed_the_french_way_are_understood(page, site, host, base):
    activity = add_activity(site, host)
    page.post(f"{base}/{activity.id}/slots/new", data=slot_typed(day="12/01/2027", start="9h30"))
    assert db.session.scalars(db.select(Slot)).one().local_start == datetime(2027, 1, 12, 9, 30)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2027-01-16", "week-end"),
        ("2027-02-10", "pendant les vacances scolaires"),
        ("2027-05-06", "jour férié"),
        ("2027-06-10", "ne connaissons pas les vacances"),
    ],
)
def test_a_day_when_few_classes_come_is_saved_and_pointed_out(page, site, host, base, day, words):
    db.session.add(SchoolHoliday(zone="C", name="Vacances d'hiver", first_on=datetime(2027, 2, 6).date(),
                                 last_on=datetime(2027, 2, 21).date()))  # fmt: skip
    db.session.commit()
    activity = add_activity(site, host)
    text = text_of(page.post(f"{base}/{activity.id}/slots/new", data=slot_typed(day=day), follow_redirects=True))
    assert db.session.scalar(db.select(db.func.count(Slot.id))) == 1
    assert 'class="flash warning"' in text
    assert words in text


def test_a_copy_is_proposed_a_week_later(page, site, host, base):
    activity = add_activity(site, host)
    slot = make.make_slot(activity, max_pupils=47)
    text = text_of(page.get(f"{base}/{activity.id}/slots/new?copy={slot.id}"))
    assert 'value="2027-01-19"' in text
    assert 'value="47"' in text
    assert db.session.scalar(db.select(db.func.count(Slot.id))) == 1


def test_a_slot_is_changed(page, site, host, base):
    slot = make.make_slot(add_activity(site, host))
    address = f"{base}/{slot.activity_id}/slots/{slot.id}/edit"
    assert 'value="2027-01-12"' in text_of(page.get(address))
    assert page.post(address, data=slot_typed(day="2027-01-13")).status_code == 302
    db.session.refresh(slot)
    assert slot.local_start == datetime(2027, 1, 13, 9)


def test_a_booked_slot_keeps_its_date_and_says_where_to_move_it(page, site, host, base):
    slot = make.make_slot(add_activity(site, host), max_classes=2, max_pupils=60, taken_classes=1, taken_pupils=27)
    address = f"{base}/{slot.activity_id}/slots/{slot.id}/edit"
    assert "1 classe a réservé" in text_of(page.get(address))
    kept = {"start": "09:00", "end": "11:30", "adults_per_class": "1"}
    assert "depuis la page du créneau" in text_of(page.post(address, data=slot_typed(day="2027-01-13", **kept)))
    assert "27 élèves sont déjà inscrits" in text_of(page.post(address, data=slot_typed(max_pupils="20", **kept)))
    db.session.refresh(slot)
    assert (slot.local_start, slot.max_pupils) == (datetime(2027, 1, 12, 9), 60)
    assert page.post(address, data=slot_typed(max_pupils="30", **kept)).status_code == 302


def test_a_slot_is_closed_and_opened_again(page, site, host, base):
    slot = make.make_slot(add_activity(site, host))
    address = f"{base}/{slot.activity_id}/slots/{slot.id}"
    assert "ne prend plus de réservation" in text_of(page.post(f"{address}/close", follow_redirects=True))
    assert "prend de nouveau" in text_of(page.post(f"{address}/open", follow_redirects=True))


def test_a_cancelled_slot_is_not_opened_again(page, site, host, base):
    slot = make.make_slot(add_activity(site, host), state=SlotState.CANCELLED)
    answer = page.post(f"{base}/{slot.activity_id}/slots/{slot.id}/open")
    assert answer.status_code == 409
    assert "annulé ou passé" in text_of(answer)


# ---- Several dates at once


def series_typed(**changes):
    values = {
        **slot_typed(),
        "weekdays": ["1"],
        "first_on": "2026-12-01",
        "last_on": "2026-12-22",
        "dates": "",
        "audience": "all",
        "step": "preview",
    }
    del values["day"]
    return {**values, **changes}


@pytest.fixture
def series(site, host, base):
    """The address of the series form of an activity, in a zone whose holidays are known."""
    make.make_departement("91")
    for name, first, last in [
        ("Vacances de la Toussaint", "2026-10-17", "2026-11-02"),
        ("Vacances de Noël", "2026-12-19", "2027-01-04"),
    ]:
        db.session.add(
            SchoolHoliday(
                zone="C",
                name=name,
                first_on=date.fromisoformat(first),
                last_on=date.fromisoformat(last),
            )
        )
    db.session.commit()
    return f"{base}/{add_activity(site, host).id}/slots/series"


def box(answer, day):
    found = re.search(rf'<input type="checkbox" id="day-{day}"[^>]*>', text_of(answer))
    return found and found.group(0)


def test_a_series_is_shown_date_by_date_and_holidays_are_not_ticked(page, series):
    answer = page.post(series, data=series_typed(dates="13/12/2026"))
    assert "checked" in box(answer, "2026-12-01")
    assert "checked" in box(answer, "2026-12-13")
    assert "checked" not in box(answer, "2026-12-22")
    assert "vacances de Noël" in text_of(answer)
    assert "tombe un week-end" in text_of(answer)
    assert db.session.scalars(db.select(Slot)).all() == []


def test_only_the_ticked_dates_are_created_with_the_same_hours_and_places(page, series):
    data = series_typed(step="create", days=["2026-12-01", "2026-12-15"], audience="reserved")
    answer = page.post(series, data=data, follow_redirects=True)
    assert "2 créneaux sont ajoutés" in text_of(answer)
    slots = db.session.scalars(db.select(Slot).order_by(Slot.starts_at)).all()
    assert [slot.local_start for slot in slots] == [datetime(2026, 12, 1, 9), datetime(2026, 12, 15, 9)]
    assert {(slot.max_classes, slot.max_pupils, slot.audience) for slot in slots} == {(2, 60, SlotAudience.RESERVED)}


def test_creating_the_same_dates_twice_says_that_they_are_there(page, series):
    data = series_typed(step="create", days=["2026-12-01", "2026-12-15"])
    page.post(series, data=data)
    assert "Ces créneaux sont déjà créés" in text_of(page.post(series, data=data, follow_redirects=True))
    assert len(db.session.scalars(db.select(Slot)).all()) == 2
    more = page.post(series, data={**data, "days": ["2026-12-15", "2026-12-08"]}, follow_redirects=True)
    assert "1 créneau est ajouté" in text_of(more)


@pytest.mark.parametrize(("size", "pupils"), [(15, 30), (12, 36), (40, 40), (None, 30)])
def test_a_first_slot_proposes_the_groups_that_a_whole_class_needs(page, site, host, base, size, pupils):
    activity = add_activity(site, host, group_size_max=size)
    assert re.search(rf'name="max_pupils"[^>]*value="{pupils}"', page.get(f"{base}/{activity.id}/slots/new").text)


def test_a_series_carries_a_minimum_of_pupils_with_a_decision_day_before_each_date(page, series):
    typed = series_typed(min_pupils="20", decision_days="7", days=["2026-12-08", "2026-12-15"])
    assert "20 élèves au moins, décision 7 jours avant" in text_of(page.post(series, data=typed)).replace("\xa0", " ")
    page.post(series, data={**typed, "step": "create"})
    slots = db.session.scalars(db.select(Slot).order_by(Slot.starts_at)).all()
    assert [(slot.min_pupils, slot.decision_on) for slot in slots] == [
        (20, date(2026, 12, 1)), (20, date(2026, 12, 8)),
    ]  # fmt: skip


def test_a_date_whose_decision_day_is_past_cannot_be_ticked(page, series):
    answer = page.post(series, data=series_typed(min_pupils="20", decision_days="10"))
    assert box(answer, "2026-12-01") is None
    assert "checked" in box(answer, "2026-12-08")


def test_what_is_wrong_with_every_date_is_said_beside_its_field(page, series):
    answer = page.post(series, data=series_typed(min_pupils="61", decision_days="7"))
    assert 'id="min_pupils-error"' in answer.text
    assert "ne peut pas dépasser" in text_of(answer)


def test_a_date_that_was_not_offered_is_not_created_whatever_is_sent(page, series):
    page.post(series, data=series_typed(step="create", days=["2026-12-01", "2026-12-02", "x"]))
    assert [slot.local_start.day for slot in db.session.scalars(db.select(Slot))] == [1]


def test_dates_outside_the_edition_or_already_offered_cannot_be_ticked(page, series):
    page.post(series, data=series_typed(step="create", days=["2026-12-01"]))
    answer = page.post(series, data=series_typed(dates="30/08/2027"))
    assert box(answer, "2026-12-01") is None
    assert box(answer, "2027-08-30") is None
    assert "existe déjà" in text_of(answer)
    assert "hors de l’édition" in text_of(answer)


def test_the_company_s_own_other_slot_of_that_hour_is_pointed_out(page, site, host, series):
    make.make_slot(add_activity(site, host, title="Forge"), local_start=datetime(2026, 12, 8, 10, 0))
    answer = page.post(series, data=series_typed())
    assert text_of(answer).count("Vous avez déjà « Forge »") == 1
    assert "checked" in box(answer, "2026-12-08")


def test_going_back_to_the_form_loses_nothing_and_creates_nothing(page, series):
    answer = page.post(series, data=series_typed(step="edit", days=["2026-12-01"], dates="13/12/2026"))
    assert 'value="2026-12-22"' in text_of(answer)
    assert "13/12/2026" in text_of(answer)
    assert db.session.scalars(db.select(Slot)).all() == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weekdays": []}, "Cochez au moins un jour de la semaine"),
        ({"weekdays": ["9"]}, "Choisissez une ligne de la liste"),
        ({"weekdays": ["x"]}, "Choisissez une ligne de la liste"),
        ({"first_on": ""}, "Donnez la première et la dernière date"),
        ({"last_on": "2026-11-01"}, "vient avant la première"),
        ({"dates": "bientôt"}, "« bientôt » n’est pas une date"),
        ({"last_on": "2027-12-31", "weekdays": ["0", "1"]}, "60 au plus"),
        ({"start": ""}, "Indiquez l’heure de début"),
        ({"min_pupils": "20"}, "Dites jusqu’à quel jour"),
        ({"decision_days": "7"}, "Indiquez le minimum d’élèves"),
        ({"min_pupils": "beaucoup", "decision_days": "7"}, "nombre"),
        ({"step": "create"}, "Cochez au moins une date"),
        ({"audience": "friends"}, "Choisissez une ligne de la liste"),
    ],
)
def test_a_bad_series_gets_a_sentence(page, series, changes, sentence):
    answer = page.post(series, data=series_typed(**changes))
    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert db.session.scalars(db.select(Slot)).all() == []


# ---- Copying and deleting


def test_a_copy_is_a_draft_without_dates_that_knows_its_source(page, site, host, base):
    activity = add_published(site, host)
    make.make_slot(activity)
    answer = page.post(f"{base}/{activity.id}/duplicate")
    copy = db.session.scalars(db.select(Activity).order_by(Activity.id.desc())).first()
    assert answer.location.endswith(f"/{copy.id}/edit")
    assert (copy.state, copy.copied_from_id, copy.slots) == (PublicationState.DRAFT, activity.id, [])
    assert (copy.title, copy.level_codes, copy.published_at) == (activity.title, activity.level_codes, None)


def test_a_copy_of_a_past_edition_goes_to_the_open_one_and_to_a_contact_who_is_still_there(page, site, host, base):
    old = make.make_edition("2025", starts_on=date(2025, 11, 17), ends_on=date(2025, 11, 23),
                            window_starts_on=date(2025, 9, 1), window_ends_on=date(2026, 6, 30))  # fmt: skip
    activity = add_activity(site, make.make_host(), edition=old)
    page.post(f"{base}/{activity.id}/duplicate")
    copy = db.session.scalars(db.select(Activity).order_by(Activity.id.desc())).first()
    assert (copy.edition.slug, copy.contact_id) == ("2027", host.id)


def test_a_draft_is_deleted_with_its_dates_and_its_copies_stay(page, site, host, base):
    activity = add_activity(site, host)
    make.make_slot(activity)
    page.post(f"{base}/{activity.id}/duplicate")
    assert page.post(f"{base}/{activity.id}/delete").status_code == 302
    (copy,) = db.session.scalars(db.select(Activity)).all()
    assert copy.copied_from_id is None
    assert db.session.scalars(db.select(Slot)).all() == []


@pytest.mark.parametrize("state", [PublicationState.PUBLISHED, PublicationState.UNPUBLISHED])
def test_what_was_ever_published_is_not_deleted(page, site, host, base, state):
    activity = add_activity(site, host, state=state, published_at=make.NOW)
    answer = page.post(f"{base}/{activity.id}/delete")
    assert answer.status_code == 409
    assert "ne se supprime pas" in text_of(answer)


@pytest.mark.parametrize("verb", ["duplicate", "delete", "slots/series"])
def test_nobody_copies_deletes_or_dates_another_company_s_activity(client, site, host, base, verb):
    activity = add_activity(site, host)
    stranger = signed_in(client, make.make_host())
    assert stranger.post(f"{base}/{activity.id}/{verb}", data=series_typed(step="create")).status_code == 404
    assert db.session.get(Activity, activity.id) is not None


# ---- Rewriting what classes have booked


def deliver_all():
    """Compose everything that waits, in order, as the worker does without a mail server."""
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)


def booked(activity) -> Booking:
    school_class = make.make_class()
    slot = make.make_slot(activity)
    with transaction():
        return request_places(slot.id, school_class.id, db.session.get(Person, school_class.owner_id))


def sent(*kinds):
    return db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind.in_(kinds)).order_by(OutgoingMail.created_at)
    ).all()


def test_confirmed_classes_are_told_of_new_words_and_their_event_keeps_its_sequence(page, site, host, base):
    activity = add_published(site, host)
    booked(activity)
    deliver_all()
    address = f"{base}/{activity.id}/edit"
    answer = page.post(address, data=typed(site, host, title="Un autre titre"), follow_redirects=True)
    assert "est prévenue, et son invitation mise à jour" in text_of(answer)
    deliver_all()
    first, updated = sent("booking-confirmed"), sent("booking-updated")
    assert {mail.object_key for mail in updated} == {mail.object_key for mail in first}
    assert len(updated) == 2
    assert {mail.sequence for mail in [*first, *updated]} == {0}
    assert "Un autre titre" in updated[0].payload["facts"]["title"]
    assert violations() == []


def test_a_moved_slot_raises_the_sequence_where_new_words_do_not(page, site, host, base):
    activity = add_published(site, host)
    booking = booked(activity)
    deliver_all()
    page.post(f"{base}/{activity.id}/edit", data=typed(site, host, title="Un autre titre"))
    deliver_all()
    with transaction():
        move_slot(booking.slot_id, host, datetime(2027, 1, 14, 9, 0), datetime(2027, 1, 14, 11, 0))
    deliver_all()
    of_teacher = [mail.sequence for mail in sent("booking-updated") if mail.person_id == booking.teacher_id]
    assert of_teacher == [0, 1]


def test_another_contact_gets_an_invitation_of_their_own_and_the_former_one_loses_theirs(page, site, host, base):
    activity = add_published(site, host)
    booked(activity)
    deliver_all()
    other = make.make_host(site.company, first_name="Inès")
    answer = page.post(f"{base}/{activity.id}/edit", data=typed(site, host, title=activity.title, contact_id=other.id))
    assert answer.status_code == 302, text_of(answer)
    deliver_all()
    assert [mail.person_id for mail in sent("booking-cancelled")] == [host.id]
    assert other.id in {mail.person_id for mail in sent("booking-confirmed")}
    assert len({mail.object_key for mail in sent("booking-confirmed")}) == 3
    assert violations() == []


def test_nobody_is_written_to_for_a_longer_description_or_for_a_class_that_only_asked(page, site, host, base):
    activity = add_published(site, host, confirmation=ConfirmationMode.APPROVAL)
    assert booked(activity).state is State.REQUESTED
    same = {"title": activity.title}
    page.post(f"{base}/{activity.id}/edit", data=typed(site, host, **same, description="Une visite plus longue."))
    page.post(f"{base}/{activity.id}/edit", data=typed(site, host, title="Autre", description="Une visite."))
    assert sent("booking-updated") == []


def test_a_refused_edit_tells_nobody(page, site, host, base):
    activity = add_published(site, host)
    booked(activity)
    page.post(f"{base}/{activity.id}/edit", data=typed(site, host, title="Autre titre", summary=""))
    assert sent("booking-updated") == []


def test_a_moved_slot_takes_the_opening_and_the_closing_of_its_bookings_along(site, host):
    slot = make.make_slot(add_published(site, host), opens_at=make.NOW + timedelta(days=3))
    opens, closes = slot.starts_at - slot.opens_at, slot.starts_at - slot.closes_at
    with transaction():
        move_slot(slot.id, host, datetime(2027, 1, 21, 9, 0), datetime(2027, 1, 21, 11, 0))
    assert (slot.starts_at - slot.opens_at, slot.starts_at - slot.closes_at) == (opens, closes)
