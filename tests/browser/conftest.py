"""A served site and a real Chromium. What the browser complains about fails the test."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright
from sqlalchemy import text

from booking.core import clock
from booking.core.db import db
from tests.applications import kept_app
from tests.conftest import NOW

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Site:
    """A server process on a database of its own, which the test fills through `app` and the functions of `make`."""

    url: str
    app: Flask
    now: datetime | None

    @property
    def mails(self) -> Path:
        """The folder into which the worker puts the messages."""
        return Path(self.app.config["MAIL_SINK_DIR"])

    def run(self, *command: str) -> str:
        """What `flask <command>` prints, run beside the server: `site.run("worker", "--once")` delivers the mails."""
        db.session.commit()
        with pytest.MonkeyPatch.context() as patch:
            if self.now:
                patch.setattr(clock, "now", lambda: self.now)
            done = self.app.test_cli_runner().invoke(args=command)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def site_now() -> datetime | None:
    """The time at which the site stands still; override with None for the real time."""
    return NOW


@pytest.fixture
def app(site_now: datetime | None) -> Iterator[Flask]:
    """The application of the test process, on the file that the served site reads too."""
    server = _server(site_now)
    app = kept_app(server.database, server.folder)
    app.config.update(APP_ENV="development", BASE_URL=server.url)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        with db.engine.begin() as connection:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            for table in db.metadata.sorted_tables:
                connection.execute(table.delete())
        db.engine.dispose()
    shutil.rmtree(server.folder / "mail", ignore_errors=True)


@pytest.fixture
def site(app: Flask, site_now: datetime | None) -> Iterator[Site]:
    """The site, served by a process of its own."""
    server = _server(site_now)
    said_before = server.log.stat().st_size
    yield Site(server.url, app, site_now)
    said = server.log.read_bytes()[said_before:].decode()
    assert "Traceback" not in said, said


@dataclass(frozen=True)
class _Server:
    url: str
    folder: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'etabli.sqlite'}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


@cache
def _server(now: datetime | None) -> _Server:
    """The server that stands at this moment, started once for all tests: starting takes longer than most of them."""
    listening = socket.create_server(("127.0.0.1", 0))
    folder = Path(tempfile.mkdtemp(prefix="etabli-site-"))
    server = _Server(f"http://127.0.0.1:{listening.getsockname()[1]}", folder)
    environment = {
        **os.environ,
        "APP_ENV": "development",
        "BASE_URL": server.url,
        "DATABASE_URL": server.database,
        "SECRET_KEY": "not-a-secret-only-tests",
        "TEST_MAIL_FOLDER": str(folder / "mail"),
        **({"TEST_NOW": now.isoformat()} if now else {}),
    }
    # The socket is ours and already listens: no port is guessed, and the browser waits while the server starts.
    number = listening.fileno()
    command = ["gunicorn", "--bind", f"fd://{number}", "--threads", "8", "--graceful-timeout", "1"]
    with server.log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "tests.browser.server:app"],
            cwd=ROOT,
            env=environment,
            pass_fds=[number],
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def stop() -> None:
        listening.close()
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder)

    atexit.register(stop)
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=60) as answer:  # it waits in line until it is served
        assert answer.status == 200
    return server


def chromium_path() -> str | None:
    """ETABLI_CHROMIUM, or the Chromium or Chrome that this machine has."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("ETABLI_CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


# Once per module: Playwright keeps an event loop running in this thread, which other tests must not find there.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        reason = "Chromium was not found (install it, or set ETABLI_CHROMIUM): the browser tests are not run"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    args = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if os.getuid() == 0:
        args.append("--no-sandbox")  # Chromium's sandbox refuses to work for root, who runs containers
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser found wrong; must be empty at the end. A test that provokes an error clears it."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def context(browser: Browser, site: Site, complaints: list[str]) -> Iterator[BrowserContext]:
    """A browser of a French reader, who has never been here."""
    context = browser.new_context(base_url=site.url, locale="fr-FR", timezone_id="Europe/Paris", viewport=DESKTOP)
    context.set_default_timeout(30_000)
    _listen(context, site, complaints)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def phone(context: BrowserContext) -> Page:
    """A page as wide as a phone."""
    page = context.new_page()
    page.set_viewport_size(PHONE)
    return page


def _listen(context: BrowserContext, site: Site, complaints: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # Scripts that fail, and what the content security policy refuses, end up here.
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")):
            complaints.append(f"request to another site: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 500:
            complaints.append(f"{response.status}: {response.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: complaints.append(f"script: {error.error}"))
    context.on("request", on_request)
    context.on("response", on_response)
