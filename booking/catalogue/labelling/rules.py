"""The label's rules on plain values: who may ask, when an answer is due, who decides what, what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import SequenceMatcher
from typing import Any
from zoneinfo import ZoneInfo

from booking.accounts.models import MemberRole, ScopeKind
from booking.catalogue.labelling.models import ReturnReason, Side
from booking.catalogue.models import LabelState
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.territory.rules import add_open_days

ANSWER_DAYS = 4
ALERT_DAYS = 3
END_OF_DAY = time(18, 0)
NOTE_LENGTH = 1000
NUMBER_LENGTH = 60
URL_LENGTH = 300

Facts = Mapping[str, Any]

# What the label was given for: when one of these is rewritten afterwards, an officer looks at it again. A date added
# within the window, a clothing rule or an access are not among them.
REVIEWED = ("title", "kind", "summary", "description", "sector", "levels", "place", "edition", "is_reserved")
# What a request is compared by with the one that was returned, in the order of the page.
COMPARED = (
    "title", "kind", "summary", "description", "sector", "levels", "place", "edition", "dates", "dates_to_agree",
    "is_reserved",
)  # fmt: skip

SIDES = {
    ScopeKind.REGION_ACADEMIQUE: Side.RECTORAT,
    ScopeKind.ACADEMIE: Side.RECTORAT,
    # An education officer of a département is of the DSDEN, which is the rectorat's.
    ScopeKind.DEPARTEMENT: Side.RECTORAT,
    ScopeKind.PREFECTURE: Side.PREFECTURE,
}


class NoLabelling(Refusal):
    code = "no_labelling"

    def sentence(self) -> Any:
        return _l("Cette édition ne donne pas de label : il n’y a rien à demander.")


class LabelAsked(Refusal):
    code = "label_asked"

    def sentence(self) -> Any:
        return _l("Le label est déjà demandé pour cette activité : la réponse viendra par message.")


class LabelGranted(Refusal):
    code = "label_granted"

    def sentence(self) -> Any:
        return _l("Cette activité est déjà labellisée.")


class LabelNotAsked(Refusal):
    code = "label_not_asked"

    def sentence(self) -> Any:
        return _l("Cette demande n’attend plus de réponse : quelqu’un l’a donnée, ou l’entreprise l’a reprise.")


class LabelNotGranted(Refusal):
    code = "label_not_granted"

    def sentence(self) -> Any:
        return _l("Cette activité n’est pas labellisée.")


class CriteriaMissing(Refusal):
    code = "criteria_missing"
    field = "criteria"

    def sentence(self) -> Any:
        return _l("Le label demande que chaque critère soit rempli : cochez-les tous, ou changez l’activité d’abord.")


class NothingNew(Refusal):
    code = "nothing_new"
    field = "note"

    def sentence(self) -> Any:
        return _l("Rien n’a changé depuis le renvoi : changez l’activité, ou expliquez ici pourquoi elle convient.")


class ReasonsMissing(Refusal):
    code = "reasons_missing"
    field = "reasons"

    def sentence(self) -> Any:
        return _l("Choisissez au moins une raison : l’entreprise doit savoir quoi changer.")


class OtherUnexplained(Refusal):
    code = "other_unexplained"
    field = "note"

    def sentence(self) -> Any:
        return _l("Expliquez l’autre raison : elle est transmise à l’entreprise.")


class NumberMissing(Refusal):
    code = "number_missing"
    field = "number"

    def sentence(self) -> Any:
        return _l("Donnez le numéro du label : c’est lui qui fait dire « labellisé ».")


class NumberTaken(Refusal):
    """number: as typed."""

    code = "number_taken"
    field = "number"
    number: str

    def sentence(self) -> Any:
        return _l("Le numéro %(number)s est déjà celui d’une autre activité de l’édition.", number=self.number)


class WrongLink(Refusal):
    code = "wrong_link"
    field = "url"

    def sentence(self) -> Any:
        return _l("Écrivez l’adresse entière de la page, qui commence par https://.")


class ChangedMeanwhile(Refusal):
    code = "changed_meanwhile"

    def sentence(self) -> Any:
        return _l("L’entreprise vient de changer l’activité : relisez-la avant de répondre.")


class NoSide(Refusal):
    code = "no_side"

    def sentence(self) -> Any:
        return _l("Un avis est celui d’un rectorat ou d’une préfecture : votre territoire n’est ni l’un ni l’autre.")


class OtherSideObjects(Refusal):
    """side: the one whose last opinion is unfavourable, in words."""

    code = "other_side_objects"
    side: Any

    def sentence(self) -> Any:
        return _l("Avis défavorable (%(side)s) : renvoyez l’activité, ou demandez que cet avis change.", side=self.side)


class OpinionMissing(Refusal):
    """side: the one that has not spoken, in words."""

    code = "opinion_missing"
    side: Any

    def sentence(self) -> Any:
        return _l("Cette édition demande l’avis des deux côtés : il manque le leur (%(side)s).", side=self.side)


class OneOfThem(Refusal):
    """title: the activity of a selection that could not be answered. why: what refused it."""

    code = "one_of_them"
    title: str
    why: Refusal

    def sentence(self) -> Any:
        return _l("Rien n’est enregistré, à cause de « %(title)s ». %(why)s", title=self.title, why=self.why.message)


SIDE_WORDS = {Side.RECTORAT: _l("rectorat"), Side.PREFECTURE: _l("préfecture")}


# ---- Asking


def check_can_ask(state: LabelState, *, labelling_enabled: bool) -> None:
    """Refuses: NoLabelling, LabelAsked, LabelGranted."""
    if not labelling_enabled:
        raise NoLabelling()
    if state is LabelState.ASKED:
        raise LabelAsked()
    if state is LabelState.GRANTED:
        raise LabelGranted()


def check_declared(declared: Collection[int], criteria: Collection[int]) -> None:
    """Every criterion of the edition is agreed to. Refuses: CriteriaMissing."""
    if set(criteria) - set(declared):
        raise CriteriaMissing()


def check_something_new(returned: Facts | None, facts: Facts, note: str) -> None:
    """After a return, either the activity or a word of explanation is new. Refuses: NothingNew."""
    if returned is not None and not changed_fields(returned, facts, COMPARED) and not note:
        raise NothingNew()


def answer_due_at(asked_at: datetime, timezone: str, is_off: Callable[[date], bool]) -> datetime:
    """18:00 of the fourth working day after the request, local to the place; week-ends and public holidays skipped."""
    zone = ZoneInfo(timezone)
    day = add_open_days(asked_at.astimezone(zone).date(), ANSWER_DAYS, is_off)
    return datetime.combine(day, END_OF_DAY, zone).astimezone(UTC)


# ---- Answering


def side_of(role: MemberRole, scope_kind: ScopeKind | None) -> Side | None:
    """The side an officer speaks for; nobody's for the national level, an administrator, a group of schools."""
    return SIDES.get(scope_kind) if role is MemberRole.OFFICER and scope_kind else None


