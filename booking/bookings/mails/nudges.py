"""« Une réponse est attendue de vous »: one letter for all that a person has to answer, in the words of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from booking.accounts.action_links import new_link
from booking.accounts.models import Person
from booking.bookings.mails.names import group_name
from booking.bookings.mails.sentences import after_a_move, booking_page_url, hello, on_span
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.mails.telling import SIDES
from booking.bookings.models import Booking
from booking.bookings.queries import clocks_of
from booking.bookings.rules.nudges import RECORD_WITHIN, Ask, Nudge
from booking.bookings.rules.sentences import next_step
from booking.bookings.rules.states import Actor, Answer, Audience, State
from booking.calendars.invitations import for_reader, shown_facts
from booking.calendars.models import Side
from booking.companies.models import Company
from booking.core import clock
from booking.core.dates import format_moment
from booking.core.db import db
from booking.core.i18n import _, _n, speaking
from booking.mail import outbox
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line

PRIORITY = 6  # after the answers themselves, before the reminders of visits


def tell_nudges(
    person: Person, audience: Audience, due: Sequence[tuple[Booking, Nudge, dict[str, str] | None]]
) -> None:
    """Queue one letter about these bookings. With a nudge, the class's other outing at the new date, if any."""
    items: list[dict[str, Any]] = [
        {
            "booking_id": booking.id,
            "ask": nudge.asked.ask,
            "due": nudge.asked.due.isoformat(),
            "key": nudge.key,
            "clash": clash,
        }
        for booking, nudge, clash in due
    ]
    outbox.queue(
        "nudge",
        person.email,
        name=person.name,
        language=person.language,
        payload={"side": SIDES[audience], "items": items},
        dedupe_key=f"nudge/{person.id}/{SIDES[audience]}/{items[0]['key']}",
        booking_id=items[0]["booking_id"] if len(items) == 1 else None,
        person_id=person.id,
        priority=PRIORITY,
        expires_at=max(nudge.asked.due for _booking, nudge, _clash in due),
    )


def _open_items(mail: OutgoingMail) -> list[tuple[Booking, Mapping[str, Any]]]:
    """What is still awaited from the reader, under the clock that the letter was queued for."""
    found = []
    for item in mail.payload["items"]:
        booking = db.session.get(Booking, item["booking_id"])
        if booking is not None and datetime.fromisoformat(item["due"]) > clock.now() and _is_open(booking, item):
            found.append((booking, item))
    return found


def _is_open(booking: Booking, item: Mapping[str, Any]) -> bool:
    state, due = {
        Ask.REQUEST: (State.REQUESTED, booking.host_answer_due_at),
        Ask.OPTION: (State.HELD, booking.deadline_at),
        Ask.OFFER: (State.OFFERED, booking.deadline_at),
        Ask.MOVE: (booking.state if booking.is_alive else None, booking.reconfirm_by),
        Ask.RECORD: (State.CONFIRMED, booking.slot.ends_at + RECORD_WITHIN),
    }[Ask(item["ask"])]
    is_answered = item["ask"] == Ask.REQUEST and booking.host_answer is not Answer.PENDING
    return booking.state is state and not is_answered and due == datetime.fromisoformat(item["due"])


@dataclass(frozen=True)
class _Paragraph:
    """One booking of the letter. links: (words, address), the answer first."""

    title: str
    who: str
    step: str
    links: list[tuple[str, str]]


