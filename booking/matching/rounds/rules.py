"""The life of a round, what may be wished for, and what serving a class counts for. Plain values, no database, no clock.

draft ──open──▶ open ──the deadline──▶ closed ──dry run──▶ solved ──apply──▶ applied ──publish──▶ published ──▶ settled
  └──────────────┴──────────cancel────────┴────────────────┘
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _ln
from booking.core.masking import hidden_parts, is_small

MOST_WISHES = 10
MOST_PER_CLASS = 5
MOST_PER_SCHOOL = 50
MOST_WEIGHT = 100
SHORTEST_OPENING = timedelta(days=2)
# What may be applied is proven to be so near the best (issue 5): a share of the weight of the classes served.
MOST_GAP = 0.0005


class RoundState(enum.StrEnum):
    """SETTLED: the time for complaints is over and each has its answer."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    SOLVED = "solved"
    APPLIED = "applied"
    PUBLISHED = "published"
    SETTLED = "settled"
    CANCELLED = "cancelled"


# In these states the slots of the round are booked by nobody but the round.
HOLDING = frozenset({RoundState.OPEN, RoundState.CLOSED, RoundState.SOLVED, RoundState.APPLIED})
MAY_CANCEL = frozenset({RoundState.DRAFT, RoundState.OPEN, RoundState.CLOSED, RoundState.SOLVED})
MAY_SOLVE = frozenset({RoundState.CLOSED, RoundState.SOLVED})
SHOWN_RESULT = frozenset({RoundState.PUBLISHED, RoundState.SETTLED})

STATE_WORDS: dict[RoundState, tuple[Any, str]] = {
    RoundState.DRAFT: (_l("en préparation"), "plain"),
    RoundState.OPEN: (_l("vœux ouverts"), "ok"),
    RoundState.CLOSED: (_l("vœux clos"), "warn"),
    RoundState.SOLVED: (_l("calculé, à appliquer"), "warn"),
    RoundState.APPLIED: (_l("appliqué, à publier"), "warn"),
    RoundState.PUBLISHED: (_l("publié"), "ok"),
    RoundState.SETTLED: (_l("terminé"), "plain"),
    RoundState.CANCELLED: (_l("annulé"), "stop"),
}


# ---- What a class counts for


class Group(enum.StrEnum):
    """What a round can give priority to."""

    NEVER_SERVED = "never_served"
    REP = "rep"
    REP_PLUS = "rep_plus"
    RURAL = "rural"
    SMALL_SCHOOL = "small_school"


GROUP_WORDS: dict[Group, Any] = {
    Group.NEVER_SERVED: _l("établissement jamais servi"),
    Group.REP: _l("REP"),
    Group.REP_PLUS: _l("REP+"),
    Group.RURAL: _l("commune rurale"),
    Group.SMALL_SCHOOL: _l("petit établissement"),
}
_WON_BY: dict[Group, Any] = {
    Group.NEVER_SERVED: _l("à des classes d’établissements jamais servis"),
    Group.REP: _l("à des classes de REP"),
    Group.REP_PLUS: _l("à des classes de REP+"),
    Group.RURAL: _l("à des classes de communes rurales"),
    Group.SMALL_SCHOOL: _l("à des classes de petits établissements"),
}


@dataclass(frozen=True)
class Weights:
    """What serving a class counts for: base for each, more for each group it belongs to. Declared before the wishes.

    rural_below: inhabitants of the commune. small_below: pupils of the school.
    """

    base: int = 10
    never_served: int = 10
    rep: int = 5
    rep_plus: int = 8
    rural: int = 3
    small_school: int = 2
    rural_below: int = 2000
    small_below: int = 200

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> Weights:
        return cls(**{field.name: int(stored[field.name]) for field in fields(cls) if field.name in stored})

    def of(self, group: Group) -> int:
        return int(getattr(self, group.value))


# Ours, proposed to whoever writes a round's rule; each round keeps its own.
USUAL_WEIGHTS = Weights()
WEIGHTS_DECIDED_ON = date(2026, 11, 25)


@dataclass(frozen=True)
class Profile:
    """What is known of a class's school when the round is computed. None: not known, and then no priority for it."""

    is_never_served: bool
    priority_education: str | None = None
    commune_population: int | None = None
    school_pupils: int | None = None


def groups_of(profile: Profile, weights: Weights) -> frozenset[Group]:
    """The groups a class belongs to."""
    population, pupils = profile.commune_population, profile.school_pupils
    found = {
        Group.NEVER_SERVED: profile.is_never_served,
        Group.REP: profile.priority_education == "REP",
        Group.REP_PLUS: profile.priority_education == "REP+",
        Group.RURAL: population is not None and population < weights.rural_below,
        Group.SMALL_SCHOOL: pupils is not None and pupils < weights.small_below,
    }
    return frozenset(group for group, holds in found.items() if holds)


def weight_of(groups: Collection[Group], weights: Weights) -> int:
    """What serving a class of these groups counts for."""
    return weights.base + sum(weights.of(group) for group in groups)


