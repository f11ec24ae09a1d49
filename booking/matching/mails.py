"""Mails about a need: what they will say is written down with the change, the words when they leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.bookings.rules.sentences import reason_words
from booking.core.dates import format_moment
from booking.core.i18n import _, _n, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import many_lines, one_line
from booking.matching.models import Need
from booking.matching.rules import Wish

KINDS = ("need-received", "need-declined", "need-expired", "need-withdrawn")


def tell_company(need: Need, kind: str) -> None:
    """Queue the message to the activity's contact, in the transaction that makes it true."""
    assert need.activity is not None
    _queue(need, kind, need.activity.contact, f"/company/{need.activity.company_id}/needs/{need.id}")


def tell_teacher(need: Need, kind: str) -> None:
    _queue(need, kind, need.teacher, f"/teacher/needs/{need.id}")


def _queue(need: Need, kind: str, person: Person, path: str) -> None:
    outbox.queue(
        kind,
        person.email,
        name=person.name,
        language=person.language,
        payload=_snapshot(need, path),
        dedupe_key=f"{kind}/need/{need.id}",
        object_key=f"need/{need.id}/{person.id}",
        person_id=person.id,
        expires_at=need.deadline_at if kind == "need-received" else None,
    )


def _snapshot(need: Need, path: str) -> dict[str, Any]:
    activity, school_class, school = need.activity, need.school_class, need.school
    assert activity is not None
    return {
        "path": path,
        "title": one_line(activity.title),
        "company": one_line(activity.company.name),
        "class_name": one_line(school_class.name),
        "pupils": school_class.pupils,
        "school": one_line(", ".join(part for part in (school.name, school.commune_name) if part)),
        "teacher": one_line(need.teacher.known_as),
        "wishes": need.wishes,
        "message": many_lines(need.message),
        "deadline": need.deadline_at.isoformat(),
        "timezone": activity.site.timezone,
        "reason": need.reason,
        "note": many_lines(need.note),
    }


@composer(*KINDS)
def compose_need_mail(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        context = {
            **letter,
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "rows": _rows(letter),
            "ended": _ended(letter),
            "clocks": _clocks(mail.kind, letter),
            "changes": [],
            "actions": _actions(mail.kind, letter["path"], mail.language),
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        subject, text, html = (
            env.get_template(f"mail/matching/{mail.kind}.{suffix}").render(context)
            for suffix in ("subject.txt", "txt", "html")
        )
    return Content(subject=subject.strip(), text=text, html=html)


def _rows(letter: dict[str, Any]) -> list[tuple[str, str]]:
    wishes = " ; ".join(Wish.from_json(row).words for row in letter["wishes"])
    people = _n("%(num)d élève", "%(num)d élèves", letter["pupils"])
    rows = [
        (_("Activité"), letter["title"]),
        (_("Entreprise"), letter["company"]),
        (_("Pour"), _("%(class_name)s, %(group)s", class_name=letter["class_name"], group=people)),
        (_("Établissement"), letter["school"]),
        (_("Enseignant"), letter["teacher"]),
        (_("Dates souhaitées"), wishes),
    ]
    return [*rows, (_("Message"), letter["message"])] if letter["message"] else rows


def _ended(letter: dict[str, Any]) -> list[str]:
    sentences = []
    if letter["reason"]:
        sentences.append(_("Raison : %(reason)s.", reason=reason_words(letter["reason"])))
    if letter["note"]:
        sentences.append(_("Message : %(note)s", note=letter["note"]))
    return sentences


def _clocks(kind: str, letter: dict[str, Any]) -> list[str]:
    if kind != "need-received":
        return []
    moment = format_moment(datetime.fromisoformat(letter["deadline"]), letter["timezone"])
    return [_("Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire.", moment=moment)]


def _actions(kind: str, path: str, language: str) -> list[tuple[str, str]]:
    main = _("Proposer une date ou répondre") if kind == "need-received" else _("Voir la demande")
    links = [(main, absolute_url(path, language))]
    if kind in ("need-declined", "need-expired"):
        links.append((_("Chercher une autre visite"), absolute_url("/programme", language)))
    return links
