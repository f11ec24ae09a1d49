"""What each paper says, in the French of schools. These words are kept with the paper, and are not for translation.

A paper is written from its facts alone, so that the same facts give the same paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from booking.bookings.papers import blocks as b
from booking.bookings.papers.facts import COMPULSORY, OPTIONAL, TO_FILL
from booking.bookings.papers.kinds import AMENDED, CERTIFICATES, PaperKind
from booking.bookings.papers.rules import Difference, Facts, Rule, code_words
from booking.core.dates import NBSP, format_day
from booking.core.i18n import speaking
from booking.territory.rules import fold

NO_NAMES = "Aucun nom d’élève n’est enregistré dans le service Établi."
GRATIS = "aucune participation n’est demandée aux familles"
# Lines to be written on by hand: as tall as one likes, and the lowest on which one still can.
TALL_LINE_MM, SHORT_LINE_MM = 7, 4.9

FACT_WORDS: dict[str, str] = {
    "school": "Établissement", "school_address": "Adresse de l’établissement", "head": "Représenté par",
    "teacher": "Enseignant responsable", "class_name": "Classe", "level": "Niveau", "pupils": "Nombre d’élèves",
    "adults": "Accompagnateurs", "assistants": "AESH", "needs": "Besoins particuliers", "company": "Entreprise",
    "siret": "SIRET", "company_address": "Adresse de l’entreprise", "contact": "Contact de l’entreprise",
    "activity": "Activité", "edition": "Édition", "when": "Date et heures", "place": "Lieu", "journey": "Trajet",
    "nature": "Nature de la sortie", "group": "Répartition", "safety": "Sécurité sur le site",
    "equipment": "Équipements de protection", "clothing": "Tenue", "to_bring": "À prévoir", "identity": "Identité",
    "photos": "Photographies", "aims": "Objectifs", "transport": "Transport", "coach": "Car", "authorisation": "Autorisation", "meals": "Repas", "costs": "Frais",
    "insurance_school": "Assurance de l’établissement", "insurance_company": "Assurance de l’entreprise",
    "board": "Conseil d’administration", "clauses": "Clauses de l’établissement", "coming": "Classes attendues",
    "present_pupils": "Élèves présents", "present_adults": "Accompagnateurs présents",
}  # fmt: skip


@dataclass(frozen=True)
class Making:
    """What surrounds the facts of a version: its number and day, what changed since the last one, the law printed.

    number: of the booking or slot.
    """

    number: int
    version: int
    made_on: date
    facts_hash: str
    changes: Sequence[Difference] = ()
    previous_on: date | None = None
    law: Sequence[Rule] = ()
    is_primary: bool = False


@dataclass(frozen=True)
class Text:
    title: str
    subtitle: str
    blocks: list[b.Block]
    statement: list[str] = field(default_factory=list)


def content_of(kind: PaperKind, facts: Facts, making: Making) -> dict[str, Any]:
    """The paper as the layout reads it."""
    with speaking("fr"):
        written = _WRITERS[kind](facts, making)
        if making.changes:
            written = _amendment(kind, facts, making, written)
        made_on = format_day(making.made_on, weekday=False)
    return {
        "title": written.title,
        "subtitle": written.subtitle,
        "author": str(facts.get("school") or facts["company"]),
        "reference": f"Réservation n°{NBSP}{making.number} · version {making.version} · {made_on}"
        if kind is not PaperKind.DAY_SHEET
        else f"Créneau n°{NBSP}{making.number} · version {making.version} · {made_on}",
        "footer": f"Version {making.version} du {made_on} – empreinte des éléments convenus\u00a0: {_short(making.facts_hash)}",
        "wide": kind in CERTIFICATES,
        "statement": written.statement,
        "blocks": written.blocks,
    }


def _short(facts_hash: str) -> str:
    """Enough of the hash to tell two versions apart on paper; the page of the file gives it whole."""
    return " ".join(facts_hash[start : start + 4] for start in range(0, 16, 4))


# ---- What changed


def _amendment(kind: PaperKind, facts: Facts, making: Making, written: Text) -> Text:
    """A convention that changes is amended: the difference is signed. Other papers say on top what they replace."""
    rows = [(FACT_WORDS[each.name], _value(each.old), _value(each.new)) for each in making.changes]
    table = b.table(("Élément", "Avant", "Désormais"), rows, (3, 5, 5))
    before = f" du {format_day(making.previous_on, weekday=False)}" if making.previous_on else ""
    previous = f"version {making.version - 1}{before}"
    if kind not in AMENDED:
        opening = [b.note(f"Ce document remplace la {previous}.", "Ce qui a changé\u00a0:"), table]
        return Text(written.title, written.subtitle, opening + written.blocks, written.statement)
    number = making.version - 1
    return Text(
        f"Avenant n°{NBSP}{number} à la convention de visite",
        written.subtitle,
        [
            b.text(f"Le présent avenant modifie la convention passée entre l’établissement {facts['school']}, et l’entreprise {facts['company']}, dans sa {previous}."),
            b.heading("Ce qui change"),
            table,
            b.heading("Ce qui ne change pas"),
            b.text("Les autres dispositions de la convention restent applicables. La convention à jour est jointe à la suite de cet avenant."),
            _school_and_company(facts),
            b.new_page(),
            b.heading("Annexe – Convention à jour"),
            *written.blocks[:-1],
        ],
    )  # fmt: skip


def _value(value: Any) -> str:
    if value is None:
        return "non précisé"
    if isinstance(value, list):
        return "\n".join(
            ", ".join(str(part) for part in each if part) if isinstance(each, list) else each for each in value
        )
    return str(value)


# ---- Before the visit


def _convention(facts: Facts, making: Making) -> Text:
    board = facts.get("board")
    blocks = [
        b.text("Entre les soussignés\u00a0:"),
        b.facts([
            ("L’établissement scolaire", f"{facts['school']}\n{facts.get('school_address', '')}\nreprésenté par {TO_FILL}, {facts['head']}".replace("\n\n", "\n")),
            ("L’entreprise", f"{facts['company']}, SIRET {facts['siret']}\n{facts['company_address']}\nreprésentée par {TO_FILL}, contact\u00a0: {facts['contact']}"),
        ]),
        *([b.text(f"Le chef d’établissement signe avec l’accord du conseil d’administration, {board}.")] if board else []),
        b.heading("Article 1 – Objet et objectifs"),
        b.text(f"La convention règle la visite «{NBSP}{facts['activity']}{NBSP}», organisée dans le cadre des enseignements."),
        b.text(facts["aims"]),
        b.heading("Article 2 – Élèves concernés"),
        b.facts([
            ("Classe", _class(facts)),
            ("Élèves", f"{facts['pupils']}, désignés par leur nombre\u00a0; l’établissement tient la liste nominative"),
            ("Enseignant responsable", facts["teacher"]),
        ]),
        b.heading("Article 3 – Calendrier et lieu"),
        b.facts([
            ("Date et heures", facts["when"]),
            ("Lieu", facts["place"]),
            ("Trajet", facts.get("journey", "")),
            ("Nature de la sortie", facts["nature"]),
        ]),
        b.heading("Article 4 – Encadrement"),
        b.text(
            "Pendant toute la visite, les élèves restent sous l’autorité et la responsabilité de l’établissement. L’entreprise"
            " guide le groupe et nomme une personne qui le reçoit."
        ),
        b.facts([
            ("Accompagnateurs", facts.get("adults", "")),
            ("AESH", f"{facts['assistants']}, en plus des accompagnateurs" if facts.get("assistants") else ""),
            ("Répartition", facts.get("group", "")),
            ("Identité", facts.get("identity", "")),
        ]),
        b.heading("Article 5 – Sécurité"),
        b.text(
            "L’entreprise présente les consignes à l’arrivée et écarte les élèves de toute machine, produit ou zone"
            " dangereuse. Les élèves respectent les consignes du site\u00a0; l’entreprise peut interrompre la visite si la"
            " sécurité l’exige."
        ),
        b.facts([
            ("Consignes du site", facts.get("safety", "")),
            ("Équipements de protection", facts.get("equipment", "")),
            ("Photographies", facts["photos"]),
        ]),
        b.heading("Article 6 – Transport, repas et frais"),
        b.facts([
            ("Transport", facts.get("transport", TO_FILL)),
            ("Repas", facts.get("meals", TO_FILL)),
            ("Frais", facts.get("costs", GRATIS if facts["nature"] == COMPULSORY else TO_FILL)),
        ]),
        b.heading("Article 7 – Assurances et responsabilité"),
        b.text(
            "Chaque partie est assurée pour les dommages qu’elle peut causer. Un accident est signalé sans délai à l’autre"
            " partie, et déclaré par l’établissement."
        ),
        b.facts([
            ("Établissement", facts.get("insurance_school", TO_FILL)),
            ("Entreprise", facts.get("insurance_company", TO_FILL)),
        ]),
    ]  # fmt: skip
    last = 8
    if facts.get("clauses"):
        blocks += [b.heading("Article 8 – Clauses propres à l’établissement"), b.text(facts["clauses"])]
        last = 9
    blocks += [
        b.heading(f"Article {last} – Durée"),
        b.text(
            "La convention vaut pour cette seule visite. Un changement de date, d’effectif ou d’encadrement fait l’objet d’un"
            " avenant. Chaque partie peut y mettre fin par écrit avant la visite."
        ),
        *_law(making.law),
        _school_and_company(facts),
    ]
    return Text("Convention de visite", f"{_class(facts)} chez {facts['company']}", blocks)


def _school_and_company(facts: Facts) -> b.Block:
    words = "Nom, qualité, date et signature"
    return b.signatures(
        (f"Pour l’établissement\n{facts['school']}", words), (f"Pour l’entreprise\n{facts['company']}", words)
    )


def _outing_request(facts: Facts, making: Making) -> Text:
    optional = facts["nature"] == OPTIONAL
    return Text(
        "Demande d’autorisation de sortie",
        f"adressée à {'la direction' if making.is_primary else 'la cheffe ou au chef'} de l’établissement – {facts['school']}",
        [
            b.heading("La sortie"),
            b.facts([
                ("Classe", _class(facts)),
                ("Date et heures", facts["when"]),
                ("Trajet", facts.get("journey", "")),
                ("Lieu", facts["place"]),
                ("Activité", f"{facts['activity']}, avec {facts['company']}"),
                ("Nature", f"sortie {facts['nature']}" + (", avec l’accord écrit des familles" if optional else "")),
                ("Objectifs", facts["aims"]),
            ]),
            b.heading("Le groupe"),
            b.facts([
                ("Élèves", facts["pupils"]),
                ("Enseignant responsable", facts["teacher"]),
                ("Accompagnateurs", facts.get("adults", "")),
                ("AESH", f"{facts['assistants']}, en plus des accompagnateurs" if facts.get("assistants") else ""),
                ("Besoins particuliers", facts.get("needs", "")),
            ]),
            b.dots(["Noms des accompagnateurs\u00a0:", ""]),
            b.heading("L’organisation"),
            b.facts([
                ("Transport", facts.get("transport", "" if facts.get("coach") else TO_FILL)),
                ("Car", facts.get("coach", "")),
                ("Repas", facts.get("meals", TO_FILL)),
                ("Frais", facts.get("costs", TO_FILL if optional else GRATIS)),
                ("Sécurité sur le site", facts.get("safety", "")),
                ("Équipements de protection", facts.get("equipment", "")),
            ]),
            _decision(facts, "sortie autorisée", "sortie refusée, pour la raison suivante\u00a0:"),
            *_law(making.law),
        ],
    )  # fmt: skip


def _decision(facts: Facts, yes: str, no: str) -> b.Block:
    """What was decided, and by whom; else what the head writes, never cut by the end of a page."""
    if given := facts.get("authorisation"):
        return b.together(b.heading("Décision"), b.note(yes[0].upper() + yes[1:], _value(given)))
    return b.together(
        b.heading("Décision"),
        b.choices([yes, no]),
        b.dots([""]),
        b.signatures(
            ("L’enseignant responsable", "Date et signature"),
            ("Le chef d’établissement", "Nom, qualité, date et signature"),
        ),
    )


def _intervention_request(facts: Facts, making: Making) -> Text:
    return Text(
        "Demande d’autorisation d’intervention",
        f"pour des personnes qui entrent dans l’établissement – {facts['school']}",
        [
            b.heading("L’intervention"),
            b.facts([
                ("Classe", _class(facts)),
                ("Date et heures", facts["when"]),
                ("Lieu", facts["place"]),
                ("Activité", facts["activity"]),
                ("Objectifs", facts["aims"]),
                ("Élèves", facts["pupils"]),
                ("Enseignant responsable", facts["teacher"]),
                ("À prévoir", facts.get("to_bring", "")),
                ("Besoins particuliers", facts.get("needs", "")),
            ]),
            b.heading("Les intervenants"),
            b.facts([("Entreprise", facts["company"]), ("Contact", facts["contact"])]),
            b.blanks(("N°", "Nom et prénom", "Fonction", "Identité vérifiée à l’arrivée"), 3, ("auto", 4, 3, 3)),
            b.text("L’enseignant reste responsable de la classe pendant toute l’intervention, et présent."),
            _decision(facts, "intervention autorisée", "intervention refusée, pour la raison suivante\u00a0:"),
            *_law(making.law),
        ],
    )  # fmt: skip


def _family_note(facts: Facts, making: Making) -> Text:
    optional = facts["nature"] == OPTIONAL
    blocks = [
        b.text("Madame, Monsieur,"),
        b.text(f"La classe de votre enfant visite {facts['company']} avec {facts['teacher']}."),
        b.facts([
            ("Classe", facts["class_name"]),
            ("Quand", facts["when"]),
            ("Trajet", facts.get("journey", "")),
            ("Où", facts["place"]),
            ("Activité", facts["activity"]),
            ("Pourquoi", facts["aims"]),
            ("Transport", facts.get("transport", "")),
            ("Repas", facts.get("meals", "")),
            ("Frais", facts.get("costs", "" if optional else GRATIS)),
            ("Équipements de protection", facts.get("equipment", "")),
            ("Tenue", facts.get("clothing", "")),
            ("Photographies", facts["photos"]),
        ]),
    ]  # fmt: skip
    if optional:
        blocks += [
            b.note(
                "Sortie facultative\u00a0: votre accord est nécessaire.",
                "Votre enfant doit être assuré en responsabilité civile et pour les accidents individuels. Un élève qui ne participe pas est accueilli dans l’établissement.",
            ),
            *_law(making.law),
            b.cut("Partie à rendre à l’enseignant – elle reste dans l’établissement"),
            b.text(f"Sortie du {facts['when']}, {facts['company']}."),
            b.choices(["j’autorise mon enfant à participer à cette sortie", "je n’autorise pas mon enfant à participer à cette sortie", "mon enfant est assuré en responsabilité civile et pour les accidents individuels"]),
            b.dots(["Nom de l’élève et classe\u00a0:", "Nom du responsable légal et téléphone ce jour-là\u00a0:", "Date et signature\u00a0:"]),
        ]  # fmt: skip
    else:
        blocks += [
            b.note(
                "Sortie obligatoire, pendant les heures de cours.",
                "Aucune autorisation n’est demandée\u00a0: cette note vous informe. Signalez à l’enseignant ce qu’il doit savoir pour ce jour-là.",
            ),
            *_law(making.law),
            b.cut("Partie à rendre à l’enseignant"),
            b.text("J’ai pris connaissance de cette sortie."),
            b.dots(["Nom de l’élève et classe\u00a0:", "Date et signature du responsable légal\u00a0:"]),
        ]
    title = (
        "Sortie scolaire\u00a0: votre autorisation" if optional else "Sortie scolaire\u00a0: information aux familles"
    )
    return Text(title, facts["school"], blocks)


def _school_life(facts: Facts, making: Making) -> Text:
    away = facts.get("journey")
    return Text(
        "Avis à la vie scolaire",
        facts["school"],
        [
            b.strong(f"{_class(facts)}, {facts['when']}"),
            b.text("La classe est absente de l’établissement." if facts.get("nature") else "Une entreprise intervient dans la classe."),
            b.facts([
                ("Départ et retour", away or ""),
                ("Activité", f"{facts['activity']}, {facts['company']}"),
                ("Lieu", facts["place"]),
                ("Enseignant responsable", facts["teacher"]),
                ("Élèves", facts["pupils"]),
                ("Accompagnateurs", facts.get("adults", "")),
                ("AESH", facts.get("assistants", "")),
                ("Nature de la sortie", facts.get("nature", "")),
                ("Transport", facts.get("transport", "")),
                ("Car", facts.get("coach", "")),
                ("Repas", facts.get("meals", "")),
                ("Autorisation", _value(facts["authorisation"]) if facts.get("authorisation") else ""),
            ]),
            b.heading("À faire"),
            b.choices(
                ["cours déplacés ou remplacés", "élèves qui restent dans l’établissement accueillis", "appel au départ et au retour remis à la vie scolaire"]
                if facts.get("nature") else ["accueil prévenu de l’arrivée des intervenants", "salle réservée"]
            ),
            b.dots(["Vu le\u00a0:", "Remarques\u00a0:"]),
        ],
    )  # fmt: skip


def _canteen(facts: Facts, making: Making) -> Text:
    return Text(
        "Avis à la restauration",
        facts["school"],
        [
            b.strong(f"{facts['class_name']} absente à l’heure du repas, {facts['when']}"),
            b.facts([
                ("Départ et retour", facts.get("journey", "")),
                ("Élèves", facts["pupils"]),
                ("Accompagnateurs", facts.get("adults", "")),
                ("AESH", facts.get("assistants", "")),
                ("Repas", facts.get("meals", "")),
                ("Demandé par", facts["teacher"]),
            ]),
            b.heading("À préparer"),
            b.choices(["repas à retirer des effectifs du jour", "paniers-repas à préparer", "service avancé ou retardé"]),
            b.dots(["Nombre de demi-pensionnaires concernés\u00a0:", "Régimes particuliers (en nombre)\u00a0:", "Vu le\u00a0:"]),
        ],
    )  # fmt: skip


def _names_list(facts: Facts, making: Making) -> Text:
    adults = int(facts.get("adults", 0)) + int(facts.get("assistants", 0))
    return Text(
        "Liste nominative à remplir",
        f"{_class(facts)} chez {facts['company']}, {facts['when']}",
        [
            b.note(
                "À remplir et à transmettre hors d’Établi, par un moyen sûr.",
                f"{facts.get('identity', '')}\n{NO_NAMES} À détruire après la visite.".strip(),
            ),
            b.heading("Accompagnateurs"),
            b.blanks(("N°", "Nom et prénom", "Fonction", "Pièce d’identité"), max(adults, 1), ("auto", 4, 3, 3), height_mm=7),
            b.heading("Élèves"),
            b.blanks(("N°", "Nom et prénom", "Remarque"), int(facts["pupils"]), ("auto", 5, 4), height_mm=_line_mm(facts, 150)),
            b.dots(["Transmise le\u00a0:", "Par\u00a0:"]),
        ],
    )  # fmt: skip


def _line_mm(facts: Facts, room_mm: int) -> float:
    """How tall a pupil's line is: so that a class stays on one page, if a hand can still write on it.

    room_mm: what the page leaves to the pupils when three adults come.
    """
    adults = int(facts.get("adults", 0)) + int(facts.get("assistants", 0))
    fits = (room_mm - 7 * (adults - 3)) / max(int(facts["pupils"]), 1)
    return round(min(fits, TALL_LINE_MM), 2) if fits >= SHORT_LINE_MM else TALL_LINE_MM


def _attendance(facts: Facts, making: Making) -> Text:
    adults = int(facts.get("adults", 0)) + int(facts.get("assistants", 0))
    blocks = [
        b.facts([
            ("Quand", facts["when"]),
            ("Lieu", facts["place"]),
            ("Enseignant responsable", facts["teacher"]),
            ("Effectif prévu", _people(facts)),
        ]),
        b.small(f"À remplir à la main. {NO_NAMES}"),
    ]  # fmt: skip
    if adults:
        blocks += [
            b.heading("Accompagnateurs"),
            b.blanks(("N°", "Nom et prénom", "Signature"), adults, ("auto", 5, 4), height_mm=7),
        ]
    columns = ("N°", "Nom et prénom", "Départ", "Sur place", "Retour")
    blocks += [
        b.heading("Élèves" if facts.get("level") else "Participants"),
        b.blanks(columns, int(facts["pupils"]), ("auto", 5, 1, 1, 1), height_mm=_line_mm(facts, 147)),
        b.dots(
            ["Présents au départ, sur place, au retour\u00a0:", "Date et signature de l’enseignant responsable\u00a0:"]
        ),
    ]
    return Text("Feuille de présence", f"{_class(facts)} – {facts['activity']}, {facts['company']}", blocks)


# ---- The day


def _day_sheet(facts: Facts, making: Making) -> Text:
    coming = facts.get("coming", [])
    pupils, adults = (sum(int(each[at]) for each in coming) for at in (3, 4))
    rows = [[each[0], each[1], each[2], each[3], each[4], each[5] or "–", ""] for each in coming]
    columns = ("Classe", "Établissement", "Enseignant", "Élèves", "Acc.", "AESH", "Arrivés")
    return Text(
        "Feuille du jour",
        facts["activity"],
        [
            b.strong(facts["when"]),
            b.text(facts["place"]),
            b.heading(f"{len(coming)} classe{'s' if len(coming) > 1 else ''} attendue{'s' if len(coming) > 1 else ''}, {pupils} élèves et {adults} accompagnateurs"),
            b.table(columns, rows, (4, 5, 4, "auto", "auto", "auto", 3)),
            b.small("Acc.\u00a0: accompagnateurs. AESH\u00a0: accompagnants d’élèves en situation de handicap, en plus des accompagnateurs."),
            b.heading("À l’arrivée"),
            b.choices(["groupe compté", "consignes de sécurité présentées", "équipements de protection remis", "photographies\u00a0: règle rappelée"]),
            b.dots(["Guides\u00a0:", "Retards, incidents\u00a0:"]),
        ],
    )  # fmt: skip


# ---- After the visit


def _class_certificate(facts: Facts, making: Making) -> Text:
    adults = facts.get("present_adults")
    people = f"{facts['present_pupils']} élèves" + (f" et {adults} accompagnateurs" if adults else "")
    return Text(
        "Attestation",
        "",
        [],
        [
            f"{facts['company']} atteste avoir reçu",
            f"la classe {_class(facts)}\n{facts['school']}",
            f"{people}, pour «{NBSP}{facts['activity']}{NBSP}»",
            f"{facts['when']}",
        ],
    )


def _company_certificate(facts: Facts, making: Making) -> Text:
    level = f" de {facts['level']}" if facts.get("level") else ""
    return Text(
        "Attestation d’accueil",
        "",
        [],
        [
            f"{facts['company']}\na accueilli une classe{level}",
            f"{facts['present_pupils']} élèves\n{facts['school']}",
            f"pour «{NBSP}{facts['activity']}{NBSP}»\n{facts['when']}",
            facts.get("edition", ""),
        ],
    )


def verification(svg: str, address: str, code: str, made_on: date) -> b.Block:
    """How whoever reads a certificate makes sure of it; drawn on each copy."""
    with speaking("fr"):
        day = format_day(made_on, weekday=False)
    return b.code(
        svg,
        "Code carré qui ouvre la page de vérification de cette attestation",
        f"Attestation établie le {day} d’après la présence enregistrée.\nVérification\u00a0: {address}\nCode\u00a0: {code_words(code)}",
    )


def day_page(svg: str, address: str, needs_account: bool) -> b.Block:
    """The page of the day, on a telephone; drawn on each copy: its link can be revoked, a version cannot."""
    how = "Il faut se connecter à son compte." if needs_account else "Sans compte, de la veille au surlendemain."
    return b.code(
        svg,
        "Code carré qui ouvre la page du jour sur un téléphone",
        f"Visez ce code avec un téléphone pour noter les arrivées et les présences. {how}\n{address}",
    )


def mobiles(rows: Sequence[tuple[str, str]]) -> list[b.Block]:
    """The teachers' telephones, on the copies printed from the day before to the day after."""
    return [b.heading("Joindre les enseignants"), b.facts(rows)] if rows else []


