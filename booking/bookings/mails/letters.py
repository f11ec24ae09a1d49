"""The message of a snapshot: its words and, when the table of states says so, its calendar part."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from flask import current_app
from sqlalchemy import select

from booking.accounts.action_links import new_link
from booking.bookings.mails.sentences import (
    actions,
    booking_page_url,
    changes,
    clock_sentences,
    end_sentences,
    hello,
    other_visits,
    quotes,
    rows,
    typed_for_reader,
)
from booking.bookings.mails.snapshots import VISIBLE
from booking.bookings.mails.words import KINDS, Scene, facts_heading, other_visits_heading, words_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import Event, State
from booking.calendars import ics, services
from booking.calendars.ics import Method
from booking.calendars.invitations import event_facts, for_reader, shown_facts
from booking.calendars.models import Side
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import MailState, OutgoingMail

_MOVES = (Event.SLOT_MOVED, Event.MOVE)
# The purpose of the link by which a class says, from the mail alone, that the new date of a moved slot suits.
RECONFIRM = "reconfirm"


@dataclass(frozen=True)
class _News:
    """What a message tells beside the facts. before: the facts as its reader was last told them, where they differ.

    is_moved: the date is not the one that the reader knows. note: what was written with the change. clash: the class's
    other outing at the new date. All three outlive a newer message that took the place of the one they came with.
    """

    kind: str
    before: Mapping[str, Any]
    is_moved: bool
    note: str
    clash: Mapping[str, str] | None


def _note_left(mail: OutgoingMail) -> None:
    letter = mail.payload
    if letter["object"] and mail.sequence is not None:
        services.note_left(
            uuid.UUID(letter["object"]), Method(letter["method"]), mail.sequence, mail.message_id, letter["facts"]
        )


@composer(*KINDS, left=_note_left)
def compose_booking_mail(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language. Raises NothingToSay when the reader knows it all already."""
    letter = mail.payload
    with speaking(mail.language):
        if letter["object"]:
            return _calendar_content(mail)
        _check_still_news(mail)
        news = _News(
            mail.kind, letter["before"], letter["event"] == Event.SLOT_MOVED, letter["note"], _clash_of(letter)
        )
        return _content(mail, news, letter["facts"])


def _check_still_news(mail: OutgoingMail) -> None:
    """The head's yes that made a booking firm is told with the confirmation: one message, not two at once."""
    if mail.kind != "head-granted" or mail.payload["state"] != State.REQUESTED:
        return
    booking = db.session.get(Booking, mail.payload["booking_id"])
    if booking is not None and booking.state is not State.REQUESTED:
        raise NothingToSay("the booking went on at once: the next message says it all")


def _calendar_content(mail: OutgoingMail) -> Content:
    letter = mail.payload
    method = Method(letter["method"])
    revision = services.begin_revision(uuid.UUID(letter["object"]), method, letter["facts"])
    if revision is None:
        raise NothingToSay("the invitation never left: there is nothing to take back")
    calendar, side = revision.object, Side(letter["side"])
    news = _news(mail, calendar.sent_facts, is_first=revision.is_first)
    if (
        news.kind == "booking-updated"
        and calendar.sent_facts
        and _seen(news.before, side) == _seen(revision.facts, side)
    ):
        raise NothingToSay("nothing that this reader sees has changed since the last message")
    event = event_facts(
        revision.facts,
        calendar,
        sequence=revision.sequence,
        dtstamp=revision.dtstamp,
        page_url=booking_page_url(letter["booking_id"], side, revision.facts["company_id"], mail.language),
        attendee_name=mail.recipient_name,
        cancelled=method is Method.CANCEL,
        reason=" ".join(end_sentences(letter, side)) if method is Method.CANCEL else "",
    )
    body = ics.cancel(event) if method is Method.CANCEL else ics.request(event)
    return _content(mail, news, revision.facts, method=method, calendar=body, sequence=revision.sequence)


