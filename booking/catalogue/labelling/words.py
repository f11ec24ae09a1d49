"""The label in words: its state, its clock, its reasons, and what an activity said. The same on pages and in mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.catalogue.labelling.models import CriterionFact, LabelCriterion, LabelStep, LabelStepKind, ReturnReason
from booking.catalogue.labelling.rules import COMPARED, SIDE_WORDS, Facts, Piece, changed_fields, pieces
from booking.catalogue.models import ActivityKind, LabelState
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.rules import sector_label, sector_of_ape
from booking.core.dates import format_day, format_hour, format_moment
from booking.core.i18n import _, _l, _n, current_language
from booking.schools.reference import levels_by_code

STATE_WORDS = {
    LabelState.NONE: (_l("label non demandé"), "plain"),
    LabelState.ASKED: (_l("label demandé"), "warn"),
    LabelState.RETURNED: (_l("à revoir"), "stop"),
    LabelState.GRANTED: (_l("labellisée"), "blue"),
}
REASON_WORDS = {
    ReturnReason.NOT_FREE: _l("L’activité n’est pas gratuite, ou ne le dit pas"),
    ReturnReason.OUT_OF_WINDOW: _l("Les dates sortent de la période de l’édition"),
    ReturnReason.NOT_INDUSTRY: _l("Le lien avec l’industrie n’est pas établi"),
    ReturnReason.NOT_OPEN: _l("L’activité n’est pas ouverte à un public"),
    ReturnReason.UNCLEAR: _l("La description ne dit pas ce que fera la classe"),
    ReturnReason.SAFETY: _l("Les conditions de sécurité ou d’encadrement sont à préciser"),
    ReturnReason.TWICE: _l("La même activité est déjà proposée"),
    ReturnReason.OTHER: _l("Autre raison"),
}
FIELD_WORDS = {
    "title": _l("Titre"),
    "kind": _l("Genre"),
    "summary": _l("Résumé"),
    "description": _l("Description"),
    "sector": _l("Secteur"),
    "levels": _l("Niveaux"),
    "place": _l("Lieu"),
    "edition": _l("Édition"),
    "dates": _l("Dates"),
    "dates_to_agree": _l("Dates à convenir"),
    "outside": _l("Dates hors de la période"),
    "is_reserved": _l("Sur invitation seulement"),
}
FACT_WORDS = {
    CriterionFact.NONE: _l("Parole de l’entreprise"),
    CriterionFact.IN_WINDOW: _l("Dates dans la période de l’édition"),
    CriterionFact.OPEN_TO_PUBLIC: _l("Ouverte à toutes les classes"),
    CriterionFact.INDUSTRY: _l("Secteur et code APE de l’entreprise"),
}


def clock_words(due_at: datetime, timezone: str, now: datetime) -> str:
    """Who answers, until when, and what happens otherwise."""
    moment = format_moment(due_at, timezone)
    if now > due_at:
        return _(
            "La réponse du rectorat ou de la préfecture était attendue le %(moment)s : la demande est en retard, en tête de leur file.",
            moment=moment,
        )
    return _(
        "Le rectorat ou la préfecture répond au plus tard le %(moment)s. Sans réponse, la demande reste ouverte et passe en tête de leur file, signalée en retard.",
        moment=moment,
    )


def criterion_words(criterion: LabelCriterion) -> str:
    """The criterion in the reader's language, where the edition says it in it."""
    return (current_language() == "en" and criterion.wording_en) or criterion.wording


def declared_words(row: dict[str, Any]) -> str:
    """A criterion as the company agreed to it."""
    return str((current_language() == "en" and row.get("wording_en")) or row["wording"])


def reasons_words(reasons: Sequence[str]) -> list[str]:
    return [str(REASON_WORDS[ReturnReason(reason)]) for reason in reasons]


