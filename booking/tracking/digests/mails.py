"""The officers' letters: written from the territory as it stands when they leave, dropped when there is nothing to say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from booking.accounts.models import Membership, Person
from booking.accounts.subscriptions import Letters, unsubscribe_url
from booking.bookings.rules.states import REASON_WORDS, CancelReason
from booking.calendars.invitations import for_reader
from booking.catalogue.labelling.rules import ALERT_DAYS
from booking.core.dates import format_day, format_span
from booking.core.db import db
from booking.core.i18n import _, _n, speaking
from booking.core.web import format_number
from booking.mail import outbox
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.tracking.digests.queries import Happened, Week, followed_by, happened_in, week_of
from booking.tracking.digests.rules import is_alerted, is_worth_a_letter

DIGEST, ALERT = "officer-digest", "officer-alert"
# After what people wait for; an alert before the letters.
DIGEST_PRIORITY, ALERT_PRIORITY = 8, 6


def tell_digest(person: Person, week: date) -> None:
    """Queue the letter of this Monday."""
    outbox.queue(
        DIGEST,
        person.email,
        name=person.name,
        language=person.language,
        payload={"week": week.isoformat()},
        dedupe_key=f"{DIGEST}/{week}/{person.id}",
        person_id=person.id,
        priority=DIGEST_PRIORITY,
        expires_at=datetime.combine(week + timedelta(days=7), time(), ZoneInfo("UTC")),
    )


def tell_alert(person: Person, news: Sequence[tuple[Membership, Happened]]) -> None:
    """Queue one message about what happened."""
    keys = sorted(each.key for _membership, each in news)
    outbox.queue(
        ALERT,
        person.email,
        name=person.name,
        language=person.language,
        payload={"keys": keys},
        dedupe_key=f"{ALERT}/{person.id}/{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:24]}",
        person_id=person.id,
        priority=ALERT_PRIORITY,
    )


def _is_wanted(mail: OutgoingMail) -> bool:
    person = db.session.get(Person, mail.person_id)
    if person is None or person.email.lower() != mail.recipient.lower():
        return False
    return person.wants_digest if mail.kind == DIGEST else person.wants_alerts


@dataclass(frozen=True)
class Section:
    """A territory, or a kind of event: figures as rows, then sentences, each with the page it leads to."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)


# ---- The letter of Monday


@composer(DIGEST, wanted=_is_wanted)
def compose_digest(mail: OutgoingMail) -> Content:
    monday = date.fromisoformat(mail.payload["week"])
    with speaking(mail.language):
        weeks = [week for each in followed_by(mail.person_id or 0) if (week := week_of(each, monday))]
        told = [week for week in weeks if is_worth_a_letter(week.numbers)]
        if not told:
            raise NothingToSay("nothing happened and nothing waits")
        day = format_day(monday, weekday=False)
        names = ", ".join(week.scope.name for week in told)
        subject = _("La semaine du %(day)s : %(territories)s", day=day, territories=names)
        heading = _("La semaine du %(day)s", day=day)
        sections = [_section(week, mail.language, is_only=len(told) == 1) for week in told]
        return _content(mail, "digest", Letters.DIGEST, subject, heading, sections)


def _section(week: Week, language: str, *, is_only: bool) -> Section:
    here = f"/territory/{week.membership.id}"
    edition = f"?edition={week.edition.slug}"

    def page(path: str) -> str:
        return absolute_url(here + path, language)

    rows = [
        (_("Réservations faites la semaine dernière"), _with_pupils(week.booked, week.booked_pupils)),
        (_("Visites faites la semaine dernière"), _with_pupils(week.visited, week.visited_pupils)),
        (_("Visites prévues cette semaine"), _with_pupils(week.coming, week.coming_pupils)),
        (_("Depuis le début de l’édition"), _so_far(week)),
    ]
    waiting: list[tuple[int, str, str]] = [
        (
            week.accounts,
            _n("%(num)d compte attend votre accord.", "%(num)d comptes attendent votre accord.", week.accounts),
            page("/people"),
        ),
        (week.labels, _labels_words(week), page("/labels")),
        (
            week.labels_changed,
            _n(
                "%(num)d activité labellisée a été réécrite : à relire.",
                "%(num)d activités labellisées ont été réécrites : à relire.",
                week.labels_changed,
            ),
            page("/labels"),
        ),
        (
            week.reports,
            _n(
                "%(num)d signalement attend une décision.", "%(num)d signalements attendent une décision.", week.reports
            ),
            page("/reports"),
        ),
        (
            week.new_needs,
            _n(
                "%(num)d nouvelle recherche de visite n’a pas encore de réponse.",
                "%(num)d nouvelles recherches de visite n’ont pas encore de réponse.",
                week.new_needs,
            ),
            page(f"/unmet{edition}"),
        ),
        (
            week.silent,
            _n(
                "%(num)d entreprise ne répond plus : elle est à appeler.",
                "%(num)d entreprises ne répondent plus : elles sont à appeler.",
                week.silent,
            ),
            page("/paused"),
        ),
        (
            week.unrecorded,
            _n(
                "%(num)d visite passée n’a pas de compte rendu.",
                "%(num)d visites passées n’ont pas de compte rendu.",
                week.unrecorded,
            ),
            page(f"/bookings{edition}&state=unrecorded"),
        ),
    ]
    return Section(
        title=week.edition.name if is_only else f"{week.scope.name}, {week.edition.name}",
        rows=rows,
        waiting=[(words, link) for number, words, link in waiting if number],
        links=[(_("Tableau de bord"), page(f"/{edition}")), (_("Bilan en deux pages"), page(f"/report{edition}"))],
    )


