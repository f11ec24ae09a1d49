"""When an edition takes activities, and whether its dates make sense."""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol

from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _l


class EditionDates(Protocol):
    """What these rules read of an edition."""

    @property
    def window_ends_on(self) -> date: ...
    @property
    def is_permanent(self) -> bool: ...


class EditionOver(Refusal):
    """ended: the last day of its window."""

    code = "edition_over"
    field = "edition_id"
    ended: date

    def sentence(self) -> object:
        return _l(
            "Cette édition s’est terminée le %(day)s : choisissez une édition ouverte.",
            day=format_day(self.ended, weekday=False),
        )


class DatesOutOfOrder(Refusal):
    code = "dates_out_of_order"

    def sentence(self) -> object:
        return _l("Les dates se suivent ainsi : début de la fenêtre, début de la semaine, fin de la semaine, fin.")


class SlugUnreadable(Refusal):
    code = "slug_unreadable"
    field = "slug"

    def sentence(self) -> object:
        return _l("L’adresse d’une édition s’écrit en minuscules sans accent, avec des chiffres et des traits d’union.")


class SlugTaken(Refusal):
    code = "slug_taken"
    field = "slug"

    def sentence(self) -> object:
        return _l("Une édition porte déjà cette adresse : choisissez-en une autre.")


def is_open_for_activities(edition: EditionDates, today: date) -> bool:
    """Whether activities and slots can still be added: until the last day of its window, or always."""
    return edition.is_permanent or edition.window_ends_on >= today


def check_edition_open(edition: EditionDates, today: date) -> None:
    """Refuses: EditionOver."""
    if not is_open_for_activities(edition, today):
        raise EditionOver(ended=edition.window_ends_on)


def check_edition(slug: str, starts_on: date, ends_on: date, window_starts_on: date, window_ends_on: date) -> None:
    """Refuses: SlugUnreadable, DatesOutOfOrder."""
    if len(slug) > 60 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise SlugUnreadable()
    if not window_starts_on <= starts_on <= ends_on <= window_ends_on:
        raise DatesOutOfOrder()