def step_words(step: LabelStep) -> str:
    """What happened, in a few words: a line of the history."""
    side = SIDE_WORDS[step.side] if step.side else ""
    if step.kind is LabelStepKind.OPINION:
        words = _("Avis favorable (%(side)s)") if step.favourable else _("Avis défavorable (%(side)s)")
        return words % {"side": side}
    if step.kind is LabelStepKind.GRANTED:
        return _("Label donné, n° %(number)s", number=step.number)
    plain = {
        LabelStepKind.ASKED: _("Label demandé") if step.round == 1 else _("Label demandé de nouveau"),
        LabelStepKind.RECALLED: _("Demande reprise par l’entreprise"),
        LabelStepKind.RETURNED: _("Renvoyée à l’entreprise"),
        LabelStepKind.KEPT: _("Relue après un changement : le label reste"),
        LabelStepKind.WITHDRAWN: _("Label retiré"),
    }
    return plain[step.kind]


@dataclass(frozen=True)
class Change:
    """A field that says something else. woven: the two texts word by word, when both are sentences."""

    label: str
    was: str
    now: str
    woven: list[Piece]


def changes(before: Facts, after: Facts, fields: Sequence[str] = COMPARED) -> list[Change]:
    """What changed, field by field, in words."""
    return [_change(name, before.get(name), after.get(name)) for name in changed_fields(before, after, fields)]


def _change(name: str, before: Any, after: Any) -> Change:
    was, now = said(name, before), said(name, after)
    is_text = name in ("title", "summary", "description") and bool(was and now)
    return Change(str(FIELD_WORDS[name]), was or _("(rien)"), now or _("(rien)"), pieces(was, now) if is_text else [])


def said(name: str, value: Any) -> str:
    """A fact of an activity as people read it."""
    if value is None:
        return ""
    return _SAID.get(name, str)(value)


def _levels(codes: Sequence[str]) -> str:
    known = levels_by_code()
    return ", ".join(known[code].short_label if code in known else code for code in codes) or _("tous niveaux")


def _dates(starts: Sequence[str]) -> str:
    return " ; ".join(_date(datetime.fromisoformat(start)) for start in starts)


def _date(start: datetime) -> str:
    return f"{format_day(start, weekday=False)}, {format_hour(start)}"


def _yes_no(value: bool) -> str:
    return _("oui") if value else _("non")


_SAID: dict[str, Callable[[Any], str]] = {
    "kind": lambda value: str(KIND_WORDS[ActivityKind(value)]),
    "sector": lambda value: str(sector_label(value)),
    "levels": _levels,
    "dates": _dates,
    "outside": _dates,
    "dates_to_agree": _yes_no,
    "is_reserved": _yes_no,
}


@dataclass(frozen=True)
class Seen:
    """What the service says of a criterion by itself. tone: ok, warn, or plain when it cannot know."""

    words: str
    tone: str


def seen_fact(fact: CriterionFact, facts: Facts, ape_code: str) -> Seen:
    """What can be checked of the criterion, from what the activity says."""
    if fact is CriterionFact.IN_WINDOW:
        return _seen_dates(facts)
    if fact is CriterionFact.OPEN_TO_PUBLIC:
        if facts["is_reserved"]:
            return Seen(_("toutes les dates sont sur invitation"), "warn")
        return Seen(_("ouverte à toutes les classes"), "ok")
    if fact is CriterionFact.INDUSTRY:
        sector = sector_label(facts["sector"])
        if not ape_code:
            return Seen(_("secteur : %(sector)s ; code APE inconnu", sector=sector), "plain")
        words = _("secteur : %(sector)s ; code APE : %(ape)s", sector=sector, ape=ape_code)
        return Seen(words, "ok" if sector_of_ape(ape_code) else "warn")
    return Seen(_("l’entreprise s’y engage"), "plain")


def _seen_dates(facts: Facts) -> Seen:
    if outside := len(facts["outside"]):
        return Seen(_n("%(num)d date hors de la période", "%(num)d dates hors de la période", outside), "warn")
    if not facts["dates"]:
        return Seen(_("dates à convenir") if facts["dates_to_agree"] else _("aucune date pour l’instant"), "warn")
    return Seen(_n("%(num)d date, dans la période", "%(num)d dates, toutes dans la période", len(facts["dates"])), "ok")
