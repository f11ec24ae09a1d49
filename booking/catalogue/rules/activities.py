"""What an activity may say: lengths, plausible numbers, known words, and what booked classes can rely on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from booking.catalogue.models import ActivityKind, ConfirmationMode
from booking.core.errors import Refusal
from booking.core.i18n import _l

# Signs at most. The short ones are the widths of their columns; the long ones keep a page readable on a phone.
LENGTHS = {
    "title": 120,
    "summary": 300,
    "description": 5000,
    "access": 1000,
    "parking": 500,
    "access_note": 300,
    "equipment": 1000,
    "to_bring": 500,
    "clothing": 500,
    "photo_rule": 300,
}
RANGES = {
    "group_size_max": (1, 200),
    "adults_per_group": (0, 10),
    "minimum_age": (3, 25),
    "identity_notice_days": (1, 60),
    "area_km": (1, 300),
    "answer_days": (1, 30),
    "option_days": (1, 30),
    "cancellation_days": (0, 60),
    "yearly_cap": (1, 500),
}
# What the mails and calendars of the classes that have booked say, hence must say anew when it changes. The description
# is not among it: nobody is written to for a comma on a page.
TOLD_TO_CLASSES = ("title", "contact_id", "access", "parking", "clothing", "to_bring", "equipment")


@dataclass(frozen=True)
class ActivityDraft:
    """Everything a host says of an activity, as plain values. No level means all of them: all_levels says it was meant."""

    edition_id: int
    site_id: int
    contact_id: int
    kind: ActivityKind
    title: str
    sector: str
    summary: str = ""
    description: str = ""
    all_levels: bool = False
    levels: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("fr",)
    area_km: int | None = None
    access: str = ""
    parking: str = ""
    access_motor: bool | None = None
    access_visual: bool | None = None
    access_hearing: bool | None = None
    access_mental: bool | None = None
    access_note: str = ""
    group_size_max: int | None = None
    adults_per_group: int = 1
    equipment: str = ""
    to_bring: str = ""
    clothing: str = ""
    minimum_age: int | None = None
    photo_rule: str = ""
    identity_check: bool = False
    identity_notice_days: int | None = None
    confirmation: ConfirmationMode = ConfirmationMode.APPROVAL
    answer_days: int = 5
    waits_for_head: bool = False
    option_days: int = 5
    cancellation_days: int = 7
    dates_to_agree: bool = False
    yearly_cap: int | None = None


@dataclass(frozen=True)
class KnownWords:
    """The codes that exist."""

    sectors: Collection[str]
    levels: Collection[str]
    subjects: Collection[str]
    languages: Collection[str]


class TitleMissing(Refusal):
    code = "title_missing"
    field = "title"

    def sentence(self) -> object:
        return _l("Donnez un titre à l’activité : c’est lui que les enseignants verront d’abord.")


class TextTooLong(Refusal):
    """most, length: signs."""

    code = "text_too_long"
    most: int
    length: int

    def sentence(self) -> object:
        return _l(
            "Ce texte compte %(length)d signes pour %(most)d au plus : raccourcissez-le.",
            length=self.length,
            most=self.most,
        )


class NumberImplausible(Refusal):
    code = "number_implausible"
    least: int
    most: int

    def sentence(self) -> object:
        return _l("Indiquez un nombre entre %(least)d et %(most)d.", least=self.least, most=self.most)


class UnknownWord(Refusal):
    code = "unknown_word"

    def sentence(self) -> object:
        return _l("Ce choix n’existe pas : prenez-en un dans la liste.")


class LevelsMissing(Refusal):
    code = "levels_missing"
    field = "levels"

    def sentence(self) -> object:
        return _l("Choisissez au moins un niveau, ou cochez « Tous niveaux ».")


class LevelsContradict(Refusal):
    code = "levels_contradict"
    field = "all_levels"

    def sentence(self) -> object:
        return _l("Vous avez aussi choisi des niveaux : gardez les uns, ou « Tous niveaux », pas les deux.")


class NoticeMissing(Refusal):
    code = "notice_missing"
    field = "identity_notice_days"

    def sentence(self) -> object:
        return _l("Dites combien de jours avant la visite il vous faut les identités.")


class CapWithoutDates(Refusal):
    code = "cap_without_dates"
    field = "yearly_cap"

    def sentence(self) -> object:
        return _l("Ce nombre ne vaut que pour des dates à convenir : cochez la case au-dessus, ou effacez-le.")


class SiteNotYours(Refusal):
    code = "site_not_yours"
    field = "site_id"

    def sentence(self) -> object:
        return _l("Ce site n’est pas un site de votre entreprise : choisissez-en un dans la liste.")


class ContactNotMember(Refusal):
    code = "contact_not_member"
    field = "contact_id"

    def sentence(self) -> object:
        return _l("Cette personne n’est pas membre de votre entreprise : choisissez-en une dans la liste.")


class KindIsBooked(Refusal):
    code = "kind_is_booked"
    field = "kind"

    def sentence(self) -> object:
        return _l("Des classes ont déjà réservé cette activité : son genre ne peut plus changer. Créez-en une autre.")


class PlaceIsBooked(Refusal):
    code = "place_is_booked"
    field = "site_id"

    def sentence(self) -> object:
        return _l(
            "Des classes ont réservé une visite sur ce site : annulez d’abord ces créneaux, les classes seront prévenues."
        )


class ZoneDiffers(Refusal):
    code = "zone_differs"
    field = "site_id"

    def sentence(self) -> object:
        return _l(
            "Ce site n’est pas à la même heure que les créneaux déjà créés : fermez-les, ou créez une autre activité."
        )


class EditionIsDated(Refusal):
    code = "edition_is_dated"
    field = "edition_id"

    def sentence(self) -> object:
        return _l(
            "Cette activité a déjà des créneaux dans son édition : créez une autre activité pour une autre édition."
        )


def tidy(draft: ActivityDraft) -> ActivityDraft:
    """The same, its texts without signs that cannot be stored or seen, its lines ended one way."""
    texts = {field.name: _tidy_text(getattr(draft, field.name)) for field in fields(draft) if field.name in LENGTHS}
    texts["title"] = " ".join(texts["title"].split())
    return replace(draft, **texts)  # type: ignore[arg-type]


def _tidy_text(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or (sign.isprintable() or sign in "\u00a0\u202f")).strip()


def check_activity(draft: ActivityDraft, known: KnownWords) -> None:
    """Whether the draft can be kept: it may still lack what publication asks for.

    Refuses: TitleMissing, TextTooLong, NumberImplausible, UnknownWord, LevelsMissing, LevelsContradict, NoticeMissing,
    CapWithoutDates.
    """
    if not draft.title:
        raise TitleMissing()
    for field, most_signs in LENGTHS.items():
        if (length := len(getattr(draft, field))) > most_signs:
            raise TextTooLong(most=most_signs, length=length, field=field)
    for field, (least, most) in RANGES.items():
        number = getattr(draft, field)
        if number is not None and not least <= number <= most:
            raise NumberImplausible(least=least, most=most, field=field)
    _check_words(draft, known)
    _check_levels(draft)
    if draft.identity_check and draft.identity_notice_days is None:
        raise NoticeMissing()
    if draft.yearly_cap is not None and not draft.dates_to_agree:
        raise CapWithoutDates()


def _check_words(draft: ActivityDraft, known: KnownWords) -> None:
    if draft.sector not in known.sectors:
        raise UnknownWord(field="sector")
    for field, values, allowed in (
        ("levels", draft.levels, known.levels),
        ("subjects", draft.subjects, known.subjects),
        ("languages", draft.languages, known.languages),
    ):
        if not set(values) <= set(allowed):
            raise UnknownWord(field=field)


def _check_levels(draft: ActivityDraft) -> None:
    if draft.all_levels and draft.levels:
        raise LevelsContradict()
    if not draft.all_levels and not draft.levels:
        raise LevelsMissing()
