"""Who may write, how often, what a sender is told of the mail; reports and their limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from booking.bookings.rules.states import ENDED, Actor, State
from booking.mail.models import MailState
from booking.messages.rules.drafts import Draft, Scene, draft_text
from booking.messages.rules.reports import (
    MOST_ANONYMOUS_HERE,
    MOST_BY_SOURCE,
    TooManyReports,
    check_not_flooding,
    source_of,
)
from booking.messages.rules.writing import (
    OPEN_AFTER,
    PACES,
    Delivery,
    ThreadClosed,
    TooManyMessages,
    check_is_open,
    check_pace,
    delivery_of,
)
from tests.conftest import NOW


@pytest.mark.parametrize("state", State)
def test_one_writes_on_a_booking_until_it_came_to_nothing_or_long_after_the_visit(state):
    if state in ENDED:
        with pytest.raises(ThreadClosed):
            check_is_open(state, NOW, NOW)
    else:
        check_is_open(state, NOW - OPEN_AFTER / 2, NOW)
        with pytest.raises(ThreadClosed):
            check_is_open(state, NOW - OPEN_AFTER, NOW)


def test_a_side_writes_so_many_messages_in_a_day_and_is_told_from_when_again():
    pace = PACES[Actor.HOST]
    written = [NOW - timedelta(hours=number) for number in range(pace.most)]
    check_pace(written[1:], NOW, pace)
    with pytest.raises(TooManyMessages) as refused:
        check_pace(written, NOW, pace)
    assert refused.value.again_at == written[-1] + timedelta(days=1)
    check_pace(written, refused.value.again_at, pace)


@pytest.mark.parametrize(
    ("mails", "expected"),
    [
        ([], None),
        ([(MailState.PENDING, None)], Delivery.WAITING),
        ([(MailState.SENDING, None)], Delivery.WAITING),
        ([(MailState.SENT, None)], Delivery.SENT),
        ([(MailState.DEAD, "RCPT: 550 no such user"), (MailState.SENT, None)], Delivery.SENT),
        ([(MailState.DEAD, "RCPT: 550 no such user")], Delivery.REFUSED),
        ([(MailState.DEAD, "given up after 12 attempts: connection")], Delivery.FAILED),
    ],
)
def test_48_the_sender_knows_what_became_of_the_mail(mails, expected):
    assert delivery_of(mails) == expected


@pytest.mark.parametrize("draft", Draft)
def test_49_a_common_message_is_worded_for_a_visit_or_for_a_workshop_in_class(app, draft):
    visit, workshop = (
        draft_text(draft, Scene(is_workshop, "mardi 12 janvier", "12 rue des Ateliers", "")) for is_workshop in (0, 1)
    )
    assert visit != workshop
    assert "…" in visit
    assert "présentez-vous" not in workshop


def test_reports_are_limited_by_reader_and_for_unknown_readers_by_page():
    check_not_flooding(MOST_BY_SOURCE - 1, 500, is_anonymous=False)
    check_not_flooding(0, MOST_ANONYMOUS_HERE - 1, is_anonymous=True)
    for counts, is_anonymous in (((MOST_BY_SOURCE, 0), False), ((0, MOST_ANONYMOUS_HERE), True)):
        with pytest.raises(TooManyReports):
            check_not_flooding(*counts, is_anonymous=is_anonymous)


def test_a_source_counts_a_reader_today_and_cannot_be_followed_to_tomorrow():
    today = source_of("secret", "192.0.2.1", date(2026, 11, 24))
    assert today == source_of("secret", "192.0.2.1", date(2026, 11, 24))
    assert today != source_of("secret", "192.0.2.1", date(2026, 11, 25))
    assert today != source_of("other", "192.0.2.1", date(2026, 11, 24))
    assert "192" not in today
