"""The mail that asks a host whether a slot below its minimum takes place."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app

from booking.catalogue.models import Slot
from booking.core.dates import format_day, format_span
from booking.core.i18n import _, _n, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line


def ask_about_minimum(slot: Slot) -> None:
    """Queue the question to the activity's contact, in the transaction that notes that it was asked."""
    activity, contact = slot.activity, slot.activity.contact
    outbox.queue(
        "minimum-asked",
        contact.email,
        name=contact.name,
        language=contact.language,
        payload={
            "path": f"/company/{activity.company_id}/slots/{slot.id}",
            "title": one_line(activity.title),
            "place": "" if activity.comes_to_class else one_line(activity.site.one_line),
            "local_start": slot.local_start.isoformat(),
            "local_end": slot.local_end.isoformat(),
            "timezone": slot.timezone,
            "min_pupils": slot.min_pupils,
            "pupils": slot.taken_pupils,
            "classes": slot.taken_classes,
            "decision_on": slot.decision_on.isoformat() if slot.decision_on else "",
        },
        dedupe_key=f"minimum-asked/slot/{slot.id}/{slot.decision_on}",
        object_key=f"slot/{slot.id}",
        person_id=contact.id,
        priority=3,
        expires_at=slot.starts_at,
    )


@composer("minimum-asked")
def compose_minimum_mail(mail: OutgoingMail) -> Content:
    """The question, in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        start, end = (datetime.fromisoformat(letter[name]) for name in ("local_start", "local_end"))
        day = format_day(date.fromisoformat(letter["decision_on"]))
        pupils = _n("%(num)d élève", "%(num)d élèves", letter["pupils"])
        classes = _n("%(num)d classe", "%(num)d classes", letter["classes"])
        rows = [
            (_("Activité"), letter["title"]),
            (_("Quand"), format_span(start, end, letter["timezone"])),
            (_("Où"), letter["place"]),
            (_("Inscrits"), _("%(pupils)s, %(classes)s", pupils=pupils, classes=classes)),
            (_("Minimum annoncé"), _n("%(num)d élève", "%(num)d élèves", letter["min_pupils"])),
        ]
        subject = _("À décider aujourd’hui : %(day)s, %(title)s", day=format_day(start), title=letter["title"])
        context = {
            "kind": mail.kind,
            "subject": subject,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "rows": [row for row in rows if row[1]],
            "ended": [],
            "clocks": [
                _(
                    "Décidez avant le %(day)s, 18 h. Sans décision de votre part, le créneau est maintenu.",
                    day=day,
                )
            ],
            "changes": [],
            "actions": [(_("Décider"), absolute_url(letter["path"], mail.language))],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        text, html = (
            env.get_template(f"mail/bookings/minimum-asked.{suffix}").render(context) for suffix in ("txt", "html")
        )
    return Content(subject=subject, text=text, html=html)
