"""What a class looks for, in words: the same on the pages of both sides and in mails."""

from __future__ import annotations

from collections.abc import Sequence

from booking.catalogue.models import ActivityKind
from booking.catalogue.rules.wording import KINDS_WORDS
from booking.companies.rules import sector_label
from booking.core.i18n import _


def sought_words(theme: str, sectors: Sequence[str], kinds: Sequence[str]) -> str:
    """« robots · Métallurgie et mécanique · Visites d’entreprise »; « toute visite » when nothing is said."""
    parts = [theme, ", ".join(map(sector_label, sectors)), ", ".join(str(KINDS_WORDS[ActivityKind(k)]) for k in kinds)]
    return " · ".join(part for part in parts if part) or _("toute visite")


def reach_words(radius_km: int, *, can_travel: bool) -> str:
    """How far the class would go."""
    if not can_travel:
        return _("la classe ne se déplace pas : l’entreprise vient")
    return _("à moins de %(km)d km de l’établissement", km=radius_km)
