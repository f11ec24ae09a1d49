"""A company's name, a site's address and practical facts: corrected by managers, told to whoever counts on them."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import Event, State
from booking.bookings.services import request_places, rewrite_company, rewrite_site
from booking.catalogue.models import ActivityKind, ActivityTerm, ConfirmationMode
from booking.catalogue.rules.activities import PlaceIsBooked, ZoneDiffers
from booking.companies.models import Company, Site
from booking.companies.rules import NotYourSiren, SiteKnown
from booking.companies.services import CompanyDraft, SiteDraft, add_site
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from booking.territory.models import Commune
from tests import make
from tests.bookings.test_mails import assert_reads_well, deliver, to_teacher
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

OLD = "Turbines du Hurepoix, 12 rue des Ateliers, 91000 Évry-Courcouronnes"
NEW = "Turbines du Hurepoix, 21 rue des Ateliers, 91000 Évry-Courcouronnes"


@pytest.fixture
def site(app):
    make.make_edition()
    return make.make_site()


@pytest.fixture
def host(site):
    return make.make_host(site.company, email="karim@example.org")


@pytest.fixture
def activity(site, host):
    return make.make_activity(site, host)


def draft(site, **changes) -> SiteDraft:
    values = dict(name=site.name, address="21 rue des Ateliers", postcode=site.postcode,
                  commune=db.session.get_one(Commune, site.commune_insee))  # fmt: skip
    return SiteDraft(**{**values, **changes})


def company_draft(company, **changes) -> CompanyDraft:
    return CompanyDraft(**{"name": company.name, "sector": company.sector, **changes})


def booked(activity, as_option=False) -> Booking:
    slot, school_class = make.make_slot(activity), make.make_class()
    with transaction():
        return request_places(
            slot.id, school_class.id, db.session.get(Person, school_class.owner_id), as_option=as_option
        )


def correct(site, person, **changes) -> int:
    with transaction():
        return rewrite_site(site.id, person, draft(site, **changes))


def deliver_all():
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)


def mails(kind):
    query = select(OutgoingMail).where(OutgoingMail.kind == kind).order_by(OutgoingMail.created_at, OutgoingMail.id)
    return db.session.scalars(query).all()


# ---- An address


def test_a_corrected_address_reaches_confirmed_classes_and_moves_their_event(both_databases, activity, site, host):
    booking = booked(activity)
    deliver_all()
    assert booking.place == OLD
    assert correct(site, host) == 1
    deliver_all()
    assert booking.place == NEW
    assert [event.event for event in booking.events][-1] is Event.SITE_CORRECTED
    updated = mails("booking-updated")
    assert {mail.person_id for mail in updated} == {booking.teacher_id, host.id}
    assert {mail.sequence for mail in updated} == {1}
    assert {mail.object_key for mail in updated} == {mail.object_key for mail in mails("booking-confirmed")}
    assert (updated[0].payload["before"]["place"], updated[0].payload["facts"]["place"]) == (OLD, NEW)
    assert violations() == []


def test_the_public_calendar_follows_the_new_address(activity, site, host):
    slot = make.make_slot(activity)
    workshop = make.make_slot(make.make_activity(site, host, kind=ActivityKind.CLASSROOM_WORKSHOP))
    correct(site, host)
    assert (slot.sequence, workshop.sequence) == (1, 0)
    correct(site, host)
    assert slot.sequence == 1  # nothing has changed since


def test_what_is_over_stays_where_it_took_place(activity, site, host):
    slot = make.make_slot(activity, local_start=datetime(2026, 11, 10, 9, 0))
    past = make.make_booking(slot, state=State.ATTENDED)
    correct(site, host)
    assert (past.place, slot.sequence) == (OLD, 0)


def test_options_requests_and_offers_hear_of_a_new_address_without_a_calendar(site, host):
    asked = booked(make.make_activity(site, host, confirmation=ConfirmationMode.APPROVAL))
    held = booked(make.make_activity(site, host), as_option=True)
    assert (asked.state, held.state) == (State.REQUESTED, State.HELD)
    deadlines = (asked.deadline_at, held.deadline_at)
    assert correct(site, host) == 2
    deliver_all()
    assert asked.place == held.place == NEW
    assert (asked.deadline_at, held.deadline_at) == deadlines
    letters = mails("booking-moved")
    assert {mail.person_id for mail in letters} == {asked.teacher_id, held.teacher_id}
    assert all(mail.payload["object"] is None for mail in letters)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_letter_of_a_new_address_names_the_old_one_too_and_no_new_date(site, host, language):
    held = booked(make.make_activity(site, host), as_option=True)
    held.teacher.language = language
    db.session.commit()
    deliver()
    correct(site, host)
    [letter] = to_teacher(deliver(), held)
    assert letter.subject.startswith({"fr": "Adresse corrigée", "en": "Address corrected"}[language])
    for body in (letter.text, letter.html):
        assert "21 rue des Ateliers" in body and "12 rue des Ateliers" in body
    assert not re.search("nouvelle date|new date", letter.text)
    assert_reads_well(letter, language)


def test_a_workshop_s_classes_hear_nothing_of_the_site_s_address(site, host):
    workshop = make.make_activity(site, host, kind=ActivityKind.CLASSROOM_WORKSHOP, area_km=50)
    booking = booked(workshop)
    place = booking.place
    assert correct(site, host) == 0
    assert booking.place == place
    assert violations() == []


def test_the_index_finds_the_new_commune_and_forgets_the_old_one(activity, site, host):
    palaiseau = make.make_commune("91477", "Palaiseau", "91120", latitude=48.71, longitude=2.24)
    slot = make.make_slot(activity)
    assert correct(site, host, commune=palaiseau, postcode="91120") == 0
    words = set(db.session.scalars(select(ActivityTerm.word).where(ActivityTerm.activity_id == activity.id)))
    assert "palaiseau" in words and "courcouronnes" not in words
    assert (site.commune_name, site.latitude, slot.sequence) == ("Palaiseau", 48.71, 1)


def test_another_commune_is_refused_while_a_class_counts_on_this_one(both_databases, activity, site, host):
    palaiseau = make.make_commune("91477", "Palaiseau", "91120")
    booked(activity)
    with pytest.raises(PlaceIsBooked):
        correct(site, host, commune=palaiseau)
    assert site.commune_name == "Évry-Courcouronnes"


def test_another_hour_of_the_world_is_refused_while_dates_are_published(activity, site, host):
    make.make_slot(activity)
    make.make_departement("974", "La Réunion", timezone="Indian/Reunion")
    far = make.make_commune("97411", "Saint-Denis", "97400", departement="974")
    with pytest.raises(ZoneDiffers):
        correct(site, host, commune=far)
    assert site.timezone == "Europe/Paris"


def test_another_departement_takes_the_dates_to_come_along(activity, site, host):
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Creteil")
    melun = make.make_commune("77288", "Melun", "77000", departement="77")
    slot = make.make_slot(activity)
    correct(site, host, commune=melun)
    assert (slot.departement_code, slot.academie_code) == ("77", "24")


# ---- Practical facts


def test_practical_facts_are_told_to_confirmed_classes_alone_and_move_no_event(activity, site, host):
    booking = booked(activity)
    booked(make.make_activity(site, host, confirmation=ConfirmationMode.APPROVAL))
    deliver_all()
    assert correct(site, host, address=site.address, access="Par la grille verte.") == 1
    deliver_all()
    (letter,) = mails("booking-updated")[:1]
    assert {mail.person_id for mail in mails("booking-updated") if mail.sent_at} == {booking.teacher_id}
    assert letter.payload["facts"]["access"] == "Par la grille verte."
    assert {mail.sequence for mail in mails("booking-updated") if mail.sent_at} == {0}
    assert mails("booking-moved") == []


def test_an_activity_that_says_how_to_come_keeps_its_own_words(site, host):
    booking = booked(make.make_activity(site, host, access="Par le quai."))
    assert correct(site, host, address=site.address, access="Par la grille verte.") == 0
    assert booking.events[-1].event is not Event.SLOT_REWORDED


# ---- The company


def test_a_renamed_company_takes_its_site_along_and_tells_its_classes(both_databases, activity, site, host):
    booking = booked(activity)
    other = make.make_site(site.company, name="Atelier nord")
    deliver_all()
    with transaction():
        assert rewrite_company(site.company_id, host, company_draft(site.company, name="Turbines de l’Orge")) == 1
    deliver_all()
    assert (site.name, other.name) == ("Turbines de l’Orge", "Atelier nord")
    assert booking.place.startswith("Turbines de l’Orge, 12 rue")
    of_teacher = next(mail for mail in mails("booking-updated") if mail.person_id == booking.teacher_id)
    assert of_teacher.payload["before"]["company"] == "Turbines du Hurepoix"
    words = set(db.session.scalars(select(ActivityTerm.word).where(ActivityTerm.activity_id == activity.id)))
    assert "orge" in words and "hurepoix" not in words
    assert violations() == []


def test_a_new_sector_or_website_tells_nobody(activity, site, host):
    booked(activity)
    changed = company_draft(site.company, sector="aeronautique-spatial", website="https://www.exemple.fr")
    with transaction():
        assert rewrite_company(site.company_id, host, changed) == 0


def test_a_second_site_is_of_the_same_company_and_stands_once(both_databases, site):
    company, new = site.company, draft(site, name="Atelier nord")
    number = make.siret(company.siren, 9500)
    with transaction():
        add_site(company.id, number, new)
    assert [each.name for each in company.sites] == ["Turbines du Hurepoix", "Atelier nord"]
    assert company.sites[1].timezone == "Europe/Paris"
    with pytest.raises(SiteKnown), transaction():
        add_site(company.id, number, new)
    with pytest.raises(NotYourSiren), transaction():
        add_site(company.id, make.siret(make.siren()), new)


# ---- The check


def test_the_check_names_a_class_that_is_sent_elsewhere(activity):
    booking = booked(activity)
    booking.place = "Ailleurs"
    db.session.commit()
    assert [violation.code for violation in violations()] == ["booking-place"]


# ---- The pages


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def typed(site, **changes):
    values = {"name": site.name, "address": site.address, "postcode": site.postcode, "town": site.commune_name,
              "access": "", "parking": "", "safety": ""}  # fmt: skip
    return {**values, **changes}


@pytest.fixture
def page(client, host):
    return signed_in(client, host)


@pytest.fixture
def base(site):
    return f"/company/{site.company_id}"


def test_a_manager_corrects_the_address_and_reads_who_is_told(page, activity, site, base):
    booked(activity)
    address = f"{base}/sites/{site.id}/edit"
    assert 'value="12 rue des Ateliers"' in page.get(address).text
    answer = page.post(address, data=typed(site, address="21 rue des Ateliers"), follow_redirects=True)
    assert "La classe concernée est prévenue" in text_of(answer)
    assert "21 rue des Ateliers, 91000 Évry-Courcouronnes" in text_of(answer)


def test_the_town_that_is_typed_counts_not_the_one_that_was(page, site, base):
    make.make_commune("91999", "Lisses", "91000 91090")
    page.post(f"{base}/sites/{site.id}/edit", data=typed(site, town="lisses"))
    assert db.session.get_one(Site, site.id).commune_insee == "91999"


def test_a_refused_correction_keeps_what_was_typed_beside_its_sentence(page, activity, site, base):
    make.make_commune("91477", "Palaiseau", "91120")
    booked(activity)
    answer = page.post(f"{base}/sites/{site.id}/edit", data=typed(site, postcode="91120", town="Palaiseau"))
    assert 'id="town-error"' in answer.text
    assert 'value="Palaiseau"' in answer.text
    assert db.session.get_one(Site, site.id).commune_name == "Évry-Courcouronnes"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"address": " "}, "address"),
        ({"postcode": "9100"}, "postcode"),
        ({"postcode": "９１０００"}, "postcode"),
        ({"town": ""}, "town"),
        ({"postcode": "99999", "town": "Nulle-Part"}, "commune"),
        ({"access": "x" * 1001}, "access"),
        ({"parking": "x" * 501}, "parking"),
    ],
)
def test_bad_input_for_a_site_gets_a_sentence_beside_its_field(page, site, base, changes, field):
    answer = page.post(f"{base}/sites/{site.id}/edit", data=typed(site, **changes))
    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.text
    assert site.one_line == OLD


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\x00\x07"}, "name"),
        ({"sector": "inconnu"}, "sector"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "www.exemple.fr"}, "website"),
        ({"website": "https://compte@exemple.fr"}, "website"),
        ({"website": "https://" + "x" * 200 + ".fr"}, "website"),
    ],
)
def test_bad_input_for_a_company_gets_a_sentence_beside_its_field(page, site, base, changes, field):
    values = {"name": "Turbines", "sector": "metallurgie-mecanique", "website": "", **changes}
    answer = page.post(f"{base}/about/edit", data=values)
    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.text
    assert db.session.get_one(Company, site.company_id).name == "Turbines du Hurepoix"


def test_a_manager_renames_the_company_and_adds_a_site(page, site, base):
    page.post(f"{base}/about/edit", data={"name": "Turbines de l’Orge", "sector": "metallurgie-mecanique"})
    number = make.siret(site.company.siren, 9500)
    answer = page.post(f"{base}/sites/new", data=typed(site, siret=number, name="Atelier nord"), follow_redirects=True)
    assert "Turbines de l’Orge" in text_of(answer) and "Atelier nord" in text_of(answer)
    again = page.post(f"{base}/sites/new", data=typed(site, siret=number, name="Atelier nord"))
    assert 'id="siret-error"' in again.text


PAGES = ("about/edit", "sites/new", "sites/{site}/edit")


@pytest.mark.parametrize("path", ["about", *PAGES])
def test_another_company_s_pages_are_not_found(client, site, base, path):
    stranger = signed_in(client, make.make_host())
    address = f"{base}/{path.format(site=site.id)}"
    assert stranger.get(address).status_code == 404
    if path != "about":
        assert stranger.post(address, data=typed(site)).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_host_who_manages_nothing_reads_and_changes_nothing(client, site, base, path):
    member = signed_in(client, make.make_host(site.company, role=MemberRole.HOST))
    assert "Seul un responsable" in text_of(member.get(f"{base}/about"))
    address = f"{base}/{path.format(site=site.id)}"
    assert member.get(address).status_code == 403
    assert member.post(address, data=typed(site, address="Ailleurs")).status_code == 403
    assert site.one_line == OLD


def test_another_company_s_site_under_one_s_own_path_is_not_found(page, base):
    other = make.make_site()
    assert page.get(f"{base}/sites/{other.id}/edit").status_code == 404
    assert page.post(f"{base}/sites/{other.id}/edit", data=typed(other, address="Ailleurs")).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, base):
    assert client.get(f"{base}/about").status_code == 302
