"""The mails that carry messages and questions. No address is disclosed: one answers on the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.accounts.queries import confirmed_managers, officers_of
from booking.bookings.mails import booking_page_url, facts_of, people_of
from booking.bookings.mails.names import group_name
from booking.bookings.mails.sentences import hello, on_span, rows
from booking.bookings.mails.words import facts_heading
from booking.bookings.rules.states import Actor, Audience
from booking.calendars.invitations import for_reader, shown_facts
from booking.calendars.models import Side
from booking.catalogue.models import Activity
from booking.core import clock
from booking.core.dates import format_day
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import many_lines, one_line
from booking.messages.models import Message, Report
from booking.messages.rules.reports import GROUND_WORDS, Ground


def tell_message(message: Message) -> None:
    """Queue a message to the other side, one mail to each person there, in the transaction that writes it."""
    kind, people = _readers(message)
    for number, person in enumerate(people):
        if person.id != message.person_id and person.closed_at is None:
            outbox.queue(
                kind,
                person.email,
                name=person.name,
                language=person.language,
                payload={"message_id": message.id},
                dedupe_key=f"message/{message.id}/{person.id}",
                # One key for each reader: neither waits for the other's mail server.
                object_key=f"message/{message.id}/{number}",
                booking_id=message.booking_id,
                person_id=person.id,
            )


def _readers(message: Message) -> tuple[str, Iterable[Person]]:
    to_class = message.written_by is Actor.HOST
    if message.booking is not None:
        return "message", people_of(message.booking, Audience.TEACHER if to_class else Audience.COMPANY)
    assert message.question is not None
    return "question", [message.question.asker if to_class else message.question.activity.contact]


def _is_wanted(mail: OutgoingMail) -> bool:
    message = db.session.get(Message, mail.payload["message_id"])
    return message is not None and message.hidden_at is None


@composer("message", wanted=_is_wanted)
def compose_message(mail: OutgoingMail) -> Content:
    """A message on a booking, with the facts of the visit and the page where one answers."""
    message = db.session.get_one(Message, mail.payload["message_id"])
    booking = message.booking
    assert booking is not None
    side = Side.CLASS if message.written_by is Actor.HOST else Side.COMPANY
    with speaking(mail.language):
        facts = shown_facts(facts_of(booking))
        if side is Side.CLASS:
            author = facts["company"]
            subject = _("Message de %(name)s : %(title)s", name=author, title=facts["title"])
        else:
            author = _("%(teacher)s (%(school)s)", teacher=facts["teacher"], school=facts["school"])
            subject = _("Message pour la visite du %(when)s : %(name)s", when=_day(facts), name=facts["class_name"])
        page = booking_page_url(booking.id, side, facts["company_id"], mail.language)
        return _content(
            mail,
            message,
            subject=subject,
            heading=_("%(author)s vous écrit", author=author),
            facts_heading=facts_heading(facts),
            rows=rows(facts, side, mail.kind),
            page=f"{page}#messages",
            about=_about(facts, side),
        )


def _day(facts: dict[str, Any]) -> str:
    return format_day(datetime.fromisoformat(facts["local_start"]))


def _about(facts: dict[str, Any], side: Side) -> str:
    if side is Side.CLASS:
        return _("À propos de votre réservation %(when)s, pour %(who)s.", when=on_span(facts), who=group_name(facts))
    return _("À propos de la réservation %(when)s, pour %(who)s.", when=on_span(facts), who=group_name(facts))


@composer("question", wanted=_is_wanted)
def compose_question(mail: OutgoingMail) -> Content:
    """A question about an activity, or its answer, with the page where the thread goes on."""
    message = db.session.get_one(Message, mail.payload["message_id"])
    question = message.question
    assert question is not None
    activity = question.activity
    with speaking(mail.language):
        title = for_reader(one_line(activity.title))
        if message.written_by is Actor.HOST:
            company = for_reader(one_line(activity.company.name))
            subject = _("Réponse de %(company)s : %(title)s", company=company, title=title)
            heading = _("%(author)s vous répond", author=company)
            about = _("À propos de « %(title)s », qui n’est pas encore réservé.", title=title)
            page = f"/teacher/questions/{question.id}"
        else:
            subject = _("Question d’un enseignant : %(title)s", title=title)
            heading = _("%(teacher)s vous pose une question", teacher=one_line(question.asker.name))
            about = _("Avant de réserver, une réponse rapide aide la classe à choisir.")
            page = f"/company/{activity.company_id}/questions/{question.id}"
        return _content(
            mail,
            message,
            subject=subject,
            heading=heading,
            facts_heading=_("L’activité"),
            rows=_activity_rows(activity, question.school.one_line if message.written_by is Actor.TEACHER else ""),
            page=absolute_url(page, mail.language),
            about=about,
        )


def _activity_rows(activity: Activity, school: str) -> list[tuple[str, str]]:
    found = [
        (_("Activité"), for_reader(one_line(activity.title))),
        (_("Entreprise"), for_reader(one_line(activity.company.name))),
        (_("Établissement"), one_line(school)),
    ]
    return [(label, text) for label, text in found if text]


def _content(mail: OutgoingMail, message: Message, *, subject: str, page: str, **words: Any) -> Content:
    context = {
        **words,
        "kind": mail.kind,
        "hello": hello(mail.recipient_name),
        "text": for_reader(many_lines(message.text)),
        "actions": [(_("Répondre sur la page"), page)],
        "ended": [],
        "clocks": [],
        "changes": [],
        "site_url": absolute_url("/", mail.language),
        "has_calendar": False,
    }
    env = current_app.jinja_env
    text, html = (env.get_template(f"mail/messages/message.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=subject, text=text, html=html)


# ---- Reports


def tell_officers(report: Report) -> None:
    """Tell whoever decides, in the territory of the place; once a day for the same page or message."""
    what = f"message/{report.message_id}" if report.message_id else f"activity/{report.activity_id}"
    for person in officers_of(report.activity.site.departement):
        outbox.queue(
            "report",
            person.email,
            name=person.name,
            language=person.language,
            payload={"title": one_line(report.activity.title), "ground": report.ground, "is_message": bool(report.message_id)},
            dedupe_key=f"report/{what}/{person.id}/{report.created_at.date()}",
            person_id=person.id,
        )  # fmt: skip


def tell_mended(activity: Activity) -> None:
    """Tell whoever decides that the host asks to be read again; once a day."""
    for person in officers_of(activity.site.departement):
        outbox.queue(
            "report",
            person.email,
            name=person.name,
            language=person.language,
            payload={"title": one_line(activity.title), "is_mended": True},
            dedupe_key=f"report/mended/{activity.id}/{person.id}/{clock.now().date()}",
            person_id=person.id,
        )


def tell_allowed(activity: Activity) -> None:
    """Tell the activity's contact and the company's managers that it may be published again."""
    path = f"/company/{activity.company_id}/activities/{activity.id}"
    for person in _keepers_of(activity):
        outbox.queue(
            "report-decision",
            person.email,
            name=person.name,
            language=person.language,
            payload={"title": one_line(activity.title), "is_allowed": True, "path": path},
            dedupe_key=f"report-decision/allowed/{activity.id}/{person.id}/{clock.now():%Y%m%d%H%M}",
            person_id=person.id,
        )


def _keepers_of(activity: Activity) -> list[Person]:
    people = [activity.contact, *confirmed_managers(activity.company)]
    return [person for person in {each.id: each for each in people}.values() if person.closed_at is None]


def tell_author(report: Report, reason: str) -> None:
    """Tell the author what was hidden and why; of an activity, its contact and the company's managers."""
    activity, message = report.activity, report.message
    if message is not None:
        people = [message.person]
        path = (
            f"/company/{activity.company_id}/messages"
            if message.written_by is Actor.HOST
            else "/teacher/questions"
            if message.question_id
            else f"/teacher/bookings/{message.booking_id}"
        )
    else:
        people = _keepers_of(activity)
        path = f"/company/{activity.company_id}/activities/{activity.id}"
    for person in {person.id: person for person in people if person.closed_at is None}.values():
        outbox.queue(
            "report-decision",
            person.email,
            name=person.name,
            language=person.language,
            payload={
                "title": one_line(activity.title),
                "reason": many_lines(reason),
                "path": path,
                "is_message": message is not None,
            },
            dedupe_key=f"report-decision/{report.id}/{person.id}",
            person_id=person.id,
        )


