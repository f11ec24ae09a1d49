"""The sentences that one kind of message has for itself: subject, heading, what happened, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from booking.bookings.mails.names import group_name
from booking.bookings.mails.sentences import on_span
from booking.bookings.mails.snapshots import REPLACED
from booking.bookings.rules.changes import ChangeKind
from booking.bookings.rules.day import DELAYS_MIN
from booking.bookings.rules.line_words import rule_words, where_words
from booking.bookings.rules.sentences import entered_for_words
from booking.bookings.rules.states import REASON_WORDS, Actor, CancelReason, Event, State
from booking.bookings.rules.suspensions import period_words
from booking.calendars.models import Side
from booking.core import clock
from booking.core.dates import format_day
from booking.core.i18n import _


@dataclass(frozen=True)
class Words:
    """lead: before the facts. following: after them."""

    subject: str
    heading: str
    lead: list[str]
    following: list[str] = field(default_factory=list)


class Scene:
    """A booking as the sentences name it: who comes, when, whether the firm comes to the class instead."""

    def __init__(self, letter: Mapping[str, Any], facts: Mapping[str, Any], *, clashes: bool = False) -> None:
        self.event, self.actor, self.state = letter["event"], letter["actor"], letter["state"]
        self.reason: str | None = letter["reason"]
        self.details: Mapping[str, Any] = letter.get("details") or {}
        self.minutes: int = letter.get("details", {}).get("minutes", 0)
        # The state that a lapse ended, and where a class stands in line.
        self.was, self.line = letter["before"].get("state"), letter.get("line", {})
        self.for_class = Side(letter["side"]) is Side.CLASS
        self.is_workshop: bool = bool(facts.get("comes_to_class"))
        self.clashes = clashes
        # What was asked of the host, when the message is about that.
        self.change: Mapping[str, Any] = letter["before"].get("change", {})
        self.title, self.company = facts["title"], facts["company"]
        self.school, self.teacher, self.class_name = facts["school"], facts["teacher"], facts["class_name"]
        self.who, self.when = group_name(facts), on_span(facts)
        self.day = format_day(datetime.fromisoformat(facts["local_start"]))


def words_of(kind: str, scene: Scene) -> Words:
    """The words of a kind of message, in the current language."""
    words = _WORDS[kind](scene)
    if scene.actor == Actor.OFFICER and scene.event in _FIRST_STEPS:
        return replace(words, lead=[*words.lead, entered_for_words(scene.teacher)])
    return words


# What an officer may do in a teacher's stead: both sides read that it was.
_FIRST_STEPS = frozenset({Event.HOLD, Event.REQUEST, Event.CONFIRM, Event.WAIT})


def facts_heading(facts: Mapping[str, Any]) -> str:
    return _("L’atelier") if facts.get("comes_to_class") else _("La visite")


def other_visits_heading(facts: Mapping[str, Any]) -> str:
    if facts.get("comes_to_class"):
        return _("D’autres idées d’ateliers et de visites")
    return _("D’autres idées de visites")


def _confirmed(s: Scene) -> Words:
    if s.for_class and s.is_workshop:
        lead = _(
            "C’est confirmé : %(company)s vient dans votre classe %(when)s, pour %(who)s.",
            company=s.company, when=s.when, who=s.who,
        )  # fmt: skip
    elif s.for_class:
        lead = _("C’est confirmé : %(company)s attend %(who)s %(when)s.", company=s.company, who=s.who, when=s.when)
    elif s.is_workshop:
        lead = _(
            "C’est confirmé : vous venez en classe %(when)s, pour %(who)s (%(school)s).",
            when=s.when, who=s.who, school=s.school,
        )  # fmt: skip
    else:
        lead = _(
            "C’est confirmé : vous attendez %(who)s (%(school)s) %(when)s.", who=s.who, school=s.school, when=s.when
        )
    subject = _("Réservation confirmée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Réservation confirmée"), [lead])


def _updated(s: Scene) -> Words:
    if s.for_class:
        lead = _("Votre réservation auprès de %(company)s a changé.", company=s.company)
    else:
        lead = _("La réservation pour %(who)s (%(school)s) a changé.", who=s.who, school=s.school)
    agenda = _("L’agenda se met à jour avec l’invitation jointe.")
    subject = _("Réservation modifiée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Réservation modifiée"), [f"{lead} {agenda}"])


def _cancelled(s: Scene) -> Words:
    if s.event == REPLACED:
        return _replaced(s)
    if s.for_class and s.is_workshop:
        lead = _("L’atelier prévu %(when)s dans votre classe, avec %(who)s, n’aura pas lieu.", when=s.when, who=s.who)
    elif s.for_class:
        lead = _("La visite prévue %(when)s avec %(who)s n’aura pas lieu.", when=s.when, who=s.who)
    elif s.is_workshop:
        lead = _(
            "L’atelier prévu %(when)s pour %(who)s (%(school)s) est annulé.", when=s.when, who=s.who, school=s.school
        )
    else:
        lead = _(
            "La visite prévue %(when)s pour %(who)s (%(school)s) est annulée.", when=s.when, who=s.who, school=s.school
        )
    subject = _("Réservation annulée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Réservation annulée"), [lead], [_after_a_cancellation(s)])


def _after_a_cancellation(s: Scene) -> str:
    if s.for_class and s.actor == Actor.TEACHER:
        return _("Vous pouvez choisir une autre date, ou autre chose pour %(who)s, dans le programme.", who=s.who)
    if s.for_class:
        return _("%(more)s Une nouvelle réservation se fait en quelques minutes.", more=_more_in_the_programme(s))
    if s.event == Event.SLOT_CANCELLED:
        return _("Ce créneau n’est plus proposé. Vous pouvez en publier un autre quand vous voulez.")
    return _free_again(s)


def _replaced(s: Scene) -> Words:
    if s.is_workshop:
        lead = _(
            "La réservation ci-dessous n’est plus à votre nom : l’atelier prévu %(when)s reste maintenu.", when=s.when
        )
    else:
        lead = _(
            "La réservation ci-dessous n’est plus à votre nom : la visite prévue %(when)s reste maintenue.",
            when=s.when,
        )
    return Words(
        _("Réservation annulée pour vous : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Réservation suivie par une autre personne"),
        [lead],
        [_("Vous n’avez rien à faire.")],
    )


def _more_in_the_programme(s: Scene) -> str:
    if s.is_workshop:
        return _("Le programme propose d’autres ateliers et d’autres visites pour %(who)s.", who=s.who)
    return _("Le programme propose d’autres visites pour %(who)s.", who=s.who)


def _given_back(s: Scene) -> str:
    return _("La date est rendue.") if s.is_workshop else _("Les places sont rendues.")


def _free_again(s: Scene) -> str:
    if s.is_workshop:
        return _("La date est de nouveau proposée aux autres classes : vous n’avez rien à faire.")
    return _("Les places sont de nouveau proposées aux autres classes : vous n’avez rien à faire.")


def _declined(s: Scene) -> Words:
    if s.event == Event.SLOT_CANCELLED:
        return _slot_cancelled(s)
    return Words(
        _("Demande refusée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Demande refusée"),
        [_("Votre demande pour %(who)s auprès de %(company)s n’a pas abouti.", who=s.who, company=s.company)],
        [f"{_given_back(s)} {_more_in_the_programme(s)}"],
    )


def _slot_cancelled(s: Scene) -> Words:
    """Of an option, a request or a wait: nobody refused it, its date is gone."""
    lead = _(
        "Le créneau que vous aviez choisi pour %(who)s auprès de %(company)s, %(when)s, n’existe plus.",
        who=s.who, company=s.company, when=s.when,
    )  # fmt: skip
    ends = _("L’atelier n’aura pas lieu.") if s.is_workshop else _("La visite n’aura pas lieu.")
    return Words(
        _("Créneau annulé : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Créneau annulé"),
        [f"{lead} {ends}"],
        [_more_in_the_programme(s)],
    )


def _requested(s: Scene) -> Words:
    kept = (
        _("La date est gardée en attendant la réponse.")
        if s.is_workshop
        else _("Les places sont gardées en attendant la réponse.")
    )
    if s.for_class:
        lead = _("Votre demande pour %(who)s est partie.", who=s.who)
        subject = _("Demande envoyée : %(day)s, %(title)s", day=s.day, title=s.title)
        return Words(subject, _("Demande envoyée"), [f"{lead} {kept}"])
    if s.is_workshop:
        heading = _("Une classe souhaite vous recevoir")
        lead = _(
            "%(teacher)s (%(school)s) vous demande de venir en classe %(when)s, pour %(who)s.",
            teacher=s.teacher, school=s.school, when=s.when, who=s.who,
        )  # fmt: skip
    else:
        heading = _("Une classe souhaite venir")
        lead = _(
            "%(teacher)s (%(school)s) demande à venir avec %(who)s %(when)s.",
            teacher=s.teacher, school=s.school, who=s.who, when=s.when,
        )  # fmt: skip
    if s.event == Event.ASK_HOST:
        turn = _("Le chef d’établissement a donné son autorisation : c’est à vous.")
        lead = f"{turn} {lead}"
    return Words(
        _("Demande de réservation : %(day)s, %(title)s", day=s.day, title=s.title), heading, [f"{lead} {kept}"]
    )


def _head_granted(s: Scene) -> Words:
    if s.is_workshop:
        lead = _("Votre établissement autorise l’intervention de %(company)s %(when)s, pour %(who)s.",
                 company=s.company, when=s.when, who=s.who)  # fmt: skip
        after = {
            State.HELD: _("Vous pouvez maintenant confirmer l’option."),
            State.CONFIRMED: _("La réservation est confirmée : vous n’avez rien à faire."),
        }
    else:
        lead = _("Votre établissement autorise la sortie %(when)s, pour %(who)s.", when=s.when, who=s.who)
        after = {
            State.HELD: _("Vous pouvez maintenant commander le car, puis confirmer l’option."),
            State.CONFIRMED: _("La réservation est confirmée : vous pouvez commander le car."),
        }
    subject = _("Autorisation donnée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Autorisation donnée"), [lead], [words] if (words := after.get(s.state, "")) else [])


def _moved(s: Scene) -> Words:
    """An option, a request, a wait or an offer whose slot has another date, or another address: it follows."""
    if s.event == Event.SITE_CORRECTED:
        return _address_corrected(s)
    moved = _("%(company)s a déplacé le créneau que vous avez choisi pour %(who)s.", company=s.company, who=s.who)
    follows = {
        State.HELD: _("Votre option suit la nouvelle date."),
        State.REQUESTED: _("Votre demande suit la nouvelle date et attend toujours une réponse."),
        State.WAITING: _("Vous gardez votre rang dans la liste d’attente."),
        State.OFFERED: _("La place qui vous est proposée suit la nouvelle date."),
    }.get(s.state, "")
    following = [_("Si cette date ne convient pas, annulez sur la page de la réservation.")]
    if s.state in (State.REQUESTED, State.WAITING) and not s.clashes:
        following = [f"{following[0]} {_('Sinon, vous n’avez rien à faire.')}"]
    return Words(
        _("Date changée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("La date a changé"),
        [f"{moved} {follows}".strip()],
        following,
    )


def _address_corrected(s: Scene) -> Words:
    lead = _(
        "%(company)s a corrigé l’adresse où elle attend %(who)s, %(when)s.", company=s.company, who=s.who, when=s.when
    )
    return Words(
        _("Adresse corrigée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("L’adresse a changé"),
        [lead],
        [_("La date et les heures restent les mêmes. Donnez la nouvelle adresse au car s’il est déjà demandé.")],
    )


def _notice(s: Scene) -> Words:
    if s.event == Event.HAND_OVER:
        return Words(
            _("Réservation confiée : %(day)s, %(title)s", day=s.day, title=s.title),
            _("Une réservation vous est confiée"),
            [_("La réservation pour %(who)s est maintenant suivie par %(teacher)s.", who=s.who, teacher=s.teacher)],
            [_("Ouvrez la réservation pour voir qui doit répondre, et avant quand.")],
        )
    lead = _(
        "La réservation pour %(who)s (%(school)s), prévue %(when)s, a été annulée.",
        who=s.who, school=s.school, when=s.when,
    )  # fmt: skip
    return Words(
        _("Réservation annulée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Réservation annulée"),
        [lead],
        [_("Ce message est pour votre information : vous n’avez rien à faire.")],
    )


def _held(s: Scene) -> Words:
    if s.is_workshop:
        lead = _(
            "La date est gardée pour %(who)s auprès de %(company)s, le temps de demander les accords.",
            who=s.who, company=s.company,
        )  # fmt: skip
    else:
        lead = _(
            "Les places sont gardées pour %(who)s auprès de %(company)s, le temps de demander les accords et le transport.",
            who=s.who, company=s.company,
        )  # fmt: skip
    return Words(
        _("Option posée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Option posée"),
        [lead],
        [_("Rien n’est encore inscrit dans votre agenda : l’invitation part quand la réservation est confirmée.")],
    )


def _hold_expired(s: Scene) -> Words:
    if s.is_workshop:
        after = _("La date est rendue. Si elle est encore libre, vous pouvez réserver de nouveau dès maintenant.")
    else:
        after = _("Les places sont rendues. S’il en reste, vous pouvez réserver de nouveau dès maintenant.")
    return Words(
        _("Option expirée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Option expirée"),
        [_("L’option posée pour %(who)s auprès de %(company)s est tombée.", who=s.who, company=s.company)],
        [after],
    )


def _place_offered(s: Scene) -> Words:
    if s.actor == Actor.SERVICE:
        return _place_given_by_round(s)
    if s.is_workshop:
        lead = _(
            "%(company)s répond à votre demande et propose une date pour %(who)s : elle est gardée.",
            company=s.company, who=s.who,
        )  # fmt: skip
    else:
        lead = _(
            "%(company)s répond à votre demande et propose une date pour %(who)s : les places sont gardées.",
            company=s.company, who=s.who,
        )  # fmt: skip
    return Words(
        _("Date proposée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Une date vous est proposée"),
        [lead],
        [
            _(
                "Si la date ne convient pas, refusez sur la page de la réservation : vous pourrez demander d’autres dates."
            ),
            _("Rien n’est encore inscrit dans votre agenda : l’invitation part quand vous acceptez."),
        ],
    )


def _place_given_by_round(s: Scene) -> Words:
    return Words(
        _("Place attribuée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Le tour vous attribue une place"),
        [
            _(
                "Un de vos vœux est exaucé chez %(company)s, pour %(who)s : les places sont gardées jusqu’à votre réponse.",
                company=s.company,
                who=s.who,
            )
        ],
        [
            _("Si vous ne pouvez plus venir, refusez sur la page de la réservation : la place va à une autre classe."),
            _("Rien n’est encore inscrit dans votre agenda : l’invitation part quand vous acceptez."),
        ],
    )


def _request_expired(s: Scene) -> Words:
    if s.for_class:
        lead = _("Votre demande pour %(who)s auprès de %(company)s a expiré.", who=s.who, company=s.company)
        after = f"{_given_back(s)} {_more_in_the_programme(s)}"
    else:
        lead = _(
            "La demande de %(teacher)s pour %(who)s (%(school)s) a expiré.",
            teacher=s.teacher, who=s.who, school=s.school,
        )  # fmt: skip
        after = f"{_('L’enseignant en est informé.')} {_free_again(s)}"
    subject = _("Demande expirée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Demande expirée"), [lead], [after])


def _request_withdrawn(s: Scene) -> Words:
    lead = _(
        "La demande de %(teacher)s pour %(who)s (%(school)s) est retirée.",
        teacher=s.teacher, who=s.who, school=s.school,
    )  # fmt: skip
    subject = _("Demande retirée : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Demande retirée"), [lead], [_free_again(s)])


def _wait_closed(s: Scene) -> Words:
    if s.event == Event.SLOT_CANCELLED:
        return _slot_cancelled(s)
    if s.was == State.OFFERED:
        return _offer_lapsed(s)
    lead = _("Il n’y a pas eu de place pour %(who)s sur ce créneau de %(company)s.", who=s.who, company=s.company)
    subject = _("Liste d’attente close : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("La liste d’attente est close"), [lead], [_more_in_the_programme(s)])


def _offer_lapsed(s: Scene) -> Words:
    """The place that was kept goes on: nothing is booked, and the class is no longer in line."""
    lead = _(
        "La place gardée pour %(who)s auprès de %(company)s n’a pas été acceptée à temps : elle est proposée à la classe suivante.",
        who=s.who, company=s.company,
    )  # fmt: skip
    after = _("Si la date vous convient encore, vous pouvez vous inscrire de nouveau sur la liste d’attente.")
    return Words(
        _("Place non acceptée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("La place est passée à la classe suivante"),
        [lead],
        [f"{after} {_more_in_the_programme(s)}"],
    )


def _wait_joined(s: Scene) -> Words:
    lead = _(
        "Nous avons inscrit %(who)s sur la liste d’attente de ce créneau de %(company)s.",
        who=s.who, company=s.company,
    )  # fmt: skip
    following = [_("Vous pouvez quitter la liste à tout moment, en un clic, sur la page de la réservation.")]
    if s.line:
        lead = f"{lead} {where_words(s.line['rank'], s.line['ahead'], s.is_workshop)}"
        following.insert(0, rule_words(clock.now(), datetime.fromisoformat(s.line["closes"])))
    subject = _("En liste d’attente : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Votre classe est en liste d’attente"), [lead], following)


def _wait_offered(s: Scene) -> Words:
    if s.is_workshop:
        lead = _("La date s’est libérée : elle est gardée pour %(who)s.", who=s.who)
    else:
        lead = _(
            "Il y a place pour tout le groupe : les places sont gardées pour %(who)s auprès de %(company)s.",
            who=s.who, company=s.company,
        )  # fmt: skip
    return Words(
        _("Places proposées : %(day)s, %(title)s", day=s.day, title=s.title),
        _("La date se libère") if s.is_workshop else _("Des places se libèrent"),
        [lead],
        [_("Si la date ne convient plus, refusez sur la page de la réservation : une autre classe en profitera.")],
    )


def _coach_late(s: Scene) -> Words:
    """To the host, on the day: short enough for the first line of a telephone."""
    if s.minutes >= DELAYS_MIN[-1]:
        late = _("%(num)d minutes ou plus", num=s.minutes)
    else:
        late = _("%(num)d minutes", num=s.minutes) if s.minutes else _("quelques minutes")
    return Words(
        _("Retard de %(late)s : %(name)s, %(title)s", late=late, name=s.class_name, title=s.title),
        _("La classe a du retard"),
        [
            _(
                "%(teacher)s annonce %(late)s de retard pour %(who)s (%(school)s).",
                teacher=s.teacher, late=late, who=s.who, school=s.school,
            )
        ],
        [_("La feuille du jour donne le numéro de mobile de l’enseignant et montre chaque annonce.")],
    )  # fmt: skip


def _suspended(s: Scene) -> Words:
    days = _suspended_days(s)
    reason = _("Raison : %(reason)s.", reason=REASON_WORDS[CancelReason(s.reason)]) if s.reason else ""
    kept = _("La réservation reste et ses places sont gardées.")
    if s.for_class:
        lead = _(
            "La visite prévue %(when)s avec %(who)s ne peut donc pas avoir lieu à cette date.", when=s.when, who=s.who
        )
        after = _(
            "Vous n’avez rien à annuler : si la suspension est levée à temps, nous vous écrivons ; sinon, la classe sera notée excusée. L’entreprise peut aussi proposer une autre date."
        )
    else:
        lead = _(
            "La visite prévue %(when)s pour %(who)s (%(school)s) ne peut donc pas avoir lieu à cette date.",
            when=s.when,
            who=s.who,
            school=s.school,
        )
        after = _(
            "Si la suspension est levée à temps, nous vous écrivons ; sinon, la classe sera notée excusée. Vous pouvez aussi déplacer le créneau : chaque classe est prévenue."
        )
    return Words(
        _("Sorties suspendues : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Sorties scolaires suspendues"),
        [f"{days} {reason}".strip(), f"{lead} {kept}"],
        [after],
    )  # fmt: skip


def _suspended_days(s: Scene) -> str:
    known = s.details
    if "first_on" not in known:
        return _("Les services académiques suspendent les sorties scolaires.")
    last_on = date.fromisoformat(known["last_on"]) if known.get("last_on") else None
    return _(
        "Les services académiques suspendent les sorties scolaires %(period)s (%(departement)s).",
        period=period_words(date.fromisoformat(known["first_on"]), last_on), departement=known["departement"],
    )  # fmt: skip


def _resumed(s: Scene) -> Words:
    if s.for_class:
        lead = _("La visite prévue %(when)s avec %(who)s peut avoir lieu.", when=s.when, who=s.who)
    else:
        lead = _(
            "La visite prévue %(when)s pour %(who)s (%(school)s) peut avoir lieu.",
            when=s.when, who=s.who, school=s.school,
        )  # fmt: skip
    return Words(
        _("Sorties de nouveau possibles : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Les sorties sont de nouveau possibles"),
        [_("La suspension des sorties scolaires est levée."), lead],
        [_("La réservation n’a pas changé : vous n’avez rien à faire.")],
    )


def _change_asked(s: Scene) -> Words:
    if s.change.get("kind") == ChangeKind.CANCEL:
        lead = _(
            "%(teacher)s (%(school)s) prévient que %(who)s ne pourra pas venir %(when)s.",
            teacher=s.teacher, school=s.school, who=s.who, when=s.when,
        )  # fmt: skip
        if s.is_workshop:
            lead = _(
                "%(teacher)s (%(school)s) prévient que %(who)s ne pourra pas vous recevoir %(when)s.",
                teacher=s.teacher, school=s.school, who=s.who, when=s.when,
            )  # fmt: skip
        heading = _("Une classe a un empêchement")
        return Words(_("Empêchement : %(day)s, %(title)s", day=s.day, title=s.title), heading, [lead])
    lead = _(
        "%(teacher)s (%(school)s) demande un changement pour %(who)s.", teacher=s.teacher, school=s.school, who=s.who
    )
    subject = _("Changement demandé : %(day)s, %(title)s", day=s.day, title=s.title)
    return Words(subject, _("Une classe demande un changement"), [lead])


def _change_refused(s: Scene) -> Words:
    if s.change.get("is_gone"):
        lead = _("La date que vous demandiez pour %(who)s n’est plus proposée.", who=s.who)
    elif s.event == Event.LAPSE_CHANGE:
        lead = _(
            "%(company)s n’a pas répondu à temps à votre demande de changement pour %(who)s : c’est non.",
            company=s.company, who=s.who,
        )  # fmt: skip
    else:
        lead = _("%(company)s ne peut pas accepter le changement demandé pour %(who)s.", company=s.company, who=s.who)
    stays = _("La réservation reste comme elle était : vous la trouvez ci-dessus.")
    if s.change.get("kind") == ChangeKind.CANCEL:
        stays = _("La réservation reste donc inscrite. Si vous ne venez pas, appelez le contact de l’entreprise.")
    return Words(
        _("Changement non accepté : %(day)s, %(title)s", day=s.day, title=s.title),
        _("Le changement n’est pas accepté"),
        [lead],
        [stays],
    )


def _change_withdrawn(s: Scene) -> Words:
    lead = _(
        "%(teacher)s (%(school)s) retire sa demande de changement pour %(who)s.",
        teacher=s.teacher, school=s.school, who=s.who,
    )  # fmt: skip
    return Words(
        _("Demande de changement retirée : %(day)s, %(title)s", day=s.day, title=s.title),
        _("La demande de changement est retirée"),
        [lead],
        [_("La réservation reste comme elle était : vous n’avez rien à faire.")],
    )


_WORDS: dict[str, Callable[[Scene], Words]] = {
    "change-asked": _change_asked,
    "change-refused": _change_refused,
    "change-withdrawn": _change_withdrawn,
    "booking-requested": _requested,
    "booking-confirmed": _confirmed,
    "booking-updated": _updated,
    "booking-moved": _moved,
    "booking-cancelled": _cancelled,
    "booking-declined": _declined,
    "head-granted": _head_granted,
    "request-expired": _request_expired,
    "request-withdrawn": _request_withdrawn,
    "organizer-notice": _notice,
    "hold-placed": _held,
    "hold-expired": _hold_expired,
    "place-offered": _place_offered,
    "waitlist-joined": _wait_joined,
    "waitlist-offered": _wait_offered,
    "waitlist-closed": _wait_closed,
    "coach-late": _coach_late,
    "outings-suspended": _suspended,
    "outings-resumed": _resumed,
}
KINDS = tuple(_WORDS)
