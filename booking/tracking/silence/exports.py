"""The list to call as a table: the rows of the screen, all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from booking.core.i18n import _, _l
from booking.schools.queries import official_mailbox
from booking.schools.rules import KIND_WORDS
from booking.tracking.silence.forms import CONTACT_WORDS
from booking.tracking.silence.queries import Silent

HEADINGS: tuple[Any, ...] = (
    _l("UAI"), _l("Établissement"), _l("Type"), _l("Public ou privé"), _l("Commune"), _l("Code postal"),
    _l("Département"), _l("Éducation prioritaire"), _l("Élèves"), _l("Adresse officielle"), _l("Adresse supposée"),
    _l("Activité libre la plus proche"), _l("Entreprise"), _l("Prochaine date libre"), _l("Kilomètres"),
    _l("Minutes de trajet"), _l("Dernier contact"), _l("Contacté le"), _l("Par"), _l("Note"),
)  # fmt: skip


def silence_table(rows: Iterable[Silent]) -> list[list[Any]]:
    """One row per school, with the nearest free activity and the last contact."""
    return [[*_school(row), *_nearest(row), *_contact(row)] for row in rows]


def _school(row: Silent) -> list[Any]:
    school, mailbox = row.school, official_mailbox(row.school)
    return [
        school.uai, school.name, str(KIND_WORDS[school.kind]), _("public") if school.is_public else _("privé"),
        school.commune_name, school.postcode, school.departement_code, school.priority_education or "",
        school.pupils_count, mailbox.address if mailbox else "",
        (_("oui") if mailbox.is_guess else _("non")) if mailbox else "",
    ]  # fmt: skip


def _nearest(row: Silent) -> list[Any]:
    if not row.near:
        return ["", "", "", None, None]
    near = row.near[0]
    offer = near.offer
    # A decimal comma: the spreadsheet this is for reads a point as a thousand.
    km = f"{near.km:.1f}".replace(".", ",")
    return [offer.title, offer.company, offer.first.strftime("%d/%m/%Y"), km, near.minutes]


def _contact(row: Silent) -> list[Any]:
    contact = row.contact
    if contact is None:
        return ["", "", "", ""]
    return [
        str(CONTACT_WORDS[contact.kind]),
        contact.contacted_on.strftime("%d/%m/%Y"),
        contact.person.name,
        contact.note,
    ]