# ---- Pieces


def _class(facts: Facts) -> str:
    """« 4e B », or « Les Castors (4e) » where the name does not say the level."""
    name, level = facts["class_name"], facts.get("level", "")
    return name if fold(level) in fold(name) else f"{name} ({level})"


def _people(facts: Facts) -> str:
    words = [f"{facts['pupils']} élèves" if facts.get("level") else f"{facts['pupils']} personnes"]
    if facts.get("adults"):
        words.append(f"{facts['adults']} accompagnateurs")
    if facts.get("assistants"):
        words.append(f"{facts['assistants']} AESH")
    return ", ".join(words)


def _law(rules: Sequence[Rule]) -> list[b.Block]:
    """What the law says, each with its source; a reference that nobody has checked says so."""
    if not rules:
        return []
    return [b.heading("Textes de référence"), b.fine_print(_rule_words(rule) for rule in rules)]


def _rule_words(rule: Rule) -> str:
    doubt = "" if rule.is_checked else " – référence à vérifier par l’établissement"
    return f"{rule.sentence} {rule.citation}{doubt}." if rule.citation else rule.sentence


_WRITERS: dict[PaperKind, Callable[[Facts, Making], Text]] = {
    PaperKind.CONVENTION: _convention,
    PaperKind.OUTING_REQUEST: _outing_request,
    PaperKind.INTERVENTION_REQUEST: _intervention_request,
    PaperKind.FAMILY_NOTE: _family_note,
    PaperKind.SCHOOL_LIFE: _school_life,
    PaperKind.CANTEEN: _canteen,
    PaperKind.NAMES_LIST: _names_list,
    PaperKind.ATTENDANCE: _attendance,
    PaperKind.CLASS_CERTIFICATE: _class_certificate,
    PaperKind.COMPANY_CERTIFICATE: _company_certificate,
    PaperKind.DAY_SHEET: _day_sheet,
}


