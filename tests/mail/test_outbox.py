"""Queueing, claiming, order and leases, on both databases (specs/invitations §4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import MailState, OutgoingMail
from booking.mail.queries import figures, is_failing
from booking.mail.rules import LEASE, Failure, Stage, Verdict
from tests.conftest import NOW

LOST = Failure(Stage.RECIPIENT, None, "connection lost")
BUSY = Failure(Stage.RECIPIENT, 451, "busy")
MAYBE = Failure(Stage.AFTER_DATA, None, "TimeoutError")
UNKNOWN = Failure(Stage.RECIPIENT, 550, "unknown")

pytestmark = pytest.mark.usefixtures("both_databases")


def rows() -> int:
    count = db.session.scalar(db.select(db.func.count()).select_from(OutgoingMail))
    db.session.rollback()
    return count


def claimed_ids() -> list:
    found = []
    while parcel := outbox.claim():
        found.append(parcel.id)
    return found


def test_the_same_key_twice_makes_one_message(app, queue):
    assert queue(dedupe_key="one")
    assert queue(dedupe_key="one") is None
    assert rows() == 1


def test_a_message_that_is_rolled_back_never_existed(app, queue):
    with pytest.raises(ZeroDivisionError), transaction():
        outbox.queue("account", "a@example.org", payload={}, dedupe_key="lost")
        raise ZeroDivisionError
    assert rows() == 0


def test_an_unknown_kind_is_refused(app):
    with pytest.raises(ValueError, match="unknown kind"):
        outbox.queue("advertisement", "a@example.org", payload={}, dedupe_key="x")


def test_the_message_id_is_made_when_queued_and_names_the_mail_domain(app, queue, read):
    mail = read(queue())
    assert mail.message_id == f"<{mail.id}@etabli.example>"


def test_a_message_is_claimed_once(app, queue, read):
    mail_id = queue()
    assert outbox.claim().id == mail_id
    assert outbox.claim() is None
    mail = read(mail_id)
    assert (mail.state, mail.attempts, mail.lease_until) == (MailState.SENDING, 1, NOW + LEASE)
    assert mail.body


def test_the_bytes_are_composed_once(app, queue, read, set_now):
    mail_id = queue()
    first = outbox.claim()
    outbox.settle_failed(first, BUSY)
    set_now(NOW + timedelta(hours=1))
    again = outbox.claim()
    assert again.body == first.body
    assert read(mail_id).attempts == 2


def test_a_failed_message_waits_before_it_is_tried_again(app, queue, read, set_now):
    mail_id = queue()
    assert outbox.settle_failed(outbox.claim(), BUSY) is Verdict.RETRY
    mail = read(mail_id)
    assert (mail.state, mail.possibly_sent) == (MailState.PENDING, False)
    assert NOW + timedelta(seconds=30) <= mail.next_attempt_at <= NOW + timedelta(seconds=60)
    assert "451" in mail.last_error
    assert outbox.claim() is None
    set_now(NOW + timedelta(seconds=61))
    assert outbox.claim().id == mail_id


def test_the_twelfth_failure_is_the_last(app, queue, read, set_now):
    mail_id = queue()
    for attempt in range(12):
        set_now(NOW + timedelta(hours=6 * attempt))
        outbox.settle_failed(outbox.claim(), LOST)
    mail = read(mail_id)
    assert (mail.state, mail.attempts) == (MailState.DEAD, 12)
    assert mail.last_error.startswith("given up after 12 attempts")


def test_a_failure_after_three_days_is_the_last(app, queue, read, set_now):
    mail_id = queue()
    outbox.settle_failed(outbox.claim(), LOST)
    set_now(NOW + timedelta(hours=73))
    outbox.settle_failed(outbox.claim(), LOST)
    assert read(mail_id).state is MailState.DEAD


def test_a_refused_address_is_dead_at_once_and_marked_after_two_in_a_row(app, queue, read):
    for attempt in (1, 2):
        mail_id = queue("Perdue@example.org")
        assert outbox.settle_failed(outbox.claim(), UNKNOWN) is Verdict.DEAD
        assert read(mail_id).state is MailState.DEAD
        assert is_failing("perdue@example.org") is (attempt == 2)
        db.session.rollback()
    queue("perdue@example.org")
    outbox.settle_sent(outbox.claim())
    assert not is_failing("perdue@example.org")


def test_a_refusal_of_our_configuration_costs_the_message_nothing(app, queue, read):
    mail_id = queue()
    assert outbox.settle_failed(outbox.claim(), Failure(Stage.CONNECT, 535, "bad password")) is Verdict.CONFIGURATION
    mail = read(mail_id)
    assert (mail.state, mail.attempts, mail.next_attempt_at) == (MailState.PENDING, 0, NOW)


def test_messages_of_one_object_leave_in_order(app, queue, set_now):
    first, second = queue(object_key="thread"), queue(object_key="thread")
    parcel = outbox.claim()
    assert parcel.id == first
    assert outbox.claim() is None
    outbox.settle_failed(parcel, BUSY)
    assert outbox.claim() is None, "the later one waits while the earlier one does"
    set_now(NOW + timedelta(minutes=2))
    parcel = outbox.claim()
    assert parcel.id == first
    outbox.settle_sent(parcel)
    assert outbox.claim().id == second


def test_a_newer_message_of_the_same_object_takes_the_place_of_one_that_never_left(app, queue, read):
    first = queue(object_key="object", supersedes=True)
    other = queue(object_key="another", supersedes=True)
    second = queue(object_key="object", supersedes=True)
    assert read(first).state is MailState.SUPERSEDED
    assert set(claimed_ids()) == {other, second}


def test_a_message_that_may_have_left_is_sent_again_before_the_newer_one(app, queue, read, set_now):
    first = queue(object_key="object", supersedes=True)
    outbox.settle_failed(outbox.claim(), MAYBE)
    second = queue(object_key="object", supersedes=True)
    assert read(first).state is MailState.PENDING
    assert read(first).possibly_sent
    set_now(NOW + timedelta(minutes=2))
    parcel = outbox.claim()
    assert parcel.id == first
    outbox.settle_sent(parcel)
    assert outbox.claim().id == second


def test_a_message_refused_while_a_newer_one_came_is_not_tried_again(app, queue, read):
    first = queue(object_key="object", supersedes=True)
    parcel = outbox.claim()
    second = queue(object_key="object", supersedes=True)
    assert read(first).state is MailState.SENDING
    assert outbox.claim() is None
    outbox.settle_failed(parcel, BUSY)
    assert read(first).state is MailState.SUPERSEDED
    assert outbox.claim().id == second


def test_urgent_messages_leave_first(app, queue):
    slow, quick = queue(priority=8), queue(priority=1)
    assert claimed_ids() == [quick, slow]


def test_a_pointless_message_is_set_aside(app, queue, read, set_now):
    mail_id = queue(expires_at=NOW + timedelta(hours=1))
    set_now(NOW + timedelta(hours=1))
    assert outbox.claim() is None
    assert read(mail_id).state is MailState.DEAD
    assert "expired" in read(mail_id).last_error


def test_what_a_dead_worker_held_is_sent_again_and_counts_as_perhaps_sent(app, queue, read, set_now):
    mail_id = queue()
    first = outbox.claim()
    set_now(NOW + LEASE)
    assert outbox.free_expired_leases() == 0
    set_now(NOW + LEASE + timedelta(seconds=1))
    assert outbox.free_expired_leases() == 1
    assert read(mail_id).possibly_sent
    again = outbox.claim()
    assert again.body == first.body
    outbox.settle_sent(first)
    assert read(mail_id).state is MailState.SENDING, "the worker that lost its lease has no say any more"
    outbox.settle_sent(again)
    assert read(mail_id).state is MailState.SENT


def test_a_message_that_cannot_be_composed_does_not_stop_the_others(app, queue, read, caplog):
    with transaction():
        broken = outbox.queue("account", "secret@example.org", payload={"text": 1}, dedupe_key="broken").id
    good = queue()
    assert claimed_ids() == [good]
    mail = read(broken)
    assert (mail.state, mail.last_error) == (MailState.PENDING, "compose: KeyError")
    assert "could not be composed" in caplog.text
    assert "secret" not in caplog.text


def test_the_bytes_are_forgotten_a_month_after_they_left(app, queue, read, set_now):
    mail_id = queue()
    outbox.settle_sent(outbox.claim())
    set_now(NOW + timedelta(days=30))
    assert outbox.erase_old_bytes() == 0
    set_now(NOW + timedelta(days=30, seconds=1))
    assert outbox.erase_old_bytes() == 1
    mail = read(mail_id)
    assert (mail.body, mail.payload, mail.subject) == (None, {}, "Message 1")


def test_the_figures_of_the_outbox(app, queue, set_now):
    sent, waiting = queue(), queue(object_key="a")
    outbox.settle_sent(outbox.claim())
    outbox.settle_failed(outbox.claim(), BUSY)
    set_now(NOW + timedelta(seconds=90))
    outbox.claim()
    found = figures()
    assert (found.pending, found.sent, found.retried, found.dead) == (1, 1, 1, 0)
    assert found.oldest_pending_s == 90
    assert sent != waiting


def test_an_address_without_a_domain_is_refused_and_a_foreign_domain_travels_as_ascii(app, queue, read):
    for wrong in ("nobody", "@example.org", "a b@example.org", "a\r\nBcc: x@y.fr"):
        with pytest.raises(ValueError, match="not a mail address"):
            queue(wrong)
    assert read(queue("a@métal.example")).recipient == "a@xn--mtal-bpa.example"
