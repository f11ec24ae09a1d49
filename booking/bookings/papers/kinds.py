"""The papers of an outing: what there is, for which outing, who reads and who makes them, and what each one agrees on."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from booking.bookings.rules.states import State
from booking.core.i18n import _l


class PaperKind(enum.StrEnum):
    """The value is part of addresses and of file names."""

    CONVENTION = "convention"
    OUTING_REQUEST = "demande-de-sortie"
    INTERVENTION_REQUEST = "demande-d-intervention"
    FAMILY_NOTE = "note-aux-familles"
    SCHOOL_LIFE = "avis-vie-scolaire"
    CANTEEN = "avis-restauration"
    NAMES_LIST = "liste-nominative-a-remplir"
    ATTENDANCE = "feuille-de-presence"
    CLASS_CERTIFICATE = "attestation-de-la-classe"
    COMPANY_CERTIFICATE = "attestation-de-l-entreprise"
    DAY_SHEET = "feuille-du-jour"


class Side(enum.StrEnum):
    SCHOOL = "school"
    COMPANY = "company"


class Need(enum.StrEnum):
    """How much this outing asks for a paper."""

    NEEDED = "needed"
    USEFUL = "useful"


CERTIFICATES = frozenset({PaperKind.CLASS_CERTIFICATE, PaperKind.COMPANY_CERTIFICATE})
# What the host may read once the school has made it, and what it makes itself.
READ_BY_COMPANY = frozenset({PaperKind.CONVENTION}) | CERTIFICATES
MADE_BY_COMPANY = CERTIFICATES
# Kept by both sides, signed: a change is an amendment, not a new copy.
AMENDED = frozenset({PaperKind.CONVENTION})

KIND_WORDS: dict[PaperKind, Any] = {
    PaperKind.CONVENTION: _l("Convention de visite"),
    PaperKind.OUTING_REQUEST: _l("Demande de sortie au chef d’établissement"),
    PaperKind.INTERVENTION_REQUEST: _l("Demande d’intervention au chef d’établissement"),
    PaperKind.FAMILY_NOTE: _l("Note aux familles"),
    PaperKind.SCHOOL_LIFE: _l("Avis à la vie scolaire"),
    PaperKind.CANTEEN: _l("Avis à la restauration"),
    PaperKind.NAMES_LIST: _l("Liste de noms à remplir"),
    PaperKind.ATTENDANCE: _l("Feuille de présence"),
    PaperKind.CLASS_CERTIFICATE: _l("Attestation pour la classe"),
    PaperKind.COMPANY_CERTIFICATE: _l("Attestation pour l’entreprise"),
    PaperKind.DAY_SHEET: _l("Feuille du jour"),
}

_WHO = ("school", "teacher", "class_name", "level", "pupils", "adults", "assistants")
_WHAT = ("company", "activity", "when", "place")
# What each paper agrees on: these facts make its version and its hash, and nothing else does.
FACTS_OF: dict[PaperKind, tuple[str, ...]] = {
    PaperKind.CONVENTION: (
        "school", "school_address", "head", "company", "siret", "company_address", "contact", "activity", "aims",
        "teacher", "class_name", "level", "pupils", "adults", "assistants", "when", "journey", "place", "nature",
        "group", "safety", "equipment", "identity", "photos", "transport", "meals", "costs", "insurance_school",
        "insurance_company", "board", "clauses",
    ),
    PaperKind.OUTING_REQUEST: (
        *_WHO, *_WHAT, "head", "journey", "nature", "aims", "transport", "coach", "meals", "costs", "safety", "equipment",
        "needs", "authorisation",
    ),
    PaperKind.INTERVENTION_REQUEST: (*_WHO, *_WHAT, "head", "aims", "contact", "to_bring", "needs", "authorisation"),
    PaperKind.FAMILY_NOTE: (
        "school", "teacher", "class_name", *_WHAT, "journey", "nature", "aims", "transport", "meals", "costs",
        "equipment", "clothing", "photos",
    ),
    PaperKind.SCHOOL_LIFE: (*_WHO, *_WHAT, "journey", "nature", "transport", "coach", "meals", "authorisation"),
    PaperKind.CANTEEN: ("school", "teacher", "class_name", "pupils", "adults", "assistants", "when", "journey", "meals"),
    PaperKind.NAMES_LIST: (*_WHO, *_WHAT, "identity"),
    PaperKind.ATTENDANCE: (*_WHO, *_WHAT),
    PaperKind.CLASS_CERTIFICATE: ("school", "class_name", "level", *_WHAT, "present_pupils", "present_adults"),
    PaperKind.COMPANY_CERTIFICATE: ("school", "level", *_WHAT, "present_pupils", "edition"),
    PaperKind.DAY_SHEET: ("company", "activity", "when", "place", "coming"),
}  # fmt: skip

# Before the visit, papers are made while the places are kept; afterwards only what the day has shown.
_BEFORE = frozenset({State.HELD, State.REQUESTED, State.CONFIRMED, State.OFFERED})


@dataclass(frozen=True)
class Outing:
    """What decides which papers there are. leaves_for_lunch: the class is away at the usual hour of lunch."""

    state: State
    comes_to_class: bool
    is_staff: bool
    has_identity_check: bool
    leaves_for_lunch: bool


@dataclass(frozen=True)
class Offer:
    """A paper that this outing has, how much it needs it, and why in a sentence."""

    kind: PaperKind
    need: Need
    why: Any


def papers_for(outing: Outing) -> list[Offer]:
    """The papers of this outing, those that it needs first; none for an outing that is off, or was missed."""
    if outing.state is State.ATTENDED:
        return _after(outing)
    if outing.state not in _BEFORE:
        return []
    offers = _for_workshop() if outing.comes_to_class else _for_staff() if outing.is_staff else _for_visit(outing)
    if outing.has_identity_check:
        offers.append(
            Offer(
                PaperKind.NAMES_LIST,
                Need.NEEDED,
                _l(
                    "L’entreprise contrôle les identités. La liste se remplit et se transmet hors de ce service, qui ne garde aucun nom."
                ),
            )
        )
    return sorted(offers, key=lambda offer: offer.need is not Need.NEEDED)


def _for_visit(outing: Outing) -> list[Offer]:
    offers = [
        Offer(PaperKind.OUTING_REQUEST, Need.NEEDED, _l("Le chef d’établissement autorise seul une sortie.")),
        Offer(PaperKind.CONVENTION, Need.NEEDED, _l("L’établissement et l’entreprise la signent avant la visite.")),
        Offer(PaperKind.FAMILY_NOTE, Need.NEEDED, _l("Information si la sortie est obligatoire, accord à signer sinon.")),
        Offer(PaperKind.SCHOOL_LIFE, Need.USEFUL, _l("La vie scolaire sait qui manque aux cours, et jusqu’à quand.")),
        Offer(PaperKind.ATTENDANCE, Need.USEFUL, _l("L’appel au départ, sur place et au retour : lignes vides, aucun nom enregistré.")),
    ]  # fmt: skip
    if outing.leaves_for_lunch:
        offers.append(Offer(PaperKind.CANTEEN, Need.NEEDED, _l("La classe est absente à l’heure du repas.")))
    return offers


def _for_workshop() -> list[Offer]:
    return [
        Offer(PaperKind.INTERVENTION_REQUEST, Need.NEEDED, _l("Le chef d’établissement autorise les personnes qui entrent.")),
        Offer(PaperKind.SCHOOL_LIFE, Need.USEFUL, _l("L’accueil et la vie scolaire savent qui vient, et quand.")),
        Offer(PaperKind.ATTENDANCE, Need.USEFUL, _l("Lignes vides, aucun nom enregistré.")),
    ]  # fmt: skip


def _for_staff() -> list[Offer]:
    return [Offer(PaperKind.ATTENDANCE, Need.USEFUL, _l("Pour la signature des participants."))]


def _after(outing: Outing) -> list[Offer]:
    return [
        Offer(PaperKind.CLASS_CERTIFICATE, Need.USEFUL, _l("Ce que la classe a fait, sans aucun nom, vérifiable par son code.")),
        Offer(PaperKind.COMPANY_CERTIFICATE, Need.USEFUL, _l("Ce que l’entreprise a accueilli, vérifiable par son code.")),
    ]  # fmt: skip
