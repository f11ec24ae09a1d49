"""Real processes on one database: what a race test needs, since threads of one process share a lock too many."""

from __future__ import annotations

import atexit
import importlib
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers

from tests import applications

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
    answers = _ask_the_parent(task, timeout_s)
    return [answers[i % len(answers)][i // len(answers)] for i in range(len(calls))]


# ---- The parent of the processes: it has loaded the code, then forks for each race, which takes no time


def _ask_the_parent(task: dict[str, Any], timeout_s: float) -> list[list[Any]]:
    parent = _parent()
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(json.dumps(task).encode() + b"\n")
    parent.stdin.flush()
    ready, _, _ = select.select([parent.stdout], [], [], timeout_s)
    line = parent.stdout.readline() if ready else b""
    if not line:
        _stop(parent)
        _parent.cache_clear()
        raise AssertionError(f"the processes of the race gave nothing within {timeout_s} s")
    answer = json.loads(line)
    if "failures" in answer:
        raise AssertionError("a process of the race failed:\n" + "\n".join(answer["failures"]))
    return answer["answers"]


@cache
def _parent() -> subprocess.Popen[bytes]:
    # A session of its own: its children are stopped with it, and the terminal's Ctrl-C is not theirs.
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.processes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(_stop, parent)
    return parent


def _stop(parent: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()


def _answer_tasks() -> None:
    applications.make_app("sqlite://", Path())
    configure_mappers()
    for line in sys.stdin:
        print(json.dumps(_run_the_processes(json.loads(line))), flush=True)


def _run_the_processes(task: dict[str, Any]) -> dict[str, Any]:
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
        return {"failures": failures}
    return {"answers": [received[number]["answers"] for number in range(len(children))]}


def _run_as_one_of_the_processes(task: dict[str, Any], number: int, line: Any, answers: Any) -> None:
    module, name = task["function"]
    function = getattr(importlib.import_module(module), name)
    calls = task["shares"][number]

    def one_call(call: dict[str, Any]) -> Any:
        with app.app_context():
            line.wait()
            return function(**call)

    try:
        app = applications.make_app(task["url"], Path(task["folder"]), **task["settings"])
        with ThreadPoolExecutor(len(calls)) as threads:
            futures = [threads.submit(one_call, call) for call in calls]
            answers.put((number, {"answers": [future.result() for future in futures]}))
    except BaseException:
        line.abort()
        answers.put((number, {"failure": traceback.format_exc()}))


if __name__ == "__main__":
    _answer_tasks()