def message_of(facts: Facts) -> str:
    """The outing as plain text, to be pasted into the school's own messaging."""
    with speaking("fr"):
        optional = facts.get("nature") == OPTIONAL
        rows = [
            ("Quand", facts["when"]),
            ("Trajet", facts.get("journey")),
            ("Où", facts["place"]),
            ("Activité", f"{facts['activity']}, avec {facts['company']}"),
            ("Transport", facts.get("transport")),
            ("Repas", facts.get("meals")),
            ("Tenue", facts.get("clothing")),
            ("Équipements de protection", facts.get("equipment")),
            ("Photographies", facts.get("photos")),
        ]
        if not facts.get("nature"):
            opening, ending = "Une entreprise intervient dans la classe.", ""
        elif optional:
            opening = "Sortie scolaire facultative."
            ending = "Merci de rendre l’autorisation signée à l’enseignant."
        else:
            opening = "Sortie scolaire obligatoire, pendant les heures de cours."
            ending = "Aucune autorisation n’est demandée\u00a0: ce message vous informe."
        lines = [f"Bonjour,\n\n{opening}\n", f"Classe\u00a0: {_class(facts)}"]
        lines += [f"{label}\u00a0: {value}" for label, value in rows if value]
        lines += ["", ending] if ending else []
        return "\n".join([*lines, "", f"Cordialement,\n{facts['teacher']}"])
