"""Real processes on one database: what a race test needs, since threads of one process share a lock too many."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask

ROOT = Path(__file__).resolve().parent.parent


def call_at_once(
    app: Flask,
    function: Callable[..., Any],
    calls: list[dict[str, Any]],
    *,
    processes: int = 4,
    settings: dict[str, Any] | None = None,
    timeout_s: float = 120,
) -> list[Any]:
    """What `function(**call)` gave for each of `calls`, made at the same moment from several Python processes.

    Each process has its own application on the database of `app` (ask for `both_shared_databases`) and one thread per
    call. `function` stands at the top of a module; it finds an application context, and what it takes and gives is
    JSON. When it raises, the test fails with its traceback: catch in it the refusals that are an answer.
    settings: added to the test settings of the other processes.
    """
    task = {
        "url": app.config["SQLALCHEMY_DATABASE_URI"],
        "folder": str(Path(app.config["MAIL_SINK_DIR"]).parent),
        "function": [function.__module__, function.__qualname__],
        "shares": [share for share in (calls[i::processes] for i in range(processes)) if share],
        "settings": settings or {},
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes"],
        cwd=ROOT,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    if done.returncode != 0:
        raise AssertionError(f"a process of the race failed:\n{done.stderr}")
    answers = json.loads(done.stdout)
    return [answers[i % len(answers)][i // len(answers)] for i in range(len(calls))]


def _run_the_processes(task: dict[str, Any]) -> None:
    """Load the code once, then fork: starting Python four times takes longer than the race."""
    from tests import applications  # noqa: F401  (what the forks share)

    importlib.import_module(task["function"][0])
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    # They all stand at the line before the first one runs.
    line = fork.Barrier(sum(len(share) for share in task["shares"]))
    children = [
        fork.Process(target=_run_as_one_of_the_processes, args=(task, number, line, answers))
        for number in range(len(task["shares"]))
    ]
    for child in children:
        child.start()
    received = dict(answers.get() for _child in children)
    for child in children:
        child.join()
    failures = [answer["failure"] for answer in received.values() if "failure" in answer]
    if failures:
        sys.exit("\n".join(failures))
    sys.stdout.write(json.dumps([received[number]["answers"] for number in range(len(children))]))


def _run_as_one_of_the_processes(task: dict[str, Any], number: int, line: Any, answers: Any) -> None:
    from tests.applications import make_app

    module, name = task["function"]
    function = getattr(importlib.import_module(module), name)
    calls = task["shares"][number]

    def one_call(call: dict[str, Any]) -> Any:
        with app.app_context():
            line.wait()
            return function(**call)

    try:
        app = make_app(task["url"], Path(task["folder"]), **task["settings"])
        with ThreadPoolExecutor(len(calls)) as threads:
            futures = [threads.submit(one_call, call) for call in calls]
            answers.put((number, {"answers": [future.result() for future in futures]}))
    except BaseException:
        line.abort()
        answers.put((number, {"failure": traceback.format_exc()}))


if __name__ == "__main__":
    _run_the_processes(json.load(sys.stdin))
