"""A round from its rule to its result: wishes and their refusals, the dry run, all or nothing, and what is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from booking.bookings.models import Booking
from booking.bookings.queries import explain
from booking.bookings.rules.explain import InRound
from booking.bookings.rules.states import Origin, State
from booking.bookings.services import accept_offer, cancel_slot, request_places
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Slot
from booking.catalogue.queries import Search, programme
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.matching.rounds import services
from booking.matching.rounds.inputs import Inputs, inputs_of
from booking.matching.rounds.jobs import run_now
from booking.matching.rounds.models import AllocationRound
from booking.matching.rounds.queries import applied_run, entries_of, latest_run, obstacles_to_wishes
from booking.matching.rounds.reports import report_of, standing_of, standings
from booking.matching.rounds.rules import (
    ApplyStopped,
    DeadlineTooNear,
    Group,
    NoSlotInRound,
    Profile,
    RoundNotReady,
    RoundsOff,
    RoundState,
    RunUnfinished,
    RunUnproven,
    SlotOutsideRound,
    Standing,
    TooManyWishes,
    Weights,
    Winner,
    WishedTwice,
    WishesClosed,
    WishesStillOpen,
    WishImpossible,
    by_positions,
    check_run,
    groups_of,
    masked,
    moved,
    private_line,
    weight_of,
)
from booking.matching.rounds.running import Outcome, replay
from booking.schools.models import Absence
from tests import make

DEADLINE = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
AFTER = DEADLINE + timedelta(hours=1)


def draft(**values) -> services.RoundDraft:
    edition = make.make_edition(allocation_enabled=True)
    defaults = dict(
        edition_id=edition.id, name="Places de janvier", territory="Essonne", departements=["91"], kinds=[],
        first_on=date(2027, 1, 1), last_on=date(2027, 1, 31), deadline_at=DEADLINE, most_wishes=3,
    )  # fmt: skip
    return services.RoundDraft(**{**defaults, **values})


class Cast:
    """Two slots of one place each, two schools with a class; the second school is of priority education."""

    def __init__(self, slots: int = 2) -> None:
        make.make_edition(allocation_enabled=True)
        activity = make.make_activity()
        self.slots = [make.make_slot(activity, datetime(2027, 1, 12 + day, 9, 0)) for day in range(slots)]
        self.teacher = make.make_teacher(make.make_school(commune_insee=None))
        self.other = make.make_teacher(make.make_school("Collège Rosa Parks", priority_education="REP+"))
        self.school_class, self.other_class = make.make_class(self.teacher), make.make_class(self.other, name="4e A")
        self.officer = make.make_officer()
        with transaction():
            self.round_id = services.make_round(draft(), self.officer).id
        with transaction():
            services.open_round(self.round_id)

    @property
    def round(self) -> AllocationRound:
        return db.session.get_one(AllocationRound, self.round_id)

    def wish(self, school_class, teacher, *slots: Slot) -> None:
        with transaction():
            services.set_wishes(self.round_id, school_class.id, teacher, [slot.id for slot in slots])

    def solve(self):
        with transaction():
            run_id = services.ask_run(self.round_id, self.officer).id
        return run_now(run_id)

    def apply(self) -> None:
        with transaction():
            services.apply_round(self.round_id, self.officer)


@pytest.fixture
def cast(app, now) -> Cast:
    return Cast()


def bookings_of(school_class) -> dict[int, tuple[State, Origin]]:
    found = db.session.scalars(db.select(Booking).filter_by(class_id=school_class.id))
    return {booking.slot_id: (booking.state, booking.origin) for booking in found}


# ---- Rules


def test_priority_is_the_sum_of_the_declared_weights():
    weights = Weights(base=10, never_served=10, rep_plus=8, rural=3)
    profile = Profile(is_never_served=True, priority_education="REP+", commune_population=900)
    groups = groups_of(profile, weights)
    assert groups == {Group.NEVER_SERVED, Group.REP_PLUS, Group.RURAL}
    assert weight_of(groups, weights) == 31
    assert groups_of(Profile(False, None, None, None), weights) == frozenset()


def test_wishes_move_by_a_rank_and_by_typed_positions():
    assert moved([1, 2, 3], 3, -1) == [1, 3, 2]
    assert moved([1, 2, 3], 1, -1) == [1, 2, 3]
    assert by_positions([1, 2, 3], {1: 3, 2: 1, 3: 2}) == [2, 3, 1]


def test_a_lone_small_count_hides_a_second_one():
    assert masked([12, 3, 8]) == [12, None, None]
    assert masked([12, 3, 2]) == [12, None, None]
    assert masked([12, 0, 8]) == [12, 0, 8]


def test_the_private_line_says_who_has_the_better_wish(app):
    never = Winner(20, frozenset({Group.NEVER_SERVED}))
    with app.test_request_context():
        lost = Standing(10, frozenset(), (2,), ((never,),))
        assert private_line(lost) == (
            "Votre vœu n° 2. Votre premier vœu est allé à des classes d’établissements jamais servis."
        )
        assert private_line(Standing(10, frozenset(), (1,), ())) == "Votre premier vœu."
        assert private_line(Standing(20, frozenset(), (), ((Winner(20, frozenset()),),))).startswith("Aucune place.")


def test_a_run_that_is_broken_off_or_not_proven_cannot_be_applied():
    with pytest.raises(RunUnfinished):
        check_run(is_whole=False, gap=0.0)
    with pytest.raises(RunUnproven):
        check_run(is_whole=True, gap=0.001)
    check_run(is_whole=True, gap=0.0005)


# ---- Preparing and opening


def test_rounds_are_off_until_the_edition_turns_them_on(app, now):
    officer = make.make_officer()
    asked = draft()
    with transaction():
        services.switch_rounds("2027", on=False)
    with pytest.raises(RoundsOff), transaction():
        services.make_round(asked, officer)


def test_a_round_leaves_time_for_wishes_and_needs_a_slot(app, now):
    officer = make.make_officer()
    with pytest.raises(DeadlineTooNear), transaction():
        services.make_round(draft(deadline_at=make.NOW + timedelta(hours=5)), officer)
    with transaction():
        made = services.make_round(draft(), officer).id
    with pytest.raises(NoSlotInRound), transaction():
        services.open_round(made)


def test_the_free_places_of_the_programme_are_not_those_that_a_round_holds(both_databases, app, now):
    cast = Cast()
    edition = cast.slots[0].activity.edition
    assert programme(Search(), edition).total == 1
    assert programme(Search(free=True), edition).total == 0
    assert programme(Search(), edition).free_count == 0
    with transaction():
        services.cancel_round(cast.round_id)
    assert programme(Search(free=True), edition).total == 1


def test_while_a_round_is_open_its_slots_are_not_first_come(both_databases, app, now):
    cast = Cast()
    answer = explain(cast.slots[0], cast.school_class)
    assert [stop.code for stop in answer.stops] == ["in_round"]
    assert "1er décembre" in answer.stops[0].message and not answer.can_wait
    with pytest.raises(InRound), transaction():
        request_places(cast.slots[0].id, cast.school_class.id, cast.teacher)
    assert violations() == []
    with transaction():
        services.cancel_round(cast.round_id)
    with transaction():
        assert request_places(cast.slots[0].id, cast.school_class.id, cast.teacher).state is State.CONFIRMED
    assert violations() == []


# ---- Wishes


def test_wishes_are_refused_when_they_cannot_be(cast, set_now):
    first, second = cast.slots
    late = make.make_slot(first.activity, datetime(2027, 3, 2, 9, 0))
    too_small = make.make_class(cast.teacher, name="2nde", level_code="2NDE")
    with pytest.raises(WishedTwice):
        cast.wish(cast.school_class, cast.teacher, first, first)
    with pytest.raises(SlotOutsideRound):
        cast.wish(cast.school_class, cast.teacher, first, late)
    with pytest.raises(TooManyWishes):
        cast.wish(cast.school_class, cast.teacher, first, second, late, make.make_slot(first.activity))
    with pytest.raises(WishImpossible, match="wish_impossible") as refused:
        cast.wish(too_small, cast.teacher, first)
    assert "autres niveaux" in refused.value.message
    with pytest.raises(NotFound):
        cast.wish(cast.school_class, cast.other, first)
    cast.wish(cast.school_class, cast.teacher, second, first)
    set_now(DEADLINE)
    with pytest.raises(WishesClosed):
        cast.wish(cast.school_class, cast.teacher, first)


# ---- Computing and applying


def test_a_dry_run_waits_for_the_deadline_and_changes_no_booking(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    with pytest.raises(WishesStillOpen):
        cast.solve()
    set_now(AFTER)
    run = cast.solve()
    assert cast.round.state is RoundState.SOLVED and run.is_whole
    assert run.result["placements"] == [[f"c{cast.school_class.id}", f"s{cast.slots[0].id}", 1]]
    assert bookings_of(cast.school_class) == {}


def test_priority_education_comes_first_and_the_other_waits_in_the_order_of_the_rule(both_databases, app, now, set_now):
    cast = Cast()
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    cast.wish(cast.other_class, cast.other, cast.slots[0], cast.slots[1])
    third = make.make_class(cast.other, name="3e C", level_code="3E")
    cast.wish(third, cast.other, cast.slots[0])
    set_now(AFTER)
    cast.solve()
    cast.apply()
    cast.apply()  # twice is the same as once
    # Both REP+ classes come before the other; the first of them has a second wish, which leaves the first slot to the third.
    assert bookings_of(cast.other_class) == {cast.slots[1].id: (State.OFFERED, Origin.ROUND)}
    assert bookings_of(third) == {cast.slots[0].id: (State.OFFERED, Origin.ROUND)}
    assert bookings_of(cast.school_class) == {cast.slots[0].id: (State.WAITING, Origin.WAITING)}
    assert violations() == []
    kinds = list(db.session.scalars(db.select(OutgoingMail.kind)))
    assert kinds.count("place-offered") == 2
    with transaction():
        services.publish_round(cast.round_id)
    kinds = list(db.session.scalars(db.select(OutgoingMail.kind)))
    assert kinds.count("round-result") == 3
    given = db.session.scalars(db.select(Booking).filter_by(class_id=third.id)).one()
    with transaction():
        assert accept_offer(given.id, cast.other).state is State.CONFIRMED
    assert violations() == []
    standing = standing_of(applied_run(cast.round_id), cast.school_class.id)
    assert standing.ranks == () and "REP+" in private_line(standing)


def test_a_slot_cancelled_after_the_run_stops_everything(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    cast.wish(cast.other_class, cast.other, cast.slots[1])
    set_now(AFTER)
    cast.solve()
    host = cast.slots[1].activity.contact
    with transaction():
        cancel_slot(cast.slots[1].id, host, reason="production")
    with pytest.raises(ApplyStopped) as stopped:
        cast.apply()
    assert "annulé" in stopped.value.message
    assert bookings_of(cast.school_class) == {} and cast.round.state is RoundState.SOLVED
    cast.solve()
    cast.apply()
    assert list(bookings_of(cast.school_class)) == [cast.slots[0].id]
    assert Inputs.from_json(latest_run(cast.round_id).inputs).dropped == [
        [f"c{cast.other_class.id}", f"s{cast.slots[1].id}", "slot_cancelled"]
    ]


def test_a_class_keeps_the_ranks_it_gave_when_its_first_wish_has_become_impossible(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, *cast.slots)
    host = cast.slots[0].activity.contact
    with transaction():
        cancel_slot(cast.slots[0].id, host, reason="production")
    set_now(AFTER)
    run = cast.solve()
    assert [rank for _class, _slot, rank in run.result["placements"]] == [2]
    assert run.result["figures"]["round"]["first_wishes"] == 0
    line = private_line(standings(run, [cast.school_class.id])[cast.school_class.id])
    assert line == "Votre vœu n° 2. Votre premier vœu n’était plus possible au moment du calcul."


def test_a_class_withdrawn_after_the_run_stops_everything(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    cast.wish(cast.other_class, cast.other, cast.slots[1])
    set_now(AFTER)
    cast.solve()
    with transaction():
        services.withdraw_class(cast.round_id, cast.other_class.id, cast.other)
    with pytest.raises(ApplyStopped):
        cast.apply()
    assert bookings_of(cast.school_class) == {}


def test_a_class_put_away_after_the_run_stops_it_and_the_next_run_goes_without(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    cast.wish(cast.other_class, cast.other, cast.slots[1])
    set_now(AFTER)
    cast.solve()
    cast.other_class.archived_at = AFTER
    db.session.commit()
    with pytest.raises(ApplyStopped):
        cast.apply()
    cast.solve()
    cast.apply()
    assert list(bookings_of(cast.school_class)) == [cast.slots[0].id]


def test_a_run_broken_off_shows_its_best_and_is_not_applied(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    with transaction():
        run_id = services.ask_run(cast.round_id, cast.officer).id
    run = run_now(run_id, stop=lambda: True)
    assert run.result is not None and not run.is_whole
    with pytest.raises(RunUnfinished):
        cast.apply()


def test_a_round_is_replayed_from_its_stored_inputs(cast, set_now, app):
    cast.wish(cast.school_class, cast.teacher, *cast.slots)
    cast.wish(cast.other_class, cast.other, *cast.slots)
    set_now(AFTER)
    run = cast.solve()
    assert replay(run).is_same
    answer = app.test_cli_runner().invoke(args=["rounds", "replay", str(cast.round_id)])
    assert answer.exit_code == 0 and answer.output.count("same") == 2
    with transaction():
        db.session.get_one(type(run), run.id).result_digest = "0" * 64
    assert app.test_cli_runner().invoke(args=["rounds", "replay", str(cast.round_id)]).exit_code == 1


def test_what_is_left_opens_to_first_come_once_published(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    cast.solve()
    cast.apply()
    with pytest.raises(InRound), transaction():
        request_places(cast.slots[1].id, cast.other_class.id, cast.other)
    with transaction():
        services.publish_round(cast.round_id)
    with transaction():
        assert request_places(cast.slots[1].id, cast.other_class.id, cast.other).state is State.CONFIRMED
    assert violations() == []


def test_the_report_hides_small_counts_and_names_nobody(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    report = report_of(cast.solve())
    assert report.classes is None and report.compared[0].served is None
    assert (report.compared[0].distance_km, report.compared[0].co2_kg) == (None, None)
    assert report.ranks == [(1, None), (None, 0)] and report.levels == []
    assert all(asked is None for _words, asked, _served in report.groups)
    known = report_of(latest_run(cast.round_id), is_public=False)
    assert known.ranks == [(1, 1), (None, 0)] and known.compared[0].served == 1


def test_a_complaint_has_its_answer_before_the_round_ends(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    cast.solve()
    cast.apply()
    with transaction():
        services.publish_round(cast.round_id)
    with transaction():
        made = services.complain(cast.round_id, cast.school_class.id, cast.teacher, "Nous étions les premiers.").id
    set_now(AFTER + timedelta(days=8))
    with pytest.raises(services.ComplaintsOpen), transaction():
        services.settle_round(cast.round_id)
    with transaction():
        services.answer_complaint(cast.round_id, made, cast.officer, "L’ordre d’arrivée ne compte pas.")
    with transaction():
        assert services.settle_round(cast.round_id).state is RoundState.SETTLED
    assert "round-complaint" in list(db.session.scalars(db.select(OutgoingMail.kind)))


def test_a_round_is_cancelled_until_it_is_applied(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    cast.solve()
    cast.apply()
    with pytest.raises(RoundNotReady), transaction():
        services.cancel_round(cast.round_id)


def test_a_finished_run_stays_as_it_is(cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    set_now(AFTER)
    run = cast.solve()
    with transaction():
        services.finish_run(run.id, Outcome(is_whole=False, result=None, problem="later"))
    assert latest_run(cast.round_id).is_whole


def test_collecting_a_round_takes_as_many_statements_for_many_classes_as_for_two_and_finds_the_same_obstacles(
    both_databases, app, now
):
    cast = Cast(slots=3)
    cast.wish(cast.school_class, cast.teacher, *cast.slots)
    cast.wish(cast.other_class, cast.other, cast.slots[1])

    def statements() -> int:
        seen: list[str] = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        db.session.expire_all()
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            inputs_of(cast.round)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    few = statements()
    for number in range(4):
        teacher = make.make_teacher(make.make_school(f"Collège {number}"))
        school_class = make.make_class(teacher, name=f"3e {number}", pupils=20 + number)
        cast.wish(school_class, teacher, *cast.slots[:2])
        # Something comes in the way after the wish was made.
        make.make_booking(make.make_slot(local_start=datetime(2027, 1, 12 + number % 2, 9, 30)), school_class)
        db.session.add(Absence(school_id=teacher.memberships[0].school_id, first_on=date(2027, 1, 13 + number % 2),
                               last_on=date(2027, 1, 13 + number % 2), reason="Examen"))  # fmt: skip
        db.session.commit()
    assert statements() == few
    inputs = inputs_of(cast.round)
    one_by_one = []
    for entry in entries_of(cast.round_id):
        stops = obstacles_to_wishes(
            [db.session.get_one(Slot, wish.slot_id) for wish in entry.wishes], entry.school_class
        )
        one_by_one += [[f"c{entry.class_id}", f"s{slot_id}", stop.code] for slot_id, stop in stops.items() if stop]
    assert inputs.dropped
    assert inputs.dropped == one_by_one


def test_the_public_report_of_one_place_lets_nobody_guess_who_has_it(cast, set_now):
    for number in range(9):
        teacher = make.make_teacher(make.make_school(f"Collège {number}"))
        cast.wish(make.make_class(teacher, name=f"3e {number}"), teacher, cast.slots[0])
    set_now(AFTER)
    report = report_of(cast.solve())
    assert report.compared[0].served is None
    assert report.compared[0].distance_km is None
    assert {count for _wishes, count in report.missed} == {None}
    assert report_of(latest_run(cast.round_id), is_public=False).missed == [(1, 8)]
