"""The date, the hours and the places of a slot, decided without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.catalogue.rules import slots
from booking.catalogue.rules.slots import (
    BelowTaken,
    Capacity,
    ClosesTooSoon,
    CountImplausible,
    DecisionMissing,
    DecisionOutOfTime,
    DecisionWithoutMinimum,
    EndsBeforeItStarts,
    FewerPupilsThanClasses,
    HourRepeated,
    HourSkipped,
    MinimumAboveMaximum,
    MoreAdultsAsked,
    OffsetImplausible,
    OpensAfterItCloses,
    OutsideEdition,
    SlotInPast,
    SlotTooFar,
    TooLong,
    booking_window,
    check_capacity,
    check_room_for_taken,
    check_slot_times,
    days_before,
    remarks_on_capacity,
    remarks_on_day,
    remarks_on_unknown_holidays,
    slot_instants,
)
from booking.territory.rules import HolidayCalendar, Period

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
PARIS = "Europe/Paris"


@dataclass
class Window:
    window_starts_on: date = date(2026, 9, 1)
    window_ends_on: date = date(2027, 7, 2)
    is_permanent: bool = False


def check(
    start: datetime, end: datetime, zone: str = PARIS, edition: Window | None = None, now: datetime = NOW
) -> None:
    check_slot_times(start, end, zone, now=now, edition=edition or Window())


@pytest.fixture
def speaking(app):
    """The sentences need the application's languages."""
    return app


# ---- Hours


def test_an_ordinary_morning_is_accepted_and_converted():
    start, end = datetime(2027, 1, 12, 9), datetime(2027, 1, 12, 11, 30)
    check(start, end)
    assert slot_instants(start, end, PARIS) == (
        datetime(2027, 1, 12, 8, tzinfo=UTC),
        datetime(2027, 1, 12, 10, 30, tzinfo=UTC),
    )


def test_the_same_hour_is_another_instant_at_la_reunion():
    start, _end = slot_instants(datetime(2027, 1, 12, 9), datetime(2027, 1, 12, 10), "Indian/Reunion")
    assert start == datetime(2027, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "refused"),
    [
        (PARIS, datetime(2027, 3, 28, 2, 0), HourSkipped),
        (PARIS, datetime(2027, 3, 28, 2, 59), HourSkipped),
        (PARIS, datetime(2026, 10, 25, 2, 0), HourRepeated),
        (PARIS, datetime(2026, 10, 25, 2, 59), HourRepeated),
        ("America/Miquelon", datetime(2027, 3, 14, 2, 30), HourSkipped),
        ("America/Miquelon", datetime(2026, 11, 1, 1, 30), HourRepeated),
    ],
)
def test_an_hour_that_does_not_exist_or_comes_twice_is_refused(zone, start, refused):
    with pytest.raises(refused) as caught:
        check(start, start + timedelta(hours=6), zone)
    assert caught.value.field == "start"


def test_an_end_in_the_gap_is_refused_beside_the_end():
    with pytest.raises(HourSkipped) as caught:
        check(datetime(2027, 3, 28, 0, 30), datetime(2027, 3, 28, 2, 30))
    assert caught.value.field == "end"


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        (PARIS, datetime(2027, 3, 28, 1, 59)),
        (PARIS, datetime(2027, 3, 28, 3, 0)),
        (PARIS, datetime(2026, 10, 25, 3, 0)),
        ("Indian/Reunion", datetime(2027, 3, 28, 2, 30)),
        ("America/Guadeloupe", datetime(2026, 10, 25, 2, 30)),
    ],
)
def test_hours_around_the_change_and_places_without_one_are_accepted(zone, start):
    check(start, start + timedelta(hours=5), zone)


def test_the_sentence_about_a_skipped_hour_says_why(speaking):
    with pytest.raises(HourSkipped) as caught:
        check(datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 4))
    assert "cette heure n’existe pas ce jour-là" in caught.value.message
    assert "heure d’été" in caught.value.message


@given(
    st.datetimes(datetime(2026, 9, 2), datetime(2028, 12, 31)),
    st.sampled_from([PARIS, "America/Miquelon", "Indian/Reunion", "Pacific/Noumea", "Pacific/Wallis"]),
)
def test_every_accepted_hour_comes_back_as_it_was_typed(start, zone):
    end = start + timedelta(hours=1)
    try:
        check(start, end, zone, Window(is_permanent=True))
    except (HourSkipped, HourRepeated):
        return
    starts_at, ends_at = slot_instants(start, end, zone)
    assert starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == start
    assert ends_at > starts_at


