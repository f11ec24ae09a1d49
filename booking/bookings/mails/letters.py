"""The message of a snapshot: its words and, when the table of states says so, its calendar part."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from booking.bookings.mails.sentences import (
    actions,
    booking_page_url,
    changes,
    clock_sentences,
    end_sentences,
    rows,
    span,
)
from booking.bookings.mails.snapshots import VISIBLE
from booking.calendars import ics, services
from booking.calendars.ics import Method
from booking.calendars.invitations import event_facts
from booking.calendars.models import Side
from booking.core.dates import format_day
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import MailState, OutgoingMail

KINDS = (
    "booking-requested", "booking-confirmed", "booking-updated", "booking-cancelled", "booking-declined",
    "request-expired", "request-withdrawn", "organizer-notice", "hold-placed", "hold-expired", "waitlist-joined",
    "waitlist-offered", "waitlist-closed", "place-offered",
)  # fmt: skip


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
        if not letter["object"]:
            return _content(mail, mail.kind, letter["facts"], letter["before"])
        return _calendar_content(mail)


def _calendar_content(mail: OutgoingMail) -> Content:
    letter = mail.payload
    method = Method(letter["method"])
    revision = services.begin_revision(uuid.UUID(letter["object"]), method, letter["facts"])
    if revision is None:
        raise NothingToSay("the invitation never left: there is nothing to take back")
    calendar, side = revision.object, Side(letter["side"])
    kind, before = mail.kind, letter["before"]
    if kind == "booking-updated" and revision.is_first and _took_the_place_of_a_confirmation(mail):
        kind = "booking-confirmed"
    elif kind == "booking-updated" and calendar.sent_facts:
        # Against what this reader was last told, not against a step in between that never left.
        before = calendar.sent_facts
        if _seen(before, side) == _seen(letter["facts"], side):
            raise NothingToSay("nothing that this reader sees has changed since the last message")
    event = event_facts(
        revision.facts,
        calendar,
        sequence=revision.sequence,
        dtstamp=revision.dtstamp,
        page_url=booking_page_url(letter["booking_id"], side, revision.facts["company_id"], mail.language),
        attendee_name=mail.recipient_name,
        cancelled=method is Method.CANCEL,
        reason=" ".join(end_sentences(letter)) if method is Method.CANCEL else "",
    )
    body = ics.cancel(event) if method is Method.CANCEL else ics.request(event)
    return _content(mail, kind, revision.facts, before, method=method, calendar=body, sequence=revision.sequence)


def _took_the_place_of_a_confirmation(mail: OutgoingMail) -> bool:
    query = select(OutgoingMail.id).where(
        OutgoingMail.object_key == mail.object_key,
        OutgoingMail.kind == "booking-confirmed",
        OutgoingMail.state == MailState.SUPERSEDED,
    )
    return db.session.scalars(query).first() is not None


def _seen(facts: Mapping[str, Any], side: Side) -> list[Any]:
    return [facts.get(name) for name in VISIBLE[side]]


def _content(mail: OutgoingMail, kind: str, facts: dict[str, Any], before: dict[str, Any], **calendar: Any) -> Content:
    letter = mail.payload
    side = Side(letter["side"])
    context = {
        **facts,
        "kind": kind,
        "side": side,
        "for_class": side is Side.CLASS,
        "event": letter["event"],
        "actor": letter["actor"],
        "state": letter["state"],
        "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
        "when": span(facts),
        "day": format_day(datetime.fromisoformat(facts["local_start"])),
        "rows": rows(facts, side, kind),
        "changes": changes(before, facts, side) if kind in ("booking-updated", "organizer-notice") else [],
        "ended": end_sentences(letter),
        "clocks": clock_sentences(kind, side, letter),
        "actions": actions(letter["booking_id"], kind, side, facts["company_id"], mail.language, letter["state"]),
        "site_url": absolute_url("/", mail.language),
        "has_calendar": "calendar" in calendar,
    }
    env = current_app.jinja_env
    subject, text, html = (
        env.get_template(f"mail/bookings/{kind}.{suffix}").render(context) for suffix in ("subject.txt", "txt", "html")
    )
    return Content(subject=subject.strip(), text=text, html=html, kind=kind, **calendar)
