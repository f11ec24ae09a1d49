"""What the worker does for needs: end those that nobody answered in time."""

from __future__ import annotations

from booking.core.db import transaction
from booking.core.jobs import job
from booking.matching import services
from booking.matching.board import services as board


@job(every=60)
def expire_needs() -> int:
    """Expire every open need whose time is over, one transaction each. Returns how many."""
    expired = 0
    for need_id in services.due_needs():
        with transaction():
            expired += services.expire_need(need_id) is not None
    return expired


@job(every=60)
def expire_board() -> int:
    """Take off the board every need whose time is over, one transaction each. Returns how many."""
    expired = 0
    for need_id in board.due_on_board():
        with transaction():
            expired += board.expire_on_board(need_id) is not None
    return expired
