"""The message that tells a firm what an officer published for it."""

from __future__ import annotations

from flask import current_app

from booking.accounts.models import Person
from booking.catalogue.models import Activity
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line


def tell_entered(activity: Activity, reader: Person, officer: Person) -> None:
    """Queue the message, in the transaction that publishes."""
    key = f"activity-entered/{activity.id}/{reader.id}"
    outbox.queue(
        "activity-entered",
        reader.email,
        name=reader.name,
        language=reader.language,
        payload={
            "path": f"/company/{activity.company_id}/activities/{activity.id}",
            "company": one_line(activity.company.name),
            "title": one_line(activity.title),
            "officer": one_line(officer.name),
        },
        dedupe_key=key,
        object_key=key,
        person_id=reader.id,
    )


@composer("activity-entered")
def compose(mail: OutgoingMail) -> Content:
    """The message in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        context = {
            **letter,
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "rows": [
                (_("Activité"), letter["title"]),
                (_("Entreprise"), letter["company"]),
                (_("Saisie par"), _("%(name)s (services académiques)", name=letter["officer"])),
            ],
            "ended": [],
            "clocks": [],
            "changes": [],
            "actions": [(_("Relire l’activité"), absolute_url(letter["path"], mail.language))],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        subject, text, html = (
            env.get_template(f"mail/catalogue/activity-entered.{suffix}").render(context)
            for suffix in ("subject.txt", "txt", "html")
        )
    return Content(subject=subject.strip(), text=text, html=html)
