"""What was changed of an edition, in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from booking.core.dates import format_day, format_moment
from booking.core.i18n import _, _l

FIELD_WORDS = {
    "name": _l("Nom"),
    "theme": _l("Thème"),
    "starts_on": _l("Premier jour de la semaine"),
    "ends_on": _l("Dernier jour de la semaine"),
    "window_starts_on": _l("Premier jour du programme élargi"),
    "window_ends_on": _l("Dernier jour du programme élargi"),
    "bookings_open_at": _l("Ouverture des réservations"),
    "bookings_per_school": _l("Réservations par établissement, au plus"),
    "is_permanent": _l("Édition permanente"),
    "dates_source": _l("Source des dates"),
    "rules": _l("Règles de l’édition"),
    "allocation_enabled": _l("Tours d’attribution"),
    "labelling_enabled": _l("Label"),
    "label_needs_both": _l("Label : les deux avis"),
    "criteria": _l("Critères du label"),
}
# Too long to be read beside their name: that they changed is said, and the page shows how they read now.
LONG = frozenset({"rules", "criteria"})
DAYS = frozenset({"starts_on", "ends_on", "window_starts_on", "window_ends_on"})


def change_words(changes: dict[str, list[Any]]) -> list[str]:
    """One sentence per thing changed, in the order of the page."""
    return [_one(name, *changes[name]) for name in FIELD_WORDS if name in changes]


def _one(name: str, before: Any, after: Any) -> str:
    if name in LONG:
        return _("%(field)s : texte modifié", field=FIELD_WORDS[name])
    return _("%(field)s : %(before)s → %(after)s", field=FIELD_WORDS[name], before=_value(name, before), after=_value(name, after))  # fmt: skip


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if value in (None, ""):
        return _("rien")
    if name in DAYS:
        return format_day(date.fromisoformat(value), weekday=False)
    if name == "bookings_open_at":
        return format_moment(datetime.fromisoformat(value))
    return str(value)
