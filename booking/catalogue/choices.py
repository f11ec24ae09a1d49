"""The lists a host chooses from: sectors, levels by kind of school, subjects, languages."""

from __future__ import annotations

from booking.catalogue.rules.activities import KnownWords
from booking.catalogue.rules.wording import LANGUAGE_WORDS
from booking.companies.reference import sectors
from booking.core.i18n import _
from booking.schools.reference import Level, levels, levels_by_code, subjects, subjects_by_code

# « Autre ou groupe multi-niveaux » is what a class is, not whom an activity is for.
MIXED = "AUTRE"


def known_words() -> KnownWords:
    """The codes that an activity may use."""
    return KnownWords(
        sectors={sector.slug for sector in sectors()},
        levels=set(levels_by_code()) - {MIXED},
        subjects=set(subjects_by_code()),
        languages=set(LANGUAGE_WORDS),
    )


def sector_choices() -> list[tuple[str, str]]:
    return [(sector.slug, sector.label) for sector in sectors()]


def level_choices() -> list[tuple[str, str]]:
    return [(level.code, level.short_label) for level in levels() if level.code != MIXED]


def level_groups() -> list[tuple[str, list[str]]]:
    """The codes of the levels as a host looks for them: by school, the three ways of the lycée apart."""
    groups: dict[str, list[str]] = {}
    for level in levels():
        if level.code != MIXED:
            groups.setdefault(_group_of(level), []).append(level.code)
    return sorted(groups.items(), key=lambda group: group[0] == _("Autres"))


def _group_of(level: Level) -> str:
    if level.track == "superieur":
        return _("Après le baccalauréat")
    if level.track == "pro":
        return _("Lycée professionnel")
    if level.kinds == {"ecole"}:
        return _("École")
    if "college" in level.kinds:
        return _("Collège") if "ecole" not in level.kinds else _("Autres")
    if level.kinds == {"lycee"}:
        return _("Lycée technologique") if level.track == "techno" else _("Lycée général")
    return _("Autres")


def subject_choices() -> list[tuple[str, str]]:
    return [(subject.code, subject.label) for subject in subjects()]


def language_choices() -> list[tuple[str, str]]:
    return [(code, str(words)) for code, words in LANGUAGE_WORDS.items()]
