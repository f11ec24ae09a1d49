"""What the mails of a need say when they leave, in both languages."""

from __future__ import annotations

import email
import re
from datetime import date
from email.policy import SMTP

import html5lib
import pytest
from sqlalchemy import update

from booking.accounts.models import Person
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.matching import services
from booking.matching.rules import Wish
from tests import make

pytestmark = pytest.mark.usefixtures("app", "now")

WISH = Wish(date(2027, 1, 12), date(2027, 1, 12))


def letters():
    found = []
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)
        found.append(email.message_from_bytes(parcel.body, policy=SMTP))
    return found


def post():
    activity, school_class = make.make_activity(dates_to_agree=True), make.make_class()
    with transaction():
        return services.post_need(
            activity.id, school_class.id, db.session.get_one(Person, school_class.owner_id), [WISH], "À\r\nBcc: x@y.fr"
        )


def decline(need):
    services.decline_need(need.id, need.activity.contact, reason="no_guide", note="Désolé")


def withdraw(need):
    services.withdraw_need(need.id, need.teacher)


def test_the_firm_reads_who_asks_for_what_and_until_when():
    need = post()
    [letter] = letters()
    text = re.sub(r"\s+", " ", letter.get_body(("plain",)).get_content())
    assert letter["X-Message-Kind"] == "need-received"
    assert letter["To"] == f"{need.activity.contact.name} <{need.activity.contact.email}>"
    assert "mardi 12 janvier 2027, toute la journée" in text
    assert "Répondez avant le mardi 1er décembre 2026, 18 h" in text
    assert f"/company/{need.activity.company_id}/needs/{need.id}" in text
    assert letter["Bcc"] is None


def test_the_teacher_reads_the_reason_of_a_no():
    need = post()
    letters()
    with transaction():
        decline(need)
    [letter] = letters()
    text = re.sub(r"\s+", " ", letter.get_body(("plain",)).get_content())
    assert "pas d’intervenant disponible" in text
    assert "Désolé" in text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("end", [decline, withdraw])
def test_every_mail_of_a_need_is_whole(language, end):
    need = post()
    with transaction():
        db.session.execute(update(Person).values(language=language))
    with transaction():
        end(need)
    for letter in letters():
        page = letter.get_body(("html",)).get_content()
        document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
        assert len(document.findall(".//h1")) == 1
        plain = letter.get_body(("plain",)).get_content()
        for link in document.findall(".//a"):
            assert link.get("href") in plain
        for leak in ("None", "undefined", "{{", "{%", "%(", "&#"):
            assert leak not in plain
            assert leak not in "".join(document.itertext())
