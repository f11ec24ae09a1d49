"""Reads of labels: what an activity says now, how far its request has come, who waits in a territory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from booking.catalogue.labelling.models import LabelCriterion, LabelStep, LabelStepKind, Side
from booking.catalogue.labelling.rules import ALERT_DAYS, REVIEWED, Facts, changed_fields, fingerprint
from booking.catalogue.models import Activity, LabelState, Slot, SlotAudience, SlotState
from booking.companies.models import Site
from booking.core import clock
from booking.core.db import db
from booking.territory.queries import holiday_calendar
from booking.territory.rules import open_days_between

# The steps that say what the label's state is.
DECIDING = frozenset(set(LabelStepKind) - {LabelStepKind.OPINION})
PAGE_SIZE = 50

Departements = Collection[str] | None


def facts_of(activity: Activity) -> dict[str, Any]:
    """What the activity says now, as plain values that can be kept and compared."""
    edition = activity.edition
    slots = sorted(
        (slot for slot in activity.slots if slot.state is not SlotState.CANCELLED), key=lambda s: s.local_start
    )
    window = (edition.window_starts_on, edition.window_ends_on)
    return {
        "title": activity.title,
        "kind": activity.kind.value,
        "summary": activity.summary,
        "description": activity.description,
        "sector": activity.sector,
        "levels": sorted(activity.level_codes),
        "place": activity.site.one_line,
        "edition": edition.name,
        "dates": [_start(slot) for slot in slots],
        "dates_to_agree": activity.dates_to_agree,
        "outside": [
            _start(slot)
            for slot in slots
            if not edition.is_permanent and not window[0] <= slot.local_start.date() <= window[1]
        ],
        "is_reserved": bool(slots) and all(slot.audience is SlotAudience.RESERVED for slot in slots),
    }


def _start(slot: Slot) -> str:
    return slot.local_start.isoformat(timespec="minutes")


def criteria_of(edition_id: int) -> list[LabelCriterion]:
    """What the edition asks of a labelled activity, in its order."""
    query = select(LabelCriterion).where(LabelCriterion.edition_id == edition_id)
    return list(db.session.scalars(query.order_by(LabelCriterion.position, LabelCriterion.id)))


def steps_of(activity_id: int) -> list[LabelStep]:
    """All that happened about the activity's label, the oldest first."""
    query = select(LabelStep).where(LabelStep.activity_id == activity_id).order_by(LabelStep.id)
    return list(db.session.scalars(query.options(joinedload(LabelStep.person))))


