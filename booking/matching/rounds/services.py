"""The verbs of rounds. Locks: the round first, then what bookings lock: schools, classes, slots. Everything flushes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update

from booking.accounts.models import Person
from booking.bookings.services.places import NotFound, lock_all, lock_class
from booking.bookings.services.requests import class_for
from booking.bookings.services.rounds import place_by_round, wait_by_round
from booking.catalogue import editions
from booking.catalogue.models import Edition, Slot
from booking.core import clock
from booking.core.dates import format_span
from booking.core.db import db, rows_changed
from booking.core.errors import Refusal
from booking.matching.allocation import digest
from booking.matching.allocation.instance import draw
from booking.matching.rounds import mails
from booking.matching.rounds.inputs import Inputs, id_of, inputs_of
from booking.matching.rounds.models import (
    AllocationRound,
    AllocationRun,
    RoundComplaint,
    RoundEntry,
    RoundSlot,
    RoundWish,
)
from booking.matching.rounds.queries import (
    applied_run,
    complaint_of,
    entries_of,
    entry_of,
    latest_run,
    obstacles_to_wishes,
    slot_ids_of,
    slots_of,
    slots_to_share,
)
from booking.matching.rounds.reports import standings
from booking.matching.rounds.rules import (
    MAY_CANCEL,
    MAY_SOLVE,
    SHOWN_RESULT,
    USUAL_WEIGHTS,
    ApplyStopped,
    ClassWithdrawn,
    ComplainedAlready,
    ComplaintsClosed,
    ComplaintsOpen,
    NoSlotInRound,
    NotForThisGroup,
    RoundNotReady,
    RoundsOff,
    RoundState,
    Weights,
    WishesClosed,
    WishesNotOpen,
    WishesStillOpen,
    WishImpossible,
    check_rule,
    check_run,
    check_wishes,
)
from booking.matching.rounds.running import Outcome
from booking.schools.models import Audience


@dataclass(frozen=True)
class RoundDraft:
    """What an officer decides of a round. departements: None for the whole country."""

    edition_id: int
    name: str
    territory: str
    departements: list[str] | None
    kinds: list[str]
    first_on: date
    last_on: date
    deadline_at: datetime
    most_wishes: int = 5
    per_class: int = 1
    per_school: int | None = None
    complaint_days: int = 7
    weights: Weights = USUAL_WEIGHTS


# ---- The officer prepares


def make_round(draft: RoundDraft, officer: Person) -> AllocationRound:
    """Write a round down; its seed is drawn now, and shown to nobody before it opens. Refuses: RoundsOff, check_rule's."""
    _check_draft(draft)
    now = clock.now()
    made = AllocationRound(
        **_columns(draft),
        state=RoundState.DRAFT,
        seed=secrets.token_hex(16),
        created_by_id=officer.id,
        created_at=now,
        updated_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def edit_round(round_id: int, draft: RoundDraft) -> AllocationRound:
    """Change a round that is still in preparation. Refuses: RoundNotReady, RoundsOff, check_rule's."""
    each = _lock(round_id, RoundState.DRAFT)
    _check_draft(draft)
    for name, value in _columns(draft).items():
        setattr(each, name, value)
    return _moved(each, RoundState.DRAFT)


def open_round(round_id: int) -> AllocationRound:
    """Announce the rule and the seed, fix the list of slots, and keep them from first come. Refuses: NoSlotInRound, …"""
    each = _lock(round_id, RoundState.DRAFT)
    check_rule(each.first_on, each.last_on, each.deadline_at, clock.now())
    found = slots_to_share(
        each.edition_id, each.departements, each.kinds, each.first_on, each.last_on, each.deadline_at
    )
    # Held one by one: a slot that another round has taken meanwhile, or that has been cancelled, stays out.
    held = [slot.id for slot in sorted(found, key=lambda slot: slot.id) if _hold(slot.id, each.deadline_at)]
    if not held:
        raise NoSlotInRound()
    db.session.add_all(RoundSlot(round_id=each.id, slot_id=slot_id) for slot_id in held)
    each.opened_at = clock.now()
    return _moved(each, RoundState.OPEN)


def cancel_round(round_id: int) -> AllocationRound:
    """Call the round off: its slots open to first come, whoever made wishes hears of it. Nothing after it is applied."""
    each = _lock(round_id, *MAY_CANCEL)
    if each.state is not RoundState.DRAFT:
        _release(each)
        for entry in entries_of(each.id):
            mails.tell_cancelled(each, entry)
    return _moved(each, RoundState.CANCELLED)


def due_rounds() -> list[int]:
    """The open rounds whose wishes are over."""
    query = select(AllocationRound.id).where(
        AllocationRound.state == RoundState.OPEN, AllocationRound.deadline_at <= clock.now()
    )
    return list(db.session.scalars(query))


def close_round(round_id: int) -> AllocationRound | None:
    """Close the wishes once their time is over: safe to run twice at once."""
    each = _lock(round_id)
    if each.state is not RoundState.OPEN or each.deadline_at > clock.now():
        return None
    return _moved(each, RoundState.CLOSED)


# ---- The teacher


def set_wishes(round_id: int, class_id: int, person: Person, slot_ids: Sequence[int]) -> RoundEntry:
    """Replace the wishes of the class by these slots, the dearest first; none takes the class out of the round.

    Refuses: NotFound for a class that is not of the person's schools, WishesNotOpen, WishesClosed, NotForThisGroup, what
    check_wishes refuses, WishImpossible for a slot that was not wished for before and cannot be had.
    """
    each = db.session.get(AllocationRound, round_id)
    if each is None or each.opened_at is None:
        raise NotFound()
    school_class = class_for(person, class_id)
    _check_takes_wishes(each)
    if school_class.audience is not Audience.PUPILS:
        raise NotForThisGroup()
    lock_class(class_id)
    check_wishes(slot_ids, slot_ids_of(round_id), each.most_wishes)
    entry = entry_of(round_id, class_id)
    before = {wish.slot_id for wish in entry.wishes} if entry else set()
    slots = [slot for slot in slots_of(round_id) if slot.id in slot_ids and slot.id not in before]
    for slot_id, stop in obstacles_to_wishes(slots, school_class).items():
        if stop is not None:
            title = next(slot.activity.title for slot in slots if slot.id == slot_id)
            raise WishImpossible(title=title, why=stop.message)
    now = clock.now()
    if entry is None:
        entry = RoundEntry(
            round_id=round_id, class_id=class_id, school_id=school_class.school_id, person_id=person.id, first_at=now,
            updated_at=now,
        )  # fmt: skip
        db.session.add(entry)
        db.session.flush()
    db.session.execute(delete(RoundWish).where(RoundWish.entry_id == entry.id))
    db.session.add_all(RoundWish(entry_id=entry.id, rank=rank, slot_id=slot) for rank, slot in enumerate(slot_ids, 1))
    entry.updated_at, entry.person_id, entry.withdrawn_at = now, person.id, None
    db.session.flush()
    db.session.expire(entry)
    return entry


def withdraw_class(round_id: int, class_id: int, person: Person) -> RoundEntry:
    """Take the class out of the round, until its result is applied. Refuses: NotFound, RoundNotReady."""
    each = _lock(round_id, RoundState.OPEN, *MAY_SOLVE)
    class_for(person, class_id)
    entry = entry_of(each.id, class_id)
    if entry is None:
        raise NotFound()
    entry.withdrawn_at = entry.updated_at = clock.now()
    db.session.flush()
    return entry


def complain(round_id: int, class_id: int, person: Person, words: str) -> RoundComplaint:
    """Say what is wrong with the result for the class. Refuses: NotFound, ComplaintsClosed, ComplainedAlready."""
    each = _lock(round_id)
    class_for(person, class_id)
    if entry_of(each.id, class_id) is None:
        raise NotFound()
    until = each.complaints_until
    if each.state is not RoundState.PUBLISHED or until is None or clock.now() >= until:
        raise ComplaintsClosed()
    if complaint_of(each.id, class_id) is not None:
        raise ComplainedAlready()
    made = RoundComplaint(round_id=each.id, class_id=class_id, person_id=person.id, words=words, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


# ---- The officer computes, applies, publishes


def ask_run(round_id: int, officer: Person) -> AllocationRun:
    """Write down what the round is computed from; whoever runs it then needs nothing else. One at a time.

    Refuses: WishesStillOpen, RoundNotReady.
    """
    each = _lock(round_id)
    if each.state is RoundState.OPEN:
        if each.deadline_at > clock.now():
            raise WishesStillOpen()
        _moved(each, RoundState.CLOSED)
    _check_state(each, *MAY_SOLVE)
    running = latest_run(each.id)
    if running is not None and running.finished_at is None:
        return running
    inputs = inputs_of(each)
    run = AllocationRun(
        round_id=each.id,
        asked_by_id=officer.id,
        asked_at=clock.now(),
        inputs=inputs.as_json(),
        inputs_digest=digest(inputs.instance),
    )
    db.session.add(run)
    db.session.flush()
    return run


def finish_run(run_id: int, outcome: Outcome) -> AllocationRun:
    """Keep what came out. A run that is finished stays as it is: two workers may have computed it."""
    run = db.session.get(AllocationRun, run_id)
    if run is None:
        raise NotFound()
    each = _lock(run.round_id)
    db.session.refresh(run)
    if run.finished_at is not None:
        return run
    run.finished_at = clock.now()
    run.is_whole, run.result, run.result_digest = outcome.is_whole, outcome.result, outcome.result_digest
    run.problem = outcome.problem
    if run.result is not None and each.state is RoundState.CLOSED:
        _moved(each, RoundState.SOLVED)
    db.session.flush()
    return run


def apply_round(round_id: int, officer: Person) -> AllocationRound:
    """Offer every class the place that the latest run gives it, and put the others in line: all of it or nothing.

    Applied again, it changes nothing. Refuses: RoundNotReady, RunUnfinished, RunUnproven, ApplyStopped when a slot or a
    class is no longer what the run was made from.
    """
    each = _lock(round_id)
    if each.applied_at is not None:
        return each
    _check_state(each, RoundState.SOLVED)
    run = latest_run(each.id)
    if run is None or run.finished_at is None or run.result is None:
        raise RoundNotReady(state=each.state)
    check_run(is_whole=run.is_whole, gap=run.result["gap"])
    entries = {entry.class_id: entry for entry in _all_entries(each.id)}
    placements = [(id_of(slot), id_of(of_class)) for of_class, slot, _rank in run.result["placements"]]
    lines = _lines(Inputs.from_json(run.inputs), {of_class for _slot, of_class in placements})
    lock_all([_Held(entries[c].school_id, each.edition_id, c, s) for s, c in [*placements, *lines] if c in entries])
    for slot_id, class_id in sorted(placements):
        _place(slot_id, class_id, entries[class_id], officer)
    for slot_id, class_id in lines:
        if entries[class_id].withdrawn_at is None and entries[class_id].school_class.archived_at is None:
            wait_by_round(slot_id, class_id, entries[class_id].person, officer)
    run.applied_at = each.applied_at = clock.now()
    return _moved(each, RoundState.APPLIED)


def publish_round(round_id: int) -> AllocationRound:
    """Show the report, tell every class its line, and open what is left to first come. Refuses: RoundNotReady."""
    each = _lock(round_id, RoundState.APPLIED)
    _release(each)
    each.published_at = clock.now()
    each.complaints_until = each.published_at + timedelta(days=each.complaint_days)
    _moved(each, RoundState.PUBLISHED)
    entries, run = entries_of(each.id), applied_run(each.id)
    told = standings(run, [entry.class_id for entry in entries]) if run else {}
    for entry in entries:
        mails.tell_result(each, entry, told.get(entry.class_id))
    return each


def answer_complaint(round_id: int, complaint_id: int, officer: Person, words: str) -> RoundComplaint:
    """Answer a teacher, once; by mail too. Refuses: NotFound, RoundNotReady."""
    each = _lock(round_id, *SHOWN_RESULT)
    found = db.session.get(RoundComplaint, complaint_id)
    if found is None or found.round_id != each.id:
        raise NotFound()
    if found.answered_at is None:
        found.answer, found.answered_by_id, found.answered_at = words, officer.id, clock.now()
        db.session.flush()
        mails.tell_answer(each, found)
    return found


def settle_round(round_id: int) -> AllocationRound:
    """End the round: the time for complaints is over and each has its answer. Refuses: ComplaintsOpen, RoundNotReady."""
    each = _lock(round_id, RoundState.PUBLISHED)
    is_over = each.complaints_until is not None and clock.now() >= each.complaints_until
    if not is_over or any(complaint.answered_at is None for complaint in each.complaints):
        raise ComplaintsOpen()
    return _moved(each, RoundState.SETTLED)


def switch_rounds(slug: str, *, on: bool) -> Edition:
    """Let an edition open rounds, or not any more; those that are open go on. Refuses: NotFound."""
    edition = db.session.scalar(select(Edition).where(Edition.slug == slug))
    if edition is None:
        raise NotFound()
    editions.switch_rounds(edition, on)
    return edition


@dataclass(frozen=True)
class _Held:
    """What a placement or a wait locks, as `places.lock_all` reads it."""

    school_id: int
    edition_id: int
    class_id: int
    slot_id: int


def _place(slot_id: int, class_id: int, entry: RoundEntry, officer: Person) -> None:
    try:
        if entry.withdrawn_at is not None:
            raise ClassWithdrawn()
        place_by_round(slot_id, class_id, entry.person, officer)
    except Refusal as refusal:
        slot = db.session.get_one(Slot, slot_id)
        when = format_span(slot.local_start, slot.local_end, slot.timezone)
        raise ApplyStopped(
            school_class=f"{entry.school_class.name} ({entry.school.name})",
            slot=f"« {slot.activity.title} », {when}",
            why=refusal.message,
        ) from refusal


def _lines(inputs: Inputs, placed: set[int]) -> list[tuple[int, int]]:
    """(slot, class) of the waits of those without a place, in the order of the rule: priority, rank, then the seed."""
    seed = inputs.instance.seed
    waits = [
        (-each.weight, rank, draw(seed, "line", each.key), id_of(wish.slot), id_of(each.key))
        for each in inputs.instance.classes
        if id_of(each.key) not in placed
        for position, wish in enumerate(each.wishes, 1)
        for rank in (wish.rank_at(position),)
    ]
    return [(slot_id, class_id) for *_order, slot_id, class_id in sorted(waits)]


def _all_entries(round_id: int) -> list[RoundEntry]:
    query = select(RoundEntry).where(RoundEntry.round_id == round_id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def _check_draft(draft: RoundDraft) -> None:
    edition = db.session.get(Edition, draft.edition_id)
    if edition is None or not edition.allocation_enabled:
        raise RoundsOff()
    check_rule(draft.first_on, draft.last_on, draft.deadline_at, clock.now())


def _columns(draft: RoundDraft) -> dict[str, object]:
    return {**asdict(draft), "weights": draft.weights.as_json()}


def _check_takes_wishes(each: AllocationRound) -> None:
    if each.takes_wishes(clock.now()):
        return
    raise WishesNotOpen() if each.state is RoundState.CANCELLED else WishesClosed()


def _hold(slot_id: int, until: datetime) -> bool:
    guarded = update(Slot).where(Slot.id == slot_id, Slot.round_until.is_(None), Slot.state == "open")
    return rows_changed(guarded.values(round_until=until, updated_at=clock.now())) == 1


def _release(each: AllocationRound) -> None:
    # In the order of their ids, as everybody takes them.
    for slot_id in sorted(slot_ids_of(each.id)):
        db.session.execute(update(Slot).where(Slot.id == slot_id).values(round_until=None, updated_at=clock.now()))


def _lock(round_id: int, *states: RoundState) -> AllocationRound:
    """Hold the round and read it afresh, in one of these states when some are given. Refuses: NotFound, RoundNotReady."""
    db.session.execute(
        update(AllocationRound).where(AllocationRound.id == round_id).values(updated_at=AllocationRound.updated_at)
    )
    each = db.session.get(AllocationRound, round_id, populate_existing=True)
    if each is None:
        raise NotFound()
    if states:
        _check_state(each, *states)
    return each


def _check_state(each: AllocationRound, *states: RoundState) -> None:
    if each.state not in states:
        raise RoundNotReady(state=each.state)


def _moved(each: AllocationRound, state: RoundState) -> AllocationRound:
    each.state, each.updated_at = state, clock.now()
    db.session.flush()
    return each
