"""Workers in processes of their own: two at once, and one killed at the worst moment (specs/invitations §10.6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from booking.mail.delivery import deliver_mail
from booking.mail.models import MailState
from booking.mail.rules import LEASE
from tests.conftest import NOW
from tests.mail import workers
from tests.mail.test_delivery import message_ids
from tests.processes import ROOT, call_at_once

# The same workers on SQLite run in the long ones: none of these tests is short.
pytestmark = [pytest.mark.usefixtures("both_shared_databases"), pytest.mark.deep_on_sqlite]


def settings_for(post) -> dict:
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": post.port, "MAIL_ALLOWED_DOMAINS": ["example.org"]}


def test_two_workers_at_once_deliver_each_message_once(app, post, queue, read):
    ids = [queue(f"p{number}@example.org", object_key=f"object {number % 7}") for number in range(40)]
    left = call_at_once(app, workers.deliver, [{}, {}], processes=2, settings=settings_for(post))
    # One of the two may find the last messages of an object held by the other, and stop before they are free.
    left.append(deliver_mail())
    assert sum(left) == 40
    assert Counter(message_ids(post)) == Counter(read(mail_id).message_id for mail_id in ids)
    assert {read(mail_id).attempts for mail_id in ids} == {1}


def test_without_the_guard_two_workers_send_the_same_message_twice(app, post, queue):
    """The twin: it shows that the race above is a real one."""
    for number in range(40):
        queue(f"p{number}@example.org")
    call_at_once(app, workers.deliver_without_the_guard, [{}, {}], processes=2, settings=settings_for(post))
    assert max(Counter(message_ids(post)).values()) > 1


def test_a_worker_killed_after_the_servers_yes_leaves_a_message_that_is_sent_again_the_same(
    app, post, queue, read, set_now, tmp_path
):
    mail_id = queue()
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    arguments = [sys.executable, "-m", "tests.mail.workers", url, str(tmp_path), str(post.port)]
    killed = subprocess.run(arguments, cwd=ROOT, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(post.received) == 1
    assert read(mail_id).state is MailState.SENDING
    assert deliver_mail() == 0, "the lease still holds"

    set_now(NOW + LEASE + timedelta(seconds=1))
    assert deliver_mail() == 1
    first, second = post.received
    assert first.content == second.content
    assert message_ids(post) == [read(mail_id).message_id] * 2
    assert (read(mail_id).state, read(mail_id).possibly_sent) == (MailState.SENT, True)


def test_a_worker_told_to_stop_finishes_the_message_in_hand_and_ends(app, post, queue, read, set_now):
    set_now(datetime(2020, 1, 1, tzinfo=UTC))  # due by any clock: the command below has the real one
    first, second = queue(priority=1), queue(priority=2)
    environment = {
        **os.environ,
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(post.port),
        "MAIL_ALLOWED_DOMAINS": "example.org",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        # While the server receives the first message, before it answers.
        post.on_data = lambda: worker.send_signal(signal.SIGTERM)
        _out, errors = worker.communicate(timeout=60)
    finally:
        worker.kill()
    assert worker.returncode == 0, errors
    assert (read(first).state, read(second).state) == (MailState.SENT, MailState.PENDING)
    assert len(post.received) == 1


def test_the_worker_command_delivers_what_is_due_once_and_ends(app, queue, read, tmp_path):
    mail_id = queue()
    runner = app.test_cli_runner()
    result = runner.invoke(args=["worker", "--once"])
    assert result.exit_code == 0, result.output
    assert read(mail_id).state is MailState.SENT
    assert len(list(Path(app.config["MAIL_SINK_DIR"]).glob("*.eml"))) == 1
