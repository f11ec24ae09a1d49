"""What may be posted on the need board, which activity could meet it, and how many of each. Plain values, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.catalogue.models import BOOKED_BY, ActivityKind, BookedBy
from booking.core.errors import Refusal
from booking.core.i18n import _l, _ln
from booking.matching.rules import Wish

# What a need may ask for: kinds that a class books.
KINDS = tuple(kind for kind, who in BOOKED_BY.items() if who is BookedBy.CLASS)


@dataclass(frozen=True)
class Limits:
    """So that neither a firm nor a teacher is flooded.

    open_per_class, open_per_person: needs that may be open at once. offers_per_need: dates held for a class at once.
    offers_per_company: dates that a company holds at once, over all needs. notice_days: what firms are left before the last
    day a class wishes for. lasts_days: how long a need stays on the board at most. radius_km: the usual, and the farthest.
    """

    decided_on: date
    open_per_class: int
    open_per_person: int
    offers_per_need: int
    offers_per_company: int
    notice_days: int
    closes_days: int
    lasts_days: int
    usual_radius_km: int
    farthest_radius_km: int


# Ours, to be looked at again after an edition.
LIMITS = Limits(
    decided_on=date(2026, 11, 25),
    open_per_class=1,
    open_per_person=5,
    offers_per_need=3,
    offers_per_company=10,
    notice_days=7,
    closes_days=3,
    lasts_days=42,
    usual_radius_km=30,
    farthest_radius_km=100,
)
RADII_KM = (10, 20, 30, 50, 100)


# ---- Posting


class ClassLooksAlready(Refusal):
    code = "class_looks_already"
    field = "class_id"

    def sentence(self) -> Any:
        return _l("Cette classe a déjà une recherche en cours : modifiez-la ou retirez-la dans « Mes réservations ».")


class TooManyNeeds(Refusal):
    """most: needs that a person may have open at once."""

    code = "too_many_needs"
    most: int

    def sentence(self) -> Any:
        return _ln(
            "Vous avez déjà %(num)d recherche en cours, le plus que l’on puisse avoir : retirez-la d’abord.",
            "Vous avez déjà %(num)d recherches en cours, le plus que l’on puisse avoir : retirez-en une d’abord.",
            self.most,
        )


class NotForStaff(Refusal):
    code = "board_not_for_staff"
    field = "class_id"

    def sentence(self) -> Any:
        return _l("Une recherche de visite se fait pour une classe d’élèves.")


class TooSoon(Refusal):
    """days: what firms are left."""

    code = "too_soon"
    days: int

    def sentence(self) -> Any:
        return _ln(
            "Laissez %(num)d jour aux entreprises : ajoutez une date ou une période plus lointaine.",
            "Laissez %(num)d jours aux entreprises : ajoutez une date ou une période plus lointaine.",
            self.days,
        )


class NobodyCanCome(Refusal):
    """A class that stays at school, and only kinds that it has to travel to."""

    code = "nobody_can_come"
    field = "can_travel"

    def sentence(self) -> Any:
        return _l(
            "Si la classe ne se déplace pas, ajoutez « Ateliers en classe » aux formes souhaitées, ou n’en cochez aucune."
        )


@dataclass(frozen=True)
class NeedDraft:
    """What a teacher asks for. Empty sectors or kinds: any of them. radius_km: how far the class would go."""

    wishes: tuple[Wish, ...]
    theme: str = ""
    sectors: tuple[str, ...] = ()
    kinds: tuple[ActivityKind, ...] = ()
    radius_km: int = LIMITS.usual_radius_km
    can_travel: bool = True
    message: str = ""


def check_draft(draft: NeedDraft, today: date) -> None:
    """Refuses: TooSoon, NobodyCanCome. The days of each wish are for `rules.check_wishes`."""
    if max(wish.last_on for wish in draft.wishes) < today + timedelta(days=LIMITS.notice_days):
        raise TooSoon(days=LIMITS.notice_days)
    if not draft.can_travel and draft.kinds and ActivityKind.CLASSROOM_WORKSHOP not in draft.kinds:
        raise NobodyCanCome()


def check_count(*, open_of_class: int, open_of_person: int) -> None:
    """Refuses: ClassLooksAlready, TooManyNeeds."""
    if open_of_class >= LIMITS.open_per_class:
        raise ClassLooksAlready()
    if open_of_person >= LIMITS.open_per_person:
        raise TooManyNeeds(most=LIMITS.open_per_person)


def board_deadline(wishes: Sequence[Wish], now: datetime, timezone: str) -> datetime:
    """When the need leaves the board: some days before the last wished day, and after six weeks at most."""
    last = max(wish.last_on for wish in wishes) - timedelta(days=LIMITS.closes_days)
    closes = datetime.combine(last, time.min, ZoneInfo(timezone)).astimezone(UTC)
    return min(closes, now + timedelta(days=LIMITS.lasts_days))


# ---- Which activity could meet it


@dataclass(frozen=True)
class Wanted:
    """The need, as an activity is compared with it."""

    level: str | None
    sectors: frozenset[str] = frozenset()
    kinds: frozenset[ActivityKind] = frozenset()
    radius_km: int = LIMITS.usual_radius_km
    can_travel: bool = True


@dataclass(frozen=True)
class Given:
    """The activity, as a need is compared with it. distance_km: from the school, None when not known."""

    kind: ActivityKind
    sector: str
    levels: frozenset[str] = field(default_factory=frozenset)
    area_km: int | None = None
    distance_km: float | None = None

    @property
    def comes(self) -> bool:
        return self.kind is ActivityKind.CLASSROOM_WORKSHOP


def could_meet(need: Wanted, activity: Given) -> bool:
    """Whether the activity is what the class looks for, dates and places apart. A distance that is not known is no reason to
    say no: the firm sees the commune."""
    if activity.kind not in KINDS or (need.kinds and activity.kind not in need.kinds):
        return False
    if need.sectors and activity.sector not in need.sectors:
        return False
    if activity.levels and need.level not in activity.levels and need.level != "AUTRE":
        return False
    if not activity.comes and not need.can_travel:
        return False
    reach = activity.area_km if activity.comes else need.radius_km
    return reach is None or activity.distance_km is None or activity.distance_km <= reach


# ---- Offering


class OfferedAlready(Refusal):
    code = "offered_already"

    def sentence(self) -> Any:
        return _l("Vous avez déjà proposé une date à cette classe : elle doit d’abord répondre.")


class EnoughOffers(Refusal):
    """most: dates that are held for one class at once."""

    code = "enough_offers"
    most: int

    def sentence(self) -> Any:
        return _ln(
            "Cette classe a déjà %(num)d proposition à examiner, le plus que l’on puisse avoir. Revenez si elle ne convient pas.",
            "Cette classe a déjà %(num)d propositions à examiner, le plus que l’on puisse avoir. Revenez si aucune ne convient.",
            self.most,
        )


class TooManyOffers(Refusal):
    """most: dates that a company holds at once."""

    code = "too_many_offers"
    most: int

    def sentence(self) -> Any:
        return _ln(
            "Vous avez %(num)d proposition sans réponse, le plus que l’on puisse avoir : attendez la réponse.",
            "Vous avez %(num)d propositions sans réponse, le plus que l’on puisse avoir : attendez une réponse.",
            self.most,
        )


class NotWhatIsSought(Refusal):
    code = "not_what_is_sought"
    field = "activity_id"

    def sentence(self) -> Any:
        return _l("Cette activité ne répond pas à la recherche : niveau, secteur, forme ou distance.")


class NeedTakenBack(Refusal):
    code = "need_taken_back"

    def sentence(self) -> Any:
        return _l(
            "Cette recherche n’est plus en cours : la classe a trouvé une visite, l’a retirée, ou son délai est passé."
        )


class OfferJustMade(Refusal):
    """An offer came between the look and the deed."""

    code = "offer_just_made"

    def sentence(self) -> Any:
        return _l("Une entreprise vient de proposer une date : relisez les propositions avant de continuer.")


def check_offers(*, own_waiting: int, of_need: int, of_company: int) -> None:
    """Refuses: OfferedAlready, EnoughOffers, TooManyOffers."""
    if own_waiting:
        raise OfferedAlready()
    if of_need >= LIMITS.offers_per_need:
        raise EnoughOffers(most=LIMITS.offers_per_need)
    if of_company >= LIMITS.offers_per_company:
        raise TooManyOffers(most=LIMITS.offers_per_company)
