"""What must always be true of labels (`flask check`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from booking.catalogue.labelling.models import LabelStep, LabelStepKind
from booking.catalogue.labelling.queries import DECIDING
from booking.catalogue.labelling.services import STATE_AFTER
from booking.catalogue.models import Activity, LabelState
from booking.core.checks import invariant
from booking.core.db import db

Found = Iterator[tuple[str, str]]


@invariant("label-state")
def label_states() -> Found:
    """The state of a label is what its last step left."""
    newest = (
        select(LabelStep.activity_id, func.max(LabelStep.id).label("id"))
        .where(LabelStep.kind.in_(DECIDING))
        .group_by(LabelStep.activity_id)
        .subquery()
    )
    query = (
        select(Activity.id, Activity.label_state, LabelStep.kind)
        .outerjoin(newest, newest.c.activity_id == Activity.id)
        .outerjoin(LabelStep, LabelStep.id == newest.c.id)
        .where((Activity.label_state != LabelState.NONE) | LabelStep.id.is_not(None))
    )
    for activity_id, state, kind in db.session.execute(query):
        expected = STATE_AFTER[kind] if kind else LabelState.NONE
        if state is not expected:
            yield f"activity {activity_id}", f"its label is {state}, its history says {expected}"


@invariant("label-number")
def label_numbers() -> Found:
    """A label that is granted bears the number that somebody gave it; no other activity bears one."""
    newest = (
        select(func.max(LabelStep.id))
        .where(LabelStep.activity_id == Activity.id, LabelStep.kind == LabelStepKind.GRANTED)
        .correlate(Activity)
        .scalar_subquery()
    )
    query = (
        select(Activity.id, Activity.label_state, Activity.label_number, LabelStep.number)
        .outerjoin(LabelStep, LabelStep.id == newest)
        .where((Activity.label_state == LabelState.GRANTED) | (Activity.label_number != ""))
    )
    for activity_id, state, number, given in db.session.execute(query):
        if state is not LabelState.GRANTED:
            yield f"activity {activity_id}", "bears a number without a label"
        elif not number or number != given:
            yield f"activity {activity_id}", "bears another number than the one it was given"


@invariant("label-answer")
def label_answers() -> Found:
    """Every answer, and every opinion, is about a request that was made."""
    asked = select(LabelStep.activity_id, LabelStep.round).where(LabelStep.kind == LabelStepKind.ASKED).subquery()
    query = (
        select(LabelStep.id, LabelStep.kind)
        .outerjoin(asked, (asked.c.activity_id == LabelStep.activity_id) & (asked.c.round == LabelStep.round))
        .where(asked.c.round.is_(None))
    )
    for step_id, kind in db.session.execute(query):
        yield f"label step {step_id}", f"{kind} without a request"
