"""`flask worker`: what is done in the background, each job declared in its own room with how often it runs."""

from __future__ import annotations

import logging
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

log = logging.getLogger(__name__)

Work = Callable[[], int | None]


@dataclass(frozen=True)
class Job:
    """run() does what is due, opens its own transactions and returns how many things it did; every: seconds."""

    name: str
    every: float
    run: Work


_JOBS: dict[str, Job] = {}
_PAUSE_S = 0.2


class _Stop:
    asked = False


def job(every: float) -> Callable[[Work], Work]:
    """Declare a function that the worker calls every so many seconds. Two workers at once must do no harm."""

    def declare(work: Work) -> Work:
        _JOBS[work.__name__] = Job(work.__name__, every, work)
        return work

    return declare


def registered_jobs() -> list[Job]:
    return list(_JOBS.values())


def stop_asked() -> bool:
    """Whether the worker was told to stop: a job that does many things looks here between two of them."""
    return _Stop.asked


def run_job(app: Flask, due: Job) -> int:
    """Run one job in a context of its own. A failure is logged and is the job's alone: the others still run."""
    try:
        with app.app_context():
            return due.run() or 0
    except Exception as error:
        log.error("job %s failed: %s", due.name, place_of(error))
        return 0


def place_of(error: BaseException) -> str:
    """What kind of error and where, for the log: its message and values may hold an address, so they stay out."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return " < ".join([type(error).__name__, *(f"{frame.filename}:{frame.lineno}" for frame in frames)])


def run_all(app: Flask) -> int:
    """Run every job until none finds anything to do; returns how many things were done.

    In rounds: a mail that a later job queues leaves too, and so does what one job makes due for another.
    """
    done = 0
    while round_done := sum(_run_until_idle(app, due) for due in registered_jobs()):
        done += round_done
    return done


def _run_until_idle(app: Flask, due: Job) -> int:
    done = 0
    while not stop_asked() and (now_done := run_job(app, due)):
        done += now_done
    return done


def run_forever(app: Flask) -> None:
    """Run each job when it is due until told to stop."""
    next_run = {due.name: 0.0 for due in registered_jobs()}
    while not stop_asked():
        for due in registered_jobs():
            if not stop_asked() and time.monotonic() >= next_run[due.name]:
                run_job(app, due)
                next_run[due.name] = time.monotonic() + due.every
        _pause(min(next_run.values(), default=time.monotonic() + 1.0) - time.monotonic())


def _pause(seconds: float) -> None:
    # In slices: a signal only raises a flag, which must be seen soon.
    end = time.monotonic() + max(seconds, 0.0)
    while not stop_asked() and (left := end - time.monotonic()) > 0:
        time.sleep(min(_PAUSE_S, left))


def _ask_to_stop(_signal: int, _frame: Any) -> None:
    _Stop.asked = True


@click.command("worker")
@click.option("--once", is_flag=True, help="Do everything that is due, then exit (for cron and for tests).")
@with_appcontext
def worker_command(once: bool) -> None:
    """Deliver the outbox and do the other periodic work; stops after the current message on SIGTERM."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    _Stop.asked = False
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ask_to_stop)
    if once:
        run_all(app)
    else:
        run_forever(app)