@composer("report")
def compose_report(mail: OutgoingMail) -> Content:
    letter = mail.payload
    if letter.get("is_mended"):
        return _mended(mail)
    with speaking(mail.language):
        title, ground = for_reader(letter["title"]), str(GROUND_WORDS[Ground(letter["ground"])])
        about = _("Un message à propos de « %(title)s »", title=title) if letter["is_message"] else _("La page « %(title)s »", title=title)  # fmt: skip
        return _notice(
            mail,
            subject=_("Signalement : %(title)s", title=title),
            heading=_("Un contenu est signalé"),
            sentences=[_("%(about)s est signalé : %(ground)s.", about=about, ground=ground), _("Lisez-le et décidez : le masquer, ne rien changer, ou écarter le signalement.")],
            link=(_("Lire et décider"), "/territory/reports"),
        )  # fmt: skip


def _mended(mail: OutgoingMail) -> Content:
    with speaking(mail.language):
        title = for_reader(mail.payload["title"])
        return _notice(
            mail,
            subject=_("À relire : %(title)s", title=title),
            heading=_("Une activité masquée est à relire"),
            sentences=[_("L’entreprise a corrigé « %(title)s », que vous aviez masquée, et demande une nouvelle lecture.", title=title), _("Lisez-la et décidez ; tant que vous ne le faites pas, elle reste masquée.")],
            link=(_("Lire et décider"), "/territory/reports"),
        )  # fmt: skip


