"""The mails about an account, in the outbox, in the reader's language and with links to this site.

They are written at once; the one to a school's mailbox when it leaves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from flask_security import send_mail
from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token

from booking.accounts import links
from booking.accounts.models import Membership, Person
from booking.companies.models import Company
from booking.core.dates import format_moment
from booking.core.i18n import _, current_language, speaking
from booking.mail import outbox
from booking.mail.composers import Content, composer
from booking.mail.models import OutgoingMail
from booking.schools.models import School


def site_link(endpoint: str, **values: Any) -> str:
    """The full address of a page, in the language being spoken, under BASE_URL.

    Never from the request's Host header, which anybody can forge to receive somebody else's links.
    """
    language = current_language()
    adapter = current_app.url_map.bind("", script_name="/" if language == "fr" else f"/{language}")
    return str(current_app.config["BASE_URL"]) + adapter.build(endpoint, values)


def ask_to_confirm(person: Person, next_path: str = "") -> None:
    """The link that confirms the address; `next_path` is where the person wanted to go."""
    with speaking(person.language):
        send_mail(
            _("Confirmez votre adresse"),
            person.email,
            "security/email/confirmation_instructions",
            user=person,
            confirmation_token=generate_confirmation_token(person),
            next_path=next_path,
        )


def say_already_known(person: Person, next_path: str = "") -> None:
    """To the owner of an address that somebody, most likely the owner, used to sign up again."""
    with speaking(person.language):
        send_mail(
            _("Vous avez déjà un compte"),
            person.email,
            "accounts/mail/already_known",
            user=person,
            reset_token=generate_reset_password_token(person),
            next_path=next_path,
        )


def send_sign_in_link(person: Person, next_path: str = "") -> None:
    """The link that signs in without a password."""
    with speaking(person.language):
        send_mail(
            _("Votre lien de connexion"),
            person.email,
            "accounts/mail/sign_in_link",
            user=person,
            token=links.sign_in_token(person),
            minutes=links.VALID_MINUTES,
            next_path=next_path,
        )


def ask_to_accept(
    manager: Person, newcomer: Person, company_id: int, company_name: str, due_at: datetime | None
) -> None:
    """To a manager of the company: a colleague asks to join."""
    with speaking(manager.language):
        send_mail(
            _("%(name)s demande à rejoindre %(company)s", name=newcomer.name, company=company_name),
            manager.email,
            "accounts/mail/colleague_waiting",
            user=manager,
            newcomer=newcomer,
            company_id=company_id,
            company_name=company_name,
            due_at=due_at,
        )


def say_accepted(person: Person, company_id: int, company_name: str) -> None:
    """To the colleague whom a manager accepted."""
    with speaking(person.language):
        send_mail(
            _("Vous avez rejoint %(company)s", company=company_name),
            person.email,
            "accounts/mail/colleague_accepted",
            user=person,
            company_id=company_id,
            company_name=company_name,
        )


# ---- Who is trusted


def say_trusted(person: Person, school: School) -> None:
    """To the teacher who waited."""
    with speaking(person.language):
        _letter(
            person,
            _("Votre compte est vérifié"),
            _(
                "Vous êtes reconnu comme membre de %(school)s : vos réservations sont désormais fermes quand l’entreprise confirme tout de suite.",
                school=school.one_line,
            ),
            button=(site_link("programme.listing"), _("Voir le programme")),
        )


def say_refused(person: Person, school: School, reason: str) -> None:
    """To the person whom an officer didn't recognise."""
    with speaking(person.language):
        _letter(
            person,
            _("Votre rattachement à un établissement n’est pas accepté"),
            _("Les services académiques ne vous reconnaissent pas comme membre de %(school)s.", school=school.one_line),
            _("Raison : %(reason)s", reason=reason),
            _(
                "Vos réservations pour cet établissement sont annulées. Une erreur ? Répondez à ce message, ou rejoignez un autre établissement depuis votre compte."
            ),
            button=(site_link("accounts.profile"), _("Ouvrir mon compte")),
        )


def say_suspended(person: Person, school: School) -> None:
    """To the person of whom the school says that they don't teach there."""
    with speaking(person.language):
        _letter(
            person,
            _("Votre établissement ne vous reconnaît pas"),
            _(
                "%(school)s nous signale que vous n’y enseignez pas. Vous ne pouvez plus réserver en son nom ; vos réservations restent en place jusqu’à la décision des services académiques.",
                school=school.one_line,
            ),
            _("C’est une erreur ? Parlez-en à votre chef d’établissement, ou répondez à ce message."),
            button=(site_link("accounts.profile"), _("Ouvrir mon compte")),
        )


