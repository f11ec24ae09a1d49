"""The weekly letter of needs: written from the board as it stands when the letter leaves, dropped when nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import current_app

from booking.accounts.models import Person
from booking.accounts.subscriptions import Letters, unsubscribe_url
from booking.calendars.invitations import for_reader
from booking.companies.models import Company
from booking.companies.pauses import is_paused
from booking.core import clock
from booking.core.dates import format_day
from booking.core.db import db
from booking.core.i18n import _, _n, speaking
from booking.mail import outbox
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.matching.board.queries import Match, match_of, need_on_board, wishes_of
from booking.matching.board.words import reach_words, sought_words
from booking.matching.models import Need, NeedState
from booking.schools.rules import level_label

KIND = "needs-digest"
# After what people wait for, and after the reminders of visits.
PRIORITY = 8


def tell_digest(person: Person, week: date, needs: Sequence[tuple[Company, Need]], *, total: int) -> None:
    """Queue the week's letter about these needs, each with the company that could meet it. total: on the board for them."""
    outbox.queue(
        KIND,
        person.email,
        name=person.name,
        language=person.language,
        payload={"needs": [[company.id, need.id] for company, need in needs], "total": total},
        dedupe_key=f"{KIND}/{week}/{person.id}",
        person_id=person.id,
        priority=PRIORITY,
        expires_at=datetime.combine(week + timedelta(days=7), time(), ZoneInfo("UTC")),
    )


def _is_wanted(mail: OutgoingMail) -> bool:
    person = db.session.get(Person, mail.person_id)
    return person is not None and person.wants_digest and person.email.lower() == mail.recipient.lower()


@dataclass(frozen=True)
class Paragraph:
    """One need of the letter."""

    title: str
    lines: list[str]
    link: str


@composer(KIND, wanted=_is_wanted)
def compose_digest(mail: OutgoingMail) -> Content:
    found = _still_open(mail)
    if not found:
        raise NothingToSay("every need of the letter has ended since")
    left = max(0, mail.payload["total"] - len(mail.payload["needs"]))
    companies = {company.id: company for company, _match in found}
    with speaking(mail.language):
        off_url = unsubscribe_url(mail.person_id or 0, Letters.DIGEST, mail.language)
        count = len(found)
        heading = _n(
            "Une classe cherche une visite que vous pourriez offrir",
            "%(num)d classes cherchent une visite que vous pourriez offrir",
            count,
        )
        boards = [
            (
                _("Voir toutes les recherches")
                if len(companies) == 1
                else _("Voir toutes les recherches pour %(company)s", company=company.name),
                absolute_url(f"/company/{company.id}/board", mail.language),
            )
            for company in companies.values()
        ]
        context = {
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "heading": heading,
            "paragraphs": [
                _paragraph(company, match, mail.language, is_named=len(companies) > 1) for company, match in found
            ],
            "left": _n(
                "%(num)d autre recherche vous attend sur la page.",
                "%(num)d autres recherches vous attendent sur la page.",
                left,
            )
            if left
            else "",
            "rows": [],
            "ended": [],
            "clocks": [],
            "changes": [],
            "boards": boards,
            "actions": [],
            "unsubscribe_url": off_url,
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        text, html = (env.get_template(f"mail/matching/digest.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=heading, text=text, html=html, unsubscribe_url=off_url)


def _still_open(mail: OutgoingMail) -> list[tuple[Company, Match]]:
    """The needs of the letter that their company could still meet, in its order."""
    found = []
    for company_id, need_id in mail.payload["needs"]:
        company, need = db.session.get(Company, company_id), need_on_board(need_id)
        if company is None or need is None or is_paused(company, clock.now().date()):
            continue
        is_open = need.state is NeedState.OPEN and need.deadline_at > clock.now()
        if is_open and (match := match_of(company, need)):
            found.append((company, match))
    return found


def _paragraph(company: Company, match: Match, language: str, *, is_named: bool) -> Paragraph:
    need = match.need
    title = _(
        "%(level)s, %(pupils)s, %(commune)s",
        level=level_label(need.school_class.level_code),
        pupils=_n("%(num)d élève", "%(num)d élèves", need.school_class.pupils),
        commune=need.school.commune_name,
    )
    wishes = " ; ".join(wish.words for wish in wishes_of(need))
    reasons = [str(reason.words) for reason in match.score.reasons if reason.is_good is not False]
    timezone = ZoneInfo(need.school.departement.timezone)
    lines = [
        need.school.name,
        _("Cherche : %(sought)s", sought=for_reader(sought_words(need.theme, need.sectors, need.kinds))),
        _("Dates souhaitées : %(wishes)s", wishes=wishes),
        _("Jusqu’où : %(reach)s", reach=reach_words(need.radius_km or 0, can_travel=need.can_travel)),
        _("Pour vous : %(reasons)s", reasons=", ".join(reasons)) if reasons else "",
        _("Avec « %(title)s ».", title=for_reader(match.activity.title)),
        _("Au nom de %(company)s.", company=company.name) if is_named else "",
        _("Proposez une date avant le %(day)s.", day=format_day(need.deadline_at.astimezone(timezone).date())),
    ]
    return Paragraph(
        title,
        [line for line in lines if line],
        absolute_url(f"/company/{company.id}/board/{need.id}", language),
    )
