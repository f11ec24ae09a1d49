"""The message that invites a firm to take its activities of the last edition up again."""

from __future__ import annotations

from flask import current_app

from booking.accounts.models import Person
from booking.catalogue.models import Edition
from booking.companies.models import Company
from booking.core.dates import format_day, format_moment
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line


def invite(person: Person, company: Company, source: Edition, target: Edition) -> None:
    """Queue the message, in the transaction that notes the invitation."""
    key = f"return/{target.id}/{company.id}/{person.id}"
    opens = target.bookings_open_at
    with speaking(person.language):
        rows = [
            (_("Entreprise"), one_line(company.name)),
            (_("Édition"), one_line(target.name)),
            (
                _("Semaine"),
                _("du %(first)s au %(last)s", first=format_day(target.starts_on), last=format_day(target.ends_on)),
            ),
            (_("Ouverture des réservations"), format_moment(opens) if opens else ""),
        ]
    outbox.queue(
        "return-invited",
        person.email,
        name=person.name,
        language=person.language,
        payload={
            "path": f"/company/{company.id}/activities/again?edition={target.slug}",
            "company": one_line(company.name),
            "source": one_line(source.name),
            "target": one_line(target.name),
            "rows": [row for row in rows if row[1]],
        },
        dedupe_key=key,
        object_key=key,
        person_id=person.id,
    )


@composer("return-invited")
def compose(mail: OutgoingMail) -> Content:
    """The message in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        context = {
            **letter,
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "ended": [],
            "clocks": [],
            "changes": [],
            "actions": [(_("Choisir ce que vous reprenez"), absolute_url(letter["path"], mail.language))],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        subject, text, html = (
            env.get_template(f"mail/catalogue/return-invited.{suffix}").render(context)
            for suffix in ("subject.txt", "txt", "html")
        )
    return Content(subject=subject.strip(), text=text, html=html)