def alert_officer(officer: Person, person: Person, school: School) -> None:
    """To an officer of the territory: a school doesn't know somebody who books in its name."""
    with speaking(officer.language):
        _letter(
            officer,
            _("Un établissement ne reconnaît pas une personne"),
            _(
                "%(school)s signale que %(name)s (%(email)s) n’y enseigne pas. Son compte est suspendu pour cet établissement ; ses réservations attendent votre décision.",
                school=school.one_line,
                name=person.name,
                email=person.email,
            ),
            button=(site_link("tracking.people_home"), _("Ouvrir les comptes à vérifier")),
        )


def ask_to_check_company(officer: Person, person: Person, company: Company) -> None:
    """To an officer of the territory: a company has signed up, and shows nothing until somebody vouches for it."""
    site = company.sites[0]
    with speaking(officer.language):
        _letter(
            officer,
            _("%(company)s attend d’être vérifiée", company=company.name),
            _(
                "%(name)s (%(email)s) a inscrit %(company)s (SIRET %(siret)s, %(commune)s).",
                name=person.name,
                email=person.email,
                company=company.name,
                siret=site.siret,
                commune=site.commune_name,
            ),
            _(
                "Une réponse lui est annoncée avant le %(when)s. Jusque-là, ses activités ne paraissent pas au programme.",
                when=format_moment(company.trust_due_at),
            )
            if company.trust_due_at
            else "",
            button=(site_link("tracking.people_home"), _("Ouvrir les comptes à vérifier")),
        )


def ask_to_vouch(head: Person, person: Person, school: School) -> None:
    """To the head, or a delegate: somebody says to belong to the school."""
    with speaking(head.language):
        _letter(
            head,
            _("%(name)s dit enseigner à %(school)s", name=person.name, school=school.name),
            _(
                "%(name)s (%(email)s) a créé un compte pour %(school)s. Si vous connaissez cette personne, confirmez-le : ses réservations n’attendront plus.",
                name=person.name,
                email=person.email,
                school=school.one_line,
            ),
            button=(site_link("accounts.school_people", uai=school.uai), _("Voir les personnes de l’établissement")),
        )


def say_company_trusted(person: Person, company: Company) -> None:
    with speaking(person.language):
        _letter(
            person,
            _("%(company)s est vérifiée", company=company.name),
            _("Vos activités publiées sont maintenant au programme : les classes peuvent réserver."),
            button=(site_link("accounts.my_home"), _("Ouvrir Établi")),
        )


def say_company_refused(person: Person, company: Company, reason: str) -> None:
    with speaking(person.language):
        _letter(
            person,
            _("%(company)s n’est pas vérifiée", company=company.name),
            _("Les services académiques n’ont pas pu vérifier votre entreprise : ses activités ne paraissent pas."),
            _("Raison : %(reason)s", reason=reason),
            _("Vous pouvez y remédier ? Répondez à ce message : la décision peut être revue."),
            button=(site_link("accounts.profile"), _("Ouvrir mon compte")),
        )


def say_manager(person: Person, company_id: int, company_name: str) -> None:
    with speaking(person.language):
        _letter(
            person,
            _("Vous êtes responsable de %(company)s", company=company_name),
            _("Vous pouvez désormais accepter des collègues, et en nommer d’autres responsables."),
            button=(
                site_link("accounts.company_people", company_id=company_id),
                _("Voir les personnes de l’entreprise"),
            ),
        )


def say_removed(person: Person, company_name: str) -> None:
    """To the colleague whom a manager took out of the company."""
    with speaking(person.language):
        _letter(
            person,
            _("Vous ne faites plus partie de %(company)s", company=company_name),
            _("Un responsable vous a retiré de l’entreprise sur Établi. Votre compte reste ouvert."),
            button=(site_link("accounts.profile"), _("Ouvrir mon compte")),
        )


def say_entrusted(person: Person, giver: Person, sentence: str) -> None:
    """To the colleague who takes over what somebody leaves; `sentence` says what, in this reader's language."""
    with speaking(person.language):
        _letter(
            person,
            _("%(name)s vous confie la suite", name=giver.name),
            sentence,
            button=(site_link("accounts.my_home"), _("Ouvrir Établi")),
        )