# ---- Order, length, window


@pytest.mark.parametrize("minutes", [0, -30])
def test_a_slot_ends_after_it_starts(minutes):
    start = datetime(2027, 1, 12, 9)
    with pytest.raises(EndsBeforeItStarts):
        check(start, start + timedelta(minutes=minutes))


def test_a_slot_lasts_a_day_at_most():
    start = datetime(2027, 1, 12, 9)
    check(start, start + timedelta(hours=24))
    with pytest.raises(TooLong):
        check(start, start + timedelta(hours=24, minutes=1))


def test_a_slot_in_the_past_is_refused_to_the_minute_of_its_place():
    with pytest.raises(SlotInPast):
        check(datetime(2026, 9, 1, 10, 0), datetime(2026, 9, 1, 12))
    check(datetime(2026, 9, 1, 10, 1), datetime(2026, 9, 1, 12))


@pytest.mark.parametrize("year", [1, 26, 1999])
def test_years_long_gone_are_refused_without_a_crash(year):
    for zone in (PARIS, "Pacific/Noumea", "America/Cayenne"):
        with pytest.raises(SlotInPast):
            check(datetime(year, 1, 1, 0, 0), datetime(year, 1, 1, 1, 0), zone)


@pytest.mark.parametrize("year", [2030, 9999])
def test_years_too_far_are_refused_without_a_crash(year):
    for zone in (PARIS, "Pacific/Noumea", "America/Cayenne"):
        with pytest.raises(SlotTooFar):
            check(datetime(year, 12, 31, 22, 0), datetime(year, 12, 31, 23, 0), zone, Window(is_permanent=True))


def test_a_slot_stays_inside_the_window_of_its_edition():
    last = datetime(2027, 7, 2, 9)
    check(last, last + timedelta(hours=2))
    with pytest.raises(OutsideEdition) as caught:
        check(last + timedelta(days=1), last + timedelta(days=1, hours=2))
    assert (caught.value.first, caught.value.last) == (date(2026, 9, 1), date(2027, 7, 2))


def test_a_permanent_edition_limits_no_slot():
    check(datetime(2028, 3, 1, 9), datetime(2028, 3, 1, 10), edition=Window(is_permanent=True))


# ---- Opening and closing


def test_bookings_open_at_eight_and_close_at_six_some_days_before():
    opens_at, closes_at = booking_window(datetime(2027, 1, 12, 9), PARIS, opens_days=30, closes_days=3, now=NOW)
    assert opens_at == datetime(2026, 12, 13, 7, tzinfo=UTC)
    assert closes_at == datetime(2027, 1, 9, 17, tzinfo=UTC)


def test_bookings_open_at_once_and_close_at_the_start_when_no_day_is_asked():
    start = datetime(2027, 1, 12, 9)
    assert booking_window(start, PARIS, opens_days=None, closes_days=0, now=NOW) == (
        None,
        datetime(2027, 1, 12, 8, tzinfo=UTC),
    )


@given(st.integers(1, 365), st.integers(1, 60), st.sampled_from([PARIS, "Indian/Reunion", "America/Miquelon"]))
def test_offsets_read_back_as_they_were_given(opens_days, closes_days, zone):
    start = datetime(2028, 4, 3, 9)
    try:
        opens_at, closes_at = booking_window(start, zone, opens_days=opens_days, closes_days=closes_days, now=NOW)
    except OpensAfterItCloses:
        return
    assert days_before(opens_at, start, zone) == opens_days
    assert days_before(closes_at, start, zone) == closes_days


def test_bookings_that_would_be_closed_already_are_refused():
    with pytest.raises(ClosesTooSoon):
        booking_window(datetime(2026, 9, 3, 9), PARIS, opens_days=None, closes_days=3, now=NOW)


def test_bookings_open_before_they_close():
    with pytest.raises(OpensAfterItCloses):
        booking_window(datetime(2027, 1, 12, 9), PARIS, opens_days=2, closes_days=3, now=NOW)


@pytest.mark.parametrize(("opens", "closes", "field"), [(0, 3, "opens_days"), (366, 3, "opens_days"),
                                                         (None, -1, "closes_days"), (None, 61, "closes_days")])  # fmt: skip
def test_absurd_offsets_are_refused_beside_their_field(opens, closes, field):
    with pytest.raises(OffsetImplausible) as caught:
        booking_window(datetime(2027, 1, 12, 9), PARIS, opens_days=opens, closes_days=closes, now=NOW)
    assert caught.value.field == field


# ---- Numbers

