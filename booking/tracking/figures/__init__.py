"""The figures of a territory: each with its name, its definition, its value, and the page of its rows."""

from __future__ import annotations

from booking.tracking.figures.board import Board, board
from booking.tracking.figures.counted import (
    EVERYTHING,
    bookings_in,
    public_activities,
    public_slots,
    pupils_of_booking,
    taken_bookings,
    total,
)
from booking.tracking.figures.declared import Together, declared_in, declared_visits
from booking.tracking.figures.definitions import (
    DEFINITIONS,
    FIRM,
    ONLY,
    PENDING,
    STATE_DEFINITIONS,
    STATES,
    Chapter,
    Ending,
    Figure,
    Line,
    StateLine,
)
from booking.tracking.figures.schools import Counts, Reached, reached_by

__all__ = [
    "DEFINITIONS",
    "EVERYTHING",
    "FIRM",
    "ONLY",
    "PENDING",
    "STATES",
    "STATE_DEFINITIONS",
    "Board",
    "Chapter",
    "Counts",
    "Ending",
    "Figure",
    "Line",
    "Reached",
    "StateLine",
    "Together",
    "board",
    "bookings_in",
    "declared_in",
    "declared_visits",
    "public_activities",
    "public_slots",
    "pupils_of_booking",
    "reached_by",
    "taken_bookings",
    "total",
]
