"""What is known of a booking, or of a slot, as its papers say it: plain words and figures, in French."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.accounts.models import Person
from booking.bookings.authorisation_models import AuthorisationSigner
from booking.bookings.models import Booking
from booking.bookings.papers.kinds import Outing
from booking.bookings.papers.models import OutingFile, SchoolTerms
from booking.bookings.papers.rules import Facts, Nature, Rule, is_away_at, read_hours
from booking.bookings.participations import participation_under
from booking.bookings.queries import journey_of
from booking.bookings.rules.authorisations import VIA_WORDS, capacity_words
from booking.bookings.rules.capacity import groups_of
from booking.bookings.rules.outing import coach_words
from booking.bookings.rules.participation import Participation
from booking.bookings.rules.states import Answer
from booking.catalogue.models import Slot
from booking.catalogue.rules.wording import identity_words
from booking.companies.models import Site
from booking.core.dates import format_day, format_span
from booking.core.i18n import speaking
from booking.core.typography import french_spaces
from booking.schools.models import Audience, School, SchoolKind
from booking.schools.rules import level_label

COMPULSORY, OPTIONAL = "obligatoire", "facultative"
# Dots to write on.
TO_FILL = "…" * 12
_HEADS = {
    SchoolKind.ECOLE: "directeur ou directrice",
    SchoolKind.COLLEGE: "principal ou principale",
    SchoolKind.LYCEE: "proviseur ou proviseure",
}


def facts_of(booking: Booking, file: OutingFile, terms: SchoolTerms | None, law: dict[str, Rule]) -> Facts:
    """Everything that a paper of this booking may say; papers take what they agree on (see kinds.FACTS_OF)."""
    with speaking("fr"):
        return {**_visit_facts(booking, law, file.nature), **_typed_facts(booking, file, terms)}


def _visit_facts(booking: Booking, law: dict[str, Rule], said: Nature) -> Facts:
    slot, school, activity = booking.slot, booking.school, booking.slot.activity
    site, journey = activity.site, None if activity.comes_to_class else journey_of(slot, school)
    return {
        "school": _with_commune(school),
        "school_address": _address(school.address, school.postcode, school.commune_name),
        "head": _HEADS[school.kind] if school.is_public else "chef ou cheffe d’établissement",
        "teacher": _name(booking.teacher),
        "class_name": booking.class_name,
        "level": level_label(booking.level_code) if booking.level_code else "",
        "pupils": booking.pupils,
        "adults": booking.adults,
        "assistants": booking.assistants,
        "needs": "Des besoins particuliers sont signalés : à voir avec l’enseignant."
        if booking.has_special_needs
        else "",
        "company": activity.company.name,
        "siret": _siret(site),
        "company_address": _address(site.address, site.postcode, site.commune_name),
        "contact": _name(activity.contact),
        "activity": french_spaces(activity.title),
        "edition": activity.edition.name,
        "when": format_span(slot.local_start, slot.local_end, slot.timezone),
        "place": booking.place,
        "journey": journey.words if journey else "",
        "nature": "" if activity.comes_to_class else COMPULSORY if _compulsory(booking, said, law) else OPTIONAL,
        "group": _group(booking),
        "safety": "" if activity.comes_to_class else french_spaces(site.safety),
        "equipment": french_spaces(activity.equipment),
        "clothing": french_spaces(activity.clothing),
        "to_bring": french_spaces(activity.to_bring),
        "identity": identity_words(activity),
        "coach": "" if activity.comes_to_class else coach_words(booking.coach, booking.coach_on, booking.coach_leaves),
        "authorisation": _authorisation(booking),
        "photos": french_spaces(activity.photo_rule) or "aucun élève reconnaissable",
        "present_pupils": booking.present_pupils if booking.present_pupils is not None else booking.pupils,
        "present_adults": booking.present_adults if booking.present_adults is not None else booking.adults,
    }


def _typed_facts(booking: Booking, file: OutingFile, terms: SchoolTerms | None) -> Facts:
    clauses = [terms.clauses if terms else "", file.clauses]
    return {
        "aims": french_spaces(file.aims) or default_aims(booking),
        "transport": french_spaces(file.transport),
        "meals": french_spaces(file.meals),
        "costs": french_spaces(file.costs),
        "insurance_school": french_spaces(file.insurance_school or (terms.insurance if terms else "")),
        "insurance_company": french_spaces(file.insurance_company),
        "board": _board(file, booking.school),
        "clauses": french_spaces("\n".join(clause for clause in clauses if clause)),
    }


def slot_facts(slot: Slot, coming: list[Booking]) -> Facts:
    """What the day sheet of a slot says: who comes, by class. A teacher's mobile is no part of it."""
    activity = slot.activity
    with speaking("fr"):
        return {
            "company": activity.company.name,
            "activity": french_spaces(activity.title),
            "when": format_span(slot.local_start, slot.local_end, slot.timezone),
            "place": coming[0].place if activity.comes_to_class and coming else activity.site.one_line,
            "coming": [_coming(booking) for booking in coming],
        }


