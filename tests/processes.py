"""Real processes on one database: what a race test needs, since threads of one process share a lock too many."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask

ROOT = Path(__file__).resolve().parent.parent
READY = "ready"


def call_at_once(
    app: Flask,
    function: Callable[..., Any],
    calls: list[dict[str, Any]],
    *,
    processes: int = 4,
    settings: dict[str, Any] | None = None,
    timeout_s: float = 90,
) -> list[Any]:
    """What `function(**call)` gave for each of `calls`, made at the same moment from several Python processes.

    Each process has its own application on the database of `app` (ask for `both_shared_databases`) and one thread per
    call. `function` stands at the top of a module; it finds an application context, and what it takes and gives is
    JSON. When it raises, the test fails with its traceback: catch in it the refusals that are an answer.
    settings: added to the test settings of the other processes.
    """
    shares = [share for share in (calls[i::processes] for i in range(processes)) if share]
    running = [_start(app, function, share, settings or {}) for share in shares]
    try:
        # They all stand at the line before the first one runs: starting Python takes longer than the race.
        for process in running:
            if process.stdout.readline().strip() != READY:
                raise AssertionError(f"the process did not start:\n{process.communicate()[1]}")
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [_answers_of(process, timeout_s) for process in running]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return [answers[i % len(shares)][i // len(shares)] for i in range(len(calls))]


def _start(app: Flask, function: Callable[..., Any], share: list[dict], settings: dict[str, Any]) -> subprocess.Popen:
    task = {
        "url": app.config["SQLALCHEMY_DATABASE_URI"],
        "folder": str(Path(app.config["MAIL_SINK_DIR"]).parent),
        "function": [function.__module__, function.__qualname__],
        "calls": share,
        "settings": settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.processes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(task) + "\n")
    process.stdin.flush()
    return process


def _answers_of(process: subprocess.Popen, timeout_s: float) -> list[Any]:
    out, err = process.communicate(timeout=timeout_s)
    if process.returncode != 0:
        raise AssertionError(f"a process of the race ended with {process.returncode}:\n{err}")
    return json.loads(out)


def _run_as_one_of_the_processes() -> None:
    from tests.applications import make_app

    task = json.loads(sys.stdin.readline())
    app = make_app(task["url"], Path(task["folder"]), **task["settings"])
    module, name = task["function"]
    function = getattr(importlib.import_module(module), name)
    calls = task["calls"]
    line = threading.Barrier(len(calls) + 1)

    def one_call(call: dict[str, Any]) -> Any:
        with app.app_context():
            line.wait()
            return function(**call)

    with ThreadPoolExecutor(len(calls)) as threads:
        futures = [threads.submit(one_call, call) for call in calls]
        sys.stdout.write(READY + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
        line.wait()
        answers = [future.result() for future in futures]
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    try:
        _run_as_one_of_the_processes()
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
