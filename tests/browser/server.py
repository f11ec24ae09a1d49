"""The application as the browser meets it: real sign-in, CSRF and policies, cheap passwords, the time of the tests.

Started by the `site` fixture: `gunicorn tests.browser.server:app`.
"""

from __future__ import annotations

import os
from datetime import datetime

from booking import create_app
from booking.core import clock

NOW = datetime.fromisoformat(os.environ["TEST_NOW"]) if "TEST_NOW" in os.environ else None
if NOW is not None:
    clock.now = lambda: NOW

app = create_app(
    {
        "SECURITY_PASSWORD_HASH": "plaintext",
        "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
        "MAIL_SINK_DIR": os.environ["TEST_MAIL_FOLDER"],
    }
)
