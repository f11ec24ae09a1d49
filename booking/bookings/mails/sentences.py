"""The sentences and links that several messages share, for one side, in the current language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from booking.bookings.mails.snapshots import REPLACED
from booking.bookings.rules.states import REASON_WORDS, Actor, CancelReason, Event, State
from booking.calendars.invitations import contact_words, group_words, practical_facts
from booking.calendars.models import Side
from booking.core.dates import format_moment, format_span, zone_note
from booking.core.i18n import _
from booking.mail.identity import absolute_url


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


def rows(facts: Mapping[str, Any], side: Side, kind: str) -> list[tuple[str, str]]:
    """The facts block: what, when, where, for whom, who to contact."""
    rows = [
        (_("Activité"), facts["title"]),
        (_("Quand"), span(facts)),
        (_("Où"), facts["place"]),
        (_("Pour"), _("%(class_name)s, %(group)s", class_name=facts["class_name"], group=group_words(facts))),
    ]
    is_alive = kind in ("booking-requested", "booking-confirmed", "booking-updated")
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
        wordings.append((_("Contact"), contact_words))
        labels = dict([*practical_facts(old), *practical_facts(facts)])
        wordings += [(label, _practical(label)) for label in labels]
    else:
        wordings.append((_("Enseignant"), itemgetter("teacher")))
    values = ((what, words(old), words(facts)) for what, words in wordings)
    return [(what, was or "–", now or "–") for what, was, now in values if was != now]


def _practical(label: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda facts: dict(practical_facts(facts)).get(label, "")


def end_sentences(letter: Mapping[str, Any]) -> list[str]:
    """Who ended it, then the reason and the message given; nothing when nothing ended."""
    who = _who_ended(letter)
    if who is None:
        return []
    sentences = [who]
    if letter["reason"] in set(CancelReason):
        sentences.append(_("Raison : %(reason)s.", reason=REASON_WORDS[CancelReason(letter["reason"])]))
    if letter["note"]:
        sentences.append(_("Message : %(note)s", note=letter["note"]))
    return sentences


def _who_ended(letter: Mapping[str, Any]) -> str | None:
    event, actor, facts = letter["event"], letter["actor"], letter["facts"]
    company, teacher = facts["company"], facts["teacher"]
    if event == REPLACED:
        return _("Une autre personne suit désormais cette réservation : elle est retirée de votre agenda.")
    if event == Event.LAPSE:
        return _("Le délai est passé sans réponse.")
    if event == Event.HEAD_REFUSE:
        return _("Le chef d’établissement n’a pas donné son autorisation.")
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


def clock_sentences(kind: str, side: Side, letter: Mapping[str, Any]) -> list[str]:
    """Who must act, until when, and what happens otherwise (product, section 3, rule 5)."""
    clocks, facts = letter["clocks"], letter["facts"]
    until = {name: _moment(moment, facts["timezone"]) for name, moment in clocks.items()}
    company = facts["company"]
    sentences = []
    if kind == "booking-requested" and side is Side.CLASS:
        if "host" in until:
            sentences.append(
                _(
                    "L’entreprise %(company)s répond avant le %(moment)s. Sans réponse, la demande expire et les places sont rendues.",
                    company=company,
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
    elif kind == "booking-requested" and "host" in until:
        sentences.append(
            _(
                "Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire et les places sont rendues.",
                moment=until["host"],
            )
        )
    elif kind == "booking-requested":
        sentences.append(_("Vous n’avez rien à faire : l’établissement doit encore autoriser la venue de la classe."))
    elif kind == "booking-updated" and letter["event"] == Event.SLOT_MOVED and "reconfirm" in until:
        if side is Side.CLASS:
            sentences.append(
                _(
                    "Si la nouvelle date ne convient pas, annulez avant le %(moment)s. Sans réponse de votre part, la réservation est maintenue.",
                    moment=until["reconfirm"],
                )
            )
        else:
            sentences.append(
                _(
                    "La classe peut annuler jusqu’au %(moment)s. Sans réponse de sa part, la réservation est maintenue.",
                    moment=until["reconfirm"],
                )
            )
    elif kind == "booking-confirmed" and side is Side.CLASS and "cancel" in until:
        sentences.append(
            _(
                "Un empêchement ? Vous pouvez annuler en ligne jusqu’au %(moment)s ; ensuite, appelez le contact de l’entreprise.",
                moment=until["cancel"],
            )
        )
    elif kind == "hold-placed" and "deadline" in until:
        sentences.append(
            _(
                "Confirmez l’option avant le %(moment)s. Sans réponse de votre part, elle tombe et les places sont rendues.",
                moment=until["deadline"],
            )
        )
    elif kind == "place-offered" and "deadline" in until:
        sentences.append(
            _(
                "Acceptez la place avant le %(moment)s. Sans réponse de votre part, l’offre tombe et les places sont rendues.",
                moment=until["deadline"],
            )
        )
    elif kind == "waitlist-offered" and "deadline" in until:
        sentences.append(
            _(
                "Acceptez la place avant le %(moment)s. Sans réponse de votre part, elle est proposée à la classe suivante.",
                moment=until["deadline"],
            )
        )
    return sentences


def _moment(moment: str, timezone: str) -> str:
    return f"{format_moment(datetime.fromisoformat(moment), timezone)} {zone_note(timezone)}".strip()


def actions(
    booking_id: int, kind: str, side: Side, company_id: int, language: str, state: str
) -> list[tuple[str, str]]:
    """The links of the message, the main one first."""
    path = _page_path(booking_id, side, company_id)
    main = {
        ("booking-requested", Side.COMPANY): _("Répondre à la demande"),
        ("hold-placed", Side.CLASS): _("Confirmer l’option"),
        ("waitlist-offered", Side.CLASS): _("Accepter la place"),
        ("place-offered", Side.CLASS): _("Accepter la place"),
    }.get((kind, side), _("Voir la réservation"))
    links = [(main, absolute_url(path, language))]
    if kind in ("booking-confirmed", "booking-updated"):
        links.append((_("Ajouter à mon agenda (fichier .ics)"), absolute_url(f"{path}.ics", language)))
    is_over = state in (State.CANCELLED, State.DECLINED, State.EXPIRED)
    if is_over and side is Side.CLASS:
        links.append((_("Chercher une autre visite"), absolute_url("/programme", language)))
    if is_over and side is Side.COMPANY:
        links.append((_("Voir vos créneaux"), absolute_url(f"/company/{company_id}/", language)))
    return links
