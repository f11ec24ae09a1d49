"""The steps of an outing in their real order: places, head, coach, firm, papers, day. Who has the next one.

The firm answers before or after the head, as it chose; the coach is ordered once the head has said yes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from booking.bookings.rules.states import ENDED, RECORDED, Answer, State
from booking.core.dates import format_day, format_hour, format_moment
from booking.core.i18n import _, _l


class Coach(enum.StrEnum):
    NOT_NEEDED = "not_needed"
    QUOTE_ASKED = "quote_asked"
    ORDERED = "ordered"


COACH_WORDS: dict[Coach, Any] = {
    Coach.NOT_NEEDED: _l("pas de car : à pied, ou en transports en commun"),
    Coach.QUOTE_ASKED: _l("devis demandé"),
    Coach.ORDERED: _l("car commandé"),
}


class Progress(enum.StrEnum):
    """NOW: somebody has it, and the page says who. STOP: it failed."""

    DONE = "done"
    NOW = "now"
    TODO = "todo"
    STOP = "stop"


@dataclass(frozen=True)
class OutingFacts:
    """What is known of a booking's way to its day. head: None when the school was not asked (yet).

    head_comes_first: the booking is not firm without the head's yes. firm_is_last: the firm answers after the head.
    """

    state: State
    timezone: str
    now: datetime
    day: date
    ends_at: datetime
    company: str
    is_workshop: bool
    firm_is_last: bool
    head: Answer | None
    head_comes_first: bool
    head_due: datetime | None
    head_asked_at: datetime | None
    awaits_names: bool
    host: Answer | None
    host_due: datetime | None
    until: datetime | None
    coach: Coach | None
    coach_on: date | None
    leaves: time | None

    def moment(self, moment: datetime | None) -> str:
        return format_moment(moment, self.timezone) if moment else ""


@dataclass(frozen=True)
class OutingStep:
    """key: `head`, `coach`… for the page's links. words: where it stands, who has it, until when."""

    key: str
    title: str
    words: str
    progress: Progress


def outing_steps(facts: OutingFacts) -> list[OutingStep]:
    """The steps in the order in which this firm wants them; none for a booking that is over, or waits for a place."""
    if facts.state in ENDED or facts.state is State.WAITING:
        return []
    before, after = ([_head, _coach], [_firm]) if facts.firm_is_last else ([_firm], [_head, _coach])
    steps: list[Callable[[OutingFacts], OutingStep | None]] = [_places, *before, *after, _papers, _day]
    return [step for make in steps if (step := make(facts)) is not None]


def coach_words(coach: Coach | None, on: date | None, leaves: time | None) -> str:
    """« car commandé le 24 novembre, départ à 8 h 10 »."""
    if coach is None:
        return ""
    words = str(COACH_WORDS[coach])
    if coach is not Coach.NOT_NEEDED and on:
        words = _("%(coach)s le %(day)s", coach=words, day=format_day(on, weekday=False, year=False))
    if coach is not Coach.NOT_NEEDED and leaves:
        words = _("%(coach)s, départ à %(hour)s", coach=words, hour=format_hour(leaves, short=True))
    return words


def _places(f: OutingFacts) -> OutingStep:
    title = _("La date") if f.is_workshop else _("Les places")
    if f.state is State.OFFERED:
        until = f.moment(f.until)
        words = (
            _("proposée jusqu’au %(moment)s : à vous de l’accepter", moment=until)
            if f.is_workshop
            else _("proposées jusqu’au %(moment)s : à vous de les accepter", moment=until)
        )
        return OutingStep("places", title, words, Progress.NOW)
    if f.state is State.HELD:
        return OutingStep("places", title, _("en option jusqu’au %(moment)s : à vous de confirmer",
                                             moment=f.moment(f.until)), Progress.NOW)  # fmt: skip
    return OutingStep("places", title, _("gardée") if f.is_workshop else _("gardées"), Progress.DONE)


