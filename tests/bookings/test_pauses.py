"""Companies that take no new request: those that answer nobody, and those that say so. Back in one click."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from booking.accounts.models import Person
from booking.bookings import jobs, services
from booking.bookings.queries import explain
from booking.bookings.rules.explain import CompanyPaused
from booking.bookings.rules.nudges import is_silent
from booking.catalogue.models import ConfirmationMode
from booking.catalogue.queries import Search, programme
from booking.companies.models import Company
from booking.companies.pauses import is_paused
from booking.companies.rules import PauseNotPossible, check_pause
from booking.core.db import db, transaction
from booking.matching.rules import CompanyAway
from booking.matching.services import check_takes_wishes
from tests import make
from tests.bookings.test_mails import deliver
from tests.conftest import NOW
from tests.sign_in import signed_in


@pytest.fixture
def host(app, now):
    return make.make_host(make.make_company())


@pytest.fixture
def activity(host):
    company = host.memberships[0].company
    return make.make_activity(make.make_site(company), host, confirmation=ConfirmationMode.APPROVAL)


def request(activity, day: int):
    school_class = make.make_class()
    slot = make.make_slot(activity, datetime(2027, 1, day, 9))
    with transaction():
        return services.request_places(slot.id, school_class.id, db.session.get(Person, school_class.owner_id))


def the_company(activity) -> Company:
    return db.session.get_one(Company, activity.company_id, populate_existing=True)


def spread(activity, set_now, many: int = 5) -> None:
    """The same, expiring on two different days."""
    for number in range(many):
        set_now(NOW + timedelta(days=number % 2))
        request(activity, 11 + number)
    for day in range(6, 10):
        set_now(NOW + timedelta(days=day))
        jobs.expire_bookings()


def test_a_company_is_silent_after_five_requests_in_a_row_on_two_days():
    assert not is_silent(4, 4)
    assert not is_silent(9, 1)
    assert is_silent(5, 2)


def test_a_company_that_answers_nobody_takes_no_new_request_and_is_told_why(both_databases, activity, host, set_now):
    spread(activity, set_now)
    deliver()
    for _again in range(2):
        jobs.pause_silent_companies()
    assert the_company(activity).silent_since is not None
    (letter,) = [each for each in deliver() if each.kind == "company-paused"]
    assert letter.to == host.email
    assert "les 5 dernières demandes ont expiré sans réponse" in letter.flat
    slot, school_class = make.make_slot(activity, datetime(2027, 1, 26, 9)), make.make_class()
    assert isinstance(explain(slot, school_class).stops[0], CompanyPaused)
    with pytest.raises(CompanyPaused), transaction():
        services.request_places(slot.id, school_class.id, db.session.get(Person, school_class.owner_id))
    activity.dates_to_agree = True
    with pytest.raises(CompanyAway):
        check_takes_wishes(activity)


def test_four_requests_or_one_bad_day_pause_nobody(activity, set_now):
    spread(activity, set_now, many=4)
    jobs.pause_silent_companies()
    assert the_company(activity).silent_since is None


def test_the_link_of_the_mail_brings_the_company_back_in_one_click_and_its_past_is_forgotten(
    both_databases, activity, client, set_now
):
    spread(activity, set_now)
    jobs.pause_silent_companies()
    (letter,) = [each for each in deliver() if each.kind == "company-paused"]
    address = re.search(r"/a/\S+", letter.flat).group()  # type: ignore[union-attr]
    page = client.get(address)
    assert "Reprendre les demandes" in page.text
    assert the_company(activity).silent_since is not None
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)
    for _click in range(2):
        assert client.post(address, data={"csrf_token": token.group(1) if token else ""}).status_code == 200
    assert the_company(activity).silent_since is None
    jobs.pause_silent_companies()
    assert the_company(activity).silent_since is None
    assert request(activity, 28).id


def test_an_answer_to_an_earlier_request_ends_the_pause(both_databases, activity, host, set_now):
    spread(activity, set_now)
    set_now(NOW + timedelta(days=6))
    late = request(activity, 27)
    jobs.pause_silent_companies()
    set_now(NOW + timedelta(days=9))
    jobs.pause_silent_companies()
    assert the_company(activity).silent_since is not None
    with transaction():
        services.answer_request(late.id, host, accept=True)
    jobs.pause_silent_companies()
    assert the_company(activity).silent_since is None


def test_a_paused_company_has_no_free_places_in_the_programme_and_its_page_says_it_kindly(activity, client, now):
    make.make_slot(activity, datetime(2027, 1, 12, 9))
    edition = activity.edition
    assert programme(Search(free=True), edition).total == 1
    the_company(activity).silent_since = NOW
    db.session.commit()
    assert programme(Search(free=True), edition).total == 0
    assert programme(Search(), edition).total == 1
    page = client.get(f"/programme/{activity.id}", follow_redirects=True).text
    assert "pour ne pas vous faire attendre en vain" in page
    assert "Voir des visites proches avec des places" in page


def test_a_company_pauses_itself_until_a_day_and_comes_back_before(activity, host, client, now):
    signed_in(client, host)
    company_id = activity.company_id
    assert "dans l’année" in client.post(f"/company/{company_id}/pause", data={"until": "2025-01-01"}).text
    client.post(f"/company/{company_id}/pause", data={"until": "2027-01-05"})
    company = the_company(activity)
    assert is_paused(company, date(2027, 1, 5))
    assert not is_paused(company, date(2027, 1, 6))
    assert "Vous ne recevez pas de nouvelle demande jusqu’au" in client.get(f"/company/{company_id}/").text
    client.post(f"/company/{company_id}/return")
    assert not is_paused(the_company(activity), NOW.date())
    signed_in(client, make.make_host(make.make_company("Autre")))
    assert client.post(f"/company/{company_id}/return").status_code == 404


def test_a_pause_ends_within_a_year():
    for until in (date(2026, 11, 23), date(2027, 12, 1)):
        with pytest.raises(PauseNotPossible):
            check_pause(until, today=NOW.date())
