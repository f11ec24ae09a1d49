"""The message that asks a school for its authorisation: all that the signer needs, and the link that answers."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from flask import current_app

from booking.bookings.authorisation_models import AuthorisationSigner
from booking.bookings.authorisation_queries import Recipient
from booking.bookings.mails.sentences import hello, on_span, span
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.participations import participation_of
from booking.bookings.queries import journey_of
from booking.bookings.rules.authorisations import Purpose, SignerRole
from booking.bookings.rules.outing import coach_words
from booking.calendars.invitations import group_words, shown_facts
from booking.core.dates import format_day, format_moment
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.identity import absolute_url
from booking.mail.models import OutgoingMail
from booking.mail.rules import one_line

KIND = "authorisation-asked"
# Before the letters of whoever is only told: somebody's booking waits for this answer.
PRIORITY = 4


def ask_for_authorisation(
    signer: AuthorisationSigner, recipient: Recipient, token: str, all_of_them: str, *, is_reminder: bool
) -> None:
    """Queue the request to one address. all_of_them: the token of the page that lists what this address was asked."""
    authorisation = signer.authorisation
    booking = authorisation.booking
    with speaking(recipient.language):
        journey = journey_of(booking.slot, booking.school)
        participation = participation_of(booking)
        words = {
            "journey": journey.sentence if journey else "",
            "participation": participation.words if participation else "",
            "coach": coach_words(booking.coach, booking.coach_on, booking.coach_leaves),
        }
    thread = f"authorisation/{signer.id}/{hashlib.sha256(recipient.address.lower().encode()).hexdigest()[:12]}"
    outbox.queue(
        KIND,
        recipient.address,
        name=recipient.name,
        language=recipient.language,
        payload={
            "facts": facts_of(booking),
            "words": words,
            "role": signer.role,
            "purpose": authorisation.purpose,
            "speakers": [one_line(name) for name in authorisation.speakers],
            "show_identity": authorisation.speakers_show_identity,
            "assistants": booking.assistants,
            "due": authorisation.due_at.isoformat(),
            "is_needed": booking.head_answer is not None,
            "is_again": authorisation.round > 1,
            "is_reminder": is_reminder,
            "token": token,
            "list_token": all_of_them,
        },
        dedupe_key=f"{KIND}/{thread}/{authorisation.round}/{signer.sends}",
        object_key=thread,
        supersedes=True,
        booking_id=booking.id,
        person_id=recipient.person_id,
        priority=PRIORITY,
        expires_at=booking.slot.starts_at,
    )


@composer(KIND)
def compose_request(mail: OutgoingMail) -> Content:
    """The message, from its snapshot. Its links are then forgotten: the bytes hold them, and they are erased in time."""
    letter = dict(mail.payload)
    mail.payload = {name: value for name, value in letter.items() if name not in ("token", "list_token")}
    with speaking(mail.language):
        facts = shown_facts(letter["facts"])
        context = {
            "kind": KIND,
            "words": _words(letter, facts),
            "hello": hello(mail.recipient_name) if mail.recipient_name else _("Madame, Monsieur,"),
            "rows": _rows(letter, facts),
            "facts_heading": _("L’intervention") if _comes_in(letter) else _("La sortie"),
            "clocks": [_clock(letter)],
            "actions": [
                (_("Lire la demande et répondre"), absolute_url(f"/a/{letter['token']}", mail.language)),
                (
                    _("Voir tout ce que cette adresse doit signer"),
                    absolute_url(f"/a/{letter['list_token']}", mail.language),
                ),
            ],
            "site_url": absolute_url("/", mail.language),
        }
        env = current_app.jinja_env
        text, html = (
            env.get_template(f"mail/bookings/authorisation.{suffix}").render(context) for suffix in ("txt", "html")
        )
        return Content(subject=context["words"]["subject"], text=text, html=html)


def _comes_in(letter: dict[str, Any]) -> bool:
    return Purpose(letter["purpose"]) is Purpose.INTERVENTION


def _words(letter: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    day = format_day(datetime.fromisoformat(facts["local_start"]))
    names = {"class_name": facts["class_name"], "day": day}
    if _comes_in(letter):
        heading = _("Autorisation d’intervention à donner")
        subject = _("Autorisation d’intervention à donner : %(class_name)s, %(day)s", **names)
        lead = _(
            "%(teacher)s souhaite recevoir %(company)s en classe %(when)s, et vous demande l’autorisation de faire entrer les personnes ci-dessous.",
            teacher=facts["teacher"], company=facts["company"], when=on_span(facts),
        )  # fmt: skip
    else:
        heading = _("Autorisation de sortie à donner")
        subject = _("Autorisation de sortie à donner : %(class_name)s, %(day)s", **names)
        lead = _(
            "%(teacher)s souhaite emmener un groupe chez %(company)s %(when)s, et vous demande l’autorisation de sortie.",
            teacher=facts["teacher"], company=facts["company"], when=on_span(facts),
        )  # fmt: skip
    before = []
    if letter["is_again"]:
        before = [_("La demande a changé depuis le dernier message : la réponse donnée pour la première ne vaut plus.")]
    elif letter["is_reminder"]:
        before = [_("Nous n’avons pas encore votre réponse : ce lien remplace celui du message précédent.")]
        subject = _("Rappel – %(subject)s", subject=subject)
    return {"heading": heading, "subject": subject, "lead": [*before, lead], "following": _following(letter)}


def _following(letter: dict[str, Any]) -> list[str]:
    who = {
        SignerRole.HEAD: _("Vous répondez comme chef d’établissement, ou par délégation."),
        SignerRole.MAYOR: _("Vous répondez comme maire, ou par délégation."),
        SignerRole.INSPECTOR: _("Vous répondez comme inspecteur de la circonscription, ou par délégation."),
    }[SignerRole(letter["role"])]
    without_account = _(
        "Aucun compte n’est nécessaire. Le lien sert une fois ; vous pouvez le transmettre à la personne qui signe."
    )
    return [
        f"{who} {without_account}",
        _("Vous préférez le papier ? Signez la demande imprimée : l’enseignant le notera."),
    ]


def _clock(letter: dict[str, Any]) -> str:
    moment = format_moment(datetime.fromisoformat(letter["due"]), letter["facts"]["timezone"])
    if letter["is_needed"]:
        return _(
            "Répondez avant le %(moment)s. Sans réponse, la demande expire et les places sont rendues.", moment=moment
        )
    return _(
        "Répondez avant le %(moment)s si possible. Sans réponse, la réservation reste ; un refus l’annule.",
        moment=moment,
    )


def _rows(letter: dict[str, Any], facts: dict[str, Any]) -> list[tuple[str, str]]:
    group = group_words(facts)
    rows = [
        (_("Qui"), _("%(class_name)s, %(group)s", class_name=facts["class_name"], group=group)),
        (_("Enseignant"), facts["teacher"]),
        (_("Quoi"), facts["title"]),
        (_("Chez") if not _comes_in(letter) else _("Avec"), facts["company"]),
        (_("Quand"), span(facts)),
        (_("Où"), facts["place"]),
    ]
    if _comes_in(letter):
        identity = _("Ils présentent une pièce d’identité à l’accueil.") if letter["show_identity"] else ""
        rows.append((_("Qui entre"), "\n".join([*letter["speakers"], *filter(None, [identity])])))
    else:
        rows += [
            (_("De porte à porte"), letter["words"]["journey"]),
            (_("Transport"), letter["words"]["coach"] or _("pas encore précisé")),
            (_("Caractère"), letter["words"]["participation"]),
        ]
    rows.append((_("Coût pour les familles"), _("aucun : l’activité est gratuite")))
    return [(label, value) for label, value in rows if value]
