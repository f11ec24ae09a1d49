"""Common messages, ready to be read again and completed: one wording for a visit, another for a workshop in class."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from booking.core.i18n import _, _l


class Draft(enum.StrEnum):
    ARRIVAL = "arrival"
    EQUIPMENT = "equipment"
    LATE = "late"


DRAFT_WORDS: dict[Draft, Any] = {
    Draft.ARRIVAL: _l("L’arrivée"),
    Draft.EQUIPMENT: _l("Le matériel"),
    Draft.LATE: _l("Un retard"),
}


@dataclass(frozen=True)
class Scene:
    """is_workshop: the firm comes to the class. when: in words."""

    is_workshop: bool
    when: str
    place: str
    equipment: str


def draft_text(draft: Draft, scene: Scene) -> str:
    """The message to begin with. Dots stand for what only its author knows."""
    return _TEXTS[draft](scene)


def _arrival(s: Scene) -> str:
    if s.is_workshop:
        return _(
            "Nous arriverons … minutes avant le début (%(when)s). Où nous garer, et qui demander à l’accueil ?",
            when=s.when,
        )
    return _(
        "Le jour de la visite (%(when)s), présentez-vous à l’entrée … (%(place)s). Demandez … à l’accueil.",
        when=s.when,
        place=s.place,
    )


def _equipment(s: Scene) -> str:
    if s.is_workshop:
        return _("Pour l’atelier, pouvez-vous préparer dans la salle : … ? Nous apportons le reste.")
    if s.equipment:
        return _("À prévoir pour chaque élève : … Sur place, nous prêtons : %(equipment)s", equipment=s.equipment)
    return _("À prévoir pour chaque élève : … Chaussures fermées et cheveux attachés, s’il vous plaît.")


def _late(s: Scene) -> str:
    if s.is_workshop:
        return _("Nous aurons … minutes de retard. L’atelier garde la même durée, si cela vous convient.")
    return _("Nous commencerons … minutes plus tard que prévu. La visite garde la même durée.")


_TEXTS: dict[Draft, Callable[[Scene], str]] = {
    Draft.ARRIVAL: _arrival,
    Draft.EQUIPMENT: _equipment,
    Draft.LATE: _late,
}
