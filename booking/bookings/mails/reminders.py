"""The reminder of a visit: written from the booking as it stands when the letter leaves, dropped if it moved or is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.accounts.subscriptions import Letters, unsubscribe_url
from booking.bookings.mails.names import group_name
from booking.bookings.mails.sentences import booking_page_url, hello, on_span, rows
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.mails.telling import SIDES, people_of
from booking.bookings.mails.words import facts_heading
from booking.bookings.models import Booking
from booking.bookings.queries import clocks_of, journey_of
from booking.bookings.rules.reminders import LACKING_WORDS, DueReminder, still_lacking
from booking.bookings.rules.sentences import next_step
from booking.bookings.rules.states import Actor, Answer, Audience, State
from booking.bookings.suspension_queries import suspension_of
from booking.calendars.invitations import shown_facts
from booking.calendars.models import Side
from booking.core.dates import format_day
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.schools.models import Audience as ClassAudience

# After what people wait for: confirmations, cancellations, answers.
PRIORITY = 7


def tell_reminder(booking: Booking, due: DueReminder) -> int:
    """Queue the reminder to whoever wants it, on both sides. Returns how many; the same due day again, none."""
    told = 0
    for audience in Audience:
        for person in people_of(booking, audience):
            if person.wants_reminders and person.active:
                told += _queue(booking, due, SIDES[audience], person)
    return told


def _queue(booking: Booking, due: DueReminder, side: Side, person: Person) -> bool:
    mail = outbox.queue(
        "reminder",
        person.email,
        name=person.name,
        language=person.language,
        payload={
            "booking_id": booking.id,
            "side": side,
            "days_before": due.days_before,
            "local_start": booking.slot.local_start.isoformat(),
        },
        dedupe_key=f"reminder/{booking.id}/{person.id}/{due.due_on}",
        booking_id=booking.id,
        person_id=person.id,
        priority=PRIORITY,
        expires_at=min(due.expires_at, booking.slot.starts_at),
    )
    return mail is not None


def _is_wanted(mail: OutgoingMail) -> bool:
    """Still the same firm visit at the same hour, no outing suspended, and the reader still wants to hear of it."""
    booking = db.session.get(Booking, mail.payload["booking_id"])
    person = db.session.get(Person, mail.person_id)
    return (
        booking is not None
        and booking.state is State.CONFIRMED
        and suspension_of(booking) is None
        and booking.slot.local_start.isoformat() == mail.payload["local_start"]
        and person is not None
        and person.wants_reminders
        and person.email.lower() == mail.recipient.lower()
    )


@dataclass(frozen=True)
class _Words:
    subject: str
    heading: str
    lead: str


@composer("reminder", wanted=_is_wanted)
def compose_reminder(mail: OutgoingMail) -> Content:
    """What, when, where, how to get there, what to bring, whom to call, what is still missing; and how to stop these."""
    booking = db.session.get_one(Booking, mail.payload["booking_id"])
    side, is_eve = Side(mail.payload["side"]), mail.payload["days_before"] == 1
    with speaking(mail.language):
        facts = shown_facts(facts_of(booking))
        words = _words(booking, facts, side, is_eve=is_eve)
        off_url = unsubscribe_url(mail.person_id or 0, Letters.REMINDERS, mail.language)
        page = booking_page_url(booking.id, side, facts["company_id"], mail.language)
        context = {
            "kind": mail.kind,
            "words": words,
            "hello": hello(mail.recipient_name),
            "facts_heading": facts_heading(facts),
            "rows": [*rows(facts, side, "booking-confirmed"), *_more_rows(booking, side, is_eve=is_eve)],
            "changes": [],
            "ended": [],
            "clocks": [next_step(clocks_of(booking), Actor.TEACHER if side is Side.CLASS else Actor.HOST)],
            "lacking": _lacking(booking) if side is Side.CLASS else [],
            "actions": [
                *_day_page(booking, side, mail.language, is_eve=is_eve),
                (_("Ouvrir la page de la visite"), page),
            ],
            "unsubscribe_url": off_url,
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        text, html = (
            env.get_template(f"mail/bookings/reminder.{suffix}").render(context) for suffix in ("txt", "html")
        )
    return Content(subject=words.subject, text=text, html=html, unsubscribe_url=off_url)


def _words(booking: Booking, facts: dict[str, Any], side: Side, *, is_eve: bool) -> _Words:
    day = format_day(booking.slot.local_start)
    subject = _("Rappel : %(day)s, %(title)s", day=day, title=facts["title"])
    heading = _("C’est demain") if is_eve else _("C’est bientôt")
    return _Words(subject, heading, _lead(facts, side))


def _lead(facts: dict[str, Any], side: Side) -> str:
    when, who = on_span(facts), group_name(facts)
    if side is Side.CLASS and facts["comes_to_class"]:
        return _(
            "%(company)s vient dans votre classe %(when)s, pour %(who)s.", company=facts["company"], when=when, who=who
        )
    if side is Side.CLASS:
        return _("%(company)s attend %(who)s %(when)s.", company=facts["company"], who=who, when=when)
    if facts["comes_to_class"]:
        return _(
            "Vous venez en classe %(when)s, pour %(who)s (%(school)s).", when=when, who=who, school=facts["school"]
        )
    return _("Vous attendez %(who)s (%(school)s) %(when)s.", who=who, school=facts["school"], when=when)


def _more_rows(booking: Booking, side: Side, *, is_eve: bool) -> list[tuple[str, str]]:
    """The way there, for the class; and, the day before, the other side's mobile."""
    contact = booking.slot.activity.contact
    mobile = contact.mobile if side is Side.CLASS else booking.teacher.mobile
    journey = journey_of(booking.slot, booking.school) if side is Side.CLASS else None
    found = [
        (_("Trajet"), journey.sentence if journey else ""),
        (_("Mobile, le jour de la visite"), mobile.replace(" ", "\u00a0") if is_eve else ""),
    ]
    return [(label, text) for label, text in found if text]


def _day_page(booking: Booking, side: Side, language: str, *, is_eve: bool) -> list[tuple[str, str]]:
    """The day before, each side's own page of the day; both need a sign-in and carry no secret."""
    if not is_eve:
        return []
    if side is Side.CLASS:
        page = absolute_url(f"/teacher/bookings/{booking.id}/day", language)
        return [(_("Ouvrir la page du jour : trajet, retard, arrivée"), page)]
    day, company_id = booking.slot.local_start.date(), booking.slot.activity.company_id
    return [(_("Ouvrir la feuille du jour"), absolute_url(f"/company/{company_id}/days/{day}", language))]


def _lacking(booking: Booking) -> list[str]:
    found = still_lacking(
        is_staff=booking.school_class.audience is ClassAudience.STAFF,
        is_workshop=booking.slot.activity.comes_to_class,
        head_said_yes=booking.head_answer is Answer.YES,
        coach=booking.coach,
    )
    return [str(LACKING_WORDS[each]) for each in found]
