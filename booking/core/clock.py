"""The only place that asks the time. Tests replace `now`; call it as `clock.now()`."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
