"""Logs without secrets: an address that opens something by itself is never written down (specs/invitations §7)."""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Flask

# What follows these is a token. The whole of it goes, whatever it is made of.
_TOKENS = re.compile(r"(?<=/calendars/)[^\s\"?]+|(?<=/a/)[^\s\"?]+")


def without_tokens(text: str) -> str:
    """The text with « … » for the token of each private address."""
    return _TOKENS.sub("…", text)


class TokenFilter(logging.Filter):
    """Rewrites what is about to be logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_tokens(record.getMessage()), None
        return True


def init_app(app: Flask) -> None:
    """Keep tokens out of what the application logs: it names the path of a request that failed."""
    app.logger.addFilter(TokenFilter())


def access_atoms(atoms: dict[str, Any]) -> dict[str, Any]:
    """What an access log may say of a request, for gunicorn.conf.py."""
    return {name: without_tokens(value) if isinstance(value, str) else value for name, value in atoms.items()}
