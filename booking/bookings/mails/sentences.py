"""The sentences and links that several messages share, for one side, in the current language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from booking.bookings.mails.snapshots import REPLACED
from booking.bookings.rules.changes import ChangeKind
from booking.bookings.rules.states import OFFERED_BY_HOST, REASON_WORDS, Actor, CancelReason, Event, State
from booking.calendars.invitations import contact_words, for_reader, group_words, practical_facts, shown_facts
from booking.calendars.models import Side
from booking.core import clock
from booking.core.dates import format_moment, format_span, zone_note
from booking.core.i18n import _, _p
from booking.mail.identity import absolute_url


@dataclass(frozen=True)
class OtherVisit:
    """Somewhere else the class could go. where: the firm and its town. when: in words. url: its page."""

    title: str
    where: str
    when: str
    url: str


def hello(name: str) -> str:
    return _("Bonjour %(name)s,", name=for_reader(name)) if name else _("Bonjour,")


def typed_for_reader(letter: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot with all that people typed spaced as the reader's language wants it."""
    return {
        **letter,
        "note": for_reader(letter["note"]),
        "facts": shown_facts(letter["facts"]),
        "other_visits": [shown_facts(visit) for visit in letter.get("other_visits", ())],
    }


def booking_page_url(booking_id: int, side: Side, company_id: int, language: str) -> str:
    """The page of the booking for that side; it needs a sign-in and carries no secret."""
    return absolute_url(_page_path(booking_id, side, company_id), language)


def _page_path(booking_id: int, side: Side, company_id: int) -> str:
    if side is Side.CLASS:
        return f"/teacher/bookings/{booking_id}"
    return f"/company/{company_id}/bookings/{booking_id}"


def span(facts: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(facts[name]) for name in ("local_start", "local_end"))
    return format_span(start, end, facts["timezone"])


def on_span(facts: Mapping[str, Any]) -> str:
    """When, inside a sentence: « le mardi 12 janvier 2027 de 9 h 00 à 11 h 30 »."""
    if facts["local_start"][:10] != facts["local_end"][:10]:
        return _p("several days", "%(span)s", span=span(facts))
    return _("le %(span)s", span=span(facts))


def rows(facts: Mapping[str, Any], side: Side, kind: str) -> list[tuple[str, str]]:
    """The facts block: what, when, where, for whom, who to contact."""
    rows = [
        (_("Activité"), facts["title"]),
        (_("Quand"), span(facts)),
        (_("Où"), facts["place"]),
        (_("Pour"), _("%(class_name)s, %(group)s", class_name=facts["class_name"], group=group_words(facts))),
    ]
    is_alive = kind in ("booking-requested", "booking-confirmed", "booking-updated", "change-asked")
    if side is Side.CLASS:
        rows.append((_("Entreprise"), facts["company"]))
        rows.append((_("Contact"), contact_words(facts)))
        rows += practical_facts(facts) if kind in ("booking-confirmed", "booking-updated") else []
        return rows
    rows += [(_("Établissement"), facts["school"]), (_("Enseignant"), facts["teacher"])]
    if facts["special_needs"] and is_alive:
        rows.append((_("Besoins particuliers"), _("voir la plateforme")))
    return rows


def changes(before: Mapping[str, Any], facts: Mapping[str, Any], side: Side) -> list[tuple[str, str, str]]:
    """What changed for this reader, as (what, old, new)."""
    old = {**facts, **before}
    wordings: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        (_("Quand"), span),
        (_("Où"), itemgetter("place")),
        (_("Activité"), itemgetter("title")),
        (_("Classe"), itemgetter("class_name")),
        (_("Groupe"), group_words),
    ]
    if side is Side.CLASS:
        wordings.append((_("Entreprise"), itemgetter("company")))
        wordings.append((_("Contact"), contact_words))
        labels = dict([*practical_facts(old), *practical_facts(facts)])
        wordings += [(label, _practical(label)) for label in labels]
    else:
        wordings.append((_("Enseignant"), itemgetter("teacher")))
    values = ((what, words(old), words(facts)) for what, words in wordings)
    return [(what, was or "–", now or "–") for what, was, now in values if was != now]


