"""The worker's jobs: one that fails is logged without what it was about, and the others still run."""

from __future__ import annotations

import pytest

from booking.core import jobs
from booking.core.jobs import Job


@pytest.fixture
def work(monkeypatch) -> dict[str, Job]:
    """The only jobs there are, to be filled by the test."""
    only: dict[str, Job] = {}
    monkeypatch.setattr(jobs, "_JOBS", only)
    monkeypatch.setattr(jobs._Stop, "asked", False)
    return only


def add(work: dict[str, Job], name: str, run) -> None:
    work[name] = Job(name, 1, run)


def test_a_job_that_fails_does_not_stop_the_others_and_its_words_stay_out_of_the_log(app, work, caplog):
    done = iter([2, 0, 0])

    def fail() -> int:
        raise RuntimeError("claire.dupont@example.org")

    add(work, "broken", fail)
    add(work, "sound", lambda: next(done))
    assert jobs.run_all(app) == 2
    assert "job broken failed: RuntimeError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "claire" not in caplog.text


def test_a_job_runs_until_it_finds_nothing_more_to_do(app, work):
    left = iter([5, 3, 0, 0])
    add(work, "batches", lambda: next(left))
    assert jobs.run_all(app) == 8


def test_what_a_later_job_queues_leaves_in_the_same_run(app, work):
    outbox = []

    def deliver() -> int:
        sent = len(outbox)
        outbox.clear()
        return sent

    remind = iter([2, 0])
    add(work, "deliver", deliver)
    add(work, "remind", lambda: (outbox.extend("ab"[: (found := next(remind, 0))]), found)[1])
    assert jobs.run_all(app) == 4
    assert outbox == []


def test_nothing_more_is_begun_once_the_worker_is_told_to_stop(app, work, monkeypatch):
    begun = []

    def stop() -> int:
        begun.append("first")
        monkeypatch.setattr(jobs._Stop, "asked", True)
        return 1

    add(work, "first", stop)
    add(work, "second", lambda: begun.append("second") or 0)
    jobs.run_all(app)
    jobs.run_forever(app)
    assert begun == ["first"]
