"""What the worker does for bookings: end what nobody answered, serve those in line, remind people, ask how it went."""

from __future__ import annotations

from booking.bookings import services
from booking.bookings.services import reminders
from booking.bookings.suspension_queries import passed_under_suspension
from booking.core.db import transaction
from booking.core.jobs import job, stop_asked


@job(every=60)
def expire_bookings() -> int:
    """Expire every booking whose deadline has passed, one transaction each. Returns how many."""
    expired = 0
    for booking_id in services.due_bookings():
        with transaction():
            expired += services.expire_due(booking_id) is not None
    return expired


@job(every=60)
def settle_moves() -> int:
    """Draw the line under each moved booking whose class has not answered in time. Returns how many."""
    settled = 0
    for booking_id in services.due_reconfirmations():
        with transaction():
            settled += services.settle_move(booking_id) is not None
    return settled


@job(every=600)
def ask_for_feedback() -> int:
    """Ask both sides how the visit went, on the next open day; remind each once. Returns how many were written to."""
    written = 0
    for booking_id, side in services.due_questions():
        with transaction():
            written += services.ask_for_feedback(booking_id, side) is not None
    for feedback_id in services.due_reminders():
        with transaction():
            written += services.remind_of_feedback(feedback_id) is not None
    return written


# More than any slot has places for: a line is never served without end.
MOST_OFFERS = 50


@job(every=20)
def promote_lines() -> int:
    """Offer the places that are free to the classes whose turn it is. Returns how many offers were made."""
    return sum(serve_line(slot_id) for slot_id in services.slots_to_promote())


def serve_line(slot_id: int) -> int:
    """Offer a slot's free places to its line, one transaction for each offer. Returns how many were made."""
    for served in range(MOST_OFFERS):
        with transaction():
            if services.promote_from_line(slot_id) is None:
                return served
    return MOST_OFFERS


@job(every=600)
def excuse_suspended() -> int:
    """Excuse every firm booking whose day went by while outings were suspended. Returns how many."""
    excused = 0
    for booking_id, suspension_id in passed_under_suspension():
        with transaction():
            excused += services.excuse_suspended(booking_id, suspension_id) is not None
    return excused


@job(every=300)
def remind_of_visits() -> int:
    """Remind both sides seven days and one day before a visit. Returns how many letters were queued."""
    queued = 0
    for booking_id in reminders.due_reminders():
        if stop_asked():
            break
        with transaction():
            queued += reminders.remind(booking_id)
    return queued


@job(every=600)
def nudge_who_must_answer() -> int:
    """Tell again whoever must answer before a clock runs out. Returns how many letters were queued."""
    queued = 0
    for person_id, audience in reminders.due_nudges():
        if stop_asked():
            break
        with transaction():
            queued += reminders.nudge(person_id, audience)
    return queued


@job(every=3600)
def tell_silent_companies() -> int:
    """Tell the people of a company that lets its requests expire one after the other. Returns how many letters."""
    queued = 0
    for company_id in reminders.silent_companies():
        with transaction():
            queued += reminders.tell_of_silence(company_id)
    return queued


@job(every=3600)
def pause_silent_companies() -> int:
    """Take no new request for companies that answer nobody; end the pause of those that answer again. Returns how many."""
    changed = 0
    for company_id in reminders.silent_companies():
        with transaction():
            changed += reminders.pause_silent(company_id)
    for company_id in reminders.companies_back():
        with transaction():
            changed += reminders.wake(company_id)
    return changed


@job(every=3600)
def remind_signers() -> int:
    """Remind each signer who has not answered for some school days, with a fresh link. Returns how many."""
    reminded = 0
    for signer_id in services.signers_to_remind():
        with transaction():
            reminded += services.remind(signer_id)
    return reminded


@job(every=3600)
def forget_speakers() -> int:
    """Erase the names of those who came into a school once the visit is over. Returns of how many visits."""
    found = services.authorisations_to_erase()
    for authorisation_id in found:
        with transaction():
            services.erase_speakers(authorisation_id)
    with transaction():
        services.forget_attempts()
    return len(found)
