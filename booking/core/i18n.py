"""Words on screen: written in French in the code, translated by catalogue (English).

Rules and services run outside a request too (worker, commands): there the language is the one set by `speaking()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import g, has_request_context, request
from flask_babel import force_locale, gettext, lazy_gettext, lazy_ngettext, lazy_pgettext, ngettext, pgettext

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["LANGUAGES", "_", "_l", "_ln", "_lp", "_n", "_p", "current_language", "select_language", "speaking"]

LANGUAGES = {"fr": "Français", "en": "English"}

_ = gettext
_n = ngettext
_p = pgettext
_l = lazy_gettext
_ln = lazy_ngettext
_lp = lazy_pgettext


def select_language() -> str:
    """The language of the page: it is in the address (`/en/…`), never in a cookie."""
    if has_request_context():
        return request.environ.get("booking.language", "fr")
    return getattr(g, "language", "fr")


def current_language() -> str:
    from flask_babel import get_locale

    locale = get_locale()
    return locale.language if locale else "fr"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within the block every sentence is in that language: a mail is written for its reader, not for its sender."""
    with force_locale(language if language in LANGUAGES else "fr"):
        yield


class LanguagePrefix:
    """WSGI: `/en/…` is the same page in English. The prefix moves to SCRIPT_NAME, so every url_for keeps it."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for language in LANGUAGES:
            prefix = f"/{language}"
            if language != "fr" and (path == prefix or path.startswith(prefix + "/")):
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
                environ["PATH_INFO"] = path[len(prefix) :] or "/"
                environ["booking.language"] = language
        return self.app(environ, start_response)
