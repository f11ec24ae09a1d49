"""The demo, loaded once for the whole run."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from booking.core import clock
from booking.core.db import db
from tests import make
from tests.applications import make_app
from tests.conftest import NOW
from tests.demo.small_france import import_small_france


@pytest.fixture(scope="session")
def loaded(tmp_path_factory) -> Path:
    """A folder with the demo on a SQLite file and what the command said, loaded once for the whole run.

    The command had to empty the base first: somebody was in it.
    """
    base = tmp_path_factory.getbasetemp()
    # The workers of one run share their parent folder; without workers, that one is shared by all runs.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "said").exists():
            (folder / "said").write_text(_load(folder))
    return folder


def _load(folder: Path) -> str:
    app = make_app(address(folder), folder)
    app.config["APP_ENV"] = "development"
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(clock, "now", lambda: NOW)
        db.drop_all()
        db.create_all()
        import_small_france()
        make.make_person("somebody@example.org")
        result = run(app, "--reset")
        assert result.exit_code == 0, result.output
        db.session.remove()
        db.engine.dispose()
    return result.output


def address(folder: Path) -> str:
    return f"sqlite:///{folder / 'etabli.sqlite'}"


@pytest.fixture
def demo_app(loaded, tmp_path):
    """The application on the loaded demo."""
    app = make_app(address(loaded), tmp_path)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def demo(demo_app, now):
    """The loaded demo; what a test would change of it is lost."""
    with demo_app.app_context():
        yield demo_app
        db.session.remove()


@pytest.fixture
def small_france(app, now):
    import_small_france()


def run(app, *options: str):
    db.session.commit()
    return app.test_cli_runner().invoke(args=["demo", *options])
