"""Mails about the need board. Offers, acceptances and refusals are bookings: their mails are those of bookings."""

from __future__ import annotations

from typing import Any

from flask import current_app

from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line
from booking.matching.board.words import sought_words
from booking.matching.models import Need
from booking.matching.rules import Wish


def tell_expired(need: Need) -> None:
    """Tell the teacher that no firm met the need in time, and what else there is."""
    person = need.teacher
    outbox.queue(
        "search-expired",
        person.email,
        name=person.name,
        language=person.language,
        payload={
            "path": f"/teacher/needs/{need.id}",
            "class_name": one_line(need.school_class.name),
            "level": need.school_class.level_code,
            "wishes": need.wishes,
            "sought": {"theme": one_line(need.theme), "sectors": need.sectors, "kinds": need.kinds},
        },
        dedupe_key=f"search-expired/need/{need.id}",
        object_key=f"need/{need.id}/{person.id}",
        person_id=person.id,
    )


@composer("search-expired")
def compose_search_expired(mail: OutgoingMail) -> Content:
    letter = mail.payload
    with speaking(mail.language):
        programme = absolute_url(f"/programme?free=1&level={letter['level'] or ''}", mail.language)
        subject = _("Votre recherche de visite s’arrête : %(class_name)s", class_name=letter["class_name"])
        context = _context(
            mail,
            rows=[
                (_("Classe"), letter["class_name"]),
                (_("Ce que vous cherchez"), sought_words(**letter["sought"])),
                (_("Dates souhaitées"), " ; ".join(Wish.from_json(row).words for row in letter["wishes"])),
            ],
            actions=[
                (_("Voir la recherche"), absolute_url(letter["path"], mail.language)),
                (_("Chercher dans le programme"), programme),
            ],
        )
        text, html = _rendered("search-expired", context)
    return Content(subject=subject, text=text, html=html)


def _context(mail: OutgoingMail, **more: Any) -> dict[str, Any]:
    """What the layout of every mail asks for."""
    return {
        "kind": mail.kind,
        "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
        "rows": [],
        "actions": [],
        "ended": [],
        "clocks": [],
        "changes": [],
        "site_url": absolute_url("/", mail.language),
        "has_calendar": False,
        **more,
    }


def _rendered(name: str, context: dict[str, Any]) -> tuple[str, str]:
    env = current_app.jinja_env
    text, html = (env.get_template(f"mail/matching/{name}.{suffix}").render(context) for suffix in ("txt", "html"))
    return text, html
