"""The verbs of the bookings room. Each flushes and never commits; a view, a command or a job opens the transaction."""

from booking.bookings.services.answers import answer_request, cancel_booking, due_bookings, expire_due
from booking.bookings.services.places import give_back_places, lock_booking, take_places
from booking.bookings.services.requests import request_places
from booking.bookings.services.slots import cancel_slot, move_slot, reword_activity

__all__ = [
    "answer_request",
    "cancel_booking",
    "cancel_slot",
    "due_bookings",
    "expire_due",
    "give_back_places",
    "lock_booking",
    "move_slot",
    "request_places",
    "reword_activity",
    "take_places",
]
