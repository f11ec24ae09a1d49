"""The verbs of the room. Each flushes and never commits."""

from booking.messages.services.reports import allow_again, ask_review, decide, report
from booking.messages.services.writing import (
    WRITTEN_TO,
    ask,
    publish_answer,
    withdraw_answer,
    write_on_booking,
    write_on_question,
    write_to_slot,
)

__all__ = [
    "WRITTEN_TO",
    "allow_again",
    "ask",
    "ask_review",
    "decide",
    "publish_answer",
    "report",
    "withdraw_answer",
    "write_on_booking",
    "write_on_question",
    "write_to_slot",
]
