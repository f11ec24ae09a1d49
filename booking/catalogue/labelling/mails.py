"""Mails about a label, to the company: what they say is written down with the step, the words when they leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.catalogue.labelling.models import LabelStep, LabelStepKind
from booking.catalogue.labelling.words import clock_words, declared_words, reasons_words
from booking.catalogue.models import Activity
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import many_lines, one_line

KINDS = {
    LabelStepKind.ASKED: "label-asked",
    LabelStepKind.RETURNED: "label-returned",
    LabelStepKind.GRANTED: "label-granted",
    LabelStepKind.WITHDRAWN: "label-withdrawn",
}


def tell_company(step: LabelStep, activity: Activity) -> None:
    """Queue the message to whoever asked and to the activity's contact, in the transaction that makes it true."""
    for person in _concerned(step, activity):
        outbox.queue(
            KINDS[step.kind],
            person.email,
            name=person.name,
            language=person.language,
            payload=_snapshot(step, activity),
            dedupe_key=f"label/{step.id}/{person.id}",
            object_key=f"label/{activity.id}/{person.id}",
            person_id=person.id,
        )


def _concerned(step: LabelStep, activity: Activity) -> list[Person]:
    people = {activity.contact_id: activity.contact}
    if step.kind is LabelStepKind.ASKED:
        people[step.person_id] = db.session.get_one(Person, step.person_id)
    return [person for person in people.values() if person.confirmed_at and not person.closed_at]


def _snapshot(step: LabelStep, activity: Activity) -> dict[str, Any]:
    return {
        "path": f"/company/{activity.company_id}/activities/{activity.id}/label",
        "title": one_line(activity.title),
        "company": one_line(activity.company.name),
        "site": one_line(activity.site.one_line),
        "edition": one_line(activity.edition.name),
        "number": step.number,
        "url": step.url,
        "reasons": step.reasons,
        "note": many_lines(step.note),
        "declared": step.declared,
        "at": step.at.isoformat(),
        "due_at": step.due_at.isoformat() if step.due_at else None,
        "timezone": activity.site.timezone,
    }


@composer(*KINDS.values())
def compose_label_mail(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        context = {
            **letter,
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "rows": _rows(letter),
            "ended": [],
            "why_not": reasons_words(letter["reasons"]),
            "agreed": [declared_words(row) for row in letter["declared"]],
            "clocks": _clocks(letter),
            "changes": [],
            "actions": [(_actions(mail.kind), absolute_url(letter["path"], mail.language))],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        subject, text, html = (
            env.get_template(f"mail/labelling/{mail.kind}.{suffix}").render(context)
            for suffix in ("subject.txt", "txt", "html")
        )
    return Content(subject=subject.strip(), text=text, html=html)


def _rows(letter: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        (_("Activité"), letter["title"]),
        (_("Entreprise"), letter["company"]),
        (_("Lieu"), letter["site"]),
        (_("Édition"), letter["edition"]),
        (_("Numéro du label"), letter["number"]),
        (_("Page officielle"), letter["url"]),
    ]
    return [(label, value) for label, value in rows if value]


def _clocks(letter: dict[str, Any]) -> list[str]:
    if not letter["due_at"]:
        return []
    due_at, asked_at = (datetime.fromisoformat(letter[name]) for name in ("due_at", "at"))
    # As it stood when the request was sent: a message that leaves late does not accuse anybody.
    return [clock_words(due_at, letter["timezone"], asked_at)]


def _actions(kind: str) -> str:
    return {
        "label-asked": _("Voir la demande"),
        "label-returned": _("Voir ce qui est à changer"),
        "label-granted": _("Voir le label"),
        "label-withdrawn": _("Voir ce qui est à changer"),
    }[kind]
