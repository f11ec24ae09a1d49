"""How a sentence calls the class or group that comes: « la 4e B », « le groupe Robotique ». Its name is typed freely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from booking.core.i18n import _, current_language

# « 4e B », « 3ème 2 », « 2nde GT », « 1re STI2D », « Tle Pro », « 4B »: one class of a collège or a lycée.
_CLASS = re.compile(
    r"(?:[3-6] ?(?:i?[eè]me|e|è)|2 ?n?de|1 ?(?:[eè]?re)|T(?:a?le|erm(?:inale)?)|seconde|première"
    r"|sixième|cinquième|quatrième|troisième|[3-6] ?[A-Z]?\d{0,2}(?=$| ))(?!\w)",
    re.IGNORECASE,
)
# « CM2 », « CE1/CE2 », « CAP maçonnerie »: said with the word « classe ».
_GRADE = re.compile(r"(?:TPS|PS|MS|GS|CP|CE[12]|CM[12]|CAP|BTS|[12]?[CM]AP|UPE2A|ULIS|SEGPA)(?!\w)", re.IGNORECASE)
_SEVERAL = re.compile(r"[/,+&]| et ", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouyéèêâîôûh]", re.IGNORECASE)


def group_name(facts: Mapping[str, Any]) -> str:
    """The group inside a French sentence, with its article, fit for « avec », « pour », « attend »; never after « de »."""
    name: str = facts["class_name"]
    if current_language() != "fr":
        return _("le groupe « %(name)s »", name=name)
    first, _space, rest = name.partition(" ")
    word = first.lower()
    if word in ("le", "la", "les", "l’équipe") and rest:
        return f"{word} {rest}"
    if word == "classe" and rest:
        return f"la classe {rest}"
    if word == "groupe" and rest:
        return f"le groupe {rest}"
    if word in ("équipe", "equipe") and rest:
        return f"l’équipe {rest}"
    if _CLASS.match(name) and not _SEVERAL.search(name):
        return f"la {name}"
    if _GRADE.match(name):
        return f"la classe d’{name}" if _VOWEL.match(name) else f"la classe de {name}"
    return f"l’équipe « {name} »" if facts.get("is_staff") else f"le groupe « {name} »"
