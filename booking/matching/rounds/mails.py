"""Mails about a round. Places it gives are bookings, and their mails those of bookings; this is what else is said."""

from __future__ import annotations

from typing import Any

from flask import current_app

from booking.accounts.models import Person
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import many_lines, one_line
from booking.matching.rounds.models import AllocationRound, RoundComplaint, RoundEntry
from booking.matching.rounds.rules import Standing, private_line, standing_as_json, standing_from_json


def tell_result(each: AllocationRound, entry: RoundEntry, standing: Standing | None) -> None:
    """What the round gave the class, and why."""
    stored = standing_as_json(standing) if standing else None
    _queue("round-result", each, entry.person, entry.school_class.name, entry.class_id, {"standing": stored})


def tell_cancelled(each: AllocationRound, entry: RoundEntry) -> None:
    _queue("round-cancelled", each, entry.person, entry.school_class.name, entry.class_id, {})


def tell_answer(each: AllocationRound, complaint: RoundComplaint) -> None:
    words = {"complaint": many_lines(complaint.words), "answer": many_lines(complaint.answer)}
    name = complaint.school_class.name
    _queue("round-complaint", each, complaint.person, name, complaint.class_id, words)


def _queue(
    kind: str, each: AllocationRound, person: Person, class_name: str, class_id: int, more: dict[str, Any]
) -> None:
    outbox.queue(
        kind,
        person.email,
        name=person.name,
        language=person.language,
        payload={
            "round_id": each.id,
            "round": one_line(each.name),
            "class_id": class_id,
            "class_name": one_line(class_name),
            **more,
        },
        dedupe_key=f"{kind}/round/{each.id}/{class_id}",
        object_key=f"round/{each.id}/{person.id}",
        person_id=person.id,
    )


@composer("round-result", "round-cancelled", "round-complaint")
def compose_round_mail(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language."""
    letter = mail.payload
    with speaking(mail.language):
        subject, heading, lead, ended = _words(mail.kind, letter)
        own = f"/teacher/rounds/{letter['round_id']}/classes/{letter['class_id']}"
        programme = (_("Voir le programme"), absolute_url("/programme?free=1", mail.language))
        report = (_("Lire le rapport du tour"), absolute_url(f"/rounds/{letter['round_id']}", mail.language))
        page = (_("Voir vos vœux et leur suite"), absolute_url(own, mail.language))
        context = {
            "kind": mail.kind,
            "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
            "heading": heading,
            "lead": lead,
            "rows": [(_("Tour"), letter["round"]), (_("Classe"), letter["class_name"])],
            "actions": [programme] if mail.kind == "round-cancelled" else [page, report],
            "ended": ended,
            "clocks": [],
            "changes": [],
            "site_url": absolute_url("/", mail.language),
            "has_calendar": False,
        }
        env = current_app.jinja_env
        text, html = (env.get_template(f"mail/matching/round.{suffix}").render(context) for suffix in ("txt", "html"))
    return Content(subject=subject, text=text, html=html)


def _words(kind: str, letter: dict[str, Any]) -> tuple[str, str, str, list[str]]:
    """Subject, heading, first sentence, and what else there is to read."""
    name = letter["class_name"]
    if kind == "round-cancelled":
        return (
            _("Tour annulé : %(round)s", round=letter["round"]),
            _("Le tour est annulé"),
            _("Aucune place n’est attribuée. Ses créneaux se réservent de nouveau dans l’ordre d’arrivée."),
            [],
        )
    if kind == "round-complaint":
        return (
            _("Réponse à votre réclamation : %(class_name)s", class_name=name),
            _("Une réponse à votre réclamation"),
            letter["answer"],
            [_("Vous aviez écrit : « %(words)s »", words=letter["complaint"])],
        )
    standing = standing_from_json(letter["standing"]) if letter["standing"] else None
    got = bool(standing and standing.ranks)
    more = [] if got else [_("La classe est en liste d’attente là où vos vœux sont complets ; les places restées libres sont ouvertes à tous.")]  # fmt: skip
    return (
        _("Résultat du tour : %(class_name)s", class_name=name),
        _("Le résultat du tour est publié"),
        private_line(standing) if standing else _("Aucun de vos vœux n’était encore possible au moment du calcul."),
        more,
    )