def _with_pupils(visits: int, pupils: int) -> str:
    if not visits:
        return _("aucune")
    return _n("%(visits)s, %(num)d élève", "%(visits)s, %(num)d élèves", pupils, visits=format_number(visits))


def _so_far(week: Week) -> str:
    counts = week.board.reached.total
    schools = _n("%(num)d établissement", "%(num)d établissements", counts.schools)
    classes = _n("%(num)d classe", "%(num)d classes", counts.classes)
    pupils = _n("%(num)d élève", "%(num)d élèves", counts.pupils)
    return _("%(pupils)s de %(classes)s dans %(schools)s", pupils=pupils, classes=classes, schools=schools)


def _labels_words(week: Week) -> str:
    words = _n(
        "%(num)d demande de label attend une réponse.", "%(num)d demandes de label attendent une réponse.", week.labels
    )
    if week.labels_late:
        late = _n("Le délai est passé pour %(num)d.", "Le délai est passé pour %(num)d.", week.labels_late)
        words = f"{words} {late}"
    if week.labels_near:
        near = _n(
            "Pour %(num)d, il reste moins de deux jours.",
            "Pour %(num)d, il reste moins de deux jours.",
            week.labels_near,
        )
        words = f"{words} {near}"
    return words


# ---- Alerts


@composer(ALERT, wanted=_is_wanted)
def compose_alert(mail: OutgoingMail) -> Content:
    keys = set(mail.payload["keys"])
    found: dict[str, tuple[Membership, Happened]] = {}
    for membership in followed_by(mail.person_id or 0):
        if is_alerted(membership.scope_kind):
            for each in happened_in(membership):
                if each.key in keys:
                    found.setdefault(each.key, (membership, each))
    if not found:
        raise NothingToSay("what the alert was about was settled since")
    with speaking(mail.language):
        told = list(found.values())
        subject = (
            _subject(told[0][1])
            if len(told) == 1
            else _("%(number)d choses à voir dans votre territoire", number=len(told))
        )
        sections = []
        for title, kind in (
            (_("Un label attend"), "label"), (_("Un créneau est annulé"), "slot"), (_("Une entreprise ne répond plus"), "company"),
        ):  # fmt: skip
            lines = [_line(membership, each, mail.language) for membership, each in told if getattr(each, kind)]
            if lines:
                sections.append(Section(title, waiting=lines))
        return _content(mail, "alert", Letters.ALERTS, subject, subject, sections)


def _subject(each: Happened) -> str:
    if each.label:
        return _("Label à rendre : %(title)s", title=for_reader(each.label.activity.title))
    if each.slot:
        return _("Créneau annulé : %(title)s", title=for_reader(each.slot.activity.title))
    assert each.company is not None
    return _("Entreprise sans réponse : %(company)s", company=each.company.name)


def _line(membership: Membership, each: Happened, language: str) -> tuple[str, str]:
    here = f"/territory/{membership.id}"
    if each.label:
        activity, asked = each.label.activity, each.label.asked
        due = asked.due_at if asked else None
        zone = ZoneInfo(activity.site.timezone)
        words = _(
            "« %(title)s » de %(company)s attend son label depuis au moins %(days)d jours ouvrés. La réponse est due le %(day)s.",
            title=for_reader(activity.title),
            company=activity.company.name,
            days=ALERT_DAYS,
            day=format_day(due.astimezone(zone)) if due else "–",
        )
        return words, absolute_url(f"{here}/labels/{activity.id}", language)
    if each.slot:
        slot = each.slot
        reason = slot.cancelled_reason
        why = str(REASON_WORDS[CancelReason(reason)]) if reason in set(CancelReason) else _("sans motif")
        words = _n(
            "« %(title)s » de %(company)s, %(when)s : annulé (%(why)s). %(num)d classe perd sa place ; d’autres dates lui sont proposées.",
            "« %(title)s » de %(company)s, %(when)s : annulé (%(why)s). %(num)d classes perdent leur place ; d’autres dates leur sont proposées.",
            each.classes,
            title=for_reader(slot.activity.title),
            company=slot.activity.company.name,
            when=format_span(slot.local_start, slot.local_end, slot.timezone),
            why=why,
        )
        edition = slot.activity.edition.slug
        return words, absolute_url(f"{here}/bookings?edition={edition}&state=cancelled", language)
    assert each.company is not None
    words = _(
        "%(company)s a laissé plusieurs demandes de suite sans réponse : elle ne reçoit plus de nouvelles demandes. Un appel peut aider.",
        company=each.company.name,
    )
    return words, absolute_url(f"{here}/paused", language)


def _content(
    mail: OutgoingMail, name: str, letters: Letters, subject: str, heading: str, sections: Sequence[Section]
) -> Content:
    off_url = unsubscribe_url(mail.person_id or 0, letters, mail.language)
    context: dict[str, Any] = {
        "kind": mail.kind,
        "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
        "heading": heading,
        "sections": sections,
        "rows": [],
        "ended": [],
        "clocks": [],
        "changes": [],
        "actions": [],
        "unsubscribe_url": off_url,
        "site_url": absolute_url("/", mail.language),
        "has_calendar": False,
    }
    env = current_app.jinja_env
    text, html = (env.get_template(f"mail/tracking/{name}.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=subject, text=text, html=html, unsubscribe_url=off_url)
