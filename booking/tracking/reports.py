"""What was reported in a territory, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from booking.catalogue.models import Activity, PublicationState
from booking.companies.models import Site
from booking.core.db import db
from booking.messages.models import Report
from booking.tracking.scope import Scope

MOST_DECIDED = 50


def open_reports(scope: Scope) -> Sequence[Report]:
    """Reports nobody has decided of, the oldest first."""
    return db.session.scalars(_here(scope).where(Report.decision.is_(None)).order_by(Report.id)).all()


def decided_reports(scope: Scope) -> Sequence[Report]:
    """The latest decisions."""
    query = _here(scope).where(Report.decision.is_not(None)).order_by(Report.decided_at.desc(), Report.id.desc())
    return db.session.scalars(query.limit(MOST_DECIDED)).all()


def count_open(scope: Scope) -> int:
    query = _here(scope).where(Report.decision.is_(None))
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def report_in(scope: Scope, report_id: int) -> Report | None:
    """The report, if it is the territory's business."""
    return db.session.scalar(_here(scope).where(Report.id == report_id))


def hidden_activities(scope: Scope) -> Sequence[Activity]:
    """What officers hid and no one has let back, the most lately mended first."""
    query = select(Activity).where(Activity.state == PublicationState.HIDDEN)
    if scope.departements is not None:
        query = query.join(Activity.site).where(Site.departement_code.in_(sorted(scope.departements)))
    return db.session.scalars(query.order_by(Activity.updated_at.desc(), Activity.id)).all()


def _here(scope: Scope) -> Select[Any]:
    query = select(Report)
    return query if scope.departements is None else query.where(Report.departement_code.in_(sorted(scope.departements)))
