"""« How did it go? »: two minutes asked of either side, by a link that needs no account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.bookings.mails.sentences import hello, on_span, rows
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor
from booking.calendars.invitations import shown_facts
from booking.calendars.models import Side
from booking.core import clock
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail

KIND = "feedback-asked"
POINTLESS_AFTER = timedelta(days=10)


def ask(booking: Booking, side: Actor, reader: Person, token: str, *, is_reminder: bool) -> None:
    """Queue the question, in the transaction that writes down that it was asked."""
    thread = f"feedback/{booking.id}/{side}"
    outbox.queue(
        KIND,
        reader.email,
        name=reader.name,
        language=reader.language,
        payload={"side": side, "path": f"/a/{token}", "is_reminder": is_reminder, "facts": facts_of(booking)},
        dedupe_key=f"{KIND}/{thread}/{2 if is_reminder else 1}",
        object_key=thread,
        booking_id=booking.id,
        person_id=reader.id,
        priority=7,
        expires_at=clock.now() + POINTLESS_AFTER,
    )


@composer(KIND)
def compose_question(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language."""
    letter = mail.payload
    is_teacher = letter["side"] == Actor.TEACHER
    with speaking(mail.language):
        facts = shown_facts(letter["facts"])
        context: dict[str, Any] = {
            "kind": KIND,
            "facts": facts,
            "is_teacher": is_teacher,
            "is_reminder": letter["is_reminder"],
            "when": on_span(facts),
            "hello": hello(mail.recipient_name),
            "rows": rows(facts, Side.CLASS if is_teacher else Side.COMPANY, KIND),
            "changes": [],
            "ended": [],
            "clocks": [],
            "actions": [(_("Donner mon avis, en deux minutes"), absolute_url(letter["path"], mail.language))],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        subject, text, html = (
            env.get_template(f"mail/bookings/{KIND}.{suffix}").render(context)
            for suffix in ("subject.txt", "txt", "html")
        )
    return Content(subject=subject.strip(), text=text, html=html)