def _news(mail: OutgoingMail, sent_facts: Mapping[str, Any] | None, *, is_first: bool) -> _News:
    """What is new to the reader of an invitation: against what they were last told, not against a step in between."""
    letter, kind = mail.payload, mail.kind
    unsent = _unsent_before(mail)
    first = next((other for other in unsent if other.kind == "booking-confirmed"), None)
    if kind == "booking-updated" and is_first and first is not None:
        kind = "booking-confirmed"
    known = sent_facts or (first.payload["facts"] if first else {})
    is_moved = kind != "booking-cancelled" and _date(known) not in (_date({}), _date(letter["facts"]))
    moves = [each for each in (letter, *(other.payload for other in reversed(unsent))) if each["event"] in _MOVES]
    notes = [letter["note"], *(each["note"] for each in moves if is_moved)]
    return _News(
        kind=kind,
        before=sent_facts or letter["before"],
        is_moved=is_moved,
        note=next(filter(None, notes), ""),
        clash=_clash_of(moves[0]) if moves and is_moved else None,
    )


def _unsent_before(mail: OutgoingMail) -> list[OutgoingMail]:
    """The messages of the same calendar object that this one took the place of, since the last that left."""
    query = (
        select(OutgoingMail)
        .where(OutgoingMail.object_key == mail.object_key, OutgoingMail.created_at < mail.created_at)
        .order_by(OutgoingMail.created_at.desc())
    )
    unsent = takewhile(lambda other: other.state is MailState.SUPERSEDED, db.session.scalars(query))
    return list(unsent)[::-1]


def _clash_of(letter: Mapping[str, Any]) -> Mapping[str, str] | None:
    return letter["before"].get("clash")


def _date(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(facts.get(name) for name in ("local_start", "local_end", "timezone"))


def _seen(facts: Mapping[str, Any], side: Side) -> list[Any]:
    return [facts.get(name) for name in VISIBLE[side]]


def _content(mail: OutgoingMail, news: _News, facts: Mapping[str, Any], **calendar: Any) -> Content:
    letter = typed_for_reader(mail.payload)
    side, kind = Side(letter["side"]), news.kind
    facts, before = shown_facts(facts), shown_facts(news.before)
    clash = {name: for_reader(text) for name, text in news.clash.items()} if news.clash else None
    words = words_of(kind, Scene(letter, facts, clashes=clash is not None))
    context = {
        "kind": kind,
        "words": words,
        "hello": hello(mail.recipient_name),
        "quotes": quotes(kind, side, letter, facts, for_reader(news.note)),
        "facts_heading": facts_heading(facts),
        "rows": rows(facts, side, kind),
        "changes": _changes(kind, letter, before, facts, side),
        "ended": end_sentences(letter, side),
        "clocks": clock_sentences(kind, side, letter, is_moved=news.is_moved, clash=clash),
        "actions": [
            *_reconfirmation(mail, news),
            *actions(kind, side, letter, mail.language, clashes=clash is not None),
        ],
        "other_visits": other_visits(letter, mail.language),
        "other_visits_heading": other_visits_heading(facts),
        "site_url": absolute_url("/", mail.language),
        "has_calendar": "calendar" in calendar,
    }
    env = current_app.jinja_env
    text, html = (env.get_template(f"mail/bookings/letter.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=words.subject, text=text, html=html, kind=kind, **calendar)


def _changes(
    kind: str, letter: Mapping[str, Any], before: Mapping[str, Any], facts: Mapping[str, Any], side: Side
) -> list[tuple[str, str, str]]:
    """What changed, old and new; of a change that is only asked for, what would."""
    if wanted := letter["before"].get("change", {}).get("wanted"):
        return changes(facts, {**facts, **wanted}, side)
    return changes(before, facts, side) if kind in ("booking-updated", "booking-moved", "booking-requested") else []


def _reconfirmation(mail: OutgoingMail, news: _News) -> list[tuple[str, str]]:
    """The link that says that the new date suits, when its reader is asked; it is made when the message is."""
    letter = mail.payload
    until = letter["clocks"].get("reconfirm")
    asks = letter["side"] == Side.CLASS and letter["state"] == State.CONFIRMED and news.is_moved and not news.clash
    if not asks or until is None or datetime.fromisoformat(until) <= clock.now():
        return []
    token = new_link(
        RECONFIRM,
        f"booking/{letter['booking_id']}",
        valid_for=datetime.fromisoformat(until) - clock.now(),
        details={"person_id": mail.person_id, **letter.get("date", {})},
    )
    return [(_("La nouvelle date convient"), absolute_url(f"/a/{token}", mail.language))]
