"""Changing a booking: what a teacher does alone, what is asked of the host, how a change is said (product, rule 7)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from booking.bookings.rules.capacity import GroupTooLarge, adults_needed
from booking.bookings.rules.explain import AdultsMissing
from booking.bookings.rules.obstacles import Obstacle
from booking.bookings.rules.states import State
from booking.core.dates import format_day, format_hour, format_span
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _ln, _n

# How long the host has to answer a change that is asked for: open days, and never past the visit itself.
ANSWER_DAYS = 2


class ChangeKind(enum.StrEnum):
    """What a teacher asks of the host once the cancellation limit has passed."""

    COUNT = "count"
    MOVE = "move"
    CANCEL = "cancel"


class ChangeState(enum.StrEnum):
    """stale: the booking, or the date that was wanted, has changed or gone in the meantime."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    STALE = "stale"


CHANGE_STATE_WORDS: dict[ChangeState, Any] = {
    ChangeState.PENDING: _l("en attente de réponse"),
    ChangeState.ACCEPTED: _l("acceptée"),
    ChangeState.REFUSED: _l("refusée"),
    ChangeState.LAPSED: _l("sans réponse : c’est non"),
    ChangeState.WITHDRAWN: _l("retirée"),
    ChangeState.STALE: _l("sans objet : la réservation ou la date demandée a changé entre-temps"),
}


@dataclass(frozen=True)
class Counts:
    """Who comes. girls: only when the teacher says it; the host never sees it."""

    pupils: int
    adults: int
    assistants: int = 0
    girls: int | None = None


@dataclass(frozen=True)
class Supervision:
    """What the slot and its activity ask of a class, and the largest one it takes."""

    max_pupils: int
    adults_per_class: int
    group_size_max: int | None
    adults_per_group: int
    is_staff: bool = False

    def needed(self, pupils: int) -> int:
        if self.is_staff:
            return 0
        return adults_needed(pupils, self.adults_per_class, self.group_size_max, self.adults_per_group)


class ChangedMeanwhile(Refusal):
    """The page was filled in before somebody else changed the booking."""

    code = "changed_meanwhile"

    def sentence(self) -> Any:
        return _l(
            "Cette réservation a changé depuis que vous avez ouvert la page. Relisez les nombres ci-dessous, puis recommencez."
        )


class VisitBegun(Refusal):
    code = "visit_begun"

    def sentence(self) -> Any:
        return _l("La visite a commencé ou est passée : elle ne se change plus. Notez plutôt qui est venu.")


class NoRoomForMore(Obstacle):
    """most: pupils with whom the class could come."""

    code = "too_few_places"
    field = "pupils"
    most: int

    def what(self) -> Any:
        return _ln(
            "Il n’y a pas assez de places : votre groupe peut venir à %(num)d au plus.",
            "Il n’y a pas assez de places : votre groupe peut venir à %(num)d au plus.",
            self.most,
        )

    def remedy_words(self) -> Any:
        return _l("Indiquez ce nombre, ou cherchez un autre créneau.")

    def tag_words(self) -> Any:
        return _l("%(most)d au plus", most=self.most)


class AskedAlready(Refusal):
    code = "change_asked_already"

    def sentence(self) -> Any:
        return _l(
            "Une demande de changement attend déjà la réponse de l’entreprise : retirez-la avant d’en faire une autre."
        )


class ChangeGone(Refusal):
    """The request was answered, withdrawn, has lapsed, or nothing is left to change."""

    code = "change_gone"

    def sentence(self) -> Any:
        return _l("Cette demande de changement n’attend plus de réponse : relisez l’état de la réservation.")


def must_ask(state: State, *, now: datetime, free_until: datetime | None) -> bool:
    """Whether the host decides: of a firm booking whose cancellation limit has passed."""
    return state is State.CONFIRMED and free_until is not None and now > free_until


def check_counts(old: Counts, new: Counts, asked: Supervision) -> None:
    """What a teacher may say of who comes; fewer pupils alone are never refused. Refuses: GroupTooLarge, AdultsMissing."""
    if new.pupils > max(old.pupils, asked.max_pupils):
        raise GroupTooLarge(most=asked.max_pupils)
    needed = asked.needed(new.pupils)
    # A booking that already stands with too few adults may still shrink: the host knows it as it is.
    if new.adults < needed and (new.adults < old.adults or needed > asked.needed(old.pupils)):
        raise AdultsMissing(needed=needed, given=new.adults)


def difference(old: Counts, new: Counts) -> dict[str, dict[str, Any]]:
    """What changed between the two, as the history keeps it: {"was": {"pupils": 30}, "now": {"pupils": 27}}."""
    was, now = asdict(old), asdict(new)
    names = [name for name in was if was[name] != now[name]]
    return {"was": {name: was[name] for name in names}, "now": {name: now[name] for name in names}}


def changed_words(details: Mapping[str, Any], *, is_staff: bool = False) -> list[str]:
    """A change of the history in words, old and new: « 27 élèves au lieu de 30 ». The girls' count is nobody's business."""
    was, now = details.get("was", {}), details.get("now", {})
    words = []
    if "pupils" in now and is_staff:
        words.append(
            _n(
                "%(num)d personne au lieu de %(old)d", "%(num)d personnes au lieu de %(old)d",
                now["pupils"], old=was["pupils"],
            )
        )  # fmt: skip
    elif "pupils" in now:
        words.append(
            _n(
                "%(num)d élève au lieu de %(old)d",
                "%(num)d élèves au lieu de %(old)d",
                now["pupils"],
                old=was["pupils"],
            )
        )
    if "adults" in now:
        words.append(
            _n(
                "%(num)d accompagnateur au lieu de %(old)d", "%(num)d accompagnateurs au lieu de %(old)d",
                now["adults"], old=was["adults"],
            )
        )  # fmt: skip
    if "assistants" in now:
        words.append(
            _n("%(num)d AESH au lieu de %(old)d", "%(num)d AESH au lieu de %(old)d", now["assistants"], old=was["assistants"])
        )  # fmt: skip
    if "local_start" in now:
        words.append(_("%(new)s au lieu de %(old)s", new=_span(now), old=_span(was)))
    if moved := _moved_words(details):
        words.append(moved)
    return words


def is_only_about_girls(details: Mapping[str, Any]) -> bool:
    return set(details.get("now", {})) == {"girls"}


def _span(times: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(times[name]) for name in ("local_start", "local_end"))
    return format_span(start, end, times["timezone"])


def _moved_words(details: Mapping[str, Any]) -> str:
    """Of a slot that its host moved, whose history keeps the two starts."""
    if not isinstance(details.get("from"), str) or not isinstance(details.get("to"), str):
        return ""
    old, new = (datetime.fromisoformat(details[name]) for name in ("from", "to"))
    return _(
        "%(new)s, %(new_hour)s au lieu de %(old)s, %(old_hour)s",
        new=format_day(new), new_hour=format_hour(new), old=format_day(old), old_hour=format_hour(old),
    )  # fmt: skip
