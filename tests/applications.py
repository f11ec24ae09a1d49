"""The application as the tests run it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["APP_ENV"] = "test"
os.environ.setdefault("SECRET_KEY", "not-a-secret-only-tests")

from flask import Flask

from booking import create_app

TEST_SETTINGS = {
    "TESTING": True,
    "WTF_CSRF_ENABLED": False,
    "SECURITY_PASSWORD_HASH": "plaintext",
    "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
}


def make_app(url: str, folder: Path, **settings: Any) -> Flask:
    """An application on the database at `url`, its mails kept under `folder`."""
    overrides = {**TEST_SETTINGS, "SQLALCHEMY_DATABASE_URI": url, "MAIL_SINK_DIR": str(folder / "mail")}
    return create_app({**overrides, **settings})