def _head(f: OutingFacts) -> OutingStep | None:
    if f.head is None and f.state is not State.OFFERED and not f.head_comes_first:
        return None  # entered by telephone, or the visit has begun: nobody was asked
    title = _("Le chef d’établissement")
    if f.head is Answer.YES:
        return OutingStep("head", title, _("a donné son autorisation"), Progress.DONE)
    if f.head is Answer.NO:
        return OutingStep("head", title, _("n’a pas donné son autorisation"), Progress.STOP)
    if f.head is None:
        return OutingStep("head", title, _("sera sollicité dès que les places sont gardées"), Progress.TODO)
    if f.awaits_names:
        return OutingStep("head", title, _("recevra la demande dès que l’entreprise aura donné les noms de ses intervenants"),
                          Progress.TODO)  # fmt: skip
    if f.head_asked_at is None:
        return OutingStep("head", title, _("n’a pas d’adresse connue : envoyez la demande, donnez le code ou passez par le papier"),
                          Progress.NOW)  # fmt: skip
    if f.head_comes_first and f.head_due:
        words = _("doit répondre avant le %(moment)s, sinon la demande expire", moment=f.moment(f.head_due))
    else:
        words = _(
            "a la demande depuis le %(moment)s ; un refus annulerait la réservation", moment=f.moment(f.head_asked_at)
        )
    return OutingStep("head", title, words, Progress.NOW)


def _coach(f: OutingFacts) -> OutingStep | None:
    if f.is_workshop:
        return None
    title = _("Le car")
    if f.coach is None and f.head is not Answer.YES and f.head_comes_first:
        return OutingStep("coach", title, _("à commander quand l’autorisation est donnée"), Progress.TODO)
    if f.coach is None:
        return OutingStep("coach", title, _("à vous de dire s’il en faut un"), Progress.NOW)
    words = coach_words(f.coach, f.coach_on, f.leaves)
    return OutingStep("coach", title, words, Progress.NOW if f.coach is Coach.QUOTE_ASKED else Progress.DONE)


def _firm(f: OutingFacts) -> OutingStep:
    title = _("L’entreprise")
    if f.state is State.CONFIRMED or f.state in RECORDED or f.host is Answer.YES:
        words = _("%(company)s vient dans votre classe", company=f.company) if f.is_workshop else _(
            "%(company)s attend la classe", company=f.company)  # fmt: skip
        return OutingStep("firm", title, words, Progress.DONE)
    if f.host is Answer.PENDING and f.host_due:
        words = _("%(company)s répond avant le %(moment)s", company=f.company, moment=f.moment(f.host_due))
        return OutingStep("firm", title, words, Progress.NOW)
    if f.firm_is_last:
        return OutingStep(
            "firm", title, _("%(company)s répond après le chef d’établissement", company=f.company), Progress.TODO
        )
    return OutingStep(
        "firm", title, _("%(company)s aura votre demande quand vous confirmez", company=f.company), Progress.TODO
    )


def _papers(f: OutingFacts) -> OutingStep:
    title = _("Le dossier de l’atelier") if f.is_workshop else _("Le dossier de sortie")
    is_firm = f.state is State.CONFIRMED or f.state in RECORDED
    words = _("à imprimer depuis cette page") if is_firm else _("quand la réservation est confirmée")
    return OutingStep("papers", title, words, Progress.DONE if f.state in RECORDED else Progress.TODO)


def _day(f: OutingFacts) -> OutingStep:
    title = _("Le jour de l’atelier") if f.is_workshop else _("Le jour de la visite")
    words = format_day(f.day)
    if f.leaves and not f.is_workshop:
        words = _("%(day)s, départ du car à %(hour)s", day=words, hour=format_hour(f.leaves, short=True))
    is_over = f.state in RECORDED or f.ends_at <= f.now
    return OutingStep("day", title, words, Progress.DONE if is_over else Progress.TODO)
