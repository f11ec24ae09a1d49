"""What a teacher types to look for a visit, and a firm to offer it a new date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, SelectChoice, StringField

from booking.catalogue.models import Activity, ActivityKind
from booking.catalogue.rules.wording import KINDS_WORDS
from booking.companies.rules import sectors
from booking.core.fields import ChoiceField, MultiCheckboxField, at_most, clean_line
from booking.core.i18n import _, _l
from booking.matching.board.rules import KINDS, LIMITS, RADII_KM, NeedDraft
from booking.matching.forms import OfferForm, WishesForm
from booking.matching.models import Need
from booking.matching.rules import Half, Wish
from booking.schools.models import SchoolClass


class NeedForm(WishesForm):
    """What a class looks for: a theme, sectors, kinds, how far, and up to three dates or periods."""

    theme = StringField(
        _l("Ce que vous aimeriez voir"),
        description=_l("Quelques mots. Exemple : robots, chimie verte, métiers de l’atelier."),
        filters=[clean_line],
        validators=[at_most(120)],
    )
    sectors = MultiCheckboxField(_l("Secteurs"), description=_l("Aucune case : tous les secteurs."))
    kinds = MultiCheckboxField(_l("Formes"), description=_l("Aucune case : toutes les formes."))
    can_travel = BooleanField(_l("La classe peut se déplacer"), default=True)
    radius_km = ChoiceField(_l("Jusqu’où"), coerce=int, default=LIMITS.usual_radius_km)

    def __init__(self, classes: Sequence[SchoolClass], **kwargs: Any) -> None:
        super().__init__(classes, **kwargs)
        self.sectors.choices = [SelectChoice(*sector) for sector in sectors()]
        self.kinds.choices = [SelectChoice(kind.value, KINDS_WORDS[kind]) for kind in KINDS]
        self.radius_km.choices = [SelectChoice(km, _("À moins de %(km)d km", km=km)) for km in RADII_KM]

    def draft(self) -> NeedDraft:
        """The need as it was typed, once the form is valid."""
        return NeedDraft(
            wishes=tuple(self.wishes()),
            theme=self.theme.data or "",
            sectors=tuple(self.sectors.data or ()),
            kinds=tuple(ActivityKind(kind) for kind in self.kinds.data or ()),
            radius_km=self.radius_km.data,
            can_travel=self.can_travel.data,
            message=self.message.data or "",
        )


def need_values(need: Need) -> dict[str, Any]:
    """The need as the form shows it."""
    names = ("class_id", "theme", "sectors", "kinds", "can_travel", "radius_km", "message")
    values = {name: getattr(need, name) for name in names}
    return values | _wish_values([Wish.from_json(row) for row in need.wishes])


def values_of_search(args: Mapping[str, str], classes: Sequence[SchoolClass]) -> dict[str, Any]:
    """What the form begins with when it comes from a search of the programme, whose filters it keeps."""
    level, kind, sector = args.get("level", ""), args.get("kind", ""), args.get("sector", "")
    radius = args.get("radius", "")
    values: dict[str, Any] = {
        "theme": args.get("q", "")[:120],
        "sectors": [sector] if sector else [],
        "kinds": [kind] if kind in KINDS else [],
        "can_travel": not args.get("comes"),
        "radius_km": _radius(int(radius) if radius.isascii() and radius.isdigit() and len(radius) < 5 else 0),
    }
    wanted = args.get("class_id", "")
    chosen = next((each for each in classes if str(each.id) == wanted), None)
    chosen = chosen or next((each for each in classes if level and each.level_code == level), None)
    if chosen:
        values["class_id"] = chosen.id
    first, last = _day(args.get("from", "")), _day(args.get("to", ""))
    half = args.get("half", "")
    if first or last:
        day = first or last
        assert day is not None
        values |= _wish_values([Wish(day, last or day, Half(half) if half in set(Half) else Half.ANY)])
    return values


def _radius(km: int) -> int:
    """The first distance of the list that is as far."""
    return next((each for each in RADII_KM if km and each >= km), LIMITS.usual_radius_km)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wish_values(wishes: Sequence[Wish]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, wish in enumerate(wishes, 1):
        values[f"first_on_{number}"] = wish.first_on
        values[f"last_on_{number}"] = None if wish.last_on == wish.first_on else wish.last_on
        values[f"half_{number}"] = wish.half.value
    return values


class BoardOfferForm(OfferForm):
    """A new date of one of the company's activities."""

    activity_id = ChoiceField(_l("Activité"), coerce=int)

    def __init__(self, activities: Sequence[Activity], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activity_id.choices = [SelectChoice(each.id, each.title) for each in activities]