@composer("nudge", wanted=lambda mail: bool(_open_items(mail)))
def compose_nudge(mail: OutgoingMail) -> Content:
    """Each booking with its next step, as its page says it, and the links that answer."""
    items = _open_items(mail)
    if not items:
        raise NothingToSay("everything was answered since")
    side = Side(mail.payload["side"])
    with speaking(mail.language):
        first, item = items[0]
        moment = format_moment(datetime.fromisoformat(item["due"]), first.slot.timezone)
        count = len(items)
        if count == 1:
            subject = _("À répondre avant le %(moment)s : %(title)s", moment=moment, title=one_line(for_reader(first.slot.activity.title)))  # fmt: skip
        else:
            subject = _n("%(num)d réponse attendue, la première avant le %(moment)s",
                         "%(num)d réponses attendues, la première avant le %(moment)s", count, moment=moment)  # fmt: skip
        context = {
            "kind": mail.kind,
            "hello": hello(mail.recipient_name),
            "heading": _n("Une réponse est attendue de vous", "%(num)d réponses sont attendues de vous", count),
            "paragraphs": [_paragraph(booking, each, side, mail.language) for booking, each in items],
            "ended": [],
            "clocks": [],
            "changes": [],
            "rows": [],
            "actions": [],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        text, html = (env.get_template(f"mail/bookings/nudge.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=subject, text=text, html=html)


def _paragraph(booking: Booking, item: Mapping[str, Any], side: Side, language: str) -> _Paragraph:
    facts = shown_facts(facts_of(booking))
    page = booking_page_url(booking.id, side, facts["company_id"], language)
    if side is Side.COMPANY:
        who = _("%(who)s (%(school)s), %(when)s", who=group_name(facts), school=facts["school"], when=on_span(facts))
        if item["ask"] == Ask.RECORD:
            day, company_id = booking.slot.local_start.date(), facts["company_id"]
            sheet = absolute_url(f"/company/{company_id}/days/{day}#class-{booking.id}", language)
            return _Paragraph(
                facts["title"], who, next_step(clocks_of(booking), Actor.HOST), [(_("Noter qui est venu"), sheet)]
            )
        links = [
            (_("Accueillir la classe"), page),
            (_("Refuser, avec une raison"), f"{page}/answer"),
            (_("Écrire à l’enseignant avant de répondre"), f"{page}#messages"),
        ]
        return _Paragraph(facts["title"], who, next_step(clocks_of(booking), Actor.HOST), links)
    who = _("%(company)s, pour %(who)s, %(when)s", company=facts["company"], who=group_name(facts), when=on_span(facts))
    words = {
        Ask.OPTION: _("Confirmer l’option ou la laisser tomber"),
        Ask.OFFER: _("Accepter ou refuser la place"),
        Ask.MOVE: _("Garder ou annuler la réservation"),
    }
    return _Paragraph(facts["title"], who, _teachers_step(booking, item), [(words[Ask(item["ask"])], page)])


def _teachers_step(booking: Booking, item: Mapping[str, Any]) -> str:
    if item["ask"] != Ask.MOVE:
        return next_step(clocks_of(booking), Actor.TEACHER)
    moment = format_moment(datetime.fromisoformat(item["due"]), booking.slot.timezone)
    return " ".join(after_a_move(Side.CLASS, {"reconfirm": moment}, item["clash"]))


# ---- A company that never answers


def tell_silence(company: Company, people: Iterable[Person], *, count: int, since: int | None) -> int:
    """Tell each of these people, once for a streak of requests that expired. Returns how many are told now."""
    told = 0
    for person in people:
        mail = outbox.queue(
            "silence-notice",
            person.email,
            name=person.name,
            language=person.language,
            payload={"company_id": company.id, "company": one_line(company.name), "count": count},
            dedupe_key=f"silence-notice/{company.id}/{since}/{person.id}",
            person_id=person.id,
        )
        told += mail is not None
    return told


@composer("silence-notice")
def compose_silence_notice(mail: OutgoingMail) -> Content:
    letter = mail.payload
    with speaking(mail.language):
        context = {
            **letter,
            "kind": mail.kind,
            "hello": hello(mail.recipient_name),
            "lead": _n(
                "Chez %(company)s, %(num)d demande de suite a expiré sans réponse.",
                "Chez %(company)s, %(num)d demandes de suite ont expiré sans réponse.",
                letter["count"], company=for_reader(letter["company"]),
            ),
            "ended": [],
            "clocks": [],
            "changes": [],
            "rows": [],
            "actions": [
                (_("Voir les demandes et les créneaux"), absolute_url(f"/company/{letter['company_id']}/", mail.language)),
                (_("Changer le contact d’une activité"), absolute_url(f"/company/{letter['company_id']}/activities", mail.language)),
            ],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }  # fmt: skip
        env = current_app.jinja_env
        text, html = (env.get_template(f"mail/bookings/silence.{suffix}").render(context) for suffix in ("txt", "html"))
    subject = _n("%(num)d demande sans réponse chez %(company)s", "%(num)d demandes sans réponse chez %(company)s",
                 letter["count"], company=letter["company"])  # fmt: skip
    return Content(subject=subject, text=text, html=html)


# ---- A company that is paused for it

BACK = "company-back"
# A firm that comes back after the summer still finds its button.
BACK_WITHIN = timedelta(days=365)


def tell_pause(company: Company, people: Iterable[Person], *, count: int) -> int:
    """Tell each of these people that the company takes no new request, why, and how it comes back. Returns how many."""
    told = 0
    for person in people:
        token = new_link(BACK, f"company/{company.id}", valid_for=BACK_WITHIN)
        mail = outbox.queue(
            "company-paused",
            person.email,
            name=person.name,
            language=person.language,
            payload={
                "company_id": company.id,
                "company": one_line(company.name),
                "count": count,
                "path": f"/a/{token}",
            },
            dedupe_key=f"company-paused/{company.id}/{clock.now().isoformat()}/{person.id}",
            person_id=person.id,
        )
        told += mail is not None
    return told


def _is_still_paused(mail: OutgoingMail) -> bool:
    company = db.session.get(Company, mail.payload["company_id"])
    return company is not None and company.silent_since is not None


@composer("company-paused", wanted=_is_still_paused)
def compose_pause(mail: OutgoingMail) -> Content:
    letter = mail.payload
    with speaking(mail.language):
        name = for_reader(letter["company"])
        context = {
            **letter,
            "kind": mail.kind,
            "hello": hello(mail.recipient_name),
            "lead": _n(
                "Chez %(company)s, la dernière demande a expiré sans réponse.",
                "Chez %(company)s, les %(num)d dernières demandes ont expiré sans réponse.",
                letter["count"], company=name,
            ),
            "ended": [],
            "clocks": [],
            "changes": [],
            "rows": [],
            "actions": [
                (_("Reprendre les demandes"), absolute_url(letter["path"], mail.language)),
                (_("Changer le contact d’une activité"), absolute_url(f"/company/{letter['company_id']}/activities", mail.language)),
            ],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }  # fmt: skip
        env = current_app.jinja_env
        text, html = (env.get_template(f"mail/bookings/paused.{suffix}").render(context) for suffix in ("txt", "html"))
        subject = _("%(company)s ne reçoit plus de demandes", company=letter["company"])
    return Content(subject=subject, text=text, html=html)
