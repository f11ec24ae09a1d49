"""When an edition takes activities, and whether what its administrator writes makes sense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from booking.core.dates import format_day
from booking.core.errors import Refusal
from booking.core.i18n import _l, _ln

PARIS = ZoneInfo("Europe/Paris")
SLUG_LENGTH = 60


class EditionDates(Protocol):
    """What these rules read of an edition."""

    @property
    def window_ends_on(self) -> date: ...
    @property
    def is_permanent(self) -> bool: ...


@dataclass(frozen=True)
class EditionDraft:
    """An edition as its administrator asks for it. bookings_open_at None: bookings are open from the first slot on."""

    slug: str
    name: str
    starts_on: date
    ends_on: date
    window_starts_on: date
    window_ends_on: date
    theme: str = ""
    bookings_open_at: datetime | None = None
    bookings_per_school: int | None = None
    is_permanent: bool = False
    dates_source: str = ""
    rules: str = ""
    allocation_enabled: bool = False
    labelling_enabled: bool = False
    label_needs_both: bool = False


@dataclass(frozen=True)
class CriterionDraft:
    """A criterion of the label as it is typed. fact: what the service can say about it itself."""

    wording: str
    wording_en: str = ""
    fact: str = "none"


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


class WeekBackwards(DatesOutOfOrder):
    field = "ends_on"

    def sentence(self) -> object:
        return _l("La semaine finit avant d’avoir commencé : corrigez l’un des deux jours.")


class WindowStartsLate(DatesOutOfOrder):
    field = "window_starts_on"

    def sentence(self) -> object:
        return _l("Le programme élargi contient la semaine : il commence au plus tard le premier jour de celle-ci.")


class WindowEndsEarly(DatesOutOfOrder):
    field = "window_ends_on"

    def sentence(self) -> object:
        return _l("Le programme élargi contient la semaine : il finit au plus tôt le dernier jour de celle-ci.")


class OpensTooLate(Refusal):
    code = "opens_too_late"
    field = "opens_day"

    def sentence(self) -> object:
        return _l("Les réservations ouvriraient après le dernier jour du programme : personne ne pourrait réserver.")


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


class BookedAlready(Refusal):
    """Bookings were open, and classes have booked."""

    code = "edition_booked"
    field = "opens_day"

    def sentence(self) -> object:
        return _l("Des classes ont déjà réservé : l’ouverture ne peut plus être remise à plus tard.")


class SlotsOutside(Refusal):
    """count: slots to come that the new window would leave out."""

    code = "slots_outside"
    field = "window_ends_on"
    count: int

    def sentence(self) -> object:
        return _ln(
            "%(num)d créneau à venir tomberait hors de ce programme : gardez son jour, ou demandez à l’entreprise de le déplacer.",
            "%(num)d créneaux à venir tomberaient hors de ce programme : gardez leurs jours, ou demandez aux entreprises de les déplacer.",
            self.count,
        )


class CriteriaNeeded(Refusal):
    code = "criteria_needed"
    field = "criterion_1"

    def sentence(self) -> object:
        return _l("Un label a des critères : écrivez-en au moins un, ou laissez cette édition sans label.")


class CriterionTwice(Refusal):
    code = "criterion_twice"

    def sentence(self) -> object:
        return _l("Ce critère est écrit deux fois.")


class CriterionUnworded(Refusal):
    code = "criterion_unworded"

    def sentence(self) -> object:
        return _l("Écrivez d’abord le critère en français : c’est lui que l’entreprise accepte.")


class EditedMeanwhile(Refusal):
    code = "edited_meanwhile"

    def sentence(self) -> object:
        return _l(
            "Quelqu’un a changé cette édition pendant ce temps : lisez l’historique au bas de la page, puis enregistrez de nouveau."
        )


def is_open_for_activities(edition: EditionDates, today: date) -> bool:
    """Whether activities and slots can still be added: until the last day of its window, or always."""
    return edition.is_permanent or edition.window_ends_on >= today


def check_edition_open(edition: EditionDates, today: date) -> None:
    """Refuses: EditionOver."""
    if not is_open_for_activities(edition, today):
        raise EditionOver(ended=edition.window_ends_on)


def check_edition(draft: EditionDraft) -> None:
    """Refuses: SlugUnreadable, WeekBackwards, WindowStartsLate, WindowEndsEarly, OpensTooLate."""
    if len(draft.slug) > SLUG_LENGTH or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", draft.slug):
        raise SlugUnreadable()
    if draft.ends_on < draft.starts_on:
        raise WeekBackwards()
    if draft.window_starts_on > draft.starts_on:
        raise WindowStartsLate()
    if draft.window_ends_on < draft.ends_on:
        raise WindowEndsEarly()
    opens = draft.bookings_open_at
    if opens and not draft.is_permanent and opens.astimezone(PARIS).date() > draft.window_ends_on:
        raise OpensTooLate()


def check_criteria(criteria: Sequence[CriterionDraft], *, labelling_enabled: bool) -> None:
    """criteria: the lines of the form, empty ones included. Refuses: CriterionUnworded, CriterionTwice, CriteriaNeeded."""
    seen: set[str] = set()
    for number, criterion in enumerate(criteria, start=1):
        if not criterion.wording and criterion.wording_en:
            raise CriterionUnworded(field=f"criterion_{number}")
        if criterion.wording and criterion.wording.casefold() in seen:
            raise CriterionTwice(field=f"criterion_{number}")
        seen.add(criterion.wording.casefold())
    if labelling_enabled and not any(criterion.wording for criterion in criteria):
        raise CriteriaNeeded()