def _allowed(mail: OutgoingMail) -> Content:
    with speaking(mail.language):
        title = for_reader(mail.payload["title"])
        return _notice(
            mail,
            subject=_("Vous pouvez publier de nouveau : %(title)s", title=title),
            heading=_("Votre activité peut être publiée de nouveau"),
            sentences=[_("Les services académiques ont relu « %(title)s ». Elle n’est plus masquée : c’est à vous de la publier.", title=title)],
            link=(_("Publier l’activité"), mail.payload["path"]),
        )  # fmt: skip


@composer("report-decision")
def compose_report_decision(mail: OutgoingMail) -> Content:
    letter = mail.payload
    if letter.get("is_allowed"):
        return _allowed(mail)
    with speaking(mail.language):
        title = for_reader(letter["title"])
        if letter["is_message"]:
            heading = _("Votre message est masqué")
            sentence = _("Les services académiques ont masqué un message que vous aviez écrit à propos de « %(title)s ».", title=title)  # fmt: skip
            link = (_("Voir mes messages"), letter["path"])
        else:
            heading = _("Votre activité n’est plus publiée")
            sentence = _("Les services académiques ont retiré « %(title)s » du programme. Les réservations déjà faites restent. Corrigez l’activité, puis demandez une nouvelle lecture.", title=title)  # fmt: skip
            link = (_("Corriger l’activité"), letter["path"])
        return _notice(
            mail,
            subject=_("%(what)s : %(title)s", what=heading, title=title),
            heading=heading,
            sentences=[sentence, _("Raison : %(reason)s.", reason=for_reader(letter["reason"]).rstrip("."))],
            link=link,
        )  # fmt: skip


def _notice(mail: OutgoingMail, *, subject: str, heading: str, sentences: list[str], link: tuple[str, str]) -> Content:
    context = {
        "kind": mail.kind,
        "heading": heading,
        "sentences": sentences,
        "hello": hello(mail.recipient_name),
        "actions": [(link[0], absolute_url(link[1], mail.language))],
        "ended": [],
        "clocks": [],
        "changes": [],
        "rows": [],
        "site_url": absolute_url("/", mail.language),
        "has_calendar": False,
    }
    env = current_app.jinja_env
    text, html = (env.get_template(f"mail/messages/notice.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=subject, text=text, html=html)
