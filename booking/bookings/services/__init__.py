"""The verbs of the bookings room. Each flushes and never commits; a view, a command or a job opens the transaction."""

from booking.bookings.services.activities import cancel_activity, rewrite_activity
from booking.bookings.services.answers import (
    answer_request,
    cancel_booking,
    confirm_option,
    due_bookings,
    expire_due,
)
from booking.bookings.services.asked import ask_to_cancel, due_changes, lapse_change, pending_change, withdraw_change
from booking.bookings.services.changes import (
    answer_change,
    change_counts,
    move_booking,
    reconfirm,
    reconfirm_by_link,
)
from booking.bookings.services.day import announce_delay, note_arrival, record_visit
from booking.bookings.services.day_links import close_day_sheet, day_sheet_token, open_day_sheet
from booking.bookings.services.feedback import (
    Opinion,
    ask_for_feedback,
    due_questions,
    due_reminders,
    give_feedback,
    remind_of_feedback,
)
from booking.bookings.services.hand_over import (
    NotAColleague,
    StillNeeded,
    close_account,
    colleagues_of,
    hand_over,
    leave,
    left_behind,
    refuse_company,
    refuse_member,
    remove_colleague,
)
from booking.bookings.services.minimums import ask_minimum, due_minimums, keep_slot
from booking.bookings.services.offers import accept_offer, offer_places
from booking.bookings.services.places import give_back_places, lock_booking, take_places
from booking.bookings.services.premises import rewrite_company, rewrite_site
from booking.bookings.services.requests import Wish, request_places, request_together
from booking.bookings.services.slots import cancel_slot, due_reconfirmations, move_slot, reword_activity, settle_move
from booking.bookings.services.suspensions import excuse_suspended, lift_suspension, suspend_outings
from booking.bookings.services.waiting import join_line, leave_line, promote_from_line, slots_to_promote

__all__ = [
    "NotAColleague",
    "Opinion",
    "StillNeeded",
    "Wish",
    "accept_offer",
    "announce_delay",
    "answer_change",
    "answer_request",
    "ask_for_feedback",
    "ask_minimum",
    "ask_to_cancel",
    "cancel_activity",
    "cancel_booking",
    "cancel_slot",
    "change_counts",
    "close_account",
    "close_day_sheet",
    "colleagues_of",
    "confirm_option",
    "day_sheet_token",
    "due_bookings",
    "due_changes",
    "due_minimums",
    "due_questions",
    "due_reconfirmations",
    "due_reminders",
    "excuse_suspended",
    "expire_due",
    "give_back_places",
    "give_feedback",
    "hand_over",
    "join_line",
    "keep_slot",
    "lapse_change",
    "leave",
    "leave_line",
    "left_behind",
    "lift_suspension",
    "lock_booking",
    "move_booking",
    "move_slot",
    "note_arrival",
    "offer_places",
    "open_day_sheet",
    "pending_change",
    "promote_from_line",
    "reconfirm",
    "reconfirm_by_link",
    "record_visit",
    "refuse_company",
    "refuse_member",
    "remind_of_feedback",
    "remove_colleague",
    "request_places",
    "request_together",
    "reword_activity",
    "rewrite_activity",
    "rewrite_company",
    "rewrite_site",
    "settle_move",
    "slots_to_promote",
    "suspend_outings",
    "take_places",
    "withdraw_change",
]