DAY, TODAY = date(2027, 1, 12), date(2026, 9, 1)


@pytest.mark.parametrize(
    ("capacity", "refused", "field"),
    [
        (Capacity(0, 30, 2), CountImplausible, "max_classes"),
        (Capacity(51, 500, 2), CountImplausible, "max_classes"),
        (Capacity(1, 0, 2), CountImplausible, "max_pupils"),
        (Capacity(1, -5, 2), CountImplausible, "max_pupils"),
        (Capacity(1, 5001, 2), CountImplausible, "max_pupils"),
        (Capacity(1, 30, -1), CountImplausible, "adults_per_class"),
        (Capacity(1, 30, 41), CountImplausible, "adults_per_class"),
        (Capacity(3, 2, 2), FewerPupilsThanClasses, "max_pupils"),
        (Capacity(1, 30, 2, 31, date(2027, 1, 5)), MinimumAboveMaximum, "min_pupils"),
        (Capacity(1, 30, 2, 0, date(2027, 1, 5)), CountImplausible, "min_pupils"),
        (Capacity(1, 30, 2, 10), DecisionMissing, "decision_on"),
        (Capacity(1, 30, 2, None, date(2027, 1, 5)), DecisionWithoutMinimum, "min_pupils"),
        (Capacity(1, 30, 2, 10, DAY), DecisionOutOfTime, "decision_on"),
        (Capacity(1, 30, 2, 10, date(2026, 8, 31)), DecisionOutOfTime, "decision_on"),
    ],
)
def test_absurd_numbers_are_refused_beside_their_field(capacity, refused, field):
    with pytest.raises(refused) as caught:
        check_capacity(capacity, day=DAY, today=TODAY)
    assert caught.value.field == field


def test_plausible_numbers_are_accepted():
    check_capacity(Capacity(50, 5000, 40), day=DAY, today=TODAY)
    check_capacity(Capacity(1, 1, 0, 1, date(2027, 1, 11)), day=DAY, today=TODAY)


def test_a_slot_shrinks_only_down_to_what_is_taken():
    taken = dict(taken_classes=2, taken_pupils=50, adults_asked=2)
    check_room_for_taken(Capacity(2, 50, 2), **taken)
    with pytest.raises(BelowTaken) as caught:
        check_room_for_taken(Capacity(1, 50, 2), **taken)
    assert caught.value.field == "max_classes"
    with pytest.raises(BelowTaken) as caught:
        check_room_for_taken(Capacity(2, 49, 2), **taken)
    assert caught.value.field == "max_pupils"


def test_classes_that_have_booked_are_asked_for_no_more_adults():
    with pytest.raises(MoreAdultsAsked):
        check_room_for_taken(Capacity(2, 50, 3), taken_classes=1, taken_pupils=20, adults_asked=2)
    check_room_for_taken(Capacity(2, 50, 3), taken_classes=0, taken_pupils=0, adults_asked=2)


# ---- Remarks

CALENDAR = HolidayCalendar("91", (Period("Vacances d'hiver", date(2027, 2, 6), date(2027, 2, 21)),
                                  Period("Vacances d'été", date(2027, 7, 3), date(2027, 8, 31))))  # fmt: skip


def test_a_school_day_calls_for_no_remark(speaking):
    assert remarks_on_day(date(2027, 3, 2), CALENDAR) == []


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2027, 3, 6), "week-end"),
        (date(2027, 2, 10), "vacances d’hiver"),
        (date(2027, 5, 6), "jour férié"),
    ],
)
def test_days_when_few_classes_come_are_pointed_out(speaking, day, words):
    assert words in " ".join(remarks_on_day(day, CALENDAR))


def test_holidays_nobody_knows_are_never_taken_for_term_time(speaking):
    assert "ne connaissons pas" in remarks_on_unknown_holidays(date(2027, 3, 2), HolidayCalendar("2A"))[0]
    assert "ne connaissons pas" in remarks_on_unknown_holidays(date(2027, 12, 1), CALENDAR)[0]
    assert remarks_on_unknown_holidays(date(2027, 3, 2), CALENDAR) == []


def test_many_pupils_for_one_class_are_pointed_out(speaking):
    assert remarks_on_capacity(1, 40) == []
    assert "300 élèves pour 1 classe" in remarks_on_capacity(1, 300)[0]


def test_the_limits_are_those_of_the_table():
    """The rule must refuse before the database does."""
    assert (slots.MAX_CLASSES, slots.MAX_PUPILS, slots.MAX_ADULTS) == (50, 5000, 40)