def _coming(booking: Booking) -> list[Any]:
    level = level_label(booking.level_code) if booking.level_code else ""
    who = f"{booking.class_name} ({level})" if level else booking.class_name
    needs = " – besoins particuliers" if booking.has_special_needs else ""
    return [
        who + needs, _with_commune(booking.school), _name(booking.teacher), booking.pupils, booking.adults,
        booking.assistants,
    ]  # fmt: skip


def outing_of(booking: Booking, law: dict[str, Rule]) -> Outing:
    """What decides which papers the booking has."""
    activity = booking.slot.activity
    leaves, back = away_from_to(booking)
    lunch = law.get("lunch-hours")
    return Outing(
        state=booking.state,
        comes_to_class=activity.comes_to_class,
        is_staff=booking.school_class.audience is Audience.STAFF,
        has_identity_check=activity.identity_check,
        leaves_for_lunch=bool(lunch) and is_away_at(leaves, back, read_hours(lunch.value)) if lunch else False,
    )


def away_from_to(booking: Booking) -> tuple[datetime, datetime]:
    """When the class leaves its school and is back, as far as is known; the visit's own hours otherwise."""
    slot = booking.slot
    journey = None if slot.activity.comes_to_class else journey_of(slot, booking.school)
    return (journey.leaves_at, journey.back_at) if journey else (slot.local_start, slot.local_end)


def default_aims(booking: Booking) -> str:
    """What the visit is for, until the teacher says it better."""
    activity = booking.slot.activity
    return french_spaces(
        f"Découvrir les métiers, les formations et l’environnement professionnel de {activity.company.name}, en lien avec"
        " les enseignements de la classe et l’éducation à l’orientation (parcours Avenir)."
    )


def _compulsory(booking: Booking, said: Nature, law: dict[str, Rule]) -> bool:
    return participation_under(booking, law, said).answer is not Participation.OPTIONAL


def _group(booking: Booking) -> str:
    activity = booking.slot.activity
    groups = groups_of(booking.pupils, activity.group_size_max)
    if not activity.group_size_max or groups < 2:
        return ""
    adults = activity.adults_per_group
    with_whom = f", {adults} accompagnateur{'s' if adults > 1 else ''} par groupe" if adults else ""
    return f"{groups} groupes de {activity.group_size_max} élèves au plus{with_whom}"


def _authorisation(booking: Booking) -> list[str]:
    """Who said yes, in what capacity, how and when, once all did. On papers of the school alone: nobody else's business."""
    given = booking.authorisation
    if given is None or given.answer is not Answer.YES:
        return []
    zone = ZoneInfo(booking.slot.timezone)
    return [_signed(signer, zone) for signer in given.signers]


def _signed(signer: AuthorisationSigner, zone: ZoneInfo) -> str:
    assert signer.answered_at and signer.capacity and signer.answered_via
    day = signer.paper_on or signer.answered_at.astimezone(zone).date()
    who = f"{signer.signed_by} ({capacity_words(signer.role, signer.capacity)})"
    return f"donnée le {format_day(day, weekday=False)} par {who}, {VIA_WORDS[signer.answered_via]}"


def _board(file: OutingFile, school: School) -> str:
    """The board's decision, with dots where the school has not typed it; a school without a board has none to give."""
    has_board = school.is_public and school.kind is not SchoolKind.ECOLE
    if not has_board and not file.board_number and file.board_on is None:
        return ""
    day = format_day(file.board_on, weekday=False) if file.board_on else TO_FILL
    return f"délibération n°\u00a0{file.board_number or TO_FILL} du {day}"


def _name(person: Person) -> str:
    """An account without a name is known by its address, which no paper gives away."""
    return "nom à compléter" if "@" in person.name else person.name


def _with_commune(school: School) -> str:
    return ", ".join(part for part in (school.name, school.commune_name) if part)


def _address(street: str, postcode: str, commune: str) -> str:
    return ", ".join(part for part in (street, f"{postcode} {commune}".strip()) if part)


def _siret(site: Site) -> str:
    return f"{site.siret[:3]} {site.siret[3:6]} {site.siret[6:9]} {site.siret[9:]}"