# ---- Making a round


class RoundsOff(Refusal):
    code = "rounds_off"

    def sentence(self) -> Any:
        return _l("Cette édition n’ouvre pas de tour : ses places vont aux premières classes qui réservent.")


class DatesBackwards(Refusal):
    code = "dates_backwards"
    field = "last_on"

    def sentence(self) -> Any:
        return _l("La fin vient avant le début : échangez les deux dates.")


class DeadlineTooNear(Refusal):
    code = "deadline_too_near"
    field = "deadline_day"

    def sentence(self) -> Any:
        return _l("Laissez aux classes au moins deux jours pour faire leurs vœux.")


class DeadlineTooLate(Refusal):
    code = "deadline_too_late"
    field = "deadline_day"

    def sentence(self) -> Any:
        return _l("Les vœux doivent se clore avant le premier jour des visites.")


class NoSlotInRound(Refusal):
    code = "no_slot_in_round"

    def sentence(self) -> Any:
        return _l(
            "Aucun créneau libre ne correspond : élargissez les dates, les genres ou le territoire, ou avancez la clôture des vœux."
        )


class RoundNotReady(Refusal):
    """state: that of the round."""

    code = "round_not_ready"
    state: RoundState

    def sentence(self) -> Any:
        return _l(
            "Ce tour a changé entre-temps (%(state)s) : cette action n’est plus possible.",
            state=STATE_WORDS[self.state][0],
        )


class WishesStillOpen(Refusal):
    code = "wishes_still_open"

    def sentence(self) -> Any:
        return _l("Les vœux sont encore ouverts : le calcul se fait après leur clôture, annoncée à tous.")


def check_rule(first_on: date, last_on: date, deadline: datetime, now: datetime) -> None:
    """Whether a round can be announced like this. Refuses: DatesBackwards, DeadlineTooNear, DeadlineTooLate."""
    if last_on < first_on:
        raise DatesBackwards()
    if deadline - now < SHORTEST_OPENING:
        raise DeadlineTooNear()
    if deadline.date() >= first_on:
        raise DeadlineTooLate()


# ---- Wishes


class WishesClosed(Refusal):
    code = "wishes_closed"

    def sentence(self) -> Any:
        return _l("Les vœux sont clos : ils ne changent plus.")


class WishesNotOpen(Refusal):
    code = "wishes_not_open"

    def sentence(self) -> Any:
        return _l("Ce tour ne prend pas de vœux.")


class TooManyWishes(Refusal):
    """most: wishes a class may make."""

    code = "too_many_wishes"
    most: int

    def sentence(self) -> Any:
        return _ln(
            "Une classe fait %(num)d vœu au plus : retirez-le avant d’en choisir un autre.",
            "Une classe fait %(num)d vœux au plus : retirez-en un avant d’en ajouter.",
            self.most,
        )


class WishedTwice(Refusal):
    code = "wished_twice"

    def sentence(self) -> Any:
        return _l("Ce créneau est déjà dans vos vœux : changez son rang plutôt que de l’ajouter encore.")


class SlotOutsideRound(Refusal):
    code = "slot_outside_round"

    def sentence(self) -> Any:
        return _l("Ce créneau ne fait pas partie du tour : choisissez parmi ceux de la liste.")


class WishImpossible(Refusal):
    """title: of the activity. why: what stands in the way, in a sentence."""

    code = "wish_impossible"
    title: str
    why: str

    def sentence(self) -> Any:
        return _l("« %(title)s » n’est pas possible pour cette classe. %(why)s", title=self.title, why=self.why)


class NotForThisGroup(Refusal):
    code = "not_for_this_group"

    def sentence(self) -> Any:
        return _l("Un tour répartit des places entre des classes, pas entre des groupes de personnel.")


class ClassWithdrawn(Refusal):
    code = "class_withdrawn"

    def sentence(self) -> Any:
        return _l("Ses vœux ont été retirés.")


def check_wishes(slots: Sequence[int], in_round: Collection[int], most: int) -> None:
    """Whether these slots, the dearest first, can be a class's wishes. Refuses: TooManyWishes, WishedTwice, SlotOutsideRound."""
    if len(set(slots)) < len(slots):
        raise WishedTwice()
    if len(slots) > most:
        raise TooManyWishes(most=most)
    if not set(slots) <= set(in_round):
        raise SlotOutsideRound()


