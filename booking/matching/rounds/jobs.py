"""What the worker does for rounds: close the wishes in time, compute what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from booking.core.db import db, transaction
from booking.core.jobs import job
from booking.matching.rounds import services
from booking.matching.rounds.models import AllocationRun
from booking.matching.rounds.queries import runs_to_do
from booking.matching.rounds.running import compute


@job(every=60)
def close_rounds() -> int:
    """Close every round whose wishes are over, one transaction each. Returns how many."""
    closed = 0
    for round_id in services.due_rounds():
        with transaction():
            closed += services.close_round(round_id) is not None
    return closed


@job(every=5)
def run_rounds() -> int:
    """Do the computations that wait. Returns how many."""
    waiting = runs_to_do()
    for run_id in waiting:
        run_now(run_id)
    return len(waiting)


def run_now(run_id: int, stop: Callable[[], bool] | None = None) -> AllocationRun:
    """Compute a run from its inputs and keep the outcome. The computation holds no lock and no transaction."""
    stored = db.session.get_one(AllocationRun, run_id).inputs
    db.session.rollback()
    outcome = compute(stored, stop)
    with transaction():
        services.finish_run(run_id, outcome)
    return db.session.get_one(AllocationRun, run_id)
