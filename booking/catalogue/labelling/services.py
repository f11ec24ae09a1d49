"""The verbs of the label: a company asks, the two sides say what they think, an officer grants, returns, takes back.

    none ──ask──▶ asked ──grant──▶ granted ──withdraw──▶ returned
      ▲             │ ▲                                     │
      └───recall────┤ └──────────────ask again──────────────┤
                    └──return──▶ returned ──────────────────┘

Every step is a row that stays. Whoever changes the label holds the edition, then the activity. Nothing commits here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from booking.accounts.models import Membership, Person
from booking.catalogue.labelling import mails
from booking.catalogue.labelling.models import LabelCriterion, LabelStep, LabelStepKind, ReturnReason
from booking.catalogue.labelling.queries import criteria_of, facts_of, last_step, opinions_of
from booking.catalogue.labelling.rules import (
    ChangedMeanwhile,
    LabelNotAsked,
    LabelNotGranted,
    NoSide,
    NumberTaken,
    OneOfThem,
    answer_due_at,
    check_can_ask,
    check_declared,
    check_number,
    check_opinions,
    check_reasons,
    check_something_new,
    fingerprint,
    proposed_number,
    side_of,
)
from booking.catalogue.models import Activity, Edition, LabelState
from booking.catalogue.rules.editions import check_edition_open
from booking.catalogue.rules.publication import NotReady, content_missing
from booking.catalogue.services import readiness_of
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.territory.queries import holiday_calendar

STATE_AFTER = {
    LabelStepKind.ASKED: LabelState.ASKED,
    LabelStepKind.RECALLED: LabelState.NONE,
    LabelStepKind.RETURNED: LabelState.RETURNED,
    LabelStepKind.GRANTED: LabelState.GRANTED,
    LabelStepKind.KEPT: LabelState.GRANTED,
    LabelStepKind.WITHDRAWN: LabelState.RETURNED,
}


@dataclass(frozen=True)
class Pick:
    """One activity of a selection. seen: the fingerprint of what the officer read. number: of the label to grant."""

    activity_id: int
    seen: str
    number: str = ""


# ---- The company


def ask_label(activity_id: int, person: Person, declared: Collection[int], note: str = "") -> LabelStep:
    """Ask for the label, or ask again after a return. declared: the criteria that the company says are met.

    Refuses: NoLabelling, LabelAsked, LabelGranted, EditionOver, NotReady for what its text lacks, CriteriaMissing,
    NothingNew.
    """
    activity = _lock(activity_id)
    check_can_ask(activity.label_state, labelling_enabled=activity.edition.labelling_enabled)
    check_edition_open(activity.edition, clock.now().date())
    if missing := content_missing(readiness_of(activity)):
        raise NotReady(missing=missing)
    criteria = criteria_of(activity.edition_id)
    check_declared(declared, [criterion.id for criterion in criteria])
    before, facts = last_step(activity_id, LabelStepKind.ASKED), facts_of(activity)
    returned = last_step(activity_id, LabelStepKind.RETURNED, LabelStepKind.WITHDRAWN)
    is_again = activity.label_state is LabelState.RETURNED
    check_something_new(returned.facts if is_again and returned else None, facts, note)
    off = holiday_calendar(activity.site.departement_code).is_day_off_for_work
    step = _add(
        activity,
        LabelStepKind.ASKED,
        person,
        round=before.round + 1 if before else 1,
        note=note,
        facts=facts,
        declared=[{"wording": each.wording, "wording_en": each.wording_en, "fact": each.fact} for each in criteria],
        due_at=answer_due_at(clock.now(), activity.site.timezone, off),
    )
    mails.tell_company(step, activity)
    return step


def recall_label(activity_id: int, person: Person) -> LabelStep:
    """Take the request back. Refuses: LabelNotAsked."""
    activity = _lock_asked(activity_id)
    return _add(activity, LabelStepKind.RECALLED, person)


# ---- The officers. Whether the territory is theirs is asked before.


def give_opinion(activity_id: int, membership: Membership, *, favourable: bool, seen: str, note: str = "") -> LabelStep:
    """What the officer's side thinks of the request; a later opinion of the side replaces it.

    Refuses: LabelNotAsked, ChangedMeanwhile, NoSide.
    """
    activity = _lock_asked(activity_id, seen)
    side = side_of(membership.role, membership.scope_kind)
    if side is None:
        raise NoSide()
    return _add(
        activity, LabelStepKind.OPINION, membership.person, side=side, favourable=favourable, note=note,
        facts=facts_of(activity),
    )  # fmt: skip


def grant_label(
    activity_id: int, membership: Membership, *, number: str, seen: str, url: str = "", note: str = ""
) -> LabelStep:
    """Give the label and its official number.

    Refuses: LabelNotAsked, ChangedMeanwhile, OtherSideObjects, OpinionMissing, NumberMissing, WrongLink, NumberTaken.
    """
    activity = _lock_asked(activity_id, seen)
    side = side_of(membership.role, membership.scope_kind)
    opinions = opinions_of(activity_id, _round_of(activity))
    check_opinions(opinions, side, needs_both=activity.edition.label_needs_both)
    check_number(number, url)
    if number in numbers_taken(activity.edition_id):
        raise NumberTaken(number=number)
    activity.label_number, activity.label_url = number, url
    step = _add(
        activity, LabelStepKind.GRANTED, membership.person, side=side, note=note, facts=facts_of(activity),
        number=number, url=url,
    )  # fmt: skip
    mails.tell_company(step, activity)
    return step


def return_label(
    activity_id: int, membership: Membership, *, reasons: Sequence[ReturnReason], seen: str, note: str = ""
) -> LabelStep:
    """Send the request back to the company, with what to change.

    Refuses: LabelNotAsked, ChangedMeanwhile, ReasonsMissing, OtherUnexplained.
    """
    activity = _lock_asked(activity_id, seen)
    check_reasons(reasons, note)
    return _say_no(activity, LabelStepKind.RETURNED, membership, reasons, note)


def withdraw_label(
    activity_id: int, membership: Membership, *, reasons: Sequence[ReturnReason], note: str = ""
) -> LabelStep:
    """Take a label back: its number is free no more, the company may ask again.

    Refuses: LabelNotGranted, ReasonsMissing, OtherUnexplained.
    """
    activity = _lock_granted(activity_id)
    check_reasons(reasons, note)
    activity.label_number = activity.label_url = ""
    return _say_no(activity, LabelStepKind.WITHDRAWN, membership, reasons, note)


def keep_label(activity_id: int, membership: Membership, *, seen: str, note: str = "") -> LabelStep:
    """Leave the label on an activity that was rewritten since. Refuses: LabelNotGranted, ChangedMeanwhile."""
    activity = _lock_granted(activity_id)
    _check_seen(activity, seen)
    return _add(
        activity, LabelStepKind.KEPT, membership.person, side=side_of(membership.role, membership.scope_kind),
        note=note, facts=facts_of(activity),
    )  # fmt: skip


def favour_all(picks: Sequence[Pick], membership: Membership) -> None:
    """A favourable opinion on each, all or none. Refuses: OneOfThem."""
    for pick in _in_order(picks):
        with _named(pick):
            give_opinion(pick.activity_id, membership, favourable=True, seen=pick.seen)


def grant_all(picks: Sequence[Pick], membership: Membership) -> None:
    """The label for each, all or none; a number left out is the next of its département. Refuses: OneOfThem."""
    for pick in _in_order(picks):
        with _named(pick):
            # The edition is held before its numbers are read: nobody else takes the next one.
            number = pick.number or next_number(_lock(pick.activity_id))
            grant_label(pick.activity_id, membership, number=number, seen=pick.seen)


def return_all(picks: Sequence[Pick], membership: Membership, reasons: Sequence[ReturnReason], note: str) -> None:
    """Each sent back for the same reasons, all or none. Refuses: ReasonsMissing, OtherUnexplained, OneOfThem."""
    check_reasons(reasons, note)
    for pick in _in_order(picks):
        with _named(pick):
            return_label(pick.activity_id, membership, reasons=reasons, seen=pick.seen, note=note)


def next_number(activity: Activity, taken: Collection[str] | None = None) -> str:
    """The number proposed for the activity's label. taken: the edition's, when they are known already."""
    edition = activity.edition
    known = numbers_taken(edition.id) if taken is None else taken
    return proposed_number(known, edition.slug, activity.site.departement_code)


def numbers_taken(edition_id: int) -> set[str]:
    """Every number that the edition has given, those taken back included: a number never names two activities."""
    given = (
        select(LabelStep.number)
        .join(Activity, Activity.id == LabelStep.activity_id)
        .where(Activity.edition_id == edition_id, LabelStep.kind == LabelStepKind.GRANTED)
    )
    borne = select(Activity.label_number).where(Activity.edition_id == edition_id, Activity.label_number != "")
    return {*db.session.scalars(given), *db.session.scalars(borne)}


# ---- The criteria of an edition


def set_criteria(edition_id: int, criteria: Sequence[LabelCriterion]) -> None:
    """Put these criteria in the place of the edition's; requests already sent keep those they agreed to."""
    db.session.execute(update(Edition).where(Edition.id == edition_id).values(slug=Edition.slug))
    for old in criteria_of(edition_id):
        db.session.delete(old)
    for position, criterion in enumerate(criteria, start=1):
        criterion.edition_id, criterion.position = edition_id, position
        db.session.add(criterion)
    db.session.flush()