@dataclass(frozen=True)
class Dossier:
    """An activity's label as pages show it. facts: what the activity says now."""

    activity: Activity
    steps: list[LabelStep]
    facts: Facts

    def last(self, *kinds: LabelStepKind) -> LabelStep | None:
        """The newest step of these kinds."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)

    @property
    def asked(self) -> LabelStep | None:
        return self.last(LabelStepKind.ASKED)

    @property
    def returned(self) -> LabelStep | None:
        """The return, or the withdrawal, that the present request or state answers to."""
        return self.last(LabelStepKind.RETURNED, LabelStepKind.WITHDRAWN)

    @property
    def granted(self) -> LabelStep | None:
        return self.last(LabelStepKind.GRANTED)

    @property
    def read_last(self) -> LabelStep | None:
        """What an officer last read of a labelled activity: when it was granted, or looked at again."""
        return self.last(LabelStepKind.GRANTED, LabelStepKind.KEPT)

    @property
    def opinions(self) -> dict[Side, LabelStep]:
        """The last opinion of each side on the present request."""
        number = self.asked.round if self.asked else 0
        opinions = (s for s in self.steps if s.kind is LabelStepKind.OPINION and s.round == number)
        return {step.side: step for step in opinions if step.side}

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.facts)

    @property
    def is_changed(self) -> bool:
        """Whether a labelled activity no longer says what the label was given for."""
        read = self.read_last
        granted = self.activity.label_state is LabelState.GRANTED
        return granted and read is not None and bool(changed_fields(read.facts, self.facts, REVIEWED))


def dossier_of(activity: Activity) -> Dossier:
    return Dossier(activity, steps_of(activity.id), facts_of(activity))


def opinions_of(activity_id: int, number: int) -> dict[Side, bool]:
    """The last opinion of each side on that request."""
    query = select(LabelStep.side, LabelStep.favourable).where(
        LabelStep.activity_id == activity_id, LabelStep.round == number, LabelStep.kind == LabelStepKind.OPINION
    )
    rows = db.session.execute(query.order_by(LabelStep.id))
    return {side: bool(favourable) for side, favourable in rows if side}


def last_step(activity_id: int, *kinds: LabelStepKind) -> LabelStep | None:
    """The newest step of these kinds, of any if none is given."""
    query = select(LabelStep).where(LabelStep.activity_id == activity_id)
    if kinds:
        query = query.where(LabelStep.kind.in_(kinds))
    return db.session.scalar(query.order_by(LabelStep.id.desc()).limit(1))


# ---- In a territory


def activity_in(departements: Departements, activity_id: int) -> Activity | None:
    """The activity, if it takes place in the territory and its label was ever asked for."""
    query = _in(departements, select(Activity).join(Activity.site)).where(Activity.id == activity_id)
    asked = select(LabelStep.activity_id).where(LabelStep.activity_id == activity_id)
    return db.session.scalar(query.where(Activity.id.in_(asked)))


def count_by_state(departements: Departements) -> dict[LabelState, int]:
    query = _in(departements, select(Activity.label_state, func.count()).join(Activity.site))
    return dict(db.session.execute(query.group_by(Activity.label_state)).tuples().all())


def waiting(departements: Departements, most: int | None = None) -> list[Dossier]:
    """The requests that wait, the first due first."""
    query = _listed(departements, LabelState.ASKED, LabelStepKind.ASKED).order_by(LabelStep.due_at, Activity.id)
    return _dossiers(query.limit(most))


def returned(departements: Departements, most: int | None = PAGE_SIZE) -> list[Dossier]:
    """The activities that were returned and not mended yet, the last first."""
    kinds = (LabelStepKind.RETURNED, LabelStepKind.WITHDRAWN)
    return _dossiers(_listed(departements, LabelState.RETURNED, *kinds).order_by(LabelStep.id.desc()).limit(most))


def granted(departements: Departements, most: int | None = PAGE_SIZE) -> list[Dossier]:
    """The labelled activities, the last first."""
    query = _listed(departements, LabelState.GRANTED, LabelStepKind.GRANTED)
    return _dossiers(query.order_by(LabelStep.id.desc()).limit(most))


def to_read_again(departements: Departements) -> list[Dossier]:
    """The labelled activities that were rewritten since: what they say is no longer what the label was given for."""
    read = _listed(departements, LabelState.GRANTED, LabelStepKind.GRANTED, LabelStepKind.KEPT)
    # Whatever is rewritten is locked by a write of updated_at; a date that is reserved writes its own row only.
    slots = select(Slot.activity_id).where(Slot.state != SlotState.CANCELLED)
    reserved = Activity.id.in_(slots.where(Slot.audience == SlotAudience.RESERVED))
    touched = read.where(
        or_(
            Activity.updated_at > LabelStep.at,
            and_(reserved, Activity.id.not_in(slots.where(Slot.audience == SlotAudience.ALL))),
        )
    )
    return [each for each in _dossiers(touched.order_by(Activity.id)) if each.is_changed]


def waiting_long(departements: Departements, days: int = ALERT_DAYS) -> list[Dossier]:
    """The requests that have waited for so many working days without an answer: what a digest alerts about."""
    now = clock.now()
    return [each for each in waiting(departements) if _days_waited(each, now) >= days]


def _days_waited(dossier: Dossier, now: datetime) -> int:
    assert dossier.asked is not None
    site = dossier.activity.site
    zone, calendar = ZoneInfo(site.timezone), holiday_calendar(site.departement_code)
    asked_on, today = dossier.asked.at.astimezone(zone).date(), now.astimezone(zone).date()
    return open_days_between(asked_on, today, calendar.is_day_off_for_work)


def _listed(departements: Departements, state: LabelState, *kinds: LabelStepKind) -> Select[Any]:
    """Activities in this state, joined to their newest step of these kinds."""
    newest = (
        select(func.max(LabelStep.id))
        .where(LabelStep.kind.in_(kinds), LabelStep.activity_id == Activity.id)
        .correlate(Activity)
        .scalar_subquery()
    )
    query = select(Activity).join(Activity.site).join(LabelStep, LabelStep.id == newest)
    return _in(departements, query).where(Activity.label_state == state)


def _dossiers(query: Select[Any]) -> list[Dossier]:
    options = (
        contains_eager(Activity.site),
        joinedload(Activity.company),
        joinedload(Activity.edition),
        selectinload(Activity.levels),
        selectinload(Activity.slots),
    )
    activities = db.session.scalars(query.options(*options)).unique().all()
    steps = _steps_by_activity([activity.id for activity in activities])
    return [Dossier(activity, steps.get(activity.id, []), facts_of(activity)) for activity in activities]


def _steps_by_activity(ids: Sequence[int]) -> dict[int, list[LabelStep]]:
    query = select(LabelStep).where(LabelStep.activity_id.in_(ids)).order_by(LabelStep.id)
    found: dict[int, list[LabelStep]] = {}
    for step in db.session.scalars(query.options(joinedload(LabelStep.person))):
        found.setdefault(step.activity_id, []).append(step)
    return found


def _in(departements: Departements, query: Select[Any]) -> Select[Any]:
    """The query, joined to Activity.site, kept to what takes place in these départements; None: everywhere."""
    return query if departements is None else query.where(Site.departement_code.in_(sorted(departements)))