# ---- An address that changes


def ask_to_confirm_new_address(person: Person, email: str, token: str) -> None:
    """To the new address: the link that proves it."""
    with speaking(person.language):
        _letter(
            person,
            _("Confirmez votre nouvelle adresse"),
            _("Vous avez demandé à utiliser cette adresse pour votre compte Établi. Le lien est valable deux jours."),
            _("Ce n’est pas vous ? Ne faites rien : rien ne change."),
            button=(site_link("accounts.action", token=token), _("Utiliser cette adresse")),
            email=email,
        )


def say_address_asked(person: Person, back_token: str) -> None:
    """To the old address: somebody signed in asked for another, and how to stop it."""
    with speaking(person.language):
        _letter(
            person,
            _("Votre adresse va changer"),
            _(
                "Un changement d’adresse vient d’être demandé sur votre compte. Si c’est bien vous, il n’y a rien à faire ici."
            ),
            _("Ce n’est pas vous ? Le lien ci-dessous arrête le changement, ou le défait, pendant sept jours."),
            button=(site_link("accounts.action", token=back_token), _("Ce n’est pas moi : garder cette adresse")),
        )


def say_address_changed(person: Person, old: str) -> None:
    """To the old address, the last message it gets."""
    with speaking(person.language):
        _letter(
            person,
            _("Votre adresse a changé"),
            _("Votre compte Établi porte désormais une autre adresse : les messages n’arriveront plus ici."),
            _("Ce n’est pas vous ? Le lien du message précédent défait le changement pendant sept jours."),
            email=old,
        )


def say_closed(person: Person) -> None:
    with speaking(person.language):
        _letter(
            person,
            _("Votre compte est fermé"),
            _(
                "Votre nom, votre adresse et vos téléphones sont effacés. Les visites passées restent comptées, sans vous nommer."
            ),
            _("Vous pourrez revenir quand vous voudrez, avec un nouveau compte."),
        )


def _letter(
    person: Person, subject: str, *paragraphs: str, button: tuple[str, str] | None = None, email: str = ""
) -> None:
    """A message of a few sentences and at most one link, in the language being spoken."""
    send_mail(subject, email or person.email, "accounts/mail/letter", user=person, paragraphs=paragraphs, button=button)


# ---- The school's own mailbox


def queue_school_notice(
    address: str, membership: Membership, school: School, token: str, booked: dict[str, Any] | None
) -> None:
    """To the school's official mailbox: who acts in its name, and the link that answers. Once per person and address.

    booked: title, company, class_name, pupils and when (words) of the booking, if there is one.
    """
    person = membership.person
    with speaking("fr"):
        link = site_link("accounts.action", token=token)
    outbox.queue(
        "school-notice",
        address,
        name=school.name,
        payload={
            "name": person.name,
            "email": person.email,
            "school": school.one_line,
            "role": membership.role,
            "waits_until": membership.trust_due_at.isoformat()
            if membership.trust_due_at and not membership.is_trusted
            else None,
            "booked": booked,
            "link": link,
        },
        dedupe_key=f"school-notice/{membership.id}/{address}"[:200],
    )


@composer("school-notice")
def compose_school_notice(mail: OutgoingMail) -> Content:
    """The message, from its snapshot. The link is then forgotten: the bytes hold it, and they are erased in time."""
    facts = dict(mail.payload)
    mail.payload = {name: value for name, value in facts.items() if name != "link"}
    with speaking(mail.language):
        if facts["waits_until"]:
            facts["waits_until"] = format_moment(datetime.fromisoformat(facts["waits_until"]))
        env = current_app.jinja_env
        text, html = (
            env.get_template(f"accounts/mail/school_notice.{suffix}").render(facts) for suffix in ("txt", "html")
        )
        subject = (
            _("%(name)s réserve pour votre établissement", name=facts["name"])
            if facts["booked"]
            else _("%(name)s se présente comme membre de votre établissement", name=facts["name"])
        )
        return Content(subject=subject, text=text, html=html)


def set_password_link(person: Person) -> str:
    """The link, good once and for a day, where the person chooses a password: for whoever creates an account for them."""
    with speaking(person.language):
        return site_link("security.reset_password", token=generate_reset_password_token(person))
