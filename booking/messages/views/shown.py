"""What other rooms' pages show of messages: the thread of a booking, what waits for a company, public answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, request

from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.catalogue.models import Activity, Slot
from booking.core import clock
from booking.core.dates import format_span
from booking.messages import queries
from booking.messages.forms import LONGEST_QUESTION, MessageForm
from booking.messages.models import Message, Question
from booking.messages.rules.drafts import DRAFT_WORDS, Draft, Scene, draft_text
from booking.messages.rules.writing import DELIVERY_WORDS, Delivery, is_open

bp = Blueprint("messages_shown", __name__)


@dataclass(frozen=True)
class Thread:
    """What one side sees: the messages, what became of its own mails, and whether it may still write."""

    messages: Sequence[Message]
    deliveries: dict[int, Delivery]
    side: Actor
    is_open: bool

    def is_mine(self, message: Message) -> bool:
        return message.written_by is self.side

    def delivery(self, message: Message) -> str:
        state = self.deliveries.get(message.id)
        return str(DELIVERY_WORDS[state]) if state and self.is_mine(message) else ""


@bp.app_template_global("thread_of_booking")
def thread_of_booking(booking: Booking, side: str) -> Thread:
    messages = queries.messages_of_booking(booking.id)
    may_write = is_open(booking.state, booking.slot.ends_at, clock.now())
    return Thread(messages, queries.deliveries_of(messages), Actor(side), may_write)


def thread_of_question(question: Question, side: Actor) -> Thread:
    return Thread(question.messages, queries.deliveries_of(question.messages), side, is_open=True)


@bp.app_template_global("message_form")
def message_form(slot: Slot | None = None) -> MessageForm:
    """An empty form, or one that begins with the common message that the address names."""
    return MessageForm(formdata=None, data={"text": _drafted(slot)} if slot else {})


def _drafted(slot: Slot) -> str:
    asked = request.args.get("draft", "")
    if asked not in set(Draft):
        return ""
    activity = slot.activity
    scene = Scene(
        activity.comes_to_class,
        format_span(slot.local_start, slot.local_end, slot.timezone),
        activity.site.one_line,
        activity.equipment,
    )
    return draft_text(Draft(asked), scene)


@bp.app_template_global("message_drafts")
def message_drafts() -> list[tuple[str, str]]:
    return [(draft.value, str(words)) for draft, words in DRAFT_WORDS.items()]


@bp.app_template_global("messages_waiting")
def messages_waiting(company_id: int) -> int:
    """How many messages and questions wait for this company, for the link to them."""
    return queries.inbox_of(company_id).waiting


@bp.app_template_global("public_answers")
def public_answers(activity: Activity) -> Sequence[Question]:
    return queries.public_answers(activity.id)


@bp.app_template_global("longest_question")
def longest_question() -> int:
    return LONGEST_QUESTION
