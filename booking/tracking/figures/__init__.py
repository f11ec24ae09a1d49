"""The figures of a territory: each with its name, its definition, its value, and the page of its rows."""

from __future__ import annotations

from booking.tracking.figures.board import board, bookings_by_state
from booking.tracking.figures.counted import (
    EVERYTHING,
    bookings_in,
    public_activities,
    public_slots,
    pupils_of_booking,
    taken_bookings,
    total,
)
from booking.tracking.figures.definitions import (
    DEFINITIONS,
    FIRM,
    PENDING,
    STATE_DEFINITIONS,
    STATES,
    Chapter,
    Figure,
    StateLine,
)

__all__ = [
    "DEFINITIONS",
    "EVERYTHING",
    "FIRM",
    "PENDING",
    "STATES",
    "STATE_DEFINITIONS",
    "Chapter",
    "Figure",
    "StateLine",
    "board",
    "bookings_by_state",
    "bookings_in",
    "public_activities",
    "public_slots",
    "pupils_of_booking",
    "taken_bookings",
    "total",
]
