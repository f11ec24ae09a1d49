"""The weekly letter of needs: to whom, when, with what, once a week, and how it is stopped."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.accounts.models import Person
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.matching.board import services as board
from booking.matching.board.rules import NeedDraft
from booking.matching.digests import services
from booking.matching.digests.jobs import send_needs_digests
from booking.matching.digests.rules import DIGEST, is_worth_a_letter, week_due
from booking.matching.models import Need
from booking.matching.rules import Wish
from tests import make
from tests.bookings.test_mails import deliver
from tests.conftest import NOW

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


def post(name="4e B", **values) -> Need:
    school_class = make.make_class(name=name, **values)
    with transaction():
        return board.post_to_board(
            school_class.id,
            db.session.get_one(Person, school_class.owner_id),
            NeedDraft(wishes=(Wish(date(2027, 1, 12), date(2027, 1, 22)),), theme="robots"),
        )


@pytest.fixture
def host(app, now):
    host = make.make_host(make.make_company())
    make.make_activity(make.make_site(host.memberships[0].company), host)
    return host


def letters() -> list:
    send_needs_digests()
    return [letter for letter in deliver() if letter.kind == "needs-digest"]


@pytest.mark.parametrize(
    ("local", "week"),
    [
        (datetime(2026, 11, 23, 10), None), (datetime(2026, 11, 24, 7, 59), None), (datetime(2026, 11, 24, 8), date(2026, 11, 23)),
        (datetime(2026, 11, 27, 17, 59), date(2026, 11, 23)), (datetime(2026, 11, 28, 10), None),
    ],
)  # fmt: skip
def test_the_letter_leaves_on_tuesday_in_working_hours_or_later_in_the_week(local, week):
    assert week_due(local) == week


def test_a_letter_needs_something_new():
    assert is_worth_a_letter([NOW], None)
    assert is_worth_a_letter([NOW, NOW + timedelta(1)], NOW)
    assert not is_worth_a_letter([NOW], NOW)
    assert not is_worth_a_letter([], None)


def test_a_firm_gets_the_needs_it_could_meet_once_a_week_and_only_when_something_is_new(both_databases, host, set_now):
    post()
    (letter,) = letters()
    assert letter.to == host.email
    assert letter.subject == "Une classe cherche une visite que vous pourriez offrir"
    assert "robots" in letter.flat
    assert letters() == []
    set_now(TUESDAY + timedelta(days=1))
    post("3e A")
    assert letters() == []
    set_now(TUESDAY + timedelta(days=7))
    (second,) = letters()
    assert second.subject == "2 classes cherchent une visite que vous pourriez offrir"
    set_now(TUESDAY + timedelta(days=14))
    assert letters() == []


def test_two_workers_write_one_letter(both_databases, host):
    post()
    due = services.due_digests()
    for _worker in range(2):
        for person_id in due:
            with transaction():
                services.send_digest(person_id)
    count = select(func.count()).select_from(OutgoingMail).where(OutgoingMail.kind == "needs-digest")
    assert db.session.scalar(count) == 1


def test_a_letter_holds_a_few_needs_and_says_how_many_are_left(host):
    for number in range(DIGEST.most + 2):
        post(f"4e {number}")
    (letter,) = letters()
    assert letter.flat.count("/board/") == DIGEST.most
    assert "2 autres recherches vous attendent sur la page." in letter.flat


def test_one_click_stops_the_letters(host, client):
    post()
    (letter,) = letters()
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(letter.message["List-Unsubscribe"]).strip("<>")
    assert address in letter.flat
    assert (
        client.post(re.sub(r"^https?://[^/]+", "", address), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    )
    assert not db.session.get_one(Person, host.id, populate_existing=True).wants_digest
    assert services.due_digests() == []


def test_who_stopped_the_letters_or_is_paused_gets_none(host):
    post()
    host.wants_digest = False
    db.session.commit()
    assert letters() == []
    host.wants_digest = True
    host.memberships[0].company.silent_since = NOW
    db.session.commit()
    assert letters() == []


def test_a_need_that_ends_before_the_letter_leaves_is_not_in_it(host):
    need, other = post(), post("3e A")
    send_needs_digests()
    with transaction():
        board.withdraw_from_board(need.id, need.teacher)
    (letter,) = [each for each in deliver() if each.kind == "needs-digest"]
    assert f"/board/{other.id}" in letter.flat
    assert f"/board/{need.id}" not in letter.flat


def test_the_letter_in_english_has_no_french_in_it(host):
    host.language = "en"
    db.session.commit()
    post()
    (letter,) = letters()
    assert letter.subject == "A class is looking for a visit that you could offer"
    assert not any(word in letter.flat for word in ("Vous", "Bonjour", "Cherche", "Proposer", "élèves"))