def may_decide(role: MemberRole, scope_kind: ScopeKind | None) -> bool:
    """A group of schools (bassin, CLEE) follows, it decides of no label."""
    return role is MemberRole.ADMIN or (role is MemberRole.OFFICER and scope_kind is not ScopeKind.GROUP)


def check_opinions(opinions: Mapping[Side, bool], mine: Side | None, *, needs_both: bool) -> None:
    """Whether the label may be granted as the sides stand; granting is itself a favourable opinion of one's side.

    The national level and administrators (no side) stand above both. Refuses: OtherSideObjects, OpinionMissing.
    """
    if mine is None:
        return
    for side in Side:
        if side is mine:
            continue
        if opinions.get(side) is False:
            raise OtherSideObjects(side=SIDE_WORDS[side])
        if needs_both and side not in opinions:
            raise OpinionMissing(side=SIDE_WORDS[side])


def check_reasons(reasons: Sequence[ReturnReason], note: str) -> None:
    """Refuses: ReasonsMissing, OtherUnexplained."""
    if not reasons:
        raise ReasonsMissing()
    if ReturnReason.OTHER in reasons and not note:
        raise OtherUnexplained()


def check_number(number: str, url: str) -> None:
    """Refuses: NumberMissing, WrongLink."""
    if not number:
        raise NumberMissing()
    if url and not url.startswith(("https://", "http://")):
        raise WrongLink()


def proposed_number(taken: Collection[str], edition: str, departement: str) -> str:
    """The next free number of the département in the edition: « 2027-91-004 »."""
    start = f"{edition}-{departement}-".upper()
    used = [number.removeprefix(start) for number in taken if number.startswith(start)]
    last = max((int(end) for end in used if end.isascii() and end.isdigit()), default=0)
    return f"{start}{last + 1:03d}"


# ---- What has changed


def fingerprint(facts: Facts) -> str:
    """A short name for what was read: another one says that the activity was rewritten meanwhile."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def changed_fields(before: Facts, after: Facts, fields: Sequence[str]) -> list[str]:
    """The fields that say something else, in the order given."""
    return [name for name in fields if before.get(name) != after.get(name)]


@dataclass(frozen=True)
class Piece:
    """A run of words of a rewritten text. how: « same », « out » (only before) or « in » (only now)."""

    how: str
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """The two texts woven together, word by word."""
    was, now = _words(before), _words(after)
    woven = []
    for how, was_from, was_to, now_from, now_to in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if how == "equal":
            woven.append(Piece("same", "".join(was[was_from:was_to])))
            continue
        if was_to > was_from:
            woven.append(Piece("out", "".join(was[was_from:was_to])))
        if now_to > now_from:
            woven.append(Piece("in", "".join(now[now_from:now_to])))
    return woven


def _words(text: str) -> list[str]:
    """Words with the space after them, so that joining them gives the text again."""
    words: list[str] = []
    for part in text.replace("\n", " \n").split(" "):
        words.append(part + " ")
    if words:
        words[-1] = words[-1][:-1]
    return words
