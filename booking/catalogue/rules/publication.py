"""What an activity must say before it is published."""

from __future__ import annotations

from dataclasses import dataclass

from booking.catalogue.models import ActivityKind
from booking.core.errors import Refusal
from booking.core.i18n import _, _l


@dataclass(frozen=True)
class Readiness:
    """What publication looks at. coming_slots: open slots that have not begun."""

    kind: ActivityKind
    title: str
    summary: str
    description: str
    area_km: int | None
    coming_slots: int
    dates_to_agree: bool


@dataclass(frozen=True)
class Missing:
    """field: where to say it in the activity's form; empty when it is said elsewhere (the slots)."""

    field: str
    sentence: str


class NotReady(Refusal):
    """missing: what the activity must still say, in order."""

    code = "not_ready"
    missing: list[Missing]

    @property
    def field(self) -> str | None:  # type: ignore[override]
        return self.missing[0].field or None

    def sentence(self) -> str:
        return " ".join(each.sentence for each in self.missing)


class NotADraft(Refusal):
    code = "not_a_draft"

    def sentence(self) -> object:
        return _l("Cette activité a déjà été publiée : elle ne se supprime pas, mais vous pouvez la dépublier.")


class IsTheCompanys(Refusal):
    code = "is_the_companys"

    def sentence(self) -> object:
        return _l("Cette activité est désormais à l’entreprise : elle seule la change.")


class CompanyNotTrusted(Refusal):
    code = "company_not_trusted"

    def sentence(self) -> object:
        return _l("Cette entreprise n’est pas vérifiée : vérifiez d’abord son compte.")


class NotPublished(Refusal):
    code = "not_published"

    def sentence(self) -> object:
        return _l("Cette activité n’est pas publiée.")


class HiddenByOfficer(Refusal):
    code = "hidden_by_officer"

    def sentence(self) -> object:
        return _l("Les services académiques ont masqué cette activité : corrigez-la, puis demandez qu’elle soit relue.")


class NotHidden(Refusal):
    code = "not_hidden"

    def sentence(self) -> object:
        return _l("Cette activité n’est pas masquée.")


def missing_for_publication(activity: Readiness) -> list[Missing]:
    """What is missing, each in a sentence; empty when the activity can be published."""
    missing = content_missing(activity)
    if not activity.coming_slots and not activity.dates_to_agree:
        missing.append(Missing("", _("Ajoutez au moins un créneau à venir, ou cochez « dates à convenir ».")))
    return missing


def content_missing(activity: Readiness) -> list[Missing]:
    """What the text itself lacks: a published activity may run out of dates, never of words."""
    wanted = (
        (activity.title, "title", _("Donnez un titre à l’activité.")),
        (
            activity.summary,
            "summary",
            _("Résumez l’activité en une ou deux phrases : c’est ce que montre le programme."),
        ),
        (activity.description, "description", _("Décrivez ce que fera la classe, étape par étape.")),
        (
            activity.area_km or activity.kind is not ActivityKind.CLASSROOM_WORKSHOP,
            "area_km",
            _("Dites jusqu’à combien de kilomètres vous vous déplacez dans les établissements."),
        ),
    )
    return [Missing(field, sentence) for said, field, sentence in wanted if not said]


def check_can_publish(activity: Readiness) -> None:
    """Refuses: NotReady with all that is missing."""
    if missing := missing_for_publication(activity):
        raise NotReady(missing=missing)


def check_still_readable(activity: Readiness) -> None:
    """A published activity keeps what made it fit to publish. Refuses: NotReady."""
    if missing := content_missing(activity):
        raise NotReady(missing=missing[:1])
