"""An officer publishes for a firm that asked: with the firm's form, and everybody there reads who entered it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import ScopeKind
from booking.catalogue import entering
from booking.catalogue.models import Activity, PublicationState
from booking.catalogue.rules.publication import CompanyNotTrusted
from booking.companies.models import Trust
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make
from tests.bookings.test_mails import deliver
from tests.sign_in import signed_in


@pytest.fixture
def asked(app, now):
    """A firm with a manager, an officer of its territory, and what the officer types."""
    edition, site, officer = make.make_edition(), make.make_site(), make.make_officer()
    host = make.make_host(site.company)
    typed = {
        "kind": "site_visit", "title": "La coulée du matin", "summary": "Du sable au métal.", "sector": "metallurgie-mecanique",
        "description": "Votre classe suit une pièce.", "all_levels": "y", "languages": "fr", "site_id": str(site.id),
        "adults_per_group": "1", "edition_id": str(edition.id), "confirmation": "approval", "answer_days": "5",
        "option_days": "5", "cancellation_days": "7", "contact_id": str(host.id),
    }  # fmt: skip
    return site, host, officer, typed


def here(officer) -> str:
    return f"/territory/{officer.memberships[0].id}"


DATE = {
    "day": "2027-01-12", "start": "09:00", "end": "11:00", "max_classes": "1", "max_pupils": "30", "adults_per_class": "1",
    "closes_days": "3", "audience": "all",
}  # fmt: skip


@pytest.mark.usefixtures("both_databases")
def test_an_officer_describes_dates_and_publishes_and_the_firm_reads_who_did(asked, client):
    site, host, officer, typed = asked
    signed_in(client, officer)
    assert f"{here(officer)}/entering" in client.get(f"{here(officer)}/activities").text
    assert site.company.name in client.get(f"{here(officer)}/entering?q=hurepoix").text
    answer = client.post(f"{here(officer)}/entering/{site.company_id}", data=typed)
    activity = db.session.scalars(select(Activity)).one()
    page = f"{here(officer)}/entered/{activity.id}"
    assert answer.location == page
    assert (activity.company_id, activity.entered_by_id, activity.state) == (
        site.company_id,
        officer.id,
        PublicationState.DRAFT,
    )
    # Without a date it is not ready, and nobody is told anything.
    assert client.post(f"{page}/publication").status_code == 409
    assert db.session.scalar(select(OutgoingMail)) is None
    assert "La coulée du matin" in client.get(f"{here(officer)}/entering").text
    assert client.post(f"{page}/edit", data={**typed, "title": "La coulée du soir"}).status_code == 302
    assert client.post(f"{page}/slots/new", data=DATE).status_code == 302
    assert client.post(f"{page}/publication").status_code == 302
    db.session.expire_all()
    assert (activity.title, activity.state) == ("La coulée du soir", PublicationState.PUBLISHED)
    assert violations() == []
    # It is the firm's from now on; a second press says so, and writes to nobody again.
    assert client.post(f"{page}/publication").status_code == 409
    assert "elle seule la change" in client.post(f"{page}/edit", data={**typed, "title": "Autre"}).text
    assert "elle seule la change" in client.post(f"{page}/slots/new", data={**DATE, "day": "2027-01-13"}).text
    assert (activity.title, len(activity.slots)) == ("La coulée du soir", 1)
    signed_in(client, host)
    theirs = f"/company/{site.company_id}/activities"
    assert (
        "saisie par les services académiques (Odile Martin) pour Turbines du Hurepoix"
        in client.get(f"{theirs}/{activity.id}").text
    )
    assert "saisie par les services académiques" in client.get(theirs).text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Odile Martin (services académiques) a saisi et publié cette activité pour Turbines du Hurepoix"),
        ("en", "Odile Martin (education authority) entered and published this activity for Turbines du Hurepoix"),
    ],
)
def test_the_managers_get_one_message_with_the_officers_name_and_a_link(asked, client, language, words):
    site, host, officer, _typed = asked
    host.language = language
    make.make_host(site.company, first_name="Sans", confirmed=False)
    activity = make.make_activity(site, host, state=PublicationState.DRAFT, published_at=None, entered_by_id=officer.id)
    make.make_slot(activity)
    signed_in(client, officer).post(f"{here(officer)}/entered/{activity.id}/publication")
    (letter,) = deliver()
    assert letter.to == host.email
    assert words in letter.flat
    assert f"/company/{site.company_id}/activities/{activity.id}" in letter.flat


def test_firms_of_elsewhere_or_not_verified_are_404(asked, client):
    site, host, officer, typed = asked
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    stranger = make.make_officer(ScopeKind.DEPARTEMENT, "33")
    draft = make.make_activity(site, host, state=PublicationState.DRAFT, published_at=None, entered_by_id=officer.id)
    make.make_slot(draft)
    signed_in(client, stranger)
    assert site.company.name not in client.get(f"{here(stranger)}/entering?q=Hurepoix").text
    assert client.post(f"{here(stranger)}/entering/{site.company_id}", data=typed).status_code == 404
    for action in ("edit", "slots/new", "publication"):
        assert client.post(f"{here(stranger)}/entered/{draft.id}/{action}", data=typed).status_code == 404
    assert draft.state is PublicationState.DRAFT
    # A site of the same firm in another territory is none of the form's.
    there = make.make_site(site.company, "33")
    answer = signed_in(client, officer).post(
        f"{here(officer)}/entering/{site.company_id}", data={**typed, "site_id": there.id}
    )
    assert 'href="#site_id"' in answer.text and "La coulée du matin" in answer.text
    assert db.session.scalars(select(Activity)).all() == [draft]
    waiting = make.make_site(make.make_company("Fonderie neuve", trusted=False))
    assert "Fonderie neuve</a>" not in client.get(f"{here(officer)}/entering?q=Fonderie").text
    assert client.get(f"{here(officer)}/entering/{waiting.company_id}").status_code == 404


def test_what_the_firm_describes_itself_is_not_the_officers(asked, client):
    site, host, officer, typed = asked
    own = make.make_activity(site, host, state=PublicationState.DRAFT, published_at=None)
    signed_in(client, officer)
    assert client.get(f"{here(officer)}/entered/{own.id}").status_code == 404
    assert client.post(f"{here(officer)}/entered/{own.id}/edit", data=typed).status_code == 404


def test_a_firm_that_lost_its_trust_meanwhile_is_not_published(asked):
    site, host, officer, _typed = asked
    draft = make.make_activity(site, host, state=PublicationState.DRAFT, published_at=None, entered_by_id=officer.id)
    make.make_slot(draft, datetime(2027, 1, 12, 9) + timedelta(days=1))
    site.company.trust = Trust.REFUSED
    db.session.commit()
    with pytest.raises(CompanyNotTrusted), transaction():
        entering.publish_entered(draft.id, officer)
    assert draft.state is PublicationState.DRAFT
