"""The catalogue in words: kinds, places, practical facts, and the slug of an activity's address."""

from __future__ import annotations

import re
from typing import Any

from booking.catalogue.models import Activity, ActivityKind, ConfirmationMode
from booking.core.i18n import _, _l, current_language
from booking.territory.rules import fold

KIND_WORDS: dict[ActivityKind, Any] = {
    ActivityKind.SITE_VISIT: _l("Visite d’entreprise"),
    ActivityKind.CLASSROOM_WORKSHOP: _l("Atelier en classe"),
    ActivityKind.OPEN_DAY: _l("Portes ouvertes"),
    ActivityKind.ROUND_TABLE: _l("Table ronde"),
    ActivityKind.FORUM: _l("Forum d’information"),
    ActivityKind.EXHIBITION: _l("Exposition"),
    ActivityKind.TEACHERS_VISIT: _l("Visite pour enseignants"),
}
KINDS_WORDS: dict[ActivityKind, Any] = {
    ActivityKind.SITE_VISIT: _l("Visites d’entreprise"),
    ActivityKind.CLASSROOM_WORKSHOP: _l("Ateliers en classe"),
    ActivityKind.OPEN_DAY: _l("Portes ouvertes"),
    ActivityKind.ROUND_TABLE: _l("Tables rondes"),
    ActivityKind.FORUM: _l("Forums d’information"),
    ActivityKind.EXHIBITION: _l("Expositions"),
    ActivityKind.TEACHERS_VISIT: _l("Visites pour enseignants"),
}

LANGUAGE_WORDS: dict[str, Any] = {
    "fr": _l("français"), "en": _l("anglais"), "de": _l("allemand"), "es": _l("espagnol"), "it": _l("italien"),
    "pt": _l("portugais"), "ar": _l("arabe"), "zh": _l("chinois"), "lsf": _l("langue des signes française"),
}  # fmt: skip

# « en Essonne », « dans le Val-de-Marne »: French says the place of each département in its own way; the others say « en ».
_IN = {
    "à": "75 974 975 976 977 978 986",
    "dans le": "14 15 18 25 29 30 32 39 41 45 46 47 56 59 62 63 67 68 69 81 82 83 84 90 94 95",
    "dans la": "26 42 50 51 55 58 72 80 86",
    "dans l’": "01 02 03 10 11 12 27 34 36 60 61 89",
    "dans les": "04 05 06 08 13 22 40 64 65 66 78 79 88 92",
}
_PREPOSITIONS = {code: words for words, codes in _IN.items() for code in codes.split()}


def kind_words(kind: ActivityKind) -> str:
    """« Visite d’entreprise »."""
    return str(KIND_WORDS[kind])


def in_departement(code: str, name: str) -> str:
    """« en Essonne », « dans les Yvelines »; in English « in Essonne »."""
    if current_language() != "fr":
        return f"in {name}"
    words = _PREPOSITIONS.get(code, "en")
    return f"{words}{name}" if words.endswith("’") else f"{words} {name}"


def slug_of(title: str) -> str:
    """What an address says of a title: `dans-les-coulisses-d-un-atelier`, at most 60 signs."""
    words = fold(title).replace(" ", "-")
    return (words if len(words) <= 60 else words[:60].rsplit("-", 1)[0]) or "activite"


def ref_of(activity: Activity) -> str:
    """The end of an activity's address: its slug, then its number, which alone counts."""
    return f"{slug_of(activity.title)}-{activity.id}"


def id_of_ref(ref: str) -> int | None:
    """The number at the end of an address, if there is one a database can hold."""
    found = re.fullmatch(r"(?:.*-)?(\d{1,9})", ref)
    return int(found.group(1)) if found else None


def where_words(activity: Activity) -> str:
    """The commune of the visit, or that the speaker comes."""
    return _("vient dans votre établissement") if activity.comes_to_class else activity.site.commune_name


def short_facts(activity: Activity) -> list[str]:
    """What a teacher must know from the list already, in a few words each: clothing, wheelchair access, age."""
    facts = [_first_words(activity.clothing)]
    if activity.comes_to_class:
        facts.append(_first_words(activity.to_bring))
    elif activity.access_motor:
        facts.append(_("accès fauteuil"))
    if activity.minimum_age:
        facts.append(_("à partir de %(age)d ans", age=activity.minimum_age))
    return [fact for fact in facts if fact]


def _first_words(text: str) -> str:
    """The first item of a list of things, when it is short enough for a line: « chaussures fermées »."""
    first = re.split(r"[;,.\n]", text.strip(), maxsplit=1)[0].strip()
    return first[:1].lower() + first[1:] if 0 < len(first) <= 40 else ""


def answer_words(activity: Activity) -> str:
    """How fast the host answers, as it committed to."""
    if activity.confirmation is ConfirmationMode.INSTANT:
        return _("réservation confirmée aussitôt")
    if activity.answer_days == 1:
        return _("répond sous 1 jour ouvré")
    return _("répond sous %(days)d jours ouvrés", days=activity.answer_days)


def languages_words(activity: Activity) -> str:
    """The languages spoken, when French alone is not what anybody would expect; else nothing."""
    if activity.languages in ([], ["fr"]):
        return ""
    return ", ".join(str(LANGUAGE_WORDS.get(code, code)) for code in activity.languages)


def supervision_words(activity: Activity) -> str:
    """How many accompanying adults the host asks for in each group it leads."""
    if not activity.group_size_max:
        return ""
    return _(
        "%(adults)d par groupe de %(size)d élèves au plus, demandé par l’entreprise",
        adults=activity.adults_per_group,
        size=activity.group_size_max,
    )


def access_words(activity: Activity) -> list[str]:
    """The four kinds of access that are known, said either way; nothing about those that are not."""
    pairs = (
        (activity.access_motor, _("accès en fauteuil roulant"), _("pas d’accès en fauteuil roulant")),
        (activity.access_visual, _("adapté aux élèves malvoyants"), _("non adapté aux élèves malvoyants")),
        (activity.access_hearing, _("adapté aux élèves malentendants"), _("non adapté aux élèves malentendants")),
        (
            activity.access_mental,
            _("adapté au handicap mental ou psychique"),
            _("non adapté au handicap mental ou psychique"),
        ),
    )
    return [yes if known else no for known, yes, no in pairs if known is not None]


def identity_words(activity: Activity) -> str:
    if not activity.identity_check:
        return ""
    if activity.identity_notice_days:
        return _(
            "Pièce d’identité des accompagnateurs, à annoncer %(days)d jours avant la visite",
            days=activity.identity_notice_days,
        )
    return _("Pièce d’identité des accompagnateurs")