def _practical(label: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda facts: dict(practical_facts(facts)).get(label, "")


_WITH_A_WORD = ("booking-confirmed", "booking-updated", "booking-moved", "change-asked", "change-refused")
_CHANGES_OF_THE_CLASS = (Event.CHANGE_COUNT, Event.MOVE, Event.ASK_CHANGE)


def quotes(
    kind: str, side: Side, letter: Mapping[str, Any], facts: Mapping[str, Any], note: str
) -> list[tuple[str, str]]:
    """What somebody wrote, under their name: (who, text). note: of whoever changed the booking, most often its host."""
    found = []
    if kind in _WITH_A_WORD and note:
        # Only hosts and teachers can add a word to a change.
        by_host = letter["event"] not in _CHANGES_OF_THE_CLASS or letter["actor"] == Actor.HOST
        who = facts["company"] if by_host else facts["teacher"]
        found.append((_("Message de %(name)s", name=who), note))
    if kind == "outings-suspended" and note:
        found.append((_("Message des services académiques"), note))
    asks = letter["event"] in (Event.REQUEST, Event.ACCEPT_OFFER, Event.CONFIRM)
    if side is Side.COMPANY and asks and facts.get("message"):
        found.append((_("Message de %(name)s", name=facts["teacher"]), facts["message"]))
    return found


def other_visits(letter: Mapping[str, Any], language: str) -> list[OtherVisit]:
    """Where the class could go instead."""
    return [
        OtherVisit(visit["title"], visit["company"], span(visit), absolute_url(visit["path"], language))
        for visit in letter.get("other_visits", ())
    ]


def end_sentences(letter: Mapping[str, Any], side: Side) -> list[str]:
    """Who ended it, then the reason and the message given; nothing when nothing ended."""
    who = _who_ended(letter)
    if who is None:
        return []
    sentences, reason, note = [who], letter["reason"], letter["note"]
    if reason in set(CancelReason) and reason != CancelReason.OTHER:
        sentences.append(_("Raison : %(reason)s.", reason=REASON_WORDS[CancelReason(reason)]))
    if reason == CancelReason.CLASH:
        # Where else the class goes is its own business.
        if note and side is Side.CLASS:
            sentences.append(_("Autre sortie : %(outing)s.", outing=note))
    elif note:
        sentences.append(_("Message : %(note)s", note=note))
    return sentences


def _who_ended(letter: Mapping[str, Any]) -> str | None:
    event, actor, facts = letter["event"], letter["actor"], letter["facts"]
    company, teacher = facts["company"], facts["teacher"]
    if event == REPLACED:
        return _("Une autre personne suit désormais cette réservation : elle est retirée de votre agenda.")
    if event == Event.LAPSE and letter["before"].get("state") == State.WAITING:
        return _("Les réservations de ce créneau sont closes.")
    if event == Event.LAPSE:
        return _("Le délai est passé sans réponse.")
    if event == Event.HEAD_REFUSE:
        return _("Le chef d’établissement n’a pas donné son autorisation.")
    if event == Event.HOST_DECLINE and facts.get("comes_to_class"):
        return _("L’entreprise %(company)s ne peut pas venir dans la classe.", company=company)
    if event == Event.HOST_DECLINE:
        return _("L’entreprise %(company)s ne peut pas accueillir la classe.", company=company)
    if event == Event.SLOT_CANCELLED and actor == Actor.HOST:
        return _("L’entreprise %(company)s a annulé ce créneau.", company=company)
    if event == Event.SLOT_CANCELLED:
        return _("Les organisateurs ont annulé ce créneau.")
    if event != Event.CANCEL:
        return None
    return {
        Actor.TEACHER: _("Annulation par l’équipe enseignante (%(teacher)s).", teacher=teacher),
        Actor.HOST: _("Annulation par l’entreprise %(company)s.", company=company),
        Actor.HEAD: _("Annulation par le chef d’établissement."),
        Actor.OFFICER: _("Annulation par les organisateurs."),
        Actor.SERVICE: _("Annulation automatique par le service."),
    }[Actor(actor)]


def clock_sentences(
    kind: str, side: Side, letter: Mapping[str, Any], *, is_moved: bool, clash: Mapping[str, str] | None
) -> list[str]:
    """Who must act, until when, and what happens otherwise (product, section 3, rule 5).

    is_moved: the date is not the one this reader was last told. clash: the class's other outing at the new date.
    """
    timezone = letter["facts"]["timezone"]
    until = {name: _moment(moment, timezone) for name, moment in letter["clocks"].items()}
    if closes := letter.get("line", {}).get("closes"):
        until["closes"] = _moment(closes, timezone)
    if "reconfirm" in until and datetime.fromisoformat(letter["clocks"]["reconfirm"]) <= clock.now():
        del until["reconfirm"]
    if kind == "change-asked":
        return [_asked_for_a_change(letter["before"].get("change", {}), timezone)]
    sentences = after_a_move(side, until, clash) if is_moved else []
    asked = _ASKED_IN_STATE.get(letter["state"], "") if kind == "booking-moved" else kind
    if asked == "place-offered" and letter.get("origin") not in OFFERED_BY_HOST:
        asked = "waitlist-offered"
    if asked == "booking-requested" and letter.get("host_is_last"):
        return [*sentences, _host_is_last(side, until, letter["facts"])]
    return [*sentences, *_answers(asked, side, until, letter["facts"])]


# A booking that follows its slot to another date repeats what it already asked for.
_ASKED_IN_STATE = {
    State.HELD: "hold-placed",
    State.REQUESTED: "booking-requested",
    State.OFFERED: "place-offered",
}


def after_a_move(side: Side, until: Mapping[str, str], clash: Mapping[str, str] | None) -> list[str]:
    moment = until.get("reconfirm")
    if clash and side is Side.CLASS:
        busy = _(
            "À la nouvelle date, votre classe est déjà prise par « %(title)s », %(when)s. Gardez l’une des deux sorties et annulez l’autre.",
            title=clash["title"],
            when=clash["when"],
        )
        otherwise = _("Sans réponse de votre part d’ici le %(moment)s, cette réservation sera annulée.", moment=moment)
        return [f"{busy} {otherwise}" if moment else busy]
    if moment is None:
        return []
    if clash:
        return [
            _(
                "À la nouvelle date, la classe est déjà prise. Sans réponse de sa part d’ici le %(moment)s, cette réservation sera annulée.",
                moment=moment,
            )
        ]
    if side is Side.CLASS:
        return [
            _(
                "Si la nouvelle date ne convient pas, annulez avant le %(moment)s. Sans réponse de votre part, la réservation est maintenue.",
                moment=moment,
            )
        ]
    return [
        _(
            "La classe peut annuler jusqu’au %(moment)s. Sans réponse de sa part, la réservation est maintenue.",
            moment=moment,
        )
    ]


def _asked_for_a_change(change: Mapping[str, Any], timezone: str) -> str:
    moment = _moment(change["due"], timezone)
    if change["kind"] == ChangeKind.CANCEL:
        return _(
            "Annulez sa venue, ou répondez qu’elle est maintenue, avant le %(moment)s. Sans réponse de votre part, la réservation reste.",
            moment=moment,
        )
    return _(
        "Répondez avant le %(moment)s. Sans réponse de votre part, c’est non : la réservation reste comme elle est.",
        moment=moment,
    )


def _answers(kind: str, side: Side, until: Mapping[str, str], facts: Mapping[str, Any]) -> list[str]:
    if kind == "waitlist-joined":
        return (
            [
                _(
                    "Vous n’avez rien à faire : nous vous écrivons dès que c’est votre tour. La liste ferme le %(moment)s, avec les réservations.",
                    moment=until["closes"],
                )
            ]
            if "closes" in until
            else []
        )
    if kind == "booking-requested":
        return _asked_of_the_class(until, facts) if side is Side.CLASS else [_asked_of_the_company(until, facts)]
    if side is Side.COMPANY:
        return []
    if kind == "booking-confirmed" and "cancel" in until:
        return [
            _(
                "Un empêchement ? Vous pouvez annuler en ligne jusqu’au %(moment)s ; ensuite, appelez le contact de l’entreprise.",
                moment=until["cancel"],
            )
        ]
    if "deadline" not in until or kind not in ("hold-placed", "place-offered", "waitlist-offered"):
        return []
    moment, is_workshop = until["deadline"], facts.get("comes_to_class")
    if kind == "waitlist-offered":
        return [
            _(
                "Acceptez la place avant le %(moment)s. Sans réponse de votre part, elle est proposée à la classe suivante.",
                moment=moment,
            )
        ]
    if kind == "hold-placed" and is_workshop:
        return [
            _(
                "Confirmez l’option avant le %(moment)s. Sans réponse de votre part, elle tombe et la date est rendue.",
                moment=moment,
            )
        ]
    if kind == "hold-placed":
        return [
            _(
                "Confirmez l’option avant le %(moment)s. Sans réponse de votre part, elle tombe et les places sont rendues.",
                moment=moment,
            )
        ]
    if is_workshop:
        return [
            _(
                "Acceptez la date avant le %(moment)s. Sans réponse de votre part, l’offre tombe et la date est rendue.",
                moment=moment,
            )
        ]
    return [
        _(
            "Acceptez la place avant le %(moment)s. Sans réponse de votre part, l’offre tombe et les places sont rendues.",
            moment=moment,
        )
    ]


def _host_is_last(side: Side, until: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    """The firm answers once the head has: the head's clock runs first."""
    if side is Side.COMPANY:
        return _(
            "Vous n’avez rien à faire pour le moment : le chef d’établissement répond d’abord, avant le %(moment)s. Nous vous écrirons ensuite ; sans sa réponse, la demande expire.",
            moment=until["head"],
        )
    return _(
        "Votre chef d’établissement donne d’abord son autorisation, avant le %(moment)s. Sans réponse, la demande expire. L’entreprise %(company)s répond ensuite.",
        moment=until["head"],
        company=facts["company"],
    )


def _asked_of_the_class(until: Mapping[str, str], facts: Mapping[str, Any]) -> list[str]:
    sentences = []
    if "host" in until and facts.get("comes_to_class"):
        sentences.append(
            _(
                "L’entreprise %(company)s répond avant le %(moment)s. Sans réponse, la demande expire et la date est rendue.",
                company=facts["company"],
                moment=until["host"],
            )
        )
    elif "host" in until:
        sentences.append(
            _(
                "L’entreprise %(company)s répond avant le %(moment)s. Sans réponse, la demande expire et les places sont rendues.",
                company=facts["company"],
                moment=until["host"],
            )
        )
    if "head" in until:
        sentences.append(
            _(
                "Votre chef d’établissement donne son autorisation avant le %(moment)s. Sans réponse, la demande expire.",
                moment=until["head"],
            )
        )
    return sentences


def _asked_of_the_company(until: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    is_workshop = facts.get("comes_to_class")
    if "host" in until and is_workshop:
        return _(
            "Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire et la date est rendue.",
            moment=until["host"],
        )
    if "host" in until:
        return _(
            "Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire et les places sont rendues.",
            moment=until["host"],
        )
    if is_workshop:
        return _("Vous n’avez rien à faire : l’établissement doit encore autoriser l’atelier.")
    return _("Vous n’avez rien à faire : l’établissement doit encore autoriser la venue de la classe.")


def _moment(moment: str, timezone: str) -> str:
    return f"{format_moment(datetime.fromisoformat(moment), timezone)} {zone_note(timezone)}".strip()


def actions(
    kind: str, side: Side, letter: Mapping[str, Any], language: str, *, clashes: bool = False
) -> list[tuple[str, str]]:
    """The links of the message, the main one first."""
    facts, state = letter["facts"], letter["state"]
    path = _page_path(letter["booking_id"], side, facts["company_id"])
    asked = _ASKED_IN_STATE.get(state, kind) if kind == "booking-moved" else kind
    main = {
        ("booking-requested", Side.COMPANY): _("Répondre à la demande"),
        ("change-asked", Side.COMPANY): _("Répondre à la demande"),
        ("hold-placed", Side.CLASS): _("Confirmer l’option"),
        ("waitlist-joined", Side.CLASS): _("Voir ma place sur la liste"),
        ("waitlist-offered", Side.CLASS): _("Accepter ou refuser la place"),
        ("place-offered", Side.CLASS): _("Accepter la place"),
    }.get((asked, side), _("Voir la réservation"))
    if clashes and side is Side.CLASS:
        main = _("Garder ou annuler la réservation")
    links = [(main, absolute_url(path, language))]
    if kind == "coach-late":
        day = facts["local_start"][:10]
        links = [(_("Ouvrir la feuille du jour"), absolute_url(f"/company/{facts['company_id']}/days/{day}", language))]
    if kind in ("booking-confirmed", "booking-updated"):
        links.append((_("Ajouter à mon agenda (fichier .ics)"), absolute_url(f"{path}.ics", language)))
    is_over = state in (State.CANCELLED, State.DECLINED, State.EXPIRED)
    if is_over and side is Side.CLASS:
        words = _("Chercher un autre atelier") if facts.get("comes_to_class") else _("Chercher une autre visite")
        links.append((words, absolute_url(_programme_path(facts), language)))
    if is_over and side is Side.COMPANY:
        links.append((_("Voir vos créneaux"), absolute_url(f"/company/{facts['company_id']}/", language)))
    return links


def _programme_path(facts: Mapping[str, Any]) -> str:
    """The programme of what is free for this level in this département, as the booking's page opens it."""
    asked = {"departement": facts.get("departement_code"), "level": facts.get("level_code"), "free": 1}
    return f"/programme?{urlencode({name: value for name, value in asked.items() if value})}"