# ---- Behind the verbs


def _say_no(
    activity: Activity,
    kind: LabelStepKind,
    membership: Membership,
    reasons: Sequence[ReturnReason],
    note: str,
) -> LabelStep:
    step = _add(
        activity, kind, membership.person, side=side_of(membership.role, membership.scope_kind),
        reasons=[reason.value for reason in reasons], note=note, facts=facts_of(activity),
    )  # fmt: skip
    mails.tell_company(step, activity)
    return step


def _add(activity: Activity, kind: LabelStepKind, person: Person, **values: Any) -> LabelStep:
    """The step, and the state it leaves the label in."""
    values.setdefault("round", _round_of(activity))
    step = LabelStep(activity_id=activity.id, kind=kind, at=clock.now(), person_id=person.id, **values)
    activity.label_state = STATE_AFTER.get(kind, activity.label_state)
    db.session.add(step)
    db.session.flush()
    return step


def _round_of(activity: Activity) -> int:
    asked = last_step(activity.id, LabelStepKind.ASKED)
    return asked.round if asked else 0


def _lock(activity_id: int) -> Activity:
    """Hold the edition, whose numbers are counted, then the activity, and read it afresh.

    updated_at stays: it says when the activity was rewritten.
    """
    edition_id = select(Activity.edition_id).where(Activity.id == activity_id).scalar_subquery()
    db.session.execute(
        update(Edition)
        .where(Edition.id == edition_id)
        .values(slug=Edition.slug)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Activity)
        .where(Activity.id == activity_id)
        .values(label_state=Activity.label_state)
        .execution_options(synchronize_session=False)
    )
    activity = db.session.get_one(Activity, activity_id, populate_existing=True)
    db.session.expire(activity, ["slots", "levels", "site", "edition"])
    return activity


def _lock_asked(activity_id: int, seen: str | None = None) -> Activity:
    activity = _lock(activity_id)
    if activity.label_state is not LabelState.ASKED:
        raise LabelNotAsked()
    if seen is not None:
        _check_seen(activity, seen)
    return activity


def _lock_granted(activity_id: int) -> Activity:
    activity = _lock(activity_id)
    if activity.label_state is not LabelState.GRANTED:
        raise LabelNotGranted()
    return activity


def _check_seen(activity: Activity, seen: str) -> None:
    if fingerprint(facts_of(activity)) != seen:
        raise ChangedMeanwhile()


def _in_order(picks: Sequence[Pick]) -> list[Pick]:
    """In the order of their ids: two selections cannot wait for each other."""
    return sorted(picks, key=lambda pick: pick.activity_id)


@contextmanager
def _named(pick: Pick) -> Iterator[None]:
    """Say which activity of a selection was refused. Refuses: OneOfThem."""
    try:
        yield
    except Refusal as refusal:
        raise OneOfThem(title=db.session.get_one(Activity, pick.activity_id).title, why=refusal) from refusal