def moved(slots: Sequence[int], slot: int, step: int) -> list[int]:
    """The wishes with one of them so many ranks lower (or higher); at the end of the list it stays where it is."""
    order = list(slots)
    here = order.index(slot)
    there = min(max(here + step, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    return order


def by_positions(slots: Sequence[int], positions: Mapping[int, int]) -> list[int]:
    """The wishes in the order of the positions typed beside them; equal ones stay in their order."""
    return sorted(slots, key=lambda slot: positions.get(slot, slots.index(slot) + 1))


# ---- The result


class RunUnfinished(Refusal):
    code = "run_unfinished"

    def sentence(self) -> Any:
        return _l("Ce calcul a été interrompu : il se lit, mais ne s’applique pas. Relancez-le.")


class RunUnproven(Refusal):
    """gap: in hundredths of a percent."""

    code = "run_unproven"
    gap: float

    def sentence(self) -> Any:
        return _l(
            "Ce calcul n’est pas prouvé assez près du meilleur (écart de %(gap)s %%) : il ne s’applique pas.",
            gap=f"{self.gap * 100:.2f}".replace(".", ","),
        )


class ApplyStopped(Refusal):
    """school_class, slot: whose place, and where. why: a sentence."""

    code = "apply_stopped"
    school_class: str
    slot: str
    why: str

    def sentence(self) -> Any:
        return _l(
            "Rien n’est appliqué : %(school_class)s ne peut plus aller à %(slot)s. %(why)s Relancez le calcul.",
            school_class=self.school_class, slot=self.slot, why=self.why,
        )  # fmt: skip


def check_run(*, is_whole: bool, gap: float) -> None:
    """Whether a run may be applied. Refuses: RunUnfinished, RunUnproven."""
    if not is_whole:
        raise RunUnfinished()
    if gap > MOST_GAP:
        raise RunUnproven(gap=gap)


# ---- Complaints


class ComplaintsClosed(Refusal):
    code = "complaints_closed"

    def sentence(self) -> Any:
        return _l("Le temps des réclamations est passé.")


class ComplainedAlready(Refusal):
    code = "complained_already"

    def sentence(self) -> Any:
        return _l("Vous avez déjà une réclamation pour cette classe : la réponse vous parviendra.")


class ComplaintsOpen(Refusal):
    code = "complaints_open"

    def sentence(self) -> Any:
        return _l("Le tour se termine quand le temps des réclamations est passé et que chacune a sa réponse.")


# ---- Words for each class


@dataclass(frozen=True)
class Winner:
    """A class that obtained a slot."""

    weight: int
    groups: frozenset[Group]


@dataclass(frozen=True)
class Standing:
    """What a class brought to a round. ranks: those it obtained. lost: for each better wish, who has the slot.

    first_gone: its first wish had become impossible before the round was computed.
    """

    weight: int
    groups: frozenset[Group]
    ranks: tuple[int, ...]
    lost: tuple[tuple[Winner, ...], ...]
    first_gone: bool = False


def standing_from_json(stored: Mapping[str, Any]) -> Standing:
    """What standing_as_json wrote down."""
    return Standing(
        weight=stored["weight"],
        groups=frozenset(map(Group, stored["groups"])),
        ranks=tuple(stored["ranks"]),
        lost=tuple(
            tuple(Winner(winner["weight"], frozenset(map(Group, winner["groups"]))) for winner in winners)
            for winners in stored["lost"]
        ),
        first_gone=stored.get("first_gone", False),
    )


def standing_as_json(standing: Standing) -> dict[str, Any]:
    """The standing as plain JSON, for a mail that is written later in its reader's language."""
    return {
        "weight": standing.weight,
        "groups": sorted(standing.groups),
        "ranks": list(standing.ranks),
        "lost": [
            [{"weight": winner.weight, "groups": sorted(winner.groups)} for winner in winners]
            for winners in standing.lost
        ],
        "first_gone": standing.first_gone,
    }


def private_line(standing: Standing) -> str:
    """« Votre 2e vœu. Votre premier vœu est allé à des classes d’établissements jamais servis. »"""
    if not standing.ranks:
        head = _("Aucune place.")
    elif standing.ranks[0] == 1:
        return _("Votre premier vœu.")
    else:
        head = _("Votre vœu n° %(rank)d.", rank=standing.ranks[0])
    if standing.first_gone:
        return _("%(head)s Votre premier vœu n’était plus possible au moment du calcul.", head=head)
    if not standing.lost:
        return head
    why = won_by(standing, standing.lost[0])
    return (
        _("%(head)s Votre premier vœu est allé %(why)s.", head=head, why=why)
        if why
        else _("%(head)s Votre premier vœu n’avait plus assez de places pour toute la classe.", head=head)
    )


def won_by(own: Standing, winners: Iterable[Winner]) -> str:
    """Who has the slot that this class wished for; empty when nobody has it."""
    winners = list(winners)
    if not winners:
        return ""
    if all(winner.weight > own.weight for winner in winners):
        shared = frozenset.intersection(*(winner.groups for winner in winners)) - own.groups
        ahead = next((group for group in Group if group in shared), None)
        return str(_WON_BY[ahead]) if ahead else _("à des classes qui avaient plus de priorité")
    return _("à d’autres classes, ce qui en sert davantage en tout")


# ---- Small counts


def masked(counts: Sequence[int]) -> list[int | None]:
    """Counts that add up to a known total: small ones hidden, and others too when they could be worked out."""
    hidden = hidden_parts([dict(enumerate(counts))])
    return [None if place in hidden else count for place, count in enumerate(counts)]


def masked_count(count: int) -> int | None:
    """A count, unless it is a small one."""
    return None if is_small(count) else count
